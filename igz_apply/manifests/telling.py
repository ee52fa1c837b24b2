"""How paths are told to people and records: as they are, or as from the top of a repository with its copy here.

Where the copy of a commit lies is of no use to whoever reads of it: the next commit lies elsewhere, on another machine
everything does, and the copy goes with the process.
"""

from __future__ import annotations

from dataclasses import replace

from igz_apply.model.problems import Problem
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells paths below a folder as from there."""

    top: str = ""  # the folder, whole and without a slash at its end; "": all paths are told as they are

    def path(self, path: str) -> str:
        """Return a path as it is told."""
        return path.removeprefix(f"{self.top}/") if self.top else path

    def text(self, text: str) -> str:
        """Return a sentence with all such paths as they are told."""
        return text.replace(f"{self.top}/", "").replace(self.top, ".") if self.top else text

    def problem(self, problem: Problem) -> Problem:
        """Return a problem with all such paths as they are told."""
        if not self.top:
            return problem
        source = problem.source
        if source is not None:
            source = replace(source, path=self.text(source.path))
        return replace(problem, detail=self.text(problem.detail), hint=self.text(problem.hint), source=source)


AS_THEY_ARE = Telling()
