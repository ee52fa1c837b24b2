"""Valid documents to the desired state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.hidden import has_free_parts, hiding, referring
from igz_apply.model.ignoring import plain_path
from igz_apply.model.kind import Field, Kind, Kinds
from igz_apply.model.resources import DesiredState, Document, Lifecycle, Path, Resource, SecretRef

_METADATA = "metadata."


def desired_state(documents: Sequence[Document], kinds: Kinds) -> DesiredState:
    """Return what the documents declare, by address; they have passed `validate`, which this relies on.

    Of two documents with one address, which `validate` reports, the first counts.
    """
    forms = {kind.name: _form(kind) for kind in kinds}
    resources: dict[Address, Resource] = {}
    for document in documents:
        resource = _resource(document, forms[document.data["kind"]])
        resources.setdefault(resource.address, resource)
    return DesiredState(dict(sorted(resources.items())))


@dataclass(frozen=True, slots=True)
class _Form:
    """What is special in the manifests of a kind, found once for all of them."""

    kind: Kind
    is_free: bool  # whether specs may have parts that the table does not describe
    secrets: tuple[Path, ...]
    under_metadata: tuple[tuple[str, str], ...]  # a field's name, and its key there


def _form(kind: Kind) -> _Form:
    names = [field.name for field in kind.fields if field.name.startswith(_METADATA)]
    under_metadata = tuple((name, name.removeprefix(_METADATA)) for name in names)
    return _Form(kind, has_free_parts(kind), tuple(_secret_paths(kind.fields)), under_metadata)


def _resource(document: Document, form: _Form) -> Resource:
    data = document.data
    return Resource(
        address=Address(data["kind"], data["metadata"]["name"]),
        spec=_spec(data, form),
        positions=document.positions,
        source=document.source,
        lifecycle=_lifecycle(data.get("lifecycle")),
    )


def _spec(data: Mapping[str, Any], form: _Form) -> Mapping[str, Any]:
    """Return the declared fields by name: all that stands under spec, and fields that stand under metadata."""
    spec = dict(data.get("spec") or {})
    for path in form.secrets:
        if path[0] in spec:
            _refer(spec, path)
    for name, key in form.under_metadata:
        if key in data["metadata"]:
            spec[name] = data["metadata"][key]
    if form.is_free:
        return hiding(form.kind, Address(data["kind"], data["metadata"]["name"]), referring(form.kind, spec))
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
    return Lifecycle(**{**stated, "ignore_changes": tuple(map(plain_path, stated.get("ignore_changes", ())))})


_DEFAULT = Lifecycle()
