"""The rules beside its schema that a manifest can break by itself, each looked at only where it can be broken.

Thousands of manifests state nothing that any of them is about: which fields those are is found out once for a kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from igz_apply.authoring.manifest_rules import address_of, is_absent
from igz_apply.authoring.schema_paths import Schema, dotted, properties
from igz_apply.model.hidden import MASK, Hidden, free_names, free_parts, hiding, referring
from igz_apply.model.kind import METADATA, OWNER_MARK, Kind
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document, Path
from igz_apply.model.secrecy import PLACES
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class KindRule:
    """One rule, for the manifests of one kind."""

    find: Callable[[Document], Iterator[Problem]]
    fields: frozenset[str] | None  # it finds nothing in a spec that states none of these; None: it may in any

    def may_find(self, spec: Mapping[str, Any]) -> bool:
        """Say whether there can be something to find in a manifest with this spec."""
        return self.fields is None or not self.fields.isdisjoint(spec)


def rules_of(kind: Kind, schema: Schema) -> tuple[KindRule, ...]:
    """Return the rules that a manifest of the kind can break."""
    found = []
    if kind.marked_in:
        outside = kind.marked_in.startswith(METADATA)
        found.append(KindRule(partial(stated_marks, kind), None if outside else frozenset((kind.marked_in,))))
    if same := _same_as(schema):
        found.append(KindRule(partial(fields_apart, same), frozenset(same)))
    if kind.holders_of:
        found.append(KindRule(partial(holders_missing, kind), None))
    if free := free_names(kind):
        found.append(KindRule(partial(free_secrets, kind), free))
    return tuple(found)


def stated_marks(kind: Kind, document: Document) -> Iterator[Problem]:
    """Find the mark where a manifest states it: the config's `owner` writes it, and is compared by nobody."""
    field = kind.marked_in
    path = tuple(field.split(".")) if field.startswith(METADATA) else ("spec", field)
    carried = _at(document.data, path)
    if isinstance(carried, Mapping) and OWNER_MARK in carried:
        yield Problem(
            "Mark of an owner",
            f"{OWNER_MARK} is igz-apply's own: it says whose a resource is.",
            "Take it out, and state `owner` in the config instead.",
            source=document.positions.key((*path, OWNER_MARK)),
            address=address_of(document),
        )


def _same_as(schema: Schema) -> Mapping[str, Mapping[str, str]]:
    """Return the fields of a spec that are taken to be the same as something else, each with what its schema says."""
    fields = properties(schema, properties(schema, schema).get("spec", {}))
    return {
        name: field["x-same-as"]
        for name, field in fields.items()
        if isinstance(field, Mapping) and "x-same-as" in field
    }


def fields_apart(same_as: Mapping[str, Mapping[str, str]], document: Document) -> Iterator[Problem]:
    """Find fields that differ from what they are taken to be the same as (`x-same-as`), in more than case."""
    spec = document.data.get("spec")
    for name, same in same_as.items():
        value = spec.get(name) if isinstance(spec, Mapping) else None
        if not isinstance(value, str):
            continue
        place: Path = tuple(same["path"].split("."))
        other = _at(document.data, place)
        if isinstance(other, str) and other.casefold() != value.casefold():
            yield Problem(
                "Apart from its name",
                f"`spec.{name}` is {value}, and `{same['path']}`, at {document.positions.value(place)}, is {other}. "
                f"{same['because']}",
                f"Write the same in both, or leave `{name}` out.",
                "warning",
                source=document.positions.value(("spec", name)),
                address=address_of(document),
            )


def holders_missing(kind: Kind, document: Document) -> Iterator[Problem]:
    """Find a list of holders that names nobody: that is there as long as somebody holds what it is about."""
    spec = document.data.get("spec")
    if not isinstance(spec, Mapping) or is_absent(document.data):
        return
    if not any(spec.get(item.name) for item in kind.fields):
        address = address_of(document)
        sides = " nor ".join(f"`{item.name}`" for item in kind.fields)
        yield Problem(
            "No holders",
            f"{address or kind.name} names nobody, neither in {sides}, and is there only while somebody holds the "
            f"{kind.holders_of.lower()}.",
            "State who holds it; to take it from everybody, say `lifecycle: {state: absent}`.",
            source=document.positions.key(("spec",)),
            address=address,
        )


def _at(data: Any, path: Path) -> Any:
    """Return what stands at a path through mappings, None where it leads nowhere."""
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


def free_secrets(kind: Kind, document: Document) -> Iterator[Problem]:
    """Find what may be a secret and stands in free-form settings in plain text, or as a place that nobody looks in."""
    spec = document.data.get("spec")
    if not isinstance(spec, Mapping):
        return
    address = address_of(document) or kind.address("")
    parts = free_parts(kind, hiding(kind, address, referring(kind, spec)))
    for path, value in (found for above, part in parts for found in _free_values(part, ("spec", *above))):
        source = document.positions.key(path)
        if value == MASK:
            detail = f"`{dotted(path)}` is what igz-apply shows instead of a value that may be a secret."
            yield Problem("Hidden value", detail, _MASKED, source=source, address=address)
        elif isinstance(value, Hidden):
            detail = f"`{dotted(path)}` may be a secret, by its key, and stands in the manifest in plain text."
            yield Problem("May be a secret", detail, _PLAIN, "warning", source=source, address=address)
        else:
            detail = f"`{dotted(path)}` says where a secret lies, and would be sent as it stands."
            yield Problem("No place for a secret", detail, _PLACE, source=source, address=address)


def _free_values(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield the hidden values of a spec, what stands for one, and mappings that look like the place of a secret."""
    if isinstance(value, Hidden) or value == MASK:
        yield path, value
    elif isinstance(value, Mapping):
        found = [below for key in PLACES if (below := value.get(key)) is not None]
        if found and (value.keys() <= PLACES | {"key"} or any(isinstance(below, Hidden) for below in found)):
            yield path, value
            return
        for key, below in value.items():
            yield from _free_values(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _free_values(below, (*path, index))


_MASKED = (
    "State the value itself, or in an object of settings {from_env: NAME}; of what is rendered, plan the manifests."
)
_PLAIN = "No output shows it, but git does. In an object of settings, say {from_env: NAME} instead."
_PLACE = (
    "State one of from_env, from_file, from_command, and from_store with its key, alone, and as the value of a key "
    "of an object, not in a list or a map."
)
