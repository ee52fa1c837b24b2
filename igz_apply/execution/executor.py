"""Makes a plan true: one thread owns the state, workers make one call each, and an awaited job holds no worker.

The loop: start what may start, look at what is due, wait for the first message, settle it, tell the observer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from types import MappingProxyType
from typing import Any

from igz_apply.errors import InvalidInput, InventoryLost, PlaneError
from igz_apply.execution.calls import Calls
from igz_apply.execution.inventory_writer import InventoryWriter
from igz_apply.execution.lifecycle import STATUSES, Command, Phase, StepEvent, next_move
from igz_apply.execution.options import ApplyOptions, ExecutionPorts
from igz_apply.execution.polling import PollScheduler
from igz_apply.execution.recorder import EventRecorder
from igz_apply.execution.running_step import RunningStep
from igz_apply.execution.schedule import Schedule
from igz_apply.execution.tracker import ChangeTracker
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kinds
from igz_apply.model.outcomes import Job, Status, Timing
from igz_apply.model.step import Step
from igz_apply.planning.remedies import remedy_of
from igz_apply.ports import (
    Accepted,
    Answer,
    Blocked,
    Ended,
    Found,
    Inbox,
    JobSeen,
    Running,
    Taken,
    Unsure,
)
from igz_apply.wording.durations import stated_duration

READY_SECONDS = 5.0  # what a job has made is looked at by then, however long others took to become usable
_ALL_SEEN: Mapping[str, str] = MappingProxyType({})
INTERRUPT = object()
"""The message that asks an execution to start nothing more."""


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
        self.is_late = False  # whether the deadline has kept something from starting
        self._ports = ports
        self._kinds = kinds
        self._tracker = tracker
        self._ids = ids
        self._options = options
        self._inbox = inbox
        self._unseen = unseen
        now, begun = ports.clock.now, ports.clock.now()
        self._seconds: Callable[[], float] = lambda: now() - begun
        self._running: dict[str, RunningStep] = {}
        self._polls = PollScheduler(self._seconds)
        self._schedule = Schedule(())
        self._calls = Calls(ports.pool, inbox, options.parallelism)
        self._closing = ""  # why nothing new starts; "": it does
        self._defect: BaseException | None = None
        self._inventory_writer = InventoryWriter(
            ports.store,
            ports.pool,
            tracker.entries,
            lambda done: inbox.put(partial(self._saved, done)),
            self._seconds,
        )
        self._recorder = EventRecorder(tracker, self._inventory_writer, ports.observe, self._seconds)

    def run(self, steps: Sequence[Step]) -> None:
        """Run the steps to their ends. Raises only what is a defect, once all that was in flight has ended."""
        self._tracker.open(steps)
        self._schedule = Schedule(steps)
        while (message := self._next(0.0)) is not None:
            self._read(message)
        while True:
            self._mind_the_deadline()
            self._start()
            self._look()
            if self._recorder.broken is not None:
                self._fall(self._recorder.broken)
            is_over = self._schedule.is_finished and self._calls.is_idle
            self._inventory_writer.go_on(is_last=is_over)
            if is_over and not self._inventory_writer.is_busy:
                break
            self._read(self._next(self._patience()))
        if self._defect is not None:
            raise self._defect

    @property
    def seconds(self) -> float:
        """Seconds since the execution was made."""
        return self._seconds()

    @property
    def timeline(self) -> tuple[Timing, ...]:
        """Every call, and every job that was awaited."""
        return tuple(self._recorder.timeline)

    @property
    def store_failure(self) -> InventoryLost | InvalidInput | None:
        """Why the inventory could not be written; None when it could."""
        return self._inventory_writer.failure

    # What goes out

    def _mind_the_deadline(self) -> None:
        deadline = self._options.deadline
        if deadline is not None and not self._closing and deadline.is_reached:
            self.is_late = True
            self._close(f"the deadline of {stated_duration(deadline.seconds)} was reached before it was sent")

    def _start(self) -> None:
        while self._calls.has_room:
            step = self._schedule.start_next()
            if step is None:
                return
            running = RunningStep(step, self._timeout_of(step))
            self._running[step.key] = running
            self._recorder.started(step)
            self._send(running)

    def _timeout_of(self, step: Step) -> float:
        """Return how long a job of a step may take: what a manifest says wins; of several the longest."""
        usual = self._options.job_timeout or self._kinds[step.target.kind].job_seconds
        stated = (it.desired.lifecycle.timeout if it.desired is not None else None for it in step.changes)
        return max(usual if timeout is None else timeout for timeout in stated)

    def _send(self, running: RunningStep) -> None:
        running.called = self._seconds()
        if not running.step.needs_call:
            self._answered(running, Accepted(probes=True))
        else:
            self._call(partial(self._ports.writer.perform, running.step, self._ids), running, self._answered)

    def _look(self) -> None:
        """Look at every job and resource whose time has come, as far as calls are free."""
        while self._calls.has_room:
            key = self._polls.take()
            if key is None:
                return
            running = self._running[key]
            is_free = running.phase is Phase.TURN and not running.blocked.job
            self._obey(running, StepEvent.PAUSE_OVER if is_free else StepEvent.DUE)

    def _look_at(self, running: RunningStep) -> None:
        writer = self._ports.writer
        if running.phase is Phase.CHECKING:
            self._call(partial(writer.settle, running.step, self._ids), running, self._found_out)
        elif running.phase is Phase.TURN:
            self._call(partial(writer.job, running.blocked.job), running, self._obstacle_seen)
        elif running.phase is Phase.JOB:
            self._call(partial(writer.job, running.job), running, self._job_seen)
        else:
            self._call(partial(writer.is_settled, running.step, self._ids), running, self._probed)

    def _call(self, work: Callable[[], Any], running: RunningStep, then: Callable[[RunningStep, Any], None]) -> None:
        running.is_out = True
        self._calls.submit(work, partial(self._settle, running, then))

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
        """Return the seconds until the next look, save or end is due; None when only a message can move us."""
        earliest = self._polls.earliest if self._calls.has_room else None
        due = [time for time in (earliest, self._inventory_writer.due) if time is not None]
        left = [max(0.0, time - self._seconds()) for time in due]
        if self._options.deadline is not None and not self._closing:
            left.append(self._options.deadline.left)
        return min(left, default=None)

    def _settle(self, running: RunningStep, then: Callable[[RunningStep, Any], None], future: Future[Any]) -> None:
        running.is_out = False
        error = future.exception()
        if error is None:
            running.troubled = None
            then(running, future.result())
        elif not isinstance(error, PlaneError | InvalidInput):
            self._obey_failed(running, StepEvent.DEFECT, "igz-apply itself failed here; this is a defect")
            self._fall(error)
        elif running.phase is Phase.SENDING:
            self._not_sent(running, error)
        else:
            self._not_seen(running, error)

    def _answered(self, running: RunningStep, answer: Answer) -> None:
        self._recorder.called(running)
        event = running.note_answer(answer, self._seconds())
        if event is StepEvent.BLOCKED:
            self._stand_aside(running, event)
            return
        if isinstance(answer, Blocked):
            self._obey(running, event, running.outrun)
            return
        self._ids.update(answer.ids)
        self._recorder.accepted(running.step, answer)
        if isinstance(answer, Accepted):
            self._recorder.waiting(running, Job(answer.job, "created" if answer.job else ""))
        self._obey(running, event)

    def _not_sent(self, running: RunningStep, error: PlaneError | InvalidInput) -> None:
        event = running.note_not_sent(error)
        code = error.status if isinstance(error, PlaneError) else None
        remedy = remedy_of(running.step.changes[0], code, self._unseen) if event is StepEvent.REFUSED else ""
        self._obey_failed(running, event, str(error), remedy)

    def _not_seen(self, running: RunningStep, error: PlaneError | InvalidInput) -> None:
        event = running.note_not_seen(error, self._seconds())
        if running.phase is Phase.TURN:
            self._stand_aside(running, event)
        else:
            self._obey(running, event, _UNSEEN.get(event, "{}").format(error))

    def _found_out(self, running: RunningStep, found: Found | None) -> None:
        """Go on with what has happened after all, or send it again after a pause."""
        if isinstance(found, Taken | Unsure):
            event = StepEvent.TAKEN if isinstance(found, Taken) else StepEvent.UNSURE
            self._obey(running, event, found.why)
        elif found is not None:
            self._answered(running, found)
        else:
            self._obey(running, running.note_not_happened())

    def _obstacle_seen(self, running: RunningStep, seen: JobSeen) -> None:
        """Look at the job that is in the way; one that nobody knows any more has ended."""
        # Everything was closed while this look was out: what was not sent by then is not sent any more.
        if self._closing and running.is_unsent:
            self._obey(running, StepEvent.CLOSED_UNSENT, self._closing)
        elif not isinstance(seen, Running):
            self._obey(running, StepEvent.OBSTACLE_GONE)
        else:
            job = running.blocked.job
            self._recorder.waiting(running, Job(job, seen.state, seen.message))
            self._obey(running, StepEvent.RUNNING, f"job {job}, which is in the way, is still {seen.state}")

    def _job_seen(self, running: RunningStep, seen: JobSeen) -> None:
        event = running.note_job(seen)
        if isinstance(seen, Running):
            self._recorder.waiting(running, Job(running.job, seen.state, seen.message))
            self._obey(running, event, f"job {running.job} is still {seen.state}")
            return
        # One that failed teaches nothing: it may have stopped early.
        if event is StepEvent.JOB_FAILED:
            self._polls.let_go(running)
        else:
            self._polls.learn(running, self._running.values(), seen.seconds if isinstance(seen, Ended) else None)
        if event in (StepEvent.JOB_OVER, StepEvent.JOB_OVER_UNPROBED):
            self._recorder.job_ended(running)
        self._obey(running, event)

    def _judged(self, running: RunningStep, failures: Mapping[Address, str]) -> None:
        running.failures = failures
        self._recorder.job_ended(running)
        self._obey(running, StepEvent.JUDGED)

    def _probed(self, running: RunningStep, is_settled: bool) -> None:
        if not is_settled:
            state = "it is still there" if running.step.is_delete else "it is not usable yet"
            self._obey(running, StepEvent.UNSETTLED, state)
            return
        self._polls.learn(running, self._running.values())
        self._obey(running, StepEvent.SETTLED)

    def _saved(self, done: Future[None]) -> None:
        error = self._inventory_writer.settle(done)
        if error is not None and error is self._inventory_writer.failure:
            self._close("the inventory could not be written any more")
        elif error is not None:
            self._fall(error)

    # What is done about it

    def _obey(self, running: RunningStep, event: StepEvent, said: str = "", remedy: str = "") -> None:
        """Take a step to where the table says, and do what it says there; `said` tells why it waits or ends."""
        phase, command = next_move(running.phase, event)
        if command is Command.END:
            self._finish(running, phase, said, remedy)
            return
        if command is Command.SEND:
            self._polls.let_go(running)  # what it was looked at for is over
        running.enter(phase, self._seconds())
        match command:
            case Command.SEND:
                self._send(running)
            case Command.LOOK:
                self._look_at(running)
            case Command.LOOK_SOON if not self._polls.takes_time(running):
                self._look_at(running)
            case Command.LOOK_SOON:
                self._polls.later(running, at_most=READY_SECONDS)
            case Command.LOOK_LATER:
                self._polls.later(running)
            case Command.WAIT:
                self._wait(running, said)
            case Command.PAUSE if not (self._closing and running.is_unsent):
                self._polls.after(running, running.pause)
            case Command.PAUSE:
                self._obey(running, StepEvent.CLOSED_UNSENT, self._closing)
            case Command.ASK:
                find = partial(self._ports.writer.failures, running.step, running.job, running.end)
                self._call(find, running, self._judged)

    def _obey_failed(self, running: RunningStep, event: StepEvent, said: str, remedy: str = "") -> None:
        """Obey what a call that raised has come to; only one that ends its step is a bar of the timeline."""
        if running.phase is Phase.SENDING and next_move(running.phase, event).command is Command.END:
            self._recorder.called(running)
        self._obey(running, event, said, remedy)

    def _wait(self, running: RunningStep, state: str) -> None:
        """Look again later, unless its time is up."""
        running.unfinished = self._seconds() - running.since
        if self._closing and running.is_unsent:
            self._obey(running, StepEvent.CLOSED_UNSENT, self._closing)
        elif self._seconds() < running.deadline:
            self._polls.later(running)
        elif running.phase is Phase.TURN and running.is_unsent:
            self._obey(running, StepEvent.LATE_UNSENT, f"it could not be sent within {running.timeout:g} s: {state}")
        else:
            late = f"its end was not seen within {running.deadline - running.since:g} s: {state}"
            self._obey(running, StepEvent.LATE, f"{late}; look again with the same command")

    def _stand_aside(self, running: RunningStep, event: StepEvent) -> None:
        """Wait until what is in the way is over, or may be."""
        if not self._closing:
            self._recorder.waiting(running, Job(running.blocked.job, ""))
        self._obey(running, event, running.blocked.why or "something else is in the way")

    # Ends

    def _finish(self, running: RunningStep, end: Phase, said: str, remedy: str) -> None:
        if end is not Phase.DONE:
            self._fail(running, end, said, remedy)
        elif running.went_through:
            del self._running[running.key]
            self._schedule.applied(running.key)
            self._recorder.succeeded(running.step, self._ids)
        else:
            self._partly(running, running.unmade)

    def _partly(self, running: RunningStep, lost: Mapping[Status, Mapping[Address, str]]) -> None:
        """End a step of which only a part went through, or none: which changes were lost, and how."""
        self._recorder.partly(running.step, lost, self._ids)
        self._strand(running, [address for why in lost.values() for address in why])

    def _fail(self, running: RunningStep, end: Phase, detail: str, remedy: str) -> None:
        """End a step that has not succeeded."""
        unsent = {} if end.is_untouched else running.left_out
        if unsent:
            sent = dict.fromkeys((it for it in running.step.addresses if it not in unsent), detail)
            self._partly(running, {Status.CONFLICT: unsent, STATUSES[end]: sent})
            return
        self._recorder.ended(running.step, STATUSES[end], detail, was_refused=end.is_untouched, remedy=remedy)
        self._strand(running, running.step.addresses)

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
            self._obey(running, StepEvent.CLOSED_UNSENT if running.is_unsent else StepEvent.CLOSED, why)
        self._recorder.save()

    def _fall(self, defect: BaseException) -> None:
        """Come to a known end, to raise then what must never have happened."""
        self._defect = self._defect or defect
        self._close("igz-apply itself failed before it was sent")


_UNSEEN = {
    StepEvent.VANISHED: "it has vanished while it was made: {}",
    StepEvent.LOOK_REFUSED: "it was sent, but its end cannot be seen: {}",
    StepEvent.LOOK_FAILED: "the last look failed: {}",
}
