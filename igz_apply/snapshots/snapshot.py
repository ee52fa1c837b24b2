"""A snapshot as a value: all that a plan needs to know beside the manifests, and no secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.resources import LiveState, Owned
from igz_apply.ports import Sighting
from igz_apply.values import dataclass

SENT = "sent"
"""What stands in place of the salted hash of a secret: that one was sent, and not which."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """What a run owns, and what others do, as it was found where inventories lie."""

    owned: Owned = Owned()
    place: str = ""  # of the inventory, without credentials
    is_new: bool = True  # whether nothing was there
    held: Mapping[Address, str] = field(
        default_factory=dict
    )  # what other inventories of the cluster own -> their place
    unread: Mapping[str, str] = field(default_factory=dict)  # place of an inventory that nobody could read -> why


@dataclass(frozen=True, slots=True)
class Case:
    """Manifests as they count, with what the config says of a plan of them: all that it takes to see a fault again."""

    manifests: Sequence[Mapping[str, Any]]
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A cluster and an inventory at one time."""

    taken: str  # when the reading began, UTC: 2026-11-30T15:00:00Z
    platform: str
    live: LiveState
    ownership: Ownership = Ownership()
    sightings: Mapping[Address, Sighting] = field(default_factory=dict)  # what was looked for by itself
    case: Case | None = None  # None: it holds no manifests
    key_check: str = ""  # tells one key of hashed names from another; "": names are as they are
    tool_version: str = ""
    kinds: tuple[str, ...] = ()  # that were known, and so read, when it was taken; none: nobody can tell
    has_hidden: bool = field(default=True, compare=False)  # False: no value in it is known to be left out

    @property
    def is_sanitised(self) -> bool:
        """Whether names and all other free text are keyed hashes."""
        return bool(self.key_check)
