"""Snapshots as files."""

from __future__ import annotations

import os
from pathlib import Path

from igz_apply.errors import IgzApplyError, InvalidInput
from igz_apply.local.files import Files, replace_whole
from igz_apply.model.problems import Problem
from igz_apply.snapshots.document import decode, encode
from igz_apply.snapshots.snapshot import Snapshot

_OURS_ALONE = 0o600


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Write a snapshot, whole or not at all; a new file is for its owner's eyes alone.

    What a link leads to is written, and the link stays. Raises IgzApplyError with the path when that fails; what was
    there before is intact.
    """
    shown, path = path, Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        hint = "Name a file: what is not all there, as in a pipe or a device, cannot be told from what is."
        raise IgzApplyError(f"{shown} is no regular file, so no snapshot is written there.", hint=hint)
    new, files = path.with_name(f".{path.name}.{os.getpid()}.new"), Files()
    try:
        files.make_folder(path.parent)
        mode = files.mode(path) if path.exists() else _OURS_ALONE
        replace_whole(path, encode(snapshot), new=new, files=files, mode=mode)
    except OSError as error:
        message = f"{shown} cannot be written: {error.strerror or error}."
        raise IgzApplyError(message, hint="Make room, or name a file in a folder that you may write to.") from error


def read_snapshot(path: Path) -> Snapshot:
    """Return the snapshot in a file. Raises InvalidInput where there is none, or none that can be used."""
    try:
        content = path.read_bytes()
    except OSError as error:
        detail = f"{path} cannot be read: {error.strerror or error}."
        raise InvalidInput([Problem("No such snapshot", detail, "Take one with `igz-apply snapshot FILE`.")]) from error
    return decode(content, str(path))
