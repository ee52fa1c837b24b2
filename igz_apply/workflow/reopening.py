"""A plan some time after it was made: saved and opened again, or looked at once more while somebody was asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from igz_apply.errors import StalePlan
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.model.changes import Plan
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.resources import LiveState, Owned
from igz_apply.planning.access_impact import access_impact
from igz_apply.planning.digest import plan_digest
from igz_apply.planning.rails import refusals
from igz_apply.planning.renames import stated_in, under_new_names, under_our_names
from igz_apply.planning.staleness import moved, of_another_platform, stale
from igz_apply.platform import Platform
from igz_apply.workflow.proposing import Claims, Limits, Proposal, policed, rail_facts


def following(made: Plan, owned: Owned) -> Plan:
    """Return the plan as it has to be saved: it names the saved plan that was applied before it.

    So the same change, planned again after somebody undid it, is another plan than the one that was used.
    """
    return replace(made, follows=owned.used_plans[-1] if owned.used_plans else "")


def reopen(
    plan_saved: Plan,
    seal: str,
    live: LiveState,
    owned: Owned,
    *,
    limits: Limits = Limits(),
    claims: Claims = Claims(),
    platform: Platform = IGUAZIO3,
) -> Proposal:
    """Return a saved plan, ready to be applied to what lives now; the rails look at it again.

    Raises StalePlan when it was used, was made for another target, or when anything moved that it would touch or that
    made it: live state, or what we own.
    """
    kinds = platform.kinds
    if plan_saved.platform not in ("", platform.name):
        _refuse_stale([of_another_platform(plan_saved, platform.name)])
    declared = plan_saved.declared
    stated = stated_in(plan_saved)
    live = under_our_names(live, owned, kinds, declared, stated)
    owned = under_new_names(owned, live.resources, stated, kinds)
    _refuse_stale(stale(plan_saved, live, owned, kinds, was_used=seal in owned.used_plans))
    current = _on(plan_saved, live, kinds)
    is_pruning = any(change.is_pruned for change in current.writes) or bool(current.forgotten)
    facts = rail_facts(live, owned, limits, claims, kinds, declared=declared, is_pruning=is_pruning)
    policing = replace(limits.policing, is_whole=False)
    return policed(Proposal(current, (), refusals(current, facts), live, facts=facts), policing, kinds)


def recheck(approved: Plan, now: LiveState, owned: Owned, platform: Platform = IGUAZIO3) -> tuple[Plan, LiveState]:
    """Return a plan as it stands on what lives `now`, some time after it was made.

    Raises StalePlan, naming each address, when anything has moved that it would touch.
    """
    kinds = platform.kinds
    stated = stated_in(approved)
    now = under_our_names(now, owned, kinds, approved.declared, stated)
    owned = under_new_names(owned, now.resources, stated, kinds)
    _refuse_stale(moved(approved, now, owned, kinds))
    return _on(approved, now, kinds), now


def _refuse_stale(found: Iterable[Problem]) -> None:
    if reasons := tuple(found):
        raise StalePlan(reasons, [problem.address for problem in reasons if problem.address is not None])


def _on(planned: Plan, live: LiveState, kinds: Kinds) -> Plan:
    """Return a plan whose changes know what lives now, with what it does to access now.

    What it would not touch may have moved since it was made: roles and policies of those whom it takes them from.
    """
    changes = tuple(replace(change, live=live.resources.get(change.address)) for change in planned.changes)
    current = replace(
        planned, changes=changes, caller=live.caller, partial=live.partial, unread=tuple(sorted(live.unread))
    )
    return replace(current, access_impact=access_impact(current, live, kinds), digest=plan_digest(current))
