"""Which view an apply is shown on: drawn for a person, lines for a log, JSON lines for a program."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from igz_apply.cli.session import Session
from igz_apply.cli.session_view import SessionView
from igz_apply.errors import InvalidInput
from igz_apply.local.clock import SystemClock
from igz_apply.model.problems import Problem
from igz_apply.views.json_lines import BEGIN, EventsView
from igz_apply.views.sink import Sink
from igz_apply.views.text import ProgressView, TextView
from igz_apply.views.ticker import Ticker


def apply_view(session: Session, form: str, events: str | None = None, others: Iterable[str] = ()) -> SessionView:
    """Return the view for `--format text|json`, which also writes the file that `--events` names.

    Raises InvalidInput where that file cannot be written, or is one of the `others` that the run reads or writes:
    nothing was sent then.
    """
    view = _view(session, form)
    if events is None:
        return view
    session.view = view  # what is wrong with the file is told on it
    session.events = events_sink(events, others)
    from igz_apply.views.both import BothViews  # few runs write two forms at once

    return BothViews(view, EventsView(session.events, None, utc=utc))


def events_sink(events: str, others: Iterable[str]) -> Sink:
    """Return the file that `--events` names, open and empty. Raises InvalidInput as `apply_view` does."""
    try:
        return Sink(_opened(Path(events), [Path(each) for each in others]))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        problem = Problem("No place for the events", f"{events} cannot be written: {why}.", "Name another file.")
        raise InvalidInput([problem]) from error


def _opened(path: Path, others: Iterable[Path]) -> TextIO:
    """Return the file for events, empty and open for as long as the process lives. Raises OSError and ValueError.

    It is opened before anything has been read: it may be written over events alone, never over an inventory.
    """
    if any(path.resolve() == each.resolve() for each in others):
        raise ValueError("this run reads or writes it for something else")
    if path.is_file() and not _holds_events(path):
        raise ValueError("it holds something else than events")
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")


def _holds_events(path: Path) -> bool:
    """Say whether a file begins as events do, or is empty."""
    with path.open("rb") as file:
        begin = file.readline(200)
    return not begin or begin.startswith(BEGIN.encode())


def _view(session: Session, form: str) -> SessionView:
    if form == "json":
        return EventsView(session.output, session.errors, utc=utc)
    return TextView(session.output, session.errors, progress_view(session), sources=session.lines_of)


def utc() -> str:
    """Return the present, as lines for programs have it."""
    return SystemClock().utc().isoformat(timespec="milliseconds")


def progress_view(session: Session) -> ProgressView:
    """Return progress that is drawn where a person watches, and plain lines elsewhere."""
    if not session.errors.terminal.live:
        return Ticker(session.errors)
    from igz_apply.views.live import LiveProgress  # rich costs 60 ms, and only a terminal needs it

    return LiveProgress(session.errors, SystemClock().now)
