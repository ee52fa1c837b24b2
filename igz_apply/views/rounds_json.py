"""Rounds of reconciling for programs: one JSON object a line, a `round` for each, and the events of what it applies."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event, Outcome, Report, Status
from igz_apply.model.problems import Problem
from igz_apply.model.rounds import Round
from igz_apply.version import __version__
from igz_apply.views.json_lines import FORMAT_VERSION, EventsView
from igz_apply.views.rounds_text import notes_after
from igz_apply.views.sink import Sink
from igz_apply.wording.problem_words import problem_data


class RoundsJson:
    """Writes JSON lines; the first has the type `version`, the last `end`."""

    def __init__(self, output: Sink, errors: Sink, utc: Callable[[], str]) -> None:
        self._output = output
        self._errors = errors
        self._utc = utc
        self._rounds = 0
        self._notes: frozenset[str] = frozenset()  # of the round before
        self._new_notes: set[str] = set()  # of this one
        self._events = self._continued()
        self._write({"type": "version", "format_version": FORMAT_VERSION, "tool_version": __version__})

    def began(self, number: int, at: str) -> None:
        """Begin to tell of the events of a round."""
        self._events = self._continued()
        self._tell("round_began", round=number, began=at)

    def note(self, text: str) -> None:
        """Say it where people read, unless the round before had the same."""
        is_new = text not in self._notes | self._new_notes
        self._new_notes.add(text)
        if is_new:
            self._errors.say(f"note: {text}\n")

    def problems(self, problems: Sequence[Problem]) -> None:
        """Write one line a problem."""
        self._events.problems(problems)

    def plan(self, plan: Plan) -> None:
        """Write what a round is about to make, if it is anything."""
        if plan.acts:
            self._events.plan(plan)

    def event(self, event: Event) -> None:
        """Write that its apply moved."""
        self._events.event(event)

    def report(self, report: Report) -> None:
        """Write what no event has told."""
        self._events.report(report)

    def ended(self, round: Round) -> None:
        """Write how a round ended."""
        self._rounds += 1
        self._notes, self._new_notes = notes_after(round, self._notes, self._new_notes), set()
        if round.report is not None:
            self.report(round.report)
        self._tell("round", **round_data(round))
        self._events = self._continued()

    def standing_by(self, holder: str) -> None:
        """Write who leads instead."""
        self._tell("standing_by", holder=holder)

    def closed(self) -> None:
        """Write nothing more yet."""

    def error(self, message: str, hint: str = "") -> None:
        """Write what stopped the command."""
        self._events.error(message, hint)

    def close(self, exit_code: int) -> None:
        """Write the last line."""
        self._tell("end", rounds=self._rounds, exit_code=exit_code)

    def _continued(self) -> EventsView:
        """Return what tells of one round: it remembers each of its addresses."""
        return EventsView(self._output, self._errors, utc=self._utc, is_continued=True)

    def _tell(self, kind: str, **more: Any) -> None:
        self._write({"type": kind, "time": self._utc(), **more})

    def _write(self, data: Mapping[str, Any]) -> None:
        self._output.write(json.dumps(data, ensure_ascii=False) + "\n")


def round_data(round: Round) -> dict[str, Any]:
    """Return a round with every key present; what does not apply is None."""
    plan, revision, report = round.plan, round.revision, round.report
    return {
        "round": round.number,
        "began": round.began,
        "seconds": _seconds(round.seconds),
        "ending": round.ending.value,
        "commit": revision.commit or None,
        "ref": revision.ref or None,
        "signed_by": revision.signed_by or None,
        "dirty": revision.is_dirty,
        "resources": len(plan.changes) if plan is not None else None,
        "digest": (plan.digest or None) if plan is not None else None,
        "counts": {**plan.counts, **plan.operation_counts} if plan is not None else None,
        "differs": _differs(plan) if plan is not None else [],
        "held": [
            {"address": str(address), "cause": held.cause.value, "why": held.why, "code": held.code or None}
            for address, held in sorted(round.held.items())
        ],
        "healed": [_named(it) for it in report.ends if it.status is Status.APPLIED] if report is not None else [],
        "unhealed": [_named(it) for it in report.ends if it.status is not Status.APPLIED] if report is not None else [],
        "failures": list(report.failures) if report is not None else [],
        "run": (report.run or None) if report is not None else None,
        "problems": [problem_data(problem) for problem in round.problems],
        "error": round.error or None,
        "failures_in_a_row": round.failures_in_a_row,
        "next_in": _seconds(round.next_in),
    }


def _differs(plan: Plan) -> list[dict[str, str]]:
    changes = [{"address": str(it.address), "action": it.action.value} for it in plan.writes]
    return [*changes, *({"address": str(it.address), "action": it.operation} for it in plan.operations)]


def _named(outcome: Outcome) -> dict[str, str]:
    return {"address": str(outcome.address), "action": outcome.verb, "status": outcome.status.value}


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
