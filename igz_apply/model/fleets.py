"""Several targets in one run: which of them go together, how far failures let it go, and how each one ended."""

from __future__ import annotations

from enum import Enum

from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class FleetPace:
    """How a run goes from target to target."""

    canary: int = 1  # so many targets, the first ones, are a wave of their own before all others; 0: none
    wave: int = 5  # the most targets of one wave: they run at the same time
    max_failures: int = 1  # the run stops once so many targets have failed; a canary that fails always stops it
    max_changed: int | None = None  # the most targets that one run may change; None: all


@dataclass(frozen=True, slots=True)
class FleetTarget:
    """One target of a run."""

    name: str
    wave: int = 0  # as the config numbers it: lower numbers go first, and no wave mixes two


@dataclass(frozen=True, slots=True)
class Wave:
    """Targets that run at the same time; the next wave begins once all of them have ended."""

    number: int  # from 1, in the order of the run
    targets: tuple[str, ...]
    is_canary: bool = False
    stated: int = 0  # the number that the config gives its targets


class TargetStatus(str, Enum):
    """How a run ended for one target; every target of a run ends as exactly one of these."""

    UNCHANGED = "unchanged"  # nothing to do; of `drift`: none
    CHANGES = "changes"  # of `plan`: there are some; of `drift`: it has drifted
    APPLIED = "applied"  # all is made, and was kept
    PARTLY = "partly_applied"  # something was sent, and not all ended well or was kept: exit code 5
    REFUSED = "refused"  # by a rail, a lock, a plan that is not what was approved: exit code 4; nothing was sent
    INVALID = "invalid"  # manifests, config or environment: exit code 3; nothing was sent
    FAILED = "failed"  # the cluster or its inventory could not be reached or read: exit code 1
    INTERRUPTED = "interrupted"  # a signal stopped it: exit code 130
    NOT_STARTED = "not_started"  # the run stopped before it

    @property
    def words(self) -> str:
        """The status for a reader."""
        return self.value.replace("_", " ")

    @property
    def is_well(self) -> bool:
        """True when all was done that was asked for."""
        return self in (TargetStatus.UNCHANGED, TargetStatus.CHANGES, TargetStatus.APPLIED)

    @property
    def is_bad(self) -> bool:
        """True when the run counts it as a failure."""
        return self in (TargetStatus.PARTLY, TargetStatus.REFUSED, TargetStatus.INVALID, TargetStatus.FAILED)


class StopCause(str, Enum):
    """Why a run stopped before it had come to all of its targets."""

    CANARY = "canary"  # a canary failed
    FAILURES = "failures"  # as many failed as may
    CHANGED = "changed"  # as many were changed as may be
    INTERRUPTED = "interrupted"  # a signal
