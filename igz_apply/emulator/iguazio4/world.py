"""What every rule of Iguazio 4 works with: the options, the caller, and what an answer shows of a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from igz_apply.emulator.engine import world
from igz_apply.emulator.engine.http_errors import Refusal, forbidden, not_found
from igz_apply.emulator.engine.messages import Request
from igz_apply.emulator.engine.record_store import Record, Store
from igz_apply.emulator.iguazio4.moments import moment
from igz_apply.emulator.iguazio4.options import Options
from igz_apply.emulator.iguazio4.rights import Rights

IN_GROUP = "user.groups"  # from a user to a group
PARENT = "group.parent"  # from a group to the one above it
_EMPTY: tuple[Any, ...] = (None, "", 0, False, [], {})


@dataclass(frozen=True, slots=True, kw_only=True)
class World(world.World):
    """The emulated system at one moment."""

    options: Options

    @property
    def moment(self) -> str:
        """Return the moment as the platform writes it (section 3.4)."""
        return moment(self.now)

    def message(self, fields: Mapping[str, Any], kept: tuple[str, ...] = ()) -> dict[str, Any]:
        """Return the fields of a message as they are sent: None never, empty ones where that is asked for (3.3).

        `kept` names fields that are sent although they are empty.
        """
        if self.options.send_empty_values:
            return {name: value for name, value in fields.items() if value is not None}
        return {name: value for name, value in fields.items() if name in kept or value not in _EMPTY}

    def number(self, value: int | None) -> int | str | None:
        """Return a 64-bit integer as it is sent (3.4)."""
        return str(value) if value is not None and self.options.text_integers else value


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a user, and what the user's policies permit."""

    user: Record
    rights: Rights
    session: str  # the id of the token record that the access token came from

    @property
    def name(self) -> str:
        """Return the username."""
        return str(self.user.attributes["username"])


@dataclass(frozen=True, slots=True)
class Visit:
    """One request in its world, of whomever."""

    world: World
    request: Request

    @property
    def store(self) -> Store:
        """Return the store of the world."""
        return self.world.store

    @property
    def options(self) -> Options:
        """Return how the emulator behaves."""
        return self.world.options


@dataclass(frozen=True, slots=True)
class Call(Visit):
    """One request of a caller who is known."""

    caller: Caller

    def may(self, action: str, resource: str) -> bool:
        """Tell whether the caller may do this."""
        return not self.options.enforce_policies or self.caller.rights.allow(action, resource)

    def require(self, action: str, resource: str) -> None:
        """Refuse (403) a caller who may not do this."""
        if not self.may(action, resource):
            raise forbidden(f"{self.caller.name} is not allowed to {action} {resource}")

    def user(self, username: str) -> Record:
        """Return a user. Raises Refusal (404) if there is none."""
        found = self.store.by_name("user", known_name(self.options, username))
        if found is None:
            raise not_found(f"user {username[:120]!r}")
        return found

    def record(self, type_name: str, record_id: str) -> Record:
        """Return a record by its id. Raises Refusal (404) if there is none."""
        found = self.store.get(type_name, record_id)
        if found is None:
            raise not_found(f"{type_name} {record_id[:120]!r}")
        return found


def known_name(options: Options, username: str) -> str:
    """Return a username as it is stored (section 18)."""
    return username.lower() if options.lower_usernames else username


def refuse_read_only(world: World, name: str) -> None:
    """Refuse a change of a user or group that was imported (section 21)."""
    prefix = world.options.read_only_prefix
    if prefix and name.lstrip("/").startswith(prefix):
        raise Refusal(403, f"{name} comes from an identity provider, and is read-only here")
