"""What of a proposal a round makes without asking anybody, as the config's `reconcile` says, and what it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.problems import Problem
from igz_apply.model.rounds import HeldBack
from igz_apply.planning.holding import Ground, Restraints, narrowed
from igz_apply.planning.rails import refusals
from igz_apply.values import dataclass
from igz_apply.workflow.pipeline import Proposal, policed


@dataclass(frozen=True, slots=True)
class Healing:
    """What of a proposal is made, and what is not."""

    proposal: Proposal  # of what may be healed
    held: Mapping[Address, HeldBack]
    stops: tuple[Problem, ...] = ()  # the refusals by which something is held back


def healing(proposal: Proposal, restraints: Restraints) -> Healing:
    """Return what of a whole proposal may be healed; the very same proposal where that is all of it.

    Raises ValueError for one that was reopened: a saved plan is applied whole or not at all.
    """
    whole, facts, consequences = proposal.plan, proposal.facts, proposal.consequences
    if whole is None:
        return Healing(proposal, {})
    if facts is None or consequences is None:
        raise ValueError("a saved plan is applied whole or not at all")
    kinds, policing = facts.kinds, replace(proposal.policing, is_whole=False)

    def judged(made: Plan) -> Proposal:
        return policed(Proposal(made, (), refusals(made, facts)), policing, kinds)

    ground = Ground(
        facts=facts,
        derive=consequences.of,
        judge=lambda made: judged(made).refusals,
        refusals=proposal.refusals,
        warnings=consequences.warnings,
        rules=consequences.rules,
    )
    found = narrowed(whole, ground, restraints)
    if found.plan is whole:
        return Healing(proposal, found.held, found.stops)
    left = judged(found.plan)
    problems = tuple(dict.fromkeys((*proposal.problems, *left.problems)))
    return Healing(
        replace(proposal, plan=left.plan, problems=problems, refusals=left.refusals), found.held, found.stops
    )
