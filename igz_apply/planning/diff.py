"""What differs between a desired resource and the live one, for declared fields alone."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from igz_apply.model.changes import FieldDiff
from igz_apply.model.comparison import Leaf, declared, differing
from igz_apply.model.hidden import Hidden
from igz_apply.model.ignoring import compared
from igz_apply.model.kind import MARK_PATH, NAME_PATH, Field, Kind, Shape
from igz_apply.model.resources import LiveResource, Resource, SecretRef
from igz_apply.model.roles import is_as_stated, role_leaves

NOTHING: Mapping[str, Any] = {}


def differences(
    kind: Kind, desired: Resource, live: Mapping[str, Any] | None, stale: Mapping[str, str] = NOTHING
) -> tuple[FieldDiff, ...]:
    """Return the declared fields that differ from the live spec; `live` None means a create.

    `stale` holds the paths of secrets that are to be sent, with the reason: a secret differs exactly then.
    Memberships are edges, not fields: they are compared elsewhere.
    """
    if live is not None and not desired.lifecycle.ignore_changes and not to_look_into(kind, desired.spec, live):
        return ()
    found = list(leaves(kind, desired, live, stale))
    return tuple(_shown(leaf, stale) for leaf in found) if found else ()


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
    elsewhere = _written_elsewhere(kind)
    return any(item.path[0] not in elsewhere for item in diff)


@lru_cache(maxsize=64)  # one for each kind
def _written_elsewhere(kind: Kind) -> frozenset[str]:
    return frozenset(field.name for field in kind.fields if field.roles or field.mirrored)


def leaves(kind: Kind, desired: Resource, live: Mapping[str, Any] | None, stale: Container[str] = ()) -> Iterator[Leaf]:
    """Yield what differs, with the values to write. Same rules as `differences`."""
    spec = compared(kind, desired, live)
    fields = _all_stated(kind, spec) if live is None else to_look_into(kind, spec, live)
    if not fields:
        return
    is_additive = desired.lifecycle.membership == "additive"
    for field in fields:
        if is_additive and live is not None and is_holding(kind, field):
            spec = {**spec, field.name: sorted({*(spec[field.name] or ()), *(live.get(field.name) or ())})}
        for leaf in field_leaves(field, spec, live, is_additive=is_additive):
            if _is_secret(leaf):
                if live is None or leaf.dotted in stale:
                    yield leaf
            else:
                yield leaf


def _all_stated(kind: Kind, spec: Mapping[str, Any]) -> Sequence[Field]:
    """Return the fields that are written with the resource itself, in the order of the kind."""
    return [it for it in kind.fields_of(spec) if it.name in spec and not (it.membership or it.steers)]


class _Stated(NamedTuple):
    """The fields that a spec of certain keys states and that are compared with what lives, in the order of the kind."""

    every: tuple[Field, ...]
    plain: tuple[Field, ...]  # those of them that are as declared where their values are the very same
    sets: tuple[str, ...]  # names of those that are so too where their lists hold the same
    deep: tuple[Field, ...]  # the others
    values: Callable[[Mapping[str, Any]], tuple[Any, ...]] | None  # of the plain ones; None where there are too few


@lru_cache(maxsize=4096)  # manifests of a kind state the same keys, more or less
def _stated(kind: Kind, keys: tuple[str, ...], named: str) -> _Stated:
    """Sort the fields that such specs state; `named` is what `Kind.named_by` says, "" for nothing."""
    spec = {**dict.fromkeys(keys), **({kind.named_by: named} if named else {})}
    every = tuple(it for it in _all_stated(kind, spec) if not it.create_only)
    sets = tuple(it for it in every if it.shape is Shape.SET and not it.write_only and it.equal is None)
    deep = tuple(it for it in every if it.write_only or it.shape is Shape.OBJECT or it.shape is Shape.LIST)
    plain = tuple(it for it in every if it not in sets and it not in deep)
    values = itemgetter(*(it.name for it in plain)) if len(plain) > 1 else None
    return _Stated(every, plain, tuple(it.name for it in sets), deep, values)


def to_look_into(kind: Kind, spec: Mapping[str, Any], live: Mapping[str, Any]) -> Sequence[Field]:
    """Return the fields that may differ, in the order of the kind: not those whose values are the very same.

    Those of nearly all resources are, and two tuples tell. Objects and lists of them are looked into: 1 is not true.
    """
    named = spec.get(kind.named_by) if kind.named_by else ""  # a value that names one more field
    stated = _stated(kind, tuple(spec), named if type(named) is str else "")
    if stated.values is not None:
        try:
            wanted, there = stated.values(spec), stated.values(live)
        except KeyError:  # what the cluster leaves out is not in its spec
            pass
        else:
            if wanted == there and [*map(type, wanted)] == [*map(type, there)]:
                for name in stated.sets:
                    listed, held = spec[name], live.get(name)
                    if type(listed) is not type(held) or not (listed == held or _holds_the_same(listed, held)):
                        break
                else:
                    return [it for it in stated.deep if not _is_held(it, spec, live)] if stated.deep else ()
    return [it for it in stated.every if not (_is_equal(it, spec[it.name], live) or _is_held(it, spec, live))]


def _is_held(field: Field, spec: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    """Say whether roles are held as they are stated, and by nobody else, or an object is the same to the letter.

    Two equal values are the same to the letter where they are shown alike, as 1 and True are not. What is cleared may
    mean a default.
    """
    if field.roles:
        return not field.several and is_as_stated(field, spec, live)
    wanted, there = spec[field.name], live.get(field.name)
    if field.shape is not Shape.OBJECT or field.write_only or field.equal is not None:
        return False
    if type(wanted) is not dict or type(there) is not dict:
        return False
    there = {key: there[key] for key in wanted if key in there}  # it is compared for what is declared
    shown = repr(wanted) if wanted == there else "None"
    return "None" not in shown and shown == repr(there)


def is_holding(kind: Kind, field: Field) -> bool:
    """Say whether a set says who holds what, from either side: additive, such a set takes nothing from anybody."""
    return field.shape is Shape.SET and bool(field.looked_up or (kind.holders_of and field.refers_to))


def _is_equal(field: Field, wanted: Any, live: Mapping[str, Any]) -> bool:
    """Whether a value is the very same, as most are, or the same list where its order means nothing.

    Objects and their lists are looked into, where 1 is not true.
    """
    if field.shape is Shape.OBJECT or field.shape is Shape.LIST:
        return False
    value = live.get(field.name)
    if type(value) is not type(wanted):
        return False
    if value == wanted:
        return True
    return field.shape is Shape.SET and field.equal is None and _holds_the_same(value, wanted)


def _holds_the_same(one: Any, other: Any) -> bool:
    """Say whether two lists that are not empty hold the same, in whatever order."""
    return type(one) is list and bool(one and other) and set(one) == set(other)


def field_leaves(
    field: Field, spec: Mapping[str, Any], live: Mapping[str, Any] | None, *, is_additive: bool
) -> Iterator[Leaf]:
    """Yield what differs in one field, which nobody has looked at yet."""
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
