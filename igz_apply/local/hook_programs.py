"""What a hook runs with: the caller's environment without our own credentials, and a program that may be run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from igz_apply.local.branch_files import is_of_branch

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
            if self._is_file_of_branch(text) or self._is_file_of_branch(text.partition("=")[2]):
                raise OSError(f"{text} lies in the checkout, where a branch can change it, and hooks are pinned")
        return found

    def _in_path(self, name: str) -> str:
        return shutil.which(name, path=self.environ["PATH"]) or ""

    def _path(self, path: str) -> str:
        folders = [each for each in path.split(os.pathsep) if Path(each).is_absolute()]
        if self._is_pinned:
            folders = [each for each in folders if not is_of_branch(Path(each), self._folder)]
        return os.pathsep.join(folders)

    def _is_file_of_branch(self, text: str) -> bool:
        """Say whether an argument is a file of the repository, which an interpreter would run."""
        path = self._folder / text
        try:
            return path.is_file() and is_of_branch(path, self._folder)
        except (OSError, ValueError):  # a text that is too long, or no path at all
            return False
