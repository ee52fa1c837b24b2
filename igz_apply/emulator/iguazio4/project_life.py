"""What becomes of a project: stored, brought to what follows it, changed, removed (wire reference, section 10)."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from typing import Any

from igz_apply.emulator.engine.background import Effect, JobFailed
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio4 import executions, project_roles
from igz_apply.emulator.iguazio4.world import World

FOLLOWERS = "followers"  # a section of a faults file: of which project an operation fails, and why
VALUES = ("description", "labels", "annotations")
CREATING, ONLINE, DELETING, ARCHIVED = STATES = ("creating", "online", "deleting", "archived")


def new_operation(world: World) -> str:
    """Return the id of a new operation: a UUID of version 7, greater than those before it (section 10.2)."""
    last = world.store.get("operation", "last")
    milliseconds = max(int(world.now * 1000), last.attributes["at"] + 1 if last else 0)
    if last is None:
        world.store.insert(Record("operation", "last", {"at": milliseconds}))
    else:
        last.attributes["at"] = milliseconds
        world.store.save(last)
    number = milliseconds << 80 | 0x7 << 76 | random.getrandbits(12) << 64 | 0b10 << 62 | random.getrandbits(62)
    return str(uuid.UUID(int=number))


def new_project(world: World, name: str, values: Mapping[str, Any], owner: Record | None, state: str) -> Record:
    """Store a project with its policies."""
    attributes = {
        "name": name,
        "description": values.get("description", ""),
        "labels": values.get("labels", {}),
        "annotations": values.get("annotations", {}),
        "state": state,
        "opId": new_operation(world),
        "createdAt": world.moment,
        "updatedAt": world.moment,
    }
    project = world.store.insert(Record("project", str(uuid.uuid4()), attributes))
    if not project_roles.policies_of_project(world, name):
        project_roles.add_policies(world, name, owner)
    elif owner is not None:
        project_roles.set_owner(world, name, owner)
    return project


def begin(world: World, project: Record, kind: str, caller: str, subject: Mapping[str, Any]) -> str:
    """Begin an operation on a project, and return its id; `kind` is create, update or delete."""
    operation = new_operation(world)
    project.attributes.update(opId=operation, updatedAt=world.moment)
    world.store.save(project)
    effect = f"project.{kind}"
    named = {"name": project.attributes["name"], "opId": operation, **subject}
    executions.start(world, effect, operation, caller, effect=effect, subject=named)
    return operation


def change(world: World, project: Record, values: Mapping[str, Any]) -> None:
    """Put new values into a project; "owner" is one of them, as a user's id."""
    held = project.attributes
    held.update({name: values[name] for name in (*VALUES, "state") if name in values})
    held["updatedAt"] = world.moment
    world.store.save(project)
    owner = world.store.get("user", values["owner"]) if values.get("owner") else None
    if owner is not None:
        project_roles.set_owner(world, held["name"], owner)


def remove(world: World, project: Record) -> None:
    """Remove a project and its policies."""
    world.store.remove(project)
    project_roles.remove_policies(world, project.attributes["name"])


def _found(world: World, subject: Mapping[str, Any]) -> Record:
    """Return the project of an operation. Raises JobFailed if a follower refuses, or if it is gone."""
    told = world.faults.told(FOLLOWERS, subject["name"])
    project = world.store.by_name("project", subject["name"])
    if told is not None or project is None:
        raise JobFailed(told or f"project {subject['name']} is gone")
    return project


def _created(world: World, subject: Mapping[str, Any]) -> None:
    change(world, _found(world, subject), {"state": ONLINE})


def _not_created(world: World, subject: Mapping[str, Any]) -> None:
    project = world.store.by_name("project", subject["name"])
    if project is not None:
        remove(world, project)


def _updated(world: World, subject: Mapping[str, Any]) -> None:
    change(world, _found(world, subject), subject["values"])


def _deleted(world: World, subject: Mapping[str, Any]) -> None:
    remove(world, _found(world, subject))


def _not_deleted(world: World, subject: Mapping[str, Any]) -> None:
    project = world.store.by_name("project", subject["name"])
    if project is not None:
        change(world, project, {"state": ONLINE})


def _followed(effect: Effect[World]) -> Effect[World]:
    """Return an effect that undoes what was begun where a follower refuses."""

    def completed(world: World, subject: Mapping[str, Any]) -> None:
        try:
            effect.completed(world, subject)
        except JobFailed:
            effect.failed(world, subject)
            raise

    return Effect(completed, effect.failed)


EFFECTS: Mapping[str, Effect[World]] = {
    "project.create": _followed(Effect(_created, _not_created)),
    "project.update": Effect(_updated),
    "project.delete": _followed(Effect(_deleted, _not_deleted)),
}
