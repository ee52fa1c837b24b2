"""What an apply tells and keeps as it goes: events, the timeline, outcomes, the inventory."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from igz_apply.execution.inventory_writer import InventoryWriter
from igz_apply.execution.running_step import RunningStep
from igz_apply.execution.tracker import ChangeTracker
from igz_apply.model.addresses import Address
from igz_apply.model.outcomes import Event, Job, JobWaiting, Outcome, Status, StepEnded, StepStarted, Timing
from igz_apply.model.step import Step
from igz_apply.ports import Accepted, Done, Observer


class EventRecorder:
    """Kept by the one thread that owns the state of an apply. Times are seconds since the apply began."""

    def __init__(
        self, tracker: ChangeTracker, inventory_writer: InventoryWriter, observe: Observer, seconds: Callable[[], float]
    ) -> None:
        self.timeline: list[Timing] = []
        self.broken: Exception | None = None  # what the observer raised; None: it works
        self._tracker = tracker
        self._inventory_writer = inventory_writer
        self._observe = observe
        self._seconds = seconds

    def started(self, step: Step) -> None:
        """A step begins."""
        self._tracker.started(step, self._seconds())
        self._tell(StepStarted(self._seconds(), step.key, step.addresses, step.changes[0].action, step.operation))

    def called(self, running: RunningStep) -> None:
        """Its call has been answered."""
        self._bar(running, running.called)

    def accepted(self, step: Step, sent: Done | Accepted) -> None:
        """It was sent: remember its job, the secrets that it has carried, and what was made otherwise than sent."""
        self._tracker.sent_secrets(sent.secrets)
        self._tracker.misnamed(sent.faults, sent.ids)
        if isinstance(sent, Accepted) and sent.job:
            self._tracker.awaited(step, sent.job)

    def waiting(self, running: RunningStep, job: Job) -> None:
        """It waits for a job, or for something to become ready (then the job has no id)."""
        self._tell(JobWaiting(self._seconds(), running.key, running.step.addresses, job))

    def job_ended(self, running: RunningStep) -> None:
        """Its job has ended, however it did."""
        self._bar(running, running.since, running.job)

    def succeeded(self, step: Step, ids: Mapping[Address, str]) -> None:
        """It is done."""
        self._ended(step, self._tracker.succeeded(step, self._seconds(), ids))
        self._inventory_writer.save()

    def partly(self, step: Step, lost: Mapping[Status, Mapping[Address, str]], ids: Mapping[Address, str]) -> None:
        """It has ended, and some or all of its changes did not go through: the others are applied all the same."""
        outcomes: tuple[Outcome, ...] = ()
        for status, why in lost.items():
            was_refused = status is Status.CONFLICT  # of what was never sent
            outcomes += self._tracker.ended(step, self._seconds(), why, status, was_refused=was_refused)
        self._ended(step, outcomes + self._tracker.succeeded(step, self._seconds(), ids))

    def ended(self, step: Step, status: Status, detail: str, *, was_refused: bool = False, remedy: str = "") -> None:
        """It ends without success; `was_refused` says that it certainly changed nothing, `remedy` what to do then."""
        details = dict.fromkeys(step.addresses, detail)
        found = self._tracker.ended(step, self._seconds(), details, status, was_refused=was_refused, remedy=remedy)
        self._ended(step, found)

    def skipped(self, step: Step, status: Status, why: str) -> None:
        """It never began."""
        self._ended(step, self._tracker.ended(step, None, dict.fromkeys(step.addresses, why), status))

    def save(self) -> None:
        """Bring the inventory to where it lies."""
        self._inventory_writer.save()

    def _ended(self, step: Step, outcomes: tuple[Outcome, ...]) -> None:
        self._tell(StepEnded(self._seconds(), step.key, outcomes))

    def _bar(self, running: RunningStep, since: float, job: str = "") -> None:
        self.timeline.append(Timing(running.key, running.step.addresses, since, self._seconds(), job))

    def _tell(self, event: Event) -> None:
        """Tell the observer. One that fails is told no more, and does not take the apply down with it."""
        if self.broken is not None:
            return
        try:
            self._observe(event)
        except Exception as error:  # whatever a view does, what is in flight must come to a known end first
            self.broken = error
