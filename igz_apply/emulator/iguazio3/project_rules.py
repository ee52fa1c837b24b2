"""Projects: ownership, visibility, and the jobs that make and delete them (wire reference, section 10)."""

# ruff: noqa: ARG002 - hooks share one signature, and not every one of them needs all of it.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from igz_apply.emulator.engine.http_errors import Refusal, bad_request, not_found
from igz_apply.emulator.engine.json_body import read_json
from igz_apply.emulator.engine.messages import Answer
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio3 import resource_documents
from igz_apply.emulator.iguazio3.envelope import read_body
from igz_apply.emulator.iguazio3.operations import change, readable
from igz_apply.emulator.iguazio3.permissions import require_role, role_of, visible_projects
from igz_apply.emulator.iguazio3.principals import held_by
from igz_apply.emulator.iguazio3.projectlife import (
    OWNER,
    add_roles,
    check_settled,
    roles_of,
    start_creation,
    start_deletion,
)
from igz_apply.emulator.iguazio3.resource_type import ResourceType
from igz_apply.emulator.iguazio3.vocabulary import DEVELOPER_POLICIES, MEMBER_ADMIN_POLICIES, ROLE_NAMES, TENANT_NAME
from igz_apply.emulator.iguazio3.world import Behaviour, Call, Draft, World

ROLE_USERS = "project_authorization_role.principal_users"
NAMESPACE = "default-tenant"
STRATEGIES = ("restricted", "cascading")


class ProjectBehaviour(Behaviour):
    """What the table of projects cannot say."""

    def visible_ids(self, call: Call) -> list[str] | None:
        """Return the projects that the caller owns, is a member of, or may see by policy."""
        return visible_projects(call)

    def check_readable(self, call: Call, resource_type: ResourceType, record: Record | None) -> None:
        """Answer 404 for a project that the caller may not see."""
        visible = None if record is None else visible_projects(call)
        if record is not None and visible is not None and record.id not in visible:
            raise not_found(f"Project {record.attributes['name']}")

    def check_writable(self, call: Call, resource_type: ResourceType, record: Record | None) -> None:
        """Creating needs a policy; updating is checked in `prepare`, where it is known what changes."""
        if record is None:
            call.require(*DEVELOPER_POLICIES)
        else:
            self.check_readable(call, resource_type, record)

    def prepare(self, call: Call, draft: Draft) -> None:
        """Complete and check a project that is created or changed."""
        _resolve_owner(call, draft)
        if draft.before is None:
            _complete_new_project(call, draft)
            return
        _check_editable(call, draft)
        check_settled(draft.before)
        if "admin_status" in draft.given:
            draft.record.attributes["operational_status"] = draft.record.attributes["admin_status"]
        _keep_previous_owner(call, draft)

    def created(self, call: Call, draft: Draft) -> dict[str, Any]:
        """Make the three roles, and start the job after which the project is online."""
        add_roles(call.world, draft.record)
        start_creation(call.world, draft.record)
        return {}

    def further(self, call: Call, ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Add what a query asks for beyond the plain attributes (section 10.2)."""
        found: dict[str, dict[str, Any]] = {each: {} for each in ids}
        shows_owner = any(path[0] == "owner" for path in call.query.include)
        shows_key = call.query.is_set("enrich_owner_access_key")
        owners = _owners_of(call.world, ids) if shows_owner or shows_key else {}
        for each, shown in found.items():
            if shows_owner and each in owners:
                shown["owner_username"] = owners[each][1]
            if call.query.is_set("enrich_namespace"):
                shown["namespace"] = NAMESPACE
            if shows_key and each in owners:
                shown.update(_access_key(call.world, owners[each][0]))
        return found


def _owners_of(world: World, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the id and the name of the owners of projects that still exist, by the id of the project."""
    owners = world.store.links_of_many(OWNER, ids, inverse=False)
    names = world.store.names("user", {held[0] for held in owners.values()})
    return {project: (held[0], names[held[0]]) for project, held in owners.items() if held[0] in names}


def _access_key(world: World, owner: str) -> dict[str, str]:
    keys = world.store.select(held_by("access_key", owner), limit=1)
    return {"owner_access_key": keys[0].id} if keys else {}


def _resolve_owner(call: Call, draft: Draft) -> None:
    """Settle the owner: a relationship, else the attribute `owner_username`, else the caller at creation."""
    username = draft.record.attributes.pop("owner_username", None)
    if "owner" not in draft.links and username is not None:
        owner = call.store.by_name("user", username)
        if owner is None:
            raise bad_request("Failed to resolve the given user")
        draft.links["owner"] = [owner.id]
    if "owner" not in draft.links and draft.before is None:
        draft.links["owner"] = [call.caller.user.id]
    if draft.before is not None and draft.links.get("owner") == call.store.links(OWNER, draft.record.id):
        del draft.links["owner"]  # it stays, whoever may change it, and whatever has become of that user
    if "owner" in draft.links:
        _check_owner(call, draft.links["owner"])


def _check_owner(call: Call, ids: list[str]) -> None:
    if not ids:
        raise bad_request("A project needs an owner")
    (owner,) = call.store.get_many("user", ids)
    if owner.attributes["operational_status"] != "up":
        raise bad_request(f"User {owner.attributes['username']} is not operational and cannot own a project")


def _complete_new_project(call: Call, draft: Draft) -> None:
    attributes = draft.record.attributes
    existing = call.store.by_name("project", attributes["name"])
    if existing is not None and existing.attributes["operational_status"] == "deleting":
        raise Refusal(call.world.options.conflict_status, f"Project {attributes['name']} is being deleted")
    if existing is not None:
        raise call.world.name_taken(f"Project {attributes['name']}")
    if call.world.options.since("3.5.4"):
        draft.record.id = f"{attributes['name']}@{TENANT_NAME}"
    attributes["operational_status"] = "creating"


def _check_editable(call: Call, draft: Draft) -> None:
    """Refuse (403) what the caller's role does not allow: owner and attributes are two permissions."""
    changes_owner = "owner" in draft.links
    only_owner = changes_owner and not draft.given - {"owner_username"}
    if only_owner and call.caller.has(*MEMBER_ADMIN_POLICIES):
        return
    require_role(call, draft.record, ("Admin",) if changes_owner else ("Admin", "Editor"))


def _keep_previous_owner(call: Call, draft: Draft) -> None:
    """Make the previous owner an Admin member (section 10.6)."""
    previous = call.store.links(OWNER, draft.record.id)
    if previous and "owner" in draft.links and previous != draft.links["owner"]:
        admin = roles_of(call.world, draft.record.id)["Admin"]
        call.store.add_links(ROLE_USERS, [(admin.id, previous[0])])


def by_name(call: Call, name: str) -> Record:
    """Return the project of this name. Raises Refusal (404) if there is none, or the caller may not see it."""
    project = call.store.by_name("project", name)
    if project is None:
        raise not_found(f"Project {name[:80]}")
    return readable(call, call.world.types["project"], project.id)


def get_by_name(call: Call, name: str) -> Answer:
    """Answer the project of this name."""
    return Answer(200, resource_documents.one(call, call.world.types["project"], by_name(call, name)))


def update_by_name(call: Call, name: str) -> Answer:
    """Change the project of this name."""
    project_type = call.world.types["project"]
    return Answer(200, resource_documents.one(call, project_type, change(call, project_type, by_name(call, name).id)))


def delete_by_body(call: Call) -> Answer:
    """Delete the project that the body names (section 10.7); only its name counts."""
    name = read_body(call.request, "project").attributes.get("name")
    if not isinstance(name, str) or not name:
        raise bad_request("A project delete needs the attribute `name`")
    strategy = call.request.headers.get("igz-project-deletion-strategy", "restricted")
    if strategy not in STRATEGIES:
        raise bad_request(f"The deletion strategy {strategy[:60]!r} is not one of {', '.join(STRATEGIES)}")
    project = by_name(call, name)
    require_role(call, project, ("Admin",))
    return Answer(
        202,
        {"data": resource_documents.job_resource(call, start_deletion(call.world, project, strategy)), "included": []},
    )


def probe_authorization(call: Call, name: str) -> Answer:
    """Answer whether the caller may do `action` with a project; 200 or 403 (section 11.2)."""
    project = by_name(call, name)
    action = call.query.flags.get("action", "read")
    if call.query.flags.get("sub_resource", "").startswith("authorization") or action.startswith("authorization"):
        if not call.caller.has(*MEMBER_ADMIN_POLICIES):
            require_role(call, project, ("Admin",))
    elif action in ("update", "list"):
        require_role(call, project, ("Admin", "Editor"))
    elif action != "read":
        require_role(call, project, ("Admin",))
    elif role_of(call, project) is None and not call.caller.is_unrestricted:
        require_role(call, project, ROLE_NAMES)
    return Answer(200, {"data": {"type": "authorization", "id": project.id, "attributes": {}}})


def mark_resources(call: Call, name: str) -> Answer:
    """Say whether a project holds resources: a route of the emulator's own, for tests of deletion.

    The body is `{"has_resources": true}`. Only a predefined administrator may call it.
    """
    call.require("System Admin")
    body = read_json(call.request)
    marked = body.get("has_resources") if isinstance(body, dict) else None
    if not isinstance(marked, bool):
        raise bad_request("has_resources is not true or false")
    project = by_name(call, name)
    project.private["has_resources"] = marked
    call.store.save(project)
    return Answer(200, {"has_resources": marked})
