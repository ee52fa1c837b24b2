"""From specs to the API's JSON, by a kind's table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from copy import deepcopy
from typing import Any

from igz_apply.iguazio3.decode import Body, Ids, links_of
from igz_apply.iguazio3.wire import Collection as Endpoint
from igz_apply.iguazio3.wire import Form, endpoint_of, form_of, is_attribute, is_link, path_of
from igz_apply.model.changes import Change
from igz_apply.model.comparison import Leaf, Path
from igz_apply.model.hidden import revealed
from igz_apply.model.kind import MARK_PATH, OWNER_MARK, Field, Kind, Kinds, Shape
from igz_apply.model.resources import SecretRef

Secret = Callable[[SecretRef], str]
"""Gives the value of a secret, at the moment when a call is encoded."""
Lists = Mapping[tuple[str, str], tuple[frozenset[str], frozenset[str]]]
"""(role, side) -> names to add and names to remove."""


def encode(field: Field | None, value: Any, secret: Secret) -> Any:
    """Return a spec value as the API wants it; None clears, for lists by an empty one."""
    if isinstance(value, SecretRef):
        return secret(value)
    value = revealed(value)
    if field is None:
        return value
    if form_of(field) is Form.PAIRS:
        return [{"name": name, "value": text} for name, text in sorted((value or {}).items())]
    if value is None:
        return [] if field.shape in (Shape.SET, Shape.LIST) else None
    if field.shape in (Shape.QUANTITY, Shape.DURATION):
        return str(value)  # a manifest may say cpu: 2, the API wants a text (section 12.2)
    if form_of(field) is Form.ENTRIES:
        return {"entries": [{"key": name, "value": text} for name, text in sorted(value.items())]}
    if field.shape is Shape.OBJECT:
        inner = {item.name: item for item in field.fields}
        return {_wire(inner, key): encode(inner.get(key), below, secret) for key, below in value.items()}
    return value


def encode_create(
    kinds: Kinds, kind: Kind, name: str, spec: Mapping[str, Any], members: Iterable[str], ids: Ids, secret: Secret
) -> dict[str, Any]:
    """Return the `data` that creates a resource of a collection.

    `members` are the names that its membership field links to, whichever side stated them.
    """
    attributes: dict[str, Any] = {endpoint_of(kind).key: name}
    relationships: dict[str, Any] = {}
    for field in kind.fields:
        value = sorted(members) if field.membership else spec.get(field.name)
        if value is None:
            continue
        if is_attribute(field):
            attributes[path_of(field)] = encode(field, value, secret)
        elif is_link(field) and value:
            relationships[path_of(field)] = link(kinds, field, value, ids)
    return envelope(kind, attributes, relationships)


def encode_update(
    kinds: Kinds,
    kind: Kind,
    spec: Mapping[str, Any],
    live: Mapping[str, Any],
    paths: Collection[Path],
    ids: Ids,
    secret: Secret,
) -> dict[str, Any]:
    """Return the `data` that changes exactly the fields of `paths`, the paths that the plan showed.

    A field that is an object is sent whole, with the live keys that the plan leaves alone: an update replaces
    attributes one by one, not their keys.
    """
    attributes: dict[str, Any] = {}
    relationships: dict[str, Any] = {}
    for field in kind.fields:
        if field.membership or not any(path[0] == field.name for path in paths):
            continue
        value = spec[field.name]
        if is_attribute(field):
            if field.shape is Shape.OBJECT and value is not None:
                value = _over(live.get(field.name), value, (field.name,), paths)
            attributes[path_of(field)] = encode(field, value, secret)
        elif is_link(field):
            relationships[path_of(field)] = link(kinds, field, value, ids)
    return envelope(kind, attributes, relationships)


def mark_of(change: Change, live: str) -> str:
    """Return the mark that a change writes, or else keeps; "" for none."""
    return next((str(item.after) for item in change.diff if item.path == MARK_PATH), live)


def with_mark(kind: Kind, attributes: dict[str, Any], carried: Mapping[str, Any] | None, mark: str) -> dict[str, Any]:
    """Return attributes in which the map that carries the mark holds it beside what people state.

    `carried` is what that map holds without it, where the attributes do not say. No mark leaves them as they are.
    """
    field = kind.field_named(kind.marked_in)
    if field is None or not mark:
        return attributes
    pairs = attributes.get(path_of(field), encode(field, carried or {}, str))
    return {**attributes, path_of(field): [*pairs, {"name": OWNER_MARK, "value": mark}]}


def encode_roles(
    kinds: Kinds, field: Field, project: Body, included: Mapping[str, Body], lists: Lists, ids: Ids
) -> list[dict[str, Any]]:
    """Return the requests of the transaction that changes role members (wire reference, section 11.2).

    `project` and `included` are as read right before: members that the plan does not name stay as they are. A role
    that is already as wanted is left out.
    """
    requests = []
    for identity in links_of(project, path_of(field)):
        body = included[identity]
        role = next((item for item in field.fields if item.called == body["attributes"].get("name")), None)
        if role is None or not any(name == role.name for name, _ in lists):
            continue
        sides = {
            path_of(side): _members(kinds, side, body, lists.get((role.name, side.name)), ids) for side in role.fields
        }
        if all({link["id"] for link in members} == set(links_of(body, wire)) for wire, members in sides.items()):
            continue
        data = {
            "type": body["type"],
            "attributes": {"name": role.called},
            "relationships": {
                "project": {"data": {"type": project["type"], "id": project["id"]}},
                **{wire: {"data": members} for wire, members in sides.items()},
            },
        }
        requests.append({"method": "put", "resource": f"{path_of(field)}/{identity}", "body": {"data": data}})
    return requests


def splice(
    kind: Kind, entry: Body | None, name: str, leaves: Iterable[Leaf], secret: Secret, mark: str = ""
) -> dict[str, Any]:
    """Return an entry of a shared document with the leaves written into it; all else in it stays as it is.

    `mark` is the mark that it shall bear, "" for none.
    """
    changed: dict[str, Any] = deepcopy(dict(entry)) if entry is not None else {}
    _put(changed, endpoint_of(kind).key.split("."), name)
    fields = {field.name: field for field in kind.fields}
    for leaf in leaves:
        field = fields.get(leaf.path[0]) or kind.own_field({kind.named_by: leaf.path[0]})
        assert field is not None, f"{kind.name} has no {leaf.path[0]}"
        keys = path_of(field).split(".")
        for key in leaf.path[1:]:
            inner = {item.name: item for item in field.fields} if field is not None else {}
            keys.append(_wire(inner, key))
            field = inner.get(key, _PLAIN)
        _put(changed, keys, encode(leaf.field, revealed(leaf.desired, leaf.live), secret))
    if mark and kind.marked_in in fields:
        _put(changed, [*path_of(fields[kind.marked_in]).split("."), OWNER_MARK], mark)
    return changed


def link(kinds: Kinds, field: Field, value: Any, ids: Ids) -> dict[str, Any]:
    """Return the linkage of a relationship; None unlinks (wire reference, section 6.4)."""
    if field.shape is Shape.SET:
        return {"data": [_reference(kinds, field, name, ids) for name in value or ()]}
    return {"data": _reference(kinds, field, value, ids) if value else None}


def envelope(kind: Kind, attributes: Body, relationships: Body) -> dict[str, Any]:
    """Return the `data` of a request about a resource of the kind."""
    return {"type": endpoint_of(kind).type, "attributes": attributes, "relationships": relationships}


_PLAIN = Field("")


def _wire(fields: Mapping[str, Field], key: str) -> str:
    field = fields.get(key)
    return path_of(field) if field is not None else key


def _reference(kinds: Kinds, field: Field, name: str, ids: Ids) -> dict[str, str]:
    target = kinds[field.refers_to]
    assert isinstance(target.wire, Endpoint), f"{target.name} has no ids to link to"
    return {"type": endpoint_of(target).type, "id": ids(target.address(name))}


def _members(
    kinds: Kinds, side: Field, role: Body, change: tuple[frozenset[str], frozenset[str]] | None, ids: Ids
) -> list[dict[str, str]]:
    adds, removes = change or (frozenset(), frozenset())
    target = kinds[side.refers_to]
    kept = set(links_of(role, path_of(side))) - {ids(target.address(name)) for name in removes}
    members = kept | {ids(target.address(name)) for name in adds}
    return [{"type": endpoint_of(target).type, "id": identity} for identity in sorted(members)]


def _over(live: Any, desired: Any, path: Path, paths: Collection[Path]) -> Any:
    """Lay what is declared at `paths`, or below them, over a live object; anything but an object is replaced."""
    if not isinstance(desired, Mapping):
        return desired
    laid = dict(live) if isinstance(live, Mapping) else {}
    for key, value in desired.items():
        here = (*path, key)
        if any(shown[: len(here)] == here[: len(shown)] for shown in paths):
            laid[key] = _over(laid.get(key), value, here, paths)
    return {key: value for key, value in laid.items() if value is not None}


def _put(document: dict[str, Any], keys: list[str], value: Any) -> None:
    """Set a copy of a value below nested keys, making what is missing on the way; None takes the key out."""
    for key in keys[:-1]:
        below = document.get(key)
        if not isinstance(below, dict):
            below = {}
            document[key] = below
        document = below
    if value is None:
        document.pop(keys[-1], None)
    else:
        document[keys[-1]] = deepcopy(value)
