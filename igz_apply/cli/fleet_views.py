"""Which view a run over several targets is shown on, and the files that it writes besides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from igz_apply.cli.apply_views import events_sink, utc
from igz_apply.cli.file_roles import met, reports_named
from igz_apply.cli.session import Session
from igz_apply.errors import InvalidInput
from igz_apply.local.clock import SystemClock
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event, Report
from igz_apply.model.problems import Problem
from igz_apply.planning.fleet_report import FleetReport
from igz_apply.reports.fleet_json import fleet_json_report
from igz_apply.views.fleet_json import FleetDocument, FleetEvents
from igz_apply.views.fleet_progress import FleetProgress, FleetTicker
from igz_apply.views.fleet_text import FleetText

if TYPE_CHECKING:
    from igz_apply.views.fleet_view import FleetView


def fleet_view(
    session: Session, form: str, *, is_apply: bool = False, events: str | None = None, others: Iterable[str] = ()
) -> FleetView:
    """Return the view for `--format text|json`, and show on it too what is wrong with the whole run.

    It also writes the file that `--events` names. Raises InvalidInput where that cannot be written.
    """
    view: FleetView
    if form == "json" and is_apply:
        view = FleetEvents(session.output, session.errors, utc)
    elif form == "json":
        view = FleetDocument(session.output, session.errors, _progress(session), fleet_json_report)
    else:
        view = FleetText(session.output, session.errors, _progress(session), sources=session.lines_of)
    session.view = OfTheWhole(view)
    if events is not None:
        from igz_apply.views.fleet_both import BothFleetViews  # few runs write two forms at once

        session.events = events_sink(events, others)
        view = BothFleetViews(view, FleetEvents(session.events, None, utc))
        session.view = OfTheWhole(view)
    return view


class OfTheWhole:
    """The view of a run over several targets, for what commands show on one: faults of the whole, and the end."""

    def __init__(self, view: FleetView) -> None:
        self._view = view

    def problems(self, problems: Sequence[Problem]) -> None:
        """Show faults of the whole."""
        self._view.problems(problems)

    def error(self, message: str, hint: str = "") -> None:
        """Show what stopped the whole run."""
        self._view.error(message, hint)

    def close(self, exit_code: int) -> None:
        """End the output."""
        self._view.close(exit_code)

    def plan(self, plan: Plan) -> None:
        """Show nothing: it is of one target."""

    def event(self, event: Event) -> None:
        """Show nothing: it is of one target."""

    def report(self, report: Report) -> None:
        """Show nothing: it is of one target."""


def check_fleet_reports(paths: Sequence[str]) -> None:
    """Raise InvalidInput for a report that cannot be written, before anything is done that it would tell of."""
    if paths:
        from igz_apply.reports.fleet_write import check_fleet_report  # here, as many runs write none

        for path in paths:
            check_fleet_report(Path(path))
        if problems := tuple(met(reports_named(paths))):
            raise InvalidInput(problems)


def write_fleet_reports(paths: Sequence[str], report: FleetReport) -> None:
    """Write the reports; the suffix picks the form. Raises IgzApplyError."""
    if paths:
        from igz_apply.reports.fleet_write import write_fleet_report  # here, as many runs write none

        for path in paths:
            write_fleet_report(Path(path), report)


def _progress(session: Session) -> FleetProgress:
    """Return progress that is drawn where a person watches, and plain lines elsewhere."""
    if not session.errors.terminal.live:
        return FleetTicker(session.errors, SystemClock().now)
    from igz_apply.views.fleet_live import FleetLive  # rich costs 60 ms, and only a terminal needs it

    return FleetLive(session.errors, SystemClock().now)
