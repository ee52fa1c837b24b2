"""Makes a plan true: one thread owns the state, workers make one call each, and an awaited job holds no worker.

The loop: start what may start, look at what is due, wait for the first letter, settle it, tell the observer.
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
from igz_apply.execution.inventory_writer import Keeper
from igz_apply.execution.polling import Lookout
from igz_apply.execution.recorder import Journal
from igz_apply.execution.running_step import Flight, Phase
from igz_apply.execution.schedule import Schedule
from igz_apply.execution.tracker import Ledger
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
    InventoryStore,
    Mailbox,
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
"""The letter that asks an execution to start nothing more."""


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """What a caller may say about applying."""

    parallelism: int = 10  # calls in flight
    job_timeout: float | None = None  # seconds; None: what the kind allows
    fail_fast: bool = False  # start nothing new after the first failure


@dataclass(frozen=True, slots=True)
class Ports:
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
        ports: Ports,
        kinds: Kinds,
        ledger: Ledger,
        ids: dict[Address, str],
        options: ApplyOptions,
        mailbox: Mailbox,
        unseen: Mapping[str, str] = _ALL_SEEN,
    ) -> None:
        """Begin nothing yet. `unseen` says of kinds why the caller may not see all of them."""
        self.is_interrupted = False
        self._ports = ports
        self._kinds = kinds
        self._ledger = ledger
        self._ids = ids
        self._options = options
        self._mailbox = mailbox
        self._unseen = unseen
        self._flights: dict[str, Flight] = {}
        self._lookout = Lookout(lambda: self.seconds)
        self._schedule = Schedule(())
        self._calls = 0
        self._closing = ""  # why nothing new starts; "": it does
        self._defect: BaseException | None = None
        self._keeper = Keeper(
            ports.store, ports.pool, ledger.entries, lambda done: mailbox.put(partial(self._saved, done))
        )
        self._begun = ports.clock.now()
        self._journal = Journal(ledger, self._keeper, ports.observe, lambda: self.seconds)

    def run(self, steps: Sequence[Step]) -> None:
        """Run the steps to their ends. Raises only what is a defect, once all that was in flight has ended."""
        self._ledger.open(steps)
        self._schedule = Schedule(steps)
        while (letter := self._next(0.0)) is not None:
            self._read(letter)
        while True:
            self._start()
            self._look()
            if self._journal.broken is not None:
                self._fall(self._journal.broken)
            if self._schedule.is_finished and not self._calls and not self._keeper.is_busy:
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
        return tuple(self._journal.timeline)

    @property
    def store_failure(self) -> InventoryLost | InvalidInput | None:
        """Why the inventory could not be written; None when it could."""
        return self._keeper.failure

    # What goes out

    def _start(self) -> None:
        while self._calls < self._options.parallelism:
            step = self._schedule.start_next()
            if step is None:
                return
            flight = Flight(step, self._options.job_timeout or self._kinds[step.target.kind].job_seconds)
            self._flights[step.key] = flight
            self._journal.started(step)
            self._perform(flight)

    def _perform(self, flight: Flight) -> None:
        self._lookout.let_go(flight)
        flight.phase, flight.called = Phase.SENDING, self.seconds
        if not flight.step.needs_call:
            self._answered(flight, Accepted(probes=True))
        else:
            self._call(partial(self._ports.writer.perform, flight.step, self._ids), flight, self._answered)

    def _look(self) -> None:
        """Look at every job and resource whose time has come, as far as calls are free."""
        while self._calls < self._options.parallelism:
            key = self._lookout.take()
            if key is None:
                return
            self._look_at(self._flights[key])

    def _look_at(self, flight: Flight) -> None:
        writer, obstacle = self._ports.writer, flight.blocked.job
        if flight.phase is Phase.CHECKING:
            self._call(partial(writer.settle, flight.step, self._ids), flight, self._found_out)
        elif flight.phase is Phase.JOB:
            self._call(partial(writer.job, flight.job), flight, self._job_seen)
        elif flight.phase is Phase.READY:
            self._call(partial(writer.is_settled, flight.step, self._ids), flight, self._probed)
        elif obstacle:
            self._call(partial(writer.job, obstacle), flight, self._turn_seen)
        else:
            self._perform(flight)

    def _call(self, work: Callable[[], Any], flight: Flight, then: Callable[[Flight, Any], None]) -> None:
        self._calls += 1
        flight.is_out = True
        future = self._ports.pool.submit(work)
        future.add_done_callback(lambda done: self._mailbox.put(partial(self._settle, flight, then, done)))

    # What comes in

    def _next(self, patience: float | None) -> Any:
        """Wait for a letter. Ctrl-C is one, where no handler writes it: the first asks to stop, the second stops."""
        try:
            return self._mailbox.get(patience)
        except KeyboardInterrupt:
            if self.is_interrupted:
                raise
            return INTERRUPT

    def _read(self, letter: Any) -> None:
        if letter is INTERRUPT:
            self.is_interrupted = True
            self._close("interrupted before it was sent")
        elif letter is not None:
            letter()

    def _patience(self) -> float | None:
        """Return the seconds until the next look is due; None when only a letter can move us."""
        earliest = self._lookout.earliest
        if earliest is None or self._calls >= self._options.parallelism:
            return None
        return max(0.0, earliest - self.seconds)

    def _settle(self, flight: Flight, then: Callable[[Flight, Any], None], future: Future[Any]) -> None:
        self._calls -= 1
        flight.is_out = False
        error = future.exception()
        if error is None:
            flight.troubled = None
            then(flight, future.result())
        elif not isinstance(error, PlaneError | InvalidInput):
            self._end(flight, Status.UNKNOWN, "igz-apply itself failed here; this is a defect")
            self._fall(error)
        elif flight.phase is Phase.SENDING:
            self._not_sent(flight, error)
        else:
            self._not_seen(flight, error)

    def _answered(self, flight: Flight, answer: Answer) -> None:
        self._journal.called(flight)
        if isinstance(answer, Blocked):
            flight.blocked = answer
            flight.turns = flight.turns + 1 if answer.why else 0
            if flight.turns >= MOST_TURNS:
                self._outrun(flight)
            else:
                self._wait_for_turn(flight)
            return
        flight.sent = answer
        flight.is_unsure, flight.turn_began, flight.spared = False, None, answer.conflicts
        self._ids.update(answer.ids)
        self._journal.accepted(flight.step, answer)
        if isinstance(answer, Done):
            self._succeed(flight)
            return
        now = self.seconds
        flight.wait(Phase.JOB if answer.job else Phase.READY, now, now + flight.timeout)
        self._journal.waiting(flight, Job(answer.job, "created" if answer.job else ""))
        self._lookout.later(flight)

    def _not_sent(self, flight: Flight, error: PlaneError | InvalidInput) -> None:
        """A call was refused, or its answer was lost: then we look before anything is repeated."""
        flight.losses += 1
        if isinstance(error, AnswerLost):
            flight.spared = error.conflicts
            flight.lost |= frozenset(flight.step.addresses) - error.conflicts.keys()
        # Taken by us, perhaps: only what was sent before can have made it. A read that failed has sent nothing.
        taken_by_us = (
            isinstance(error, Conflict) and bool(flight.lost) and flight.step.may_be_seen and not flight.step.is_delete
        )
        is_lost = isinstance(error, AnswerLost) or taken_by_us
        if flight.losses < SENDS and is_lost:
            flight.is_unsure = True
            flight.wait(Phase.CHECKING, self.seconds, self.seconds + CHECK_SECONDS)
            self._look_at(flight)
        elif flight.losses < SENDS and _only_read(error):
            self._send_again(flight)
        else:
            status = Status.UNKNOWN if is_lost or flight.is_unsure else Status.FAILED
            was_refused = status is Status.FAILED
            code = error.status if isinstance(error, PlaneError) else None
            remedy = remedy_of(flight.step.changes[0], code, self._unseen) if was_refused else ""
            self._end(flight, status, str(error), was_refused=was_refused, remedy=remedy)

    def _not_seen(self, flight: Flight, error: PlaneError | InvalidInput) -> None:
        """A look failed. That is borne for a while: it says nothing about what we look at."""
        status = error.status if isinstance(error, PlaneError) else None
        if flight.troubled is None:
            flight.troubled = self.seconds
        is_refused = status in REFUSALS and self.seconds - flight.troubled >= PATIENCE
        if flight.phase is Phase.TURN:
            flight.blocked = Blocked()  # whether something is in the way is seen without its job too
            self._wait_for_turn(flight)
        elif isinstance(error, Conflict):
            self._end(flight, Status.FAILED, str(error))  # what it waits for will not come
        elif isinstance(error, Missing) and is_refused:
            self._end(flight, Status.FAILED, f"it has vanished while it was made: {error}")
        elif is_refused:
            self._end(flight, Status.UNKNOWN, f"it was sent, but its end cannot be seen: {error}")
        else:
            self._wait_on(flight, f"the last look failed: {error}")

    def _found_out(self, flight: Flight, found: Done | Accepted | Taken | None) -> None:
        """Go on with what has happened after all, or send it again after a pause."""
        if isinstance(found, Taken):
            # What stands there is not what was sent: a pending entry would let the next run take it for ours.
            self._end(flight, Status.FAILED, found.why, was_refused=True)
            return
        if found is not None:
            self._answered(flight, found)
            return
        # That an update, unlike a create or a delete, has not happened cannot be seen: it is just sent again.
        flight.is_unsure = not flight.step.may_be_seen
        self._send_again(flight)

    def _send_again(self, flight: Flight) -> None:
        flight.blocked = Blocked()
        flight.wait(Phase.TURN, self.seconds, self.seconds + flight.timeout)
        if self._closing and flight.is_unsent:
            self._cancel(flight)
        else:
            self._lookout.after(flight, PAUSE * 2 ** (flight.losses - 1))

    def _turn_seen(self, flight: Flight, seen: Running | Ended | Unknown) -> None:
        """Look at the job that is in the way; one that nobody knows any more has ended."""
        if self._closing and flight.is_unsent:
            self._cancel(flight)
        elif not isinstance(seen, Running):
            self._perform(flight)
        else:
            job = flight.blocked.job
            self._journal.waiting(flight, Job(job, seen.state, seen.message))
            self._wait_on(flight, f"job {job}, which is in the way, is still {seen.state}")

    def _job_seen(self, flight: Flight, seen: Running | Ended | Unknown) -> None:
        if isinstance(seen, Running):
            self._journal.waiting(flight, Job(flight.job, seen.state, seen.message))
            self._wait_on(flight, f"job {flight.job} is still {seen.state}")
        elif isinstance(seen, Unknown) or seen.ok:
            self._job_ended(flight, seen)
        else:
            self._lookout.let_go(flight)
            self._find_failures(flight, seen)

    def _find_failures(self, flight: Flight, end: Ended | Unknown) -> None:
        self._call(partial(self._ports.writer.failures, flight.step, flight.job, end), flight, self._failed)

    def _job_ended(self, flight: Flight, end: Ended | Unknown) -> None:
        """Its job has completed, or has vanished, as a finished job does after a while (section 5).

        How one that has vanished went is seen on what it was to make; and whether that has the name that it was sent.
        """
        is_known = isinstance(end, Ended)
        self._lookout.learn(flight, self._flights.values(), end.seconds if isinstance(end, Ended) else None)
        makes = any(change.action is Action.CREATE for change in flight.step.changes)
        if flight.step.tells_failures and (makes or not is_known):
            self._find_failures(flight, end)
            return
        self._journal.job_ended(flight)
        if flight.probes or not is_known:
            flight.wait(Phase.READY, self.seconds, flight.deadline)
            if self._lookout.takes_time(flight):
                self._lookout.later(flight, at_most=READY_SECONDS)
            else:
                self._look_at(flight)
        else:
            self._succeed(flight)

    def _probed(self, flight: Flight, is_settled: bool) -> None:
        if is_settled:
            self._lookout.learn(flight, self._flights.values())
            self._succeed(flight)
        else:
            gone = flight.step.is_delete
            self._wait_on(flight, "it is still there" if gone else "it is not usable yet")

    def _saved(self, done: Future[None]) -> None:
        error = self._keeper.saved(done)
        if error is not None and error is self._keeper.failure:
            self._close("the inventory could not be written any more")
        elif error is not None:
            self._fall(error)

    # Waiting

    def _wait_on(self, flight: Flight, state: str) -> None:
        """Look again later, unless its time is up."""
        flight.unfinished = self.seconds - flight.since
        if self._closing and flight.is_unsent:
            self._cancel(flight)
        elif self.seconds < flight.deadline:
            self._lookout.later(flight)
        elif flight.phase is Phase.TURN and flight.is_unsent:
            late = f"it could not be sent within {flight.timeout:g} s: {state}"
            self._end(flight, Status.FAILED, late, was_refused=True)
        else:
            late = f"its end was not seen within {flight.deadline - flight.since:g} s: {state}"
            status = Status.UNKNOWN if flight.phase is Phase.CHECKING else Status.TIMED_OUT
            self._end(flight, status, f"{late}; look again with the same command")

    def _wait_for_turn(self, flight: Flight) -> None:
        if flight.turn_began is None:
            flight.turn_began = self.seconds
        flight.wait(Phase.TURN, flight.turn_began, flight.turn_began + flight.timeout)
        if not self._closing:
            self._journal.waiting(flight, Job(flight.blocked.job, ""))
        self._wait_on(flight, flight.blocked.why or "something else is in the way")

    # Ends

    def _succeed(self, flight: Flight) -> None:
        if flight.sent.conflicts or flight.sent.faults:
            self._partly(flight, {})
            return
        del self._flights[flight.key]
        self._schedule.applied(flight.key)
        self._journal.succeeded(flight.step, self._ids)

    def _failed(self, flight: Flight, failures: Mapping[Address, str]) -> None:
        self._journal.job_ended(flight)
        self._partly(flight, failures)

    def _partly(self, flight: Flight, failures: Mapping[Address, str]) -> None:
        """End a step of which only a part went through, apart from what `failures` say of its job."""
        conflicts = flight.sent.conflicts
        unsent = {address: why for address, why in conflicts.items() if address not in flight.lost}
        unsure = {it: f"{LOST}, and then: {why}" for it, why in conflicts.items() if it in flight.lost}
        failed = {address: why for address, why in failures.items() if address not in conflicts}
        lost = {
            Status.CONFLICT: unsent,
            Status.UNKNOWN: unsure,
            Status.FAILED: {**failed, **flight.sent.faults},
        }
        self._journal.partly(flight.step, lost, self._ids)
        self._strand(flight, [address for why in lost.values() for address in why])

    def _end(self, flight: Flight, status: Status, detail: str, *, was_refused: bool = False, remedy: str = "") -> None:
        """End a step that has not succeeded; `was_refused` says that it certainly changed nothing."""
        if flight.phase is Phase.SENDING:
            self._journal.called(flight)
        unsent = {address: why for address, why in flight.spared.items() if address not in flight.lost}
        if unsent and not was_refused:
            sent = dict.fromkeys((it for it in flight.step.addresses if it not in unsent), detail)
            self._journal.partly(flight.step, {Status.CONFLICT: unsent, status: sent}, self._ids)
        else:
            self._journal.ended(flight.step, status, detail, was_refused=was_refused, remedy=remedy)
        self._strand(flight, flight.step.addresses)

    def _outrun(self, flight: Flight) -> None:
        """End a step that others kept from being sent; where an answer was lost before, it may have been."""
        flight.phase = Phase.TURN
        said = f"others kept writing to it, {flight.turns} times right before it was sent: {flight.blocked.why}"
        if flight.lost:
            self._end(flight, Status.UNKNOWN, f"{LOST}, and then: {said}")
        else:
            self._end(flight, Status.CONFLICT, said, was_refused=True)

    def _strand(self, flight: Flight, lost: Collection[Address]) -> None:
        """Take a step out, and skip what needs the changes of it that were lost."""
        del self._flights[flight.key]
        self._lookout.let_go(flight)
        for stranded in self._schedule.failed(flight.key, lost):
            why = f"it needs {stranded.cause}, which did not succeed"
            self._journal.skipped(stranded.step, Status.SKIPPED, why)
        if self._options.fail_fast and lost:
            self._close("--fail-fast: something else failed before it was sent")
        self._journal.save()

    def _close(self, why: str) -> None:
        """Start nothing more, and take back what has started and was not sent."""
        if self._closing:
            return
        self._closing = why
        for step in self._schedule.abandon():
            self._journal.skipped(step, Status.CANCELLED, why)
        for flight in list(self._flights.values()):
            if flight.is_unsent:
                self._cancel(flight)
        self._journal.save()

    def _cancel(self, flight: Flight) -> None:
        self._end(flight, Status.CANCELLED, self._closing, was_refused=True)

    def _fall(self, defect: BaseException) -> None:
        """Come to a known end, to raise then what must never have happened."""
        self._defect = self._defect or defect
        self._close("igz-apply itself failed before it was sent")


def _only_read(error: PlaneError | InvalidInput) -> bool:
    """Whether a step came no further than to read what it was to change, and the cluster was in trouble."""
    is_trouble = isinstance(error, PlaneError) and (error.status is None or error.status >= 500 or error.status < 300)
    return is_trouble and isinstance(error, PlaneError) and error.method == "GET"
