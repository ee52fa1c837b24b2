"""A run over several targets for people: the account on standard output, progress and faults on standard error."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from threading import RLock

from igz_apply.model.changes import Plan
from igz_apply.model.fleets import FleetPace, StopCause, Wave
from igz_apply.model.outcomes import Event
from igz_apply.model.problems import Problem
from igz_apply.planning.alike import plan_key
from igz_apply.planning.fleet_report import FleetReport, FleetStop, TargetResult
from igz_apply.views.fleet_account import account_lines, plan_as_before, plan_of_one
from igz_apply.views.fleet_progress import FleetProgress
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.views.problem_text import SourceLines, no_lines, problem_lines
from igz_apply.views.sink import Sink
from igz_apply.views.text import error_lines
from igz_apply.wording.printable import printable

_WHY = {
    StopCause.CANARY: "a canary did not end well",
    StopCause.FAILURES: "too many targets failed",
    StopCause.CHANGED: "no more targets may be changed",
    StopCause.INTERRUPTED: "it was interrupted",
}


class FleetText:
    """Shows everything as text."""

    def __init__(self, output: Sink, errors: Sink, progress: FleetProgress, *, sources: SourceLines = no_lines) -> None:
        self._output = output
        self._errors = errors
        self._progress = progress
        self._sources = sources
        self._lock = RLock()  # a signal may be told of while something else is
        self._shown: set[str] = set()  # targets for which their plan has been shown
        self._first: dict[str, str] = {}  # hash of what a plan tells -> the first target for which it was shown

    def began(self, command: str, waves: Sequence[Wave], pace: FleetPace) -> None:  # noqa: ARG002 - the protocol's
        """Learn what is to come."""
        with self._lock:
            self._progress.began(command, waves)

    def wave_began(self, wave: Wave) -> None:
        """Show that a wave begins."""
        with self._lock:
            self._progress.wave_began(wave)

    def started(self, name: str) -> None:
        """Show that a target is worked on."""
        with self._lock:
            self._progress.started(name)

    def told(self, name: str, what: Plan | Event) -> None:
        """Show that something moved there, and what is about to be: nothing is sent that nobody can have seen."""
        with self._lock:
            if isinstance(what, Plan) and what.acts and name not in self._shown:
                self._show_plan(name, what)
            self._progress.told(name, what)

    def ended(self, result: TargetResult) -> None:
        """Show how a target ended."""
        with self._lock:
            self._progress.ended(result)

    def wave_ended(self, wave: Wave) -> None:
        """Show nothing: its targets have told."""

    def stopped(self, stop: FleetStop) -> None:
        """Show that nothing new starts; why is for the account."""
        names = f" ({', '.join(map(printable, stop.targets))})" if stop.targets else ""
        self._say(
            line(Span(f"stopping, as {_WHY[stop.cause]}{names}: nothing new starts, what runs ends", Tone.WARNING))
        )

    def closed(self) -> None:
        """Take the progress down."""
        with self._lock:
            self._progress.close()

    def note(self, text: str) -> None:
        """Show a warning about the run as a whole."""
        self._say(line(Span("note: ", Tone.WARNING), printable(text)))

    def problems(self, problems: Sequence[Problem]) -> None:
        """Show faults of the whole."""
        with self._lock:
            self._progress.close()
            self._errors.show(problem_lines(problems, self._errors.terminal.width, self._sources))

    def error(self, message: str, hint: str = "") -> None:
        """Show what stopped the whole run."""
        with self._lock:
            self._progress.close()
            self._errors.show(error_lines(message, hint, self._errors.terminal.width))

    def asked(self, report: FleetReport) -> None:
        """Show the plan of the fleet."""
        self._show(report)
        self._shown.update(report.by_name)

    def report(self, report: FleetReport) -> None:
        """Show the account of the run; the plans only of targets for which they have not been shown before."""
        self._show(report)

    def close(self, exit_code: int) -> None:  # noqa: ARG002 - the text has said it already
        """End; a progress display that still stands is taken down."""
        self.closed()

    def _show_plan(self, name: str, plan: Plan) -> None:
        """Show the plan of one target, in full where none was shown that a reader would read the same."""
        width, key = self._output.terminal.width, sha256(plan_key(plan).encode()).hexdigest()
        before = self._first.setdefault(key, name)
        with self._progress.paused():
            self._output.show(plan_of_one(name, plan, width) if before == name else plan_as_before(name, before, width))
        self._shown.add(name)

    def _show(self, report: FleetReport) -> None:
        with self._lock:
            self._progress.close()
            sources, width = self._sources, self._output.terminal.width
            if report.command == "apply":  # what has ended stands above it
                self._output.show([BLANK])
            self._output.show(account_lines(report, width, sources, shown=self._shown))
            if self._output.failure is not None:  # an outcome is told where it can be
                self._errors.show(account_lines(report, self._errors.terminal.width, sources, shown=report.by_name))

    def _say(self, spans: Line) -> None:
        with self._lock:
            self._progress.say(spans)
