"""Two views of one run: what is told to the first is told to the second too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event, Report
from igz_apply.model.problems import Problem
from igz_apply.ports import View


class _WholeView(View, Protocol):
    """A view that is there for a whole run."""

    def error(self, message: str, hint: str = "") -> None: ...

    def close(self, exit_code: int) -> None: ...


class BothViews:
    """Tells all to both, the first one first."""

    def __init__(self, first: _WholeView, second: _WholeView) -> None:
        self._views = (first, second)

    def problems(self, problems: Sequence[Problem]) -> None:
        """Show faults in input, or the reasons for a refusal."""
        for view in self._views:
            view.problems(problems)

    def plan(self, plan: Plan) -> None:
        """Show a plan, whole."""
        for view in self._views:
            view.plan(plan)

    def event(self, event: Event) -> None:
        """Show that an apply moved."""
        for view in self._views:
            view.event(event)

    def report(self, report: Report) -> None:
        """Show how an apply ended."""
        for view in self._views:
            view.report(report)

    def error(self, message: str, hint: str = "") -> None:
        """Show what stopped the run."""
        for view in self._views:
            view.error(message, hint)

    def close(self, exit_code: int) -> None:
        """End the output."""
        for view in self._views:
            view.close(exit_code)
