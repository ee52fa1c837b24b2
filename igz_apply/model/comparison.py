"""Comparison by meaning: whether what a manifest declares and what the cluster has say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from igz_apply.model.kind import Field, Kind, Shape
from igz_apply.model.quantities import duration, quantity
from igz_apply.values import dataclass

_NOTHING: Mapping[str, Any] = {}
Path = tuple[str, ...]
"""The name of a field, and the keys below it."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A smallest part of a field that differs: what is compared, shown and written as one value."""

    path: tuple[str, ...]  # field names and keys, from the field down
    field: Field | None  # None: below what the kind's table describes, plain JSON
    desired: Any
    live: Any

    @property
    def dotted(self) -> str:
        """The path as plans show it."""
        return ".".join(self.path)


def differing(field: Field, desired: Any, live: Any) -> Iterator[Leaf]:
    """Yield the leaves of one field that differ, for the declared keys of objects alone."""
    yield from _differing((field.name,), field, desired, live)


def declared(field: Field, desired: Any) -> Iterator[Leaf]:
    """Yield every leaf that is set, for a resource that does not exist yet.

    An empty list inside an object is set too: some objects are only whole with all of their keys.
    """
    if field.shape is Shape.OBJECT and isinstance(desired, Mapping):
        inner = {item.name: item for item in field.fields}
        for key, value in sorted(desired.items()):
            below = inner.get(key, Field(key, shape=_shape_of(value)))
            for leaf in declared(below, value) if value != [] else (Leaf((key,), below, value, None),):
                yield Leaf((field.name, *leaf.path), leaf.field, leaf.desired, None)
    elif not _is_empty(desired):
        yield Leaf((field.name,), field, desired, None)


def same(field: Field | None, desired: Any, live: Any) -> bool:
    """Say whether two values of a field mean the same; None, "", [] and {} all mean that nothing is set."""
    return next(_differing(("",), field, desired, live), None) is None


def means(
    field: Field, one: Any, other: Any, spec: Mapping[str, Any] = _NOTHING, other_spec: Mapping[str, Any] = _NOTHING
) -> bool:
    """Say whether two values of a field mean the same, by the field's own comparison where it has one.

    The specs are those that the values stand in.
    """
    if field.equal is not None:
        return field.equal(one, field.default if other is None else other, spec, other_spec)
    return same(field, one, other)


def field_at(kind: Kind, path: Path) -> Field | None:
    """Return the field that a path leads to, None below what the kind's table describes."""
    field = kind.field_named(path[0])
    for key in path[1:]:
        field = next((inner for inner in field.fields if inner.name == key), None) if field is not None else None
    return field


def value_at(spec: Mapping[str, Any], path: Path) -> tuple[bool, Any]:
    """Return whether a spec holds a path, and its value there."""
    value: Any = spec
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return False, None
        value = value[key]
    return True, value


def with_value(spec: Mapping[str, Any], path: Path, value: Any) -> Mapping[str, Any]:
    """Return a spec with a value at a path, in copies of what lies above it."""
    head, *rest = path
    below = spec.get(head)
    inner = with_value(below if isinstance(below, Mapping) else {}, tuple(rest), value) if rest else value
    return {**spec, head: inner}


def without_path(spec: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """Return a spec without what stands at a path, nor what holds nothing beside it."""
    head, *rest = path
    below = spec.get(head)
    inner = without_path(below, tuple(rest)) if rest and isinstance(below, Mapping) else None
    return {key: inner if key == head else value for key, value in spec.items() if key != head or inner}


def path_at(kind: Kind, dotted: str, *specs: Mapping[str, Any] | None) -> Path:
    """Return the path that was written with dots. Keys may hold dots too: the `specs` that have them tell which do."""
    return next(paths_at(kind, dotted, *specs))


def paths_at(kind: Kind, dotted: str, *specs: Mapping[str, Any] | None) -> Iterator[Path]:
    """Yield the paths that are written so, the likeliest first: there is always one, and rarely another."""
    names = [field.name for field in kind.fields if is_below(dotted, field.name)]
    name = max(names, key=len) if names else dotted.partition(".")[0]
    if name == dotted:
        yield (name,)
        return
    for keys in _keys_at(dotted[len(name) + 1 :], [(spec or _NOTHING).get(name) for spec in specs]):
        yield (name, *keys)


def _keys_at(dotted: str, values: Sequence[Any]) -> Iterator[Path]:
    known = {key for value in values if isinstance(value, Mapping) for key in value if is_below(dotted, key)}
    for key in sorted(known, key=len, reverse=True) or [dotted.partition(".")[0]]:
        if key == dotted:
            yield (key,)
            continue
        below = [value.get(key) for value in values if isinstance(value, Mapping)]
        for keys in _keys_at(dotted[len(key) + 1 :], below):
            yield (key, *keys)


def is_below(path: str, prefix: str) -> bool:
    """Say whether a dotted path is `prefix` or lies below it."""
    return path == prefix or path.startswith(f"{prefix}.")


def _differing(path: tuple[str, ...], field: Field | None, desired: Any, live: Any) -> Iterator[Leaf]:
    if live is None and field is not None:
        live = field.default
    if not _is_object(field, desired):
        if not _same_leaf(field, desired, live):
            yield Leaf(path, field, desired, live)
        return
    inner = {item.name: item for item in field.fields} if field is not None else {}
    below = live if isinstance(live, Mapping) else {}
    for key, value in sorted(desired.items()):
        yield from _differing((*path, key), inner.get(key), value, below.get(key))


def _is_object(field: Field | None, desired: Any) -> bool:
    if field is None:
        return isinstance(desired, Mapping)
    return field.shape is Shape.OBJECT and isinstance(desired, Mapping)


def _shape_of(value: Any) -> Shape:
    """The shape of a key that the kind's table does not describe."""
    return Shape.OBJECT if isinstance(value, Mapping) else Shape.SCALAR


def _same_leaf(field: Field | None, desired: Any, live: Any) -> bool:
    if _is_empty(desired) or _is_empty(live):
        return _is_empty(desired) and _is_empty(live)
    shape = field.shape if field is not None else None
    if shape is Shape.SET:
        return _as_set(desired) == _as_set(live)
    if shape is Shape.FOLDED:
        return str(desired).casefold() == str(live).casefold()
    if shape is Shape.QUANTITY:
        return _same_amount(quantity(str(desired)), quantity(str(live)), desired, live)
    if shape is Shape.DURATION:
        return _same_amount(duration(str(desired)), duration(str(live)), desired, live)
    if isinstance(desired, list | tuple) and isinstance(live, list | tuple):
        return _same_items(field, desired, live)
    return _same_plain(desired, live)


def _same_items(field: Field | None, desired: Any, live: Any) -> bool:
    """Compare ordered lists item by item; items that are objects, for their declared keys."""
    item = Field("", shape=Shape.OBJECT, fields=field.fields) if field is not None and field.fields else None
    return len(desired) == len(live) and all(same(item, one, other) for one, other in zip(desired, live, strict=True))


def _same_plain(desired: Any, live: Any) -> bool:
    """Compare JSON scalars; True is not 1, though Python says so."""
    return bool(desired == live) and isinstance(desired, bool) == isinstance(live, bool)


def _same_amount(one: Any, other: Any, desired: Any, live: Any) -> bool:
    """Compare amounts; text that is not an amount, as text."""
    return bool(one == other) if one is not None and other is not None else str(desired) == str(live)


def _as_set(values: Any) -> frozenset[Any]:
    return frozenset(values) if isinstance(values, list | tuple | set | frozenset) else frozenset((values,))


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | tuple | Mapping | frozenset) and len(value) == 0)
