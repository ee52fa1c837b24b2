"""Who may see and do what in a project (wire reference, sections 10, 11 and 18.1)."""

from __future__ import annotations

from igz_apply.emulator.engine.http_errors import forbidden
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio3.vocabulary import ALL_PROJECT_POLICIES, ROLE_NAMES
from igz_apply.emulator.iguazio3.world import Call

ROLE_PROJECT = "project_authorization_role.project"
_PRINCIPAL_USERS = "project_authorization_role.principal_users"
_PRINCIPAL_GROUPS = "project_authorization_role.principal_user_groups"


def _roles_of_caller(call: Call) -> list[str]:
    """Return the ids of the roles that the caller holds, directly or through a group."""
    user = call.caller.user.id
    roles = call.store.sources(_PRINCIPAL_USERS, user)
    for group in call.store.links("user.user_groups", user):
        roles += call.store.sources(_PRINCIPAL_GROUPS, group)
    return roles


def visible_projects(call: Call) -> list[str] | None:
    """Return the ids of the projects that the caller may see; None for all."""
    if call.caller.has(*ALL_PROJECT_POLICIES):
        return None
    found = call.store.sources("project.owner", call.caller.user.id)
    for role in _roles_of_caller(call):
        found += call.store.links(ROLE_PROJECT, role)
    return list(dict.fromkeys(found))


def visible_roles(call: Call) -> list[str] | None:
    """Return the ids of the roles of those projects; None for all."""
    projects = visible_projects(call)
    if projects is None:
        return None
    return [role for project in projects for role in call.store.sources(ROLE_PROJECT, project)]


def role_of(call: Call, project: Record) -> str | None:
    """Return the caller's highest role in a project, direct or through groups; None for no role."""
    if call.caller.user.id in call.store.links("project.owner", project.id):
        return "Admin"
    held = set(_roles_of_caller(call)) & set(call.store.sources(ROLE_PROJECT, project.id))
    names = {role.attributes["name"] for role in call.store.get_many("project_authorization_role", held)}
    return next((name for name in ROLE_NAMES if name in names), None)


def require_role(call: Call, project: Record, roles: tuple[str, ...]) -> None:
    """Refuse (403) a caller who has none of these roles in a project."""
    if not call.caller.is_unrestricted and role_of(call, project) not in roles:
        raise forbidden(f"{call.caller.name} is not {' or '.join(roles)} of project {project.attributes['name']}")
