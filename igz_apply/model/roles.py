"""Role members of a project: who holds which role, compared and changed as sets; one role a member, or several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.model.comparison import Leaf
from igz_apply.model.kind import Field, Kinds

Roles = Mapping[tuple[str, str], frozenset[str]]
"""(role, side) -> members; the sides are the inner fields of a role, `users` and `groups`."""


def carriers_of(kinds: Kinds) -> Mapping[str, Field]:
    """Return the kinds on which roles are held, each with the field that lists them."""
    return {kind.name: field for kind in kinds for field in kind.fields if field.roles}


def role_leaves(
    field: Field,
    desired_spec: Mapping[str, Any],
    live_spec: Mapping[str, Any],
    *,
    is_additive: bool,
) -> Iterator[Leaf]:
    """Yield the member lists that differ.

    A stated role is exact in all its sides, `{}` meaning nobody. Whom a stated role lists leaves every other role,
    since a member has one role a project (wire reference, section 11.2). Who counts as a member without being listed,
    a project's owner, is neither missed nor removed, from whatever role, and stays listed after that (section 10.6).
    Roles are written in one transaction, which the platform judges as a whole: if there is one, nobody is left in a
    lower role as well.
    """
    if field.several:
        yield from _several_leaves(field, desired_spec, live_spec, is_additive=is_additive)
    else:
        yield from _single_leaves(field, desired_spec, live_spec, is_additive=is_additive)


def _single_leaves(
    field: Field, desired_spec: Mapping[str, Any], live_spec: Mapping[str, Any], *, is_additive: bool
) -> Iterator[Leaf]:
    """Yield the member lists that differ where a member has one role."""
    nobody = {role.name: None for role in field.fields}
    live = _members(field, _sided(live_spec, field, nobody))
    value = desired_spec[field.name]
    stated = _members(field, nobody if value is None else value)
    counted_before, counted = _all_counted(field, live_spec), _all_counted(field, {**live_spec, **desired_spec})
    held = {key: live[key] | (counted_before[key] - counted[key]) for key in live}
    wanted = {
        key: (stated[key] if key in stated and not is_additive else stated.get(key, _NOBODY) | held[key])
        - _elsewhere(stated, key)
        for key in held
    }
    stay = {key: counted_before[key] & counted[key] for key in held}
    wanted = {key: names | (held[key] & _NOBODY.union(*_on_side(stay, key[1]))) for key, names in wanted.items()}
    if counted != counted_before or any(wanted[key] - counted[key] != held[key] - counted[key] for key in held):
        wanted = {key: wanted[key] - (_higher(wanted, key) - stated.get(key, _NOBODY)) for key in wanted}
    for role in field.fields:
        for side in role.fields:
            key = (role.name, side.name)
            if wanted[key] - counted[key] != held[key] - counted[key]:
                before, after = held[key] | counted_before[key], wanted[key] | counted[key]
                yield Leaf((field.name, *key), side, sorted(after) or None, sorted(before) or None)


_NOBODY: frozenset[str] = frozenset()


def is_as_stated(field: Field, desired_spec: Mapping[str, Any], live_spec: Mapping[str, Any]) -> bool:
    """Say of most, at once, that nothing differs.

    What is stated is all that lives, and counts the same people: so nobody is listed elsewhere, gains or loses.
    """
    stated, held = desired_spec[field.name] or {}, live_spec.get(field.name) or {}
    for role in field.fields:
        wanted, there = stated.get(role.name) or {}, held.get(role.name) or {}
        for side in role.fields:
            if side.counts in desired_spec and desired_spec[side.counts] != live_spec.get(side.counts):
                return False
            one, other = wanted.get(side.name) or (), there.get(side.name) or ()
            if one != other and set(one) != set(other):
                return False
    return True


def _several_leaves(
    field: Field, desired_spec: Mapping[str, Any], live_spec: Mapping[str, Any], *, is_additive: bool
) -> Iterator[Leaf]:
    """Yield the member lists that differ where a member may hold several roles: each stated role by itself.

    A side that counts another field is that field's alone: nobody is listed there.
    """
    value = desired_spec[field.name]
    nobody = {role.name: None for role in field.fields}
    stated, live = (
        _members(field, nobody if value is None else value),
        _members(field, _sided(live_spec, field, nobody)),
    )
    for role in field.fields:
        for side in role.fields:
            key = (role.name, side.name)
            if side.counts or key not in stated:
                continue
            wanted = stated[key] | live[key] if is_additive else stated[key]
            if wanted != live[key]:
                yield Leaf((field.name, *key), side, sorted(wanted) or None, sorted(live[key]) or None)


def _sided(spec: Mapping[str, Any], field: Field, nobody: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**nobody, **(spec.get(field.name) or {})}


def _on_side(members: Roles, side: str) -> Iterator[frozenset[str]]:
    yield from (names for (_, each), names in members.items() if each == side)


def without_counted(field: Field, spec: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the roles of a spec without who counts as a member of another: an owner that is listed below Admin.

    Where a member may hold several, an owner may well be listed elsewhere; only the owner's own role is left out.
    """
    if field.several:
        counting = {role.name for role in field.fields if any(side.counts for side in role.fields)}
        held: Mapping[str, Any] | None = spec.get(field.name)
        return held and {role: sides for role, sides in held.items() if role not in counting}
    counted = {
        (side.name, spec.get(side.counts)): role.name for role in field.fields for side in role.fields if side.counts
    }
    roles: Mapping[str, Any] | None = spec.get(field.name)
    return roles and {
        role: {
            side: [name for name in members or () if counted.get((side, name), role) == role]
            for side, members in (sides or {}).items()
        }
        for role, sides in roles.items()
    }


def _elsewhere(stated: Roles, key: tuple[str, str]) -> frozenset[str]:
    """Return whom other stated roles list on that side, and this one does not."""
    role, side = key
    others = (members for (name, each), members in stated.items() if each == side and name != role)
    return _NOBODY.union(*others) - stated.get(key, _NOBODY)


def _higher(wanted: Roles, key: tuple[str, str]) -> frozenset[str]:
    """Return who is on that side of a higher role; the first is the highest."""
    roles = [name for name, side in wanted if side == key[1]]
    return _NOBODY.union(*(wanted[name, key[1]] for name in roles[: roles.index(key[0])]))


def _members(field: Field, value: Mapping[str, Any]) -> dict[tuple[str, str], frozenset[str]]:
    """All sides of the roles that `value` names."""
    return {
        (role.name, side.name): frozenset((value[role.name] or {}).get(side.name) or ())
        for role in field.fields
        if role.name in value
        for side in role.fields
    }


def _all_counted(field: Field, spec: Mapping[str, Any]) -> dict[tuple[str, str], frozenset[str]]:
    """All sides of all roles, with who counts as a member there by another field of the spec."""
    counted = {}
    for role in field.fields:
        for side in role.fields:
            who = spec.get(side.counts) if side.counts else None
            counted[role.name, side.name] = frozenset((who,)) if who else _NOBODY
    return counted
