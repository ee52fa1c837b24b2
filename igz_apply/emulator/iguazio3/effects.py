"""What timers do when they fall due: jobs that move and end, users who join all_users, events that show."""

from __future__ import annotations

from collections.abc import Mapping

from igz_apply.emulator.engine.background import Effect
from igz_apply.emulator.engine.timers import Action, Detail
from igz_apply.emulator.iguazio3 import (
    deployment,
    emitted_events,
    projectlife,
    role_rules,
    sessions,
    user_rules,
)
from igz_apply.emulator.iguazio3.job_records import JOBS
from igz_apply.emulator.iguazio3.world import World


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


EFFECTS: Mapping[str, Effect[World]] = {
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

ACTIONS: Mapping[str, Action[World]] = {
    **JOBS.actions(EFFECTS),
    "user.joins": lambda world, detail: user_rules.join_all_users(world, detail["id"]),
    "session.ends": lambda world, detail: sessions.end_session(world, detail["id"]),
    "event.shows": lambda world, detail: emitted_events.show(world, detail["type"], detail["id"], detail["attributes"]),
}
