"""What differs between two plans: what each alone would do, and what both would do in another way."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, FieldDiff, Plan
from igz_apply.model.checkout import Checkout
from igz_apply.model.plain_values import plain, tagged
from igz_apply.planning.places import NOWHERE
from igz_apply.planning.plan_data import lifecycle_data, texts_of
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One part that differs; JSON's own types, and None where a plan does not have it."""

    name: str  # a field's path, or a word for what is no field
    first: Any
    second: Any


@dataclass(frozen=True, slots=True)
class Differing:
    """What two plans would both change, and each in its own way."""

    address: Address
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """All that differs between two plans, in the order of addresses."""

    is_same: bool  # whether they have the same digest: one is as good as the other
    beside: tuple[Part, ...]  # of the target, and of what is no change of one resource
    only_first: tuple[Change, ...]
    only_second: tuple[Change, ...]
    differing: tuple[Differing, ...]
    alike: int  # changes that are the same in both


def plan_difference(first: Plan, second: Plan) -> PlanDifference:
    """Return what differs; what a plan leaves as it is counts as not in it."""
    one, other = _changes(first), _changes(second)
    both = [address for address in sorted(one) if address in other]
    parts = [Differing(it, tuple(_parts(first, one[it], second, other[it]))) for it in both]
    differing = tuple(it for it in parts if it.parts)
    return PlanDifference(
        is_same=first.digest == second.digest,
        beside=tuple(_different(_beside(first), _beside(second))),
        only_first=tuple(one[it] for it in sorted(one) if it not in other),
        only_second=tuple(other[it] for it in sorted(other) if it not in one),
        differing=differing,
        alike=len(both) - len(differing),
    )


def _commit(checkout: Checkout) -> str:
    return f"{checkout.commit}{', and changes that were not committed' if checkout.is_dirty else ''}"


def _changes(plan: Plan) -> Mapping[Address, Change]:
    return {change.address: change for change in plan.changes if change.action is not Action.NO_CHANGE}


def _beside(plan: Plan) -> Mapping[str, Any]:
    caller, checkout = plan.caller, plan.checkout
    return {
        "endpoint": caller.endpoint,
        "tenant": caller.tenant,
        "cluster": caller.cluster or None,
        "version": caller.version or None,
        "username": caller.username,
        "platform": plan.platform or None,
        "commit": None if checkout is None else _commit(checkout),
        "expires": plan.expires or None,
        "operations": [f"{it.operation} {it.address}" for it in plan.operations] or None,
        "put_off": _operations(plan.put_off),
        "given_up": _operations(plan.given_up),
        "undo": None if plan.undo is None else plan.undo.run,
        "dropped": texts_of(sorted(plan.dropped)) or None,
        "forgotten": texts_of(sorted(plan.forgotten)) or None,
        "not_visible": texts_of(sorted(plan.not_visible)) or None,
        "learns": texts_of(sorted(plan.learns)) or None,
    }


def _operations(named: Mapping[Address, tuple[str, ...]]) -> Any:
    return [f"{each} {address}" for address, several in sorted(named.items()) for each in several] or None


def _parts(first: Plan, one: Change, second: Plan, other: Change) -> Iterator[Part]:
    yield from _different(_about(one), _about(other))
    fields = {item.dotted: item for item in one.diff}, {item.dotted: item for item in other.diff}
    for path in sorted({*fields[0], *fields[1]}):
        mine, theirs = (each.get(path) for each in fields)
        if _sides(mine, is_told=False) != _sides(theirs, is_told=False):
            yield Part(path, _sides(mine, is_told=True), _sides(theirs, is_told=True))
    told = {path.partition(".")[0] for each in fields for path in each}
    yield from _different(_stated(one, told), _stated(other, told))
    lives = (plan.fingerprints.get(one.address, {}) for plan in (first, second))
    mine_lives, their_lives = lives
    moved = sorted(it for it in {*mine_lives, *their_lives} if mine_lives.get(it) != their_lives.get(it))
    if moved:
        # Values are not kept of all that lives, only whether it is the same.
        yield Part("live state", None, moved)


def _about(change: Change) -> Mapping[str, Any]:
    """Return what there is of a change beside the values of its fields."""
    desired = change.desired
    return {
        "action": change.action.value,
        "memberships": sorted(f"{'+' if it.adds else '-'} {it.edge.user} in {it.edge.group}" for it in change.edges),
        "depends_on": texts_of(change.depends_on),
        "job": change.job,
        "deletion_strategy": change.deletion_strategy or None,
        "takes_over": change.takes_over,
        "origin": None if change.origin is None else change.origin.value,
        "replaces": None if change.replaces is None else str(change.replaces),
        "replaced_by": None if change.replaced_by is None else str(change.replaced_by),
        "carried": [".".join(path) for path in change.carried],
        "declared": desired is not None and desired.source != NOWHERE,
        "lifecycle": None if desired is None else lifecycle_data(desired.lifecycle),
    }


def _stated(change: Change, told: Collection[str]) -> Mapping[str, Any]:
    """Return what a manifest states and no difference tells of, as it is on the cluster already."""
    spec = {} if change.desired is None else change.desired.spec
    return {f"{name}, as stated": plain(value) for name, value in sorted(spec.items()) if name not in told}


def _sides(item: FieldDiff | None, *, is_told: bool) -> Any:
    if item is None:
        return None
    told = plain if is_told or item.sensitive else tagged
    return {"before": told(item.before), "after": told(item.after)}


def _different(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Part]:
    for name in dict.fromkeys((*one, *other)):
        if one.get(name) != other.get(name):
            yield Part(name, one.get(name), other.get(name))
