"""Which files of defaults are for which manifests: those of the folders that these lie in.

A manifest lies where its real path says, so that it has the same defaults whatever path leads to it. Only what is below
none of the tops, the folders that the config speaks of, lies where it was found.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from igz_apply.manifests.leaving_out import LeavingOut
from igz_apply.manifests.path_problems import SUFFIXES, not_regular, unreadable
from igz_apply.model.problems import Problem

DEFAULTS = "_defaults"
"""The name, without its suffix, of a file that states defaults of the folder that it lies in."""


class DefaultsSearch:
    """Collects files of defaults by the real paths of their folders."""

    def __init__(self, tops: Sequence[str], leaving_out: LeavingOut, *, is_absolute: bool) -> None:
        """Take the folders below which defaults count; `is_absolute`: paths are shown from the root."""
        self._tops = sorted(os.path.realpath(top) for top in tops)  # what is around another comes before it
        self._leaving_out = leaving_out
        self._is_absolute = is_absolute
        self._reached: dict[tuple[str, str], None] = {}  # folders, real and as they were found, of what is read
        self._listed: dict[str, tuple[str, Sequence[str]]] = {}  # real folder -> as it is shown, names in it
        self._found: dict[str, Sequence[str]] = {}  # real folder -> its defaults, as they are shown
        self.problems: list[Problem] = []

    def reach(self, real: str, shown: str) -> None:
        """Take note of a folder that manifests may lie in, and of all that it lies in."""
        self._reached[real, shown] = None

    def reach_file(self, real: str, shown: str) -> None:
        """Take note of a file; its folder counts wherever it is."""
        folder, named = str(Path(real).parent), str(Path(shown).parent)
        self.reach(folder, named)
        if self._top_of(folder) is None and (there := os.path.realpath(named)) not in self._listed:
            self.walked(there, named, self._names_in(there, named))

    def walked(self, real: str, shown: str, names: Sequence[str]) -> None:
        """Take note of a folder that was gone through, and of the files of defaults in it."""
        known = self._listed.get(real)
        if known is None or shown < known[0]:
            self._listed[real] = shown, names
            if names:
                self.reach(real, shown)

    def look(self) -> None:
        """Look into the folders around all that was reached."""
        for real, shown in tuple(self._reached):
            for folder in self._around(real, shown):
                self._look_into(folder)

    def files(self) -> Sequence[str]:
        """Return all files of defaults."""
        return sorted(shown for known in self._found.values() for shown in known)

    def by_file(self, by_real: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
        """Return the defaults for each file that has any, those of the outermost folder first.

        Files are given by their real path, and named as they are shown.
        """
        if not any(self._found.values()):
            return {}
        known: dict[tuple[str, str], Sequence[str]] = {}
        found = {}
        for real, shown in by_real.items():
            folders = real[: real.rfind(os.sep) + 1], shown[: shown.rfind(os.sep) + 1]
            if folders not in known:
                around = self._around(os.path.normpath(folders[0]), folders[1])
                known[folders] = tuple(it for folder in around for it in self._found.get(folder, ()))
            if known[folders]:
                found[shown] = known[folders]
        return found

    def _around(self, real: str, shown: str) -> Iterator[str]:
        """Yield the folders, the outermost first, whose defaults are for what lies in a folder."""
        top = self._top_of(real)
        if top is not None:
            yield from _lineage(real, top)
            return
        for above in _lineage(os.path.normpath(Path(shown).absolute())):
            there = os.path.realpath(above)
            if there in self._listed or self._top_of(there) is not None:
                yield there

    def _top_of(self, folder: str) -> str | None:
        return next((top for top in self._tops if f"{folder}/".startswith(f"{top.rstrip(os.sep)}/")), None)

    def _look_into(self, folder: str) -> None:
        if folder in self._found:
            return
        self._found[folder] = ()
        shown, names = self._listed.get(folder, ("", None))
        if self._top_of(folder) is not None:
            shown = folder if self._is_absolute else os.path.relpath(folder)
        if names is None:
            names = self._names_in(folder, shown)
        left_out = self._leaving_out.of_folder(shown, folder) if names else ()
        kept = [name for name in sorted(names) if not any(fnmatchcase(name, it) for it in left_out)]
        self._found[folder] = tuple(self._readable(folder, shown, kept))

    def _names_in(self, folder: str, shown: str) -> Sequence[str]:
        try:
            with os.scandir(folder) as entries:
                return [entry.name for entry in entries if is_defaults(entry.name) and not is_folder(entry)]
        except OSError as error:
            self.problems.append(unreadable(shown, error))
            return ()

    def _readable(self, folder: str, shown: str, names: Sequence[str]) -> Iterator[str]:
        for name in names:
            path = below(shown, name)
            if self._leaving_out.is_ignored(path, name) or self._leaving_out.is_ignored(f"{folder}/{name}", name):
                continue
            if never_ends(f"{folder}/{name}"):
                self.problems.append(not_regular(path))
            else:
                yield path


def is_defaults(name: str) -> bool:
    """Say whether a file of that name states defaults."""
    return name.startswith(DEFAULTS) and name.removeprefix(DEFAULTS).lower() in SUFFIXES


def below(folder: str, name: str) -> str:
    """Return the path of what lies in a folder."""
    return name if folder in ("", ".") else f"{folder.rstrip(os.sep)}/{name}"


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Say whether an entry is a folder, or leads to one."""
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle; opening it as a file will say so
        return False


def never_ends(path: str | os.DirEntry[str]) -> bool:
    """Say whether reading a file may wait for ever, as a pipe into which nobody writes does."""
    entry = Path(path) if isinstance(path, str) else path
    try:
        return not entry.is_file() and bool(entry.stat())
    except OSError:  # opening it says what is wrong
        return False


def _lineage(folder: str, top: str = "") -> Sequence[str]:
    """Return a folder and those that it lies in, the outermost, or `top`, first."""
    path = Path(folder)
    around = [str(it) for it in (*reversed(path.parents), path)]
    return around[around.index(top) :] if top else around
