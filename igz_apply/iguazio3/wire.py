"""How kinds and fields travel on Iguazio 3: what `Kind.wire` and `Field.wire` hold, which nobody else opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import Enum
from typing import Any

from igz_apply.model.kind import Field, Kind
from igz_apply.values import dataclass


class Form(Enum):
    """How the API writes a value."""

    PLAIN = "plain"  # as it stands in a manifest
    PAIRS = "pairs"  # a map, as [{"name", "value"}]
    ENTRIES = "entries"  # a map, as {"entries": [{"key", "value"}]}
    LINK = "link"  # a relationship: a link, or a list of links, to other resources


@dataclass(frozen=True, slots=True)
class Wire:
    """How a field travels."""

    path: str = ""  # the dotted path below the attributes, or the relationship's name; "": the field's name
    form: Form = Form.PLAIN


LINK, PAIRS, ENTRIES = Wire(form=Form.LINK), Wire(form=Form.PAIRS), Wire(form=Form.ENTRIES)
_AS_NAMED = Wire()


class DeleteBy(Enum):
    """How a resource of a collection is deleted."""

    ID = "id"  # DELETE path/id
    NAME = "name"  # DELETE path, with the name in the body


@dataclass(frozen=True, slots=True)
class Readiness:
    """When a resource that exists may be used by others, and how one shows that it is going away."""

    attribute: str  # the API attribute that tells
    ready: str  # its value in a usable resource
    switch: str = ""  # the attribute by which it is switched off on purpose: then it is as ready as it gets
    deleting: str = "deleting"  # the attribute's value in one that is on its way out
    relationship: str = ""  # a to-many link that must also hold `member` by then; "" for none
    member: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """Each resource has a URL of its own."""

    path: str
    type: str
    key: str = "name"  # the attribute that is the natural key
    include: tuple[str, ...] = ()  # what a list has to bring along to be decoded
    headers: Mapping[str, str] = field(default_factory=dict)
    delete_by: DeleteBy = DeleteBy.ID
    by_name: str = ""  # the path below which a resource is found by its name; "": only a filter finds it
    is_system: Callable[[Mapping[str, Any]], bool] | None = None  # from the attributes
    readiness: Readiness | None = None  # None: usable once its create has ended


@dataclass(frozen=True, slots=True)
class Mirror:
    """Another view of a shared document's entries, which older clusters did not keep in step with it."""

    path: str
    attribute: str  # JSON text that holds the entries
    merged_in: str  # the first cluster version in which the document lacks nothing that this shows


@dataclass(frozen=True, slots=True)
class SharedDocument:
    """Resources are the entries of one document, which is written whole and by one job."""

    path: str
    type: str
    key: str  # the natural key: a dotted path below an entry
    entries: str  # the attribute that holds the list of entries
    entry_spec: str  # the part of an entry that holds what is written, marks included
    attributes: Mapping[str, Any]  # what every update says beside the entries
    changed: Mapping[str, Any]  # marks of an entry that an update changes
    unchanged: Mapping[str, Any]  # marks of one that it leaves alone
    restarted: Mapping[str, Any]  # marks of one that is restarted as it is
    running_job: str  # the attribute that names a modification in progress
    last_job: str  # the attribute that names the last one, be it in progress
    idle_states: frozenset[str]  # states in which an update may be sent
    status: str = "status"  # the part of an entry in which the platform tells how it is
    failure: Callable[[Mapping[str, Any]], str] | None = None  # after an update that failed: what an entry says of it
    is_broken: Callable[[Mapping[str, Any]], bool] | None = None  # whether an entry has failed beyond doubt
    is_system: Callable[[Mapping[str, Any]], bool] | None = None  # from an entry
    names_cluster: str = ""  # the attribute that names the cluster, where the document has one
    mirror: Mirror | None = None  # where else entries are seen that the document may lack
    readiness: None = None  # an entry is usable once its job has ended


Endpoint = Collection | SharedDocument


def endpoint_of(kind: Kind) -> Endpoint:
    """Return where resources of the kind live."""
    assert isinstance(kind.wire, Collection | SharedDocument), f"{kind.name} is no kind of Iguazio 3"
    return kind.wire


def path_of(item: Field) -> str:
    """Return the field's name on the wire."""
    return _wire_of(item).path or item.name


def form_of(item: Field) -> Form:
    """Return how the API writes the field."""
    return _wire_of(item).form


def is_link(item: Field) -> bool:
    """Say whether the field is a relationship of the resource itself."""
    return _wire_of(item).form is Form.LINK


def is_attribute(item: Field) -> bool:
    """Say whether the field is an attribute of the resource itself."""
    return not (item.mirrored or item.roles or item.steers or is_link(item))


def _wire_of(item: Field) -> Wire:
    wire = item.wire or _AS_NAMED
    assert isinstance(wire, Wire), f"{item.name} is no field of Iguazio 3"
    return wire
