"""Which files are manifests: folders walked, `ignore` applied, what cannot be read said."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import field
from fnmatch import fnmatchcase
from pathlib import Path

from igz_apply.manifests.defaults_search import DEFAULTS, DefaultsSearch, below, is_defaults, is_folder, never_ends
from igz_apply.manifests.leaving_out import IGNORE_FILE, LeavingOut
from igz_apply.manifests.path_problems import SUFFIXES, defaults_alone, no_manifests, not_regular, unreadable
from igz_apply.model.addresses import Source
from igz_apply.model.problems import Problem
from igz_apply.values import dataclass

HERE = ("",)
"""The current folder, as what defaults are looked for in where there is no config."""


@dataclass(slots=True)
class FilesFound:
    """The files to read, by path, and what stood in the way; each file once, however many paths lead to it."""

    files: list[str] = field(default_factory=list)  # without defaults
    problems: list[Problem] = field(default_factory=list)
    defaults: Sequence[str] = ()  # files of defaults, which are no manifests
    defaults_for: Mapping[str, Sequence[str]] = field(default_factory=dict)  # file -> those for it, outermost first


def find(paths: Sequence[str], ignore: Sequence[str] = (), tops: Sequence[str] = HERE) -> FilesFound:
    """Return the manifest files that `paths` name or hold; `-` is not looked at.

    `ignore` holds glob patterns of paths; one without a slash matches a file's or folder's own name anywhere.
    A folder may name what is left out of it itself, in IGNORE_FILE; what is named itself is read all the same.
    A file that is named itself is taken whatever its suffix. Defaults are looked for in the folders that it lies in as
    well, up to the one of `tops` that these are below: what the config speaks of, however it is run.
    """
    walk = _Walk(ignore, tops, is_absolute=any(Path(path).is_absolute() for path in paths))
    for path in sorted({os.path.normpath(path) for path in paths if path != "-"}):
        walk.start(path)
    return walk.found(is_all="-" not in paths)


class _Walk:
    """Collects files under their real paths, which is what makes each count once."""

    def __init__(self, ignore: Sequence[str], tops: Sequence[str], *, is_absolute: bool) -> None:
        self._leaving_out = LeavingOut(ignore)
        self._defaults = DefaultsSearch(tops, self._leaving_out, is_absolute=is_absolute)
        self._by_real: dict[str, str] = {}
        self._met = 0  # manifests on the way, also those that are known already or hidden
        self._named_defaults: list[str] = []
        self._problems: list[Problem] = []

    def found(self, *, is_all: bool) -> FilesFound:
        """Return what was found; not `is_all`: there are manifests beside the files."""
        self._defaults.look()
        problems = [*self._problems, *self._defaults.problems, *self._leaving_out.problems]
        if is_all and not (self._met or problems):
            problems = list(map(defaults_alone, self._named_defaults))
        files = sorted(self._by_real.values())
        return FilesFound(files, problems, self._defaults.files(), self._defaults.by_file(self._by_real))

    def start(self, path: str) -> None:
        real = os.path.realpath(path)
        if Path(path).is_dir():
            before = self._met + len(self._problems) + len(self._leaving_out.problems)
            self._defaults.reach(real, path)
            self._folder(path, real, (real,))
            if self._met + len(self._problems) + len(self._leaving_out.problems) == before:
                self._problems.append(no_manifests(path))
        elif is_defaults(Path(path).name) and Path(path).exists():
            self._named_defaults.append(path)
            self._defaults.reach_file(below(os.path.realpath(Path(path).parent), Path(path).name), path)
        elif Path(path).exists():
            self._defaults.reach_file(real, path)
            self._add(path, real)
        else:
            self._problem(
                path, "No such file", f"There is no file or folder {path}.", "Check the path and the folder you are in."
            )

    def _folder(self, path: str, real: str, inside: tuple[str, ...]) -> None:
        try:
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError as error:
            self._problems.append(unreadable(path, error))
            return
        has_own = any(entry.name == IGNORE_FILE for entry in entries)
        left_out = self._leaving_out.of_folder(path, real) if has_own else ()
        defaults = []
        for entry in entries:
            name = entry.name
            if name.startswith(DEFAULTS) and is_defaults(name) and not is_folder(entry):
                defaults.append(name)
                continue
            shown = name if path == "." else f"{path}/{name}"
            if not self._leaving_out.is_ignored(shown, name) and not any(fnmatchcase(name, it) for it in left_out):
                self._entry(entry, shown, f"{real}/{name}", inside)
        self._defaults.walked(real, path, defaults)

    def _entry(self, entry: os.DirEntry[str], shown: str, real: str, inside: tuple[str, ...]) -> None:
        is_link = entry.is_symlink()
        if is_link:
            real = os.path.realpath(shown)
        if is_folder(entry):
            self._subfolder(entry.name, shown, real, inside, is_link=is_link)
        elif entry.name.lower().endswith(SUFFIXES):
            if entry.name.startswith("."):
                self._hidden(shown)
            elif never_ends(entry):
                self._problems.append(not_regular(shown))
            else:
                if is_link:
                    self._defaults.reach(str(Path(real).parent), str(Path(shown).parent))
                self._add(shown, real)

    def _subfolder(self, name: str, shown: str, real: str, inside: tuple[str, ...], *, is_link: bool) -> None:
        if name == ".git":
            return
        if real in inside:
            hint = "Remove the symbolic link, or list it under `ignore` in igz-apply.yaml."
            self._problem(shown, "Folder loop", f"{shown} leads back to a folder that it lies in.", hint)
            return
        if name.startswith("."):
            if _holds_manifests(shown):
                self._hidden(shown)
            return
        if is_link:
            self._defaults.reach(real, shown)
        self._folder(shown, real, (*inside, real))

    def _add(self, shown: str, real: str) -> None:
        if not shown.isascii() and (name := shown.encode(errors="backslashreplace").decode()) != shown:
            self._problem(name, "File name is not text", f"The name of {name} is not UTF-8.", "Rename the file.")
            return
        self._met += 1
        known = self._by_real.get(real)
        if known is None or shown < known:
            self._by_real[real] = shown

    def _hidden(self, shown: str) -> None:
        hint = "Rename it, or list it under `ignore` in igz-apply.yaml."
        self._problem(shown, "Hidden file", f"{shown} is hidden, and would be easy to overlook.", hint)

    def _problem(self, shown: str, summary: str, detail: str, hint: str) -> None:
        self._problems.append(Problem(summary, detail, hint, source=Source(shown, 1, 1)))


def _holds_manifests(folder: str) -> bool:
    return any(name.lower().endswith(SUFFIXES) for _, _, names in os.walk(folder) for name in names)
