"""Jobs as Iguazio 3 shows them: `created`, `dispatched`, `in_progress`, then an end (wire reference, section 5)."""

from __future__ import annotations

import json
import uuid
from typing import Any

from igz_apply.emulator.engine.background import Jobs
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio3.world import World

MAX_SECONDS = 10800
_ENDS = ("completed", "failed", "canceled")


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
    return JOBS.start(world, _new(world, kind), kind, effect=effect, subject=subject, delay=delay)


def start_hanging(world: World, kind: str, seconds: float) -> Record:
    """Store a job that does nothing and stays in progress for so many seconds (section 10.7)."""
    return JOBS.start_hanging(world, _new(world, kind), seconds)


def _new(world: World, kind: str) -> Record:
    attributes = {
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
    return Record("job", str(uuid.uuid4()), attributes)


def _mark(world: World, job: Record, state: str, result: str | None) -> None:
    job.attributes.update(state=state, updated_at=world.timestamp)
    if result is not None:
        job.attributes["result"] = result


def _is_over(job: Record) -> bool:
    return job.attributes["state"] in _ENDS


JOBS: Jobs[World] = Jobs(
    type="job",
    stages=(("dispatched", 0.1), ("in_progress", 0.25)),
    succeeded="completed",
    failed="failed",
    is_over=_is_over,
    mark=_mark,
)


def failure(message: str, status: int | None = 400, **more: str) -> str:
    """Return the result text of a failed job."""
    return json.dumps({**more, "status": status, "message": message})
