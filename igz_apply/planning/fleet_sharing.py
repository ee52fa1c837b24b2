"""Values that are equal, kept once: the plans of many targets are made of the same manifests, and so mostly alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

from igz_apply.model.hidden import Hidden

T = TypeVar("T")


class Shared:
    """Keeps one of all values that are equal in type and content, from their parts up; safe from threads.

    Every part that is kept stays, so that a value is told by the identities of its parts. What is of a type that is not
    taken apart counts as equal to itself alone: so does what may be a secret.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def of(self, value: T) -> T:
        """Return the one that is kept of all that equal this value. Neither may be changed any more."""
        kind: Any = value.__class__  # a class
        if kind is str or kind is int:
            return self._known.setdefault(value, value)  # type: ignore[no-any-return]
        parts = _parts_of(kind, value)
        if parts is None:
            return value
        kept = [self.of(part) for part in parts]
        # The same parts are in another order in a set that equals this one.
        key = (kind, *(sorted(map(id, kept)) if kind is frozenset else map(id, kept)))
        found: T | None = self._known.get(key)
        if found is None:
            is_whole = all(one is other for one, other in zip(parts, kept, strict=True))
            found = self._known.setdefault(key, value if is_whole else _made_of(kind, kept))
        return found


def _parts_of(kind: Any, value: Any) -> Sequence[Any] | None:
    """Return what a value is made of; None for what is not taken apart."""
    if kind is dict:
        return [part for item in value.items() for part in item]
    if kind is list or kind is frozenset or issubclass(kind, tuple):
        return tuple(value)
    names, values = _fields_of(kind)
    return values(value) if names else None


def _made_of(kind: Any, parts: Sequence[Any]) -> Any:
    if kind is dict:
        return dict(zip(parts[::2], parts[1::2], strict=True))
    names, _ = _fields_of(kind)
    if names:
        return kind(**dict(zip(names, parts, strict=True)))
    return kind(*parts) if hasattr(kind, "_fields") else kind(parts)  # of a named tuple each by itself


@lru_cache
def _fields_of(kind: type[Any]) -> tuple[tuple[str, ...], Callable[[Any], Sequence[Any]]]:
    """Return the fields that a value is made by, and what takes them; none of what is no dataclass, or a secret."""
    if kind is Hidden or not dataclasses.is_dataclass(kind):
        return (), tuple
    names = tuple(item.name for item in dataclasses.fields(kind) if item.init)
    return names, attrgetter(*names) if len(names) > 1 else lambda value: tuple(getattr(value, name) for name in names)
