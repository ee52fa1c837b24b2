"""What timers do when they fall due: jobs that move and end, users who join all_users, events that show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from igz_apply.emulator.engine import background
from igz_apply.emulator.engine.http_errors import JobFailed
from igz_apply.emulator.engine.record_store import Timer
from igz_apply.emulator.iguazio3 import deployment, emitted_events, projectlife, role_rules, sessions, user_rules
from igz_apply.emulator.iguazio3.world import World

Detail = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a job does when it completes, and what it leaves when it fails."""

    completed: Callable[[World, Detail], None]
    failed: Callable[[World, Detail], None] = lambda _world, _subject: None


def _remove_record(world: World, subject: Detail) -> None:
    """Remove a record; whoever had policies through it is logged out."""
    record = world.store.get(subject["type"], subject["id"])
    if record is not None:
        before = sessions.policies_of(world, sessions.users_with_sessions(world))
        world.store.remove(record)
        sessions.end_sessions_of_changed(world, before)


def _keep_record(world: World, subject: Detail) -> None:
    """Undo the start of a delete whose job has failed."""
    record = world.store.get(subject["type"], subject["id"])
    if record is not None:
        record.private.pop("delete_job", None)
        if "operational_status" in record.attributes:
            record.attributes["operational_status"] = record.attributes.get("admin_status", "up")
        world.store.save(record)


EFFECTS: Mapping[str, Effect] = {
    "user.created": Effect(
        lambda world, subject: user_rules.finish_user(world, subject["id"]),
        lambda world, subject: _remove_record(world, {"type": "user", "id": subject["id"]}),
    ),
    "record.deleted": Effect(_remove_record, _keep_record),
    "project.created": Effect(
        lambda world, subject: projectlife.finish_creation(world, subject["id"]),
        lambda world, subject: projectlife.remove_project(world, subject["id"]),
    ),
    "project.deleted": Effect(
        lambda world, subject: projectlife.remove_project(world, subject["id"]),
        lambda world, subject: projectlife.cancel_deletion(world, subject["id"]),
    ),
    "roles.written": Effect(lambda world, subject: role_rules.write_roles(world, subject["roles"])),
    deployment.DEPLOYED: Effect(
        lambda world, subject: deployment.deploy(world, list(subject["services"])),
        lambda world, _subject: deployment.fail(world, ""),
    ),
    "": Effect(lambda _world, _subject: None),
}


def settle(world: World) -> None:
    """Let everything happen that was due by now, in order, each at its own moment."""
    timer = world.store.pop_due_timer(world.now)
    while timer is not None:
        _fire(world.at(timer.due), timer)
        timer = world.store.pop_due_timer(world.now)


def _fire(world: World, timer: Timer) -> None:
    detail = timer.detail
    match timer.action:
        case "job.state":
            background.move(world, detail["job"], detail["state"])
        case "job.end":
            _end_job(world, detail)
        case "job.forget":
            background.forget(world, detail["job"])
        case "user.joins":
            user_rules.join_all_users(world, detail["id"])
        case "session.ends":
            sessions.end_session(world, detail["id"])
        case "event.shows":
            emitted_events.show(world, detail["type"], detail["id"], detail["attributes"])


def _end_job(world: World, detail: Detail) -> None:
    effect, fate = EFFECTS[detail["effect"]], detail["fate"]
    job_id, result = detail["job"], fate["failure"]
    if result is None:
        result = _completed(world, effect, detail["subject"])
    else:
        effect.failed(world, detail["subject"])
    background.move(world, job_id, "completed" if result is None else "failed", result or "")
    if fate["vanishes"]:
        background.forget(world, job_id)
    else:
        forget_at = world.now + world.options.job_lifetime_seconds
        world.store.add_timer(Timer(forget_at, "job.forget", {"job": job_id}))


def _completed(world: World, effect: Effect, subject: Detail) -> str | None:
    """Run an effect; return None, or the result text of the failure that it met."""
    try:
        effect.completed(world, subject)
    except JobFailed as failure:
        return failure.result
    return None
