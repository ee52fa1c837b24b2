"""What `lifecycle.ignore_changes` names: set when a resource is created, and nobody's business after that.

A path is dotted, and may name one key of a map: `labels.team`, `labels["app.kubernetes.io/name"]`. Elements of lists
are no paths: lists are compared whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from igz_apply.model.comparison import is_below
from igz_apply.model.kind import Field, Kind, Shape
from igz_apply.model.resources import LiveResource, Resource
from igz_apply.patterns import pattern

Spec = Mapping[str, Any]
_KEY = pattern(r"""\[(?:"([^"]*)"|'([^']*)')\]""")
_MAPS = (Shape.MAP, Shape.SETTINGS)


def plain_path(text: str) -> str:
    """Return a path as plans show it: `labels["team"]` is `labels.team`."""
    return _KEY.sub(lambda key: f".{key[1] or key[2] or ''}", text)


def is_ignored(path: str, ignored: Collection[str]) -> bool:
    """Say whether a path is among the ignored ones, or below one of them."""
    return any(is_below(path, prefix) for prefix in ignored)


def compared(kind: Kind, resource: Resource, live: Spec | None) -> Spec:
    """Return the spec of a resource as it is compared with what lives, and written over it.

    Of what does not live yet (`live` None) that is all that is stated. Else what is ignored is not stated: and where a
    map is written whole, what it holds under ignored keys is what lives.
    """
    ignored = resource.lifecycle.ignore_changes
    if live is None or not ignored:
        return resource.spec
    spec = dict(resource.spec)
    for field in kind.fields_of(spec):
        if field.name not in spec or field.membership:
            continue
        if field.name in ignored:
            del spec[field.name]
        elif below := tuple(_below(field.name, ignored)):
            spec[field.name] = _merged(field, spec[field.name], live.get(field.name), below)
    return spec


def as_told(resource: Resource, live: LiveResource | None) -> Resource:
    """Return a resource as far as it can be compared: what the cluster does not tell of it is as if it were ignored."""
    untold = untold_fields(resource, live)
    if not untold:
        return resource
    ignored = tuple(dict.fromkeys((*resource.lifecycle.ignore_changes, *untold)))
    return replace(resource, lifecycle=replace(resource.lifecycle, ignore_changes=ignored))


def untold_fields(resource: Resource, live: LiveResource | None) -> tuple[str, ...]:
    """Return the fields that a resource states, and would compare, and that the cluster does not tell of what lives."""
    if live is None or not live.unknown or live.is_deleting or not resource.is_present:
        return ()
    ignored = resource.lifecycle.ignore_changes
    return tuple(sorted(name for name in live.unknown & resource.spec.keys() if name not in ignored))


def apart(value: Any, path: str, ignored: Collection[str]) -> Any:
    """Return a value that stands at `path` without what is ignored below it."""
    below = tuple(_below(path, ignored)) if ignored else ()
    if not below or not isinstance(value, Mapping):
        return value
    return {key: apart(inner, key, below) for key, inner in value.items() if key not in below}


def _below(path: str, ignored: Collection[str]) -> Iterator[str]:
    """Yield what is left of the paths that lie below another."""
    yield from (each.removeprefix(f"{path}.") for each in ignored if each.startswith(f"{path}."))


def _merged(field: Field, stated: Any, live: Any, ignored: Collection[str]) -> Any:
    lives: Spec = live if isinstance(live, Mapping) else {}
    if field.shape in _MAPS:
        kept = {key: value for key, value in lives.items() if key in ignored}
        return {key: value for key, value in (stated or {}).items() if key not in ignored} | kept
    if field.shape is not Shape.OBJECT:
        return stated
    if stated is None:  # to be cleared, all but what is ignored
        stated = dict.fromkeys((role.name for role in field.fields) if field.roles else lives)
    elif not isinstance(stated, Mapping):
        return stated
    inner = {item.name: item for item in field.fields}
    found = {}
    for key, value in stated.items():
        below = tuple(_below(key, ignored))
        if key not in ignored:
            known = inner.get(key, Field(key, shape=Shape.OBJECT))
            merge = _sides if field.roles else _merged
            found[key] = merge(known, value, lives.get(key), below) if below else value
    return found


def _sides(_: Field, stated: Any, live: Any, ignored: Collection[str]) -> Any:
    """Return the sides of a role: one that is left out means nobody, so that an ignored one is what lives."""
    lives: Spec = live if isinstance(live, Mapping) else {}
    return {**(stated or {}), **{side: lives.get(side) for side in ignored}}
