"""Which places can hold an inventory: local files, and what keeps a whole file behind an fsspec URL."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from igz_apply.errors import InvalidInput, InventoryLost
from igz_apply.inventory.objects import Conditions, ObjectStorage, as_os_error, azure_conditions, s3_conditions
from igz_apply.inventory.storage import LocalStorage, Storage
from igz_apply.local.files import Files
from igz_apply.model.problems import Problem
from igz_apply.model.urls import is_url, without_credentials
from igz_apply.patterns import pattern

_FILE = pattern(r"^(file|local)://", re.IGNORECASE)
_BUCKETS = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss", "oci", "tos")
_SERVERS = ("sftp", "ssh", "ftp", "smb", "hdfs", "webhdfs", "webdav")
_CONDITIONS: Mapping[str, Callable[[], Conditions]] = {
    "s3": s3_conditions,
    "s3a": s3_conditions,
    "az": azure_conditions,
    "abfs": azure_conditions,
    "abfss": azure_conditions,
}
_FORGETFUL = ("memory", "data")
_HINT = f"Use a path, or a URL of one of {', '.join(f'{each}://' for each in (*_BUCKETS, *_SERVERS))}."


def storage_at(url: str, files: Files) -> Storage:
    """Return the storage for a local path or a URL.

    Raises InvalidInput when an inventory cannot lie there, or the backend is not installed; InventoryLost when the
    backend cannot be reached.
    """
    if (path := local_path(url)) is not None:
        if _is_no_file(path):
            raise _unusable(str(path), "it is a device, a pipe or a socket, and keeps nothing", "Name a file.")
        return LocalStorage(path, files)
    place = without_credentials(url)
    protocol = url.partition(":")[0].lower()
    if (why := _why_not(url, protocol)) is not None:
        raise _unusable(place, why)
    return _remote(url, protocol, place)


def local_path(place: str) -> Path | None:
    """Return the path of a local file, None for what lies elsewhere.

    Raises InvalidInput for a file URL that names a host, and for the home of somebody who has none.
    """
    if is_url(place):
        return _local(place) if _FILE.match(place) else None
    try:
        return Path(place).expanduser()
    except RuntimeError as error:
        raise _unusable(place, f"{error}", "Write ./ before a ~ that begins a name.") from error


def _is_no_file(path: Path) -> bool:
    """Say whether something stands there that is read without end, or not at all; what cannot be seen is told later."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (S_ISREG(mode) or S_ISDIR(mode))


def _why_not(url: str, protocol: str) -> str | None:
    """Return why an inventory cannot lie behind a URL, None when it can."""
    if "::" in url:
        return "it leads through another file system, whose copy would hide what others write"
    if protocol in _FORGETFUL:
        return f"{protocol}: keeps nothing after the run"
    if protocol not in (*_BUCKETS, *_SERVERS):
        return f"{protocol}: is no place where a file can be written, kept and read whole"
    return None if "://" in url else f"there is no // after {protocol}:"


def _local(url: str) -> Path:
    """Return the path of a file URL. Raises InvalidInput when it names a host."""
    path = _FILE.sub("", url)
    if not path.startswith("/"):
        host = without_credentials(url).partition("//")[2].partition("/")[0]
        why = f"{host} stands where a host would, and a file URL has none"
        raise _unusable(without_credentials(url), why, "Write a path, or file:/// and an absolute one.")
    return Path(path)


def _remote(url: str, protocol: str, place: str) -> ObjectStorage:
    # Imported here: a local inventory, the usual one, must not pay for it.
    from fsspec.core import url_to_fs

    try:
        with as_os_error(place):
            filesystem, path = url_to_fs(url)
            conditions = _CONDITIONS[protocol]() if protocol in _CONDITIONS else None
    except OSError as error:
        raise _unreachable(place, error) from error
    bucket, _, name = path.strip("/").partition("/")
    if not name and protocol in _BUCKETS:
        raise _unusable(
            place, "it names a bucket and no file in it", f"Add the file's name: {place.rstrip('/')}/prod.json"
        )
    needs = bucket if protocol in _BUCKETS else path.rpartition("/")[0]
    has_folders = protocol in _SERVERS
    return ObjectStorage(filesystem, path, place, conditions=conditions, needs=needs, has_folders=has_folders)


def _unreachable(place: str, error: OSError) -> InvalidInput | InventoryLost:
    """Return what is wrong when a backend does not even begin; some connect at once."""
    if isinstance(error.__cause__, ImportError):
        return _unusable(place, str(error.__cause__), "Install the package that the message names beside igz-apply.")
    if isinstance(error.__cause__, ValueError):
        return _unusable(place, str(error.__cause__))
    hint = "Check that credentials and address are right."
    return InventoryLost(f"{place} cannot be reached: {error}.", hint=hint)


def _unusable(place: str, why: str, hint: str = _HINT) -> InvalidInput:
    return InvalidInput([Problem("Unusable inventory URL", f"{place}: {why.removesuffix('.')}.", hint)])
