"""What is kept of a target that has ended, until the report of all: not the whole of its cluster and its manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from igz_apply.model.addresses import Source
from igz_apply.model.changes import Change, FieldDiff, Plan
from igz_apply.model.outcomes import Report
from igz_apply.model.resources import Path, Resource
from igz_apply.planning.fleet_report import TargetResult
from igz_apply.planning.fleet_sharing import Shared
from igz_apply.planning.places import SavedPositions, elsewhere_below, is_layered, stated_elsewhere, stating_path


def lean(result: TargetResult, shared: Shared | None = None) -> TargetResult:
    """Return a result without what no report shows; what equals a part of another result is `shared` with that.

    That is what lives and does not differ, the manifests of what is as declared, the texts of files, fingerprints, and
    the timeline of an apply. The digest of its plan is kept; but the plan is none any more that could be saved, or
    applied.
    """
    if result.plan is None:
        return result
    shared = shared or Shared()
    plan = shared.of(_lean_plan(result.plan))
    report = None if result.report is None else _lean_report(result.report, plan, shared)
    problems, drift, notes = shared.of(result.problems), shared.of(result.drift), shared.of(result.notes)
    return replace(result, plan=plan, report=report, problems=problems, drift=drift, notes=notes)


def _lean_plan(plan: Plan) -> Plan:
    return replace(plan, changes=tuple(map(_lean_change, plan.changes)), fingerprints={})


def _lean_report(report: Report, plan: Plan, shared: Shared) -> Report:
    """Return a report about the plan. Times are its own, so that an outcome shares what it is about, and no more."""
    outcomes, operated = (
        tuple(replace(it, address=shared.of(it.address)) for it in ends) for ends in (report.outcomes, report.operated)
    )
    return replace(report, plan=plan, outcomes=outcomes, operated=operated, timeline=())


def _lean_change(change: Change) -> Change:
    live = None if change.live is None else replace(change.live, spec={}, id="", born="")
    desired = None if change.desired is None else _lean_desired(change, change.desired)
    return change.but(live=live, desired=desired)


def _lean_desired(change: Change, desired: Resource) -> Resource:
    """Return a resource that still knows what of its differences other documents state."""
    layers = dict(_layers(desired, change.diff)) if is_layered(desired) else {}
    spec = desired.spec if change.action.writes else {}
    return replace(desired, spec=spec, positions=SavedPositions(desired.source, layers))


def _layers(desired: Resource, diff: Iterable[FieldDiff]) -> Iterator[tuple[Path, Source]]:
    """Yield where other documents state what differs, each by the path at which a manifest would state it."""
    for item in diff:
        own = stated_elsewhere(desired, item.path)
        if own is not None:
            yield stating_path(item.path), own
        for keys, source in elsewhere_below(desired, item):
            yield stating_path((*item.path, *keys)), source
