"""Which files a branch can change: those of the checkout around a config, and around where the command runs."""

from __future__ import annotations

import os
from pathlib import Path

_GIT = ".git"


def is_of_branch(path: Path, folder: Path) -> bool:
    """Say whether a path lies, as it is written or links followed, in the repository around `folder` or around us.

    A checkout of its own inside that one, such as CI makes of the main branch, is none of it: git lets no branch hold a
    folder `.git`.
    """
    tops = {top for top in (_top_of(folder), _top_of(Path.cwd())) if top.name}  # "": all there is
    ways = {os.path.normpath(path), os.path.realpath(path)}
    return any(Path(way).is_relative_to(top) and not _is_of_another(Path(way), top) for way in ways for top in tops)


def _top_of(folder: Path) -> Path:
    """Return the top of the repository that a folder lies in, the folder itself where it is in none."""
    real = Path(os.path.realpath(folder))
    return next((each for each in (real, *real.parents) if os.path.lexists(each / _GIT)), real)


def _is_of_another(path: Path, top: Path) -> bool:
    between = (each for each in path.parents if each != top and each.is_relative_to(top))
    return any((each / _GIT).is_dir() and not (each / _GIT).is_symlink() for each in between)
