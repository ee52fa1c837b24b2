"""What a run over several targets is shown on: it hears how the run moves, and is handed the account at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from igz_apply.model.problems import Problem
from igz_apply.planning.fleet_report import FleetReport, FleetWatcher


class FleetView(FleetWatcher, Protocol):
    """A view that is there for a whole run; each of its methods may be called from any thread."""

    def note(self, text: str) -> None:
        """Show a warning about the run as a whole."""

    def problems(self, problems: Sequence[Problem]) -> None:
        """Show faults of the whole: config, options, environment."""

    def error(self, message: str, hint: str = "") -> None:
        """Show what stopped the whole run."""

    def asked(self, report: FleetReport) -> None:
        """Show the plan of the fleet that somebody is about to be asked for; nothing is drawn any more afterwards."""

    def report(self, report: FleetReport) -> None:
        """Show the account of the run."""

    def close(self, exit_code: int) -> None:
        """End the output."""
