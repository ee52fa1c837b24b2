"""Live state to manifests: only what somebody chose, nothing that the server fills in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import takewhile
from typing import Any

from igz_apply.model.addresses import Address, globs_of
from igz_apply.model.hidden import Hidden, hidden_in
from igz_apply.model.ignoring import plain_path
from igz_apply.model.kind import METADATA, Field, Kind, Kinds, Shape
from igz_apply.model.resources import LiveResource, LiveState
from igz_apply.model.roles import without_counted
from igz_apply.model.server_defaults import Filled, chosen
from igz_apply.values import dataclass

_NOTHING: Mapping[Any, Any] = {}


@dataclass(frozen=True, slots=True)
class ExportedResource:
    """A live resource as the manifest that declares it."""

    address: Address
    document: Mapping[str, Any]
    left_out: tuple[str, ...] = ()  # write-only fields, which nobody can read back
    refused: tuple[tuple[str, str], ...] = ()  # (path, why): what lives, and no manifest may state
    hidden: tuple[tuple[str, str], ...] = ()  # (path of what may be a secret, and is not written; how to state it)


def exported(
    live: LiveState,
    kinds: Kinds,
    only: Iterable[str] = (),
    known: Iterable[Address] = (),
    *,
    declared: Collection[Address] = (),
    filled: Mapping[Address, Filled] = _NOTHING,
    is_full: bool = False,
) -> Iterator[ExportedResource]:
    """Yield the manifests of the selected live resources, by address; a glob that spells one of `known` is no pattern.

    System resources are the platform's own: only their full names select them. What is `declared` already is left out.
    In full, what the platform fills in by itself is stated too; `filled` is what the inventory knows of that.
    """
    texts = tuple(only)
    globs = globs_of(texts, {*live.resources, *known})
    asked = {text.partition("/")[0] for text in texts}
    groups = _groups_by_user(live, kinds)
    for address in sorted(live.resources):
        resource = live.resources[address]
        if resource.is_deleting or address in declared or (texts and not globs.select(address)):
            continue
        if resource.is_system and address not in globs.exact:
            continue
        if kinds[address.kind].holders_of and address.kind not in asked:
            continue  # who holds something says the same
        spec = resource.spec if is_full else chosen(kinds[address.kind], resource.spec, filled.get(address, _NOTHING))
        yield _exported(kinds[address.kind], replace(resource, spec=spec), groups, kinds, is_full=is_full)


def _groups_by_user(live: LiveState, kinds: Kinds) -> Mapping[Address, list[str]]:
    found: dict[Address, list[str]] = {}
    membership = kinds.membership
    for user, groups in live.groups_of.items():
        if held := sorted(groups - membership.implied):
            found[Address(membership.user_kind, user)] = held
    return found


def _exported(
    kind: Kind, resource: LiveResource, groups: Mapping[Address, list[str]], kinds: Kinds, *, is_full: bool
) -> ExportedResource:
    metadata: dict[str, Any] = {"name": resource.address.name}
    spec: dict[str, Any] = {}
    switches = kind.switches
    for field in kind.fields_of(resource.spec):
        if field.name in resource.unknown:
            continue
        value = groups.get(resource.address) if _is_user_side(field, kind, kinds) else resource.spec.get(field.name)
        if field.name in switches:
            value = field.default if value is None or _means_default(field, value, resource.spec) else value
        elif field.create_only or (field.filled and not is_full) or _means_default(field, value, resource.spec):
            continue
        else:
            value = without_counted(field, resource.spec) if field.roles else value
            value = _minimal(field, value, is_full=is_full)
        if value is None:
            continue
        holder = metadata if field.name.startswith(METADATA) else spec
        holder[field.name.removeprefix(METADATA)] = value
    document: dict[str, Any] = {"apiVersion": kinds.api_version, "kind": kind.name, "metadata": metadata, "spec": spec}
    if kept := tuple(_kept_keys(kind, resource.spec, spec)):
        document["lifecycle"] = {"ignore_changes": list(kept)}
    hidden = tuple(sorted({_place(path, kept) for path, _ in hidden_in(resource.spec)}))
    return ExportedResource(resource.address, document, tuple(_write_only(kind.fields, "", spec)), hidden=hidden)


def _place(path: tuple[str | int, ...], kept: Collection[str]) -> tuple[str, str]:
    """Return where a hidden value stands, and how a manifest can state it; "" where it cannot.

    A list is left out whole. In a map, and in a list, a secret can only stand in plain text.
    """
    keys = list(takewhile(lambda key: isinstance(key, str), path))
    is_stated = len(keys) == len(path) and plain_path(".".join(map(str, keys))) not in map(plain_path, kept)
    return ".".join(map(str, keys)), f"{keys[-1]}: {{from_env: NAME}}" if is_stated else ""


def _kept_keys(kind: Kind, live: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys that a map lacks, since they may hold secrets: it is written whole, and would lose them."""
    for field in kind.fields_of(live):
        yield from _kept_below(field, field.name, live.get(field.name), spec.get(field.name))


def _kept_below(field: Field, path: str, live: Any, stated: Any) -> Iterator[str]:
    if not isinstance(live, Mapping) or not isinstance(stated, Mapping):
        return
    if field.shape is Shape.SETTINGS:
        yield from (f'{path}["{key}"]' for key, value in sorted(live.items()) if isinstance(value, Hidden))
    for item in field.fields:
        yield from _kept_below(item, f"{path}.{item.name}", live.get(item.name), stated.get(item.name))


def _is_user_side(field: Field, kind: Kind, kinds: Kinds) -> bool:
    membership = kinds.membership
    return kind.name == membership.user_kind and field.name == membership.user_field


def _means_default(field: Field, value: Any, spec: Mapping[str, Any]) -> bool:
    """Whether a field that is compared in its own way says no more than its default."""
    return field.equal is not None and field.equal(field.default, value, spec, spec)


def _minimal(field: Field, value: Any, *, is_full: bool) -> Any:
    """Return the value without what the server fills in; None for nothing left. Sets and maps in a fixed order."""
    if value is None or value == field.default or value in ("", [], {}) or (field.filled and not is_full):
        return None
    if isinstance(value, Hidden) or (isinstance(value, list) and any(hidden_in(value))):
        return None
    if field.shape is Shape.SET:
        return sorted(value, key=str)
    if field.shape in (Shape.MAP, Shape.SETTINGS):
        return {key: text for key, text in sorted(value.items()) if not isinstance(text, Hidden)} or None
    if isinstance(value, Mapping) and (field.shape is Shape.OBJECT or field is _PLAIN):
        return _whole(value) if field.whole else _parts(field, value, is_full=is_full)
    return value


def _parts(field: Field, value: Mapping[str, Any], *, is_full: bool) -> Any:
    inner = {item.name: item for item in field.fields}
    kept = {key: _minimal(inner.get(key, _PLAIN), below, is_full=is_full) for key, below in value.items()}
    found = {key: below for key, below in kept.items() if below is not None}
    return found or ({} if field.roles else None)


def _whole(value: Mapping[str, Any]) -> Any:
    """Return an object that says nothing or all that it can; an id that is "" says nothing, and so does a lone false.

    What is unset is then told with the rest: it is what keeps the object whole.
    """
    return dict(value) if any(value.values()) else None


_PLAIN = Field("")


def _write_only(fields: tuple[Field, ...], prefix: str, spec: Mapping[str, Any]) -> Iterator[str]:
    """Yield the secrets that the resource may have: those of its own, and of the objects that it has."""
    for field in fields:
        if field.write_only:
            yield f"{prefix}{field.name}"
        elif field.fields and isinstance(below := spec.get(field.name), Mapping):
            yield from _write_only(field.fields, f"{prefix}{field.name}.", below)
