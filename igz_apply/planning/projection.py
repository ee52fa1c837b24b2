"""The specs and memberships of a state: as it is, and as a plan leaves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.kind import Kind, Kinds, Membership
from igz_apply.model.resources import GroupsOf, LiveState
from igz_apply.planning.memberships import standing, without
from igz_apply.values import dataclass

Spec = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Projection:
    """What exists, and who is in which group; nothing that is on its way out."""

    specs: Mapping[Address, Spec]
    groups_of: GroupsOf


def as_it_is(live: LiveState, membership: Membership) -> Projection:
    """Return the state before a plan."""
    specs = {address: resource.spec for address, resource in live.resources.items() if not resource.is_deleting}
    return Projection(specs, standing(live, membership))


def as_planned(live: LiveState, plan: Plan, kinds: Kinds, membership: Membership) -> Projection:
    """Return the state that the plan leaves; the memberships of what it deletes go with that."""
    before = as_it_is(live, membership)
    specs = dict(before.specs)
    gone = {change.address for change in plan.writes if change.action is Action.DELETE}
    groups_of = dict(without(before.groups_of, gone, membership))
    everywhere = {name for name in membership.implied if Address(membership.group_kind, name) in specs}
    for change in plan.writes:
        if change.address in gone:
            specs.pop(change.address, None)
            continue
        kind = kinds[change.address.kind]
        made = _made(change, kind, plan.caller.username) if change.action is Action.CREATE else None
        specs[change.address] = _written(specs.get(change.address, {}) if made is None else made, change, kind)
        if made is not None and change.address.kind == membership.user_kind:
            held = groups_of.get(change.address.name, frozenset())
            groups_of[change.address.name] = held | everywhere
        for (user, group), adds in ((item.edge, item.adds) for item in change.edges):
            held = groups_of.get(user, frozenset())
            groups_of[user] = held | {group} if adds else held - {group}
    giving = {kind.name for kind in kinds if kind.holders_of}
    for change in plan.writes if giving else ():
        if change.address.kind in giving:
            _give(specs, change, before.specs.get(change.address, {}), kinds)
    return Projection(specs, groups_of)


def moving_rights(plan: Plan, kinds: Kinds) -> Sequence[Change]:
    """Return the writes that can change who may do what; all others leave what that hangs on as it is."""
    bearing = {kind.name: _bearing(kind, kinds) for kind in kinds}
    return [
        it
        for it in plan.writes
        if it.action is not Action.UPDATE
        or it.edges
        or kinds[it.address.kind].holders_of
        or not bearing[it.address.kind].isdisjoint([item.path[0] for item in it.diff])
    ]


def _bearing(kind: Kind, kinds: Kinds) -> frozenset[str]:
    """Return the fields of a kind that rights are read from: policies, roles, owners, and whether one can log in."""
    roles = [field for field in kind.fields if field.roles]
    found = {field.name for field in roles}
    found |= {side.counts for field in roles for role in field.fields for side in role.fields if side.counts}
    if kind.name in kinds.membership.kinds:
        off = kinds.membership.off
        found |= {kinds.powers.held_in, *(off[:1] if off is not None else ())}
    return frozenset(found)


def _give(specs: dict[Address, Spec], change: Change, before: Spec, kinds: Kinds) -> None:
    """Let those who hold what a change lists the holders of hold it, and nobody whom it takes it from."""
    after, held_in = specs.get(change.address, {}), kinds.powers.held_in
    for field in kinds[change.address.kind].referring:
        was, will = (frozenset(spec.get(field.name) or ()) for spec in (before, after))
        for name in was ^ will:
            holder = Address(field.refers_to, name)
            if holder in specs:
                held = frozenset(specs[holder].get(held_in) or ())
                now = held | {change.address.name} if name in will else held - {change.address.name}
                specs[holder] = {**specs[holder], held_in: sorted(now)}


def _made(change: Change, kind: Kind, caller: str) -> Spec:
    """Return what the platform puts into something new that does not say it: its maker as its owner (10.1)."""
    sides = (side for field in kind.fields if field.roles for role in field.fields for side in role.fields)
    stated = {item.dotted for item in change.diff}
    return {side.counts: caller for side in sides if side.counts and side.counts not in stated}


def _written(spec: Spec, change: Change, kind: Kind) -> Spec:
    written = dict(spec)
    for path, members in _keeps(spec, change, kind):
        _set(written, path, members)
    for item in change.diff:
        _set(written, item.path, item.after)
    return written


def _keeps(spec: Spec, change: Change, kind: Kind) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Yield the lists that keep whoever counted as a member: a previous owner (wire reference, section 10.6)."""
    left = {item.dotted: item.before for item in change.diff if item.before is not None}
    for field in kind.fields if left else ():
        for role in field.fields if field.roles and not field.several else ():
            for side in role.fields:
                if side.counts in left:
                    listed = ((spec.get(field.name) or {}).get(role.name) or {}).get(side.name) or ()
                    yield (field.name, role.name, side.name), sorted({*listed, left[side.counts]})


def _set(spec: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    """Set a value below nested keys, in copies of what lies above it."""
    for key in keys[:-1]:
        below = spec.get(key)
        spec[key] = dict(below) if isinstance(below, Mapping) else {}
        spec = spec[key]
    spec[keys[-1]] = value
