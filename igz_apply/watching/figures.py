"""What the last round tells, in numbers: they are kept, and the round with its plan is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.outcomes import Status
from igz_apply.model.rounds import Cause, Ending, Round
from igz_apply.values import dataclass

SUCCESSES = (Ending.IN_SYNC, Ending.DRIFTED, Ending.HEALED)  # the round did what it is for
PLANNED = (*SUCCESSES, Ending.PARTLY, Ending.REFUSED)  # it came as far as a plan


@dataclass(frozen=True, slots=True)
class PlanFigures:
    """What a plan tells."""

    drift: Mapping[str, int] | None  # kind -> what differs still; None: nobody could look again
    held: Mapping[tuple[str, str], int]  # kind and cause -> what was not to be healed
    planned: Mapping[str, int]  # action, or operation
    declared: Mapping[str, int]  # kind


def plan_figures(this: Round) -> PlanFigures | None:
    """Return what a round's plan tells; None where it made none."""
    if this.plan is None:
        return None
    held = Counter((address.kind, each.cause.value) for address, each in this.held.items())
    return PlanFigures(
        drift=_drift(this, this.plan),
        held=dict(held),
        planned=_planned(this.plan),
        declared=_by_kind(change.address for change in this.plan.changes if _is_declared(change)),
    )


def refusals(this: Round) -> frozenset[str]:
    """Return the codes of the rules that said no to something."""
    rails = {each.code for each in this.held.values() if each.cause is Cause.RAIL}
    if this.ending is Ending.REFUSED:
        rails |= {problem.code for problem in this.problems if problem.severity == "error"}
    return frozenset(rails - {""})


def _drift(this: Round, plan: Plan) -> Mapping[str, int] | None:
    """Return what differs still, by kind.

    What was applied counts until it has been looked at again, so that None is what is known where that failed.
    """
    if this.report is None:
        return _by_kind(change.address for change in plan.writes)
    if not this.report.read_back:
        return None
    gone = {it.address for it in this.report.outcomes if it.status is Status.APPLIED}
    gone -= {it.address for it in this.report.not_converged}
    return _by_kind(change.address for change in plan.writes if change.address not in gone)


def _planned(plan: Plan) -> Mapping[str, int]:
    counts = {action: many for action, many in plan.counts.items() if action != Action.NO_CHANGE.value}
    return {**counts, **plan.operation_counts}


def _is_declared(change: Change) -> bool:
    return change.desired is not None and change.desired.is_present and not change.is_pruned


def _by_kind(addresses: Iterable[Address]) -> Mapping[str, int]:
    return dict(Counter(address.kind for address in addresses))
