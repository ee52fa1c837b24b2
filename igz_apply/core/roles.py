"""Role members of a project: who holds which role, compared and changed as sets, one role a member."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.core.kind import Field
from igz_apply.core.meaning import Leaf

Roles = Mapping[tuple[str, str], frozenset[str]]
"""(role, side) -> members; the sides are the inner fields of a role, `users` and `groups`."""


def role_leaves(
    field: Field,
    desired_spec: Mapping[str, Any],
    live_spec: Mapping[str, Any],
    *,
    is_additive: bool,
) -> Iterator[Leaf]:
    """Yield the member lists that differ.

    A stated role is exact in all its sides, `{}` meaning nobody. A member that a stated role gains leaves the role it
    had, since it has one role a project (wire reference, section 11.2). What counts as a member without being listed,
    a project's owner, is neither missed nor removed.
    """
    nobody = {role.name: None for role in field.fields}
    live = _members(field, {**nobody, **(live_spec.get(field.name) or {})})
    value = desired_spec[field.name]
    stated = _members(field, nobody if value is None else value)
    wanted = {**live, **{key: stated[key] | live[key] if is_additive else stated[key] for key in stated}}
    gained = {key: wanted[key] - live[key] for key in wanted}
    for role, side in wanted:
        moved = frozenset[str]().union(*(gained[key] for key in gained if key[1] == side and key[0] != role))
        wanted[role, side] -= moved - stated.get((role, side), frozenset())
    for role_field in field.fields:
        for side_field in role_field.fields:
            key = (role_field.name, side_field.name)
            before = live[key] | _counted(side_field, live_spec)
            after = wanted[key] | _counted(side_field, {**live_spec, **desired_spec})
            if key in stated or wanted[key] != live[key]:
                yield from _leaf(field, key, side_field, before, after)


def _leaf(
    field: Field, key: tuple[str, str], side: Field, before: frozenset[str], after: frozenset[str]
) -> Iterator[Leaf]:
    if before != after:
        yield Leaf((field.name, *key), side, sorted(after) or None, sorted(before) or None)


def _members(field: Field, value: Mapping[str, Any]) -> dict[tuple[str, str], frozenset[str]]:
    """All sides of the roles that `value` names."""
    return {
        (role.name, side.name): frozenset((value[role.name] or {}).get(side.name) or ())
        for role in field.fields
        if role.name in value
        for side in role.fields
    }


def _counted(side: Field, spec: Mapping[str, Any]) -> frozenset[str]:
    counted = spec.get(side.counts) if side.counts else None
    return frozenset((counted,)) if counted else frozenset()
