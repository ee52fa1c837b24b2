"""The roles of one project and who holds them (wire reference, section 11).

A project has three roles, Admin, Editor and Viewer; a user or group holds one of them at most. Roles are written as
whole lists of members, so only those that were changed are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from igz_apply.controlplane.attributes import Attribute, Items
from igz_apply.controlplane.background_jobs import Job, job_of
from igz_apply.controlplane.constants import AddMemberMode, ProjectAuthorizationRoles
from igz_apply.controlplane.crud import link
from igz_apply.controlplane.errors import MemberAlreadyInProject
from igz_apply.controlplane.protocols import Calls
from igz_apply.controlplane.resource import Record, Resource

INCLUDE_ROLES = (
    "project_authorization_roles.principal_users",
    "project_authorization_roles.principal_user_groups",
)
# From the strongest to the weakest.
_RANKS = tuple(role.value for role in ProjectAuthorizationRoles)
_RELATIONSHIPS = {"user": "principal_users", "user_group": "principal_user_groups"}

Member = Resource
Role = ProjectAuthorizationRoles | str


class ProjectAuthorizationRole(Resource, record="project_authorization_role"):
    """One role of one project. `users` and `groups` hold it."""

    name = Attribute[str]("Admin, Editor or Viewer", computed=True)
    permissions = Items[dict[str, Any]]("what it allows, worked out by the server", computed=True)

    users: list[Resource]
    groups: list[Resource]

    def _absorb(self, record: Record) -> None:
        super()._absorb(record)
        self.__dict__["users"] = []
        self.__dict__["groups"] = []

    @property
    def members(self) -> list[Member]:
        """Users and groups together."""
        return [*self.users, *self.groups]


class ProjectAuthorizationRoleSet:
    """The roles of a project, to be edited here and then written at once.

    `roles` maps names to roles. Edits change nothing on the platform until `write`.
    """

    def __init__(self, project: Resource) -> None:
        self._project_id = project.id
        self.roles: dict[str, ProjectAuthorizationRole] = {}
        for role in project.related("project_authorization_roles"):
            if isinstance(role, ProjectAuthorizationRole):
                self.roles[str(role.name)] = _with_members(role, project.included)
        self._as_read = {name: _keys(role.members) for name, role in self.roles.items()}

    @property
    def changed(self) -> list[ProjectAuthorizationRole]:
        """The roles whose members differ from those that were read."""
        return [role for name, role in self.roles.items() if _keys(role.members) != self._as_read[name]]

    def get_roles(self, role: Role, member_kind: str) -> list[Member]:
        """Return the holders of a role that are of one kind: `users` or `groups`."""
        holders: list[Member] = getattr(self._role(role), member_kind)
        return holders

    def resolve_member_role(self, member: Member) -> ProjectAuthorizationRole | None:
        """Return the role that a user or group itself holds, None if it holds none."""
        key = _key(member)
        return next((role for role in self.roles.values() if key in _keys(role.members)), None)

    def add_member_to_role(
        self,
        http_client: Calls,
        member: Member,
        role: Role,
        add_member_mode: AddMemberMode | str = AddMemberMode.fail_on_existing,
    ) -> None:
        """Give a user or group a role; nothing happens to one that holds it.

        For a member with another role `add_member_mode` decides: override moves it, best_effort leaves it, and
        fail_on_existing raises MemberAlreadyInProject. `http_client` is not used here, as in all edits.
        """
        self.add_members_to_role(http_client, [member], role, add_member_mode)

    def add_members_to_role(
        self,
        http_client: Calls,  # noqa: ARG002 - the published SDK has it
        members: Iterable[Member],
        role: Role,
        add_member_mode: AddMemberMode | str = AddMemberMode.fail_on_existing,
    ) -> None:
        """Give several users and groups a role; see `add_member_to_role`."""
        for member in members:
            self.assign(member, role, add_member_mode)

    def set_members(
        self,
        http_client: Calls,  # noqa: ARG002 - the published SDK has it
        members: Sequence[Member],
        role: Role,
    ) -> None:
        """Make these, and nobody else, the holders of a role; those with another role are moved."""
        self.replace(members, role)

    def remove_member(self, http_client: Calls, member: Member) -> None:
        """Take any role from a user or group."""
        self.remove_members(http_client, [member])

    def remove_members(
        self,
        http_client: Calls,  # noqa: ARG002 - the published SDK has it
        members: Iterable[Member],
    ) -> None:
        """Take any role from several users and groups."""
        for member in members:
            self.dismiss(member)

    def assign(self, member: Member, role: Role, add_member_mode: AddMemberMode | str) -> None:
        """Give one member a role; see `add_member_to_role`."""
        wanted, held = self._role(role), self.resolve_member_role(member)
        if held is wanted or (held is not None and add_member_mode == AddMemberMode.best_effort):
            return
        if held is not None and add_member_mode != AddMemberMode.override:
            raise MemberAlreadyInProject(
                f"{member.type} {_shown(member)} already is {held.name} of project {self._project_id}"
            )
        self.dismiss(member)
        _holders(wanted, member).append(member)

    def dismiss(self, member: Member) -> None:
        """Take any role from one member."""
        key = _key(member)
        for role in self.roles.values():
            role.users = [user for user in role.users if _key(user) != key]
            role.groups = [group for group in role.groups if _key(group) != key]

    def replace(self, members: Iterable[Member], role: Role) -> None:
        """Make these, and nobody else, the holders of a role."""
        wanted = self._role(role)
        wanted.users, wanted.groups = [], []
        for member in members:
            self.assign(member, role, AddMemberMode.override)

    def highest_role_of(self, keys: set[tuple[str, str]]) -> Role | None:
        """Return the strongest role that any of the given (type, id) holds, None if none does."""
        held = {name for name, role in self.roles.items() if keys & _keys(role.members)}
        ranked = sorted(held, key=lambda name: _RANKS.index(name) if name in _RANKS else len(_RANKS))
        return role_named(ranked[0]) if ranked else None

    def write(self, http_client: Calls, wait_for_job: bool = True, notify_by_email: bool = False) -> Job | None:
        """Write the roles that were changed, in one transaction, and return its job; None if nothing was changed.

        `notify_by_email` tells those who were added or removed. Raises JobFailed.
        """
        changed = self.changed
        if not changed:
            return None
        answer = http_client.call("POST", "async_transactions", body=self._transaction(changed, notify_by_email))
        job = job_of(http_client, answer, wait=wait_for_job)
        self._as_read = {name: _keys(role.members) for name, role in self.roles.items()}
        return job

    def _transaction(self, changed: Iterable[ProjectAuthorizationRole], notify_by_email: bool) -> dict[str, Any]:
        return {
            "data": {
                "attributes": {
                    "metadata": {"project_ids": [self._project_id], "notify_by_email": notify_by_email},
                    "requests": [self._request(role) for role in changed],
                }
            }
        }

    def _request(self, role: ProjectAuthorizationRole) -> dict[str, Any]:
        relationships = {
            "project": {"data": link("project", self._project_id)},
            "principal_users": {"data": [link("user", user.id) for user in role.users]},
            "principal_user_groups": {"data": [link("user_group", group.id) for group in role.groups]},
        }
        data = {"type": role.type, "attributes": {"name": role.name}, "relationships": relationships}
        return {"method": "put", "resource": f"project_authorization_roles/{role.id}", "body": {"data": data}}

    def _role(self, role: Role) -> ProjectAuthorizationRole:
        name = str(getattr(role, "value", role))
        if name not in self.roles:
            raise ValueError(f"the project has no role {name!r}; it has {', '.join(self.roles) or 'none'}")
        return self.roles[name]


def role_named(name: str) -> Role:
    """Return the role of that name; a name that is not known passes through."""
    return ProjectAuthorizationRoles(name) if name in _RANKS else name


def _with_members(role: ProjectAuthorizationRole, included: Sequence[Resource]) -> ProjectAuthorizationRole:
    """Fill a role's users and groups; of one that was not included along, nothing but the id is known."""
    by_key = {_key(record): record for record in included}
    for kind, relationship in _RELATIONSHIPS.items():
        members: list[Resource] = [
            by_key.get((kind, member_id)) or Resource.from_record(link(kind, member_id))
            for member_id in role.linked_ids(relationship)
        ]
        setattr(role, "users" if kind == "user" else "groups", members)
    return role


def _holders(role: ProjectAuthorizationRole, member: Member) -> list[Resource]:
    if member.type not in _RELATIONSHIPS:
        raise TypeError(f"a member of a project is a user or a group, not {member.type or type(member).__name__}")
    return role.users if member.type == "user" else role.groups


def _key(member: Member) -> tuple[str, str]:
    return member.type, str(member.id)


def _keys(members: Iterable[Member]) -> set[tuple[str, str]]:
    return {_key(member) for member in members}


def _shown(member: Member) -> str:
    return str(member.get_attribute("username") or member.get_attribute("name") or member.id)
