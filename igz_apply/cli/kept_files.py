"""Files that a command writes again and again, and that nobody else is to edit: the first line of each says so."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from igz_apply.errors import InvalidInput
from igz_apply.model.problems import Problem
from igz_apply.reports.atomic_files import write_atomically


def write_kept(folder: Path, files: Mapping[str, str], mark: str, rest: str) -> int:
    """Write texts by their names in the folder, each under a line of mark and rest, and return how many there are now.

    What begins with the mark is ours, and written over. Where a text is empty no file is left. Raises InvalidInput
    before the first one where something else is there; IgzApplyError when one cannot be written, and then the same
    command again writes them all.
    """
    strange = [folder / name for name in sorted(files) if not _is_ours(folder / name, mark)]
    if strange:
        raise InvalidInput([_in_the_way(path, mark) for path in strange])
    for name, text in files.items():
        path = folder / name
        if text:
            write_atomically(path, f"{mark}{rest}\n{text}".encode())
        else:
            path.unlink(missing_ok=True)
    return sum(map(bool, files.values()))


def _is_ours(path: Path, mark: str) -> bool:
    """Say whether a file may be written over: there is none, or it begins with the mark."""
    try:
        with path.open("rb") as file:
            return file.read(len(mark.encode())) == mark.encode()
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _in_the_way(path: Path, mark: str) -> Problem:
    detail = f"{path} is already there, and does not begin with `{mark}`: nothing was written."
    return Problem("File exists", detail, "Name another folder, or move this file away.")
