"""Valid documents to the desired state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from igz_apply.core.addresses import Address
from igz_apply.core.kind import Field, Kind, Kinds
from igz_apply.core.resources import DesiredState, Document, Lifecycle, Path, Resource, SecretRef

_METADATA = "metadata."


def desired_state(documents: Sequence[Document], kinds: Kinds) -> DesiredState:
    """Return what the documents declare, by address; they have passed `validate`, which this relies on.

    Of two documents with one address, which `validate` reports, the first counts.
    """
    secrets = {kind.name: tuple(_secret_paths(kind.fields)) for kind in kinds}
    resources: dict[Address, Resource] = {}
    for document in documents:
        kind = kinds[document.data["kind"]]
        resource = _resource(document, kind, secrets[kind.name])
        resources.setdefault(resource.address, resource)
    return DesiredState(dict(sorted(resources.items())))


def _resource(document: Document, kind: Kind, secrets: tuple[Path, ...]) -> Resource:
    data = document.data
    return Resource(
        address=Address(kind.name, data["metadata"]["name"]),
        spec=_spec(data, kind, secrets),
        positions=document.positions,
        source=document.source,
        lifecycle=_lifecycle(data.get("lifecycle")),
    )


def _spec(data: Mapping[str, Any], kind: Kind, secrets: tuple[Path, ...]) -> Mapping[str, Any]:
    """Return the declared fields by name: all that stands under spec, and fields that stand under metadata."""
    spec = dict(data.get("spec") or {})
    for path in secrets:
        _refer(spec, path)
    for field in kind.fields:
        name = field.name.removeprefix(_METADATA)
        if name != field.name and name in data["metadata"]:
            spec[field.name] = data["metadata"][name]
    return spec


def _refer(spec: dict[str, Any], path: Path) -> None:
    """Put a SecretRef where the document says in which place a secret lies; the document's data stays as it is."""
    holder: Any = spec
    for part in path[:-1]:
        if not isinstance(holder.get(part), Mapping):
            return
        holder[part] = dict(holder[part])
        holder = holder[part]
    stated = holder.get(path[-1])
    if isinstance(stated, Mapping):
        holder[path[-1]] = SecretRef(**stated)


def _secret_paths(fields: Sequence[Field], above: Path = ()) -> Iterator[Path]:
    for field in fields:
        if field.write_only:
            yield (*above, field.name)
        yield from _secret_paths(field.fields, (*above, field.name))


def _lifecycle(stated: Mapping[str, Any] | None) -> Lifecycle:
    if not stated:
        return _DEFAULT
    return Lifecycle(**{**stated, "ignore_changes": tuple(stated.get("ignore_changes", ()))})


_DEFAULT = Lifecycle()
