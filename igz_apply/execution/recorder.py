"""What an apply tells and keeps as it goes: events, the timeline, outcomes, the inventory."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from igz_apply.execution.inventory_writer import Keeper
from igz_apply.execution.running_step import Flight
from igz_apply.execution.tracker import Ledger
from igz_apply.model.addresses import Address
from igz_apply.model.outcomes import Event, Job, JobWaiting, Outcome, Status, StepEnded, StepStarted, Timing
from igz_apply.model.step import Step
from igz_apply.ports import Accepted, Done, Observer


class Journal:
    """Kept by the one thread that owns the state of an apply. Times are seconds since the apply began."""

    def __init__(self, ledger: Ledger, keeper: Keeper, observe: Observer, seconds: Callable[[], float]) -> None:
        self.timeline: list[Timing] = []
        self.broken: Exception | None = None  # what the observer raised; None: it works
        self._ledger = ledger
        self._keeper = keeper
        self._observe = observe
        self._seconds = seconds

    def started(self, step: Step) -> None:
        """A step begins."""
        self._ledger.started(step, self._seconds())
        self._tell(StepStarted(self._seconds(), step.key, step.addresses, step.changes[0].action))

    def called(self, flight: Flight) -> None:
        """Its call has been answered."""
        self._bar(flight, flight.called)

    def accepted(self, step: Step, sent: Done | Accepted) -> None:
        """It was sent: remember its job, the secrets that it has carried, and what was made otherwise than sent."""
        self._ledger.sent_secrets(sent.secrets)
        self._ledger.misnamed(sent.faults, sent.ids)
        if isinstance(sent, Accepted) and sent.job:
            self._ledger.awaited(step, sent.job)

    def waiting(self, flight: Flight, job: Job) -> None:
        """It waits for a job, or for something to become ready (then the job has no id)."""
        self._tell(JobWaiting(self._seconds(), flight.key, flight.step.addresses, job))

    def job_ended(self, flight: Flight) -> None:
        """Its job has ended, however it did."""
        self._bar(flight, flight.since, flight.job)

    def succeeded(self, step: Step, ids: Mapping[Address, str]) -> None:
        """It is done."""
        self._ended(step, self._ledger.succeeded(step, self._seconds(), ids))
        self._keeper.save()

    def partly(self, step: Step, lost: Mapping[Status, Mapping[Address, str]], ids: Mapping[Address, str]) -> None:
        """It has ended, and some or all of its changes did not go through: the others are applied all the same."""
        outcomes: tuple[Outcome, ...] = ()
        for status, why in lost.items():
            was_refused = status is Status.CONFLICT  # of what was never sent
            outcomes += self._ledger.ended(step, self._seconds(), why, status, was_refused=was_refused)
        self._ended(step, outcomes + self._ledger.succeeded(step, self._seconds(), ids))

    def ended(self, step: Step, status: Status, detail: str, *, was_refused: bool = False, remedy: str = "") -> None:
        """It ends without success; `was_refused` says that it certainly changed nothing, `remedy` what to do then."""
        details = dict.fromkeys(step.addresses, detail)
        found = self._ledger.ended(step, self._seconds(), details, status, was_refused=was_refused, remedy=remedy)
        self._ended(step, found)

    def skipped(self, step: Step, status: Status, why: str) -> None:
        """It never began."""
        self._ended(step, self._ledger.ended(step, None, dict.fromkeys(step.addresses, why), status))

    def save(self) -> None:
        """Bring the inventory to where it lies."""
        self._keeper.save()

    def _ended(self, step: Step, outcomes: tuple[Outcome, ...]) -> None:
        self._tell(StepEnded(self._seconds(), step.key, outcomes))

    def _bar(self, flight: Flight, since: float, job: str = "") -> None:
        self.timeline.append(Timing(flight.key, flight.step.addresses, since, self._seconds(), job))

    def _tell(self, event: Event) -> None:
        """Tell the observer. One that fails is told no more, and does not take the apply down with it."""
        if self.broken is not None:
            return
        try:
            self._observe(event)
        except Exception as error:  # whatever a view does, what is in flight must come to a known end first
            self.broken = error
