"""Members of projects, and the transactions that write them (wire reference, section 11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from igz_apply.emulator.engine.background import JobFailed
from igz_apply.emulator.engine.http_errors import bad_request
from igz_apply.emulator.engine.messages import Answer
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio3 import job_records, resource_documents
from igz_apply.emulator.iguazio3.envelope import linked_ids, read_body
from igz_apply.emulator.iguazio3.operations import readable
from igz_apply.emulator.iguazio3.permissions import ROLE_PROJECT, require_role, visible_roles
from igz_apply.emulator.iguazio3.projectlife import check_settled, roles_of
from igz_apply.emulator.iguazio3.vocabulary import MEMBER_ADMIN_POLICIES
from igz_apply.emulator.iguazio3.world import Behaviour, Call, World

PRINCIPALS = {"principal_users": "user", "principal_user_groups": "user_group"}
RESOURCE_PREFIX = "project_authorization_roles/"
MAX_REQUESTS = 1000

Members = dict[str, list[str]]  # relationship name -> ids
RoleMembers = dict[str, Members]  # role id -> members that the transaction states


class RoleBehaviour(Behaviour):
    """Roles are seen where their project is."""

    def visible_ids(self, call: Call) -> list[str] | None:
        """Return the roles of the projects that the caller may see."""
        return visible_roles(call)


def start_transaction(call: Call) -> Answer:
    """Check a transaction as a whole, and start the job that carries it out.

    Nothing is written before the job ends, and then everything. Raises Refusal when one part is wrong.
    """
    attributes = read_body(call.request, "").attributes
    requests = attributes.get("requests")
    if not isinstance(requests, list) or not requests:
        raise bad_request("A transaction needs a list `requests`")
    if len(requests) > MAX_REQUESTS:
        raise bad_request(f"A transaction has at most {MAX_REQUESTS} requests")
    wanted: RoleMembers = {}
    projects: dict[str, Record] = {}
    for request in requests:
        role, members = _read_request(call, request)
        wanted.setdefault(role.id, {}).update(members)
        (project_id,) = call.store.links(ROLE_PROJECT, role.id)
        projects[project_id] = call.find("project", project_id)
    _check_metadata(attributes.get("metadata"), projects)
    for project in projects.values():
        _check_project(call, project, wanted)
    subject = {"roles": wanted}
    job = job_records.start(call.world, "project.roles.update", effect="roles.written", subject=subject)
    return Answer(call.world.options.async_status, {"data": resource_documents.job_resource(call, job), "included": []})


def _read_request(call: Call, request: Any) -> tuple[Record, Members]:
    """Return the role that one request of a transaction writes, and the members that it states."""
    if not isinstance(request, dict) or request.get("method") not in ("put", "PUT"):
        raise bad_request("A request of a transaction is an object with the method `put`")
    resource = request.get("resource")
    if not isinstance(resource, str) or not resource.strip("/").startswith(RESOURCE_PREFIX):
        raise bad_request(f"A request of a transaction has a resource {RESOURCE_PREFIX}<id>")
    role_id = resource.strip("/").removeprefix(RESOURCE_PREFIX)
    role = call.store.get("project_authorization_role", role_id)
    if role is None:
        raise bad_request(f"The role {role_id[:80]!r} does not exist")
    data = _body_data(request.get("body"))
    _check_role_attributes(data.get("attributes"), role)
    relationships = data.get("relationships") or {}
    if not isinstance(relationships, dict):
        raise bad_request("The relationships of a request are not an object")
    _check_project_linkage(call, role, relationships)
    return role, _members(call, relationships)


def _body_data(body: Any) -> Mapping[str, Any]:
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict) or data.get("type") != "project_authorization_role":
        raise bad_request("The body of a request describes a project_authorization_role")
    return data


def _check_role_attributes(attributes: Any, role: Record) -> None:
    """Permissions are tolerated, they are computed; the name is not to change."""
    if attributes is None:
        return
    if not isinstance(attributes, dict) or attributes.get("name", role.attributes["name"]) != role.attributes["name"]:
        raise bad_request(f"The role is called {role.attributes['name']}, and cannot be renamed")


def _check_project_linkage(call: Call, role: Record, relationships: Mapping[str, Any]) -> None:
    if "project" in relationships:
        named = linked_ids(relationships, "project", "project", many=False)
        if named != call.store.links(ROLE_PROJECT, role.id):
            raise bad_request("The role belongs to another project than the request says")


def _members(call: Call, relationships: Mapping[str, Any]) -> Members:
    unknown = set(relationships) - {*PRINCIPALS, "project"}
    if unknown:
        raise bad_request(f"A role has no relationship {min(map(str, unknown))[:60]!r}")
    members: Members = {}
    for name, target in PRINCIPALS.items():
        if relationships.get(name) is not None:
            members[name] = linked_ids(relationships, name, target, many=True)
            _check_members(call.world, name, target, members[name])
    return members


def _check_members(world: World, name: str, target: str, ids: list[str]) -> None:
    found = {record.id: record for record in world.store.get_many(target, ids)}
    for each in ids:
        if each not in found:
            raise bad_request(f"Failed to resolve {name}: no {target} {each[:80]!r}")
        if found[each].private.get("delete_job"):
            raise bad_request(f"{name}: the {target} {each} is being deleted")


def _check_metadata(metadata: Any, projects: Mapping[str, Record]) -> None:
    if metadata is None:
        return
    named = metadata.get("project_ids", list(projects)) if isinstance(metadata, dict) else None
    if not isinstance(named, list) or {str(each) for each in named} != set(projects):
        raise bad_request("metadata.project_ids does not name the projects whose roles are written")


def _check_project(call: Call, project: Record, wanted: RoleMembers) -> None:
    """Refuse what the caller may not do, what cannot be done now, and a member with two roles."""
    readable(call, call.world.types["project"], project.id)
    if not call.caller.has(*MEMBER_ADMIN_POLICIES):
        require_role(call, project, ("Admin",))
    check_settled(project)
    for name in PRINCIPALS:
        seen: set[str] = set()
        for role in roles_of(call.world, project.id).values():
            members = wanted.get(role.id, {}).get(name)
            if members is None:
                members = call.store.links(f"project_authorization_role.{name}", role.id)
            if seen.intersection(members):
                raise bad_request(
                    f"{min(seen.intersection(members))} would have two roles in project "
                    f"{project.attributes['name']}: a member has one"
                )
            seen.update(members)


def write_roles(world: World, wanted: RoleMembers) -> None:
    """Carry out a transaction. Raises JobFailed when a role or a member has gone in the meantime."""
    for role_id, members in wanted.items():
        if world.store.get("project_authorization_role", role_id) is None:
            raise JobFailed(job_records.failure(f"The role {role_id} does not exist any more", 404))
        for name, ids in members.items():
            if len(world.store.get_many(PRINCIPALS[name], ids)) != len(ids):
                raise JobFailed(job_records.failure(f"Failed to resolve {name} of role {role_id}"))
    for role_id, members in wanted.items():
        for name, ids in members.items():
            world.store.set_links(f"project_authorization_role.{name}", role_id, ids)
