"""Makes a plan true: one thread owns the state, workers make one call each, and an awaited job holds no worker.

The loop: start what may start, look at what is due, wait for the first message, settle it, tell the observer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor as Pool
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from igz_apply.errors import AnswerLost, Conflict, InvalidInput, InventoryLost, Missing, PlaneError
from igz_apply.execution.inventory_writer import InventoryWriter
from igz_apply.execution.polling import PollScheduler
from igz_apply.execution.recorder import EventRecorder
from igz_apply.execution.running_step import Phase, RunningStep
from igz_apply.execution.schedule import Schedule
from igz_apply.execution.tracker import ChangeTracker
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action
from igz_apply.model.kind import Kinds
from igz_apply.model.outcomes import Job, Status, Timing
from igz_apply.model.step import Step
from igz_apply.planning.remedies import remedy_of
from igz_apply.ports import (
    Accepted,
    Answer,
    Blocked,
    Clock,
    Done,
    Ended,
    Inbox,
    InventoryStore,
    Observer,
    Running,
    Taken,
    Unknown,
    Writer,
)

SENDS = 5  # how often a step may be sent when answers get lost; before each repetition we look
PAUSE = 0.5  # seconds before the first repetition; doubled for each further one
CHECK_SECONDS = 60.0  # how long we try to look whether something happened, while looking fails
READY_SECONDS = 5.0  # what a job has made is looked at by then, however long others took to become usable
PATIENCE = 60.0  # seconds for which a look may be refused: what is new takes a while to be seen (section 3.8)
REFUSALS = (401, 403, 404, 405)
MOST_TURNS = 12  # how often what is to be written may move right before we write it, until we leave it to the others
LOST = "the answer to a write of it was lost"
_ALL_SEEN: Mapping[str, str] = MappingProxyType({})
INTERRUPT = object()
"""The message that asks an execution to start nothing more."""


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """What a caller may say about applying."""

    parallelism: int = 10  # calls in flight
    job_timeout: float | None = None  # seconds; None: what the kind allows
    fail_fast: bool = False  # start nothing new after the first failure


@dataclass(frozen=True, slots=True)
class ExecutionPorts:
    """The outside of an execution. The pool needs one worker more than there may be calls, for the inventory."""

    writer: Writer
    store: InventoryStore
    clock: Clock
    pool: Pool
    observe: Observer


class Execution:
    """One apply, from the first step to the last."""

    def __init__(
        self,
        ports: ExecutionPorts,
        kinds: Kinds,
        tracker: ChangeTracker,
        ids: dict[Address, str],
        options: ApplyOptions,
        inbox: Inbox,
        unseen: Mapping[str, str] = _ALL_SEEN,
    ) -> None:
        """Begin nothing yet. `unseen` says of kinds why the caller may not see all of them."""
        self.is_interrupted = False
        self._ports = ports
        self._kinds = kinds
        self._tracker = tracker
        self._ids = ids
        self._options = options
        self._inbox = inbox
        self._unseen = unseen
        self._running: dict[str, RunningStep] = {}
        self._polls = PollScheduler(lambda: self.seconds)
        self._schedule = Schedule(())
        self._calls = 0
        self._closing = ""  # why nothing new starts; "": it does
        self._defect: BaseException | None = None
        self._inventory_writer = InventoryWriter(
            ports.store, ports.pool, tracker.entries, lambda done: inbox.put(partial(self._saved, done))
        )
        self._begun = ports.clock.now()
        self._recorder = EventRecorder(tracker, self._inventory_writer, ports.observe, lambda: self.seconds)

    def run(self, steps: Sequence[Step]) -> None:
        """Run the steps to their ends. Raises only what is a defect, once all that was in flight has ended."""
        self._tracker.open(steps)
        self._schedule = Schedule(steps)
        while (message := self._next(0.0)) is not None:
            self._read(message)
        while True:
            self._start()
            self._look()
            if self._recorder.broken is not None:
                self._fall(self._recorder.broken)
            if self._schedule.is_finished and not self._calls and not self._inventory_writer.is_busy:
                break
            self._read(self._next(self._patience()))
        if self._defect is not None:
            raise self._defect

    @property
    def seconds(self) -> float:
        """Seconds since the execution was made."""
        return self._ports.clock.now() - self._begun

    @property
    def timeline(self) -> tuple[Timing, ...]:
        """Every call, and every job that was awaited."""
        return tuple(self._recorder.timeline)

    @property
    def store_failure(self) -> InventoryLost | InvalidInput | None:
        """Why the inventory could not be written; None when it could."""
        return self._inventory_writer.failure

    # What goes out

    def _start(self) -> None:
        while self._calls < self._options.parallelism:
            step = self._schedule.start_next()
            if step is None:
                return
            running = RunningStep(step, self._options.job_timeout or self._kinds[step.target.kind].job_seconds)
            self._running[step.key] = running
            self._recorder.started(step)
            self._perform(running)

    def _perform(self, running: RunningStep) -> None:
        self._polls.let_go(running)
        running.phase, running.called = Phase.SENDING, self.seconds
        if not running.step.needs_call:
            self._answered(running, Accepted(probes=True))
        else:
            self._call(partial(self._ports.writer.perform, running.step, self._ids), running, self._answered)

    def _look(self) -> None:
        """Look at every job and resource whose time has come, as far as calls are free."""
        while self._calls < self._options.parallelism:
            key = self._polls.take()
            if key is None:
                return
            self._look_at(self._running[key])

    def _look_at(self, running: RunningStep) -> None:
        writer, obstacle = self._ports.writer, running.blocked.job
        if running.phase is Phase.CHECKING:
            self._call(partial(writer.settle, running.step, self._ids), running, self._found_out)
        elif running.phase is Phase.JOB:
            self._call(partial(writer.job, running.job), running, self._job_seen)
        elif running.phase is Phase.READY:
            self._call(partial(writer.is_settled, running.step, self._ids), running, self._probed)
        elif obstacle:
            self._call(partial(writer.job, obstacle), running, self._turn_seen)
        else:
            self._perform(running)

    def _call(self, work: Callable[[], Any], running: RunningStep, then: Callable[[RunningStep, Any], None]) -> None:
        self._calls += 1
        running.is_out = True
        future = self._ports.pool.submit(work)
        future.add_done_callback(lambda done: self._inbox.put(partial(self._settle, running, then, done)))

    # What comes in

    def _next(self, patience: float | None) -> Any:
        """Wait for a message. Ctrl-C is one, where no handler writes it: the first asks to stop, the second stops."""
        try:
            return self._inbox.get(patience)
        except KeyboardInterrupt:
            if self.is_interrupted:
                raise
            return INTERRUPT

    def _read(self, message: Any) -> None:
        if message is INTERRUPT:
            self.is_interrupted = True
            self._close("interrupted before it was sent")
        elif message is not None:
            message()

    def _patience(self) -> float | None:
        """Return the seconds until the next look is due; None when only a message can move us."""
        earliest = self._polls.earliest
        if earliest is None or self._calls >= self._options.parallelism:
            return None
        return max(0.0, earliest - self.seconds)

    def _settle(self, running: RunningStep, then: Callable[[RunningStep, Any], None], future: Future[Any]) -> None:
        self._calls -= 1
        running.is_out = False
        error = future.exception()
        if error is None:
            running.troubled = None
            then(running, future.result())
        elif not isinstance(error, PlaneError | InvalidInput):
            self._end(running, Status.UNKNOWN, "igz-apply itself failed here; this is a defect")
            self._fall(error)
        elif running.phase is Phase.SENDING:
            self._not_sent(running, error)
        else:
            self._not_seen(running, error)

    def _answered(self, running: RunningStep, answer: Answer) -> None:
        self._recorder.called(running)
        if isinstance(answer, Blocked):
            running.blocked = answer
            running.turns = running.turns + 1 if answer.why else 0
            if running.turns >= MOST_TURNS:
                self._outrun(running)
            else:
                self._wait_for_turn(running)
            return
        running.sent = answer
        running.is_unsure, running.turn_began, running.spared = False, None, answer.conflicts
        self._ids.update(answer.ids)
        self._recorder.accepted(running.step, answer)
        if isinstance(answer, Done):
            self._succeed(running)
            return
        now = self.seconds
        running.wait(Phase.JOB if answer.job else Phase.READY, now, now + running.timeout)
        self._recorder.waiting(running, Job(answer.job, "created" if answer.job else ""))
        self._polls.later(running)

    def _not_sent(self, running: RunningStep, error: PlaneError | InvalidInput) -> None:
        """A call was refused, or its answer was lost: then we look before anything is repeated."""
        running.losses += 1
        if isinstance(error, AnswerLost):
            running.spared = error.conflicts
            running.lost |= frozenset(running.step.addresses) - error.conflicts.keys()
        # Taken by us, perhaps: only what was sent before can have made it. A read that failed has sent nothing.
        taken_by_us = (
            isinstance(error, Conflict)
            and bool(running.lost)
            and running.step.may_be_seen
            and not running.step.is_delete
        )
        is_lost = isinstance(error, AnswerLost) or taken_by_us
        if running.losses < SENDS and is_lost:
            running.is_unsure = True
            running.wait(Phase.CHECKING, self.seconds, self.seconds + CHECK_SECONDS)
            self._look_at(running)
        elif running.losses < SENDS and _only_read(error):
            self._send_again(running)
        else:
            status = Status.UNKNOWN if is_lost or running.is_unsure else Status.FAILED
            was_refused = status is Status.FAILED
            code = error.status if isinstance(error, PlaneError) else None
            remedy = remedy_of(running.step.changes[0], code, self._unseen) if was_refused else ""
            self._end(running, status, str(error), was_refused=was_refused, remedy=remedy)

    def _not_seen(self, running: RunningStep, error: PlaneError | InvalidInput) -> None:
        """A look failed. That is borne for a while: it says nothing about what we look at."""
        status = error.status if isinstance(error, PlaneError) else None
        if running.troubled is None:
            running.troubled = self.seconds
        is_refused = status in REFUSALS and self.seconds - running.troubled >= PATIENCE
        if running.phase is Phase.TURN:
            running.blocked = Blocked()  # whether something is in the way is seen without its job too
            self._wait_for_turn(running)
        elif isinstance(error, Conflict):
            self._end(running, Status.FAILED, str(error))  # what it waits for will not come
        elif isinstance(error, Missing) and is_refused:
            self._end(running, Status.FAILED, f"it has vanished while it was made: {error}")
        elif is_refused:
            self._end(running, Status.UNKNOWN, f"it was sent, but its end cannot be seen: {error}")
        else:
            self._wait_on(running, f"the last look failed: {error}")

    def _found_out(self, running: RunningStep, found: Done | Accepted | Taken | None) -> None:
        """Go on with what has happened after all, or send it again after a pause."""
        if isinstance(found, Taken):
            # What stands there is not what was sent: a pending entry would let the next run take it for ours.
            self._end(running, Status.FAILED, found.why, was_refused=True)
            return
        if found is not None:
            self._answered(running, found)
            return
        # That an update, unlike a create or a delete, has not happened cannot be seen: it is just sent again.
        running.is_unsure = not running.step.may_be_seen
        self._send_again(running)

    def _send_again(self, running: RunningStep) -> None:
        running.blocked = Blocked()
        running.wait(Phase.TURN, self.seconds, self.seconds + running.timeout)
        if self._closing and running.is_unsent:
            self._cancel(running)
        else:
            self._polls.after(running, PAUSE * 2 ** (running.losses - 1))

    def _turn_seen(self, running: RunningStep, seen: Running | Ended | Unknown) -> None:
        """Look at the job that is in the way; one that nobody knows any more has ended."""
        if self._closing and running.is_unsent:
            self._cancel(running)
        elif not isinstance(seen, Running):
            self._perform(running)
        else:
            job = running.blocked.job
            self._recorder.waiting(running, Job(job, seen.state, seen.message))
            self._wait_on(running, f"job {job}, which is in the way, is still {seen.state}")

    def _job_seen(self, running: RunningStep, seen: Running | Ended | Unknown) -> None:
        if isinstance(seen, Running):
            self._recorder.waiting(running, Job(running.job, seen.state, seen.message))
            self._wait_on(running, f"job {running.job} is still {seen.state}")
        elif isinstance(seen, Unknown) or seen.ok:
            self._job_ended(running, seen)
        else:
            self._polls.let_go(running)
            self._find_failures(running, seen)

    def _find_failures(self, running: RunningStep, end: Ended | Unknown) -> None:
        self._call(partial(self._ports.writer.failures, running.step, running.job, end), running, self._failed)

    def _job_ended(self, running: RunningStep, end: Ended | Unknown) -> None:
        """Its job has completed, or has vanished, as a finished job does after a while (section 5).

        How one that has vanished went is seen on what it was to make; and whether that has the name that it was sent.
        """
        is_known = isinstance(end, Ended)
        self._polls.learn(running, self._running.values(), end.seconds if isinstance(end, Ended) else None)
        makes = any(change.action is Action.CREATE for change in running.step.changes)
        if running.step.tells_failures and (makes or not is_known):
            self._find_failures(running, end)
            return
        self._recorder.job_ended(running)
        if running.probes or not is_known:
            running.wait(Phase.READY, self.seconds, running.deadline)
            if self._polls.takes_time(running):
                self._polls.later(running, at_most=READY_SECONDS)
            else:
                self._look_at(running)
        else:
            self._succeed(running)

    def _probed(self, running: RunningStep, is_settled: bool) -> None:
        if is_settled:
            self._polls.learn(running, self._running.values())
            self._succeed(running)
        else:
            gone = running.step.is_delete
            self._wait_on(running, "it is still there" if gone else "it is not usable yet")

    def _saved(self, done: Future[None]) -> None:
        error = self._inventory_writer.saved(done)
        if error is not None and error is self._inventory_writer.failure:
            self._close("the inventory could not be written any more")
        elif error is not None:
            self._fall(error)

    # Waiting

    def _wait_on(self, running: RunningStep, state: str) -> None:
        """Look again later, unless its time is up."""
        running.unfinished = self.seconds - running.since
        if self._closing and running.is_unsent:
            self._cancel(running)
        elif self.seconds < running.deadline:
            self._polls.later(running)
        elif running.phase is Phase.TURN and running.is_unsent:
            late = f"it could not be sent within {running.timeout:g} s: {state}"
            self._end(running, Status.FAILED, late, was_refused=True)
        else:
            late = f"its end was not seen within {running.deadline - running.since:g} s: {state}"
            status = Status.UNKNOWN if running.phase is Phase.CHECKING else Status.TIMED_OUT
            self._end(running, status, f"{late}; look again with the same command")

    def _wait_for_turn(self, running: RunningStep) -> None:
        if running.turn_began is None:
            running.turn_began = self.seconds
        running.wait(Phase.TURN, running.turn_began, running.turn_began + running.timeout)
        if not self._closing:
            self._recorder.waiting(running, Job(running.blocked.job, ""))
        self._wait_on(running, running.blocked.why or "something else is in the way")

    # Ends

    def _succeed(self, running: RunningStep) -> None:
        if running.sent.conflicts or running.sent.faults:
            self._partly(running, {})
            return
        del self._running[running.key]
        self._schedule.applied(running.key)
        self._recorder.succeeded(running.step, self._ids)

    def _failed(self, running: RunningStep, failures: Mapping[Address, str]) -> None:
        self._recorder.job_ended(running)
        self._partly(running, failures)

    def _partly(self, running: RunningStep, failures: Mapping[Address, str]) -> None:
        """End a step of which only a part went through, apart from what `failures` say of its job."""
        conflicts = running.sent.conflicts
        unsent = {address: why for address, why in conflicts.items() if address not in running.lost}
        unsure = {it: f"{LOST}, and then: {why}" for it, why in conflicts.items() if it in running.lost}
        failed = {address: why for address, why in failures.items() if address not in conflicts}
        lost = {
            Status.CONFLICT: unsent,
            Status.UNKNOWN: unsure,
            Status.FAILED: {**failed, **running.sent.faults},
        }
        self._recorder.partly(running.step, lost, self._ids)
        self._strand(running, [address for why in lost.values() for address in why])

    def _end(
        self, running: RunningStep, status: Status, detail: str, *, was_refused: bool = False, remedy: str = ""
    ) -> None:
        """End a step that has not succeeded; `was_refused` says that it certainly changed nothing."""
        if running.phase is Phase.SENDING:
            self._recorder.called(running)
        unsent = {address: why for address, why in running.spared.items() if address not in running.lost}
        if unsent and not was_refused:
            sent = dict.fromkeys((it for it in running.step.addresses if it not in unsent), detail)
            self._recorder.partly(running.step, {Status.CONFLICT: unsent, status: sent}, self._ids)
        else:
            self._recorder.ended(running.step, status, detail, was_refused=was_refused, remedy=remedy)
        self._strand(running, running.step.addresses)

    def _outrun(self, running: RunningStep) -> None:
        """End a step that others kept from being sent; where an answer was lost before, it may have been."""
        running.phase = Phase.TURN
        said = f"others kept writing to it, {running.turns} times right before it was sent: {running.blocked.why}"
        if running.lost:
            self._end(running, Status.UNKNOWN, f"{LOST}, and then: {said}")
        else:
            self._end(running, Status.CONFLICT, said, was_refused=True)

    def _strand(self, running: RunningStep, lost: Collection[Address]) -> None:
        """Take a step out, and skip what needs the changes of it that were lost."""
        del self._running[running.key]
        self._polls.let_go(running)
        for stranded in self._schedule.failed(running.key, lost):
            why = f"it needs {stranded.cause}, which did not succeed"
            self._recorder.skipped(stranded.step, Status.SKIPPED, why)
        if self._options.fail_fast and lost:
            self._close("--fail-fast: something else failed before it was sent")
        self._recorder.save()

    def _close(self, why: str) -> None:
        """Start nothing more, and take back what has started and was not sent."""
        if self._closing:
            return
        self._closing = why
        for step in self._schedule.abandon():
            self._recorder.skipped(step, Status.CANCELLED, why)
        for running in list(self._running.values()):
            if running.is_unsent:
                self._cancel(running)
        self._recorder.save()

    def _cancel(self, running: RunningStep) -> None:
        self._end(running, Status.CANCELLED, self._closing, was_refused=True)

    def _fall(self, defect: BaseException) -> None:
        """Come to a known end, to raise then what must never have happened."""
        self._defect = self._defect or defect
        self._close("igz-apply itself failed before it was sent")


def _only_read(error: PlaneError | InvalidInput) -> bool:
    """Whether a step came no further than to read what it was to change, and the cluster was in trouble."""
    is_trouble = isinstance(error, PlaneError) and (error.status is None or error.status >= 500 or error.status < 300)
    return is_trouble and isinstance(error, PlaneError) and error.method == "GET"
