"""What is kept of a target that has ended, until the report of all: not the whole of its cluster and its manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from igz_apply.model.addresses import Source
from igz_apply.model.changes import Change, FieldDiff, Plan
from igz_apply.model.resources import Path, Resource
from igz_apply.planning.fleet_report import TargetResult
from igz_apply.planning.places import SavedPositions, elsewhere_below, is_layered, stated_elsewhere, stating_path


def lean(result: TargetResult) -> TargetResult:
    """Return a result without what no report shows.

    That is what lives and does not differ, the manifests of what is as declared, the texts of files, and fingerprints.
    The digest of its plan is kept; but the plan is none any more that could be saved, or applied.
    """
    if result.plan is None:
        return result
    plan = _lean_plan(result.plan)
    report = None if result.report is None else replace(result.report, plan=plan)
    return replace(result, plan=plan, report=report)


def _lean_plan(plan: Plan) -> Plan:
    return replace(plan, changes=tuple(map(_lean_change, plan.changes)), fingerprints={})


def _lean_change(change: Change) -> Change:
    live = None if change.live is None else replace(change.live, spec={})
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
