"""Whose change a difference is: git's, somebody's on the cluster, or both; from what was last applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from igz_apply.core.addresses import Address
from igz_apply.core.changes import Action, Change, FieldDiff, Plan
from igz_apply.core.kind import Kind, Kinds
from igz_apply.core.meaning import Leaf, differing
from igz_apply.core.resources import Owned


class Origin(str, Enum):
    """Where a difference comes from."""

    CLUSTER = "cluster"  # live changed since the last apply, git did not
    GIT = "git"  # git changed since the last apply, live did not
    BOTH = "both"  # both did, and they disagree
    UNKNOWN = "unknown"  # never applied by us: nothing to compare with


@dataclass(frozen=True, slots=True)
class FieldDrift:
    """One difference of a field, with the three states of it."""

    diff: FieldDiff
    origin: Origin
    applied: Any = None  # the value of the last apply


@dataclass(frozen=True, slots=True)
class Drift:
    """What is different in one resource, and whose change that is."""

    address: Address
    action: Action  # what a plan would do about it
    fields: tuple[FieldDrift, ...]
    origin: Origin  # of its presence or absence, and the strongest of its fields'


def drift_of(plan: Plan, owned: Owned, kinds: Kinds) -> tuple[Drift, ...]:
    """Return every difference that the plan found, classed; resources as declared are left out."""
    return tuple(_drift(change, owned, kinds) for change in plan.changes if change.action.writes)


def _drift(change: Change, owned: Owned, kinds: Kinds) -> Drift:
    address = change.address
    entry = owned.entries.get(address)
    if entry is None or entry.is_pending:
        fields = tuple(FieldDrift(diff, Origin.UNKNOWN) for diff in change.diff)
        return Drift(address, change.action, fields, Origin.GIT if change.action.makes else Origin.UNKNOWN)
    if change.action is Action.CREATE:
        return Drift(address, change.action, (), Origin.CLUSTER)
    if change.action is Action.DELETE:
        return Drift(address, change.action, (), Origin.GIT)
    kind = kinds[address.kind]
    fields = tuple(_field_drift(kind, diff, entry.values) for diff in change.diff)
    return Drift(address, change.action, fields, _strongest(fields))


def _field_drift(kind: Kind, diff: FieldDiff, applied: Mapping[str, Any]) -> FieldDrift:
    """Compare both sides of a difference with the value of the last apply."""
    if diff.sensitive:
        return FieldDrift(diff, Origin.GIT)  # a hash that no longer matches is a secret that changed on our side
    known, value = _value_at(applied, diff.path)
    if not known:
        return FieldDrift(diff, Origin.GIT)  # it was not declared then
    live_moved = _differs(kind, diff.path, value, diff.before)
    git_moved = _differs(kind, diff.path, value, diff.after)
    origin = Origin.BOTH if live_moved and git_moved else Origin.CLUSTER if live_moved else Origin.GIT
    return FieldDrift(diff, origin, value)


def _value_at(applied: Mapping[str, Any], path: str) -> tuple[bool, Any]:
    """Return whether the last apply declared the path, and its value."""
    if path in applied:
        return True, applied[path]
    value: Any = applied
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return False, None
        value = value[key]
    return True, value


def _differs(kind: Kind, path: str, one: Any, other: Any) -> bool:
    name, *below = path.split(".")
    field = kind.field_named(path) or kind.field_named(name)
    if field is None:
        return bool(one != other)
    for key in below if field.name != path else ():
        field = next((inner for inner in field.fields if inner.name == key), None) if field is not None else None
    if field is None:
        return bool(one != other)
    found: list[Leaf] = list(differing(field, one, other))
    return bool(found)


def _strongest(fields: tuple[FieldDrift, ...]) -> Origin:
    origins = {field.origin for field in fields}
    if Origin.BOTH in origins or origins >= {Origin.CLUSTER, Origin.GIT}:
        return Origin.BOTH
    return next(iter(sorted(origins, key=lambda origin: origin is Origin.UNKNOWN)), Origin.UNKNOWN)
