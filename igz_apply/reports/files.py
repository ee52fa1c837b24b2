"""Writing a report's file, whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from igz_apply.errors import IgzApplyError


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the file and rename, so that nobody finds half a report.

    Creates missing folders. Raises IgzApplyError with the path when that fails; what was there before is intact.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        with new.open("xb") as stream:  # never through a link that somebody put there
            stream.write(content)
        new.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink()
        message = f"{path} cannot be written: {error.strerror or error}."
        raise IgzApplyError(message, hint="Make room, or name a file in a folder that you may write to.") from error
