"""What a hook runs with: the caller's environment without our own credentials, and a program that may be run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

_OURS = ("V3IO_", "IGZ_")  # how the variables are called in which our own credentials may be


class HookPrograms:
    """Finds programs for hooks in the config's `folder`.

    Of the PATH what is relative is left out. Where hooks are pinned, what lies in the checkout is too: there a branch
    says what runs.
    """

    __slots__ = ("_folder", "_is_pinned", "environ")

    def __init__(self, environ: Mapping[str, str], folder: Path, *, is_pinned: bool) -> None:
        self._folder = folder.absolute()
        self._is_pinned = is_pinned
        kept = {name: value for name, value in environ.items() if not name.startswith(_OURS)}
        self.environ: Mapping[str, str] = {**kept, "PATH": self._path(environ.get("PATH") or os.defpath)}

    def program(self, argv: Sequence[str]) -> str:
        """Return the path of the program to run. Raises OSError, in words, where there is none that may be run."""
        name = argv[0]
        found = str(self._folder / name) if os.sep in name or "/" in name else self._in_path(name)
        if not found or not Path(found).exists():
            where = " outside the checkout" if self._is_pinned else ""
            raise OSError(f"there is no program {name}{where}")
        for text in (found, *argv[1:]) if self._is_pinned else ():
            if self._is_file_of_checkout(text):
                raise OSError(f"{text} lies in the checkout, where a branch can change it, and hooks are pinned")
        return found

    def _in_path(self, name: str) -> str:
        return shutil.which(name, path=self.environ["PATH"]) or ""

    def _path(self, path: str) -> str:
        folders = [each for each in path.split(os.pathsep) if Path(each).is_absolute()]
        return os.pathsep.join(each for each in folders if not (self._is_pinned and self._is_in_checkout(Path(each))))

    def _is_file_of_checkout(self, text: str) -> bool:
        """Say whether an argument is a file of the repository, which an interpreter would run."""
        path = self._folder / text
        try:
            return path.is_file() and self._is_in_checkout(path)
        except (OSError, ValueError):  # a text that is too long, or no path at all
            return False

    def _is_in_checkout(self, path: Path) -> bool:
        """Say whether a path lies, as it is written or links followed, in the repository around the config or us."""
        tops = {top for top in (_top_of(self._folder), _top_of(Path.cwd())) if top.name}  # "": all there is
        ways = {os.path.normpath(path), os.path.realpath(path)}
        return any(Path(way).is_relative_to(top) for way in ways for top in tops)


def _top_of(folder: Path) -> Path:
    """Return the top of the repository that a folder lies in, the folder itself where it is in none."""
    real = Path(os.path.realpath(folder))
    return next((each for each in (real, *real.parents) if os.path.lexists(each / ".git")), real)
