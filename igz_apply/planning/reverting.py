"""A cluster as it would be, had nobody else changed what was last applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.kind import MARK_PATH, NAME_PATH, Kinds, Membership
from igz_apply.model.resources import LiveResource, LiveState
from igz_apply.planning.drift import Drift, FieldDrift

_OF_ITSELF = (NAME_PATH, MARK_PATH)


def reverted(live: LiveState, drifts: Sequence[Drift], plan: Plan, kinds: Kinds) -> LiveState:
    """Return what lives with the foreign part of `drifts` taken back: as it was applied, and there what was deleted.

    Secrets stay as they are. `plan` is the one that the drift was told of.
    """
    changes = {change.address: change for change in plan.changes}
    resources = dict(live.resources)
    groups_of = {user: set(groups) for user, groups in live.groups_of.items()}
    for drift in drifts:
        if not drift.origin.is_foreign:
            continue
        if drift.action is Action.CREATE:
            _bring_back(changes[drift.address], resources, groups_of, kinds.membership)
            continue
        now = resources.get(drift.address)
        for each in drift.fields if now is not None else ():
            if each.origin.is_foreign and each.diff.path not in _OF_ITSELF and not each.diff.sensitive:
                _take_back(drift.address, each, resources, groups_of, kinds)
    return replace(live, resources=resources, groups_of={user: frozenset(groups) for user, groups in groups_of.items()})


def _bring_back(
    change: Change,
    resources: dict[Address, LiveResource],
    groups_of: dict[str, set[str]],
    membership: Membership,
) -> None:
    spec = change.desired.spec if change.desired is not None else {}
    sides = (membership.user_field, membership.group_field)
    own = {name: value for name, value in spec.items() if value is not None and name not in sides}
    resources[change.address] = LiveResource(change.address, "", own)
    for user, group in (item.edge for item in change.edges if item.adds):
        groups_of.setdefault(user, set()).add(group)


def _take_back(
    address: Address,
    drift: FieldDrift,
    resources: dict[Address, LiveResource],
    groups_of: dict[str, set[str]],
    kinds: Kinds,
) -> None:
    known = kinds[address.kind].field_named(drift.diff.path[0])
    if known is not None and known.membership:
        before, then = set(drift.diff.before or ()), set(drift.applied or ())
        is_user = address.kind == kinds.membership.user_kind
        for other in before ^ then:
            user, group = (address.name, other) if is_user else (other, address.name)
            held = groups_of.setdefault(user, set())
            held.add(group) if other in then else held.discard(group)
        return
    now = resources[address]
    resources[address] = replace(now, spec=_put(now.spec, drift.diff.path, drift.applied))


def _put(spec: Mapping[str, Any], path: tuple[str, ...], value: Any) -> Mapping[str, Any]:
    """Return a spec with a value at a path; None takes away what is there."""
    name, rest = path[0], path[1:]
    if rest:
        below = spec.get(name)
        value = _put(below if isinstance(below, Mapping) else {}, rest, value)
    if value is None:
        return {key: other for key, other in spec.items() if key != name}
    return {**spec, name: value}
