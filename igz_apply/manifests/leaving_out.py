"""Which files are no manifests though they look like some: `ignore` in the config, and what a folder says itself."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from igz_apply.manifests.path_problems import unreadable
from igz_apply.model.problems import Problem
from igz_apply.patterns import pattern

IGNORE_FILE = "igz-apply.ignore"
"""Names what is not read with the folder that it lies in: a glob pattern of names a line, `#` begins a comment."""


_MAGIC = pattern(r"[*?\[]")


class LeavingOut:
    """What is left out of the files below what is named."""

    def __init__(self, ignore: Sequence[str]) -> None:
        """Take glob patterns of paths; one without a slash matches a file's or folder's own name anywhere."""
        patterns = [text.removeprefix("./").rstrip("/") for text in ignore]
        self._names = tuple(text for text in patterns if "/" not in text)
        self._paths = tuple({it: None for text in patterns if "/" in text for it in _spellings(text)})
        self._by_folder: dict[str, Sequence[str]] = {}
        self.problems: list[Problem] = []

    def is_ignored(self, shown: str, name: str) -> bool:
        """Say whether the config leaves out a path, however it is spelled; `name` is its last part."""
        if not (self._names or self._paths):
            return False
        if any(fnmatchcase(name, text) for text in self._names):
            return True
        spellings = {shown, os.path.normpath(Path(shown).absolute())} if self._paths else ()
        return any(fnmatchcase(path, text) for path in spellings for text in self._paths)

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


def _spellings(text: str) -> Iterator[str]:
    """Yield a pattern of paths as it is written, and from the root of the file system, links followed and not."""
    yield text
    here = _MAGIC.sub(r"[\g<0>]", str(Path.cwd()))
    whole = text if Path(text).is_absolute() else f"{here}/{text}"
    yield os.path.normpath(whole)
    yield os.path.realpath(whole)
