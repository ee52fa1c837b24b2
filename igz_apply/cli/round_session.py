"""How one round is a run of its own, and where what it would show goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import BinaryIO, Protocol

from igz_apply.cli.apply_views import utc
from igz_apply.cli.session import GlobalFlags, Session
from igz_apply.cli.session_view import SessionView
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event, Report
from igz_apply.model.problems import Problem
from igz_apply.ports import RoundWatcher
from igz_apply.views.rounds_json import RoundsJson
from igz_apply.views.rounds_text import RoundsText
from igz_apply.workflow.rounds import Watchers


class Shown(SessionView, RoundWatcher, Protocol):
    """What rounds are shown on: a watcher that is told of a round's plan and warnings too, as they come up."""

    def note(self, text: str) -> None:
        """Show what a person should know, or may want to, and what stops nothing."""


class RoundSession(Session):
    """One round, as a run of its own; what it would show goes to those who watch."""

    def __init__(self, flags: GlobalFlags, environ: Mapping[str, str], stdin: bytes, shown: Shown) -> None:
        super().__init__(flags, environ)
        self._stdin = stdin
        self._shown = shown

    @property
    def stdin(self) -> BinaryIO:
        """What standard input held when the first round began."""
        return BytesIO(self._stdin)

    def warn(self, text: str) -> None:
        """Tell it."""
        self._shown.note(text if self.telling is None else self.telling.text(text))

    def say(self, text: str) -> None:
        """Tell it."""
        self.warn(text)


class RoundView:
    """The view of one round's transaction: what it came to is told once the round has ended."""

    def __init__(self, shown: Shown, watchers: Watchers, moved: Callable[[], object]) -> None:
        self._shown = shown
        self._watchers = watchers
        self._moved = moved  # is called after each event

    def problems(self, problems: Sequence[Problem]) -> None:
        """Show what is wrong with the input."""
        self._shown.problems(problems)

    def plan(self, plan: Plan) -> None:
        """Show what is about to be made."""
        self._shown.plan(plan)

    def event(self, event: Event) -> None:
        """Tell all who watch."""
        self._watchers.event(event)
        self._moved()

    def report(self, report: Report) -> None:
        """Show nothing."""

    def error(self, message: str, hint: str = "") -> None:
        """Tell it."""
        self._shown.note(f"{message} {hint}".strip())

    def close(self, exit_code: int) -> None:
        """Show nothing."""


def shown_as(session: Session, form: str) -> Shown:
    """Return the view for `--format text|json`."""
    if form == "json":
        return RoundsJson(session.output, session.errors, utc)
    return RoundsText(session.output, session.errors, sources=session.lines_of)
