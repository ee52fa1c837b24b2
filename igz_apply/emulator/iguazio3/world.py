"""What every rule works with: the tables, the options, the caller; and what a rule is: hooks around an operation."""

# ruff: noqa: ARG002 - hooks share one signature, and not every one of them needs all of it.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from igz_apply.emulator.engine import world
from igz_apply.emulator.engine.http_errors import Refusal, forbidden, not_found
from igz_apply.emulator.engine.messages import Request
from igz_apply.emulator.engine.record_store import Record, Store
from igz_apply.emulator.engine.timestamps import timestamp
from igz_apply.emulator.iguazio3.options import Options
from igz_apply.emulator.iguazio3.query import Query
from igz_apply.emulator.iguazio3.resource_type import ResourceType

Links = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a user, the policies that the user has directly or through groups, and the credential."""

    user: Record
    policies: frozenset[str]  # not looked at, and empty, where the caller is unrestricted
    credential: Record  # a session or an access key
    is_unrestricted: bool = False  # passes every check, as the predefined administrators do

    @property
    def name(self) -> str:
        """Return the username."""
        return str(self.user.attributes["username"])

    def has(self, *policies: str) -> bool:
        """Tell whether the caller has one of these policies."""
        return self.is_unrestricted or not self.policies.isdisjoint(policies)


@dataclass(frozen=True, slots=True, kw_only=True)
class World(world.World):
    """The emulated system at one moment."""

    options: Options
    types: Mapping[str, ResourceType]
    behaviours: Mapping[str, Behaviour]

    @property
    def timestamp(self) -> str:
        """Return the moment as the platform writes it (wire reference, section 3.4)."""
        return timestamp(self.now)

    def behaviour(self, type_name: str) -> Behaviour:
        """Return what a type does beyond its table."""
        return self.behaviours.get(type_name) or self.behaviours[""]

    def name_taken(self, what: str) -> Refusal:
        """Return the refusal of a name that exists already."""
        return Refusal(self.options.conflict_status, f"{what} already exists")


@dataclass(frozen=True, slots=True)
class Call:
    """One request of one caller, in its world."""

    world: World
    request: Request
    query: Query
    caller: Caller

    @property
    def store(self) -> Store:
        """Return the store of the world."""
        return self.world.store

    def require(self, *policies: str) -> None:
        """Refuse (403) a caller who has none of these policies; nothing is asked for when there are none."""
        if policies and not self.caller.has(*policies):
            raise forbidden(f"{self.caller.name} needs the policy {' or '.join(policies)}")
        if policies and self.caller.user.private.get("policies_from", 0.0) > self.world.now:
            raise forbidden(f"The policies of {self.caller.name} have not spread yet")

    def find(self, type_name: str, record_id: str) -> Record:
        """Return a stored record. Raises Refusal (404) if there is none."""
        record = self.store.get(self.world.types[type_name].stored_as, record_id)
        if record is None:
            raise not_found(f"{type_name} {record_id}")
        return record


@dataclass(slots=True)
class Draft:
    """A record as a request wants it to be, before it is stored.

    `links` holds the relationships that the request names, by name, each as the full list of target ids;
    `secrets` the values of secret attributes; `given` the attributes that the request names.
    """

    type: ResourceType
    record: Record
    links: Links
    secrets: dict[str, str]
    given: frozenset[str]
    before: Record | None = None  # None: it is being created
    policies: dict[str, frozenset[str]] = field(default_factory=dict)  # of users, before the change


class Behaviour:
    """The hooks around the plain operations of `operations.py`. Each may refuse by raising Refusal."""

    def visible_ids(self, call: Call) -> list[str] | None:
        """Return the ids that the caller may see, None for all of them."""
        return None

    def check_readable(self, call: Call, resource_type: ResourceType, record: Record | None) -> None:
        """Refuse a caller who may not read this record, or the list if there is none."""
        if not call.world.options.open_reads or resource_type.name not in ("user", "user_group"):
            call.require(*resource_type.read_policies)

    def check_writable(self, call: Call, resource_type: ResourceType, record: Record | None) -> None:
        """Refuse a caller who may not change this record, or create one if there is none."""
        call.require(*resource_type.write_policies)

    def prepare(self, call: Call, draft: Draft) -> None:
        """Complete and check a draft, before it is stored."""

    def created(self, call: Call, draft: Draft) -> dict[str, Any]:
        """Act after a create; return further relationships for the answer."""
        return {}

    def updated(self, call: Call, draft: Draft) -> None:
        """Act after an update."""

    def check_deletable(self, call: Call, record: Record) -> None:
        """Refuse a delete that the present state does not allow."""

    def deleting(self, call: Call, record: Record) -> None:
        """Act when a delete has been accepted, before its job has ended."""

    def further(self, call: Call, ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return by id the attributes that a client sees of these records beyond, or instead of, what is stored."""
        return {}
