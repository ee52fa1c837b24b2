"""Users (wire reference, section 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from igz_apply.controlplane.attributes import Attribute, Items
from igz_apply.controlplane.background_jobs import Deletable, job_of
from igz_apply.controlplane.constants import TenantManagementRoles, UserAdminStatuses, UserOperationalStatuses
from igz_apply.controlplane.crud import Updatable, link
from igz_apply.controlplane.envelopes import envelope
from igz_apply.controlplane.errors import Conflict, UserInPrimaryGroup, UserNotOperational
from igz_apply.controlplane.groups import ALL_USERS, Group
from igz_apply.controlplane.members import ProjectMember
from igz_apply.controlplane.platform_version import require_version
from igz_apply.controlplane.protocols import Calls, Reads

if TYPE_CHECKING:
    from typing_extensions import Self

DEFAULT_POLICIES = (TenantManagementRoles.developer, TenantManagementRoles.application_read_only)

# How often a membership is written again when somebody else's write has undone it.
_WRITES = 4


class User(ProjectMember, Updatable, Deletable, record="user"):
    """A user of the platform."""

    collection = "users"

    username = Attribute[str]("unique, chosen at creation", computed=True)
    first_name = Attribute[str]("given name")
    last_name = Attribute[str]("family name")
    email = Attribute[str]("address")
    password = Attribute[str]("written, never read")
    assigned_policies = Items[str]("management policies of the user alone; a set")
    authentication_methods = Items[str]("password, sso; from 3.5.5")
    admin_status = Attribute[str]("up or down, what an administrator wants")
    phone_number = Attribute[str]("free text")
    job_title = Attribute[str]("free text")
    department = Attribute[str]("free text")
    uid = Attribute[int]("POSIX user id, chosen at creation or by the server", computed=True)
    operational_status = Attribute[str]("up, down or deleting, what has become of it", computed=True)
    authentication_scheme = Attribute[str]("local, or where it was imported from", computed=True)
    data_access_mode = Attribute[str]("enabled or disabled", computed=True)
    send_password_on_creation = Attribute[bool]("whether a link to set a password was mailed", computed=True)
    created_at = Attribute[str]("timestamp", computed=True)
    updated_at = Attribute[str]("timestamp", computed=True)
    password_changed_at = Attribute[str]("timestamp", computed=True)
    last_activity = Attribute[str]("timestamp", computed=True)
    idp = Attribute[dict[str, Any]]("where it was imported from", computed=True)

    @classmethod
    def create(
        cls,
        http_client: Calls,
        username: str,
        email: str,
        first_name: str,
        last_name: str,
        password: str | None = None,
        uid: int | None = None,
        assigned_policies: Sequence[str] | None = None,
        primary_group: str | Group | None = None,
        groups: Sequence[str | Group] | None = None,
        timeout: float = 30,
        wait_for_completion: bool = True,
        phone_number: str = "",
        job_title: str = "",
        department: str = "",
        authentication_methods: Sequence[str] | None = None,
    ) -> Self:
        """Create a user and return it.

        `password` None: the platform mails a link to set one. `uid` None: the server chooses. `assigned_policies` None:
        Developer and Application Read Only. `primary_group` and `groups` are ids or groups; the primary group is joined
        too. With `wait_for_completion` the job is waited for, and then, up to `timeout` seconds, until the user is
        operational; without it the user is returned at once. Raises Conflict if the name is taken, AnswerLost if nobody
        knows whether it was created, JobFailed, UserNotOperational, Unsupported.
        """
        optional = {"password": password, "uid": uid}
        attributes: dict[str, Any] = {
            "username": username,
            "first_name": first_name,
            "last_name": last_name,
            "email": email,
            **{name: value for name, value in optional.items() if value is not None},
            "assigned_policies": list(DEFAULT_POLICIES if assigned_policies is None else assigned_policies),
            "phone_number": phone_number,
            "job_title": job_title,
            "department": department,
        }
        if authentication_methods:
            require_version(http_client, "3.5.5", "authentication_methods of a user")
            attributes["authentication_methods"] = _as_list(authentication_methods)
        relationships = _group_linkage(primary_group, groups or ())
        answer = http_client.call("POST", cls.collection, body=envelope("user", attributes, relationships))
        user = cls.from_answer(answer)._bound(http_client)
        if not wait_for_completion:
            return user
        job_of(http_client, answer, wait=True)
        return user._wait_until_operational(http_client, timeout)

    @classmethod
    def self(cls, http_client: Reads) -> Self:
        """Return the calling user, with the groups as `included`."""
        return cls.from_answer(http_client.get("self"))._bound(http_client)

    @classmethod
    def get_by_username(cls, http_client: Reads, username: str, include: Iterable[str] | None = None) -> Self:
        """Return the user of that name. Raises NotFound."""
        return cls._get_by(http_client, "username", username, include)

    @classmethod
    def resolve(cls, http_client: Reads, user: str | int | User) -> User:
        """Return the user that a username, an id or a user stands for. Raises NotFound."""
        return user if isinstance(user, User) else cls._find(http_client, "username", str(user))

    @classmethod
    def disable_user(cls, http_client: Calls, user: str | int | User) -> Self:
        """Disable a user, given as a username, an id or a user, and return it."""
        return cls._switch(http_client, cls.resolve(http_client, user).id, UserAdminStatuses.down)

    @classmethod
    def disable_by_username(cls, http_client: Calls, username: str) -> Self:
        """Disable the user of that name, and return it. Raises NotFound."""
        return cls._switch(http_client, cls.get_by_username(http_client, username).id, UserAdminStatuses.down)

    @classmethod
    def disable_by_id(cls, http_client: Calls, user_id: str) -> Self:
        """Disable the user with that id, and return it. Raises NotFound."""
        return cls._switch(http_client, user_id, UserAdminStatuses.down)

    @classmethod
    def enable_user(cls, http_client: Calls, user: str | int | User) -> Self:
        """Enable a user, given as a username, an id or a user, and return it."""
        return cls._switch(http_client, cls.resolve(http_client, user).id, UserAdminStatuses.up)

    @classmethod
    def enable_by_username(cls, http_client: Calls, username: str) -> Self:
        """Enable the user of that name, and return it. Raises NotFound."""
        return cls._switch(http_client, cls.get_by_username(http_client, username).id, UserAdminStatuses.up)

    @classmethod
    def enable_by_id(cls, http_client: Calls, user_id: str) -> Self:
        """Enable the user with that id, and return it. Raises NotFound."""
        return cls._switch(http_client, user_id, UserAdminStatuses.up)

    def disable(self, http_client: Calls) -> None:
        """Disable this user, who can then not log in."""
        self._put(http_client, {"admin_status": UserAdminStatuses.down.value})

    def enable(self, http_client: Calls) -> None:
        """Enable this user."""
        self._put(http_client, {"admin_status": UserAdminStatuses.up.value})

    def is_operational(self, http_client: Reads) -> bool:
        """Tell whether the user can be used by now: up, and in the group of all users. One call."""
        return self._read(http_client)._looks_operational()

    def in_group(self, http_client: Reads, group: str | Group) -> bool:
        """Tell whether the user is in a group, given as a name, an id or a group."""
        wanted = Group.resolve(http_client, group)
        return str(wanted.id) in self._read(http_client).linked_ids("user_groups")

    def add_to_group(self, http_client: Calls, group: str | Group) -> None:
        """Put the user into a group, given as a name, an id or a group; nothing happens to one who is in it."""
        wanted = str(Group.resolve(http_client, group).id)
        self._edit_groups(http_client, lambda ids: ids if wanted in ids else [*ids, wanted])

    def remove_from_group(self, http_client: Calls, group: str | Group, force: bool = False) -> None:
        """Take the user out of a group, given as a name, an id or a group; nothing happens to one who is not in it.

        Raises UserInPrimaryGroup if that is the primary group, unless `force`, which unsets it in the same call.
        """
        left = Group.resolve(http_client, group)
        left_id = str(left.id)
        is_primary = left_id in self._read(http_client, "primary_group").linked_ids("primary_group")
        if is_primary and not force:
            raise UserInPrimaryGroup(
                f"Group {left.name or left.id} is the primary group of user {self.username or self.id}; "
                "set another one first, or use force"
            )
        unset = {"primary_group": {"data": None}} if is_primary else {}
        self._edit_groups(http_client, lambda ids: [i for i in ids if i != left_id], unset)

    def get_primary_group(self, http_client: Reads) -> Group | None:
        """Return the user's primary group, None if there is none."""
        user = self._read(http_client, "primary_group")
        return next((group for group in user.related("primary_group") if isinstance(group, Group)), None)

    def set_primary_group(self, http_client: Calls, group: str | Group | None) -> None:
        """Make a group, given as a name, an id or a group, the primary one, joining it if needed; None unsets it."""
        if group is None:
            self._put(http_client, {}, {"primary_group": {"data": None}})
            return
        wanted = str(Group.resolve(http_client, group).id)
        primary = {"primary_group": {"data": link("user_group", wanted)}}
        self._edit_groups(http_client, lambda ids: ids if wanted in ids else [*ids, wanted], primary)

    @classmethod
    def _switch(cls, client: Calls, user_id: str, status: UserAdminStatuses) -> Self:
        user = cls(id=user_id)
        user._put(client, {"admin_status": status.value})
        return user

    def _read(self, client: Reads, include: str = "user_groups") -> Self:
        return type(self).get(client, self.id, include=[include])

    def _looks_operational(self) -> bool:
        names = [group.get_attribute("name") for group in self.related("user_groups")]
        return self.operational_status == UserOperationalStatuses.up and ALL_USERS in names

    def _wait_until_operational(self, client: Reads, timeout: float) -> Self:
        pace = client.polling
        next_delay, deadline = pace.delays(), pace.clock() + timeout
        while True:
            user = self._read(client)
            if user._looks_operational():
                return user
            left = deadline - pace.clock()
            if left <= 0:
                raise UserNotOperational(
                    f"User {user.username} was created, but is not operational after {timeout:g} s", user
                )
            pace.sleep(min(next_delay(), left))

    def _edit_groups(
        self,
        client: Calls,
        edit: Callable[[list[str]], list[str]],
        other: dict[str, Any] | None = None,
    ) -> None:
        """Write the user's groups as an edit of what they are now, and see that it lasts.

        The server takes whole lists and has no guard against two writers (wire reference, section 6.4). So the list is
        read right before it is written, and again afterwards: an edit that another write undid is made again.
        """
        ids = self._read(client).linked_ids("user_groups")
        wanted, extra = edit(ids), dict(other or {})
        for _ in range(_WRITES):
            if wanted == ids and not extra:
                return
            linkage = {"user_groups": {"data": [link("user_group", group_id) for group_id in wanted]}, **extra}
            client.call("PUT", f"{self.collection}/{self.id}", body=envelope("user", {}, linkage))
            ids, extra = self._read(client).linked_ids("user_groups"), {}
            wanted = edit(ids)
        if wanted != ids:
            raise Conflict("Somebody else keeps changing the groups of this user", path=f"users/{self.id}")


def _as_list(values: Sequence[str] | str) -> list[str]:
    return [values] if isinstance(values, str) else list(values)


def _group_linkage(primary: str | Group | None, groups: Sequence[str | Group]) -> dict[str, Any]:
    """Return the relationships of a new user; the primary group is one of the groups."""
    ids = [str(getattr(group, "id", group)) for group in groups]
    relationships: dict[str, Any] = {}
    if primary is not None:
        primary_id = str(getattr(primary, "id", primary))
        ids = ids if primary_id in ids else [*ids, primary_id]
        relationships["primary_group"] = {"data": link("user_group", primary_id)}
    if ids:
        relationships["user_groups"] = {"data": [link("user_group", group_id) for group_id in ids]}
    return relationships
