"""What every rule of the emulator works with: the state, the tables, the options, the moment, the caller."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from igz_apply.emulator.engine.http_errors import Refusal, forbidden, not_found
from igz_apply.emulator.engine.record_store import Record, Store
from igz_apply.emulator.engine.table import ResourceType
from igz_apply.emulator.engine.timestamps import timestamp
from igz_apply.emulator.iguazio3.options import Options
from igz_apply.emulator.iguazio3.query import Query

if TYPE_CHECKING:
    from igz_apply.emulator.engine.faults import Faults
    from igz_apply.emulator.iguazio3.behaviour import Behaviour


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the server library read it. `path` is decoded, `query` is not."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # lower-case names
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back. `document` None means an empty body."""

    status: int
    document: dict[str, Any] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    user: str = ""  # the caller, for the request log


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a user, the policies that the user has directly or through groups, and the credential."""

    user: Record
    policies: frozenset[str]
    credential: Record  # a session or an access key
    is_unrestricted: bool = False  # passes every check, as the predefined administrators do

    @property
    def name(self) -> str:
        """Return the username."""
        return str(self.user.attributes["username"])

    def has(self, *policies: str) -> bool:
        """Tell whether the caller has one of these policies."""
        return self.is_unrestricted or not self.policies.isdisjoint(policies)


@dataclass(frozen=True, slots=True)
class World:
    """The emulated system at one moment."""

    store: Store
    types: Mapping[str, ResourceType]
    behaviours: Mapping[str, Behaviour]
    options: Options
    faults: Faults
    now: float  # seconds since the epoch
    ctx: str  # the id of the request that is being answered
    shift: int = 0  # a fault: by how many records the pages after the first are displaced

    @property
    def timestamp(self) -> str:
        """Return the moment as the platform writes it."""
        return timestamp(self.now)

    def at(self, moment: float) -> World:
        """Return the same world at another moment."""
        return replace(self, now=moment)

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


def new_ctx() -> str:
    """Return a request's context id: an unsigned 64-bit number in decimal."""
    return str(random.getrandbits(64))
