"""A run over several targets: wave after wave, the targets of one at the same time, until all have ended or it stops.

What is done with one target is handed in. Whatever happens to it is its own end: no other target loses by it but the
next ones, where the rules of `planning.fleet_course` say so. One thread owns the state; workers do one target each.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from igz_apply.model.changes import Plan
from igz_apply.model.fleets import FleetPace, TargetStatus, Wave
from igz_apply.model.outcomes import Event
from igz_apply.planning.fleet_course import FleetCourse, simulated
from igz_apply.planning.fleet_digest import fleet_digest
from igz_apply.planning.fleet_report import FleetReport, FleetStop, FleetWatcher, TargetResult
from igz_apply.ports import Clock, Inbox, Pool
from igz_apply.values import dataclass
from igz_apply.wording.fault_words import defect
from igz_apply.workflow.fleet_ends import ended_by

STOP = object()
"""What a signal leaves in the inbox: nothing new starts, and what runs comes to its own end."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """What a target that runs leaves in the inbox, for whoever watches."""

    name: str
    what: Plan | Event


@dataclass(frozen=True, slots=True)
class FleetPorts:
    """The edges that a run over several targets works on."""

    clock: Clock
    inbox: Inbox
    pool: Pool  # with a worker for each target of a wave; with fewer, targets wait for each other
    watcher: FleetWatcher
    run: Callable[[str], TargetResult]  # does it all for one target, in a worker's thread


def go_through(command: str, waves: Sequence[Wave], pace: FleetPace, ports: FleetPorts) -> FleetReport:
    """Change the targets, wave after wave, until the pace says to stop. Every target of every wave has a result."""
    return _Run(command, waves, pace, ports, FleetCourse(waves, pace), has_waves=True).whole()


def look_at_all(command: str, waves: Sequence[Wave], pace: FleetPace, ports: FleetPorts) -> FleetReport:
    """Look at all targets, whatever becomes of any, as many at once as a wave may have, and change none.

    Of a `plan`, the report says where an `apply` would stop.
    """
    everything = Wave(0, tuple(name for wave in waves for name in wave.targets))
    course = FleetCourse([everything], replace(pace, max_changed=None))
    report = _Run(command, waves, pace, ports, course, has_waves=False).whole()
    if command == "plan" and report.stop is None:
        return replace(report, stop=simulated(waves, pace, report.results))
    return report


def held_to(looked: FleetReport, run: Callable[[str, str], TargetResult]) -> Callable[[str], TargetResult]:
    """Return what applies, of the plans that were shown, the one of a target, and no other.

    `run` is handed the digest too that the plan must have. A target that could not be planned, or was refused, is not
    run: nobody has seen a plan that could be approved, so that what was said of it stands.
    """
    digests = {result.name: result.digest for result in looked.results}  # and not what else is known of them
    not_shown = {result.name: result for result in looked.results if not result.status.is_well}

    def run_as_shown(name: str) -> TargetResult:
        return not_shown[name] if name in not_shown else run(name, digests[name])

    return run_as_shown


class _Run:
    """One run, from the first target to the last."""

    def __init__(
        self,
        command: str,
        waves: Sequence[Wave],
        pace: FleetPace,
        ports: FleetPorts,
        course: FleetCourse,
        *,
        has_waves: bool,
    ) -> None:
        self._command = command
        self._waves = tuple(waves)
        self._pace = pace
        self._ports = ports
        self._course = course
        self._has_waves = has_waves
        self._wave: Wave | None = None  # that was told of last
        self._ready: deque[str] = deque()  # what begins as soon as there is room
        self._running: set[str] = set()
        self._results: dict[str, TargetResult] = {}
        self._has_told_stop = False
        self._is_asked = False  # whether it is to stop
        self._begun = ports.clock.now()

    def whole(self) -> FleetReport:
        """Go to the end, and return the account of it."""
        try:
            self._tell(lambda it: it.began(self._command, self._waves, self._pace))
            self._go()
            self._pass_over()
        finally:
            self._tell(lambda it: it.closed())
        names = (name for wave in self._waves for name in wave.targets)
        results = tuple(self._results[name] for name in names)
        stop, digest = self._course.stop, fleet_digest(results)
        return FleetReport(self._command, self._pace, self._waves, results, stop, self._seconds(), digest)

    def _go(self) -> None:
        while True:
            self._hear()
            if not self._running and not self._ready:
                self._ready.extend(self._course.next_batch())
            if not self._running and (self._is_asked or not self._ready):
                break
            self._begin()
            if self._running:
                self._read(self._next(None))
        self._enter(None)
        self._tell_stop()

    def _begin(self) -> None:
        """Begin what is ready, in order; what came in between is heard first."""
        while self._ready and not self._is_asked and len(self._running) < self._pace.wave:
            name = self._ready.popleft()
            self._course.begin(name)
            self._enter(self._course.wave)
            self._running.add(name)
            self._tell(lambda it, name=name: it.started(name))  # type: ignore[misc]
            self._submit(name)
            self._hear()

    def _submit(self, name: str) -> None:
        """Hand a target to a worker.

        A pool may have taken a piece of work although it raises, as where no thread can be started: whoever takes the
        ticket answers for the target, so that it ends exactly once.
        """
        ticket = [name]
        try:
            self._ports.pool.submit(self._work, ticket)
        except Exception as error:
            if _taken(ticket):
                self._end(replace(ended_by(name, error), started=self._seconds(), ended=self._seconds()))

    def _work(self, ticket: list[str]) -> None:
        """Do it, in a worker's thread: whatever is raised is the end of that target, and of no other."""
        name = _taken(ticket)
        if not name:
            return
        started = self._seconds()
        try:
            result = replace(self._ports.run(name), name=name, started=started, ended=self._seconds())
        except BaseException as error:
            result = replace(ended_by(name, error), started=started, ended=self._seconds())
        self._ports.inbox.put(partial(self._end, result))

    # What comes in

    def _next(self, patience: float | None) -> Any:
        """Wait for a message. Ctrl-C is one, where no handler writes it: the first asks to stop, the second stops."""
        try:
            return self._ports.inbox.get(patience)
        except KeyboardInterrupt:
            if self._is_asked:
                raise
            return STOP

    def _hear(self) -> None:
        """Read what lies there already."""
        while (message := self._next(0.0)) is not None:
            self._read(message)

    def _read(self, message: Any) -> None:
        if message is STOP:
            self._interrupt()
        elif isinstance(message, Told):
            self._tell(lambda it: it.told(message.name, message.what))
        else:
            message()

    def _interrupt(self) -> None:
        self._is_asked = True
        self._course.interrupt()
        self._tell_stop()

    def _end(self, result: TargetResult) -> None:
        name = result.name
        self._running.discard(name)
        self._results[name] = result
        self._course.end(name, result.status, has_changed=result.has_changed)
        self._tell(lambda it: it.ended(result))
        if result.status is TargetStatus.INTERRUPTED:
            self._interrupt()

    def _pass_over(self) -> None:
        """Give those a result that it did not come to."""
        for wave in self._waves:
            for name in wave.targets:
                if name not in self._results:
                    result = TargetResult(name, TargetStatus.NOT_STARTED)
                    self._results[name] = result
                    self._tell(lambda it, result=result: it.ended(result))  # type: ignore[misc]

    # What is told

    def _enter(self, wave: Wave | None) -> None:
        """Tell that another wave begins, None after the last."""
        if wave is self._wave or not self._has_waves:
            return
        before, self._wave = self._wave, wave
        if before is not None:
            self._tell(lambda it: it.wave_ended(before))
        if wave is not None:
            self._tell(lambda it: it.wave_began(wave))

    def _tell_stop(self) -> None:
        stop: FleetStop | None = self._course.stop
        if stop is not None and not self._has_told_stop:
            self._has_told_stop = True
            self._tell(lambda it: it.stopped(stop))

    def _tell(self, tell: Callable[[FleetWatcher], None]) -> None:
        watcher = self._ports.watcher
        try:
            tell(watcher)
        except Exception as error:  # who watches must not stop what is watched
            logger.warning("%s failed: %s", type(watcher).__name__, defect(error))

    def _seconds(self) -> float:
        return self._ports.clock.now() - self._begun


def _taken(ticket: list[str]) -> str:
    """Take a ticket, which only one of two threads can; return what it is for, "" where the other has it."""
    try:
        return ticket.pop()
    except IndexError:
        return ""
