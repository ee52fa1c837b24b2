"""The files that a move reads and writes: nothing that is read may be written over, and no two be one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from igz_apply.errors import InvalidInput
from igz_apply.manifests.path_problems import SUFFIXES
from igz_apply.model.problems import Problem
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Named:
    """A file or a folder that the command line names."""

    role: str  # what it is named as: FROM, --mapping, ...
    path: str


def check_apart(
    origin: str | None, mapping: str | None, out_dir: str | None, reports: Sequence[str], draft: str | None
) -> None:
    """Raise InvalidInput where something would be written over what is read, or into it, or twice into one place.

    However a path is spelled, and through whichever links it leads. `origin` is None where it is no file or folder.
    """
    read = [Named(role, path) for role, path in (("FROM", origin), ("--mapping", mapping)) if path is not None]
    files = [Named("--report", path) for path in reports]
    files += [Named("--write-mapping", draft)] if draft is not None else []
    folders = [Named("--out-dir", out_dir)] if out_dir is not None else []
    problems = [
        *(_one(each, other) for each in files for other in (*read, *folders) if _is_same(each.path, other.path)),
        *(
            _one(each, other)
            for index, each in enumerate(files)
            for other in files[:index]
            if _is_same(each.path, other.path)
        ),
        *_into(files, [*read[: origin is not None], *folders]),
    ]
    if problems:
        raise InvalidInput(problems)


def _is_same(one: str, other: str) -> bool:
    """Say whether two paths lead to one place, be it there or not."""
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    try:
        return Path(one).samefile(other)  # by another name: a hard link, or upper and lower case
    except OSError:
        return False


def _one(writing: Named, other: Named) -> Problem:
    detail = f"{writing.role} {writing.path} is the same as {other.role} {other.path}: nothing was written."
    return Problem("Two paths to one file", detail, f"Name another file after {writing.role}.")


def _into(files: Sequence[Named], folders: Sequence[Named]) -> Iterator[Problem]:
    """Tell of files that would be taken for manifests, as they would lie in a folder of manifests."""
    for each in files:
        within = Path(os.path.realpath(each.path))
        for folder in folders:
            if each.path.endswith(SUFFIXES) and within.parent.is_relative_to(os.path.realpath(folder.path)):
                detail = f"{each.role} {each.path} would lie in {folder.role} {folder.path}, and be read as a manifest."
                yield Problem("Two paths to one file", detail, f"Name another folder after {each.role}.")
