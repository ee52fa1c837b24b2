"""Values that the platform puts in place of what a manifest clears: its own defaults, which are nobody's difference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from igz_apply.model.changes import Change, FieldDiff
from igz_apply.model.comparison import path_at, value_at
from igz_apply.model.kind import Kind
from igz_apply.model.plain_values import hashed, tagged

Filled = Mapping[str, str]
"""Dotted spec path -> a hash of what the platform has put there, which no manifest states and nobody has to keep."""


def filled_in(kind: Kind, left: Iterable[FieldDiff]) -> tuple[FieldDiff, ...]:
    """Return what, of the differences that an apply has `left`, the platform has filled in after it was cleared.

    What is written together with others is written whole, so that nothing of what it held before can be left over. A
    field of any other resource that keeps its value has not been cleared.
    """
    if not kind.together:
        return ()
    return tuple(item for item in left if _is_cleared(item))


def is_known(item: FieldDiff, known: Filled) -> bool:
    """Say whether a value is still as it was filled in before."""
    return known.get(item.dotted) == _hash(item)


def is_left_over(item: FieldDiff, change: Change) -> bool:
    """Say whether what was filled in may as well be what stood there before: a cluster that did not clear it.

    Nobody can tell the two apart: it is told once, and taken for the platform's own value from then on.
    """
    before = next((diff.before for diff in change.diff if diff.path == item.path), None)
    return before is not None and bool(tagged(before) == tagged(item.before))


def hashes_of(filled: Iterable[FieldDiff]) -> Filled:
    """Return what the inventory has to remember of what was filled in."""
    return {item.dotted: _hash(item) for item in filled}


def without_filled(diff: tuple[FieldDiff, ...], filled: Filled) -> tuple[FieldDiff, ...]:
    """Return the differences, but for what is still as the platform has `filled` it in."""
    if not filled:
        return diff
    return tuple(item for item in diff if not (_is_cleared(item) and is_known(item, filled)))


def chosen(kind: Kind, spec: Mapping[str, Any], filled: Filled) -> Mapping[str, Any]:
    """Return a live spec without what is still as the platform has `filled` it in: nobody has chosen that."""
    for dotted in filled:
        path = path_at(kind, dotted, spec)
        is_there, value = value_at(spec, path)
        if is_there and is_known(FieldDiff(path, value, None), filled):
            spec = _dropped(spec, path)
    return spec


def _dropped(spec: Mapping[str, Any], keys: Sequence[str]) -> Mapping[str, Any]:
    key, *below = keys
    rest = {name: value for name, value in spec.items() if name != key}
    return {**spec, key: _dropped(spec[key], below)} if below else rest


def _hash(item: FieldDiff) -> str:
    return hashed(tagged(item.before))


def _is_cleared(item: FieldDiff) -> bool:
    return item.after is None and not item.sensitive
