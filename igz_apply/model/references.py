"""Which other resources a spec names, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from igz_apply.model.addresses import Address
from igz_apply.model.kind import NAME_KEY, NAME_PATH, Field, Kind, Shape
from igz_apply.model.resources import Path, Resource, SecretRef


class Reference(NamedTuple):
    """One name of another resource."""

    target: Address
    path: Path  # below the spec
    field: Field

    @property
    def dotted(self) -> str:
        """The field that names it, as plans write paths; of a list not which item."""
        return ".".join(key for key in self.path if isinstance(key, str))

    @property
    def place(self) -> Path:
        """Where it stands in the manifest, from its root."""
        if self.field is _BEFORE:
            return self.path
        return ("metadata", "name") if self.field is _PARENT else ("spec", *self.path)


_PARENT = Field(NAME_KEY, holds=True)
"""What a name says of the resource that its own is inside: it cannot go while the other stays."""

_BEFORE = Field("lifecycle.depends_on")
"""What a lifecycle says comes before its resource: nothing of it is written, so that it holds nothing."""


def parent_of(kind: Kind, name: str) -> Address | None:
    """Return the resource that a name says its own is inside, None for one at the top."""
    above = name.rpartition(kind.inside)[0] if kind.inside else ""
    return kind.address(above) if above else None


def all_references(kind: Kind, name: str, spec: Mapping[str, Any]) -> Iterator[Reference]:
    """Yield every reference of a resource: what it is inside, by its name, and those of its spec."""
    parent = parent_of(kind, name)
    if parent is not None:
        yield Reference(parent, NAME_PATH, _PARENT)
    yield from references(kind, spec)


def put_before(resource: Resource) -> Iterator[Reference]:
    """Yield what a manifest puts before its resource, beside what it names: `lifecycle.depends_on`."""
    for index, target in enumerate(resource.lifecycle.depends_on):
        yield Reference(target, ("lifecycle", "depends_on", index), _BEFORE)


def stated_references(kind: Kind, resource: Resource) -> Iterator[Reference]:
    """Yield all that a manifest names: by its name and its spec, and by what it puts before its resource."""
    yield from all_references(kind, resource.address.name, resource.spec)
    yield from put_before(resource)


def orders_after(kind: Kind, name: str, spec: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the targets of those of `all_references` that make an order, as pairs; without the places it is quick.

    A membership counts from the side alone on which it is written.
    """
    found: list[tuple[str, str]] = []
    if (parent := parent_of(kind, name)) is not None:
        found.append(parent)
    _add_targets(kind.referring, spec, found)
    return found


def _add_targets(fields: Sequence[Field], spec: Mapping[str, Any], found: list[tuple[str, str]]) -> None:
    for field in fields:
        value = spec.get(field.name)
        if value is None:
            continue
        if not field.refers_to:
            _add_targets(field.referring, value if isinstance(value, Mapping) else {}, found)
        elif not field.mirrored:
            names = (value,) if field.shape is Shape.SCALAR else [it for it in value if it not in field.implied]
            found.extend([(field.refers_to, it) for it in names])


def is_inside(reference: Reference) -> bool:
    """Say whether it is by its own name, being inside it, that a resource names another."""
    return reference.field is _PARENT


def is_put_before(reference: Reference) -> bool:
    """Say whether it is for the order alone that a manifest names another."""
    return reference.field is _BEFORE


def references(kind: Kind, spec: Mapping[str, Any]) -> Iterator[Reference]:
    """Yield every reference of a spec, desired or live, without those that everybody has."""
    for field in kind.referring:
        if field.name in spec:
            yield from _of(field, spec[field.name], (field.name,))


def all_that_name(address: Address) -> str:
    """Return the sentence, for somebody who has to change it, that leads to everything that names a resource."""
    import shlex

    return f"`igz-apply refs {shlex.quote(str(address))}` lists all that name it."


def names_only(fields: Sequence[Field], spec: Mapping[str, Any], known: Mapping[str, set[str]]) -> bool:
    """Say whether every name in a spec, or in a part of one with these referring fields, is `known` of its kind.

    It finds what `references` finds, without the places, which few that ask are told.
    """
    for field in fields:
        value = spec.get(field.name)
        if value is None:
            continue
        if not field.refers_to:
            if isinstance(value, Mapping) and not names_only(field.referring, value, known):
                return False
        elif field.shape is Shape.SCALAR:
            if value not in known[field.refers_to]:
                return False
        elif not known[field.refers_to].issuperset(value) and not set(value) - field.implied <= known[field.refers_to]:
            return False
    return True


class Lookup(NamedTuple):
    """One name of something that the cluster has and nobody declares."""

    sort: str
    name: str
    place: Path  # from the root of the manifest


def lookups(kind: Kind, address: Address, spec: Mapping[str, Any]) -> Iterator[Lookup]:
    """Yield what a resource names of what is looked up: in its fields, and by the name that it bears."""
    if kind.holders_of:
        yield Lookup(kind.holders_of, address.name, ("metadata", "name"))
    for field in kind.looking_up:
        value = spec.get(field.name)
        if isinstance(value, str):
            yield Lookup(field.looked_up, value, ("spec", field.name))
        elif value:
            for index, name in enumerate(value):
                yield Lookup(field.looked_up, name, ("spec", field.name, index))


PLAIN_TYPES = frozenset({str, list, int, float, bool, type(None)})
"""The types of values that hold no reference to a secret, as those of most specs are."""


def secret_refs(spec: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, SecretRef]]:
    """Yield every reference to a secret in a spec, with its dotted path."""
    for key, value in spec.items():
        if type(value) in PLAIN_TYPES:  # as most are, and every plan looks at all of them
            continue
        if isinstance(value, SecretRef):
            yield f"{prefix}{key}", value
        elif isinstance(value, Mapping):
            yield from secret_refs(value, f"{prefix}{key}.")


def _of(field: Field, value: Any, path: Path) -> Iterator[Reference]:
    if value is None:
        return
    if field.refers_to:
        yield from _named(field, value, path)
    elif isinstance(value, Mapping):
        for inner in field.referring:
            if inner.name in value:
                yield from _of(inner, value[inner.name], (*path, inner.name))


def _named(field: Field, value: Any, path: Path) -> Iterator[Reference]:
    if field.shape is Shape.SCALAR:
        yield Reference(Address(field.refers_to, value), path, field)
        return
    for index, name in enumerate(value):
        if name not in field.implied:
            yield Reference(Address(field.refers_to, name), (*path, index), field)
