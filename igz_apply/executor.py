"""Makes a plan true: one thread owns the state, workers make one call each, and an awaited job holds no worker.

The loop: start what may start, look at what is due, wait for the first letter, settle it, tell the observer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor as Pool
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any

from igz_apply.core.addresses import Address
from igz_apply.core.kind import Kinds
from igz_apply.core.outcomes import Job, JobWaiting, Status, StepEnded, StepStarted, Timing
from igz_apply.core.pace import Pace
from igz_apply.core.schedule import Schedule
from igz_apply.core.steps import Step, Verb
from igz_apply.errors import AnswerLost, InvalidInput, InventoryLost, PlaneError
from igz_apply.ledger import Ledger
from igz_apply.ports import Clock, InventoryStore, Mailbox, Observer, Receipt, Writer

SENDS = 3  # how often a step may be sent when answers get lost; before each repetition we look
PAUSE = 0.5  # seconds before we look again at something that is in the way and has no job
FORBIDDEN = (401, 403)
INTERRUPT = object()
"""The letter that asks an execution to start nothing more."""


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """What a caller may say about applying."""

    parallelism: int = 10  # calls in flight
    job_timeout: float | None = None  # seconds; None: what the kind allows
    fail_fast: bool = False  # start nothing new after the first failure


@dataclass(frozen=True, slots=True)
class Ports:
    """The outside of an execution."""

    writer: Writer
    store: InventoryStore
    clock: Clock
    pool: Pool
    observe: Observer


@dataclass(slots=True)
class _Running:
    """A step that has started and not ended."""

    step: Step
    sort: str  # what its job is like, to learn how long such jobs take
    timeout: float
    receipt: Receipt = Receipt()
    sends: int = 0
    called: float = 0.0
    awaited_since: float | None = None  # None: its call has not been answered
    due: float | None = None  # when to look again; None while a call of it is in flight
    has_job_ended: bool = False
    is_sending: bool = False  # from its call until its answer, however often that takes
    is_unsure: bool = False  # an answer was lost, and we have not found out yet whether it happened


class Execution:
    """One apply, from the first step to the last."""

    def __init__(
        self,
        ports: Ports,
        kinds: Kinds,
        ledger: Ledger,
        ids: dict[Address, str],
        options: ApplyOptions,
        mailbox: Mailbox,
    ) -> None:
        self.timeline: list[Timing] = []
        self.is_interrupted = False
        self.store_failure: InventoryLost | None = None
        self._ports = ports
        self._kinds = kinds
        self._ledger = ledger
        self._ids = ids
        self._options = options
        self._mailbox = mailbox
        self._running: dict[str, _Running] = {}
        self._schedule = Schedule(())
        self._calls = 0
        self._is_saving = False
        self._is_unsaved = False
        self._defect: BaseException | None = None
        self._pace = Pace()
        self._begun = ports.clock.now()

    def run(self, steps: Sequence[Step]) -> None:
        """Run the steps to their ends. Raises only what is a defect, once all that was in flight has ended."""
        self._ledger.open(steps)
        self._schedule = Schedule(steps)
        while True:
            self._start()
            self._look()
            if self._schedule.is_finished and not self._calls and not self._is_saving:
                break
            self._receive()
        if self._defect is not None:
            raise self._defect

    @property
    def seconds(self) -> float:
        """Seconds since the execution was made."""
        return self._ports.clock.now() - self._begun

    # What goes out

    def _start(self) -> None:
        while self._calls < self._options.parallelism:
            step = self._schedule.start_next()
            if step is None:
                return
            running = _Running(step, _sort(step), self._timeout(step))
            self._running[step.key] = running
            self._ledger.started(step, self.seconds)
            self._ports.observe(StepStarted(self.seconds, step.key, step.addresses, step.changes[0].action))
            self._perform(running)

    def _perform(self, running: _Running) -> None:
        running.sends += 1
        running.is_sending = True
        running.called = self.seconds
        running.due = None
        if running.step.verb is Verb.AWAIT:
            self._answered(running, Receipt(probes=True))
        else:
            self._call(partial(self._ports.writer.perform, running.step, self._ids), running, self._answered)

    def _look(self) -> None:
        """Look at every job and resource whose time has come, as far as calls are free."""
        for running in list(self._running.values()):
            if self._calls >= self._options.parallelism:
                return
            if running.due is not None and running.due <= self.seconds:
                running.due = None
                self._look_at(running)

    def _look_at(self, running: _Running) -> None:
        writer, receipt = self._ports.writer, running.receipt
        if receipt.job and not running.has_job_ended:
            self._call(partial(writer.job, receipt.job), running, self._job_seen)
        elif receipt.again:
            self._perform(running)
        else:
            self._call(partial(writer.is_settled, running.step, self._ids), running, self._probed)

    def _call(self, work: Callable[[], Any], running: _Running, then: Callable[[_Running, Any], None]) -> None:
        self._calls += 1
        future = self._ports.pool.submit(work)
        future.add_done_callback(lambda done: self._mailbox.put(partial(self._settle, running, then, done)))

    # What comes in

    def _receive(self) -> None:
        letter = self._mailbox.get(self._patience())
        if letter is INTERRUPT:
            self.is_interrupted = True
            self._abandon("interrupted before it started")
        elif letter is not None:
            letter()

    def _patience(self) -> float | None:
        """Return the seconds until the next look is due; None when only a letter can move us."""
        if self._calls >= self._options.parallelism:
            return None
        dues = [running.due for running in self._running.values() if running.due is not None]
        return max(0.0, min(dues) - self.seconds) if dues else None

    def _settle(self, running: _Running, then: Callable[[_Running, Any], None], future: Future[Any]) -> None:
        self._calls -= 1
        error = future.exception()
        if error is None:
            then(running, future.result())
        elif isinstance(error, AnswerLost) and running.is_sending:
            self._lost(running, error)
        elif isinstance(error, PlaneError | InvalidInput):
            self._refused(running, error)
        else:
            self._defect = self._defect or error
            self._fail(running, Status.UNKNOWN, "igz-apply itself failed here; this is a defect")
            self._abandon("igz-apply itself failed before it started")

    def _answered(self, running: _Running, receipt: Receipt) -> None:
        running.receipt = receipt
        running.has_job_ended = running.is_sending = running.is_unsure = False
        self._ids.update(receipt.ids)
        self._ledger.sent_secrets(receipt.secrets)
        self._note(running, running.called)
        if running.awaited_since is None:
            running.awaited_since = self.seconds
        if receipt.job:
            self._ledger.awaited(running.step, receipt.job)
        if receipt.job or receipt.probes or receipt.again:
            job = Job(receipt.job, "created" if receipt.job else "")
            self._ports.observe(JobWaiting(self.seconds, running.step.key, running.step.addresses, job))
            self._wait(running)
        else:
            self._succeed(running)

    def _lost(self, running: _Running, error: AnswerLost) -> None:
        """Look before anything is repeated; a step that was sent too often stays unknown."""
        running.is_unsure = True
        if running.sends >= SENDS:
            self._fail(running, Status.UNKNOWN, str(error))
            return
        settle = partial(self._ports.writer.settle, running.step)
        self._call(settle, running, self._found_out)

    def _found_out(self, running: _Running, receipt: Receipt | None) -> None:
        if receipt is None:
            running.is_unsure = False
            self._perform(running)
        else:
            self._answered(running, receipt)

    def _refused(self, running: _Running, error: PlaneError | InvalidInput) -> None:
        """An error of the call itself fails the step; one of a look is borne until the step's time is up."""
        status = error.status if isinstance(error, PlaneError) else None
        if running.is_sending:
            outcome = Status.UNKNOWN if running.is_unsure else Status.FAILED
            self._fail(running, outcome, str(error), was_refused=not running.is_unsure)
        elif status in FORBIDDEN:
            self._fail(running, Status.UNKNOWN, f"it was sent, but its end cannot be seen: {error}")
        elif self._is_late(running):
            self._fail(running, Status.UNKNOWN, f"{_too_late(running)}; the last look failed: {error}")
        else:
            self._wait(running)

    def _job_seen(self, running: _Running, job: Job | None) -> None:
        if job is None:
            self._job_ended(running)
        elif not job.is_over:
            self._ports.observe(JobWaiting(self.seconds, running.step.key, running.step.addresses, job))
            self._wait_on(running, f"job {job.id} is still {job.state}")
        elif running.receipt.again or job.has_succeeded:
            self._job_ended(running)
        else:
            find = partial(self._ports.writer.failures, running.step, job)
            self._call(find, running, self._failed)

    def _job_ended(self, running: _Running) -> None:
        """Its job has completed, or has vanished, which a finished job does after a while (section 5)."""
        running.has_job_ended = True
        since = running.awaited_since or 0.0
        self._pace.ended(running.sort, self.seconds - since)
        self._note(running, since, running.receipt.job)
        if running.receipt.again:
            self._perform(running)
        elif running.receipt.probes:
            self._look_at(running)
        else:
            self._succeed(running)

    def _probed(self, running: _Running, is_settled: bool) -> None:
        if is_settled:
            self._succeed(running)
        else:
            gone = running.step.verb is Verb.DELETE
            self._wait_on(running, "it is still there" if gone else "it is not usable yet")

    # Waiting

    def _wait(self, running: _Running) -> None:
        waited = self.seconds - (running.awaited_since or 0.0)
        pause = self._pace.next_look(running.sort, waited)
        running.due = self.seconds + (max(pause, PAUSE) if running.receipt.again and not running.receipt.job else pause)

    def _wait_on(self, running: _Running, state: str) -> None:
        if self._is_late(running):
            self._fail(running, Status.UNKNOWN, f"{_too_late(running)}: {state}; look again with the same command")
        else:
            self._wait(running)

    def _is_late(self, running: _Running) -> bool:
        return self.seconds - (running.awaited_since or 0.0) >= running.timeout

    def _timeout(self, step: Step) -> float:
        return self._options.job_timeout or self._kinds[step.changes[0].address.kind].job_seconds

    # Ends

    def _succeed(self, running: _Running) -> None:
        step = running.step
        del self._running[step.key]
        self._schedule.applied(step.key)
        outcomes = self._ledger.succeeded(step, self.seconds, self._ids)
        self._ports.observe(StepEnded(self.seconds, step.key, outcomes))
        self._save()

    def _failed(self, running: _Running, failures: Mapping[Address, str]) -> None:
        """Its job has failed, for some or all of its changes: what went through is applied all the same."""
        step = running.step
        outcomes = self._ledger.ended(step, self.seconds, failures, Status.FAILED)
        outcomes += self._ledger.succeeded(step, self.seconds, self._ids)
        self._close(running, outcomes)

    def _fail(self, running: _Running, status: Status, detail: str, *, was_refused: bool = False) -> None:
        step = running.step
        details = dict.fromkeys(step.addresses, detail)
        outcomes = self._ledger.ended(step, self.seconds, details, status, was_refused=was_refused)
        self._close(running, outcomes)

    def _close(self, running: _Running, outcomes: tuple[Any, ...]) -> None:
        step = running.step
        self._note(running, running.called)
        del self._running[step.key]
        self._ports.observe(StepEnded(self.seconds, step.key, outcomes))
        for stranded, cause in self._schedule.failed(step.key):
            self._skip(stranded, Status.SKIPPED, f"it needs {cause}, which did not succeed")
        if self._options.fail_fast:
            self._abandon("--fail-fast: something else failed before it started")
        self._save()

    def _abandon(self, why: str) -> None:
        for step in self._schedule.abandon():
            self._skip(step, Status.CANCELLED, why)

    def _skip(self, step: Step, status: Status, why: str) -> None:
        outcomes = self._ledger.ended(step, None, dict.fromkeys(step.addresses, why), status)
        self._ports.observe(StepEnded(self.seconds, step.key, outcomes))

    def _note(self, running: _Running, since: float, job: str = "") -> None:
        self.timeline.append(Timing(running.step.key, running.step.addresses, since, self.seconds, job))

    # The inventory

    def _save(self) -> None:
        """Save after every completed change; those that complete while a save runs share the next one."""
        if self._is_saving or self.store_failure is not None:
            self._is_unsaved = True
            return
        self._is_saving, self._is_unsaved = True, False
        future = self._ports.pool.submit(self._ports.store.save, dict(self._ledger.entries))
        future.add_done_callback(lambda done: self._mailbox.put(partial(self._saved, done)))

    def _saved(self, future: Future[None]) -> None:
        self._is_saving = False
        error = future.exception()
        if isinstance(error, InventoryLost):
            self.store_failure = error
            self._abandon("the inventory could not be written any more")
        elif error is not None:
            self._defect = self._defect or error
            self._abandon("igz-apply itself failed before it started")
        elif self._is_unsaved:
            self._save()


def _sort(step: Step) -> str:
    return f"{step.verb.value} {step.target.kind}"


def _too_late(running: _Running) -> str:
    return f"its end was not seen within {running.timeout:g} s"
