"""A plan, cut into steps: one write each, with what it needs and what it must not run beside."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from igz_apply.core.addresses import Address
from igz_apply.core.changes import Change, EdgeChange


class Verb(str, Enum):
    """Which write a step makes."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    MEMBERSHIPS = "memberships"  # the groups of a user that no manifest declares
    ROLES = "roles"  # member lists of a project's roles, in one transaction
    DOCUMENT = "document"  # all changes of a shared document, in one update


@dataclass(frozen=True, slots=True)
class Step:
    """One write of an apply."""

    key: str  # unique in the apply, stable between runs: "create User/ada"
    verb: Verb
    target: Address  # what it writes to; for a shared document the first of its changes
    changes: tuple[Change, ...]  # one, except for a shared document
    needs: frozenset[str] = frozenset()  # keys of the steps that must have succeeded
    lock: str = ""  # steps of the same lock never run at once; "" for none
    edges: tuple[EdgeChange, ...] = ()  # the memberships that this step writes

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The changes that it belongs to."""
        return tuple(change.address for change in self.changes)
