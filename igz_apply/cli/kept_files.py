"""Files that a command writes again and again, and that nobody else is to edit: the first line of each says so."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from igz_apply.errors import InvalidInput
from igz_apply.model.problems import Problem
from igz_apply.reports.atomic_files import write_atomically


def check_kept(folder: Path, names: Mapping[str, str], header: str) -> None:
    """Raise InvalidInput where one of the files is there and does not begin with the header, naming each."""
    strange = [folder / name for name in sorted(names) if not _is_ours(folder / name, header)]
    if strange:
        raise InvalidInput([_in_the_way(path, header) for path in strange])


def write_kept(folder: Path, files: Mapping[str, str], header: str) -> int:
    """Write texts by their names in the folder, each under the header, and return how many there are now.

    Where a text is empty no file is left. Raises InvalidInput before the first one where something else is there;
    IgzApplyError when one cannot be written, and then the same command again writes them all.
    """
    check_kept(folder, files, header)
    for name, text in files.items():
        path = folder / name
        if text:
            write_atomically(path, f"{header}\n{text}".encode())
        else:
            path.unlink(missing_ok=True)
    return sum(map(bool, files.values()))


def _is_ours(path: Path, header: str) -> bool:
    """Say whether a file may be written over: there is none, or its first line is the header."""
    try:
        with path.open("rb") as file:
            return file.readline().rstrip(b"\r\n") == header.encode()
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _in_the_way(path: Path, header: str) -> Problem:
    detail = f"{path} is already there, and does not begin with `{header}`: nothing was written."
    return Problem("File exists", detail, "Name another folder, or move this file away.")
