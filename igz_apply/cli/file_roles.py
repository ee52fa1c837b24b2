"""Files that the command line names, each as something: what is written is no other one of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from igz_apply.model.problems import Problem
from igz_apply.values import dataclass

SUMMARY = "Two paths to one file"


@dataclass(frozen=True, slots=True)
class Named:
    """A file or a folder that the command line names."""

    role: str  # what it is named as: FROM, --mapping, ...
    path: str


def reports_named(paths: Iterable[str]) -> list[Named]:
    """Return the files of reports."""
    return [Named("--report", path) for path in paths]


def met(written: Sequence[Named], others: Iterable[Named] = ()) -> Iterator[Problem]:
    """Yield a fault for each that is written and leads to the place of an other, or of one written before it.

    However a path is spelled, and through whichever links it leads.
    """
    listed = tuple(others)
    for index, each in enumerate(written):
        for other in (*listed, *written[:index]):
            if _is_same(each.path, other.path):
                detail = f"{each.role} {each.path} is the same as {other.role} {other.path}: nothing was written."
                yield Problem(SUMMARY, detail, f"Name another file after {each.role}.")


def _is_same(one: str, other: str) -> bool:
    """Say whether two paths lead to one place, be it there or not."""
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    try:
        return Path(one).samefile(other)  # by another name: a hard link, or upper and lower case
    except OSError:
        return False
