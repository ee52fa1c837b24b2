"""Which files are no manifests though they look like some: `ignore` in the config, and what a folder says itself."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path

from igz_apply.manifests.path_problems import unreadable
from igz_apply.model.problems import Problem

IGNORE_FILE = "igz-apply.ignore"
"""Names what is not read with the folder that it lies in: a glob pattern of names a line, `#` begins a comment."""


class LeavingOut:
    """What is left out of the files below what is named."""

    def __init__(self, ignore: Sequence[str]) -> None:
        """Take glob patterns of paths; one without a slash matches a file's or folder's own name anywhere."""
        patterns = [pattern.removeprefix("./").rstrip("/") for pattern in ignore]
        self._names = tuple(pattern for pattern in patterns if "/" not in pattern)
        self._paths = tuple({it: None for pattern in patterns if "/" in pattern for it in _spellings(pattern)})
        self._by_folder: dict[str, Sequence[str]] = {}
        self.problems: list[Problem] = []

    def is_ignored(self, shown: str, name: str) -> bool:
        """Say whether the config leaves out a path, however it is spelled; `name` is its last part."""
        if not (self._names or self._paths):
            return False
        if any(fnmatchcase(name, pattern) for pattern in self._names):
            return True
        spellings = {shown, os.path.normpath(Path(shown).absolute())} if self._paths else ()
        return any(fnmatchcase(path, pattern) for path in spellings for pattern in self._paths)

    def of_folder(self, shown: str, real: str) -> Sequence[str]:
        """Return the patterns of names that a folder leaves out itself; `real` is its real path."""
        if real not in self._by_folder:
            self._by_folder[real] = tuple(self._said_in(str(Path(shown, IGNORE_FILE))))
        return self._by_folder[real]

    def _said_in(self, path: str) -> Iterator[str]:
        if not Path(path).is_file():  # a pipe would never end
            return
        try:
            lines = Path(path).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        except OSError as error:
            self.problems.append(unreadable(path, error))
            return
        names = (line.strip().rstrip("/") for line in lines)
        yield from (name for name in names if name and not name.startswith("#"))


def _spellings(pattern: str) -> Iterator[str]:
    """Yield a pattern of paths as it is written, and from the root of the file system, links followed and not."""
    yield pattern
    whole = pattern if Path(pattern).is_absolute() else f"{escape(str(Path.cwd()))}/{pattern}"
    yield os.path.normpath(whole)
    yield os.path.realpath(whole)
