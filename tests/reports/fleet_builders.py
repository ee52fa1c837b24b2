"""Fleets for the tests of views and reports: small ones with defaults, and fifty targets that are believable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import AccessImpact, Change, FieldDiff, Origin, Plan
from igz_apply.model.fleets import FleetPace, StopCause, TargetStatus, Wave
from igz_apply.model.outcomes import NotConverged, Report
from igz_apply.model.problems import Problem
from igz_apply.planning.drift import Drift, FieldDrift
from igz_apply.planning.fleet_report import FleetReport, FleetStop, TargetResult
from tests.builders import account_change, role_change
from tests.reports.reports_builders import CALLER, NASTY, at, change, outcome

OWNED_ELSEWHERE = Problem(
    "Owned by another",
    "Project/churn is marked as of `retail-platform`, and this config is of `ml-platform`.",
    "Take it out of the manifests, or have its owner give it up.",
    address=at("Project/churn"),
)
WARNED = Problem(
    "Old name of a field", "`cpu` is written `cpus`.", "Write cpus.", severity="warning", source=Source("m.yaml", 4, 3)
)


def group_change() -> Change:
    return change("update", "Group/data-science", FieldDiff(("description",), "Retail", "Retail and logistics"))


def leaver() -> Change:
    return change("delete", "User/bob", reason="no longer declared", job=True)


def plan_for(name: str, *changes: Change, **more: Any) -> Plan:
    """Return a plan against a cluster of the target's own."""
    caller = replace(CALLER, endpoint=f"https://dashboard.{name}.example.com")
    more.setdefault("digest", f"sha256:{name.encode().hex():0>64}")
    return Plan(changes, caller, **more)


def usual_plan(name: str) -> Plan:
    """The same on every cluster: a group, somebody who leaves, a project; and what each has besides."""
    return plan_for(
        name,
        group_change(),
        change("create", "Project/forecast", FieldDiff(("description",), None, "Demand, by week"), job=True),
        leaver(),
        change("no_change", "User/ada", reason="as declared"),
        access_impact=AccessImpact(
            (role_change("bob", "churn", "editor", None, "direct", loses=True),),
            (),
            (account_change("bob", "enabled", None),),
        ),
        foreign={"User": len(name)},
    )


def applied(name: str, of: Plan, started: float, seconds: float, **more: Any) -> TargetResult:
    ends = tuple(outcome(it, started=0.0, ended=seconds) for it in of.writes)
    report = Report(of, ends, seconds=seconds, run=f"20261130-1500-{name}")
    return TargetResult(name, TargetStatus.APPLIED, 0, of, report, started=started, ended=started + seconds, **more)


def not_kept(name: str, of: Plan, started: float, seconds: float) -> TargetResult:
    """A cluster that accepts all, and keeps not all of it."""
    lost = NotConverged(of.writes[0].address, (FieldDiff(("description",), "Retail", "Retail and logistics"),))
    ends = tuple(outcome(it, started=0.0, ended=seconds) for it in of.writes)
    report = Report(of, ends, (lost,), seconds=seconds, run=f"20261130-1500-{name}")
    return TargetResult(name, TargetStatus.PARTLY, 5, of, report, started=started, ended=started + seconds)


def failed_change(name: str, of: Plan, started: float, seconds: float) -> TargetResult:
    ends = [outcome(it, started=0.0, ended=seconds) for it in of.writes]
    ends[-1] = outcome(
        of.writes[-1], "failed", detail="409: the user owns Project/forecast", remedy="Give it away first."
    )
    report = Report(of, tuple(ends), seconds=seconds, run=f"20261130-1500-{name}")
    return TargetResult(name, TargetStatus.PARTLY, 5, of, report, started=started, ended=started + seconds)


def dead(name: str, started: float, seconds: float = 30.0) -> TargetResult:
    error = f"https://dashboard.{name}.example.com: no answer within 30 s, after 4 attempts."
    hint = "Look whether the cluster is up, and whether it can be reached from here."
    return TargetResult(name, TargetStatus.FAILED, 1, error=error, hint=hint, started=started, ended=started + seconds)


def refused(name: str, of: Plan, started: float) -> TargetResult:
    return TargetResult(
        name, TargetStatus.REFUSED, 4, of, problems=(OWNED_ELSEWHERE,), started=started, ended=started + 1.0
    )


def planned(name: str, of: Plan, **more: Any) -> TargetResult:
    status = TargetStatus.CHANGES if of.acts else TargetStatus.UNCHANGED
    return TargetResult(name, status, 2 if of.acts else 0, of, started=0.0, ended=1.2, **more)


def not_started(name: str) -> TargetResult:
    return TargetResult(name, TargetStatus.NOT_STARTED)


def drifted(name: str, value: str) -> TargetResult:
    field = FieldDrift(FieldDiff(("description",), value, "Retail", origin=Origin.CLUSTER), "Retail")
    found = (Drift(at("Group/data-science"), change("update", "Group/x").action, (field,), Origin.CLUSTER),)
    return TargetResult(name, TargetStatus.CHANGES, 2, plan_for(name), drift=found, started=0.0, ended=1.0)


def fleet(
    command: str, results: Sequence[TargetResult], waves: Sequence[Sequence[str]] = (), **more: Any
) -> FleetReport:
    """Return a report; without `waves`, the first target is a canary, and all others are one wave."""
    names = [result.name for result in results]
    parts = [tuple(wave) for wave in waves] or [tuple(names[:1]), *([tuple(names[1:])] if names[1:] else [])]
    more.setdefault("pace", FleetPace())
    numbered = tuple(Wave(index + 1, part, index == 0) for index, part in enumerate(parts))
    return FleetReport(command, waves=numbered, results=tuple(results), **more)


NAMES = tuple(f"prod-{region}-{number:02}" for region in ("eu", "us", "ap", "il", "br") for number in range(1, 11))


def waves_of_fifty() -> list[tuple[str, ...]]:
    return [NAMES[:1], *(NAMES[begin : begin + 5] for begin in range(1, 50, 5))]


def fifty_applied() -> FleetReport:
    """An apply that stops: in the fourth wave one target lies, one is dead, one is slow, one has a foreign owner."""
    results: list[TargetResult] = []
    for wave, names in enumerate(waves_of_fifty()):
        results += _wave_of_fifty(names, wave, 12.0 * wave)
    bad = tuple(result.name for result in results if result.status.is_bad)
    stop = FleetStop(StopCause.FAILURES, 4, bad, NAMES[16:])
    return fleet("apply", results, waves_of_fifty(), stop=stop, seconds=131.0, pace=FleetPace(max_failures=3))


def _wave_of_fifty(names: Sequence[str], wave: int, began: float) -> Iterator[TargetResult]:
    if wave > 3:
        yield from map(not_started, names)
        return
    for index, name in enumerate(names):
        of = usual_plan(name)
        if wave == 3 and index == 0:
            yield not_kept(name, of, began, 9.0)
        elif wave == 3 and index == 1:
            yield dead(name, began)
        elif wave == 3 and index == 2:
            yield refused(name, of, began)
        elif wave == 3 and index == 3:
            yield applied(name, of, began, 95.0)
        elif wave == 2 and index == 4:
            unchanged = plan_for(name, change("no_change", "User/ada", reason="as declared"))
            yield TargetResult(name, TargetStatus.UNCHANGED, 0, unchanged, started=began, ended=began + 1.0)
        else:
            yield applied(name, of, began, 10.0 + index, problems=(WARNED,) if wave == 1 else ())


def fifty_planned() -> FleetReport:
    """A plan of fifty: most alike, some with more, some with none, one that cannot be reached, one refused."""
    results = []
    for index, name in enumerate(NAMES):
        if index == 7:
            results.append(dead(name, 0.0))
        elif index == 12:
            results.append(refused(name, usual_plan(name), 0.0))
        elif index % 10 == 3:
            results.append(planned(name, plan_for(name, change("no_change", "User/ada", reason="as declared"))))
        elif index % 10 == 4:
            more = change("create", "User/eve", FieldDiff(("email",), None, "eve@example.com"))
            results.append(planned(name, plan_for(name, group_change(), more)))
        else:
            results.append(planned(name, usual_plan(name)))
    stop = FleetStop(StopCause.FAILURES, 3, (NAMES[7],), NAMES[11:])
    return fleet("plan", results, waves_of_fifty(), stop=stop, seconds=4.2)


def hostile() -> FleetReport:
    """A fleet in which all that people, programs and clusters can name has been named with bad intent."""
    diff = FieldDiff((NASTY,), NASTY, {NASTY: [NASTY]})
    bad = change("create", "User/x", diff, reason=NASTY, warnings=(NASTY,))
    gone = replace(leaver(), address=Address("User", NASTY))
    of = plan_for("x", bad, gone, warnings=(NASTY,))
    of = replace(of, caller=replace(of.caller, endpoint=NASTY, username=NASTY))
    run = Report(of, (outcome(bad), outcome(gone, "failed", detail=NASTY, remedy=NASTY)), failures=(NASTY,), run=NASTY)
    problem = Problem(NASTY, NASTY, NASTY, address=gone.address)
    results = (
        TargetResult(
            NASTY, TargetStatus.PARTLY, 5, of, run, problems=(problem,), error=NASTY, hint=NASTY, notes=(NASTY,),
            started=0.0, ended=1.0,
        ),
        TargetResult(
            f"{NASTY}2", TargetStatus.REFUSED, 4, of, problems=(problem, replace(problem, severity="warning"))
        ),
        not_started(f"{NASTY}3"),
    )  # fmt: skip
    return fleet("apply", results, stop=FleetStop(StopCause.CANARY, 1, (NASTY,)), seconds=2.0)
