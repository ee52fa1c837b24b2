"""Files that a command writes again and again, and that nobody else is to edit: the first line of each says so."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from igz_apply.errors import IgzApplyError, InvalidInput
from igz_apply.local.files import Files, fill
from igz_apply.model.problems import Problem

_AS_THE_UMASK_SAYS = 0o666


def check_kept(folder: Path, names: Iterable[str], mark: str) -> None:
    """Raise InvalidInput where one of the files is there and is not ours, which takes a regular file with the mark."""
    problems = [_in_the_way(folder / name, why) for name in sorted(names) if (why := _strange(folder / name, mark))]
    if problems:
        raise InvalidInput(problems)


def write_kept(folder: Path, files: Mapping[str, str], mark: str, rest: str) -> int:
    """Write texts by their names in the folder, each under a line of mark and rest, and return how many there are now.

    What begins with the mark is ours, and written over. Where a text is empty no file is left. None takes its place
    before all are on the disk, and two runs at once write one after the other. Raises InvalidInput before the first one
    where something else is there; IgzApplyError when there is no room for one, and then what was there is intact.
    """
    check_kept(folder, files, mark)
    disk = Files()
    try:
        disk.make_folder(folder)
        with disk.guard(folder):
            check_kept(folder, files, mark)  # whoever wrote meanwhile
            _write(folder, {name: f"{mark}{rest}\n{text}" for name, text in files.items() if text}, disk)
            for name, text in files.items():
                if not text:
                    (folder / name).unlink(missing_ok=True)
            disk.sync_folder(folder)
    except OSError as error:
        message = f"The manifests cannot be written to {folder}: {error.strerror or error}."
        raise IgzApplyError(message, hint="Make room, or name a folder that you may write to.") from error
    return sum(map(bool, files.values()))


def _write(folder: Path, texts: Mapping[str, str], disk: Files) -> None:
    """Bring all to the disk beside their places, then put each into its own. What is beside it is not left there."""
    beside = {name: folder / f".{name}.{os.getpid()}.new" for name in texts}
    try:
        for name, text in texts.items():
            with suppress(FileNotFoundError):
                disk.remove(beside[name])
            fill(disk.create(beside[name], mode=_AS_THE_UMASK_SAYS, is_exclusive=True), text.encode(), disk)
        for name, new in beside.items():
            disk.replace(new, folder / name)
    except BaseException:  # a key pressed, too
        for new in beside.values():
            with suppress(OSError):
                disk.remove(new)
        raise


def _strange(path: Path, mark: str) -> str:
    """Say why something may not be written over, "" where nothing is there, or a file of ours."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return f"cannot be looked at: {error.strerror or error}"
    if stat.S_ISLNK(status.st_mode):
        return "is a link"
    if not stat.S_ISREG(status.st_mode):
        return "is a folder" if stat.S_ISDIR(status.st_mode) else "is no regular file"
    try:
        with path.open("rb") as file:
            return "" if file.read(len(mark.encode())) == mark.encode() else f"does not begin with `{mark}`"
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


def _in_the_way(path: Path, why: str) -> Problem:
    detail = f"{path} is already there, and {why}: nothing was written."
    return Problem("File exists", detail, "Name another folder, or move this away.")
