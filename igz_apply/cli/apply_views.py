"""Which view an apply is shown on: drawn for a person, lines for a log, JSON lines for a program."""

from __future__ import annotations

from igz_apply.cli.session import Session
from igz_apply.cli.session_view import SessionView
from igz_apply.local.clock import SystemClock
from igz_apply.views.json_lines import EventsView
from igz_apply.views.text import ProgressView, TextView
from igz_apply.views.ticker import Ticker


def apply_view(session: Session, form: str) -> SessionView:
    """Return the view for `--format text|json`."""
    if form == "json":
        clock = SystemClock()
        return EventsView(session.output, session.errors, utc=lambda: clock.utc().isoformat(timespec="milliseconds"))
    return TextView(session.output, session.errors, progress_view(session), sources=session.lines_of)


def progress_view(session: Session) -> ProgressView:
    """Return progress that is drawn where a person watches, and plain lines elsewhere."""
    if not session.errors.terminal.live:
        return Ticker(session.errors)
    from igz_apply.views.live import LiveProgress  # rich costs 60 ms, and only a terminal needs it

    return LiveProgress(session.errors, SystemClock().now)
