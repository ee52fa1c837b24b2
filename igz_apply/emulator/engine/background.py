"""Background jobs of any API: they move through states, then end well or badly, and are forgotten later.

A job is a record, and timers that say when it moves on. What it does happens at its end, all at once, so that a job
that fails has done nothing. How a record says its state, and what the states are called, is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic

from igz_apply.emulator.engine.faults import JobFate
from igz_apply.emulator.engine.record_store import Record, Timer
from igz_apply.emulator.engine.timers import Action, Detail
from igz_apply.emulator.engine.world import W, World


class JobFailed(Exception):
    """The effect of a job could not take place; `result` becomes the job's result text."""

    def __init__(self, result: str) -> None:
        super().__init__(result)
        self.result = result


@dataclass(frozen=True, slots=True)
class Effect(Generic[W]):
    """What a job does when it completes, and what it leaves when it fails."""

    completed: Action[W]
    failed: Action[W] = lambda _world, _subject: None


@dataclass(frozen=True, slots=True)
class Jobs(Generic[W]):
    """The background jobs of one API."""

    type: str  # under which their records are stored
    stages: tuple[tuple[str, float], ...]  # each state on the way, and when it begins: a part of the whole time
    succeeded: str
    failed: str
    is_over: Callable[[Record], bool]
    mark: Callable[[W, Record, str, str | None], None]  # note a state in a record, and the result if there is one

    def start(
        self,
        world: W,
        job: Record,
        kind: str,
        *,
        effect: str = "",
        subject: dict[str, Any] | None = None,
        delay: float = 0.0,
    ) -> Record:
        """Store a new job that ends after `job_seconds`, and return it; `kind` is what faults are matched with.

        `effect` names an entry of the effects, called with `subject`. `delay` is how long it waits before its time
        begins, in seconds.
        """
        world.store.insert(job)
        fate = world.faults.job_fate(kind)
        seconds = world.options.job_seconds if fate.seconds is None else fate.seconds
        begin = world.now + delay
        for state, part in self.stages:
            self._schedule_state(world, job, state, begin + seconds * part)
        if not fate.stalls:
            self._schedule_end(world, job, begin + seconds, effect, subject or {}, fate)
        return job

    def start_hanging(self, world: W, job: Record, seconds: float) -> Record:
        """Store a job that does nothing and stays in its last stage for so many seconds."""
        world.store.insert(job)
        self._schedule_state(world, job, self.stages[-1][0], world.now)
        self._schedule_end(world, job, world.now + seconds, "", {}, JobFate())
        return job

    def _schedule_state(self, world: W, job: Record, state: str, due: float) -> None:
        world.store.add_timer(Timer(due, "job.state", {"job": job.id, "state": state}))

    def _schedule_end(
        self, world: W, job: Record, due: float, effect: str, subject: dict[str, Any], fate: JobFate
    ) -> None:
        ending = {"job": job.id, "effect": effect, "subject": subject, "fate": fate.plain()}
        world.store.add_timer(Timer(due, "job.end", ending))

    def move(self, world: W, job_id: str, state: str, result: str | None = None) -> None:
        """Set a job's state, and its result if there is one."""
        job = world.store.get(self.type, job_id)
        if job is not None:
            self.mark(world, job, state, result)
            world.store.save(job)

    def forget(self, world: World, job_id: str) -> None:
        """Remove a job: reading it answers 404 from then on."""
        job = world.store.get(self.type, job_id)
        if job is not None:
            world.store.remove(job)

    def is_running(self, world: World, job_id: str) -> bool:
        """Tell whether a job exists and has not ended."""
        job = world.store.get(self.type, job_id)
        return job is not None and not self.is_over(job)

    def actions(self, effects: Mapping[str, Effect[W]]) -> Mapping[str, Action[W]]:
        """Return what the timers of jobs do."""
        return {
            "job.state": lambda world, detail: self.move(world, detail["job"], detail["state"]),
            "job.end": lambda world, detail: self._end(world, effects[detail["effect"]], detail),
            "job.forget": lambda world, detail: self.forget(world, detail["job"]),
        }

    def _end(self, world: W, effect: Effect[W], detail: Detail) -> None:
        job_id, fate = detail["job"], detail["fate"]
        result = fate["failure"]
        if result is None:
            result = _completed(world, effect, detail["subject"])
        else:
            effect.failed(world, detail["subject"])
        self.move(world, job_id, self.succeeded if result is None else self.failed, result or "")
        if fate["vanishes"]:
            self.forget(world, job_id)
        else:
            forget_at = world.now + world.options.job_lifetime_seconds
            world.store.add_timer(Timer(forget_at, "job.forget", {"job": job_id}))


def _completed(world: W, effect: Effect[W], subject: Detail) -> str | None:
    """Run an effect; return None, or the result text of the failure that it met."""
    try:
        effect.completed(world, subject)
    except JobFailed as failure:
        return failure.result
    return None
