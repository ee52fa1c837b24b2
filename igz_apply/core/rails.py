"""Reasons to refuse a plan: one small function each. They refuse; they never drop a change and go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from igz_apply.core.addresses import Address, is_selected
from igz_apply.core.changes import Action, Change, Plan
from igz_apply.core.kind import DELETION_STRATEGY, Kinds
from igz_apply.core.lockout import administrators, can_apply, touches_people
from igz_apply.core.problems import Problem, in_order
from igz_apply.core.resources import LiveState, Owned

ALWAYS_PASS = 3  # so many deletes of a kind need no waiver
Limit = int | str
"""A number of deletes, or a percentage of what is owned: 12, or "10%"."""


@dataclass(frozen=True, slots=True)
class RailFacts:
    """All that rails may look at, apart from the plan."""

    live: LiveState
    owned: Owned
    kinds: Kinds
    declared: int  # how many resources the manifests declare
    is_pruning: bool = False
    protect: tuple[str, ...] = ()  # globs
    limits: Mapping[str, Limit] = field(default_factory=dict)  # kind -> deletes that need no waiver
    waivers: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (verb, kind) -> exact count
    min_admins: int = 1


Rail = Callable[[Plan, RailFacts], Iterator[Problem]]


def refusals(plan: Plan, facts: RailFacts) -> tuple[Problem, ...]:
    """Return every reason to refuse the plan; none means that it may be applied."""
    return in_order(problem for rail in RAILS for problem in rail(plan, facts))


def no_system_resource_is_deleted_or_disabled(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """Built-in and system-provided accounts, groups and services stay, with no waiver."""
    for change in plan.writes:
        if change.live is not None and change.live.is_system and (verb := _takes_away(change, facts.kinds)):
            yield _refused(
                change,
                "System resource",
                f"{change.address} belongs to the platform and is never {verb}.",
                f"Take {change.address} out of what this run changes.",
            )


def nothing_protected_is_deleted_or_disabled(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """What `protect` names stays, with no waiver."""
    for change in plan.writes:
        if is_selected(change.address, facts.protect) and (verb := _takes_away(change, facts.kinds)):
            yield _refused(
                change,
                "Protected",
                f"{change.address} is named by protect in the config and is never {verb}.",
                "Take it out of protect first, in a commit of its own.",
            )


def the_caller_stays(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """Nobody deletes or disables the account by which this very run acts."""
    for change in plan.writes:
        is_caller = change.address == _caller(facts)
        if is_caller and (verb := _takes_away(change, facts.kinds)):
            yield _refused(
                change,
                "Own account",
                f"{change.address} is the account that this run acts as, and is never {verb} by it.",
                "Run as another administrator.",
            )


def prevent_destroy_holds(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """`prevent_destroy` outlives its manifest: the inventory remembers it."""
    for change in plan.writes:
        if change.action is not Action.DELETE:
            continue
        entry = facts.owned.entries.get(change.address)
        here = change.desired is not None and change.desired.lifecycle.prevent_destroy
        if here or (entry is not None and entry.prevent_destroy):
            yield _refused(
                change,
                "Destroy prevented",
                f"{change.address} has lifecycle.prevent_destroy"
                + ("." if here else ", as the inventory remembers, though no manifest declares it any more."),
                "Declare it with prevent_destroy: false and apply; after that it can be deleted.",
            )


def immutable_fields_stay(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """Nothing is replaced by delete-and-create behind the user's back."""
    for change in plan.writes:
        if change.action is not Action.UPDATE:
            continue
        kind = facts.kinds[change.address.kind]
        for item in change.diff:
            described = kind.field_named(item.path)
            if described is not None and described.immutable:
                yield _refused(
                    change,
                    "Immutable field",
                    f"{item.path} of {change.address} is {item.before!r} and cannot become {item.after!r}: "
                    "the platform sets it once, at creation.",
                    f"State {item.before!r}, leave the field out, or delete it and create it anew in two applies.",
                    field=item.path,
                )


def deletes_stay_within_limits(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """More deletes of a kind than its limit allows need a waiver with the exact count."""
    counted = Counter(change.address.kind for change in plan.writes if _begins_a_delete(change))
    for kind, count in sorted(counted.items()):
        limit = facts.limits.get(kind)
        if limit is None or count <= ALWAYS_PASS or count <= _allowed(limit, kind, facts.owned):
            continue
        waived = facts.waivers.get((Action.DELETE.value, kind))
        if waived != count:
            given = f" --allow delete:{kind}={waived} does not fit it." if waived is not None else ""
            yield Problem(
                summary="Too many deletes",
                detail=f"The plan deletes {count} of kind {kind}; limits.delete allows {limit}.{given}",
                hint=f"If that is what you want, say so: --allow delete:{kind}={count}",
            )


def _begins_a_delete(change: Change) -> bool:
    """Whether a change deletes something that is not on its way out already, by a run before that was cut off."""
    return change.action is Action.DELETE and not (change.live is not None and change.live.is_deleting)


def cascades_are_asked_for(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """A project goes with all that is in it only where its manifest or its inventory entry said so."""
    for change in plan.writes:
        if change.action is not Action.DELETE or change.deletion_strategy != "cascading":
            continue
        entry = facts.owned.entries.get(change.address)
        stated = change.desired is not None and change.desired.spec.get(DELETION_STRATEGY) == "cascading"
        if not stated and (entry is None or entry.deletion_strategy != "cascading"):
            yield _refused(
                change,
                "Cascading delete",
                f"{change.address} would be deleted with all that is in it, and nothing asked for that.",
                "State deletion_strategy: cascading in its manifest.",
            )


def an_empty_input_prunes_nothing(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """No manifest at all is more often a wrong path than a wish."""
    deletes = [change for change in plan.writes if change.action is Action.DELETE]
    if facts.is_pruning and deletes and not facts.declared:
        yield Problem(
            summary="Empty manifests",
            detail=f"The manifests declare nothing, and pruning would delete {len(deletes)} resources.",
            hint="Check the path. To delete all of it on purpose, use igz-apply destroy.",
        )


def the_caller_can_still_apply(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """A plan after which the caller lacks what an apply needs locks everybody out who works from git."""
    if not touches_people(plan, facts.kinds):
        return
    caller = facts.live.caller.username
    lost = can_apply(caller, facts.live, facts.kinds) - can_apply(caller, facts.live, facts.kinds, plan)
    if lost:
        yield Problem(
            summary="Lock-out",
            detail=f"After this plan {caller}, who runs it, would no longer have {', '.join(sorted(lost))}.",
            hint="Keep these policies, directly or through a group, or run as another administrator.",
        )


def administrators_remain(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """Somebody must be left who can administer the tenant."""
    if not touches_people(plan, facts.kinds):
        return
    before = administrators(facts.live, facts.kinds)
    after = administrators(facts.live, facts.kinds, plan)
    if len(after) < facts.min_admins and len(after) < len(before):
        left = ", ".join(sorted(after)) or "nobody"
        yield Problem(
            summary="Lock-out",
            detail=f"After this plan {left} could administer users; limits.min_admins is {facts.min_admins}.",
            hint="Keep Security Admin for more users, or lower limits.min_admins in a commit of its own.",
        )


def the_inventory_is_of_this_tenant(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """What we own on one cluster says nothing about another: pruning by it would delete the wrong things."""
    here = plan.caller.tenant
    if facts.owned.tenant and here and facts.owned.tenant != here:
        yield Problem(
            summary="Inventory of another cluster",
            detail=f"The inventory is about tenant {facts.owned.tenant}, and this is tenant {here}.",
            hint="Give each target an inventory of its own in the config, for example inventory: .igz-apply/prod.json",
        )


RAILS: tuple[Rail, ...] = (
    the_inventory_is_of_this_tenant,
    no_system_resource_is_deleted_or_disabled,
    nothing_protected_is_deleted_or_disabled,
    the_caller_stays,
    prevent_destroy_holds,
    immutable_fields_stay,
    deletes_stay_within_limits,
    cascades_are_asked_for,
    an_empty_input_prunes_nothing,
    the_caller_can_still_apply,
    administrators_remain,
)


def _takes_away(change: Change, kinds: Kinds) -> str:
    """Return "deleted" or "disabled" for a change that is one of the two, "" for any other."""
    if change.action is Action.DELETE:
        return "deleted"
    off = kinds[change.address.kind].disabled_by
    if off is not None and any(item.path == off[0] and item.after == off[1] for item in change.diff):
        return "disabled" if change.action is Action.UPDATE else ""
    return ""


def _caller(facts: RailFacts) -> Address | None:
    membership = facts.kinds.membership
    return Address(membership.user_kind, facts.live.caller.username) if membership is not None else None


def _allowed(limit: Limit, kind: str, owned: Owned) -> int:
    if isinstance(limit, int):
        return limit
    of = sum(1 for address in owned.entries if address.kind == kind and owned.owns(address))
    return int(of * float(limit.removesuffix("%")) / 100)


def _refused(change: Change, summary: str, detail: str, hint: str, field: str = "") -> Problem:
    source = change.desired.source if change.desired is not None else None
    if change.desired is not None and field:
        source = change.desired.positions.value(("spec", field))
    return Problem(summary=summary, detail=detail, hint=hint, source=source, address=change.address)
