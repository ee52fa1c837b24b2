"""What differs between a desired resource and the live one, for declared fields alone."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from igz_apply.model.changes import FieldDiff
from igz_apply.model.comparison import Leaf, declared, differing
from igz_apply.model.hidden import Hidden
from igz_apply.model.ignoring import compared
from igz_apply.model.kind import MARK_PATH, NAME_PATH, Field, Kind, Shape
from igz_apply.model.resources import LiveResource, Resource, SecretRef
from igz_apply.model.roles import role_leaves

NOTHING: Mapping[str, Any] = {}


def differences(
    kind: Kind, desired: Resource, live: Mapping[str, Any] | None, stale: Mapping[str, str] = NOTHING
) -> tuple[FieldDiff, ...]:
    """Return the declared fields that differ from the live spec; `live` None means a create.

    `stale` holds the paths of secrets that are to be sent, with the reason: a secret differs exactly then.
    Memberships are edges, not fields: they are compared elsewhere.
    """
    return tuple(_shown(leaf, stale) for leaf in leaves(kind, desired, live, stale))


def beside_fields(live: LiveResource | None, kind: Kind, owner: str, *, is_written: bool) -> tuple[FieldDiff, ...]:
    """Return what differs beside what a manifest states: the name, after somebody changed it there, and our mark.

    `owner` is whose mark a resource shall carry, "" for nobody's. A mark is no reason to write: it goes along where the
    resource itself `is_written` anyway.
    """
    found = []
    if live is not None and live.called:
        found.append(FieldDiff(NAME_PATH, live.called, live.address.name))
    mark = live.mark if live is not None else ""
    if owner and kind.marked_in and mark != owner and (is_written or found):
        found.append(FieldDiff(MARK_PATH, mark or None, owner))
    return tuple(found)


def has_own_fields(diff: Iterable[FieldDiff], kind: Kind) -> bool:
    """Say whether an update of the resource itself is sent: roles and a roster are written by calls of their own."""
    elsewhere = {field.name for field in kind.fields if field.roles or field.mirrored}
    return any(item.path[0] not in elsewhere for item in diff)


def leaves(kind: Kind, desired: Resource, live: Mapping[str, Any] | None, stale: Container[str] = ()) -> Iterator[Leaf]:
    """Yield what differs, with the values to write. Same rules as `differences`."""
    spec, is_additive = compared(kind, desired, live), desired.lifecycle.membership == "additive"
    for field in kind.fields_of(spec):
        if field.name not in spec or field.membership or field.steers:
            continue
        if live is not None and (field.create_only or _is_equal(field, spec[field.name], live)):
            continue
        if is_additive and live is not None and is_holding(kind, field):
            spec = {**spec, field.name: sorted({*(spec[field.name] or ()), *(live.get(field.name) or ())})}
        for leaf in _field_leaves(field, spec, live, is_additive=is_additive):
            if _is_secret(leaf):
                if live is None or leaf.dotted in stale:
                    yield leaf
            else:
                yield leaf


def is_holding(kind: Kind, field: Field) -> bool:
    """Say whether a set says who holds what, from either side: additive, such a set takes nothing from anybody."""
    return field.shape is Shape.SET and bool(field.looked_up or (kind.holders_of and field.refers_to))


def _is_equal(field: Field, wanted: Any, live: Mapping[str, Any]) -> bool:
    """Whether a value is the very same, as most are; objects and their lists are looked into, where 1 is not true."""
    if field.shape is Shape.OBJECT or field.shape is Shape.LIST:
        return False
    value = live.get(field.name)
    return type(value) is type(wanted) and bool(value == wanted)


def _field_leaves(
    field: Field, spec: Mapping[str, Any], live: Mapping[str, Any] | None, *, is_additive: bool
) -> Iterator[Leaf]:
    wanted = spec[field.name]
    if field.roles:
        yield from role_leaves(field, spec, live or NOTHING, is_additive=is_additive)
    elif live is None:
        yield from declared(field, wanted)
    elif field.equal is not None:
        before = live.get(field.name, field.default)
        if not field.equal(wanted, before, spec, live):
            yield Leaf((field.name,), field, wanted, before)
    else:
        yield from differing(field, wanted, live.get(field.name))


def _is_secret(leaf: Leaf) -> bool:
    return isinstance(leaf.desired, SecretRef) or (leaf.field is not None and leaf.field.write_only)


def _shown(leaf: Leaf, stale: Mapping[str, str]) -> FieldDiff:
    if _is_secret(leaf):
        before, why = "(set)" if leaf.live is not None else None, stale.get(leaf.dotted)
        return FieldDiff(leaf.path, before, f"(from {leaf.desired}{f'; {why}' if why else ''})", sensitive=True)
    is_hidden = isinstance(leaf.live, Hidden) or isinstance(leaf.desired, Hidden)
    before, after = _in_order(leaf.field, leaf.live), _in_order(leaf.field, leaf.desired)
    return FieldDiff(leaf.path, before, after, sensitive=is_hidden)


def _in_order(field: Field | None, value: Any) -> Any:
    """Put what has no order of its own into a fixed one, so that a plan does not depend on how lists come."""
    if isinstance(value, Mapping):
        return {key: _in_order(None, below) for key, below in sorted(value.items())}
    if isinstance(value, list | tuple):
        items = [_in_order(None, below) for below in value]
        return sorted(set(items), key=str) if field is not None and field.shape is Shape.SET else items
    return value
