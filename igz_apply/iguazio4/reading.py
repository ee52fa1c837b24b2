"""Reads a cluster through a client that cannot write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from igz_apply.errors import Missing, PlaneError
from igz_apply.iguazio4 import client as api
from igz_apply.iguazio4 import decode
from igz_apply.iguazio4.client_errors import translated
from igz_apply.iguazio4.contents import contents_of
from igz_apply.iguazio4.decode import Body
from igz_apply.iguazio4.kinds import GROUP, POLICY_BINDING, PROJECT, USER
from igz_apply.iguazio4.live_state import Projects, live_state
from igz_apply.model.kind import Kind
from igz_apply.model.remembering import ANEW, Remembering
from igz_apply.model.resources import Caller, LiveState
from igz_apply.ports import Pool, Presence, Sighting

T = TypeVar("T")

PATHS: Mapping[str, str] = {
    USER.name: "profile/users",
    GROUP.name: "profile/groups",
    POLICY_BINDING.name: "authorization/policies",
    PROJECT.name: "projects/projects",
}


class ClusterReader:
    """The `Reader` port."""

    def __init__(self, client: api.ReadOnlyClient, results: Remembering = ANEW) -> None:
        """Read through `client`; `results` remembers what was read in a round before."""
        self._client = client
        self._results = results

    def live(self, pool: Pool, kinds: frozenset[str] | None = None) -> LiveState:
        """Return all that the cluster has of these kinds; None: of all. Raises PlaneError where a list has no end."""
        return live_state(self, pool, kinds, self._results)

    def sightings(
        self,
        kind: Kind,
        ids: Mapping[str, str],
        live: LiveState,
        pool: Pool,
    ) -> Mapping[str, Sighting]:
        """Return what a look for each name of a kind shows, at a call each. Raises PlaneError."""
        look = {
            USER.name: self._look_for_user,
            GROUP.name: self._look_for_group,
            POLICY_BINDING.name: partial(self._look_for_binding, live.partial.get(POLICY_BINDING.name, "")),
            PROJECT.name: self._look_for_project,
        }[kind.name]
        waiting = [(name, pool.submit(_seen, look, name, identity)) for name, identity in ids.items()]
        return {name: each.result() for name, each in waiting}

    def listed_at(self, kind: Kind) -> str:
        """Return the path of the call that lists the kind."""
        return PATHS[kind.name]

    def own_keys(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Return nothing: there are no access keys, and offline tokens have no list (wire reference, section 12)."""
        return ()

    # What the live state is put together from

    def caller(self) -> Caller:
        """Return who we are there. Raises PlaneError."""
        with translated():
            me = self._client.whoami()
        try:
            username = decode.username_of(me)
        except (KeyError, TypeError) as error:
            hint = "Does the address lead to the API itself, and is it an Iguazio 4?"
            raise PlaneError("The cluster does not say who we are", hint=hint, path="authentication/self") from error
        version, system = self._system()
        return Caller(self._client.endpoint, username, "", version, system)

    def _system(self) -> tuple[str, str]:
        """Return the version and the id of the system, "" for what this caller is not told."""
        try:
            with translated():
                metadata = decode.part(self._client.system_info(), "metadata")
        except PlaneError as error:
            if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
                return "", ""
            raise
        version = metadata.get("version") or {}
        said = version.get("orisVersion") or version.get("iguazioVersion") if isinstance(version, Mapping) else ""
        return str(said or ""), str(metadata.get("systemId") or metadata.get("domain") or "")

    def users(self) -> Sequence[Body]:
        """Return all users, with the ids of their groups."""
        with translated():
            return list(self._client.users(include_groups=True))

    def is_active(self, username: str) -> bool | None:
        """Return whether an account is on: only such are found by a search of their metadata (section 6)."""
        try:
            with translated():
                found = list(self._client.search_users_metadata(username))
        except PlaneError:
            return None
        return any(item.get("username") == username for item in found)

    def groups(self) -> Sequence[Body]:
        """Return all groups that are listed, with their members and the ids of groups inside them."""
        with translated():
            return list(self._client.groups(include_sub_groups=True, include_members=True))

    def group(self, identity: str) -> Body | None:
        """Return one group, None where there is none that this caller may see."""
        return _shown(lambda: self._client.group(identity, include_sub_groups=True, include_members=True))

    def policies(self) -> Sequence[Body] | None:
        """Return all policies, with those who hold them; None where this caller may not list them."""
        return _shown(lambda: list(self._client.policies(include_members=True)))

    def policy(self, identity: str) -> Body | None:
        """Return one policy, with those who hold it."""
        return _shown(lambda: self._client.policy(identity, include_members=True))

    def roles_of(self, project: str) -> Sequence[Body] | None:
        """Return the policies of a project, with their members; None where this caller may not see them."""
        return _shown(lambda: list(self._client.project_policies(project)))

    def projects(self) -> Projects:
        """Return all projects.

        Where the project service leads and lists none, they are to be read one by one: by the names that MLRun tells,
        or policies where it tells none (section 10.3).
        """
        with translated():
            leader = self._client.probe_leader()
            if leader is api.Leader.MLRUN:
                bodies = self._client.mlrun_projects()
                return Projects(bodies, contents=contents_of(self._client), are_mlruns=True)
            try:
                return Projects(list(self._client.projects()), contents=contents_of(self._client))
            except api.UnknownRoute:
                pass
        return Projects(None, self._names_of_mlrun(), contents_of(self._client))

    def _names_of_mlrun(self) -> list[str] | None:
        bodies = _shown(lambda: list(self._client.mlrun_projects()))
        return None if bodies is None else [decode.project_name_of(body) for body in bodies]

    def project(self, name: str) -> Body | None:
        """Return a project, None where there is none that this caller may see."""
        return _shown(lambda: self._client.project(name))

    # Looks for single resources

    def _look_for_user(self, name: str, _: str) -> Sighting:
        with translated():
            body = self._client.user(name)
        return Sighting(Presence.THERE, decode.username_of(body), decode.id_of(body))

    def _look_for_group(self, name: str, identity: str) -> Sighting:
        with translated():
            if not identity:
                identity = self.group_id(name)
            if not identity:
                return Sighting(Presence.GONE)
            body = self._client.group(identity)
        return Sighting(Presence.THERE, decode.path_of(body), decode.id_of(body))

    def group_id(self, path: str) -> str:
        """Return the id of the group of that path, "" for none; an item names it by path, or by name (section 7).

        Raises the client's errors.
        """
        for item in self._client.search_groups_metadata(path.rpartition("/")[2], exact_match=True):
            identity = str(item.get("groupId") or "")
            with suppress(api.NotFound):  # a search may find for a while what is gone
                if identity and decode.path_of(self._client.group(identity)) == path:
                    return identity
        return ""

    def _look_for_binding(self, why_untold: str, name: str, identity: str) -> Sighting:
        with translated():
            bodies = [self._client.policy(identity, include_members=True)] if identity else self._client.policies()
            policy = next((it for it in map(decode.policy_of, bodies) if it.name == name), None)
            if policy is not None and not policy.tells:
                policy = decode.policy_of(self._client.policy(policy.id, include_members=True))
        if policy is not None and not policy.tells and why_untold:
            return Sighting(Presence.HIDDEN, why=why_untold)
        if policy is None or not policy.members:
            return Sighting(Presence.GONE)
        return Sighting(Presence.THERE, policy.name, policy.id)

    def _look_for_project(self, name: str, _: str) -> Sighting:
        with translated():
            is_ours = self._client.probe_leader() is api.Leader.ORCA
            body = self._client.project(name) if is_ours else self._client.mlrun_project(name)
        is_leaving = decode.is_project_deleting(body)
        return Sighting(Presence.LEAVING if is_leaving else Presence.THERE, decode.project_name_of(body), name)


def _seen(look: Callable[[str, str], Sighting], name: str, identity: str) -> Sighting:
    """Look, and return what a refusal says. Raises PlaneError."""
    try:
        return look(name, identity)
    except Missing:
        return Sighting(Presence.GONE)
    except PlaneError as error:
        if error.status == HTTPStatus.FORBIDDEN:
            return Sighting(Presence.HIDDEN, why=str(error))
        raise
    except (KeyError, TypeError) as error:
        raise PlaneError(f"A look for {name} was answered with something of no form that is known") from error


def _shown(read: Callable[[], T]) -> T | None:
    """Return what a read brings, None where this caller may not see it, or it is not there. Raises PlaneError."""
    try:
        with translated():
            return read()
    except PlaneError as error:
        if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            return None
        raise
