"""A run over several targets for programs: one JSON object a line as it happens, or one document at its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from threading import RLock
from typing import Any

from igz_apply.model.changes import Plan
from igz_apply.model.fleets import FleetPace, TargetStatus, Wave
from igz_apply.model.outcomes import Event
from igz_apply.model.problems import Problem
from igz_apply.planning.fleet_data import stop_data, wave_data
from igz_apply.planning.fleet_report import FleetReport, FleetStop, TargetResult
from igz_apply.version import __version__
from igz_apply.views.fleet_account import account_lines
from igz_apply.views.fleet_progress import FleetProgress
from igz_apply.views.fleet_text import FleetText
from igz_apply.views.json_lines import FORMAT_VERSION, EventsView, report_end
from igz_apply.views.problem_text import SourceLines, no_lines
from igz_apply.views.sink import Sink
from igz_apply.wording.fleet_words import headline, stop_words
from igz_apply.wording.problem_words import problem_data


class FleetEvents:
    """Writes JSON lines; the first has the type `version`, the last `end`. Those about a target name it as `target`.

    `utc` gives the present as an ISO 8601 text in UTC. Once `sink` has failed, the account is told on `errors`, as
    text; None: another view tells it anyway.
    """

    def __init__(self, sink: Sink, errors: Sink | None, utc: Callable[[], str]) -> None:
        self._sink = sink
        self._errors = errors
        self._utc = utc
        self._lock = RLock()
        self._of: dict[str, EventsView] = {}  # of each target whose plan has been told: it remembers what has ended
        self._account: FleetReport | None = None
        self._write({"type": "version", "format_version": FORMAT_VERSION, "tool_version": __version__})

    def began(self, command: str, waves: Sequence[Wave], pace: FleetPace) -> None:
        """Write which targets there are, in which waves."""
        self._of.clear()
        limits = {"max_failures": pace.max_failures, "max_changed": pace.max_changed}
        stated = {"canary": pace.canary, "wave": pace.wave, **limits}
        self._tell("fleet", command=command, pace=stated, waves=[wave_data(wave) for wave in waves])

    def wave_began(self, wave: Wave) -> None:
        """Write that a wave begins."""
        self._tell("wave_began", **wave_data(wave))

    def started(self, name: str) -> None:
        """Write that a target is worked on."""
        self._tell("target_began", target=name)

    def told(self, name: str, what: Plan | Event) -> None:
        """Write what moved there, in the lines of an apply of that target alone."""
        with self._lock:
            if isinstance(what, Plan):
                self._events(name).plan(what)
            else:
                self._events(name).event(what)

    def ended(self, result: TargetResult) -> None:
        """Write what no event has told, and how the target ended."""
        with self._lock:
            if result.plan is not None and result.name not in self._of:
                self._events(result.name).plan(result.plan)
            if result.report is not None:
                self._events(result.name).report(result.report)
            self._of.pop(result.name, None)
            self._tell("target_ended", **_ended(result))

    def wave_ended(self, wave: Wave) -> None:
        """Write that all targets of a wave have ended."""
        self._tell("wave_ended", wave=wave.number)

    def stopped(self, stop: FleetStop) -> None:
        """Write that nothing new starts, and why."""
        self._tell("stopped", **stop_data(stop))

    def closed(self) -> None:
        """Write nothing more yet."""

    def note(self, text: str) -> None:
        """Write a warning about the run as a whole."""
        self._tell("note", text=text)

    def problems(self, problems: Sequence[Problem]) -> None:
        """Write one line a problem."""
        for problem in problems:
            self._tell("problem", **problem_data(problem))

    def error(self, message: str, hint: str = "") -> None:
        """Write what stopped the whole run."""
        self._tell("error", message=message, hint=hint or None)

    def asked(self, report: FleetReport) -> None:
        """Write nothing: all plans have been told."""

    def report(self, report: FleetReport) -> None:
        """Keep the account for the last line."""
        with self._lock:
            self._account = report
            if self._errors is not None and self._sink.failure is not None:
                self._errors.show(account_lines(report, self._errors.terminal.width, shown=report.by_name))

    def close(self, exit_code: int) -> None:
        """Write the last line."""
        self._tell("end", **_end(self._account), exit_code=exit_code)

    def _events(self, name: str) -> EventsView:
        if name not in self._of:
            self._of[name] = EventsView(self._sink, None, self._utc, is_continued=True, target=name)
        return self._of[name]

    def _tell(self, kind: str, **more: Any) -> None:
        with self._lock:
            self._write({"type": kind, "time": self._utc(), **more})

    def _write(self, data: Mapping[str, Any]) -> None:
        self._sink.write(json.dumps(data, ensure_ascii=False) + "\n")


class FleetDocument(FleetText):
    """Writes the account as `encode` gives it, in UTF-8, when the run has ended; all else goes to standard error."""

    def __init__(
        self,
        output: Sink,
        errors: Sink,
        progress: FleetProgress,
        encode: Callable[[FleetReport], bytes],
        *,
        sources: SourceLines = no_lines,
    ) -> None:
        super().__init__(errors, errors, progress, sources=sources)
        self._document = output
        self._encode = encode

    def report(self, report: FleetReport) -> None:
        """Write the document."""
        self.closed()
        self._document.write(self._encode(report).decode("utf-8"))


def _ended(result: TargetResult) -> dict[str, Any]:
    return {
        "target": result.name,
        "status": result.status.value,
        "exit_code": result.exit_code,
        "started": _seconds(result.started),
        "ended": _seconds(result.ended),
        "digest": (result.plan.digest or None) if result.plan is not None else None,
        "report": None if result.report is None else report_end(result.report),
        "problems": [problem_data(problem) for problem in result.problems],
        "error": result.error or None,
        "hint": result.hint or None,
        "notes": list(result.notes),
    }


def _end(account: FleetReport | None) -> dict[str, Any]:
    if account is None:
        return {"counts": dict.fromkeys((status.value for status in TargetStatus), 0), "stop": None, "words": None}
    words = " ".join(filter(None, (headline(account), stop_words(account))))
    stop = None if account.stop is None else stop_data(account.stop)
    return {"counts": account.counts, "seconds": _seconds(account.seconds), "stop": stop, "words": words}


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
