"""A client that can only read: it has no method that changes anything."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from igz_apply.http.backoff import Backoff
from igz_apply.http.connection import Connection, Settings
from igz_apply.http.endpoints import resolve_verification
from igz_apply.http.polling import Polling
from igz_apply.http.transport import Transport
from igz_apply.http.watching import CallWatcher
from igz_apply.iguazio4.client import leader, listing, operations
from igz_apply.iguazio4.client.api_answers import Answer
from igz_apply.iguazio4.client.client_arguments import resolve_endpoint
from igz_apply.iguazio4.client.credentials import Credentials, credentials_from
from igz_apply.iguazio4.client.dialect import LISTED, GatewayJson
from igz_apply.iguazio4.client.errors import IncompleteList, ReadsOnly
from igz_apply.iguazio4.client.leader import Leader, Leading
from igz_apply.iguazio4.client.listing import PAGE_SIZE
from igz_apply.iguazio4.client.paths import quoted
from igz_apply.version import __version__

if TYPE_CHECKING:
    from typing_extensions import Self

    from igz_apply.http.known_pages import KnownPages

Record = dict[str, Any]
PlaneConnection = Connection[Answer, Credentials]

LOGGER = "igz_apply.iguazio4.client"

# The lists of what is in a project of MLRun, and what each is called in its answer.
MLRUN_LISTS = {
    "functions": "funcs",
    "artifacts": "artifacts",
    "runs": "runs",
    "feature-sets": "feature_sets",
    "feature-vectors": "feature_vectors",
    "schedules": "schedules",
    "secret-keys": "secret_keys",
}

# What Client has beyond this class.
_WRITES = frozenset(
    (
        "assign_groups",
        "assign_members",
        "assign_policies",
        "call",
        "create_group",
        "create_project",
        "create_project_policies",
        "create_user",
        "delete_group",
        "delete_project",
        "delete_project_policies",
        "delete_user",
        "disable_user",
        "enable_user",
        "mlrun_create_project",
        "mlrun_delete_project",
        "mlrun_patch_project",
        "mlrun_replace_project",
        "move_group",
        "read_only",
        "remove_member",
        "rename_group",
        "replace_project",
        "revoke_offline_token",
        "set_member_role",
        "set_owner",
        "set_policy_members",
        "set_project_state",
        "set_role",
        "set_roles",
        "update_user",
    )
)


class ReadOnlyClient:
    """Reads from an Iguazio 4. One client may be used by many threads.

    - `endpoint`: the address of the API; https if it has no scheme, and without `/api/v1`.
    - `credentials`: who is calling, as `credentials_from` finds it; None looks into the environment and the token file.
    - `mlrun_endpoint`: the address of MLRun's API, which is sent the access token too; "" is that of Iguazio.
    - `timeout`: seconds for each attempt of a call, from connecting to the last byte of its answer.
    - `retries`: attempts after the first, for what is safe to send again.
    - `logger`: used as it is given; None is `logging.getLogger("igz_apply.iguazio4.client")`. No body is ever logged.
    - `ca_file`, `verify`: TLS certificates are checked, against `ca_file` where it is given, unless `verify` is False.
    - `pool_size`: connections that are kept open; more threads than that still work.
    - `on_throttle`: told the pause, in seconds, whenever the server asks to slow down (429, 503 with Retry-After).
    - `backoff`, `polling`: the pauses between attempts, and between two looks at an execution.
    - `transport`: carries each request, instead of connections of our own; `ca_file`, `verify`, `pool_size` and proxies
      are then its own affair. `close()` closes it.
    - `watchers`: told of each attempt of a call, by the thread that makes it.
    - `known`: the pages of lists that came before, for whoever reads the same lists again and again; what is in them is
      handed out again, and nobody may change it.

    Nothing is sent before the first call. What a method returns is the parsed JSON, with all that the server said: an
    absent field is not there. Raises ConfigurationError.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        credentials: Credentials | None = None,
        mlrun_endpoint: str = "",
        timeout: float = 60.0,
        retries: int = 4,
        logger: logging.Logger | None = None,
        ca_file: str | None = None,
        verify: bool = True,
        pool_size: int = 16,
        on_throttle: Callable[[float], None] | None = None,
        backoff: Backoff | None = None,
        polling: Polling | None = None,
        transport: Transport | None = None,
        watchers: Sequence[CallWatcher] = (),
        known: KnownPages | None = None,
    ) -> None:
        environ = os.environ
        address = resolve_endpoint(endpoint)
        who = credentials_from(environ) if credentials is None else credentials
        verification = resolve_verification(verify, ca_file, environ)
        shared_backoff = backoff or Backoff()

        def connected(address: str, beside: PlaneConnection | None = None) -> PlaneConnection:
            return Connection(
                Settings(address, timeout, retries, verification, pool_size, f"igz-apply/{__version__}"),
                GatewayJson(known),
                who,
                logger=logger or logging.getLogger(LOGGER),
                backoff=shared_backoff,
                on_throttle=on_throttle,
                transport=transport,
                authentication=None if beside is None else beside.authentication,
                watchers=watchers,
            )

        connection = connected(address)
        mlrun_address = resolve_endpoint(mlrun_endpoint) if mlrun_endpoint else address
        is_one = mlrun_address == address
        self._use(connection, connection if is_one else connected(mlrun_address, connection), polling or Polling())

    def _use(
        self, connection: PlaneConnection, mlrun: PlaneConnection, polling: Polling, leading: Leading | None = None
    ) -> None:
        self._connection = connection
        self._mlrun = mlrun
        self._polling = polling
        self._leading = leading or Leading()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(endpoint={self.endpoint!r})"

    if not TYPE_CHECKING:  # a type checker would take every name for known

        def __getattr__(self, name: str) -> None:
            """Say of a method that writes why it is not here, whoever asks for it. Raises ReadsOnly, AttributeError."""
            if name in _WRITES:
                raise ReadsOnly(f"This client only reads, and has no {name!r}")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and forget the credentials; the client is of no use afterwards."""
        self._connection.close()
        self._mlrun.close()

    @property
    def endpoint(self) -> str:
        """The address of the API, without /api/v1."""
        return self._connection.settings.endpoint

    @property
    def mlrun_endpoint(self) -> str:
        """The address of MLRun's API."""
        return self._mlrun.settings.endpoint

    @property
    def source(self) -> str:
        """Where the credentials come from, for people; "" once the client is closed."""
        held = self._connection.authentication.credentials
        return held.source if held is not None else ""

    def mask(self, secrets: Iterable[str]) -> None:
        """Mask these secrets too in texts of the server."""
        for connection in dict.fromkeys((self._connection, self._mlrun)):
            connection.mask(secrets)

    @property
    def logger(self) -> logging.Logger:
        """Where this client logs."""
        return self._connection.logger

    def login(self) -> None:
        """Exchange the offline token now, and so learn at once whether it is accepted. Raises what a call raises."""
        self._connection.authentication.prove()

    def get(self, path: str, *, params: Mapping[str, Any] | None = None, timeout: float | None = None) -> Answer:
        """Read one path below /api, such as `v1/info/system`. Raises ControlPlaneError."""
        return self._connection.call("GET", path, params=params, timeout=timeout)

    def listed(self, path: str, params: Mapping[str, Any] | None = None, page_size: int = PAGE_SIZE) -> list[Record]:
        """Return all objects of a list, however many pages that takes; see `listing`. Raises IncompleteList."""
        return listing.read_list(lambda page: self._page(path, page), params, page_size)

    def _page(self, path: str, params: Mapping[str, Any]) -> Answer:
        return self._connection.call("GET", path, params=params, unread=LISTED)

    # Who is calling, and what is there.

    def whoami(self) -> Record:
        """Return the calling user, with groups and policies in `relationships`."""
        return self.get("v1/authentication/self", params={"format": "full"}).record

    def system_info(self) -> Record:
        """Return the system: its id, its domain and its versions."""
        return self.get("v1/info/system").record

    def services_health(self) -> list[Record]:
        """Return the services of the platform, each with its state."""
        return self.get("v1/service-monitoring/health").items

    # Users and groups.

    def users(
        self,
        *,
        group: str | None = None,
        include_groups: bool = False,
        include_policies: bool = False,
        include_user_activity: bool = False,
        include_idps: bool = False,
        page_size: int = PAGE_SIZE,
    ) -> list[Record]:
        """Return all users, or those of a group, which is given by its id."""
        params = _included(
            includeGroups=include_groups,
            includePolicies=include_policies,
            includeUserActivity=include_user_activity,
            includeIdps=include_idps,
        )
        return self.listed("v1/profile/users", {**params, "group": group}, page_size)

    def user(
        self,
        username: str,
        *,
        include_groups: bool = False,
        include_policies: bool = False,
        include_user_activity: bool = False,
        include_idps: bool = False,
    ) -> Record:
        """Return one user. Letters of a username are the same in either case. Raises NotFound, NameMismatch."""
        params = _included(
            includeGroups=include_groups,
            includePolicies=include_policies,
            includeUserActivity=include_user_activity,
            includeIdps=include_idps,
        )
        answer = self.get(f"v1/profile/users/{quoted(username)}", params=params)
        return answer.of(username, "metadata", "username", is_same=_is_same_user)

    def search_users_metadata(self, search_term: str) -> list[Record]:
        """Return what is known at once of users that are active, and no others: `username`, `email`, names.

        Raises IncompleteList if the server has more than it gives: this list has no pages.
        """
        answer = self.get("v1/profile/search-users-metadata", params={"searchTerm": search_term})
        if answer.has_more:
            why = "The search found more users than the server gives at once"
            raise IncompleteList(why, method=answer.method, path=answer.path, ctx=answer.ctx)
        return answer.items

    def groups(
        self,
        *,
        username: str | None = None,
        include_sub_groups: bool = False,
        include_members: bool = False,
        include_policies: bool = False,
        page_size: int = PAGE_SIZE,
    ) -> list[Record]:
        """Return all groups, or those of a user."""
        params = _included(
            includeSubGroups=include_sub_groups, includeMembers=include_members, includePolicies=include_policies
        )
        return self.listed("v1/profile/groups", {**params, "username": username}, page_size)

    def group(
        self,
        group_id: str,
        *,
        include_sub_groups: bool = False,
        include_members: bool = False,
        include_policies: bool = False,
    ) -> Record:
        """Return one group. Raises NotFound, NameMismatch."""
        params = _included(
            includeSubGroups=include_sub_groups, includeMembers=include_members, includePolicies=include_policies
        )
        return self.get(f"v1/profile/groups/{quoted(group_id)}", params=params).of(group_id, "metadata", "id")

    def search_groups_metadata(self, search_term: str, *, exact_match: bool = False) -> list[Record]:
        """Return what is known at once of groups by their name: `groupId`, and `name` or `path`, or all three.

        Raises IncompleteList if the server has more than it gives: this list has no pages.
        """
        params = {"searchTerm": search_term, "exactMatch": exact_match}
        answer = self.get("v1/profile/search-groups-metadata", params=params)
        if answer.has_more:
            why = "The search found more groups than the server gives at once"
            raise IncompleteList(why, method=answer.method, path=answer.path, ctx=answer.ctx)
        return answer.items

    # Policies, and who has which.

    def policies(
        self,
        *,
        kind: str | None = None,
        name: str | None = None,
        project: str | None = None,
        full: bool = False,
        include_members: bool = False,
        page_size: int = PAGE_SIZE,
    ) -> list[Record]:
        """Return all policies, or those of a kind (`mgmt`, `project`), a name or a project; `full` with permissions."""
        params = {"kind": kind, "name": name, "project": project, "format": 1 if full else None}
        return self.listed(
            "v1/authorization/policies", {**params, **_included(includeMembers=include_members)}, page_size
        )

    def policy(self, policy_id: str, *, include_members: bool = False) -> Record:
        """Return one policy. Raises NotFound, NameMismatch."""
        params = _included(includeMembers=include_members)
        return self.get(f"v1/authorization/policies/{quoted(policy_id)}", params=params).of(policy_id, "metadata", "id")

    def project_policies(self, project: str) -> list[Record]:
        """Return the policies of a project with their members: one for each role.

        Raises Forbidden to who may not see them, even where there is no such project; NameMismatch; IncompleteList.
        """
        answer = self.get(f"v1/authorization/projects/{quoted(project)}/policies")
        if answer.has_more:
            why = "The server has more policies of this project than it gives at once"
            raise IncompleteList(why, method=answer.method, path=answer.path, ctx=answer.ctx)
        for record in answer.items:
            found = record.get("spec", {}).get("projectName")
            if found is not None and found != project:
                raise answer.mismatch(project, f"a policy in it is of the project {found!r}")
        return answer.items

    def member_role(self, project: str, member: str) -> Record:
        """Return the highest role of a user (by name) or a group (by id). Raises NotFound if it has none."""
        answer = self.get(f"v1/authorization/projects/{quoted(project)}/members/{quoted(member)}")
        record = answer.record
        found = record.get("memberId", record.get("member_id"))
        if found is not None and not _is_same_user(str(found), member):
            raise answer.mismatch(member, f"memberId is {found!r}")
        if record.get("project", project) != project:
            raise answer.mismatch(project, f"project is {record['project']!r}")
        return record

    # Projects of the platform's own service.

    def projects(self, *, page_size: int = PAGE_SIZE) -> list[Record]:
        """Return all projects of the project service. Raises UnknownRoute where it has no list."""
        return self.listed("v1/projects/projects", None, page_size)

    def project(self, name: str) -> Record:
        """Return one project of the project service. Raises NotFound, NameMismatch, UnknownRoute."""
        return self.get(f"v1/projects/projects/{quoted(name)}").of(name, "metadata", "name")

    def probe_leader(self) -> Leader:
        """Find out whether the project service leads, or MLRun does: a client asks once.

        Raises Ambiguous, and what a call raises.
        """
        return self._leading.told_by(lambda: leader.probe(self.get))

    # Work in the background.

    def executions(
        self,
        *,
        correlation_id: str | None = None,
        action_type: str | None = None,
        subdomain: str | None = None,
        state: str | None = None,
        since: str | None = None,
        until: str | None = None,
        page_size: int = PAGE_SIZE,
    ) -> list[Record]:
        """Return all executions, or some; `since` and `until` are times such as `2026-03-02T08:15:30.000000Z`."""
        params = {
            "correlationId": correlation_id,
            "actionType": action_type,
            "subdomain": subdomain,
            "state": state,
            "since": since,
            "until": until,
        }
        return self.listed(operations.PATH, params, page_size)

    def execution(self, execution_id: str) -> Record:
        """Return one execution. Raises NotFound, NameMismatch."""
        return self.get(f"{operations.PATH}/{quoted(execution_id)}").of(execution_id, "metadata", "id")

    def execution_state(self, op_id: str) -> operations.ExecutionState:
        """Return how an operation on a project goes on, by one look. Raises InvalidAnswer for that of another one."""
        return operations.state_in(self.get(operations.PATH, params=operations.query_for(op_id)), op_id)

    def await_execution(
        self,
        op_id: str,
        *,
        timeout: float = operations.DEFAULT_TIMEOUT,
        unseen_timeout: float = operations.UNSEEN_TIMEOUT,
        polling: Polling | None = None,
        on_poll: Callable[[operations.ExecutionState], None] | None = None,
    ) -> operations.Succeeded:
        """Wait until an operation on a project has ended well.

        `timeout` is in seconds, and so is `unseen_timeout`, for which there may be no execution of it; `on_poll` is
        given the state at each look. Raises ExecutionFailed, ExecutionTimeout, ExecutionUnseen, and at once whatever
        else the looking raises, but for trouble of the server, which is waited out.
        """
        return operations.await_execution(
            lambda: self.execution_state(op_id),
            op_id,
            timeout=timeout,
            unseen_timeout=unseen_timeout,
            polling=polling or self._polling,
            on_poll=on_poll,
        )

    # MLRun.

    def mlrun_get(self, path: str, *, params: Mapping[str, Any] | None = None) -> Answer:
        """Read one path of MLRun below /api, such as `v1/projects`. Raises ControlPlaneError."""
        return self._mlrun.call("GET", path, params=params)

    def client_spec(self) -> Record:
        """Return what MLRun tells its clients, such as `authentication_mode`."""
        return self.mlrun_get("v1/client-spec").record

    def mlrun_projects(self) -> list[Record]:
        """Return all projects of MLRun, whole."""
        return _named(self.mlrun_get("v1/projects", params={"format": "full"}), "projects")

    def mlrun_project(self, name: str) -> Record:
        """Return one project of MLRun. Raises NotFound, NameMismatch."""
        return self.mlrun_get(f"v1/projects/{quoted(name)}").of(name, "metadata", "name")

    def mlrun_project_summaries(self) -> list[Record]:
        """Return how much there is in each project of MLRun."""
        return _named(self.mlrun_get("v1/project-summaries"), "project_summaries")

    def mlrun_contents(self, project: str) -> dict[str, int]:
        """Return how many of each sort of thing there are in a project of MLRun, looked up in the lists of them.

        A summary leaves out functions, older runs, feature vectors and secrets. One page of one is asked for, which a
        server may not know how to give: that there is none is certain, the number is not. Raises what a call raises.
        """
        pages = {"page": 1, "page-size": 1}
        found = {}
        for path, key in MLRUN_LISTS.items():
            answer = self.mlrun_get(f"v1/projects/{quoted(project)}/{path}", params=pages)
            listed = answer.record.get(key)
            if not isinstance(listed, list):
                raise answer.invalid(f"a list of {key} was expected")
            found[path.replace("-", " ")] = len(listed)
        return found

    def mlrun_project_summary(self, name: str) -> Record:
        """Return how much there is in a project of MLRun. Raises NotFound, NameMismatch."""
        return self.mlrun_get(f"v1/project-summaries/{quoted(name)}").of(name, "name")


def _included(**flags: bool) -> dict[str, bool]:
    """Return the flags that are set: what is not asked for is left to the server."""
    return {name: True for name, is_set in flags.items() if is_set}


def _is_same_user(one: str, other: str) -> bool:
    """Tell whether two names are of one user: the identity store keeps them in small letters."""
    return one.lower() == other.lower()


def _named(answer: Answer, key: str) -> list[Record]:
    """Return a list of MLRun, which stands at a key of its own. Raises InvalidAnswer."""
    found = answer.record.get(key)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise answer.invalid(f"a list of {key} was expected")
    return found
