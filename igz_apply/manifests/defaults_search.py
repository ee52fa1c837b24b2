"""Which files of defaults are for which manifests: those of the folders that these lie in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

SUFFIXES = (".yaml", ".yml", ".json")
"""How the names of manifests end."""

DEFAULTS = "_defaults"
"""The name, without its suffix, of a file that states defaults of the folder that it lies in."""


class DefaultsSearch:
    """Collects files of defaults by their folders, which may be named in more than one way."""

    def __init__(self, root: str) -> None:
        """Take the config's folder: "" is the current one."""
        self._tops = (_absolute(root), _absolute("."))
        self._found: dict[str, dict[str, str]] = {}  # absolute path of a folder -> name -> path, as it is shown

    def above(self, path: str, is_folder: bool) -> Iterator[str]:
        """Yield the folders that a path lies in, up to the config's, or to the current one where it is not below that.

        What is below neither has nothing above it; a file has its folder in any case.
        """
        here = _absolute(path)
        top = next((top for top in self._tops if here == top or here.startswith(f"{top.rstrip(os.sep)}{os.sep}")), here)
        folder = str(Path(path).parent) if Path(path).name not in ("", "..") else f"{path}/.."
        if not is_folder and top == here:
            yield folder
        while here != top:
            yield folder
            here, folder = str(Path(here).parent), os.path.normpath(f"{folder}/..")

    def add(self, shown: str) -> None:
        """Take note of a file of defaults."""
        known = self._found.setdefault(_absolute(str(Path(shown).parent)), {})
        name = Path(shown).name
        known[name] = min(shown, known.get(name, shown))

    def files(self) -> Sequence[str]:
        """Return all files of defaults."""
        return sorted(shown for known in self._found.values() for shown in known.values())

    def by_file(self, files: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return the defaults for each file that has any, those of the outermost folder first."""
        if not self._found:
            return {}
        names = [(file, file[: file.rfind("/") + 1]) for file in files]
        by_folder = {folder: tuple(self._for_folder(folder)) for folder in {folder for _, folder in names}}
        return {file: found for file, folder in names if (found := by_folder[folder])}

    def _for_folder(self, folder: str) -> Iterator[str]:
        here = Path(_absolute(folder))
        for above in (*reversed(here.parents), here):
            yield from (shown for _, shown in sorted(self._found.get(str(above), {}).items()))


def is_defaults(name: str) -> bool:
    """Say whether a file of that name states defaults."""
    return name.startswith(DEFAULTS) and name.removeprefix(DEFAULTS).lower() in SUFFIXES


def _absolute(path: str) -> str:
    """Return a path from the root of the file system; links stay what they are called."""
    return os.path.normpath(Path(path).absolute())
