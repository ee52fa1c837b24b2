"""What several targets of a run have in common, so that it is told once: the same plan, the same fault, the same drift.

Alike is what a reader would read the same: cluster, user, ids, fingerprints, and what else lives there, are left out.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, FieldDiff, Plan, Unmanaged
from igz_apply.model.fleets import TargetStatus
from igz_apply.model.plain_values import plain
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Resource
from igz_apply.planning.approval import has_effect
from igz_apply.planning.drift_data import drift_data
from igz_apply.planning.fleet_report import TargetResult
from igz_apply.planning.places import elsewhere_below, is_layered, place_data, stated_elsewhere
from igz_apply.planning.plan_data import impact_data, operation_data
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Alike:
    """Results, in the order of the run, that a reader would read the same."""

    results: tuple[TargetResult, ...]  # at least one

    @property
    def first(self) -> TargetResult:
        """The one that stands for all."""
        return self.results[0]

    @property
    def targets(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(result.name for result in self.results)


Row = list[Any]


def plans_alike(results: Iterable[TargetResult]) -> tuple[Alike, ...]:
    """Return the results whose plans do something, or warn of something, put together by what they do."""
    return _grouped((it for it in results if it.plan is not None and _tells(it.plan)), _plan_key)


def plan_key(plan: Plan) -> str:
    """Return what is equal of two plans that a reader would read the same."""
    return _text(
        [
            [_change(change) for change in plan.changes if change.action is not Action.NO_CHANGE],
            plan.counts,
            [operation_data(item) for item in plan.operations],
            impact_data(plan.access_impact),
            [list(plan.warnings), list(map(str, plan.kept)), list(map(str, plan.tombstones))],
            [list(map(str, plan.doubtful)), sorted(map(str, plan.forgotten)), dict(plan.partial)],
            [sorted((str(address), said) for address, said in each.items()) for each in _reasons(plan)],
            None if plan.undo is None else plan.undo.run,
        ]
    )


def plan_told(plan: Plan) -> Plan:
    """Return a plan as it is told for all that have one alike: without what each cluster has besides."""
    return replace(plan, foreign={}, unmanaged=Unmanaged(), unread=(), digest="", made_of=None)


def faults_alike(results: Iterable[TargetResult]) -> tuple[Alike, ...]:
    """Return the results that are bad or were interrupted, put together by what went wrong."""
    return _grouped((it for it in results if it.status.is_bad or it.status is TargetStatus.INTERRUPTED), _fault_key)


def drifts_alike(results: Iterable[TargetResult]) -> tuple[Alike, ...]:
    """Return the results with drift, or with something that was not seen, put together by what is told of it."""
    return _grouped((it for it in results if it.drift or _unseen(it)), _drift_key)


def access_alike(results: Iterable[TargetResult]) -> tuple[Alike, ...]:
    """Return the results where somebody has access that nothing in git gives, put together by who."""
    given = (it for it in results if it.plan is not None and it.plan.unmanaged.gives_access)
    return _grouped(given, lambda it: repr(_access(it)))


def warnings_alike(results: Iterable[TargetResult]) -> tuple[tuple[Problem, tuple[str, ...]], ...]:
    """Return each warning once, with the targets that it was told of; () where there are none."""
    found: defaultdict[Problem, list[str]] = defaultdict(list)
    for result in results:
        for problem in dict.fromkeys(result.problems):
            if problem.severity == "warning":
                found[problem].append(result.name)
    return tuple((problem, tuple(names)) for problem, names in found.items())


def notes_alike(results: Iterable[TargetResult]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return each note once, with the targets that it was told of.

    Notes that differ in nothing but the target's name are one, in which `{target}` stands for it.
    """
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for result in results:
        name = re.compile(rf"(?<![A-Za-z0-9]){re.escape(result.name)}(?![A-Za-z0-9])")
        for note in dict.fromkeys(result.notes):
            found[name.sub("{target}", note)].append((result.name, note))
    return tuple(
        (same if len({note for _, note in told}) > 1 else told[0][1], tuple(name for name, _ in told))
        for same, told in found.items()
    )


def _grouped(results: Iterable[TargetResult], key: Callable[[TargetResult], str]) -> tuple[Alike, ...]:
    found: defaultdict[str, list[TargetResult]] = defaultdict(list)
    for result in results:
        found[key(result)].append(result)
    return tuple(Alike(tuple(same)) for same in found.values())


def _tells(plan: Plan) -> bool:
    """Say whether a reader has to look at a plan: it does something, or not all is seen, or something is kept."""
    unsure = plan.not_visible or plan.partial or plan.unknown or plan.doubtful or plan.kept or plan.tombstones
    return bool(has_effect(plan) or plan.warnings or unsure)


def _access(result: TargetResult) -> object:
    return None if result.plan is None else (result.plan.unmanaged.members, result.plan.unmanaged.administrators)


def _unseen(result: TargetResult) -> bool:
    plan = result.plan
    return plan is not None and bool(plan.not_visible or plan.partial or plan.unknown)


def _drift_key(result: TargetResult) -> str:
    unseen = [] if result.plan is None else [*_sights(result.plan), dict(result.plan.partial)]
    return _text([[drift_data(drift) for drift in result.drift], unseen])


def _sights(plan: Plan) -> Iterator[Row]:
    for each in (plan.not_visible, plan.unknown):
        yield sorted((str(address), said) for address, said in each.items())


def _plan_key(result: TargetResult) -> str:
    assert result.plan is not None, "results without a plan have been left out"
    return plan_key(result.plan)


def _reasons(plan: Plan) -> Sequence[Mapping[Address, str | tuple[str, ...]]]:
    return plan.dropped, plan.not_visible, plan.unknown, plan.put_off, plan.given_up


def _change(change: Change) -> Row:
    """Return a change as it is read: of what may be a secret, that there is one."""
    handover = change.handover
    return [
        [str(change.address), change.action.value, change.reason, change.origin, change.deletion_strategy],
        [change.job, change.takes_over, change.live is not None, list(change.warnings)],
        [str(address) for address in change.depends_on],
        [[*it.edge, it.adds] for it in change.edges],
        [_difference(item, change.desired) for item in change.diff],
        None if change.desired is None else place_data(change.desired.source),
        None if handover is None else [str(handover.replaces), str(handover.replaced_by), list(handover.carried)],
    ]


def _difference(item: FieldDiff, desired: Resource | None) -> Row:
    told = [item.dotted, plain(item.before), plain(item.after), item.sensitive, item.origin]
    if desired is None or not is_layered(desired):
        return told
    below = [[list(keys), place_data(source)] for keys, source in elsewhere_below(desired, item)]
    return [*told, place_data(stated_elsewhere(desired, item.path)), below]


def _fault_key(result: TargetResult) -> str:
    report = result.report
    went_wrong = None
    if report is not None:
        ends = [[str(it.address), it.verb, it.status.value, it.detail, it.remedy] for it in report.ends]
        lost = [[str(it.address), [diff.dotted for diff in it.diff]] for it in report.not_converged]
        went_wrong = [ends, lost, list(report.failures), report.read_back, report.interrupted, report.deadline]
    problems = [repr(problem) for problem in result.problems]
    return _text([result.status.value, problems, result.error, result.hint, went_wrong])


def _text(data: Any) -> str:
    return json.dumps(data, sort_keys=True, default=str)
