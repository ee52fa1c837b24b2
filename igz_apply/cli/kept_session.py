"""A run that nobody watches: what it would show is kept, for a program or for the account of several targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import BinaryIO

from igz_apply.cli.session import GlobalFlags, Session
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event, Report
from igz_apply.model.problems import Problem


class KeptSession(Session):
    """A session that prints nothing and reads nothing; `notes` is what it would say on standard error."""

    def __init__(
        self,
        flags: GlobalFlags,
        environ: Mapping[str, str],
        observe: Callable[[Event], None] | None = None,
        planned: Callable[[Plan], None] | None = None,
    ) -> None:
        """`observe` is told of each step of an apply, `planned` of the plan that is about to be applied."""
        super().__init__(flags, environ)
        self.notes: list[str] = []
        self.kept = KeptView(observe, planned)
        self.view = self.kept

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems that would be shown, each once."""
        return tuple(dict.fromkeys(self.kept.found))

    @property
    def stdin(self) -> BinaryIO:
        """Nothing: standard input is of whoever runs this."""
        return BytesIO()

    def warn(self, text: str) -> None:
        """Keep it."""
        self.notes.append(text)

    def say(self, text: str) -> None:
        """Keep it."""
        self.notes.append(text)


class KeptView:
    """A view that keeps problems and the plan, and hands on what happens; all the rest is returned."""

    def __init__(
        self, observe: Callable[[Event], None] | None = None, planned: Callable[[Plan], None] | None = None
    ) -> None:
        self.found: list[Problem] = []
        self.made: Plan | None = None  # the plan that would be shown; None: none yet
        self._observe = observe
        self._planned = planned

    def problems(self, problems: Sequence[Problem]) -> None:
        """Keep them."""
        self.found += problems

    def plan(self, plan: Plan) -> None:
        """Keep it."""
        self.made = plan
        if self._planned is not None:
            self._planned(plan)

    def event(self, event: Event) -> None:
        """Hand it on."""
        if self._observe is not None:
            self._observe(event)

    def report(self, report: Report) -> None:
        """Show nothing."""

    def error(self, message: str, hint: str = "") -> None:
        """Show nothing."""

    def close(self, exit_code: int) -> None:
        """Show nothing."""
