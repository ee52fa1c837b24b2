"""Runs over several targets, for tests: plans, reports and ends of targets, by a word each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, FieldDiff, Origin, Plan
from igz_apply.model.fleets import FleetPace, FleetTarget, StopCause, TargetStatus, Wave
from igz_apply.model.outcomes import Outcome, Report, Status
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Caller
from igz_apply.planning.drift import Drift
from igz_apply.planning.fleet_report import FleetReport, FleetStop, TargetResult
from igz_apply.planning.fleet_waves import waves_of

ADA, BOB = Address("User", "ada"), Address("User", "bob")
TOO_MANY = Problem("Too many deletes", "It deletes 9 users.", "Waive it by --allow delete:User=9.")


def plan_of(*actions: Action, name: str = "prod", **more: Any) -> Plan:
    """Return a plan of a change for each of the actions."""
    changes = (Change(Address("User", f"u{at}"), action, "for a test") for at, action in enumerate(actions))
    return Plan(
        tuple(changes), Caller(f"https://{name}.example.com", "admin", "t-1", ""), digest=f"sha256:{name}", **more
    )


def report_of(*statuses: Status, **more: Any) -> Report:
    """Return the report of an apply of a create for each of the statuses."""
    plan = plan_of(*[Action.CREATE for _ in statuses])
    outcomes = (Outcome(it.address, it.action, status) for it, status in zip(plan.changes, statuses, strict=True))
    return Report(plan, tuple(outcomes), **more)


def result(name: str, end: str) -> TargetResult:
    """Return what a target came to, by the value of its status; what is applied has changed something."""
    status = TargetStatus(end)
    match status:
        case TargetStatus.APPLIED:
            report = report_of(Status.APPLIED)
            return TargetResult(name, status, 0, report.plan, report)
        case TargetStatus.PARTLY:
            report = report_of(Status.APPLIED, Status.FAILED)
            return TargetResult(name, status, 5, report.plan, report)
        case TargetStatus.CHANGES:
            return TargetResult(name, status, 0, plan_of(Action.CREATE, name=name))
        case TargetStatus.UNCHANGED:
            return TargetResult(name, status, 0, plan_of(Action.NO_CHANGE, name=name))
        case TargetStatus.REFUSED:
            return TargetResult(name, status, 4, problems=(TOO_MANY,))
        case TargetStatus.INVALID:
            return TargetResult(name, status, 3, problems=(Problem("Unknown field", "No such field."),))
        case TargetStatus.FAILED:
            return TargetResult(name, status, 1, error="No answer.", hint="Look whether it runs.")
    return TargetResult(name, status, None if status is TargetStatus.NOT_STARTED else 130)


def fleet_of(count: int, *, canary: int = 1, wave: int = 5) -> tuple[tuple[Wave, ...], FleetPace]:
    """Return the waves of targets `t1`, `t2`, ..., and the pace."""
    pace = FleetPace(canary, wave)
    return waves_of([FleetTarget(f"t{number}") for number in range(1, count + 1)], pace), pace


def account(command: str, ends: Sequence[str], stop: FleetStop | None = None, **more: Any) -> FleetReport:
    """Return the account of a run over targets `t1`, `t2`, ... that ended so, one of them a canary."""
    waves, pace = fleet_of(len(ends))
    results = tuple(result(f"t{number}", end) for number, end in enumerate(ends, 1))
    return FleetReport(command, pace, waves, results, stop, **more)


def drift_of(*origins: Origin) -> tuple[Drift, ...]:
    """Return a resource that differs for each of the origins."""
    return tuple(Drift(Address("User", f"u{at}"), Action.UPDATE, (), origin) for at, origin in enumerate(origins))


def stopped(cause: str, wave: int, targets: Sequence[str] = (), left: Sequence[str] = ()) -> FleetStop:
    """Return where a run stopped, by the value of its cause."""
    return FleetStop(StopCause(cause), wave, tuple(targets), tuple(left))


def differing(path: str, after: Any) -> FieldDiff:
    """Return a field that is not there, and is to be."""
    return FieldDiff((path,), None, after)
