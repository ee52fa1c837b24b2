"""What a run leaves behind: who changed what and when, how it ended, and how everything was before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Change
from igz_apply.model.outcomes import Status
from igz_apply.model.resources import Caller, Entry
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known of a run before it has read anything; "" is what is not known."""

    command: str = ""
    process: str = ""  # "ada@runner-7 (pid 4711)"
    ci: str = ""  # who began the job, in CI's own word
    ci_url: str = ""  # of that job
    target: str = ""  # of the config
    waivers: tuple[str, ...] = ()  # as they were given: "delete:User=12"
    commit: str = ""  # of the manifests
    tree: str = ""
    is_dirty: bool = False  # whether they hold what no commit has


@dataclass(frozen=True, slots=True)
class Held:
    """A role that something had before it was deleted: by whom it is listed, and in which list."""

    by: Address
    path: tuple[str, ...]  # of the list, below the spec


@dataclass(frozen=True, slots=True)
class Before:
    """One change that a run sent, or was to send, with how it was before."""

    change: Change
    linked: tuple[str, ...] = ()  # of what is deleted: a user's groups, a group's users
    held: tuple[Held, ...] = ()  # of what is deleted
    lost: tuple[str, ...] = ()  # what no call gives back of it


@dataclass(frozen=True, slots=True)
class Left:
    """What a run has left of something that it made."""

    id: str = ""  # "": not known
    born: str = ""
    spec: Mapping[str, Any] | None = None  # as it was read back; None: it was not
    linked: tuple[str, ...] = ()  # as `Before.linked`


@dataclass(frozen=True, slots=True)
class Ended:
    """How one change of a run ended."""

    status: Status
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The record of one run, as it was read."""

    id: str
    began: str  # ISO 8601, UTC
    ended: str  # "": it did not end, or runs still
    exit_code: int | None  # None: it did not end
    facts: RunFacts
    caller: Caller
    digest: str  # of its plan
    undoes: str  # the run that it undid; "": none
    changes: tuple[Before, ...]
    entries: Mapping[Address, Entry | None]  # the inventory's before it, of all that it changed there; None: none
    noted: Mapping[Address, Entry | None]  # of those that no change is about: what it made of them
    operations: tuple[str, ...] = ()  # "restart AppService/x": what it did beside
    outcomes: Mapping[Address, Ended] = field(default_factory=dict)
    left: Mapping[Address, Left] = field(default_factory=dict)

    def may_have_changed(self, address: Address) -> bool:
        """Say whether a change may have done anything: all may have, of a run that did not end."""
        end = self.outcomes.get(address)
        return end is None or end.status.may_have_changed
