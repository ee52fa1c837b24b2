"""Manifests, and the fate of fields, from the rows of the table: what kinds have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from igz_apply.iguazio4.kinds import KINDS
from igz_apply.iguazio4.migration.fields import FIELDS, Row
from igz_apply.iguazio4.migration.reasons import NO_FIELD, Reason
from igz_apply.model.addresses import Address
from igz_apply.model.migration import Fate, FieldFate, ObjectFate, OldObject
from igz_apply.model.plain_values import plain

Manifest = Mapping[str, Any]

_NOTHING: tuple[Any, ...] = (None, "", [], {}, ())
_PLAIN = frozenset({str, int, float, bool, type(None)})


def says_nothing(value: Any) -> bool:
    """Say whether a field that has the value says no more than one that is not there."""
    return value in _NOTHING


def shown(value: Any) -> Any:
    """Return a value as a report may show it."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    items = value if kind is list else value.values() if kind is dict else (value,)
    return value if _PLAIN.issuperset(map(type, items)) else plain(value)


def field_fate(path: str, fate: Fate, before: Any, after: Any, reason: Reason, why: str = "") -> FieldFate:
    """Return the fate of one field."""
    return FieldFate(path, fate, shown(before), shown(after), why or reason.why, reason.section, reason.mark)


def by_table(old: OldObject, spec: dict[str, Any]) -> Iterable[FieldFate]:
    """Put what the table carries as it is into the new spec, and yield what becomes of it and of what is lost."""
    rows = FIELDS[old.address.kind]
    for name, value in old.spec.items():
        row = rows.get(name, _UNKNOWN)
        if row.is_made:
            continue
        if row.is_lost:
            if not says_nothing(value) and value != row.default:
                yield field_fate(name, Fate.LOST, value, None, row.reason)
        elif value is not None or row.may_clear:
            spec[row.to] = value
            yield field_fate(name, Fate.CARRIED, value, value, row.reason)


_UNKNOWN = Row(reason=NO_FIELD)


def manifest(new: Address, spec: Mapping[str, Any], order: Iterable[str], lifecycle: Mapping[str, Any]) -> Manifest:
    """Return a manifest, with the fields of its spec in an order."""
    document: dict[str, Any] = {
        "apiVersion": KINDS.api_version,
        "kind": new.kind,
        "metadata": {"name": new.name},
        "spec": {name: shown(spec[name]) for name in order if name in spec},
    }
    return {**document, "lifecycle": dict(lifecycle)} if lifecycle else document


def object_fate(old: OldObject, new: Address, fields: Iterable[FieldFate], why: str = "") -> ObjectFate:
    """Return the fate of an object that goes along."""
    kept = tuple(fields)
    fate = Fate.CARRIED if all(each.fate is Fate.CARRIED for each in kept) else Fate.CHANGED
    return ObjectFate(old.address, new, fate, why, fields=kept, source=old.source)


def lost(old: OldObject, reason: Reason) -> ObjectFate:
    """Return the fate of an object that does not."""
    return ObjectFate(
        old.address,
        None,
        Fate.LOST,
        reason.why,
        reason.section,
        reason.mark,
        source=old.source,
        is_system=reason.is_system or old.is_system,
        is_stated=reason.is_stated,
    )
