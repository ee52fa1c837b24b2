"""Groups of users (wire reference, section 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from igz_apply.controlplane.attributes import Attribute, Items
from igz_apply.controlplane.background_jobs import Deletable
from igz_apply.controlplane.constants import TenantManagementRoles
from igz_apply.controlplane.crud import Updatable, link
from igz_apply.controlplane.envelopes import envelope
from igz_apply.controlplane.members import ProjectMember
from igz_apply.controlplane.protocols import Calls, Reads
from igz_apply.controlplane.registry import REGISTRY
from igz_apply.controlplane.resource import Resource

if TYPE_CHECKING:
    from typing_extensions import Self

ALL_USERS = "all_users"  # every user is a member, and the platform sees to it
DEFAULT_POLICIES = (TenantManagementRoles.data, TenantManagementRoles.application_admin)


class Group(ProjectMember, Updatable, Deletable, record="user_group"):
    """A group of users. Who is in it is written through the users."""

    collection = "user_groups"

    name = Attribute[str]("unique")
    description = Attribute[str]("free text")
    assigned_policies = Items[str]("management policies that every member has; a set")
    gid = Attribute[int]("POSIX group id, chosen at creation or by the server", computed=True)
    data_access_mode = Attribute[str]("enabled or disabled", computed=True)
    kind = Attribute[str]("local, or where it was imported from", computed=True)
    system_provided = Attribute[bool]("whether the platform made it", computed=True)
    created_at = Attribute[str]("timestamp", computed=True)
    updated_at = Attribute[str]("timestamp", computed=True)

    @classmethod
    def create(
        cls,
        http_client: Calls,
        name: str | None,
        assigned_policies: Sequence[str] | None = None,
        description: str | None = None,
        gid: int | None = None,
        users: Iterable[int | str | Resource] | None = None,
    ) -> Self:
        """Create a group and return it. No job does it.

        `assigned_policies` None means Data and Application Admin; `gid` None lets the server choose; `users` are ids or
        users. Raises Conflict if the name is taken, AnswerLost if nobody knows whether it was created.
        """
        attributes = {
            "name": name,
            "description": description,
            "gid": gid,
            "assigned_policies": list(DEFAULT_POLICIES if assigned_policies is None else assigned_policies),
        }
        members = [link("user", user.id if isinstance(user, Resource) else user) for user in users or ()]
        relationships = {"users": {"data": members}} if members else {}
        answer = http_client.call("POST", cls.collection, body=envelope("user_group", attributes, relationships))
        return cls.from_answer(answer)._bound(http_client)

    @classmethod
    def get_by_name(cls, http_client: Reads, name: str, include: Iterable[str] | None = None) -> Self:
        """Return the group of that name. Raises NotFound."""
        return cls._get_by(http_client, "name", name, include)

    def add_user(self, http_client: Calls, user: str | int | Resource) -> None:
        """Add a user (a username, an id, or a user) to this group; nothing happens to one who is in it."""
        REGISTRY.required("user").resolve(http_client, user).add_to_group(http_client, self)

    def remove_user(self, http_client: Calls, user: str | int | Resource, force: bool = False) -> None:
        """Remove a user (a username, an id, or a user) from this group.

        Raises UserInPrimaryGroup if it is the user's primary group, unless `force`, which unsets that.
        """
        REGISTRY.required("user").resolve(http_client, user).remove_from_group(http_client, self, force=force)

    @classmethod
    def resolve(cls, http_client: Reads, group: str | int | Group) -> Group:
        """Return the group that a name, an id or a group stands for. Raises NotFound."""
        return group if isinstance(group, Group) else cls._find(http_client, "name", str(group))
