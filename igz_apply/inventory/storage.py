"""Where the inventory's two files lie: in a local folder, or behind an fsspec URL.

Both kinds of storage raise OSError and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from igz_apply.core.problems import Problem
from igz_apply.errors import InvalidInput
from igz_apply.files import Files, fill, replace_whole

OWNER_ALONE = 0o600
"""The mode of what we create: it holds salted hashes of secrets."""

_REMOTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*(://|::)")
_LOCAL = re.compile(r"^(file|local)://")


class Storage(Protocol):
    """Holds the document (suffix "") and what lies beside it (suffix ".lock")."""

    @property
    def place(self) -> str:
        """How to name it to a person; without credentials."""

    def read(self, suffix: str = "") -> bytes | None:
        """Return the whole content, None when there is none."""

    def replace(self, content: bytes, suffix: str = "") -> None:
        """Write it whole: whoever reads sees the old content or the new one."""

    def create(self, content: bytes, suffix: str) -> bool:
        """Write it unless there is one; say whether it was written."""

    def remove(self, suffix: str) -> None:
        """Delete it; nothing happens when there is none."""

    def guard(self) -> AbstractContextManager[bool]:
        """Keep everybody else's guarded blocks out, if that is possible here; yields whether it is."""


class LocalStorage:
    """A local file and its neighbours."""

    __slots__ = ("_files", "_path", "place")

    def __init__(self, path: Path, files: Files) -> None:
        self.place = str(path)
        self._path = Path(os.path.realpath(path))  # so that a symbolic link stays one when its file is replaced
        self._files = files

    def read(self, suffix: str = "") -> bytes | None:
        """Return the whole content, None when there is none."""
        try:
            return self._files.read(self._beside(suffix))
        except FileNotFoundError:
            return None

    def replace(self, content: bytes, suffix: str = "") -> None:
        """Write it whole: whoever reads sees the old content or the new one."""
        path, new = self._beside(suffix), self._beside(f"{suffix}.new")
        replace_whole(path, content, new=new, files=self._files, mode=self._mode_of(path))

    def create(self, content: bytes, suffix: str) -> bool:
        """Write it unless there is one; say whether it was written."""
        path = self._beside(suffix)
        try:
            descriptor = self._files.create(path, mode=OWNER_ALONE, is_exclusive=True)
        except FileExistsError:
            return False
        try:
            fill(descriptor, content, self._files)
        except OSError:
            with contextlib.suppress(OSError):
                self._files.remove(path)
            raise
        return True

    def remove(self, suffix: str) -> None:
        """Delete it; nothing happens when there is none."""
        with contextlib.suppress(FileNotFoundError):
            self._files.remove(self._beside(suffix))

    @contextmanager
    def guard(self) -> Iterator[bool]:
        """Keep every other process of this machine out; yields False where the system cannot. Creates the folder."""
        self._files.make_folder(self._path.parent)
        with self._files.guard(self._path.parent) as is_guarded:
            yield is_guarded

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)

    def _mode_of(self, path: Path) -> int:
        """Keep the mode that a team has given its shared file."""
        try:
            return self._files.mode(path)
        except FileNotFoundError:
            return OWNER_ALONE


class ObjectStorage:
    """An object and its neighbours, behind any fsspec URL. One put replaces an object whole.

    Exclusive creation is the store's own where fsspec offers it (S3, Google, memory); elsewhere it is a look followed
    by a put. Nothing can guard a block here. The lock therefore reads back what it wrote. Buckets and folders are
    never created: one that a typing error names must not appear.
    """

    __slots__ = ("_filesystem", "_path", "place")

    def __init__(self, filesystem: Any, path: str, place: str) -> None:
        self.place = place
        self._filesystem = filesystem
        self._path = path

    def read(self, suffix: str = "") -> bytes | None:
        """Return the whole content, None when there is none."""
        with _as_os_error(self.place):
            try:
                self._filesystem.invalidate_cache()
                return bytes(self._filesystem.cat_file(self._path + suffix))
            except FileNotFoundError:
                return None

    def replace(self, content: bytes, suffix: str = "") -> None:
        """Put the object."""
        with _as_os_error(self.place):
            self._filesystem.pipe_file(self._path + suffix, content)

    def create(self, content: bytes, suffix: str) -> bool:
        """Put the object unless there is one; say whether it was put."""
        with _as_os_error(self.place):
            return self._create(self._path + suffix, content)

    def remove(self, suffix: str) -> None:
        """Delete the object; nothing happens when there is none."""
        with _as_os_error(self.place), contextlib.suppress(FileNotFoundError):
            self._filesystem.rm_file(self._path + suffix)

    @contextmanager
    def guard(self) -> Iterator[bool]:
        """Guard nothing, and say so."""
        yield False

    def _create(self, path: str, content: bytes) -> bool:
        self._filesystem.invalidate_cache()
        if self._filesystem.exists(path):
            return False
        try:
            self._filesystem.pipe_file(path, content, mode="create")
        except FileExistsError:
            return False
        except (TypeError, NotImplementedError):  # a backend that does not know how
            self._filesystem.pipe_file(path, content)
        return True


def storage_at(url: str, files: Files) -> Storage:
    """Return the storage for a local path or an fsspec URL.

    Raises InvalidInput when no installed backend knows the URL, or it cannot be used as it is.
    """
    if not _REMOTE.match(url) or _LOCAL.match(url):
        return LocalStorage(Path(_LOCAL.sub("", url)).expanduser(), files)
    # Imported here: a local inventory, the usual one, must not pay for it.
    from fsspec.core import url_to_fs

    place = without_credentials(url)
    try:
        filesystem, path = url_to_fs(url)
    except ImportError as error:
        hint = "Install the package that the message names beside igz-apply."
        raise InvalidInput([Problem("Unusable inventory URL", f"{place}: {error}.", hint)]) from error
    except ValueError as error:
        hint = "Use a path, or a URL that fsspec knows, such as s3://bucket/prod.json."
        raise InvalidInput([Problem("Unusable inventory URL", f"{place}: {error}.", hint)]) from None
    return ObjectStorage(filesystem, path, place)


def without_credentials(url: str) -> str:
    """Return the URL without a user, a password and a query."""
    return re.sub(r"(?<=://)[^/@]*@", "", url).partition("?")[0]


@contextmanager
def _as_os_error(place: str) -> Iterator[None]:
    try:
        yield
    except OSError:
        raise
    # Backends raise what their client libraries raise (botocore, google, azure, aiohttp), which share no other base.
    except Exception as error:
        raise OSError(f"{place}: {type(error).__name__}: {error}") from error
