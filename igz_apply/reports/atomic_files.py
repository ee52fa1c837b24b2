"""Writing a report's file, whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

from igz_apply.errors import IgzApplyError, InvalidInput
from igz_apply.local.files import Files, replace_whole
from igz_apply.model.problems import Problem


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file in one step, so that nobody finds half a report.

    Creates missing folders. Raises IgzApplyError with the path when that fails, and InvalidInput for an inventory; what
    was there before is intact.
    """
    spare_inventory(path)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    files = Files()
    try:
        files.make_folder(path.parent)
        replace_whole(path, content, new=new, files=files)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}."
        raise IgzApplyError(message, hint="Make room, or name a file in a folder that you may write to.") from error


def spare_inventory(path: Path) -> None:
    """Raise InvalidInput where an inventory lies: written over, it would own nothing any more."""
    if _is_inventory(path):
        detail = f"{path} is an inventory, which holds what igz-apply owns: nothing else is written there."
        raise InvalidInput([Problem("Inventory in the way", detail, "Name another file.")])


def _is_inventory(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            if file.read(len(_INDENTED)) != _INDENTED:  # what else we write is not, and may be large
                return False
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(data, dict) and isinstance(data.get("entries"), dict) and "format_version" in data


_INDENTED = b"{\n"
