"""The life of a project: its roles, and the jobs that make and delete it (wire reference, 10 and 11.1)."""

from __future__ import annotations

import uuid
from typing import Any

from igz_apply.emulator.engine.http_errors import Refusal, conflict
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio3 import job_records
from igz_apply.emulator.iguazio3.permissions import ROLE_PROJECT
from igz_apply.emulator.iguazio3.vocabulary import ROLE_NAMES
from igz_apply.emulator.iguazio3.world import World

OWNER = "project.owner"


def check_settled(project: Record) -> None:
    """Refuse (409) to touch a project that is being made or deleted."""
    status = project.attributes["operational_status"]
    if status in ("creating", "deleting"):
        raise conflict(f"Project {project.attributes['name']} is {status}")


def roles_of(world: World, project_id: str) -> dict[str, Record]:
    """Return the three roles of a project by name."""
    ids = world.store.sources(ROLE_PROJECT, project_id)
    return {role.attributes["name"]: role for role in world.store.get_many("project_authorization_role", ids)}


def add_roles(world: World, project: Record) -> None:
    """Make the three roles of a new project, without members, and its project group."""
    for name in ROLE_NAMES:
        attributes = {"name": name, "permissions": _permissions(name, project.attributes["name"])}
        role = Record("project_authorization_role", str(uuid.uuid4()), attributes)
        world.store.insert(role)
        world.store.add_links(ROLE_PROJECT, [(role.id, project.id)])
    world.store.add_links("project.project_group", [(project.id, str(uuid.uuid4()))])


def _permissions(role: str, project: str) -> list[dict[str, Any]]:
    """Return the default permissions of a role (section 11.1)."""
    inside, below = f"/projects/{project}", f"/projects/{project}/**"
    members = f"/projects__authorization/{project}/roles"
    granted: dict[str, dict[str, list[str]]] = {
        "Admin": {inside: [".*"], below: [".*"], members: [".*"]},
        "Editor": {inside: ["read", "update", "list"], below: [".*"]},
        "Viewer": {inside: ["read"], below: ["read"]},
    }
    everyone = {"/marketplace/sources": ["read"]}
    return [{"resource": resource, "actions": actions} for resource, actions in {**granted[role], **everyone}.items()]


def start_creation(world: World, project: Record) -> None:
    """Start the job that makes a project in MLRun and Nuclio."""
    job = job_records.start(world, "project.creation", effect="project.created", subject={"id": project.id})
    world.store.set_links("project.last_job", project.id, [job.id])


def finish_creation(world: World, project_id: str) -> None:
    """Put a new project online."""
    project = world.store.get("project", project_id)
    if project is not None and project.attributes["operational_status"] == "creating":
        project.attributes["operational_status"] = project.attributes["admin_status"]
        project.attributes["updated_at"] = world.timestamp
        world.store.save(project)


def remove_project(world: World, project_id: str) -> None:
    """Remove a project and its roles."""
    project = world.store.get("project", project_id)
    if project is None:
        return
    for role in roles_of(world, project_id).values():
        world.store.remove(role)
    world.store.remove(project)


def start_deletion(world: World, project: Record, strategy: str) -> Record:
    """Start the job that deletes a project; a repeated delete gets one that hangs (section 10.7).

    Raises Refusal: 409 while it is being made, 412 if it holds resources and the strategy is restricted.
    """
    name = project.attributes["name"]
    status = project.attributes["operational_status"]
    if status == "deleting":
        return job_records.start_hanging(world, "project.deletion", world.options.hanging_delete_seconds)
    if status == "creating":
        raise conflict(f"Project {name} is creating")
    if strategy == "restricted" and project.private.get("has_resources"):
        raise Refusal(412, f"Project {name} cannot be deleted since related resources exist")
    project.attributes["operational_status"] = "deleting"
    world.store.save(project)
    job = job_records.start(world, "project.deletion", effect="project.deleted", subject={"id": project.id})
    world.store.set_links("project.last_job", project.id, [job.id])
    return job


def cancel_deletion(world: World, project_id: str) -> None:
    """Put a project back online whose deletion has failed."""
    project = world.store.get("project", project_id)
    if project is not None:
        project.attributes["operational_status"] = project.attributes["admin_status"]
        world.store.save(project)
