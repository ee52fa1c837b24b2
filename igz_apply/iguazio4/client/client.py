"""The client of an Iguazio 4: everything that can be read, and the calls that change something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from igz_apply.http.redaction import Secret
from igz_apply.iguazio4.client.api_answers import Answer
from igz_apply.iguazio4.client.errors import InvalidArgument, NotFound
from igz_apply.iguazio4.client.members import ROLES, Members, role_of, texts, usernames
from igz_apply.iguazio4.client.operations import Operation, operation_of
from igz_apply.iguazio4.client.paths import quoted
from igz_apply.iguazio4.client.read_only_client import ReadOnlyClient, Record

_USERS, _GROUPS = "v1/profile/users", "v1/profile/groups"
_POLICIES, _OF_PROJECTS = "v1/authorization/policies", "v1/authorization/projects"
_PROJECTS = "v1/projects/projects"


class ProjectState(Enum):
    """States that a project can be told to have, by their numbers on the wire (wire reference, section 10.3)."""

    ONLINE = 1
    ARCHIVED = 3


class Client(ReadOnlyClient):
    """Reads and changes an Iguazio 4; see ReadOnlyClient for the arguments.

    A POST that creates is not repeated by itself: if its answer is lost, AnswerLost says so. What replaces a whole, or
    says how something is to be, is. What a method returns is the parsed answer, empty where the server said nothing.
    One client may be used by many threads.
    """

    def read_only(self) -> ReadOnlyClient:
        """Return a client without a method that changes anything, over this client's connections and token."""
        reader = ReadOnlyClient.__new__(ReadOnlyClient)
        reader._use(self._connection, self._mlrun, self._polling, self._leading)
        return reader

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Send one call and return its answer.

        `path` is below /api, such as `v1/profile/users/ada`, its parts quoted. `repeatable` says whether it does no
        harm to send the call twice; None goes by the method: all but POST and PATCH. Raises ControlPlaneError.
        """
        return self._connection.call(
            method, path, params=params, body=body, headers=headers, repeatable=repeatable, timeout=timeout
        )

    # Users.

    def create_user(
        self,
        username: str,
        *,
        first_name: str,
        last_name: str,
        email: str | None = None,
        email_verified: bool | None = None,
        active: bool | None = None,
        group_ids: Iterable[str] | None = None,
        policy_ids: Iterable[str] | None = None,
    ) -> Record:
        """Create a user and return it; what is None is left to the server. Raises Conflict for a name that is taken."""
        quoted(username)
        body = _stated(
            username=username,
            firstName=first_name,
            lastName=last_name,
            email=email,
            emailVerified=email_verified,
            active=active,
            groupIds=None if group_ids is None else texts(group_ids, "group_ids"),
            assignedPolicies=None if policy_ids is None else texts(policy_ids, "policy_ids"),
        )
        return self.call("POST", _USERS, body=body).mapping

    def update_user(
        self,
        username: str,
        *,
        first_name: str | None = None,
        last_name: str | None = None,
        email_verified: bool | None = None,
    ) -> Record:
        """Change the names of a user; what is None stays as it is."""
        body = _stated(firstName=first_name, lastName=last_name, emailVerified=email_verified)
        if not body:
            raise InvalidArgument(
                "There is nothing to change of the user: give first_name, last_name or email_verified"
            )
        return self.call("PUT", f"{_USERS}/{quoted(username)}", body=body).mapping

    def enable_user(self, username: str) -> Record:
        """Let a user log in."""
        return self._repeatable("POST", f"{_USERS}/{quoted(username)}/enable")

    def disable_user(self, username: str) -> Record:
        """Keep a user from logging in."""
        return self._repeatable("POST", f"{_USERS}/{quoted(username)}/disable")

    def assign_groups(self, username: str, group_ids: Iterable[str]) -> Record:
        """Give a user these groups, as the whole list of its groups."""
        body = {"groupIds": texts(group_ids, "group_ids")}
        return self._repeatable("POST", f"{_USERS}/{quoted(username)}/assign-groups", body)

    def delete_user(self, username: str) -> Record:
        """Delete a user. Raises NotFound if there is none."""
        return self._deleted(f"{_USERS}/{quoted(username)}")

    # Groups.

    def create_group(
        self, name: str, *, parent_id: str | None = None, policy_ids: Iterable[str] | None = None
    ) -> Record:
        """Create a group below another one, or at the top, and return it."""
        assigned = None if policy_ids is None else texts(policy_ids, "policy_ids")
        body = _stated(name=_group_name(name), parentId=parent_id, assignedPolicies=assigned)
        return self.call("POST", _GROUPS, body=body).mapping

    def rename_group(self, group_id: str, name: str) -> Record:
        """Give a group another name; it stays below its parent."""
        return self.call("PUT", f"{_GROUPS}/{quoted(group_id)}/rename", body={"newName": _group_name(name)}).mapping

    def move_group(self, group_id: str, parent_id: str) -> Record:
        """Put a group below another one; "" is the top."""
        return self.call("PUT", f"{_GROUPS}/{quoted(group_id)}/move", body={"newParentId": parent_id}).mapping

    def assign_members(self, group_id: str, members: Iterable[str]) -> Record:
        """Give a group these users, by their names, as the whole list of its members."""
        body = {"usernames": usernames(members, "members")}
        return self._repeatable("POST", f"{_GROUPS}/{quoted(group_id)}/assign-members", body)

    def delete_group(self, group_id: str) -> Record:
        """Delete a group. Raises NotFound if there is none."""
        return self._deleted(f"{_GROUPS}/{quoted(group_id)}")

    # Policies.

    def set_policy_members(self, policy_id: str, members: Members) -> Record:
        """Give a policy to these members, as the whole list of those who have it."""
        return self.call("PUT", f"{_POLICIES}/{quoted(policy_id)}/members", body={"members": members.listed()}).mapping

    def assign_policies(
        self,
        member: str,
        policy_ids: Iterable[str] = (),
        *,
        policy_names: Iterable[str] = (),
        override: bool,
    ) -> Record:
        """Give management policies to a user (by name) or a group (by id); `override` takes away all others."""
        body = {
            "policyIds": texts(policy_ids, "policy_ids"),
            "policyNames": texts(policy_names, "policy_names"),
            "override": override,
        }
        return self.call("PUT", f"v1/authorization/members/{quoted(member)}/policies", body=body).mapping

    # Who may do what in a project.

    def create_project_policies(self, project: str) -> Record:
        """Make the policies of a project that MLRun leads; where the project service leads it makes them itself."""
        quoted(project)
        return self.call("POST", f"{_OF_PROJECTS}/policies", body={"project": project}).mapping

    def delete_project_policies(self, project: str) -> Record:
        """Remove the policies of a project that MLRun leads."""
        return self._deleted(f"{_OF_PROJECTS}/{quoted(project)}/policies")

    def set_owner(self, project: str, username: str) -> Record:
        """Give a project another owner."""
        (owner,) = usernames([username], "owner")
        return self.call("PUT", f"{_OF_PROJECTS}/{quoted(project)}/owner", body={"owner": owner}).mapping

    def set_role(self, project: str, role: str, members: Members, *, override: bool) -> Record:
        """Give a role of a project to these members; `override` takes it away from all others."""
        body = {"members": members.listed(), "override": override}
        return self.call("PUT", f"{_OF_PROJECTS}/{quoted(project)}/roles/{role_of(role)}", body=body).mapping

    def set_roles(self, project: str, roles: Mapping[str, Members], *, override: bool = False) -> Record:
        """Give roles of a project to these members.

        With `override` a role that is not stated loses all its members, hence all six have to be: else InvalidArgument.
        """
        missing = [role for role in ROLES if role not in roles]
        if override and missing:
            why = f"Roles that are not stated would lose all their members: {', '.join(missing)}; use set_role"
            raise InvalidArgument(why)
        membership = {role_of(role): {"values": members.listed()} for role, members in roles.items()}
        body = {"membership": membership, "override": override}
        return self.call("PUT", f"{_OF_PROJECTS}/{quoted(project)}/roles", body=body).mapping

    def set_member_role(self, project: str, member: str, role: str, *, override: bool) -> Record:
        """Give a user (by name) or a group (by id) a role; without `override` one that has a role is refused."""
        path = f"{_OF_PROJECTS}/{quoted(project)}/members/{quoted(member)}"
        return self.call("PUT", path, body={"role": role_of(role), "override": override}).mapping

    def remove_member(self, project: str, member: str) -> Record:
        """Take a user (by name) or a group (by id) out of a project. Raises NotFound if it is not in it."""
        return self._deleted(f"{_OF_PROJECTS}/{quoted(project)}/members/{quoted(member)}")

    # Projects of the platform's own service. None of these is repeated: each may begin an operation.

    def create_project(
        self,
        name: str,
        *,
        owner: str | None = None,
        description: str | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
    ) -> Operation:
        """Begin to create a project; without an owner it is the caller's."""
        quoted(name)
        body = _stated(name=name, owner=owner, description=description, labels=labels, annotations=annotations)
        return operation_of(self.call("POST", _PROJECTS, body=body))

    def replace_project(
        self,
        name: str,
        *,
        prev_op_id: str | None,
        owner: str | None,
        description: str,
        labels: Mapping[str, Any],
        annotations: Mapping[str, Any],
    ) -> Operation:
        """Begin to replace all that a project has.

        `prev_op_id` is the `opId` of the read that this was made from; None creates a project that is not there. Raises
        Conflict for one that is not the last any more. `owner` None is for a project that has none.
        """
        body = _whole_project(prev_op_id, owner, description, labels, annotations)
        return operation_of(self.call("PUT", f"{_PROJECTS}/{quoted(name)}", body=body, repeatable=False))

    def set_project_state(
        self,
        name: str,
        state: ProjectState,
        *,
        prev_op_id: str | None,
        owner: str | None,
        description: str,
        labels: Mapping[str, Any],
        annotations: Mapping[str, Any],
    ) -> Operation:
        """Begin to archive a project, or to bring it back. This replaces all that a project has, as any PATCH does."""
        body = _whole_project(prev_op_id, owner, description, labels, annotations)
        body |= {"name": name, "desiredState": state.value}
        return operation_of(self.call("PATCH", f"{_PROJECTS}/{quoted(name)}", body=body))

    def delete_project(self, name: str) -> Operation:
        """Begin to delete a project with all that is in it: the service refuses no project for what it holds."""
        return operation_of(self.call("DELETE", f"{_PROJECTS}/{quoted(name)}", repeatable=False))

    # Projects of MLRun, where MLRun leads.

    def mlrun_create_project(self, project: Mapping[str, Any]) -> Answer:
        """Create a project from its whole; the status of the answer tells whether MLRun goes on in the background."""
        name = _mlrun_name(project)
        quoted(name)
        params = {"wait-for-completion": False}
        return self._mlrun.call("POST", "v1/projects", params=params, body=dict(project))

    def mlrun_replace_project(self, project: Mapping[str, Any]) -> Answer:
        """Replace a project by what is given as its whole. There is no witness: read right before."""
        return self._mlrun.call("PUT", f"v1/projects/{quoted(_mlrun_name(project))}", body=dict(project))

    def mlrun_patch_project(self, name: str, changes: Mapping[str, Any]) -> Answer:
        """Replace parts of a project of MLRun; what `changes` leaves out stays as it is."""
        headers = {"x-mlrun-patch-mode": "replace"}
        return self._mlrun.call("PATCH", f"v1/projects/{quoted(name)}", headers=headers, body=dict(changes))

    def mlrun_delete_project(self, name: str, *, strategy: str = "restricted") -> Answer:
        """Delete a project; `restricted` is refused for one that holds something, `cascade` deletes that too."""
        if strategy not in ("restricted", "cascade"):
            raise InvalidArgument(f"There is no deletion strategy {strategy!r}; there are restricted and cascade")
        headers = {"x-mlrun-deletion-strategy": strategy}
        return self._mlrun.call("DELETE", f"v2/projects/{quoted(name)}", headers=headers, repeatable=False)

    # Tokens.

    def revoke_offline_token(self, token: Secret) -> Record:
        """Make an offline token of the caller worthless, wherever it is used."""
        path = "v1/authentication/revoke-offline-token"
        return self._repeatable("POST", path, {"token": token.reveal()})

    def _repeatable(self, method: str, path: str, body: Any = None) -> Record:
        return self.call(method, path, body=body, repeatable=True).mapping

    def _deleted(self, path: str) -> Record:
        """Delete what is at a path; what is gone after an attempt whose answer was lost is what that has done."""
        try:
            return self.call("DELETE", path).mapping
        except NotFound as missing:
            if missing.after_lost_attempt:
                return {}
            raise


def _stated(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _whole_project(
    prev_op_id: str | None,
    owner: str | None,
    description: str,
    labels: Mapping[str, Any],
    annotations: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "prevOpId": prev_op_id,
        **_stated(owner=owner),
        "description": description,
        "labels": dict(labels),
        "annotations": dict(annotations),
    }


def _group_name(name: str) -> str:
    quoted(name)
    if "/" in name:
        raise InvalidArgument(f"The name of a group holds no slash, which parts the names of its path: {name!r}")
    return name


def _mlrun_name(project: Mapping[str, Any]) -> str:
    metadata = project.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    if not isinstance(name, str):
        raise InvalidArgument("The project has no metadata.name")
    return name
