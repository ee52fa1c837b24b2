"""The JSON report of a run over several targets: every target, and each plan once with the targets that have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from igz_apply.model.changes import Action, Change, FieldDiff, Origin, Plan
from igz_apply.model.plain_values import plain
from igz_apply.planning.alike import plan_told, plans_alike
from igz_apply.planning.drift_data import drift_document
from igz_apply.planning.fleet_data import stop_data, wave_data
from igz_apply.planning.fleet_digest import fleet_digest
from igz_apply.planning.fleet_report import FleetReport, TargetResult
from igz_apply.planning.places import place_data
from igz_apply.planning.plan_data import impact_data, operation_data, texts_of, unmanaged_data
from igz_apply.planning.plan_document import canonical
from igz_apply.reports.json_report import report_data
from igz_apply.version import __version__
from igz_apply.wording.fleet_words import headline, next_step, stop_words
from igz_apply.wording.problem_words import problem_data

FORMAT_VERSION = 1
Data = dict[str, Any]


def fleet_json_report(report: FleetReport) -> bytes:
    """Return the report's bytes; schemas/fleet.schema.json describes them."""
    return canonical(fleet_data(report))


def fleet_data(report: FleetReport) -> Data:
    """Return the account as JSON's own types, every key present."""
    alike = plans_alike(report.results)
    numbers = {name: number for number, same in enumerate(alike, 1) for name in same.targets}
    waves = {name: wave.number for wave in report.waves for name in wave.targets}
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "command": report.command,
        "verdict": headline(report),
        "exit_code": report.exit_code(),
        "digest": None if report.command == "drift" else report.digest or fleet_digest(report.results),
        "seconds": report.seconds,
        "pace": asdict(report.pace),
        "counts": report.counts,
        "stop": None if report.stop is None else {**stop_data(report.stop), "words": stop_words(report)},
        "next": next_step(report) or None,
        "waves": [wave_data(wave) for wave in report.waves],
        "plans": [
            {"plan": number, "targets": list(same.targets), **_plan(plan_told(same.first.plan))}
            for number, same in enumerate(alike, 1)
            if same.first.plan is not None
        ],
        "targets": [_target(it, waves, numbers, report.command) for it in report.results],
    }


def _plan(plan: Plan) -> Data:
    """Return what a plan does, as it is the same on all targets that have it."""
    return {
        "counts": {**plan.counts, **plan.operation_counts},
        "changes": [_change(change) for change in plan.changes if change.action is not Action.NO_CHANGE],
        "operations": [operation_data(item) for item in plan.operations],
        "access_impact": impact_data(plan.access_impact),
        "warnings": list(plan.warnings),
        "kept": texts_of(plan.kept),
        "forgotten": texts_of(sorted(plan.forgotten)),
        "tombstones": texts_of(plan.tombstones),
        "doubtful": texts_of(plan.doubtful),
        "dropped": _texts(plan.dropped),
        "not_visible": _texts(plan.not_visible),
        "partial": dict(plan.partial),
        "unknown": {str(address): list(fields) for address, fields in plan.unknown.items()},
    }


def _texts(said: Mapping[Any, str]) -> dict[str, str]:
    return {str(address): text for address, text in said.items()}


def _change(change: Change) -> Data:
    return {
        "address": str(change.address),
        "action": change.action.value,
        "reason": change.reason,
        "origin": (change.origin or Origin.UNKNOWN).value,
        "diff": [_diff(item) for item in change.diff],
        "depends_on": texts_of(change.depends_on),
        "job": change.job,
        "warnings": list(change.warnings),
        "deletion_strategy": change.deletion_strategy,
        "takes_over": change.takes_over,
        "source": None if change.desired is None else place_data(change.desired.source),
    }


def _diff(item: FieldDiff) -> Data:
    return {"path": item.dotted, "before": plain(item.before), "after": plain(item.after), "sensitive": item.sensitive}


def _target(result: TargetResult, waves: Mapping[str, int], numbers: Mapping[str, int], command: str) -> Data:
    plan, run = result.plan, result.report
    return {
        "target": result.name,
        "wave": waves.get(result.name),
        "status": result.status.value,
        "exit_code": result.exit_code,
        "started": result.started,
        "ended": result.ended,
        "endpoint": None if plan is None else plan.caller.endpoint,
        "username": None if plan is None else plan.caller.username,
        "digest": None if plan is None else plan.digest or None,
        "counts": None if plan is None else {**plan.counts, **plan.operation_counts},
        "plan": numbers.get(result.name),
        "unmanaged": None if plan is None else unmanaged_data(plan.unmanaged),
        "report": None if run is None else report_data(run),
        "drift": drift_document(result.drift, plan) if command == "drift" and plan is not None else None,
        "problems": [problem_data(problem) for problem in result.problems],
        "error": result.error or None,
        "hint": result.hint or None,
        "notes": list(result.notes),
    }
