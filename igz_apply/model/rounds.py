"""One round of reconciling, as whoever watches is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Report, Status
from igz_apply.model.problems import Problem
from igz_apply.values import dataclass


class Ending(str, Enum):
    """How a round ended."""

    IN_SYNC = "in_sync"  # nothing differs
    DRIFTED = "drifted"  # something differs, and none of it may be healed
    HEALED = "healed"  # all that may be healed was
    PARTLY = "partly"  # some of what may be healed was not
    REFUSED = "refused"  # a rail, a policy or a hook said no to all of it
    INVALID = "invalid"  # manifests, config or commit are not to be used
    FAILED = "failed"  # cluster, inventory or git could not be reached, or did not do what they should
    STANDBY = "standby"  # another holds the lease, or the inventory
    INTERRUPTED = "interrupted"  # it was asked to end meanwhile

    @property
    def is_failure(self) -> bool:
        """Whether the next round comes later for it."""
        return self in (Ending.PARTLY, Ending.REFUSED, Ending.INVALID, Ending.FAILED)


class Cause(str, Enum):
    """Why a difference is not healed."""

    MODE = "mode"  # its kind is only told of
    PAUSED = "paused"
    FROZEN = "frozen"
    FLAPPING = "flapping"  # somebody else writes it as often as we do
    RAIL = "rail"  # it takes a waiver, which only a person gives
    SECRET = "secret"  # it sends one that is not to be had, or that the platform would refuse
    WAITS = "waits"  # for something that is held back itself


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Why one change is not made by a round."""

    cause: Cause
    why: str  # a clause for a person: `paused until 2026-12-31 18:00 +0100: migration`
    code: str = ""  # of the rail, or of what is wrong with a secret: IGZ-404; "" for the other causes


@dataclass(frozen=True, slots=True)
class Revision:
    """What of git a round is about."""

    commit: str = ""  # "": no repository, or not known
    ref: str = ""
    signed_by: str = ""  # whose key; "": nothing had to be signed
    is_dirty: bool = False


@dataclass(frozen=True, slots=True)
class Round:
    """One round, once it is over."""

    number: int  # from 1
    began: str  # UTC, ISO 8601: 2026-11-30T15:00:00Z
    seconds: float
    ending: Ending
    revision: Revision = Revision()
    plan: Plan | None = None  # the whole of it: all that differs; None: none was made
    held: Mapping[Address, HeldBack] = field(default_factory=dict)  # what of the plan was not to be made
    report: Report | None = None  # of what was healed; None: nothing was sent
    problems: tuple[Problem, ...] = ()  # why not
    error: str = ""  # what went wrong, for a person; "": nothing
    failures_in_a_row: int = 0  # up to this one
    next_in: float | None = None  # seconds until the next; None: there is none

    @property
    def healed(self) -> tuple[Address, ...]:
        """What was made as declared."""
        if self.report is None:
            return ()
        return tuple(it.address for it in self.report.outcomes if it.status is Status.APPLIED)
