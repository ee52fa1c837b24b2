"""What a manifest says of the life of its resource, as the new one says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.iguazio4.migration.fields import FIELDS, LIFECYCLE
from igz_apply.iguazio4.migration.making import field_fate
from igz_apply.iguazio4.migration.naming import PROJECT, Named
from igz_apply.iguazio4.migration.reasons import Reason
from igz_apply.model.migration import Fate, FieldFate, NameMapping, OldObject
from igz_apply.model.resources import Lifecycle

_USUAL = Lifecycle()
_SOME_GONE = Reason("what is named there does not go along")
_NO_PATH = Reason("the field does not go along, or is not stated there")


def lifecycle_of(
    old: OldObject, named: Named, mapping: NameMapping, stated: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[FieldFate, ...]]:
    """Return the new lifecycle, {} for the usual one, and what becomes of what the old one said.

    `stated` is the new spec: only what that states can be ignored.
    """
    if old.lifecycle == _USUAL:
        return {}, ()
    made: dict[str, Any] = {}
    fates = tuple(_carried(old, _values(old, named, mapping, stated), made))
    return made, fates


def _carried(old: OldObject, values: Mapping[str, Any], made: dict[str, Any]) -> Iterator[FieldFate]:
    for name, row in LIFECYCLE.items():
        before = getattr(old.lifecycle, name)
        if before == getattr(_USUAL, name):
            continue
        path, after = f"lifecycle.{name}", values.get(name, before)
        if row.is_lost:
            yield field_fate(path, Fate.LOST, before, None, row.reason)
        elif isinstance(before, tuple):
            yield _of_list(path, [str(each) for each in before], after)
        else:
            yield field_fate(path, Fate.CARRIED, before, after, row.reason)
        if after and not row.is_lost:
            made[name] = after


def _of_list(path: str, before: list[str], after: list[str]) -> FieldFate:
    if len(before) == len(after):
        return field_fate(path, Fate.CARRIED, before, after, Reason(""))
    reason = _NO_PATH if path.endswith("ignore_changes") else _SOME_GONE
    return field_fate(path, Fate.CHANGED if after else Fate.LOST, before, after or None, reason)


def _values(old: OldObject, named: Named, mapping: NameMapping, stated: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is not said as it was."""
    kind, lifecycle = old.address.kind, old.lifecycle
    paths = (_path(kind, path, mapping) for path in lifecycle.ignore_changes)
    timeout = lifecycle.timeout
    return {
        "ignore_changes": [path for path in paths if _first(path) in stated],
        "depends_on": [str(named.names[each]) for each in lifecycle.depends_on if each in named.names],
        "timeout": int(timeout) if timeout is not None and timeout.is_integer() else timeout,
    }


def _path(kind: str, path: str, mapping: NameMapping) -> str:
    """Return a dotted path below the old spec as one below the new one; "" for what is not there."""
    first = _first(path)
    row = FIELDS[kind].get(first)
    if row is None or not row.to:
        return ""
    rest = path[len(first) :]
    if kind == PROJECT and first == "members" and rest:
        role, dot, side = rest[1:].partition(".")
        rest = f".{mapping.roles[role].value if role in mapping.roles else role}{dot}{side}"
    return row.to + rest


def _first(path: str) -> str:
    return path.partition("[")[0].partition(".")[0]
