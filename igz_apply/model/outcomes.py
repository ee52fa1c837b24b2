"""How an apply went: the events that it tells while it runs, and the report at its end."""

from __future__ import annotations

from collections import Counter
from enum import Enum

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, FieldDiff, Plan
from igz_apply.values import dataclass


class Status(str, Enum):
    """How one change ended; every change of a plan ends as exactly one of these."""

    APPLIED = "applied"
    FAILED = "failed"
    SKIPPED = "skipped"  # something that it needs did not succeed
    CONFLICT = "conflict"  # somebody else changed, since the plan, what it was to write: it was not sent
    TIMED_OUT = "timed_out"  # it was sent, and its job or its resource did not come to an end in time
    UNKNOWN = "unknown"  # the answer was lost, and looking did not settle it
    INTERRUPTED = "interrupted"  # a part of it was done before something stopped the apply
    CANCELLED = "cancelled"  # something stopped the apply before it started

    @property
    def words(self) -> str:
        """The status for a reader."""
        return self.value.replace("_", " ")

    @property
    def may_have_changed(self) -> bool:
        """True when the cluster may be another by it: also after a failure, for a job can fail halfway."""
        return self not in (Status.SKIPPED, Status.CONFLICT, Status.CANCELLED)

    @property
    def is_bad(self) -> bool:
        """True when it went wrong by itself: not for what was stopped, or skipped because of another."""
        return self in (Status.FAILED, Status.CONFLICT, Status.TIMED_OUT, Status.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Job:
    """A background job of the control plane, as last seen."""

    id: str
    state: str
    message: str = ""  # the platform's own words, "" when it has none


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A call is about to be made."""

    at: float  # seconds since the apply began
    step: str
    addresses: tuple[Address, ...]
    action: Action
    operation: str = ""  # "": it writes

    @property
    def verb(self) -> str:
        """What happens to what it is about."""
        return self.operation or self.action.value


@dataclass(frozen=True, slots=True)
class JobWaiting:
    """A step's call has been answered; its job, or the resource's readiness, is awaited."""

    at: float
    step: str
    addresses: tuple[Address, ...]
    job: Job


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step has come to its end, with the outcome of each change that it carried."""

    at: float
    step: str
    outcomes: tuple[Outcome, ...]


Event = StepStarted | JobWaiting | StepEnded


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one change ended, or one operation."""

    address: Address
    action: Action
    status: Status
    detail: str = ""  # the error's text, or the chain of reasons of a skip
    remedy: str = ""  # what to do about it; "": the same again may succeed
    job: str = ""  # the id of the last job that it awaited
    started: float | None = None  # seconds since the apply began; None: it never started
    ended: float | None = None
    operation: str = ""  # which operation on the resource it is about; "": its change

    @property
    def verb(self) -> str:
        """What was to happen to the resource."""
        return self.operation or self.action.value


@dataclass(frozen=True, slots=True)
class NotConverged:
    """What the cluster did not keep of a resource that was applied."""

    address: Address
    diff: tuple[FieldDiff, ...]


@dataclass(frozen=True, slots=True)
class Timing:
    """One bar of the timeline: a step's call, or a job that it awaited."""

    step: str
    addresses: tuple[Address, ...]
    started: float
    ended: float
    job: str = ""  # "": the call itself


@dataclass(frozen=True, slots=True)
class Report:
    """The account of a whole apply: every change and every operation has an outcome, and the counts add up."""

    plan: Plan
    outcomes: tuple[Outcome, ...]  # of the changes that write
    not_converged: tuple[NotConverged, ...] = ()
    filled: tuple[NotConverged, ...] = ()  # what was cleared, and has a value of the platform's own now: all is well
    read_back: bool = True  # False: what was touched could not be read again, so nothing is known of it
    failures: tuple[str, ...] = ()  # what went wrong beside the changes: the inventory, the reading back
    interrupted: bool = False
    deadline: float | None = None  # seconds from the start; what had not begun by then was not sent. None: no matter
    seconds: float = 0.0
    timeline: tuple[Timing, ...] = ()
    operated: tuple[Outcome, ...] = ()  # of the operations
    run: str = ""  # its record; "": it left none

    @property
    def ends(self) -> tuple[Outcome, ...]:
        """The outcomes of all that the plan does on the cluster, changes first."""
        return (*self.outcomes, *self.operated) if self.operated else self.outcomes

    @property
    def counts(self) -> dict[str, int]:
        """How many changes and operations ended in each status, every status named."""
        counted = Counter(outcome.status.value for outcome in self.ends)
        return {status.value: counted[status.value] for status in Status}

    @property
    def adopted(self) -> int:
        """How many resources the inventory has taken note of as ours, nothing being sent for them."""
        return self.plan.counts[Action.ADOPT.value]

    @property
    def exit_code(self) -> int:
        """0 when all is applied and kept; 130 after an interrupt; 1 where a deadline came before any change; else 5."""
        if self.interrupted:
            return 130
        if self.deadline is not None and not any(outcome.status.may_have_changed for outcome in self.ends):
            return 1
        succeeded = all(outcome.status is Status.APPLIED for outcome in self.ends)
        return 0 if succeeded and self.read_back and not self.not_converged and not self.failures else 5
