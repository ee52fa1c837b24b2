"""From the API's JSON to live resources, by a kind's table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from igz_apply.iguazio3.wire import (
    Collection,
    Form,
    Readiness,
    SharedDocument,
    endpoint_of,
    form_of,
    is_attribute,
    is_link,
    path_of,
)
from igz_apply.model.addresses import Address
from igz_apply.model.hidden import has_free_parts, hiding
from igz_apply.model.kind import OWNER_MARK, Field, Kind, Shape
from igz_apply.model.resources import LiveResource

Body = Mapping[str, Any]
Names = Mapping[str, Mapping[str, str]]
"""Kind -> id -> name, to read links."""
Ids = Callable[[Address], str]
"""The id of a resource. Raises LookupError when it has none yet."""


_PLAIN = frozenset({Shape.SCALAR, Shape.FOLDED, Shape.SET, Shape.QUANTITY, Shape.DURATION, Shape.MAP, Shape.LIST})


def key_of(kind: Kind, item: Body) -> str:
    """Return the natural key of an API resource, or of an entry of a shared document."""
    return str(_at(_attributes(kind, item), endpoint_of(kind).key))


class Seen(NamedTuple):
    """One API resource, read as far as that goes before it is known what ids stand for."""

    name: str
    identity: str
    spec: dict[str, Any]  # without what is linked
    links: tuple[Sequence[str], ...]  # the ids that each relationship of `wires_of` holds
    is_system: bool
    is_well: bool  # ready, as far as its own attributes tell
    is_deleting: bool
    is_broken: bool
    born: str
    mark: str


def decoder(kind: Kind, names: Names, included: Mapping[str, Body]) -> Callable[[Body], LiveResource]:
    """Return the function that turns one API resource of the kind into a live one.

    `names` must hold every id that a link may show; an unknown id stands for itself. `included` maps ids to the
    resources that came along with the list.
    """
    look, finish = looker(kind), finisher(kind, names, included)
    return lambda item: finish(look(item))


def wires_of(kind: Kind) -> tuple[str, ...]:
    """Return the relationships of the kind's resources that are read, by their names on the wire."""
    return _layout(kind).wires


def looker(kind: Kind) -> Callable[[Body], Seen]:
    """Return the first half of `decoder`: what one API resource says by itself."""
    layout, endpoint = _layout(kind), endpoint_of(kind)
    plain, sets, shaped, wires = layout.plain, layout.sets, layout.shaped, layout.wires
    readiness, key, is_system = endpoint.readiness, endpoint.key, endpoint.is_system
    is_collection, is_named, is_broad = isinstance(endpoint, Collection), bool(kind.named_by), "." in key
    nothing = tuple(() for _ in wires)
    texts: dict[str, str] = {}
    share = texts.setdefault  # thousands are up, or in the same department: one text of each will do

    def look(item: Body) -> Seen:
        attributes: Body = (item["attributes"] or {}) if is_collection else item
        get = attributes.get
        spec: dict[str, Any] = {
            name: share(value, value) if type(value) is str else value
            for name, wire in plain
            if (value := get(wire)) is not None
        }
        for set_name in sets:
            if set_name in spec:
                spec[set_name] = sorted(spec[set_name])
        for field, wire in shaped:
            value = _read(field, _at(attributes, wire))
            if value is not None:
                spec[field.name] = value
        own = kind.own_field(spec) if is_named else None
        if own is not None and (value := _read(own, _at(attributes, path_of(own)))) is not None:
            spec[own.name] = value
        mark = ""
        if kind.marked_in:
            carried, mark = _without_mark(spec.get(kind.marked_in))
            if mark:
                spec[kind.marked_in] = carried
        named = _at(attributes, key) if is_broad else get(key)
        if named is None:
            raise KeyError(key)
        name = str(named)
        identity = str(item.get("id", name))
        related = item.get("relationships")
        return Seen(
            name,
            identity,
            spec,
            tuple([_ids(related.get(wire)) for wire in wires]) if related else nothing,
            name in kind.system_names or (is_system is not None and is_system(attributes)),
            readiness is None or _is_well(readiness, attributes),
            readiness is not None and get(readiness.attribute) == readiness.deleting,
            not is_collection and is_broken(kind, item),
            str(get("created_at") or "") if identity.startswith(f"{name}@") else "",
            mark,
        )

    return look


def finisher(kind: Kind, names: Names, included: Mapping[str, Body]) -> Callable[[Seen], LiveResource]:
    """Return the second half of `decoder`: what has been seen, with names in place of ids."""
    layout = _layout(kind)
    wires, awaited, is_free = layout.wires, layout.awaited, layout.is_free
    there = names.get(awaited.kind, {}) if awaited is not None else {}
    member = next((identity for identity, name in there.items() if awaited and name == awaited.name), None)
    readiness = endpoint_of(kind).readiness
    waits_at = wires.index(readiness.relationship) if readiness is not None and readiness.relationship else -1
    linked = [
        (field.name, wires.index(wire), field.shape is Shape.SET, names.get(field.refers_to, {}))
        for field, wire in layout.links
    ]
    sided = [(field.name, wires.index(wire), _sides_of(field, names)) for field, wire in layout.roles]

    def finish(seen: Seen) -> LiveResource:
        spec, links = dict(seen.spec), seen.links  # what was seen may be finished again, under other names
        for link_name, at, is_set, known in linked:
            if linked_to := [known.get(identity, identity) for identity in links[at]]:
                spec[link_name] = linked_to if is_set else linked_to[0]
        untold = _ALL_TOLD
        for roles_name, at, sides in sided:
            roles = _read_roles(sides, links[at], included)
            if roles is None:
                untold |= {roles_name}
            else:
                spec[roles_name] = roles
        address = Address(kind.name, seen.name)
        return LiveResource(
            address,
            seen.identity,
            hiding(kind, address, spec) if is_free else spec,
            seen.is_system,
            seen.is_well and (waits_at < 0 or member is None or member in links[waits_at]),
            seen.is_deleting,
            seen.is_broken,
            seen.born,
            seen.mark,
            untold,
        )

    return finish


_ALL_TOLD: frozenset[str] = frozenset()


_Paths = tuple[tuple[Field, str], ...]


class _Layout(NamedTuple):
    """A table, sorted by how its fields are read: fields with their paths on the wire."""

    plain: tuple[tuple[str, str], ...]  # by name: their API value is their spec value
    sets: tuple[str, ...]  # of these
    shaped: _Paths
    links: _Paths
    roles: _Paths
    wires: tuple[str, ...]  # of links and roles, and of what readiness hangs on
    is_free: bool
    awaited: Address | None


@lru_cache(maxsize=64)  # one for each kind: an apply decodes one resource at a time
def _layout(kind: Kind) -> _Layout:
    plain = [field for field in kind.fields if _is_plain(field)]
    read = [field for field in kind.fields if is_attribute(field) and not field.write_only]
    shaped = [field for field in read if field not in plain]
    links = [field for field in kind.fields if is_link(field)]
    roles = [field for field in kind.fields if field.roles]
    readiness = endpoint_of(kind).readiness
    awaited = [readiness.relationship] if readiness is not None and readiness.relationship else []
    return _Layout(
        plain=tuple((field.name, path_of(field)) for field in plain),
        sets=tuple(field.name for field in plain if field.shape is Shape.SET),
        shaped=tuple((field, path_of(field)) for field in shaped),
        links=tuple((field, path_of(field)) for field in links if not field.membership),
        roles=tuple((field, path_of(field)) for field in roles),
        wires=tuple(dict.fromkeys([*map(path_of, links), *map(path_of, roles), *awaited])),
        is_free=has_free_parts(kind),
        awaited=readiness_member(kind),
    )


def _without_mark(carried: Any) -> tuple[Any, str]:
    """Return a map without the mark in it, and the mark: it is ours to write, and no difference to what is stated."""
    if not isinstance(carried, Mapping) or OWNER_MARK not in carried:
        return carried, ""
    return {key: value for key, value in carried.items() if key != OWNER_MARK}, str(carried[OWNER_MARK])


def links_of(item: Body, relationship: str) -> list[str]:
    """Return the ids that a relationship holds; a key that is left out holds none."""
    return _ids((item.get("relationships") or {}).get(relationship))


def _ids(relationship: Body | None) -> list[str]:
    linkage = relationship.get("data") if relationship else None
    if not linkage:
        return []
    return [str(found) for link in (linkage if isinstance(linkage, list) else [linkage]) if (found := link.get("id"))]


def failure_of(kind: Kind, entry: Body) -> str:
    """Return what an entry of a shared document says of an update that failed, "" for nothing."""
    endpoint = kind.wire
    return endpoint.failure(entry) if isinstance(endpoint, SharedDocument) and endpoint.failure is not None else ""


def is_broken(kind: Kind, entry: Body) -> bool:
    """Say whether an entry of a shared document could not be brought to what it says, and has to be written again."""
    endpoint = kind.wire
    return isinstance(endpoint, SharedDocument) and endpoint.is_broken is not None and endpoint.is_broken(entry)


def is_deleting(kind: Kind, attributes: Body) -> bool:
    """Say whether the resource is on its way out."""
    readiness = endpoint_of(kind).readiness
    return readiness is not None and attributes.get(readiness.attribute) == readiness.deleting


def is_ready(kind: Kind, item: Body, member: str | None) -> bool:
    """Say whether others may use the resource (wire reference, sections 2.3 and 6.1).

    `member` is the id that its readiness link must hold; None skips that part.
    """
    readiness = endpoint_of(kind).readiness
    if readiness is None:
        return True
    if not _is_well(readiness, _attributes(kind, item)):
        return False
    return not readiness.relationship or member is None or member in links_of(item, readiness.relationship)


def _is_well(readiness: Readiness, attributes: Body) -> bool:
    """Say whether a resource is ready by its own attributes, as one that is switched off is."""
    if attributes.get(readiness.attribute, readiness.ready) == readiness.ready:
        return True
    return bool(readiness.switch) and attributes.get(readiness.switch, readiness.ready) != readiness.ready


def readiness_member(kind: Kind) -> Address | None:
    """Return the address of what a resource of the kind must be linked to before it is ready, None for nothing."""
    readiness = endpoint_of(kind).readiness
    if readiness is None or not readiness.relationship:
        return None
    linking = next(field for field in kind.fields if path_of(field) == readiness.relationship)
    return Address(linking.refers_to, readiness.member)


def _attributes(kind: Kind, item: Body) -> Body:
    """An entry of a shared document is its own attributes; a resource has them below `attributes`."""
    return item["attributes"] or {} if isinstance(kind.wire, Collection) else item


def _is_plain(field: Field) -> bool:
    """True for a field whose API value is its spec value: most are, and they are read in one go."""
    return (
        is_attribute(field)
        and form_of(field) is Form.PLAIN
        and field.shape in _PLAIN
        and not field.write_only
        and "." not in path_of(field)
        and all(_is_plain(inner) for inner in field.fields)
    )


def _at(attributes: Body, path: str) -> Any:
    if "." not in path:
        return attributes.get(path)
    value: Any = attributes
    for key in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _read(field: Field, value: Any) -> Any:
    if value is None or field.write_only:
        return None
    if form_of(field) is Form.PAIRS:
        return {pair["name"]: pair.get("value", "") for pair in value}
    if form_of(field) is Form.ENTRIES:
        entries = value.get("entries") or []
        return {entry.get("key", entry.get("name")): entry.get("value", "") for entry in entries}
    if field.shape is Shape.SET:
        return sorted(value)
    if field.shape is Shape.OBJECT and isinstance(value, Mapping):
        inner = {path_of(item): item for item in field.fields}
        pairs = ((inner.get(key), key, below) for key, below in value.items())
        found = {(item.name if item else key): _read(item, below) if item else below for item, key, below in pairs}
        return {key: below for key, below in found.items() if below is not None}
    return value


_Sides = Mapping[str, tuple[str, tuple[tuple[str, str, Mapping[str, str]], ...]]]
"""What the platform calls a role -> its name, and its sides: name, relationship, and id -> name of who may be in it."""


def _sides_of(field: Field, names: Names) -> _Sides:
    return {
        role.called: (
            role.name,
            tuple((side.name, path_of(side), names.get(side.refers_to, {})) for side in role.fields),
        )
        for role in field.fields
    }


def _read_roles(by_label: _Sides, identities: Sequence[str], included: Mapping[str, Body]) -> Any:
    """Put together the roles of a project from what came along with it (wire reference, section 11.1).

    None where one of them did not come along: nobody can tell then who is a member.
    """
    roles: dict[str, Any] = {}
    for identity in identities:
        role = included.get(identity)
        if role is None:
            return None
        described = by_label.get(str(role["attributes"].get("name")))
        if described is None:
            continue
        links = role.get("relationships") or {}
        found = {}
        for side, wire, known in described[1]:
            if members := [known.get(member, member) for member in _ids(links.get(wire))]:
                found[side] = sorted(members)
        if found:
            roles[described[0]] = found
    return roles
