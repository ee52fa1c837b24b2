"""The view for programs: one JSON object a line, as it happens (`apply --format json`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Change, FieldDiff, Origin, Plan
from igz_apply.model.outcomes import Event, JobWaiting, NotConverged, Outcome, Report, Status, StepEnded, StepStarted
from igz_apply.model.plain_values import plain
from igz_apply.model.problems import Problem
from igz_apply.planning.plan_data import operation_data
from igz_apply.version import __version__
from igz_apply.views.quiet import NoProgress
from igz_apply.views.sink import Sink
from igz_apply.views.text import TextView
from igz_apply.wording.problem_words import problem_data

FORMAT_VERSION = 1
BEGIN = '{"type": "version"'
"""How the first line begins."""
_NOTHING_DONE = {
    "counts": {status.value: 0 for status in Status},
    "adopted": 0,
    "seconds": 0.0,
    "interrupted": False,
    "read_back": None,  # null: there was nothing to read back
    "failures": [],
}


class EventsView:
    """Writes JSON lines; the first has the type `version`, the last `summary`.

    `utc` gives the present as an ISO 8601 text in UTC. Once `sink` has failed, what went wrong and how it ended is told
    on `errors`, as text; None: another view tells it anyway. One that `is_continued` stands amid other lines. Where it
    tells of one `target` of several, each line names that, and the cluster of a plan stands under `cluster`.
    """

    def __init__(
        self,
        sink: Sink,
        errors: Sink | None,
        utc: Callable[[], str],
        *,
        is_continued: bool = False,
        target: str | None = None,
    ) -> None:
        self._sink = sink
        self._beside = TextView(errors, errors, NoProgress()) if errors is not None else None
        self._utc = utc
        self._target = target
        self._ended: set[tuple[str, Address]] = set()
        self._end: dict[str, Any] = _NOTHING_DONE
        if not is_continued:
            self._write({"type": "version", "format_version": FORMAT_VERSION, "tool_version": __version__})

    def problems(self, problems: Sequence[Problem]) -> None:
        """Write one line a problem."""
        for problem in problems:
            about = {key: value for key, value in problem_data(problem).items() if key != "address"}
            self._tell("problem", problem.address, **about)
        if self._beside is not None and self._sink.failure is not None:
            self._beside.problems(problems)

    def plan(self, plan: Plan) -> None:
        """Write the counts, then one line a change that writes."""
        caller = plan.caller
        cluster = {
            "endpoint": caller.endpoint,
            "version": caller.version or None,
            "tenant": caller.tenant or None,
            "username": caller.username,
        }
        counts = {**plan.counts, **plan.operation_counts}
        about = {"counts": counts, self._cluster_key: cluster, "warnings": list(plan.warnings)}
        self._tell("plan", None, digest=plan.digest or None, **about)
        for change in plan.writes:
            self._planned(change)
        for item in plan.operations:
            told = {key: value for key, value in operation_data(item).items() if key != "address"}
            self._tell("planned_operation", item.address, **told)

    def event(self, event: Event) -> None:
        """Write one line for each address that the event is about."""
        match event:
            case StepStarted(step=step, addresses=addresses, at=at):
                for address in addresses:
                    self._tell("step_started", address, step=step, action=event.verb, at=_seconds(at))
            case JobWaiting(step=step, addresses=addresses, job=job, at=at):
                seen = {"id": job.id or None, "state": job.state, "message": job.message or None}
                for address in addresses:
                    self._tell("job_waiting", address, step=step, job=seen, at=_seconds(at))
            case StepEnded(step=step, outcomes=outcomes, at=at):
                for outcome in outcomes:
                    self._ended.add((outcome.operation, outcome.address))
                    self._tell("step_ended", outcome.address, step=step, at=_seconds(at), **_outcome(outcome))

    def report(self, report: Report) -> None:
        """Write what no event has told, and what the cluster did not keep; the counts come last, with `close`."""
        for outcome in report.ends:
            if (outcome.operation, outcome.address) not in self._ended:
                self._tell("not_run", outcome.address, **_outcome(outcome))
        for kept in report.not_converged:
            self._not_kept(kept)
        self._end = report_end(report)
        if self._beside is not None and self._sink.failure is not None:
            self._beside.report(report)

    def error(self, message: str, hint: str = "") -> None:
        """Write what stopped the run, in the error's own words."""
        self._tell("error", None, message=message, hint=hint or None)
        if self._beside is not None and self._sink.failure is not None:
            self._beside.error(message, hint)

    def close(self, exit_code: int) -> None:
        """Write the last line."""
        self._tell("summary", None, **self._end, exit_code=exit_code)

    @property
    def _cluster_key(self) -> str:
        return "target" if self._target is None else "cluster"

    def _planned(self, change: Change) -> None:
        self._tell(
            "planned_change",
            change.address,
            action=change.action.value,
            reason=change.reason,
            origin=(change.origin or Origin.UNKNOWN).value,
            diff=[_diff(diff) for diff in change.diff],
            depends_on=[str(address) for address in change.depends_on],
            job=change.job,
            warnings=list(change.warnings),
        )

    def _not_kept(self, kept: NotConverged) -> None:
        self._tell("not_converged", kept.address, diff=[_diff(diff) for diff in kept.diff])

    def _tell(self, kind: str, address: Address | None, **more: Any) -> None:
        about = {"address": str(address)} if address is not None else {}
        named = {"target": self._target} if self._target is not None else {}
        self._write({"type": kind, "time": self._utc(), **named, **more, **about})

    def _write(self, data: dict[str, Any]) -> None:
        self._sink.write(json.dumps(data, ensure_ascii=False, default=_plain) + "\n")


def report_end(report: Report) -> dict[str, Any]:
    """Return how an apply ended, all its changes together."""
    return {
        "counts": report.counts,
        "adopted": report.adopted,
        "seconds": _seconds(report.seconds),
        "interrupted": report.interrupted,
        "read_back": report.read_back,
        "failures": list(report.failures),
        **({"deadline": _seconds(report.deadline)} if report.deadline is not None else {}),
        **({"run": report.run} if report.run else {}),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "action": outcome.verb,
        "status": outcome.status.value,
        "detail": outcome.detail or None,
        "remedy": outcome.remedy or None,
        "job": outcome.job or None,
        "started": _seconds(outcome.started),
        "ended": _seconds(outcome.ended),
    }


def _diff(diff: FieldDiff) -> dict[str, Any]:
    return {"path": diff.dotted, "before": plain(diff.before), "after": plain(diff.after), "sensitive": diff.sensitive}


def _seconds(value: float | None) -> float | None:
    """Round to milliseconds; what lies below says nothing."""
    return None if value is None else round(value, 3)


def _plain(value: Any) -> Any:
    """Return frozen mappings as what JSON knows."""
    return dict(value)
