"""Writes to a cluster: a step of an apply is the calls that one part of a resource takes, and the reads right before.

Nothing but projects has a witness (wire reference, section 18), and lists are written whole: so each list is read right
before it is written, and what a plan did not show in it is sent back as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from igz_apply.errors import AnswerLost, Missing, PlaneError
from igz_apply.iguazio4 import client as api
from igz_apply.iguazio4 import decode
from igz_apply.iguazio4.client_errors import translated
from igz_apply.iguazio4.contents import contents_of_one
from igz_apply.iguazio4.decode import Body, Directory, Member
from igz_apply.iguazio4.executions import Executions
from igz_apply.iguazio4.kinds import GROUP, PROJECT, USER
from igz_apply.iguazio4.reading import ClusterReader
from igz_apply.iguazio4.steps import OWNER, Verb, is_updated, role_of
from igz_apply.iguazio4.wire import wire_of
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
from igz_apply.model.ignoring import compared
from igz_apply.model.kind import CASCADING, MARK_PATH, OWNER_MARK, Kind, Kinds
from igz_apply.model.resources import LiveResource
from igz_apply.model.step import Step
from igz_apply.planning.precondition import ANOTHER, is_another, misnamed, moved_since, unlike_sent
from igz_apply.ports import Accepted, Answer, Blocked, Done, Ended, Running, Taken, Unknown


class Ids:
    """The ids of what lives, by address, and the usernames by id."""

    def __init__(self, known: Mapping[Address, str]) -> None:
        self._known = known

    def __call__(self, address: Address) -> str:
        """Return an id. Raises PlaneError for one that is not known."""
        known = self._known.get(address)
        if known is None:
            raise PlaneError(
                f"The id of {address} is not known", hint="It may have been deleted meanwhile: plan again."
            )
        return known

    @cached_property
    def usernames(self) -> Mapping[str, str]:
        """Return usernames by the ids of users."""
        return {identity: address.name for address, identity in self._known.items() if address.kind == USER.name}


PATIENCE = 15.0
"""Seconds for which a 403 after a change of rights means that they have not spread yet (sections 2.2 and 9.3)."""
OUTRUN = "somebody wrote to it in the very moment in which it was written; plan again"
NOBODY_KNOWS = "whether it is empty cannot be told: MLRun, which counts what is in it, does not say"
_GIVES_RIGHTS = frozenset({Verb.CREATE, Verb.POLICIES, Verb.HOLDERS, Verb.ROLE, Verb.OWNER, Verb.MEMBERSHIPS})
_NO_IDS: Mapping[Address, str] = MappingProxyType({})


class ClusterWriter:
    """The `Writer` port over a client. Safe for many threads, as the client is."""

    def __init__(self, client: api.Client, kinds: Kinds, now: Callable[[], float] = time.monotonic) -> None:
        """Write through `client`; `now` gives seconds on a clock that never goes back."""
        self._client = client
        self._kinds = kinds
        self._now = now
        self._reader = ClusterReader(client.read_only())
        self._executions = Executions(client, now)
        self._management: str | None = None  # what the platform calls the kind of management policies; None: not known
        self._policy_names: Mapping[str, str] = {}  # ids by name, as they were last seen
        self._rights_moved: float | None = None  # when this apply changed what anybody may do; None: never
        self._by_verb: Mapping[str, Callable[[Step, Ids], Answer]] = {
            Verb.CREATE: self._create,
            Verb.RENAME: self._rename,
            Verb.MOVE: self._move,
            Verb.UPDATE: lambda step, _: self._update(step),
            Verb.SWITCH: lambda step, _: self._switch(step),
            Verb.MEMBERSHIPS: self._write_memberships,
            Verb.POLICIES: self._write_policies,
            Verb.HOLDERS: self._write_holders,
            Verb.ROLE: self._write_role,
            Verb.SELECTOR: lambda step, _: self._refuse_selector(step),
            Verb.OWNER: self._write_owner,
            Verb.DELETE: self._delete,
        }

    def perform(self, step: Step, ids: Mapping[Address, str]) -> Answer:
        """Send the step. Raises PlaneError; AnswerLost when it is not known whether it happened."""
        try:
            with translated(writes=True):
                answer = self._by_verb[step.verb](step, Ids(ids))
        except PlaneError as error:
            if self._may_only_be_early(error):
                return Blocked()
            raise
        if step.verb in _GIVES_RIGHTS:
            self._rights_moved = self._now()
        return answer

    def settle(
        self,
        step: Step,
        ids: Mapping[Address, str],  # noqa: ARG002 - all that it takes is in the step
    ) -> Accepted | Done | Taken | None:
        """After a lost answer: look whether the step happened. None: it did not, so it may be sent again.

        Only creates and deletes need a look. All others write what they read right before, so that sending them again
        comes to the same.
        """
        if step.verb == Verb.DELETE:
            return Accepted(probes=True) if self._is_leaving(step) else None
        return self._created(step) if step.verb == Verb.CREATE else None

    def job(self, job: str) -> Running | Ended | Unknown:
        """Look at the execution of an operation once (wire reference, section 5)."""
        with translated():
            return self._executions.seen(job)

    def is_settled(self, step: Step, ids: Mapping[Address, str]) -> bool:  # noqa: ARG002 - as above
        """Look once whether what the step made may be used by others, or what it deleted is gone."""
        if step.verb == Verb.DELETE:
            return self._left(step) is None
        if step.target.kind != PROJECT.name:
            return True
        with translated():
            return decode.is_project_ready(self._project(step.target.name))

    def failures(self, step: Step, job: str, end: Ended | Unknown) -> Mapping[Address, str]:
        """Return which of the step's changes failed and why, after its execution has ended."""
        said = end.words if isinstance(end, Ended) else "vanished"
        return dict.fromkeys(step.addresses, f"its execution {job} {said}")

    def _may_only_be_early(self, error: PlaneError) -> bool:
        """Whether a refusal may come from rights that this apply has changed, and that have not spread yet."""
        is_refusal = error.status == HTTPStatus.FORBIDDEN and not isinstance(error, AnswerLost)
        return is_refusal and self._rights_moved is not None and self._now() - self._rights_moved < PATIENCE

    # Looks

    def _created(self, step: Step) -> Accepted | Done | Taken | None:
        """Look whether a create has happened; None where nothing of its name is there to stay."""
        change, kind = step.changes[0], self._kind(step)
        now = self._now_of(step.target)
        if now is None or now.is_deleting:
            return None
        if unlike := unlike_sent(_without(change, lambda path: not _is_created(path, kind)), now, kind):
            said = f"its answer was lost, and what has its name now is not as it was sent ({unlike}): plan again"
            return Taken(said)
        ids = {step.target: now.id}
        return Accepted(probes=True, ids=ids) if step.target.kind == PROJECT.name else Done(ids=ids)

    def _is_leaving(self, step: Step) -> bool:
        left = self._left(step)
        return left is None or left.is_deleting

    def _left(self, step: Step) -> LiveResource | None:
        """Look for what a step deletes; None where it is gone, though another may have its name since."""
        change, kind = step.changes[0], self._kind(step)
        assert change.live is not None, f"{step.target} does not live"
        now = self._now_of(step.target, change.live.id)
        if now is None or (kind.has_ids and now.id != change.live.id) or is_another(change, now, kind):
            return None
        return now

    def _now_of(self, address: Address, identity: str = "") -> LiveResource | None:
        """Return a resource as it is right now, as far as it is told without its policies; None where there is none."""
        with translated():
            try:
                if address.kind == USER.name:
                    return decode.user(self._client.user(address.name), None)
                if address.kind == GROUP.name:
                    body = self._group(address.name, identity)
                    return None if body is None else decode.group(body, None)
                return decode.project(self._project(address.name), None, _NO_DIRECTORY)
            except api.NotFound:
                return None

    def _group(self, path: str, identity: str = "") -> Body | None:
        """Return a group by its id, else by its path; None where there is none."""
        identity = identity or self._reader.group_id(path)
        return self._client.group(identity, include_sub_groups=True) if identity else None

    def _project(self, name: str) -> Body:
        if self._client.probe_leader() is api.Leader.MLRUN:
            return self._client.mlrun_project(name)
        return self._client.project(name)

    def _policies(self) -> list[decode.Policy]:
        """Return the management policies, and who holds each right now."""
        bodies = self._client.policies(kind=self._management, include_members=True)
        bodies = [body for body in bodies if not decode.is_role_policy(body)]
        words = {decode.part(body, "spec").get("kind") for body in bodies}
        if len(words) == 1 and self._management is None:
            self._management = next(iter(words))  # what the platform calls them: roles of projects are many more
        found = [decode.policy_of(body) for body in bodies]
        if not any(policy.tells for policy in found):
            found = [decode.policy_of(self._client.policy(policy.id, include_members=True)) for policy in found]
        self._policy_names = {policy.name: policy.id for policy in found}
        return found

    def _told_policies(self) -> list[decode.Policy]:
        """Return the management policies as `_policies` does. Raises PlaneError where nobody tells who holds them."""
        found = self._policies()
        if found and not any(policy.tells for policy in found):
            raise PlaneError(
                "Nothing was written: the cluster does not tell this caller who holds policies now",
                hint="Those who hold them would lose them. Check the rights of this caller.",
                status=HTTPStatus.CONFLICT.value,
            )
        return found

    # One method a verb

    def _create(self, step: Step, ids: Ids) -> Answer:
        change = step.changes[0]
        spec = change.desired.spec if change.desired is not None else {}
        if step.target.kind == USER.name:
            return self._create_user(step, spec, ids)
        if step.target.kind == GROUP.name:
            return self._create_group(step, spec, ids)
        return self._create_project(step, spec)

    def _create_user(self, step: Step, spec: Mapping[str, Any], ids: Ids) -> Answer:
        groups = [ids(GROUP.address(item.edge.group)) for item in step.edges if item.adds]
        body = self._client.create_user(
            step.target.name,
            first_name=spec.get("first_name") or "",
            last_name=spec.get("last_name") or "",
            email=spec.get("email"),
            email_verified=spec.get("email_verified"),
            active=spec.get("active"),
            group_ids=sorted(groups) or None,
            policy_ids=self._policy_ids(spec.get("policies") or ()) or None,
        )
        faults = _misnamed(decode.username_of, body, step.target)
        return Done(ids={step.target: _identity(body, "profile/users")}, faults=faults)

    def _create_group(self, step: Step, spec: Mapping[str, Any], ids: Ids) -> Answer:
        parent, _, name = step.target.name.rpartition("/")
        body = self._client.create_group(
            name,
            parent_id=ids(GROUP.address(parent)) if parent else None,
            policy_ids=self._policy_ids(spec.get("policies") or ()) or None,
        )
        faults = _misnamed(decode.path_of, body, step.target)
        return Done(ids={step.target: _identity(body, "profile/groups")}, faults=faults)

    def _create_project(self, step: Step, spec: Mapping[str, Any]) -> Answer:
        self._refuse_where_mlrun_leads(step)
        mark = _mark_of(step.changes[0], "")
        annotations = {**(spec.get("annotations") or {}), **({OWNER_MARK: mark} if mark else {})}
        try:
            operation = self._client.create_project(
                step.target.name,
                owner=spec.get(OWNER) or None,
                description=spec.get("description") or None,
                labels=spec.get("labels") or None,
                annotations=annotations or None,
            )
        except api.Conflict:
            found = self._now_of(step.target)
            if found is not None and found.is_deleting:
                return Blocked()
            raise
        return _accepted(operation, probes=True, ids={step.target: step.target.name})

    def _rename(self, step: Step, ids: Ids) -> Answer:
        """Give a group another name; it stays where it is in the tree."""
        identity, name = ids(step.target), step.target.name.rpartition("/")[2]
        body = self._client.group(identity)
        there, live = decode.path_of(body).rpartition("/")[2], step.changes[0].live
        if there == name:
            return Done()
        if live is not None and there != live.cluster_name.rpartition("/")[2]:
            return Done(conflicts={step.target: f"it is called {there} now, and the plan was made from another name"})
        self._client.rename_group(identity, name)
        return Done()

    def _move(self, step: Step, ids: Ids) -> Answer:
        """Put a group somewhere else in the tree, unless it is there: which its path tells, and nothing left out."""
        identity, parent = ids(step.target), step.target.name.rpartition("/")[0]
        body = self._client.group(identity)
        if decode.path_of(body) != step.target.name:
            self._client.move_group(identity, ids(GROUP.address(parent)) if parent else "")
        return Done()

    def _update(self, step: Step) -> Answer:
        return self._update_user(step) if step.target.kind == USER.name else self._update_project(step)

    def _update_user(self, step: Step) -> Answer:
        change = step.changes[0]
        now = decode.user(self._client.user(step.target.name), None)
        if moved := self._moved(step, now):
            return Done(conflicts={step.target: moved})
        spec = {**now.spec, **_wanted(change, USER)}
        self._client.update_user(step.target.name, first_name=spec.get("first_name"), last_name=spec.get("last_name"))
        return Done()

    def _update_project(self, step: Step) -> Answer:
        return self._replace_project(step)

    def _replace_project(self, step: Step, state: api.ProjectState | None = None) -> Answer:
        """Write a project: always all of its fields, over what they are right now, and only if that is still so."""
        self._refuse_where_mlrun_leads(step)
        change, name = step.changes[0], step.target.name
        body = self._settled_project(name)
        if body is None:
            return Blocked()
        now = decode.project(body, None, _NO_DIRECTORY)
        if moved := self._moved(step, now):
            return Done(conflicts={step.target: moved})
        fields = _replacement(body, change, now)
        witness = decode.part(body, "status").get("opId")
        if not witness:
            raise PlaneError(
                f"{step.target} was not written: the cluster does not tell its opId, by which a lost update is seen",
                hint="Try again once no operation is under way in it.",
                status=HTTPStatus.CONFLICT.value,
            )
        try:
            if state is None:
                operation = self._client.replace_project(name, prev_op_id=witness, **fields)
            else:
                operation = self._client.set_project_state(name, state, prev_op_id=witness, **fields)
        except api.Conflict:
            return Done(conflicts={step.target: OUTRUN})
        return _accepted(operation)

    def _settled_project(self, name: str) -> Body | None:
        """Return a project that holds what its witness stands for; None while an operation of somebody is under way.

        A project shows the witness of an operation at once, and may show its values not before it has ended: written
        back as they were before, they would undo it under a witness that is right.
        """
        body = self._client.project(name)
        witness = decode.part(body, "status").get("opId")
        state = self._client.execution_state(witness) if witness else api.NotYet()
        if isinstance(state, api.NotYet):
            return body  # long ago, or done at once: nothing is told of it any more
        return self._client.project(name) if isinstance(state, (api.Succeeded, api.Failed)) else None

    def _switch(self, step: Step) -> Answer:
        spec = step.changes[0].desired.spec if step.changes[0].desired is not None else {}
        if step.target.kind == PROJECT.name:
            is_over = spec.get("state") == decode.ARCHIVED
            state = api.ProjectState.ARCHIVED if is_over else api.ProjectState.ONLINE
            return self._replace_project(step, state)
        now = decode.user(self._client.user(step.target.name), None)
        if moved := self._moved(step, now):
            return Done(conflicts={step.target: moved})
        if spec.get("active") is False:
            self._client.disable_user(step.target.name)
        else:
            self._client.enable_user(step.target.name)
        return Done()

    def _write_memberships(self, step: Step, ids: Ids) -> Answer:
        """Write a user's groups: as they are right now, with the step's edges written into them."""
        held = self._groups_of(step.target.name)
        adds = {ids(GROUP.address(item.edge.group)) for item in step.edges if item.adds}
        removes = {ids(GROUP.address(item.edge.group)) for item in step.edges if not item.adds}
        if (wanted := (held | adds) - removes) != held:
            self._client.assign_groups(step.target.name, sorted(wanted))
        return Done()

    def _groups_of(self, username: str) -> set[str]:
        """Return the ids of a user's groups; where the user does not tell, those that list it (section 7)."""
        told = decode.groups_of(self._client.user(username, include_groups=True))
        if told is not None:
            return set(told)
        return {decode.id_of(body) for body in self._client.groups(username=username)}

    def _write_policies(self, step: Step, ids: Ids) -> Answer:
        """Write the policies that a user or a group holds: as they are right now, with what the plan showed.

        Those that a user holds and no list shows this caller are kept (section 8.2).
        """
        holder = _user(step.target.name) if step.target.kind == USER.name else _group(ids(step.target))
        told = self._policies_told_by(holder)  # first: the list is what is read last before it is written
        policies = self._told_policies()
        held = {policy.name for policy in policies if holder in _holders(policy, ids)}
        gained, lost = _sides(step.changes[0], (self._kinds.powers.held_in,))
        wanted = (held | gained) - lost
        if wanted != held:
            kept = sorted(told - {policy.id for policy in policies})
            self._client.assign_policies(holder.id, [*_ids_of(self._policy_names, wanted), *kept], override=True)
        return Done()

    def _policies_told_by(self, holder: Member) -> set[str]:
        """Return the ids of the policies that a user says it holds, be they listed or not; a group says none."""
        if holder.kind != "user":
            return set()
        status = decode.part(self._client.user(holder.id, include_policies=True), "status")
        return set(decode.texts(status.get("assignedPolicies")))

    def _write_holders(self, step: Step, ids: Ids) -> Answer:
        """Write who holds a policy: as it is right now, with what the plan showed."""
        change = step.changes[0]
        found = next((it for it in self._told_policies() if it.name == step.target.name), None)
        if found is None:
            raise Missing(f"The cluster has no policy {step.target.name}.", status=HTTPStatus.NOT_FOUND.value)
        held = _holders(found, ids)
        if change.action is Action.DELETE:
            gained, lost = set[Member](), _shown_holders(change, ids)
        else:
            gained, lost = _member_changes(change, (), ids)
        if (wanted := (held | gained) - lost) != held:
            self._client.set_policy_members(found.id, _members(wanted))
        return Done(ids={step.target: found.id})

    def _write_role(self, step: Step, ids: Ids) -> Answer:
        """Write one role of a project: as it is right now, with what the plan showed."""
        change, role, name = step.changes[0], role_of(step), step.target.name
        body, policies = self._with_roles(name)
        if is_another(change, _owned(body, policies, ids), PROJECT):
            return Done(conflicts={step.target: ANOTHER})
        if policies and not (decode.tells_members(policies, body) and any(policy.role == role for policy in policies)):
            raise PlaneError(
                f"The {role} of {step.target} was not written: the cluster does not tell who holds that role now",
                hint="Those who hold it would lose it. Check that this caller may see the project's policies.",
                status=HTTPStatus.CONFLICT.value,
            )
        held = {holder for policy in policies if policy.role == role for holder in _holders(policy, ids)}
        field = next(item.name for item in PROJECT.fields if item.roles)
        gained, lost = _member_changes(change, (field, role), ids)
        if (wanted := (held | gained) - lost) != held:
            self._client.set_role(name, role, _members(wanted), override=True)
        return Done()

    def _with_roles(self, name: str) -> tuple[Body, list[decode.Policy]]:
        """Return a project and its roles, as they are right now; the roles are read last."""
        body = self._project(name)
        return body, [decode.policy_of(each) for each in self._client.project_policies(name)]

    def _refuse_selector(self, step: Step) -> Answer:
        """Raise PlaneError: MLRun alone keeps it, and takes no witness (sections 10.2 and 10.3)."""
        raise PlaneError(
            f"The {decode.SELECTOR} of {step.target} was not written: MLRun alone keeps it, and takes no witness",
            hint="Set it in MLRun, and take it out of the manifest.",
            status=HTTPStatus.CONFLICT.value,
        )

    def _write_owner(self, step: Step, ids: Ids) -> Answer:
        """Give a project another owner, unless somebody has given it a third one since the plan."""
        change, name = step.changes[0], step.target.name
        shown = next(item for item in change.diff if item.path == (OWNER,))
        owner = self._owner_of(name, ids)
        if owner == shown.after:
            return Done()
        if owner is not None and owner != shown.before:
            return Done(conflicts={step.target: f"{OWNER} holds something else now than the plan was made from"})
        self._client.set_owner(name, shown.after)
        return Done()

    def _owner_of(self, name: str, ids: Ids) -> str | None:
        """Return who owns a project right now; where MLRun leads, by the role, which it follows late or not at all."""
        if self._client.probe_leader() is api.Leader.MLRUN:
            policies = [decode.policy_of(body) for body in self._client.project_policies(name)]
            owners = {it.id for policy in policies if policy.role == decode.LEADS for it in _holders(policy, ids)}
            return owners.pop() if len(owners) == 1 else None
        owner = decode.project(self._client.project(name), None, Directory(ids.usernames, {})).spec.get(OWNER)
        return None if owner is None else str(owner)

    def _delete(self, step: Step, ids: Ids) -> Answer:
        change, kind = step.changes[0], self._kind(step)
        if change.live is not None and change.live.is_deleting:
            return Accepted(probes=True)  # a run before has sent it
        now = self._left(step)
        if now is None:
            return Done()
        if is_another(change, now, kind):
            return Done(conflicts={step.target: ANOTHER})
        try:
            return self._delete_by_kind(step, ids)
        except api.NotFound:
            return Done()

    def _delete_by_kind(self, step: Step, ids: Ids) -> Answer:
        if step.target.kind == GROUP.name:
            return self._delete_group(step, ids)
        if step.target.kind == PROJECT.name:
            return self._delete_project(step)
        self._client.delete_user(step.target.name)
        return Done()

    def _delete_group(self, step: Step, ids: Ids) -> Answer:
        """Delete a group that nothing is inside of any more: the rest of its tree might go with it (section 7)."""
        identity = ids(step.target)
        body = self._client.group(identity, include_sub_groups=True)
        if decode.children_of(body) or decode.child_count_of(body):
            return Done(conflicts={step.target: "a group is inside it now, which would go with it; plan again"})
        self._client.delete_group(identity)
        return Done()

    def _delete_project(self, step: Step) -> Answer:
        """Delete a project. The server does not look whether it is empty, so that is done right before."""
        self._refuse_where_mlrun_leads(step)
        if step.changes[0].deletion_strategy != CASCADING:
            contents = contents_of_one(self._client, step.target.name)
            if contents != "":
                said = f"it is not empty any more: {contents}" if contents else NOBODY_KNOWS
                return Done(conflicts={step.target: said})
        return _accepted(self._client.delete_project(step.target.name), probes=True)

    # What they share

    def _moved(self, step: Step, now: LiveResource) -> str:
        """Say what moved since the plan, of what its own calls write; "" for nothing."""
        change, kind = step.changes[0], self._kind(step)
        if change.action is Action.CREATE:
            return ""
        shown = _without(change, lambda path: not (is_updated(path, kind) or ".".join(path) in kind.switches))
        return ANOTHER if is_another(change, now, kind) else moved_since(shown, now, kind)

    def _refuse_where_mlrun_leads(self, step: Step) -> None:
        if self._client.probe_leader() is api.Leader.MLRUN:
            raise PlaneError(
                f"{step.target} cannot be written: MLRun leads the projects of this system, and takes no witness",
                hint="A write could undo what others wrote. Change it in MLRun; its members can be managed here.",
                status=HTTPStatus.CONFLICT.value,
            )

    def _policy_ids(self, names: Iterable[str]) -> list[str]:
        """Return the ids of policies, which nobody can make or delete."""
        wanted = set(names)
        if wanted - self._policy_names.keys():
            self._policies()
        return _ids_of(self._policy_names, wanted)

    def _kind(self, step: Step) -> Kind:
        return self._kinds[step.target.kind]


_NO_DIRECTORY = Directory({}, {})


def _owned(body: Body, policies: Iterable[decode.Policy], ids: Ids) -> LiveResource:
    """Return a project with its owner, as plans tell it."""
    return decode.project(body, policies, Directory(ids.usernames, {}))


def _user(name: str) -> Member:
    return Member(name, "user")


def _group(identity: str) -> Member:
    return Member(identity, "group")


def _holders(policy: decode.Policy, ids: Ids) -> set[Member]:
    """Return who holds a policy, as calls name them: a user by its name, be it listed by its id."""
    return {_user(ids.usernames.get(it.id, it.id)) if it.kind == "user" else it for it in policy.members}


def _members(holders: Iterable[Member]) -> api.Members:
    """Return members as a call takes them: who is no user is named by an id, whatever it is."""
    found = sorted(holders, key=lambda it: it.id)
    return api.Members([it.id for it in found if it.kind == "user"], [it.id for it in found if it.kind != "user"])


def _shown_holders(change: Change, ids: Ids) -> set[Member]:
    """Return whom the plan showed as those who hold what is taken from all."""
    spec = change.live.spec if change.live is not None else {}
    groups = {_group(ids(GROUP.address(name))) for name in spec.get("groups", ())}
    return {*map(_user, spec.get("users", ())), *groups}


def _member_changes(change: Change, prefix: tuple[str, ...], ids: Ids) -> tuple[set[Member], set[Member]]:
    """Return whom a list of members gains and loses by a change, as calls name them."""
    gained, lost = _sides(change, (*prefix, "users"))
    groups_gained, groups_lost = _sides(change, (*prefix, "groups"))
    return (
        {*map(_user, gained), *(_group(ids(GROUP.address(name))) for name in groups_gained)},
        {*map(_user, lost), *(_group(ids(GROUP.address(name))) for name in groups_lost)},
    )


def _ids_of(known: Mapping[str, str], names: set[str]) -> list[str]:
    """Return the ids of policies. Raises Missing for one that the cluster does not have."""
    if unknown := sorted(names - known.keys()):
        raise Missing(f"The cluster has no policy {unknown[0]}.", status=HTTPStatus.NOT_FOUND.value)
    return sorted(known[name] for name in names)


def _sides(change: Change, path: tuple[str, ...]) -> tuple[set[str], set[str]]:
    """Return what a set gains and loses by a change."""
    for item in change.diff:
        if item.path == path:
            before, after = set(item.before or ()), set(item.after or ())
            return after - before, before - after
    return set(), set()


def _wanted(change: Change, kind: Kind) -> Mapping[str, Any]:
    """Return what a change writes of the fields that travel together."""
    spec = compared(kind, change.desired, None) if change.desired is not None else {}
    return {item.path[0]: spec.get(item.path[0]) for item in change.diff if is_updated(item.path, kind)}


def _replacement(body: Body, change: Change, now: LiveResource) -> dict[str, Any]:
    """Return all that a write of a project holds: what the plan showed, over what others wrote, as they wrote it."""
    wanted = _wanted(change, PROJECT)
    found: dict[str, Any] = {}
    for item in PROJECT.fields:
        wire = wire_of(item)
        if wire is None or item.name in PROJECT.switches:
            continue
        raw = decode.part(body, wire.part).get(wire.key)
        found[item.name] = _laid_over(raw, wanted[item.name]) if item.name in wanted else raw
    mark = _mark_of(change, now.mark)
    if mark:
        found[PROJECT.marked_in] = {**(found[PROJECT.marked_in] or {}), OWNER_MARK: mark}
    return {
        **found,
        "description": found["description"] or "",
        **{it: found[it] or {} for it in ("labels", "annotations")},
    }


def _laid_over(raw: Any, value: Any) -> Any:
    """Return a value as it is written; a label that means the same keeps the form in which MLRun wrote it."""
    if not isinstance(value, Mapping):
        return value if value is not None else ({} if isinstance(raw, Mapping) else "")
    before = raw if isinstance(raw, Mapping) else {}
    kept = {key: each for key, each in before.items() if key in value and decode.said(each) == value[key]}
    return {**value, **kept}


def _mark_of(change: Change, live: str) -> str:
    """Return the mark that a change writes, or else keeps; "" for none."""
    return next((str(item.after) for item in change.diff if item.path == MARK_PATH), live)


def _without(change: Change, leaves_out: Callable[[tuple[str, ...]], bool]) -> Change:
    """Return a change without what some of its paths show."""
    return replace(change, diff=tuple(item for item in change.diff if not leaves_out(item.path)))


def _is_created(path: tuple[str, ...], kind: Kind) -> bool:
    """Say whether a look for what was created shows what differs there."""
    item = kind.field_named(path[0])
    return item is not None and wire_of(item) is not None and not item.create_only and item.name not in kind.switches


def _accepted(
    operation: api.Operation, *, probes: bool = False, ids: Mapping[Address, str] = _NO_IDS
) -> Accepted | Done:
    """Return the answer to a write of a project: done, unless an operation, or what it makes, is to be awaited."""
    if operation.is_done and not probes:
        return Done(ids=ids)
    return Accepted(job=operation.op_id or "", probes=probes or operation.op_id is None, ids=ids)


def _misnamed(name_of: Callable[[Body], str], body: Body, address: Address) -> Mapping[Address, str]:
    """Return a fault where the cluster answers with another name than it was sent."""
    try:
        name = name_of(body)
    except (KeyError, TypeError):
        return {}
    return {} if name == address.name else {address: misnamed(name, address)}


def _identity(body: Body, path: str) -> str:
    """Return the id of what a call has created. Raises AnswerLost for a success that does not say it."""
    try:
        return decode.id_of(body)
    except (KeyError, TypeError) as error:
        raise AnswerLost(f"POST {path} succeeded and did not say what it has made", method="POST", path=path) from error
