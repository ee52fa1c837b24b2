"""Two views of one run over several targets: what is told to the first is told to the second too."""

from __future__ import annotations

from collections.abc import Sequence

from igz_apply.model.changes import Plan
from igz_apply.model.fleets import FleetPace, Wave
from igz_apply.model.outcomes import Event
from igz_apply.model.problems import Problem
from igz_apply.planning.fleet_report import FleetReport, FleetStop, TargetResult
from igz_apply.views.fleet_view import FleetView


class BothFleetViews:
    """Tells all to both, the first one first."""

    def __init__(self, first: FleetView, second: FleetView) -> None:
        self._views = (first, second)

    def began(self, command: str, waves: Sequence[Wave], pace: FleetPace) -> None:
        """Learn what is to come."""
        for view in self._views:
            view.began(command, waves, pace)

    def wave_began(self, wave: Wave) -> None:
        """Show that a wave begins."""
        for view in self._views:
            view.wave_began(wave)

    def started(self, name: str) -> None:
        """Show that a target is worked on."""
        for view in self._views:
            view.started(name)

    def told(self, name: str, what: Plan | Event) -> None:
        """Show that something moved there."""
        for view in self._views:
            view.told(name, what)

    def ended(self, result: TargetResult) -> None:
        """Show how a target ended."""
        for view in self._views:
            view.ended(result)

    def wave_ended(self, wave: Wave) -> None:
        """Show that all targets of a wave have ended."""
        for view in self._views:
            view.wave_ended(wave)

    def stopped(self, stop: FleetStop) -> None:
        """Show that nothing new starts."""
        for view in self._views:
            view.stopped(stop)

    def closed(self) -> None:
        """Take the progress down."""
        for view in self._views:
            view.closed()

    def note(self, text: str) -> None:
        """Show a warning about the run as a whole."""
        for view in self._views:
            view.note(text)

    def problems(self, problems: Sequence[Problem]) -> None:
        """Show faults of the whole."""
        for view in self._views:
            view.problems(problems)

    def error(self, message: str, hint: str = "") -> None:
        """Show what stopped the whole run."""
        for view in self._views:
            view.error(message, hint)

    def asked(self, report: FleetReport) -> None:
        """Show the plan of the fleet."""
        for view in self._views:
            view.asked(report)

    def report(self, report: FleetReport) -> None:
        """Show the account of the run."""
        for view in self._views:
            view.report(report)

    def close(self, exit_code: int) -> None:
        """End the output."""
        for view in self._views:
            view.close(exit_code)
