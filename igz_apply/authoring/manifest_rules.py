"""What schemas cannot say of manifests: strangers, names declared twice, fields that are too young, lifecycles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from igz_apply.authoring.schema_paths import Schema, dotted, properties
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Field, Kind, Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document, Path, Resource
from igz_apply.model.suggest import did_you_mean
from igz_apply.model.versions import release

PROFILE = "Profile"
"""The kind of a document that is no manifest, and makes some."""

FROM_VALUE = "from_value"
"""The key of what stands for one of the config's values."""


def stranger(document: Document, kinds: Kinds) -> Problem | None:
    """Return the problem of a document that is no manifest of a known kind."""
    data, positions = document.data, document.positions
    if not isinstance(data, (dict, Mapping)):
        detail = "The document is not a mapping with apiVersion, kind, metadata and spec."
        return Problem("Not a manifest", detail, _not_ours(kinds), source=document.source)
    if _is_ours(data, kinds):
        return None
    if isinstance(data.get("apiVersion"), str) and data["apiVersion"] in kinds.neighbours:
        return _of_a_neighbour(document, kinds)
    if data.get("apiVersion") != kinds.api_version:
        stated = "says nothing of" if "apiVersion" not in data else "is of another"
        detail = f"The document {stated} apiVersion; manifests are of {kinds.api_version}."
        return Problem("Not a manifest", detail, _not_ours(kinds), source=positions.value(("apiVersion",)))
    if not isinstance(data.get("kind"), str):
        detail = "A manifest needs the field 'kind'."
        return Problem(
            "Missing field", detail, f"Add `kind:` with {_ONE_OF}{', '.join(kinds.names)}.", source=document.source
        )
    if data["kind"] in kinds.without:
        hint = f"Take it out. Kinds are {', '.join(kinds.names)}."
        return Problem("Unknown kind", kinds.without[data["kind"]], hint, source=positions.value(("kind",)))
    hint = f"{did_you_mean(data['kind'], (*kinds.names, PROFILE))} Kinds are {', '.join(kinds.names)}.".strip()
    detail = f"There is no kind {data['kind']!r}."
    return Problem("Unknown kind", detail, hint, source=positions.value(("kind",)))


def _is_ours(data: Mapping[str, Any], kinds: Kinds) -> bool:
    version = data.get("apiVersion")
    return version == kinds.api_version and version not in kinds.neighbours and data.get("kind") in kinds.names


def _of_a_neighbour(document: Document, kinds: Kinds) -> Problem:
    """Return the problem of a manifest for another platform, with what its kind becomes here."""
    other, kind = kinds.neighbours[document.data["apiVersion"]], document.data.get("kind")
    named = kind if isinstance(kind, str) and kind in other.instead else "manifest"
    detail = (
        f"The document is an {other.title} {named}, and this run is about {other.here}, whose manifests are of "
        f"{kinds.api_version}."
    )
    hint = other.instead.get(named, f"Begin it with `apiVersion: {kinds.api_version}`.")
    return Problem("Not a manifest", detail, hint, source=document.positions.value(("apiVersion",)))


def _not_ours(kinds: Kinds) -> str:
    return f"Begin it with `apiVersion: {kinds.api_version}`, or list the file under `ignore` in igz-apply.yaml."


_ONE_OF = "one of "


def duplicates(documents: Sequence[Document]) -> Iterator[Problem]:
    first: dict[Address, Document] = {}
    for document in documents:
        address = address_of(document)
        if address is None:
            continue
        known = first.setdefault(address, document)
        if known is not document:
            place = document.positions.value(("metadata", "name"))
            detail = f"{address} is declared twice: here and at {known.positions.value(('metadata', 'name'))}."
            yield Problem("Declared twice", detail, "Keep one of the two.", source=place, address=address)


def lifecycle_problems(document: Document, address: Address | None, kind: Kind, schema: Schema) -> Iterator[Problem]:
    """Find what the lifecycle says against itself, and paths that never lead to a difference."""
    from igz_apply.authoring.ignored_paths import fault_of

    lifecycle = document.data["lifecycle"]
    if lifecycle.get("state") == "absent" and lifecycle.get("prevent_destroy") is True:
        yield Problem(
            "Contradiction",
            "The lifecycle wants the resource gone, and prevents that.",
            "Keep one of `state: absent` and `prevent_destroy: true`.",
            source=document.positions.key(("lifecycle", "prevent_destroy")),
            address=address,
        )
    if lifecycle.get("state") == "absent" and lifecycle.get("on_removal") in ("disable", "forget"):
        yield Problem(
            "Contradiction",
            "The lifecycle wants the resource gone, and kept once nothing declares it.",
            f"Keep one of `state: absent` and `on_removal: {lifecycle['on_removal']}`.",
            source=document.positions.key(("lifecycle", "on_removal")),
            address=address,
        )
    paths = lifecycle.get("ignore_changes")
    spec = document.data["spec"] if isinstance(document.data.get("spec"), Mapping) else {}
    for index, path in enumerate(paths if isinstance(paths, list) else ()):
        fault = fault_of(path, kind, schema, spec) if isinstance(path, str) and path else None
        if fault is not None:
            yield Problem(
                fault.summary,
                f"`lifecycle.ignore_changes` names {path!r}, {fault.detail}.",
                fault.hint,
                source=document.positions.value(("lifecycle", "ignore_changes", index)),
                address=address,
            )


def missing_for_creation(resource: Resource, schema: Schema) -> Iterator[Problem]:
    """Find what the platform needs to create the resource and its manifest does not state.

    Only a plan knows which resources it creates: a manifest of one that exists may leave these fields out.
    """
    from igz_apply.authoring.schema_messages import example_hint

    spec = properties(schema, schema).get("spec", {})
    for name in spec.get("x-required-on-create", ()):
        if resource.spec.get(name) is None:
            yield Problem(
                "Missing at creation",
                f"{resource.address} does not exist yet, and cannot be created without `spec.{name}`.",
                example_hint(schema, properties(schema, spec)[name], name),
                source=resource.positions.key(("spec",)),
                address=resource.address,
            )


def is_absent(data: Mapping[str, Any]) -> bool:
    """Say whether a manifest says that its resource shall be gone."""
    lifecycle = data.get("lifecycle")
    return isinstance(lifecycle, Mapping) and lifecycle.get("state") == "absent"


def address_of(document: Document) -> Address | None:
    metadata = document.data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return Address(document.data["kind"], name) if isinstance(name, str) and name else None


def too_young(documents: Sequence[Document], kinds: Kinds, version: str) -> Iterator[Problem]:
    """Find the fields that a cluster of this version does not know yet; `version` as the cluster says it, `3.5.3`."""
    have = release(version)
    young = {kind.name: _young(kind.fields, have) for kind in kinds}
    for document in documents if any(young.values()) else ():
        for path, field in _stated(young[document.data["kind"]], document.data):
            if field.since and release(field.since) > have:
                address = address_of(document)
                yield Problem(
                    "Field too young",
                    f"`{dotted(path)}` of {address} needs version {field.since}; the cluster has {version}.",
                    "Remove the field, or upgrade the cluster first.",
                    source=document.positions.key(path),
                    address=address,
                )


def _young(fields: Sequence[Field], have: tuple[int, ...]) -> Sequence[Field]:
    """Return the fields that are younger than a release, or hold such: for most clusters there are none."""
    return [field for field in fields if (field.since and release(field.since) > have) or _young(field.fields, have)]


def _stated(fields: Sequence[Field], data: Mapping[str, Any]) -> Iterator[tuple[Path, Field]]:
    """Return the fields that a manifest states, also nested ones, each with its path."""
    spec = data.get("spec")
    waiting: list[tuple[Path, Any, Sequence[Field]]] = [(("spec",), spec, fields)]
    while waiting:
        above, value, known = waiting.pop()
        if not isinstance(value, Mapping):
            continue
        for field in known:
            if field.name in value:
                path = (*above, field.name)
                yield path, field
                waiting.append((path, value[field.name], field.fields))
