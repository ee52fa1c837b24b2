"""Writes to a cluster: one step of an apply is one write, with the read right before it where the API needs one."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from igz_apply.controlplane import Client, job_id
from igz_apply.errors import AnswerLost, Conflict, Missing, PlaneError
from igz_apply.iguazio3.client_errors import translated
from igz_apply.iguazio3.decode import Body, Ids, decoder, is_deleting, is_ready, links_of, readiness_member
from igz_apply.iguazio3.encode import Lists, encode_create, encode_roles, encode_update, envelope, mark_of, with_mark
from igz_apply.iguazio3.job_states import end_told, job_seen
from igz_apply.iguazio3.reading import found_by_name
from igz_apply.iguazio3.shared_document import DocumentWriter
from igz_apply.iguazio3.steps import Verb
from igz_apply.iguazio3.wire import Collection, DeleteBy, endpoint_of, is_link, path_of
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Change, FieldDiff
from igz_apply.model.ignoring import compared
from igz_apply.model.kind import MARK_PATH, NAME_PATH, Field, Kind, Kinds
from igz_apply.model.references import secret_refs
from igz_apply.model.resources import SecretRef
from igz_apply.model.step import Step
from igz_apply.planning.precondition import ANOTHER, is_another, misnamed, moved_since, unlike_sent
from igz_apply.ports import Accepted, Answer, Blocked, Done, Ended, Running, Secrets, Taken, Unknown, Unsure

TRANSACTIONS = "async_transactions"
STRATEGY_HEADER = "igz-project-deletion-strategy"
_NOTHING: Mapping[Any, Any] = MappingProxyType({})


class ClusterWriter:
    """The `Writer` port over a client. Safe for many threads, as the client is."""

    def __init__(self, client: Client, kinds: Kinds, secrets: Secrets) -> None:
        self._client = client
        self._kinds = kinds
        self._secrets = secrets
        self._documents = DocumentWriter(client, kinds, secrets)
        self._by_verb: Mapping[str, Callable[[Step, Ids], Answer]] = {
            Verb.CREATE: self._create,
            Verb.UPDATE: self._update,
            Verb.DELETE: self._delete,
            Verb.MEMBERSHIPS: self._write_memberships,
            Verb.ROLES: self._write_roles,
            Verb.DOCUMENT: lambda step, _: self._documents.perform(step),
            Verb.RESTART: lambda step, _: self._documents.perform(step),
        }

    def perform(self, step: Step, ids: Mapping[Address, str]) -> Answer:
        """Send the step. Raises PlaneError; AnswerLost when it is not known whether it happened."""
        return self._by_verb[step.verb](step, _lookup(ids))

    def settle(self, step: Step, ids: Mapping[Address, str]) -> Accepted | Done | Taken | Unsure | None:
        """After a lost answer: look whether the step happened. None: it did not, so it may be sent again.

        Only creates, deletes and restarts need a look. All others write what they read right before, so that sending
        them again comes to the same; the shared document first waits for the job that the lost call may have started.
        A create has happened where what stands under the name is as it was sent; anything else is somebody's. What was
        to be deleted is looked for by its id, whatever it is called.
        """
        if step.verb == Verb.DELETE:
            item = self._left(step)
            is_gone = item is None or is_deleting(self._kind(step), item["attributes"])
            return Accepted(probes=True) if is_gone else None
        if step.verb == Verb.RESTART:
            return self._documents.settle(step)
        return self._created(step, ids) if step.verb == Verb.CREATE else None

    def _created(self, step: Step, ids: Mapping[Address, str]) -> Accepted | Done | Taken | None:
        """Look whether a create has happened; None where nothing of its name is there to stay."""
        kind, change = self._kind(step), step.changes[0]
        found = self._find(step.target, ",".join(path_of(field) for field in _linked_fields(change, kind)))
        if found is None or is_deleting(kind, found["attributes"]):
            return None
        now = decoder(kind, _names_in(change, kind, _lookup(ids)), {})(found)
        if unlike := unlike_sent(change, now, kind):
            said = f"its answer was lost, and what has its name now is not as it was sent ({unlike}): plan again"
            return Taken(said)
        return self._made(step, found)

    def job(self, job: str) -> Running | Ended | Unknown:
        """Look at a job once. A finished one vanishes after a while (wire reference, section 5)."""
        try:
            with translated():
                body = self._client.get(f"jobs/{quote(job, safe='@')}").data
        except Missing:
            return Unknown()
        return job_seen(job, body)

    def is_settled(self, step: Step, ids: Mapping[Address, str]) -> bool:
        """Look once whether what the step made may be used by others, or what it deleted is gone."""
        kind = self._kind(step)
        if step.verb == Verb.ROLES:
            project, included = self._read_roles(step, _lookup(ids))
            if _is_another(step.changes[0], project, kind):
                raise Conflict(f"The roles of {step.target} cannot be seen: {ANOTHER}")
            return not self._role_requests(step, project, included, _lookup(ids))
        if step.verb == Verb.DELETE:
            return self._is_gone(step)
        item = self._read(kind, _lookup(ids)(step.target), _readiness_include(kind))
        member = readiness_member(kind)
        return is_ready(kind, item, ids.get(member) if member is not None else None)

    def _is_gone(self, step: Step) -> bool:
        """Look once whether something is gone. Raises Conflict when a deletion that was running was given up."""
        live, item = step.changes[0].live, self._left(step)
        if item is None:
            return True
        if live is not None and live.is_deleting and not is_deleting(self._kind(step), item["attributes"]):
            raise Conflict(f"The deletion of {step.target} that was running has failed; nothing was sent")
        return False

    def _left(self, step: Step) -> Body | None:
        """Look by its id for what a step deletes; None where it is gone, though another may have its id since."""
        kind, change = self._kind(step), step.changes[0]
        assert change.live is not None, f"{step.target} does not live"
        try:
            item = self._read(kind, change.live.id, "")
        except Missing:
            return None
        return None if _is_another(change, item, kind) else item

    def failures(self, step: Step, job: str, end: Ended | Unknown) -> Mapping[Address, str]:
        """Return which of the step's changes failed and why, after its job has ended."""
        if step.verb in (Verb.DOCUMENT, Verb.RESTART):
            return self._documents.failures(step, job, end)
        return dict.fromkeys(step.addresses, end_told(job, end))

    # One method a verb

    def _create(self, step: Step, ids: Ids) -> Answer:
        change, kind = step.changes[0], self._kind(step)
        endpoint = _collection(kind)
        spec = change.desired.spec if change.desired is not None else {}
        members = [item.edge.group for item in step.edges if item.adds]
        data = encode_create(self._kinds, kind, change.address.name, spec, members, ids, self._secrets.value)
        data["attributes"] = with_mark(kind, data["attributes"], {}, mark_of(change, ""))
        try:
            answer = self._send("POST", endpoint.path, data, endpoint.headers)
        except Conflict:
            found = self._find(change.address)
            if found is not None and is_deleting(kind, found["attributes"]):
                return Blocked()
            raise
        return _sent(
            job_id(answer.body, method="POST"),
            probes=endpoint_of(kind).readiness is not None,
            ids={change.address: _identity(answer, kind)},
            secrets=self._hashes(change),
            faults=_misnamed(answer.data, kind, change.address),
        )

    def _update(self, step: Step, ids: Ids) -> Answer:
        change, kind = step.changes[0], self._kind(step)
        identity = ids(change.address)
        paths = [item.path for item in change.diff if not _is_carried_otherwise(item, kind)]
        secrets = self._hashes(change, {".".join(path) for path in paths})
        data = envelope(kind, {}, {})
        links = [field for field in kind.fields if is_link(field) and _is_written(field, step, paths)]
        body = self._read(kind, identity, ",".join(path_of(field) for field in links))
        if paths:
            now = decoder(kind, _names_in(change, kind, ids), {})(body)
            if moved := (ANOTHER if is_another(change, now, kind) else moved_since(change, now, kind)):
                return Done(conflicts={change.address: moved})
            spec = compared(kind, change.desired, now.spec) if change.desired is not None else {}
            data = encode_update(self._kinds, kind, spec, now.spec, paths, ids, self._secrets.value)
            if NAME_PATH in paths:
                data["attributes"][endpoint_of(kind).key] = change.address.name
            if MARK_PATH in paths or (kind.marked_in,) in paths:
                mark = mark_of(change, now.mark)
                data["attributes"] = with_mark(kind, data["attributes"], now.spec.get(kind.marked_in), mark)
        data["relationships"].update(self._linked(kind, body, step, ids))
        if not data["attributes"] and not data["relationships"]:
            return Done(secrets=secrets)
        endpoint = _collection(kind)
        answer = self._send("PUT", f"{endpoint.path}/{quote(identity, safe='@')}", data, endpoint.headers)
        faults = _misnamed(answer.data, kind, change.address) if NAME_PATH in paths else {}
        return _sent(job_id(answer.body, method="PUT"), secrets=secrets, faults=faults)

    def _delete(self, step: Step, ids: Ids) -> Answer:
        change, kind = step.changes[0], self._kind(step)
        endpoint = _collection(kind)
        if change.live is not None and change.live.is_deleting:
            return Accepted(probes=True)  # a run before has sent it
        try:
            with translated(writes=True):
                if endpoint.delete_by is DeleteBy.NAME:
                    now = decoder(kind, {}, {})(self._read(kind, ids(change.address), ""))
                    if is_another(change, now, kind):
                        return Done(conflicts={change.address: ANOTHER})
                    body = {"data": envelope(kind, {endpoint_of(kind).key: now.address.name}, {})}
                    headers = {**endpoint.headers, STRATEGY_HEADER: change.deletion_strategy}
                    path, repeatable = endpoint.path, False  # a second delete can hang (section 10.7)
                    answer = self._client.call("DELETE", path, body=body, headers=headers, repeatable=repeatable)
                else:
                    path = f"{endpoint.path}/{quote(ids(change.address), safe='@')}"
                    answer = self._client.call("DELETE", path, headers=endpoint.headers)
        except Missing:
            return Done()
        return Accepted(job=job_id(answer.body) or "", probes=True)

    def _write_memberships(self, step: Step, ids: Ids) -> Answer:
        kind = self._kinds[step.target.kind]
        identity = ids(step.target)
        field = next(field for field in kind.fields if field.membership)
        linked = self._linked(kind, self._read(kind, identity, path_of(field)), step, ids)
        if linked:
            data = envelope(kind, {}, linked)
            self._send("PUT", f"{_collection(kind).path}/{quote(identity, safe='@')}", data, {})
        return Done()

    def _write_roles(self, step: Step, ids: Ids) -> Answer:
        change = step.changes[0]
        project, included = self._read_roles(step, ids)
        if _is_another(change, project, self._kind(step)):
            return Done(conflicts={change.address: ANOTHER})
        requests = self._role_requests(step, project, included, ids)
        if not requests:
            return Done()
        metadata = {"project_ids": [ids(step.target)], "notify_by_email": False}
        body = {"data": {"attributes": {"metadata": metadata, "requests": requests}}}
        with translated(writes=True):
            answer = self._client.call("POST", TRANSACTIONS, body=body)
        job = job_id(answer.body)
        return Accepted(job=job or "", probes=job is None)

    def _read_roles(self, step: Step, ids: Ids) -> tuple[Body, Mapping[str, Body]]:
        """Return a project as it is right now, and its roles by their ids."""
        kind = self._kind(step)
        field = _roles_field(kind)
        sides = {path_of(side) for role in field.fields for side in role.fields}
        include = ",".join(f"{path_of(field)}.{side}" for side in sorted(sides))
        path = f"{_collection(kind).path}/{quote(ids(step.target), safe='@')}"
        with translated():
            answer = self._client.get(path, params={"include": include})
        included = {str(item.get("id")): item for item in answer.included if isinstance(item, dict)}
        project = _resource(answer.data, path)
        if not all(_has_attributes(included.get(identity)) for identity in links_of(project, path_of(field))):
            raise PlaneError(f"GET {path} did not bring its roles along", method="GET", path=path)
        return project, included

    def _role_requests(self, step: Step, project: Body, included: Mapping[str, Body], ids: Ids) -> list[dict[str, Any]]:
        """Return what has to be sent for the roles to be as the step wants them, from how they were just read."""
        field = _roles_field(self._kind(step))
        return encode_roles(self._kinds, field, project, included, _lists(step.changes[0], field), ids)

    # What they share

    def _send(self, method: str, path: str, data: Body, headers: Mapping[str, str]) -> Any:
        """Send a write. One that holds a list as it was just read is not repeated blindly: the list may be old."""
        repeatable = False if data["relationships"] else None
        with translated(writes=True):
            return self._client.call(method, path, body={"data": data}, headers=headers, repeatable=repeatable)

    def _linked(self, kind: Kind, now: Body, step: Step, ids: Ids) -> dict[str, Any]:
        """Return the full list of a user's groups, as read right `now`, with the step's edges written into it.

        Nothing where that list is already as wanted.
        """
        if not step.edges:
            return {}
        field = next(field for field in kind.fields if field.membership)
        target = self._kinds[field.refers_to]
        live = set(links_of(now, path_of(field)))
        links = live | {ids(target.address(item.edge.group)) for item in step.edges if item.adds}
        links -= {ids(target.address(item.edge.group)) for item in step.edges if not item.adds}
        if links == live:
            return {}
        kept = [{"type": endpoint_of(target).type, "id": identity} for identity in sorted(links)]
        return {path_of(field): {"data": kept}}

    def _read(self, kind: Kind, identity: str, include: str) -> Body:
        path = f"{_collection(kind).path}/{quote(identity, safe='@')}"
        with translated():
            found = self._client.get(path, params={"include": include} if include else None).data
        return _resource(found, path)

    def _find(self, address: Address, include: str = "") -> Body | None:
        """Look a resource up by its natural key, None when there is none."""
        with translated():
            return found_by_name(self._client, self._kinds[address.kind], address.name, include)

    def _made(self, step: Step, found: Body) -> Accepted | Done:
        """The answer to a create whose answer was lost; a job of it is only known where the resource shows it."""
        return _sent(
            next(iter(links_of(found, "last_job")), None),
            probes=endpoint_of(self._kind(step)).readiness is not None,
            ids={step.target: str(found["id"])},
            secrets=self._hashes(step.changes[0]),
        )

    def _hashes(self, change: Change, paths: Container[str] | None = None) -> Mapping[Address, Mapping[str, str]]:
        """Return salted hashes of the secrets that a call carries: those of `paths`, or all of them."""
        wanted = {path: ref for path, ref in _secrets_in(change) if paths is None or path in paths}
        hashes = {path: self._secrets.hashed(ref) for path, ref in wanted.items()}
        return {change.address: known} if (known := {path: each for path, each in hashes.items() if each}) else {}

    def _kind(self, step: Step) -> Kind:
        return self._kinds[step.target.kind]


def _sent(
    job: str | None,
    *,
    probes: bool = False,
    ids: Mapping[Address, str] = _NOTHING,
    secrets: Mapping[Address, Mapping[str, str]] = _NOTHING,
    faults: Mapping[Address, str] = _NOTHING,
) -> Accepted | Done:
    """Return the answer to a write that went through: done, unless a job or what it brings about is to be awaited."""
    if job or probes:
        return Accepted(job=job or "", probes=probes, ids=ids, secrets=secrets, faults=faults)
    return Done(ids=ids, secrets=secrets, faults=faults)


def _misnamed(data: object, kind: Kind, address: Address) -> Mapping[Address, str]:
    """Return a fault where the cluster answers with another name than it was sent."""
    attributes = data.get("attributes") if isinstance(data, dict) else None
    name = attributes.get(endpoint_of(kind).key) if isinstance(attributes, dict) else None
    if not isinstance(name, str) or name == address.name:
        return {}
    return {address: misnamed(name, address)}


def _is_another(change: Change, item: Body, kind: Kind) -> bool:
    """Whether what has the id now is another than the plan was made from: an id may be made of the name."""
    return is_another(change, decoder(kind, {}, {})({**item, "relationships": {}}), kind)


def _roles_field(kind: Kind) -> Field:
    return next(field for field in kind.fields if field.roles)


def _is_written(field: Field, step: Step, paths: Container[tuple[str, ...]]) -> bool:
    return bool(step.edges) if field.membership else (field.name,) in paths


def _names_in(change: Change, kind: Kind, ids: Ids) -> Mapping[str, Mapping[str, str]]:
    """Return the names that a change's links go from and to, by id; another id stands for itself."""
    names: dict[str, dict[str, str]] = {}
    for item in change.diff:
        field = kind.field_named(item.dotted)
        if field is None or not _is_link(field):
            continue
        for name in (item.before, item.after):
            if name and (known := _known(ids, Address(field.refers_to, str(name)))):
                names.setdefault(field.refers_to, {})[known] = str(name)
    return names


def _linked_fields(change: Change, kind: Kind) -> list[Field]:
    """Return the fields of a change that are links of the resource itself."""
    shown = {item.dotted for item in change.diff}
    return [field for field in kind.fields if field.name in shown and _is_link(field)]


def _is_link(field: Field) -> bool:
    return is_link(field) and not field.membership


def _known(ids: Ids, address: Address) -> str:
    """Return the id of an address, "" where it has none."""
    try:
        return ids(address)
    except PlaneError:
        return ""


def _lookup(ids: Mapping[Address, str]) -> Ids:
    def identity(address: Address) -> str:
        known = ids.get(address)
        if known is None:
            raise PlaneError(
                f"The id of {address} is not known", hint="It may have been deleted meanwhile: plan again."
            )
        return known

    return identity


def _identity(answer: Any, kind: Kind) -> str:
    """Return the id of what a call has created. Raises AnswerLost for a success that does not say it."""
    data = answer.data
    if isinstance(data, dict) and data.get("id") not in (None, ""):
        return str(data["id"])
    raise AnswerLost(
        f"POST {_collection(kind).path} succeeded and did not say what it has made",
        method="POST",
        path=_collection(kind).path,
        status=answer.status,
        ctx=answer.ctx,
    )


def _resource(data: object, path: str) -> Body:
    """Return a resource of an answer. Raises PlaneError for what is none."""
    if isinstance(data, dict) and _has_attributes(data) and data.get("id") not in (None, ""):
        return data
    raise PlaneError(f"GET {path} did not answer with a resource", method="GET", path=path)


def _has_attributes(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("attributes"), dict)


def _collection(kind: Kind) -> Collection:
    assert isinstance(kind.wire, Collection), f"{kind.name} has no collection"
    return kind.wire


def _readiness_include(kind: Kind) -> str:
    readiness = endpoint_of(kind).readiness
    return readiness.relationship if readiness is not None else ""


def _is_carried_otherwise(item: FieldDiff, kind: Kind) -> bool:
    """Whether a difference is written by another step, or as an edge."""
    field = kind.field_named(item.path[0])
    return field is not None and (field.membership or field.roles)


def _lists(change: Change, field: Field) -> Lists:
    """Return what each side of each role gains and loses, as the plan showed it.

    What only counts as a member, the owner, is neither added nor missed: just what the manifest lists is added.
    """
    stated = (change.desired.spec.get(field.name) or {}) if change.desired is not None else {}
    found = {}
    for item in change.diff:
        match item.path:
            case (name, role, side) if name == field.name:
                before, after = frozenset(item.before or ()), frozenset(item.after or ())
                listed = frozenset((stated.get(role) or {}).get(side) or ())
                found[role, side] = ((after - before) & listed, before - after)
    return found


def _secrets_in(change: Change) -> Iterator[tuple[str, SecretRef]]:
    return secret_refs(change.desired.spec) if change.desired is not None else iter(())
