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

    A stated role is exact in all its sides, `{}` meaning nobody. Whom a stated role lists leaves every other role,
    since a member has one role a project (wire reference, section 11.2). Who counts as a member without being listed,
    a project's owner, is neither missed nor removed.
    """
    nobody = {role.name: None for role in field.fields}
    live = _members(field, {**nobody, **(live_spec.get(field.name) or {})})
    value = desired_spec[field.name]
    stated = _members(field, nobody if value is None else value)
    after_spec = {**live_spec, **desired_spec}
    for role in field.fields:
        for side in role.fields:
            key = (role.name, side.name)
            counted_before, counted = _counted(side, live_spec), _counted(side, after_spec)
            held = live[key] | (counted_before - counted)  # who owned it stays listed (section 10.6)
            wanted = stated.get(key, held) | held if is_additive else stated.get(key, held)
            wanted -= _listed_elsewhere(stated, key)
            if wanted - counted != held - counted:
                before, after = held | counted_before, wanted | counted
                yield Leaf((field.name, *key), side, sorted(after) or None, sorted(before) or None)


def _listed_elsewhere(stated: Roles, key: tuple[str, str]) -> frozenset[str]:
    """Return whom other stated roles list on that side, and this one does not."""
    role, side = key
    others = (members for (name, each), members in stated.items() if each == side and name != role)
    return frozenset[str]().union(*others) - stated.get(key, frozenset())


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
