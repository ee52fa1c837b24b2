"""A snapshot's JSON document (schemas/snapshot.schema.json): bytes and back, faults as problems.

The document begins with a digest of all that follows it, byte by byte: thousands of resources are checked in no time.
It protects from damage and from edits; it is no signature.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from igz_apply.errors import InvalidInput
from igz_apply.model.addresses import Address
from igz_apply.model.hidden import Hidden, untold
from igz_apply.model.plain_values import tagged, untagged
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Caller, Entry, Home, LiveResource, LiveState, OnRemoval, Owned
from igz_apply.patterns import pattern
from igz_apply.ports import Presence, Sighting
from igz_apply.snapshots.snapshot import SENT, Case, Ownership, Snapshot

FORMAT_VERSION = 1

_TAKEN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
_HEAD = pattern(rb'\{"digest":"sha256:([0-9a-f]{64})",')
_HINT = "Take another with `igz-apply snapshot FILE`. It is read as it was written: to edit or to format it spoils it."

Data = dict[str, Any]


class _Live(msgspec.Struct):
    id: str
    spec: Data
    is_system: bool = False
    is_ready: bool = True
    is_deleting: bool = False
    is_broken: bool = False
    born: str = ""
    mark: str = ""
    unknown: list[str] = []
    contents: str | None = None
    called: str = ""


class _LiveState(msgspec.Struct):
    resources: dict[str, dict[str, Data]]  # by kind and name, each a _Live
    groups_of: dict[str, list[str]]
    partial: dict[str, str] = {}
    hidden: dict[str, str] = {}
    read_only: dict[str, str] = {}
    looked_up: dict[str, list[str]] = {}
    unread: list[str] = []


class _Caller(msgspec.Struct):
    endpoint: str
    username: str
    tenant: str
    version: str
    cluster: str = ""


class _Home(msgspec.Struct):
    tenant: str = ""
    endpoint: str = ""
    cluster: str = ""
    is_elsewhere: bool = False


class _Entry(msgspec.Struct):
    id: str
    values: Data = {}
    is_pending: bool = False
    secrets: list[str] = []
    prevent_destroy: bool = False
    deletion_strategy: str = ""
    mark: str = ""
    born: str = ""
    filled: dict[str, str] = {}
    ignored: list[str] = []
    on_removal: OnRemoval = "delete"
    is_removed: bool = False
    depends_on: list[str] = []
    due: list[str] = []


class _Inventory(msgspec.Struct):
    place: str
    is_new: bool
    home: _Home
    entries: dict[str, dict[str, Data]]  # by kind and name, each an _Entry
    used_plans: list[str] = []
    held: dict[str, str] = {}
    unread: dict[str, str] = {}


class _Sighting(msgspec.Struct):
    presence: Presence
    name: str = ""
    id: str = ""
    why: str = ""


_Amount = Annotated[int, msgspec.Meta(ge=0)] | Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}(\.[0-9]+)?%$")]
_Limits = dict[str, _Amount | dict[str, _Amount]]


class _CaseConfig(msgspec.Struct, omit_defaults=True):
    prune: bool = False
    owner: str = ""
    protect: list[str] = []
    min_admins: Annotated[int, msgspec.Meta(ge=1)] = 1
    limits: dict[str, _Limits] = {}


class _Case(msgspec.Struct):
    manifests: list[Data]
    config: _CaseConfig = msgspec.field(default_factory=_CaseConfig)


class _Document(msgspec.Struct):
    format_version: int
    tool_version: str
    taken: Annotated[str, msgspec.Meta(pattern=_TAKEN)]
    platform: str
    caller: _Caller
    live: _LiveState
    inventory: _Inventory
    kinds: list[str] = []
    sightings: dict[str, _Sighting] = {}
    case: _Case | None = None
    sanitised: str = ""


class _Version(msgspec.Struct):
    format_version: int


# To bytes


def encode(snapshot: Snapshot) -> bytes:
    """Return the document of a snapshot; the same snapshot has the same bytes."""
    body = _encoded(_data(snapshot))[1:] + b"\n"
    return b'{"digest":"sha256:%b",%b' % (_digest(body).encode(), body)


def _encoded(data: Data) -> bytes:
    """Return the one text of such data. Half of a surrogate pair, which APIs can send, is written as an escape."""
    try:
        return msgspec.json.encode(data, order="deterministic")
    except UnicodeEncodeError:
        return json.dumps(data, sort_keys=True, separators=(",", ":")).encode("ascii")


def _decoded(content: bytes) -> _Document:
    try:
        return msgspec.json.decode(content, type=_Document)
    except msgspec.MsgspecError:
        if _HALVES not in content:
            raise
        return msgspec.convert(json.loads(content), type=_Document)


_HALVES = b"\\ud"  # what an escaped half of a surrogate pair begins with: the quick decoder takes none


def _digest(body: bytes | memoryview) -> str:
    return hashlib.sha256(body).hexdigest()


def _data(snapshot: Snapshot) -> Data:
    live, caller = snapshot.live, snapshot.live.caller
    data: Data = {
        "format_version": FORMAT_VERSION,
        "tool_version": snapshot.tool_version,
        "taken": snapshot.taken,
        "platform": snapshot.platform,
        "kinds": list(snapshot.kinds),
        "caller": _set(caller, "endpoint", "username", "tenant", "version", "cluster"),
        "live": {
            "resources": _by_kind((it, _live_data(each)) for it, each in live.resources.items()),
            "groups_of": {user: sorted(groups) for user, groups in live.groups_of.items()},
            "partial": dict(live.partial),
            "hidden": _texts(live.hidden),
            "read_only": dict(live.read_only),
            "looked_up": {sort: sorted(names) for sort, names in live.looked_up.items()},
            "unread": sorted(live.unread),
        },
        "inventory": _inventory_data(snapshot.ownership),
        "sightings": {str(it): _sighting_data(each) for it, each in snapshot.sightings.items()},
        "sanitised": snapshot.key_check,
    }
    if snapshot.case is not None:
        data["case"] = {"manifests": list(snapshot.case.manifests), "config": dict(snapshot.case.config)}
    return data


def _set(value: Any, *names: str) -> Data:
    return {name: getattr(value, name) for name in names}


def _by_kind(found: Iterable[tuple[Address, Data]]) -> dict[str, dict[str, Data]]:
    kinds: dict[str, dict[str, Data]] = {}
    for address, data in found:
        kinds.setdefault(address.kind, {})[address.name] = data
    return kinds


def _texts(said: Mapping[Address, str]) -> dict[str, str]:
    return {str(address): text for address, text in said.items()}


def _live_data(live: LiveResource) -> Data:
    """Return what is to be said of a resource; what is as it mostly is goes without saying."""
    data: Data = {"id": live.id, "spec": tagged(without_hashes(live.spec))}
    if live.is_system:
        data["is_system"] = True
    if not live.is_ready:
        data["is_ready"] = False
    if live.is_deleting:
        data["is_deleting"] = True
    if live.is_broken:
        data["is_broken"] = True
    if live.unknown:
        data["unknown"] = sorted(live.unknown)
    if live.contents is not None:
        data["contents"] = live.contents
    data.update({name: text for name in ("born", "mark", "called") if (text := getattr(live, name))})
    return data


def _inventory_data(ownership: Ownership) -> Data:
    owned = ownership.owned
    return {
        "place": ownership.place,
        "is_new": ownership.is_new,
        "home": _set(owned.home, "tenant", "endpoint", "cluster", "is_elsewhere"),
        "entries": _by_kind((it, _entry_data(each)) for it, each in owned.entries.items()),
        "used_plans": list(owned.used_plans),
        "held": _texts(ownership.held),
        "unread": dict(ownership.unread),
    }


def _entry_data(entry: Entry) -> Data:
    """Return what is to be said of an entry: of a secret no more than where one was sent."""
    data: Data = {"id": entry.id, "values": tagged(without_hashes(entry.values))}
    if entry.secrets:
        data["secrets"] = sorted(entry.secrets)
    if entry.filled:
        data["filled"] = dict(entry.filled)
    if entry.ignored:
        data["ignored"] = list(entry.ignored)
    if entry.depends_on:
        data["depends_on"] = list(map(str, entry.depends_on))
    if entry.due:
        data["due"] = list(entry.due)
    if entry.on_removal != "delete":
        data["on_removal"] = entry.on_removal
    data.update({name: True for name in ("is_pending", "prevent_destroy", "is_removed") if getattr(entry, name)})
    data.update({name: text for name in ("deletion_strategy", "mark", "born") if (text := getattr(entry, name))})
    return data


def _sighting_data(sighting: Sighting) -> Data:
    told = {name: text for name in ("name", "id", "why") if (text := getattr(sighting, name))}
    return {"presence": sighting.presence.value, **told}


def without_hashes(value: Any) -> Any:
    """Return a value in which of what may be a secret no hash is left, as salted as it may be."""
    if isinstance(value, Hidden):
        return untold()
    if isinstance(value, Mapping):
        return {key: without_hashes(below) for key, below in value.items()}
    return [without_hashes(below) for below in value] if isinstance(value, list | tuple) else value


# From bytes


def decode(content: bytes, place: str) -> Snapshot:
    """Return the snapshot that a document holds. Raises InvalidInput where it is damaged, edited or too new."""
    head = _HEAD.match(content)
    if head is None:
        raise damaged(place, "it is not what `igz-apply snapshot` writes")
    if _digest(memoryview(content)[head.end() :]).encode() != head[1]:
        raise damaged(place, "it is not as it was written: its digest is of something else")
    try:
        data = _decoded(content)
        _check_format(data.format_version, place)
        moment_of(data.taken)
        # One byte is found ten times as quickly as two, and most documents have none.
        return _snapshot(data, is_tagged=b"$" in content and b'"$' in content)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        _check_format(_version_of(content), place)
        raise damaged(place, f"it is no snapshot ({error})") from None


def moment_of(taken: str) -> datetime:
    """Return the time at which a snapshot says that it was taken. Raises ValueError where there is no such one."""
    return datetime.fromisoformat(f"{taken.removesuffix('Z')}+00:00")


def _version_of(content: bytes) -> int:
    """Return the format of what has another form than this one; where it states none, it is nobody's."""
    try:
        return msgspec.json.decode(content, type=_Version).format_version
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return FORMAT_VERSION


def _check_format(version: int, place: str) -> None:
    if version > FORMAT_VERSION:
        detail = f"{place} has format {version}; this igz-apply knows formats up to {FORMAT_VERSION}."
        hint = "Use the igz-apply that wrote it, or a newer one."
        raise InvalidInput([Problem("Snapshot is too new", detail, hint)])


def _snapshot(data: _Document, *, is_tagged: bool) -> Snapshot:
    def values(spec: Data) -> Data:
        found: Data = untagged(spec) if is_tagged else spec
        return found

    live, caller = data.live, data.caller
    resources = {
        address: _resource(address, each, values)
        for kind, named in live.resources.items()
        for name, each in named.items()
        for address in (Address(kind, name),)
    }
    return Snapshot(
        taken=data.taken,
        platform=data.platform,
        live=LiveState(
            resources,
            {user: frozenset(groups) for user, groups in live.groups_of.items()},
            Caller(caller.endpoint, caller.username, caller.tenant, caller.version, caller.cluster),
            live.partial,
            _addressed(live.hidden),
            live.read_only,
            {sort: frozenset(names) for sort, names in live.looked_up.items()},
            frozenset(live.unread),
        ),
        ownership=_ownership(data.inventory, values),
        sightings={
            Address.parse(text): Sighting(each.presence, each.name, each.id, each.why)
            for text, each in data.sightings.items()
        },
        case=None if data.case is None else Case(data.case.manifests, msgspec.to_builtins(data.case.config)),
        key_check=data.sanitised,
        tool_version=data.tool_version,
        kinds=tuple(data.kinds),
        has_hidden=is_tagged,
    )


def _ownership(data: _Inventory, values: _Values) -> Ownership:
    home = Home(data.home.tenant, data.home.endpoint, data.home.cluster, data.home.is_elsewhere)
    entries = {
        Address(kind, name): _entry(each, values)
        for kind, named in data.entries.items()
        for name, each in named.items()
    }
    owned = Owned(entries, tuple(data.used_plans), home)
    return Ownership(owned, data.place, data.is_new, _addressed(data.held), data.unread)


_NOTHING: dict[str, str] = {}
_Values = Callable[[Data], Data]


def _resource(address: Address, raw: Data, values: _Values) -> LiveResource:
    identity, spec = raw.get("id"), raw.get("spec")
    if len(raw) == 2 and type(identity) is str and type(spec) is dict:
        return LiveResource(address, identity, values(spec))  # all there is to say of most
    told = msgspec.convert(raw, _Live)
    return LiveResource(
        address,
        told.id,
        values(told.spec),
        told.is_system,
        told.is_ready,
        told.is_deleting,
        told.is_broken,
        told.born,
        told.mark,
        frozenset(told.unknown),
        told.contents,
        told.called,
    )


def _entry(raw: Data, values: _Values) -> Entry:
    identity, applied = raw.get("id"), raw.get("values")
    if len(raw) == 2 and type(identity) is str and type(applied) is dict:
        return Entry(identity, False, values(applied), _NOTHING, filled=_NOTHING)
    told = msgspec.convert(raw, _Entry)
    return Entry(
        told.id,
        told.is_pending,
        values(told.values),
        dict.fromkeys(told.secrets, SENT),
        told.prevent_destroy,
        told.deletion_strategy,
        told.mark,
        told.born,
        told.filled,
        tuple(told.ignored),
        told.on_removal,
        told.is_removed,
        tuple(map(Address.parse, told.depends_on)),
        tuple(told.due),
    )


def _addressed(said: Mapping[str, str]) -> dict[Address, str]:
    return {Address.parse(text): words for text, words in said.items()}


def damaged(place: str, what: str) -> InvalidInput:
    return InvalidInput([Problem("Damaged snapshot", f"{place} cannot be used: {what}.", _HINT)])
