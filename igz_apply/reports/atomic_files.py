"""Writing a report's file, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from igz_apply.errors import IgzApplyError
from igz_apply.local.files import Files, replace_whole


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file in one step, so that nobody finds half a report.

    Creates missing folders. Raises IgzApplyError with the path when that fails; what was there before is intact.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    files = Files()
    try:
        files.make_folder(path.parent)
        replace_whole(path, content, new=new, files=files)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}."
        raise IgzApplyError(message, hint="Make room, or name a file in a folder that you may write to.") from error
