"""The policies of a project, its owner, its roles and their members (wire reference, section 9)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from igz_apply.emulator.engine.http_errors import bad_request, conflict, forbidden, not_found
from igz_apply.emulator.engine.messages import Answer
from igz_apply.emulator.engine.record_store import Record, Selection, attribute_column
from igz_apply.emulator.iguazio4 import membership, pages
from igz_apply.emulator.iguazio4.answer_form import done, invalid
from igz_apply.emulator.iguazio4.fields import check_fields, flag, mapping, read_fields, text, texts
from igz_apply.emulator.iguazio4.membership import Member, find_member, named_members
from igz_apply.emulator.iguazio4.policy_documents import MEMBER_GROUPS, MEMBER_USERS, show_policies
from igz_apply.emulator.iguazio4.policy_table import OWNER, ROLES
from igz_apply.emulator.iguazio4.world import Call, World, known_name

_PROJECT = text("project", required=True, max_length=63)
_WRITE_MEMBERS = (texts("members"), flag("override"))


def add_policies(world: World, project: str, owner: Record | None) -> None:
    """Store a policy for each role of a project."""
    for role in ROLES:
        policy = world.store.insert(_policy(world, project, role))
        if role == OWNER and owner is not None:
            membership.set_members(world, policy, [Member(owner.id, MEMBER_USERS)])


def _policy(world: World, project: str, role: str) -> Record:
    attributes = {
        "key": f"{project}/{role}",
        "name": f"{world.options.policy_prefix}-project-{role}",
        "displayName": role.capitalize(),
        "project": project,
        "role": role,
        "version": 1,
    }
    return Record("policy", str(uuid.uuid4()), attributes)


def policies_of_project(world: World, project: str) -> list[Record]:
    """Return the policies of a project; none where there is no such project."""
    return world.store.select(Selection("policy", (f"{attribute_column('project')} = ?",), (project,)))


def remove_policies(world: World, project: str) -> None:
    """Remove the policies of a project, with everybody's roles."""
    for each in policies_of_project(world, project):
        world.store.remove(each)


def owner_of(world: World, project: str) -> str:
    """Return the username of a project's owner, "" if nobody is."""
    return owners_of(world, [project]).get(project, "")


def owners_of(world: World, projects: list[str]) -> dict[str, str]:
    """Return the usernames of the owners of projects that have one."""
    policies = {}
    for each in projects:
        policy = world.store.by_name("policy", f"{each}/{OWNER}")
        if policy is not None:
            policies[policy.id] = each
    held = world.store.links_of_many(MEMBER_USERS, policies, inverse=False)
    names = world.store.names("user", {each for named in held.values() for each in named})
    return {policies[policy]: names[named[0]] for policy, named in held.items()}


def set_owner(world: World, project: str, owner: Record) -> None:
    """Give a project another owner."""
    policy = world.store.by_name("policy", f"{project}/{OWNER}")
    if policy is not None:
        membership.set_members(world, policy, [Member(owner.id, MEMBER_USERS)])


def known_owner(world: World, username: str) -> Record:
    """Return the user who is to own a project. Raises Refusal (400) if there is none."""
    owner = world.store.by_name("user", known_name(world.options, username))
    if owner is None:
        raise bad_request(f"the owner {username[:120]!r} is not a user")
    return owner


def create_policies(call: Call) -> Answer:
    """Let a project take part in authorization; the caller owns it (section 9.1)."""
    call.require("create", "/mgmt/projects")
    project = read_fields(call.options, call.request, [_PROJECT])["project"]
    if policies_of_project(call.world, project):
        raise conflict(f"the policies of project {project} exist")
    add_policies(call.world, project, call.caller.user)
    return done(201)


def delete_policies(call: Call, project: str) -> Answer:
    """Remove all policies of a project."""
    _roles(call, project, "delete", f"/mgmt/projects/{project}")
    remove_policies(call.world, project)
    return done()


def get_policies(call: Call, project: str) -> Answer:
    """Answer the policies of a project with their members: roles and owner at one look."""
    roles = _roles(call, project, "list", _assignments(project))
    shown = show_policies(call.world, list(roles.values()), is_full=True, members=True)
    return Answer(200, pages.list_document(call.world, shown, [], has_more=False))


def _assignments(project: str) -> str:
    return f"/mgmt/projects/{project}/policies/assignments"


def _roles(call: Call, project: str, action: str, resource: str) -> dict[str, Record]:
    """Return the policies of a project by role.

    Raises Refusal: 403 for who may not do this, whether there is such a project or not (section 9.1), then 404.
    """
    call.require(action, resource)
    found = {each.attributes["role"]: each for each in policies_of_project(call.world, project)}
    if not found:
        raise not_found(f"policies of project {project[:120]!r}")
    return found


def put_owner(call: Call, project: str) -> Answer:
    """Give a project another owner; the owner or a system administrator may (section 9.3)."""
    _roles(call, project, "update", f"/mgmt/projects/{project}/owner")
    given = read_fields(call.options, call.request, [text("owner", required=True), text("project")])
    if given.get("project", project) != project:
        raise bad_request("project is another one than that of the path")
    set_owner(call.world, project, known_owner(call.world, given["owner"]))
    return done()


def put_roles(call: Call, project: str) -> Answer:
    """Write the members of several roles at once."""
    roles = _roles(call, project, "update", _assignments(project))
    given = read_fields(call.options, call.request, [mapping("membership"), flag("override")])
    stated = {_role(call, name): _values(call, value) for name, value in given.get("membership", {}).items()}
    wanted = {role: named_members(call.world, names) for role, names in stated.items()}
    overrides = given.get("override", False)
    for role, members in wanted.items():
        _write(call, roles[role], members, overrides=overrides and (bool(members) or _empties(call)))
    if overrides:
        for role in _unnamed(call, wanted):
            membership.set_members(call.world, roles[role], [])
    return done()


def _empties(call: Call) -> bool:
    return call.options.empty_role_in_map == "empties"


def _unnamed(call: Call, wanted: Mapping[str, Any]) -> list[str]:
    """Return the roles that an overriding map empties since it does not name them (section 9.3)."""
    kept = () if call.options.override_drops_owner else (OWNER,)
    return [role for role in ROLES if role not in wanted and role not in kept]


def _values(call: Call, value: Any) -> list[str]:
    if not isinstance(value, dict):
        raise invalid("(line 1:2): invalid value for field membership: a role has {values}")
    names: list[str] = check_fields(call.options, value, [texts("values")]).get("values", [])
    return names


def _role(call: Call, name: str) -> str:
    """Return a role, whatever the case of its name. Raises Refusal (400), also where owner may not be named."""
    role = name.lower()
    if role not in ROLES:
        raise bad_request(f"the role {name[:60]!r} is not one of {', '.join(ROLES)}")
    if role == OWNER and call.options.owner_in_roles == "refuses":
        raise bad_request("the owner is not written as a role: there is a call of its own")
    return role


def _write(call: Call, policy: Record, members: list[Member], *, overrides: bool) -> None:
    if policy.attributes["role"] == OWNER:
        call.require("update", f"/mgmt/projects/{policy.attributes['project']}/owner")
        if len(members) > 1 or any(each.relation != MEMBER_USERS for each in members):
            raise bad_request("a project has one owner, who is a user")
        overrides = True
    membership.set_members(call.world, policy, members, adds=not overrides)


def put_role(call: Call, project: str, name: str) -> Answer:
    """Write the members of one role."""
    roles = _roles(call, project, "update", _assignments(project))
    role = _role(call, name)
    given = read_fields(call.options, call.request, _WRITE_MEMBERS)
    members = named_members(call.world, given.get("members", []))
    _write(call, roles[role], members, overrides=given.get("override", False))
    return done()


def put_member(call: Call, project: str, name: str) -> Answer:
    """Give a member a role, in place of another one if that is said."""
    roles = _roles(call, project, "update", _assignments(project))
    (member,) = named_members(call.world, [name])
    given = read_fields(call.options, call.request, [text("role", required=True), flag("override")])
    role = _role(call, given["role"])
    held = [each for each, policy in roles.items() if _holds(call.world, policy, member)]
    if held and held != [role] and not given.get("override"):
        raise conflict(f"{name} has the role {held[0]} in project {project} already")
    for each in held:
        if each not in (role, OWNER):
            membership.drop_member(call.world, roles[each], member)
    _write(call, roles[role], [member], overrides=False)
    return done()


def _holds(world: World, policy: Record, member: Member) -> bool:
    return member.id in world.store.links(member.relation, policy.id)


def delete_member(call: Call, project: str, name: str) -> Answer:
    """Take all roles in a project from a member; the owner stays until there is another one."""
    roles = _roles(call, project, "update", _assignments(project))
    member = find_member(call.world, name)
    held = [each for each, policy in roles.items() if member and _holds(call.world, policy, member)]
    if member is None or not held:
        raise not_found(f"member {name[:120]!r} of project {project}")
    if OWNER in held:
        raise conflict(f"{name} owns project {project}: give it another owner first")
    for each in held:
        membership.drop_member(call.world, roles[each], member)
    return done()


def get_member(call: Call, project: str, name: str) -> Answer:
    """Answer the highest role of a member in a project, groups counted; without an envelope (section 9.3)."""
    roles = _roles(call, project, "read", _assignments(project))
    member = find_member(call.world, name)
    role = next((each for each in ROLES if member and _has(call.world, roles.get(each), member)), None)
    if role is None:
        raise not_found(f"member {name[:120]!r} of project {project}")
    key = "member_id" if call.options.member_id_snake else "memberId"
    return Answer(200, {"project": project, key: name, "role": role})


def _has(world: World, policy: Record | None, member: Member) -> bool:
    if policy is None:
        return False
    if _holds(world, policy, member):
        return True
    user = world.store.get("user", member.id)
    groups = membership.groups_of(world, user) if user else []
    return any(_holds(world, policy, Member(each, MEMBER_GROUPS)) for each in groups)


def require_owner_right(call: Call, project: str, owner: str) -> None:
    """Refuse (403) a change of the owner by who is neither the owner nor a system administrator."""
    if owner != owner_of(call.world, project) and not call.may("update", f"/mgmt/projects/{project}/owner"):
        raise forbidden(f"{call.caller.name} may not change the owner of project {project}")
