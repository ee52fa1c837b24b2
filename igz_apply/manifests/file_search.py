"""Which files are manifests: folders walked, `ignore` applied, what cannot be read said."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import field
from fnmatch import fnmatchcase
from pathlib import Path

from igz_apply.manifests.defaults_search import DEFAULTS, SUFFIXES, DefaultsSearch, is_defaults
from igz_apply.model.addresses import Source
from igz_apply.model.problems import Problem
from igz_apply.values import dataclass

IGNORE_FILE = "igz-apply.ignore"
"""Names what is not read with the folder that it lies in: a glob pattern of names a line, `#` begins a comment."""


@dataclass(slots=True)
class Found:
    """The files to read, by path, and what stood in the way; each file once, however many paths lead to it."""

    files: list[str] = field(default_factory=list)  # without defaults
    problems: list[Problem] = field(default_factory=list)
    defaults: Sequence[str] = ()  # files of defaults, which are no manifests
    defaults_for: Mapping[str, Sequence[str]] = field(default_factory=dict)  # file -> those for it, outermost first


def find(paths: Sequence[str], ignore: Sequence[str] = (), root: str = "") -> Found:
    """Return the manifest files that `paths` name or hold; `-` is not looked at.

    `ignore` holds glob patterns of paths; one without a slash matches a file's or folder's own name anywhere.
    A folder may name what is left out of it itself, in IGNORE_FILE; what is named itself is read all the same.
    A file that is named itself is taken whatever its suffix. Defaults are looked for in the folders that it lies in as
    well, up to `root`, the config's folder, or up to the current one where it is not below that.
    """
    walk = _Walk(ignore, root)
    for path in sorted({os.path.normpath(path) for path in paths if path != "-"}):
        walk.start(path)
    return walk.found()


class _Walk:
    """Collects files under their real paths, which is what makes each count once."""

    def __init__(self, ignore: Sequence[str], root: str = "") -> None:
        self._defaults = DefaultsSearch(root)
        self._ignore = tuple(pattern.removeprefix("./").rstrip("/") for pattern in ignore)
        self._by_real: dict[str, str] = {}
        self._met = 0  # manifests on the way, also those that are known already or hidden
        self._problems: list[Problem] = []

    def found(self) -> Found:
        files = sorted(self._by_real.values())
        return Found(files, self._problems, self._defaults.files(), self._defaults.by_file(files))

    def start(self, path: str) -> None:
        real = os.path.realpath(path)
        self._look_above(path)
        if Path(path).is_dir():
            before = self._met + len(self._problems)
            self._folder(path, real, (real,))
            if self._met + len(self._problems) == before:
                self._problems.append(no_manifests(path))
        elif is_defaults(Path(path).name) and Path(path).exists():
            self._defaults.add(path)
        elif Path(path).exists():
            self._add(path, real)
        else:
            self._problem(
                path, "No such file", f"There is no file or folder {path}.", "Check the path and the folder you are in."
            )

    def _look_above(self, path: str) -> None:
        """Look for defaults in the folders that what is named lies in, which are for it as if those were named."""
        for folder in self._defaults.above(path, Path(path).is_dir()):
            names = [name for suffix in SUFFIXES if Path(folder, name := f"{DEFAULTS}{suffix}").is_file()]
            left_out = self._left_out(folder) if names else ()
            for name in names:
                shown = name if folder == "." else f"{folder}/{name}"
                if not self._is_ignored(shown, name) and not any(fnmatchcase(name, it) for it in left_out):
                    self._defaults.add(shown)

    def _folder(self, path: str, real: str, inside: tuple[str, ...]) -> None:
        try:
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError as error:
            self._unreadable(path, error)
            return
        left_out = self._left_out(path) if any(entry.name == IGNORE_FILE for entry in entries) else ()
        for entry in entries:
            shown = entry.name if path == "." else f"{path}/{entry.name}"
            if not self._is_ignored(shown, entry.name) and not any(fnmatchcase(entry.name, it) for it in left_out):
                self._entry(entry, shown, f"{real}/{entry.name}", inside)

    def _left_out(self, folder: str) -> Sequence[str]:
        path = Path(folder, IGNORE_FILE)
        if not path.is_file():  # a pipe would never end
            return ()
        try:
            lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        except OSError as error:
            self._unreadable(str(path), error)
            return ()
        names = (line.strip().rstrip("/") for line in lines)
        return [name for name in names if name and not name.startswith("#")]

    def _entry(self, entry: os.DirEntry[str], shown: str, real: str, inside: tuple[str, ...]) -> None:
        if entry.is_symlink():
            real = os.path.realpath(shown)
        if _is_folder(entry):
            self._subfolder(entry.name, shown, real, inside)
        elif entry.name.lower().endswith(SUFFIXES):
            if entry.name.startswith("."):
                self._hidden(shown)
            elif _never_ends(entry):
                hint = "Remove it, list it under `ignore` in igz-apply.yaml, or name it itself to have it read."
                self._problem(shown, "No regular file", f"{shown} is a pipe, a socket or a device.", hint)
            elif is_defaults(entry.name):
                self._defaults.add(shown)
            else:
                self._add(shown, real)

    def _subfolder(self, name: str, shown: str, real: str, inside: tuple[str, ...]) -> None:
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
        self._folder(shown, real, (*inside, real))

    def _add(self, shown: str, real: str) -> None:
        if not shown.isascii() and (name := shown.encode(errors="backslashreplace").decode()) != shown:
            self._problem(name, "File name is not text", f"The name of {name} is not UTF-8.", "Rename the file.")
            return
        self._met += 1
        known = self._by_real.get(real)
        if known is None or shown < known:
            self._by_real[real] = shown

    def _is_ignored(self, shown: str, name: str) -> bool:
        return any(fnmatchcase(shown if "/" in pattern else name, pattern) for pattern in self._ignore)

    def _hidden(self, shown: str) -> None:
        hint = "Rename it, or list it under `ignore` in igz-apply.yaml."
        self._problem(shown, "Hidden file", f"{shown} is hidden, and would be easy to overlook.", hint)

    def _unreadable(self, shown: str, error: OSError) -> None:
        self._problems.append(unreadable(shown, error))

    def _problem(self, shown: str, summary: str, detail: str, hint: str) -> None:
        self._problems.append(Problem(summary, detail, hint, source=Source(shown, 1, 1)))


def no_manifests(path: str) -> Problem:
    """Return the problem of a folder without a manifest."""
    hint = f"Manifests end in {', '.join(SUFFIXES)}; `igz-apply init` writes examples."
    return Problem("No manifests", f"The folder {path} holds no manifest.", hint, source=Source(path, 1, 1))


def unreadable(path: str, error: OSError) -> Problem:
    """Return the problem of a file or folder that the system would not let us read."""
    detail = f"{path} cannot be read: {error.strerror or type(error).__name__}."
    return Problem("Cannot read", detail, "Check that it exists and who may read it.", source=Source(path, 1, 1))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle; opening it as a file will say so
        return False


def _never_ends(entry: os.DirEntry[str]) -> bool:
    """Say whether reading the entry may wait for ever, as a pipe into which nobody writes does."""
    try:
        return not entry.is_file() and bool(entry.stat())
    except OSError:  # opening it says what is wrong
        return False


def _holds_manifests(folder: str) -> bool:
    return any(name.lower().endswith(SUFFIXES) for _, _, names in os.walk(folder) for name in names)
