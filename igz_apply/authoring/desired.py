"""Valid documents to the desired state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.hidden import free_names, hiding, referring
from igz_apply.model.kind import METADATA, Field, Kind, Kinds
from igz_apply.model.resources import DesiredState, Document, Lifecycle, Path, Resource, SecretRef
from igz_apply.values import dataclass


def desired_state(documents: Sequence[Document], kinds: Kinds) -> DesiredState:
    """Return what the documents declare, by address; they have passed `validate`, which this relies on.

    Of two documents with one address, which `validate` reports, the first counts.
    """
    forms = {kind.name: _form(kind) for kind in kinds}
    resources: dict[Address, Resource] = {}
    for document in documents:
        data = document.data
        address = Address(data["kind"], data["metadata"]["name"])
        resources.setdefault(address, _resource(address, document, forms[address.kind]))
    return DesiredState(dict(sorted(resources.items(), key=itemgetter(0))))


@dataclass(frozen=True, slots=True)
class _Form:
    """What is special in the manifests of a kind, found once for all of them."""

    kind: Kind
    free: frozenset[str]  # the fields of which a spec states one if it has parts that the table does not describe
    secrets: tuple[Path, ...]
    under_metadata: tuple[tuple[str, str], ...]  # a field's name, and its key there
    special: frozenset[str]  # the fields under spec that are not taken as they are stated


def _form(kind: Kind) -> _Form:
    names = [field.name for field in kind.fields if field.name.startswith(METADATA)]
    under_metadata = tuple((name, name.removeprefix(METADATA)) for name in names)
    free, secrets = free_names(kind), tuple(_secret_paths(kind.fields))
    return _Form(kind, free, secrets, under_metadata, free.union(str(path[0]) for path in secrets))


def _resource(address: Address, document: Document, form: _Form) -> Resource:
    data = document.data
    spec = data.get("spec") or {}
    if form.under_metadata or not form.special.isdisjoint(spec):
        spec = _spec(address, data, form)
    lifecycle = data.get("lifecycle")
    return Resource(
        address, spec, document.positions, document.source, _lifecycle(lifecycle) if lifecycle else _DEFAULT
    )


def _spec(address: Address, data: Mapping[str, Any], form: _Form) -> Mapping[str, Any]:
    """Return the declared fields by name: all that stands under spec, and fields that stand under metadata."""
    spec = dict(data.get("spec") or {})
    for path in form.secrets:
        if path[0] in spec:
            _refer(spec, path)
    for name, key in form.under_metadata:
        if key in data["metadata"]:
            spec[name] = data["metadata"][key]
    if not form.free.isdisjoint(spec):
        return hiding(form.kind, address, referring(form.kind, spec))
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
        holder[path[-1]] = SecretRef.stated(stated)


def _secret_paths(fields: Sequence[Field], above: Path = ()) -> Iterator[Path]:
    for field in fields:
        if field.write_only:
            yield (*above, field.name)
        yield from _secret_paths(field.fields, (*above, field.name))


def _lifecycle(stated: Mapping[str, Any]) -> Lifecycle:
    from igz_apply.model.ignoring import plain_path  # both here: most manifests state no lifecycle
    from igz_apply.model.quantities import duration

    typed = {
        **stated,
        "ignore_changes": tuple(map(plain_path, stated.get("ignore_changes", ()))),
        "depends_on": tuple(map(Address.parse, stated.get("depends_on", ()))),
    }
    timeout = stated.get("timeout")
    if timeout is not None:
        seconds = duration(timeout) if isinstance(timeout, str) else timeout
        assert seconds is not None  # the schema let nothing else through
        typed["timeout"] = float(seconds)
    return Lifecycle(**typed)


_DEFAULT = Lifecycle()
