"""The project service, where it leads (wire reference, section 10.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from igz_apply.emulator.engine.http_errors import Refusal, bad_request, conflict, not_found
from igz_apply.emulator.engine.messages import Answer, Document
from igz_apply.emulator.engine.record_store import Record, Selection
from igz_apply.emulator.iguazio4 import project_life, project_roles
from igz_apply.emulator.iguazio4.answer_form import done, wrong_method
from igz_apply.emulator.iguazio4.fields import Fields, Query, mapping, read_fields, text
from igz_apply.emulator.iguazio4.pages import Shown, answer_page, read_page
from igz_apply.emulator.iguazio4.project_life import ARCHIVED, CREATING, DELETING, ONLINE, STATES, VALUES
from igz_apply.emulator.iguazio4.world import Call, World

EDITS = "edits"  # a section of a faults file: which project somebody else changes just before a write, and how
STRATEGY = "x-mlrun-deletion-strategy"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
_VALUES = (text("owner"), text("description", max_length=100_000), mapping("labels"), mapping("annotations"))
_CREATE = (text("name", required=True), *_VALUES)
_UPDATE = (text("name"), text("prevOpId"), *_VALUES)
_SETTABLE = (ONLINE, ARCHIVED)


class ForeignEdit(Refusal):
    """A write that comes too late: somebody else has changed the project since it was read."""

    def __init__(self, name: str) -> None:
        super().__init__(409, f"project {name}: prevOpId is stale")
        self.project = name


def create(call: Call) -> Answer:
    """Create a project; what follows it is told in the background."""
    call.require("create", "/mgmt/projects")
    given = read_fields(call.options, call.request, _CREATE)
    if call.store.by_name("project", given["name"]) is not None:
        raise conflict(f"project {given['name']} already exists")
    return _create(call, given["name"], given)


def _create(call: Call, name: str, given: Fields) -> Answer:
    check_name(name)
    _check_maps(given)
    owner = project_roles.known_owner(call.world, given["owner"]) if given.get("owner") else call.caller.user
    project = project_life.new_project(call.world, name, given, owner, CREATING)
    return _accepted(project_life.begin(call.world, project, "create", call.caller.name, {}))


def check_name(name: str) -> None:
    """Refuse (400) what cannot be a project's name (section 18)."""
    if len(name) > 63 or not _NAME.match(name):
        raise bad_request(f"the project name {name[:120]!r} is not a DNS label of at most 63 characters")


def _accepted(operation: str) -> Answer:
    return done(202, opId=operation)


def _check_maps(given: Fields) -> None:
    for name in ("labels", "annotations"):
        for key, value in given.get(name, {}).items():
            if not isinstance(value, str):
                raise bad_request(f"{name}: the value of {key[:60]!r} is not a string")


def get(call: Call, name: str) -> Answer:
    """Answer one project."""
    query = Query(call.options, call.request)
    query.ended()
    (item,), _ = _show(call.world, [_readable(call, name)])
    return Answer(200, {**item, "status": {"statusCode": 200, **item["status"]}})


def _readable(call: Call, name: str) -> Record:
    project = call.store.by_name("project", name)
    if project is None:
        raise not_found(f"project {name[:120]!r}")
    call.require("read", f"/mgmt/projects/{name}")
    return project


def list_projects(call: Call) -> Answer:
    """Answer a page of the projects that the caller may see; nobody has shown such a list (section 10.3)."""
    query = Query(call.options, call.request)
    page = read_page(call, query)
    query.ended()
    return answer_page(call, page, visible(call), lambda found: _show(call.world, found))


def refuse_list(call: Call) -> Answer:
    """Answer as the gateway where projects can be created and not listed."""
    raise wrong_method(call.options.wrong_method)


def visible(call: Call) -> Selection:
    """Return the projects that the caller may see."""
    if call.may("list", "/mgmt/projects"):
        return Selection("project")
    names = sorted(call.caller.rights.projects)
    return Selection("project", (f"name IN ({', '.join('?' * len(names))})",), tuple(names))


def _show(world: World, projects: Sequence[Record]) -> Shown:
    owners = project_roles.owners_of(world, [each.attributes["name"] for each in projects])
    return [_shown(world, each, owners.get(each.attributes["name"], "")) for each in projects], []


def _shown(world: World, project: Record, owner: str) -> Document:
    held = project.attributes
    metadata = {"name": held["name"], "labels": held["labels"], "annotations": held["annotations"]}
    status = {name: held[name] for name in ("state", "opId", "createdAt", "updatedAt")}
    spec = {"owner": owner, "description": held["description"]}
    return {
        "metadata": {"id": project.id, "resourceType": "project", **world.message(metadata)},
        "spec": world.message(spec),
        "status": status,
    }


def put(call: Call, name: str) -> Answer:
    """Replace all of a project, or create it where there is none and none is expected."""
    given = read_fields(call.options, call.request, _UPDATE, {"desiredState": STATES})
    project = call.store.by_name("project", name)
    if project is None and given.get("prevOpId") is None:
        call.require("create", "/mgmt/projects")
        _check_same(name, given)
        return _create(call, name, given)
    return _update(call, name, project, given)


def patch(call: Call, name: str) -> Answer:
    """Replace all of a project too: this is no merge (section 10.3)."""
    given = read_fields(call.options, call.request, _UPDATE, {"desiredState": STATES})
    project = call.store.by_name("project", name)
    if project is None:
        raise not_found(f"project {name[:120]!r}")
    return _update(call, name, project, given)


def _check_same(name: str, given: Fields) -> None:
    if given.get("name", name) != name:
        raise bad_request("name is another one than that of the path")


def _update(call: Call, name: str, project: Record | None, given: Fields) -> Answer:
    if project is not None:
        call.require("update", f"/mgmt/projects/{name}")
    _check_same(name, given)
    if project is None or given.get("prevOpId") != project.attributes["opId"]:
        raise conflict(f"project {name}: prevOpId is stale or missing")
    if call.world.faults.told(EDITS, name) is not None and not project.private.get("edited"):
        raise ForeignEdit(name)
    if project.attributes["state"] in (CREATING, DELETING):
        raise conflict(f"project {name} is {project.attributes['state']}")
    values = _new_values(call, name, given)
    if call.options.update_at_once:
        project.attributes["opId"] = project_life.new_operation(call.world)
        project_life.change(call.world, project, values)
        return done(200, opId=project.attributes["opId"])
    if call.options.values_at_once:
        project_life.change(call.world, project, values)
    return _accepted(project_life.begin(call.world, project, "update", call.caller.name, {"values": values}))


def _new_values(call: Call, name: str, given: Fields) -> dict[str, Any]:
    """Return what a write makes of a project: what it leaves out is cleared, unless it only sets the state."""
    if not given.get("owner"):
        raise bad_request("owner is required: an update replaces all of a project")
    _check_maps(given)
    owner = project_roles.known_owner(call.world, given["owner"])
    project_roles.require_owner_right(call, name, owner.attributes["username"])
    values: dict[str, Any] = {"owner": owner.id}
    state = given.get("desiredState")
    if state is not None and state not in _SETTABLE:
        raise bad_request(f"desiredState cannot be {state}")
    if state is not None:
        return {**values, **{key: given[key] for key in VALUES if key in given}, "state": state}
    return {**values, **{key: given.get(key, _EMPTY[key]) for key in VALUES}}


_EMPTY: Mapping[str, Any] = {"description": "", "labels": {}, "annotations": {}}


def delete(call: Call, name: str) -> Answer:
    """Delete a project with all that is in it; nothing protects it (section 10.3)."""
    read_fields(call.options, call.request, [])
    project = call.store.by_name("project", name)
    if project is None:
        return _gone(call, name)
    call.require("delete", f"/mgmt/projects/{name}")
    if project.attributes["state"] == DELETING:
        return _accepted(project.attributes["opId"])
    strategy = call.request.headers.get(STRATEGY, "")
    if call.options.honour_deletion_strategy and strategy.startswith("restrict") and project.private.get("counts"):
        raise Refusal(412, f"project {name} is not empty")
    project.attributes["state"] = DELETING
    return _accepted(project_life.begin(call.world, project, "delete", call.caller.name, {}))


def _gone(call: Call, name: str) -> Answer:
    if call.options.gone_status == 404:
        raise not_found(f"project {name[:120]!r}")
    return Answer(204) if call.options.gone_status == 204 else done(200)


def edit_as_another(world: World, name: str) -> None:
    """Change a project as somebody else would, once."""
    project = world.store.by_name("project", name)
    if project is not None:
        edited = world.faults.told(EDITS, name) or "changed by somebody else"
        project.private["edited"] = True
        project.attributes["opId"] = project_life.new_operation(world)
        project_life.change(world, project, {"description": edited})
