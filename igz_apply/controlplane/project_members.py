"""The members of a project: reading and changing who holds which role (wire reference, section 11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from igz_apply.controlplane.constants import AddMemberMode, ProjectAuthorizationRoles
from igz_apply.controlplane.crud import Readable
from igz_apply.controlplane.errors import ConfigurationError, Unsupported
from igz_apply.controlplane.project_roles import (
    INCLUDE_ROLES,
    Member,
    ProjectAuthorizationRole,
    ProjectAuthorizationRoleSet,
    Role,
)
from igz_apply.controlplane.protocols import Calls, Reads
from igz_apply.controlplane.users import User

if TYPE_CHECKING:
    from igz_apply.controlplane.background_jobs import Job


class ProjectMembers(Readable):
    """The part of a project that is about its members."""

    def get_user_effective_role(self, http_client: Reads, user: str | int | Member) -> Role | None:
        """Return the highest role of a user (a username, an id or a user) or group, None without any.

        Counted are ownership, as Admin, the role held directly, and those of the user's groups.
        """
        member = User.resolve(http_client, user) if not isinstance(user, Member) else user
        project = type(self).get(http_client, self.id, include=["owner", *INCLUDE_ROLES])
        if member.type == "user" and str(member.id) in project.linked_ids("owner"):
            return ProjectAuthorizationRoles.admin
        keys = {(member.type, str(member.id))}
        if member.type == "user":
            groups = User.get(http_client, member.id, include=["user_groups"]).linked_ids("user_groups")
            keys |= {("user_group", group_id) for group_id in groups}
        return ProjectAuthorizationRoleSet(project).highest_role_of(keys)

    @contextmanager
    def apply_authorization_roles(
        self, http_client: Calls, wait_for_job: bool = True, notify_by_email: bool = False
    ) -> Iterator[ProjectAuthorizationRoleSet]:
        """Edit the roles in a `with` block; what was changed is written at its end, in one transaction.

        Nothing is written if the block raises. Raises JobFailed.
        """
        roles = self._read_roles(http_client)
        yield roles
        roles.write(http_client, wait_for_job, notify_by_email)
        self._remember(roles if wait_for_job else None)

    def add_members(
        self,
        http_client: Calls,
        members: Sequence[Member],
        role: Role,
        wait_for_job: bool = True,
        notify_by_email: bool = False,
        add_member_mode: AddMemberMode | str = AddMemberMode.fail_on_existing,
    ) -> Job | None:
        """Give users and groups a role; see ProjectAuthorizationRoleSet.add_member_to_role. None: nothing to do."""
        return self._edit_roles(
            http_client,
            lambda roles: roles.add_members_to_role(http_client, members, role, add_member_mode),
            wait_for_job,
            notify_by_email,
        )

    def set_membership(
        self,
        http_client: Calls,
        member: Member,
        role: Role,
        wait_for_job: bool = True,
        notify_by_email: bool = False,
        add_member_mode: AddMemberMode | str = AddMemberMode.fail_on_existing,
    ) -> Job | None:
        """Give one user or group a role; see `add_members`."""
        return self.add_members(http_client, [member], role, wait_for_job, notify_by_email, add_member_mode)

    def set_members(
        self,
        http_client: Calls,
        members: Sequence[Member],
        role: Role,
        wait_for_job: bool = True,
        notify_by_email: bool = False,
        override: bool = False,
    ) -> Job | None:
        """Make these, and nobody else, the holders of a role; those with another role are moved.

        As this takes the role from whoever is not named, it wants `override`; raises Unsupported without it.
        """
        if not override:
            raise Unsupported("set_members takes the role from everybody else; give override=True to do that")
        return self._edit_roles(http_client, lambda roles: roles.replace(members, role), wait_for_job, notify_by_email)

    def remove_member(
        self, http_client: Calls, member: Member, wait_for_job: bool = True, notify_by_email: bool = False
    ) -> Job | None:
        """Take any role from a user or group."""
        return self.remove_members(http_client, [member], wait_for_job, notify_by_email)

    def remove_members(
        self,
        http_client: Calls,
        members: Sequence[Member],
        wait_for_job: bool = True,
        notify_by_email: bool = False,
    ) -> Job | None:
        """Take any role from users and groups. None: they had none."""

        def edit(roles: ProjectAuthorizationRoleSet) -> None:
            roles.remove_members(http_client, members)

        return self._edit_roles(http_client, edit, wait_for_job, notify_by_email)

    def resolve_member_role(self, member: Member) -> ProjectAuthorizationRole | None:
        """Return the role that a user or group itself holds, None if it holds none."""
        return self._known_roles().resolve_member_role(member)

    def get_admin_users(self) -> list[Member]:
        """Return the users with the role Admin. The roles are read once for all such questions."""
        return self._holders(ProjectAuthorizationRoles.admin, "users")

    def get_admin_groups(self) -> list[Member]:
        """Return the groups with the role Admin."""
        return self._holders(ProjectAuthorizationRoles.admin, "groups")

    def get_editor_users(self) -> list[Member]:
        """Return the users with the role Editor."""
        return self._holders(ProjectAuthorizationRoles.editor, "users")

    def get_editor_groups(self) -> list[Member]:
        """Return the groups with the role Editor."""
        return self._holders(ProjectAuthorizationRoles.editor, "groups")

    def get_viewer_users(self) -> list[Member]:
        """Return the users with the role Viewer."""
        return self._holders(ProjectAuthorizationRoles.viewer, "users")

    def get_viewer_groups(self) -> list[Member]:
        """Return the groups with the role Viewer."""
        return self._holders(ProjectAuthorizationRoles.viewer, "groups")

    def _holders(self, role: Role, member_kind: str) -> list[Member]:
        return self._known_roles().get_roles(role, member_kind)

    def _edit_roles(
        self,
        client: Calls,
        edit: Callable[[ProjectAuthorizationRoleSet], None],
        wait_for_job: bool,
        notify_by_email: bool,
    ) -> Job | None:
        """Read the roles, edit them, and write what changed, right after each other."""
        roles = self._read_roles(client)
        edit(roles)
        job = roles.write(client, wait_for_job, notify_by_email)
        self._remember(roles if wait_for_job else None)
        return job

    def _remember(self, roles: ProjectAuthorizationRoleSet | None) -> None:
        """Keep what was written; None, for a write that is under way, has the roles read again when asked for."""
        self.relationships.pop("project_authorization_roles", None)
        self.__dict__["_roles"] = roles

    def _read_roles(self, client: Reads) -> ProjectAuthorizationRoleSet:
        project = type(self).get(client, self.id, include=INCLUDE_ROLES)
        return ProjectAuthorizationRoleSet(project)

    def _known_roles(self) -> ProjectAuthorizationRoleSet:
        """Return the roles that came with this project or were read for it, reading them the first time."""
        roles: ProjectAuthorizationRoleSet | None = self.__dict__.get("_roles")
        if roles is None:
            if self.related("project_authorization_roles"):
                roles = ProjectAuthorizationRoleSet(self)
            elif self._client is None:
                raise ConfigurationError("This project was not read by a client, so its members cannot be either")
            else:
                roles = self._read_roles(self._client)
            self.__dict__["_roles"] = roles
        return roles
