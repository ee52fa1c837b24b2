"""The JSON report: the plan's one JSON form, with what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from igz_apply.model.changes import FieldDiff, Plan
from igz_apply.model.outcomes import NotConverged, Outcome, Report, Timing
from igz_apply.model.plain_values import plain
from igz_apply.model.problems import Problem
from igz_apply.planning.plan_document import canonical, to_data
from igz_apply.version import __version__
from igz_apply.wording.problem_words import problem_data


def json_report(plan: Plan, report: Report | None, problems: Sequence[Problem]) -> bytes:
    """Return the report's bytes; schemas/plan.schema.json describes them."""
    data = to_data(plan, tool_version=__version__)
    if problems:
        data["problems"] = [problem_data(problem) for problem in problems]
    if report is not None:
        data["report"] = report_data(report)
    return canonical(data)


def report_data(report: Report) -> dict[str, Any]:
    """Return what became of a plan, as plain data."""
    return {
        "exit_code": report.exit_code,
        "seconds": report.seconds,
        "interrupted": report.interrupted,
        **({"deadline": report.deadline} if report.deadline is not None else {}),
        **({"run": report.run} if report.run else {}),
        "read_back": report.read_back,
        "failures": list(report.failures),
        "counts": report.counts,
        "outcomes": [_outcome(outcome) for outcome in report.outcomes],
        **({"operated": [_operated(outcome) for outcome in report.operated]} if report.operated else {}),
        "not_converged": [_not_converged(item) for item in report.not_converged],
        "filled": [_not_converged(item) for item in report.filled],
        "timeline": [_timing(timing) for timing in report.timeline],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    told = {key: value for key, value in asdict(outcome).items() if key != "operation"}
    return {
        **told,
        "address": str(outcome.address),
        "action": outcome.action.value,
        "status": outcome.status.value,
    }


def _operated(outcome: Outcome) -> dict[str, Any]:
    told = {key: value for key, value in _outcome(outcome).items() if key != "action"}
    return {"operation": outcome.operation, **told}


def _not_converged(item: NotConverged) -> dict[str, Any]:
    return {"address": str(item.address), "diff": [_diff(diff) for diff in item.diff]}


def _diff(item: FieldDiff) -> dict[str, Any]:
    """Return a difference. `asdict` would take apart what hides a value, and show it."""
    return {
        "path": item.dotted,
        "before": plain(item.before),
        "after": plain(item.after),
        "sensitive": item.sensitive,
        "origin": item.origin.value,
    }


def _timing(timing: Timing) -> dict[str, Any]:
    return {**asdict(timing), "addresses": [str(address) for address in timing.addresses]}
