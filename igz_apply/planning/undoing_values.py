"""Values as a run left them, as they were before, and as they are now: how they are compared, put and told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from igz_apply.model.changes import Change, FieldDiff
from igz_apply.model.comparison import field_at, means, same, value_at
from igz_apply.model.hidden import Hidden, hidden_in
from igz_apply.model.kind import Field, Kind
from igz_apply.model.plain_values import plain
from igz_apply.model.resources import LiveResource

_LONGEST = 60  # characters of a value that is told


def is_passed_over(item: Field | None) -> bool:
    """Say whether a field tells nothing of what was made: it is not read back, or told by memberships."""
    return item is not None and (item.write_only or item.create_only or item.steers or item.membership)


def as_it_stood(item: FieldDiff, change: Change) -> FieldDiff:
    """Return a difference at the place of the value that stood there before, where that was no mapping."""
    value: Any = change.live.spec if change.live is not None else {}
    for end, key in enumerate(item.path):
        if not isinstance(value, Mapping):
            if value is None:
                break
            after = value_at(change.desired.spec, item.path[:end])[1] if change.desired is not None else None
            return FieldDiff(item.path[:end], value, after, item.sensitive)
        value = value.get(key)
    return item


def is_another(was: LiveResource, there: LiveResource, kind: Kind) -> bool:
    """Say whether what lives is known to be another than was there, under the same name."""
    if kind.has_ids and was.id != there.id:
        return True
    return bool(was.born and there.born and was.born != there.born)


def are_alike(item: Field | None, one: Any, other: Any, *, is_whole: bool) -> bool:
    """Say whether two values mean the same; whole ones, read from both sides."""
    return same(item, one, other) and (not is_whole or same(item, other, one))


def comparison(
    kind: Kind, path: Sequence[str], there: LiveResource, change: Change, gone: Collection[str]
) -> Callable[[Any, Any], bool]:
    """Return how two values at a path are compared, the second of which is the one that lives."""
    top, at = kind.field_named(path[0]), field_at(kind, tuple(path))
    if top is not None and top.equal is not None and len(path) == 1:
        return lambda one, other: means(top, one, other, {**there.spec, path[0]: one}, there.spec)
    counted = set(gone)
    if top is not None and top.roles:
        states = (there.spec, *(it.spec for it in (change.live, change.desired) if it is not None))
        counted |= counted_members(top, path, states)
    elif not counted:
        return lambda one, other: same(at, one, other)
    return lambda one, other: set(one or ()) - counted == set(other or ()) - counted


def counted_members(top: Field, path: Sequence[str], specs: Collection[Mapping[str, Any]]) -> set[str]:
    """Return who counts as a member of a role, or of any, without being listed, or may be listed for it."""
    roles = [it for it in top.fields if tuple(path[1:2]) in ((), (it.name,))]
    names = {side.counts for role in roles for side in role.fields if side.counts}
    return {str(spec[name]) for spec in specs for name in names if spec.get(name)}


def whole_above(kind: Kind, path: Sequence[str]) -> tuple[str, ...]:
    """Return the path of what is only valid with all of its keys and holds this one, () for nothing."""
    for end in range(1, len(path)):
        at = field_at(kind, tuple(path[:end]))
        if at is not None and at.whole:
            return tuple(path[:end])
    return ()


def all_stated(was: Any, after: Any, fields: Sequence[Field] = ()) -> Any:
    """Return a list whose items state what the run added to them, as what it is by itself: null, or a default.

    What an item does not state is not compared. `fields` describe the items.
    """
    if isinstance(was, Mapping) and isinstance(after, Mapping):
        default = {item.name: item.default for item in fields}
        return {key: default.get(key) for key in after} | {
            key: all_stated(value, after.get(key)) for key, value in was.items()
        }
    if isinstance(was, list | tuple) and isinstance(after, list | tuple) and len(was) == len(after):
        return [all_stated(one, other, fields) for one, other in zip(was, after, strict=True)]
    return was


def given_back(was: Any, now: Any) -> tuple[Any, bool]:
    """Return a value as it can be given back, and whether something of it cannot: what is hidden, unless it lives.

    Of a map the other keys are given back; None where nothing can be.
    """
    if not any(hidden_in(was)):
        return was, False
    if isinstance(was, Hidden):
        return (now, False) if isinstance(now, Hidden) and now == was else (None, True)
    if isinstance(was, Mapping):
        lives = now if isinstance(now, Mapping) else {}
        each = {key: given_back(value, lives.get(key)) for key, value in was.items()}
        return {key: value for key, (value, is_lost) in each.items() if value is not None or not is_lost}, any(
            is_lost for _, is_lost in each.values()
        )
    return (now, False) if was == now else (None, True)


def told(name: str, left: Any, now: Any) -> str:
    """Say what a field was after the run, and is now; no secret is told."""
    return f"{name} was {_short(left)} after the run, and is {_short(now)}"


def _short(value: Any) -> str:
    if value is None or (not isinstance(value, bool | int | float) and not value):
        return "not set"
    if any(hidden_in(value)):
        return "something that may be secret"
    text = str(plain(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def state_roles(top: Field, path: Sequence[str], given: Any, there: LiveResource, spec: dict[str, Any]) -> None:
    """State all roles as they are, with one list as it was: a stated role is exact in all its sides."""
    if top.name not in spec:
        held = there.spec.get(top.name) or {}
        spec[top.name] = {
            role.name: {side.name: list((held.get(role.name) or {}).get(side.name) or ()) for side in role.fields}
            for role in top.fields
        }
    spec[top.name][path[1]][path[2]] = list(given or ())
