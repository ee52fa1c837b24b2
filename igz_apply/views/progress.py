"""Where an apply stands, worked out from its events alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action
from igz_apply.model.outcomes import Event, Job, JobWaiting, Status, StepEnded, StepStarted
from igz_apply.values import dataclass

_ENOUGH_TO_ESTIMATE = 3


@dataclass(frozen=True, slots=True)
class Running:
    """A step that has started and not ended."""

    addresses: tuple[Address, ...]
    action: Action
    since: float  # seconds since the apply began
    job: Job | None = None  # None: its call is in flight
    operation: str = ""  # "": it writes

    @property
    def verb(self) -> str:
        """What happens to what it is about."""
        return self.operation or self.action.value


class Progress:
    """What runs, what has ended and how, and how much is left."""

    def __init__(self, total: int = 0) -> None:
        self.total = total  # changes and operations, not steps
        self.running: dict[str, Running] = {}
        self.ended: Counter[Status] = Counter()

    def note(self, event: Event) -> None:
        """Take an event in."""
        match event:
            case StepStarted(at=at, step=step, addresses=addresses, action=action, operation=operation):
                self.running[step] = Running(addresses, action, at, operation=operation)
            case JobWaiting(at=at, step=step, addresses=addresses, job=job):
                known = self.running.get(step) or Running(addresses, Action.UPDATE, at)
                self.running[step] = replace(known, job=job)
            case StepEnded(step=step, outcomes=outcomes):
                self.running.pop(step, None)
                for outcome in outcomes:
                    if outcome.operation or outcome.action.writes:
                        self.ended[outcome.status] += 1

    @property
    def done(self) -> int:
        """How many changes have ended, well or not."""
        return self.ended.total()

    @property
    def ended_well(self) -> int:
        """How many changes are applied."""
        return self.ended[Status.APPLIED]

    @property
    def left(self) -> int:
        """How many changes have neither ended nor started."""
        in_flight = sum(len(running.addresses) for running in self.running.values())
        return max(0, self.total - self.done - in_flight)

    def estimate(self, now: float) -> float | None:
        """Return how many seconds are left if it goes on as it went; None before there is anything to go by."""
        if self.done < _ENOUGH_TO_ESTIMATE or self.total <= self.done:
            return None
        return now / self.done * (self.total - self.done)
