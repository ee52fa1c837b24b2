"""Background jobs: `created`, `dispatched`, `in_progress`, then an end (wire reference, section 5).

A job is a record, and timers that say when it moves on. What it does happens at its end, all at once, so
that a job that fails has done nothing.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from igz_apply.emulator.engine.faults import JobFate
from igz_apply.emulator.engine.record_store import Record, Timer
from igz_apply.emulator.iguazio3.world import World

DISPATCHED_AT = 0.1  # of the whole time
IN_PROGRESS_AT = 0.25
MAX_SECONDS = 10800


def start(
    world: World,
    kind: str,
    *,
    effect: str = "",
    subject: dict[str, Any] | None = None,
    delay: float = 0.0,
) -> Record:
    """Store a new job that ends after `job_seconds`, and return it.

    `effect` names an entry of `effects.EFFECTS`, called with `subject`; "" does nothing. `delay` is how long
    it waits before its time begins, in seconds.
    """
    job = world.store.insert(Record("job", str(uuid.uuid4()), _attributes(world, kind)))
    fate = world.faults.job_fate(kind)
    seconds = world.options.job_seconds if fate.seconds is None else fate.seconds
    begin = world.now + delay
    _schedule_state(world, job, "dispatched", begin + seconds * DISPATCHED_AT)
    _schedule_state(world, job, "in_progress", begin + seconds * IN_PROGRESS_AT)
    if not fate.stalls:
        ending = {"job": job.id, "effect": effect, "subject": subject or {}, "fate": fate.plain()}
        world.store.add_timer(Timer(begin + seconds, "job.end", ending))
    return job


def start_hanging(world: World, kind: str, seconds: float) -> Record:
    """Store a job that does nothing and stays in progress for so many seconds (section 10.7)."""
    job = world.store.insert(Record("job", str(uuid.uuid4()), _attributes(world, kind)))
    _schedule_state(world, job, "in_progress", world.now)
    ending = {"job": job.id, "effect": "", "subject": {}, "fate": JobFate().plain()}
    world.store.add_timer(Timer(world.now + seconds, "job.end", ending))
    return job


def _attributes(world: World, kind: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "params": "",
        "state": "created",
        "result": "",
        "max_total_execution_time": MAX_SECONDS,
        "max_worker_execution_time": MAX_SECONDS,
        "delay": 0.0,
        "on_success": [],
        "on_failure": [],
        "handler": f"igz0.{kind.split('.')[0]}.0",
        "ctx_id": world.ctx,
        "created_at": world.timestamp,
        "updated_at": world.timestamp,
    }


def _schedule_state(world: World, job: Record, state: str, due: float) -> None:
    world.store.add_timer(Timer(due, "job.state", {"job": job.id, "state": state}))


def move(world: World, job_id: str, state: str, result: str | None = None) -> None:
    """Set a job's state, and its result if there is one."""
    job = world.store.get("job", job_id)
    if job is None:
        return
    job.attributes.update(state=state, updated_at=world.timestamp)
    if result is not None:
        job.attributes["result"] = result
    world.store.save(job)


def forget(world: World, job_id: str) -> None:
    """Remove a job: reading it answers 404 from then on."""
    job = world.store.get("job", job_id)
    if job is not None:
        world.store.remove(job)


def is_running(world: World, job_id: str) -> bool:
    """Tell whether a job exists and has not ended."""
    job = world.store.get("job", job_id)
    return job is not None and job.attributes["state"] not in ("completed", "failed", "canceled")


def failure(message: str, status: int | None = 400, **more: str) -> str:
    """Return the result text of a failed job."""
    return json.dumps({**more, "status": status, "message": message})
