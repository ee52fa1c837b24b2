"""Writes to a cluster: one step of an apply is one write, with the read right before it where the API needs one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from igz_apply.adapter.document import DocumentWriter
from igz_apply.adapter.faults import translated
from igz_apply.controlplane import Client, job_id, job_message
from igz_apply.core.addresses import Address
from igz_apply.core.changes import Change, FieldDiff
from igz_apply.core.decode import Body, Ids, is_deleting, is_ready, key_of, links_of, readiness_member
from igz_apply.core.encode import Lists, encode_create, encode_roles, encode_update, envelope
from igz_apply.core.kind import Collection, DeleteBy, Field, Kind, Kinds, Via
from igz_apply.core.outcomes import Job
from igz_apply.core.references import secret_refs
from igz_apply.core.resources import SecretRef
from igz_apply.core.steps import Step, Verb
from igz_apply.errors import Conflict, Missing, PlaneError
from igz_apply.ports import Receipt, Secrets

TRANSACTIONS = "async_transactions"
STRATEGY_HEADER = "igz-project-deletion-strategy"


class ClusterWriter:
    """The `Writer` port over a client. Safe for many threads, as the client is."""

    def __init__(self, client: Client, kinds: Kinds, secrets: Secrets) -> None:
        self._client = client
        self._kinds = kinds
        self._secrets = secrets
        self._documents = DocumentWriter(client, kinds, secrets)
        self._by_verb: Mapping[Verb, Callable[[Step, Ids], Receipt]] = {
            Verb.CREATE: self._create,
            Verb.UPDATE: self._update,
            Verb.DELETE: self._delete,
            Verb.MEMBERSHIPS: self._write_memberships,
            Verb.ROLES: self._write_roles,
            Verb.DOCUMENT: lambda step, _: self._documents.perform(step),
        }

    def perform(self, step: Step, ids: Mapping[Address, str]) -> Receipt:
        """Send the step. Raises PlaneError; AnswerLost when it is not known whether it happened."""
        return self._by_verb[step.verb](step, _lookup(ids))

    def settle(self, step: Step) -> Receipt | None:
        """After a lost answer: look whether the step happened. None: it did not, so it may be sent again.

        Only creates and deletes need a look. All others write what they read right before, so that sending them again
        comes to the same; the shared document first waits for the job that the lost call may have started.
        """
        if step.verb not in (Verb.CREATE, Verb.DELETE):
            return None
        found = self._find(step.target)
        if step.verb is Verb.DELETE:
            gone = found is None or is_deleting(self._kind(step), found["attributes"])
            return Receipt(probes=True) if gone else None
        if found is None or is_deleting(self._kind(step), found["attributes"]):
            return None
        return self._made(step, found)

    def job(self, job: str) -> Job | None:
        """Look at a job once; None when the cluster no longer knows it."""
        try:
            with translated():
                body = self._client.get(f"jobs/{quote(job, safe='@')}").data
        except Missing:
            return None
        attributes = body.get("attributes") or {}
        return Job(job, str(attributes.get("state") or ""), job_message(attributes.get("result")))

    def is_settled(self, step: Step, ids: Mapping[Address, str]) -> bool:
        """Look once whether what the step made may be used by others, or what it deleted is gone."""
        kind = self._kind(step)
        try:
            item = self._read(kind, _lookup(ids)(step.target), _readiness_include(kind))
        except Missing:
            if step.verb is Verb.DELETE:
                return True
            raise
        if step.verb is Verb.DELETE:
            return False
        member = readiness_member(kind)
        return is_ready(kind, item, ids.get(member) if member is not None else None)

    def failures(self, step: Step, job: Job) -> Mapping[Address, str]:
        """Return which of the step's changes failed and why, after its job has ended."""
        said = f"its job {job.id} {job.state}" + (f": {job.message}" if job.message else "")
        if step.verb is Verb.DOCUMENT:
            return self._documents.failures(step, said)
        return dict.fromkeys(step.addresses, said)

    # One method a verb

    def _create(self, step: Step, ids: Ids) -> Receipt:
        change, kind = step.changes[0], self._kind(step)
        endpoint = _collection(kind)
        spec = change.desired.spec if change.desired is not None else {}
        members = [item.edge.group for item in step.edges if item.adds]
        data = encode_create(self._kinds, kind, change.address.name, spec, members, ids, self._secrets.value)
        try:
            answer = self._send("POST", endpoint.path, data, endpoint.headers)
        except Conflict:
            found = self._find(change.address)
            if found is not None and is_deleting(kind, found["attributes"]):
                return Receipt(again=True)
            raise
        return Receipt(
            ids={change.address: str(answer.data["id"])},
            job=job_id(answer.body, method="POST") or "",
            probes=kind.readiness is not None,
            secrets=self._hashes(change),
        )

    def _update(self, step: Step, ids: Ids) -> Receipt:
        change, kind = step.changes[0], self._kind(step)
        identity = ids(change.address)
        spec = change.desired.spec if change.desired is not None else {}
        live = change.live.spec if change.live is not None else {}
        paths = [item.path for item in change.diff if not _is_carried_otherwise(item, kind)]
        data = encode_update(self._kinds, kind, spec, live, paths, ids, self._secrets.value)
        if step.edges:
            data["relationships"].update(self._linked(kind, identity, step, ids))
        endpoint = _collection(kind)
        answer = self._send("PUT", f"{endpoint.path}/{quote(identity, safe='@')}", data, endpoint.headers)
        return Receipt(job=job_id(answer.body, method="PUT") or "", secrets=self._hashes(change, paths))

    def _delete(self, step: Step, ids: Ids) -> Receipt:
        change, kind = step.changes[0], self._kind(step)
        endpoint = _collection(kind)
        try:
            with translated(writes=True):
                if endpoint.delete_by is DeleteBy.NAME:
                    body = {"data": envelope(kind, {kind.key: change.address.name}, {})}
                    headers = {**endpoint.headers, STRATEGY_HEADER: change.deletion_strategy}
                    path, repeatable = endpoint.path, False  # a second delete can hang (section 10.7)
                    answer = self._client.call("DELETE", path, body=body, headers=headers, repeatable=repeatable)
                else:
                    path = f"{endpoint.path}/{quote(ids(change.address), safe='@')}"
                    answer = self._client.call("DELETE", path, headers=endpoint.headers)
        except Missing:
            return Receipt()
        return Receipt(job=job_id(answer.body) or "", probes=True)

    def _write_memberships(self, step: Step, ids: Ids) -> Receipt:
        kind = self._kinds[step.target.kind]
        identity = ids(step.target)
        data = envelope(kind, {}, self._linked(kind, identity, step, ids))
        self._send("PUT", f"{_collection(kind).path}/{quote(identity, safe='@')}", data, {})
        return Receipt()

    def _write_roles(self, step: Step, ids: Ids) -> Receipt:
        change, kind = step.changes[0], self._kind(step)
        field = next(field for field in kind.fields if field.via is Via.ROLES)
        identity = ids(change.address)
        sides = {side.wire for role in field.fields for side in role.fields}
        include = ",".join(f"{field.wire}.{side}" for side in sorted(sides))
        with translated():
            answer = self._client.get(
                f"{_collection(kind).path}/{quote(identity, safe='@')}", params={"include": include}
            )
        included = {str(item["id"]): item for item in answer.included}
        requests = encode_roles(self._kinds, field, answer.data, included, _lists(change, field), ids)
        attributes = {"metadata": {"project_ids": [identity], "notify_by_email": False}, "requests": requests}
        with translated(writes=True):
            answer = self._client.call("POST", TRANSACTIONS, body={"data": {"attributes": attributes}})
        return Receipt(job=job_id(answer.body) or "")

    # What they share

    def _send(self, method: str, path: str, data: Body, headers: Mapping[str, str]) -> Any:
        with translated(writes=True):
            return self._client.call(method, path, body={"data": data}, headers=headers)

    def _linked(self, kind: Kind, identity: str, step: Step, ids: Ids) -> dict[str, Any]:
        """Return the full list of a user's groups, as read right now, with the step's edges written into it."""
        field = next(field for field in kind.fields if field.membership)
        target = self._kinds[field.refers_to]
        links = set(links_of(self._read(kind, identity, field.wire), field.wire))
        links |= {ids(target.address(item.edge.group)) for item in step.edges if item.adds}
        links -= {ids(target.address(item.edge.group)) for item in step.edges if not item.adds}
        kept = [{"type": target.endpoint.type, "id": identity} for identity in sorted(links)]
        return {field.wire: {"data": kept}}

    def _read(self, kind: Kind, identity: str, include: str) -> Body:
        params = {"include": include} if include else None
        with translated():
            found = self._client.get(f"{_collection(kind).path}/{quote(identity, safe='@')}", params=params).data
        if not isinstance(found, dict):
            raise PlaneError(f"GET {_collection(kind).path}/{identity} answered without a resource")
        return found

    def _find(self, address: Address) -> Body | None:
        """Look a resource up by its natural key, None when there is none."""
        kind = self._kinds[address.kind]
        params = {f"filter[{kind.key}]": address.name}
        with translated():
            for page in self._client.pages(_collection(kind).path, params=params):
                for item in page.records:
                    if key_of(kind, item) == address.name:
                        return item
        return None

    def _made(self, step: Step, found: Body) -> Receipt:
        """The receipt of a create whose answer was lost; a job of it is only known where the resource shows it."""
        job = next(iter(links_of(found, "last_job")), "")
        return Receipt(
            ids={step.target: str(found["id"])},
            job=job,
            probes=self._kind(step).readiness is not None,
            secrets=self._hashes(step.changes[0]),
        )

    def _hashes(self, change: Change, paths: Iterable[str] | None = None) -> Mapping[Address, Mapping[str, str]]:
        """Return salted hashes of the secrets that a call carries: those of `paths`, or all of them."""
        wanted = {path: ref for path, ref in _secrets_in(change) if paths is None or path in paths}
        return {change.address: {path: self._secrets.hashed(ref) for path, ref in wanted.items()}} if wanted else {}

    def _kind(self, step: Step) -> Kind:
        return self._kinds[step.target.kind]


def _lookup(ids: Mapping[Address, str]) -> Ids:
    def identity(address: Address) -> str:
        known = ids.get(address)
        if known is None:
            raise PlaneError(
                f"The id of {address} is not known", hint="It may have been deleted meanwhile: plan again."
            )
        return known

    return identity


def _collection(kind: Kind) -> Collection:
    assert isinstance(kind.endpoint, Collection), f"{kind.name} has no collection"
    return kind.endpoint


def _readiness_include(kind: Kind) -> str:
    return kind.readiness.relationship if kind.readiness is not None else ""


def _is_carried_otherwise(item: FieldDiff, kind: Kind) -> bool:
    """Whether a difference is written by another step, or as an edge."""
    field = kind.field_named(item.path.split(".")[0])
    return field is not None and (field.membership or field.via is Via.ROLES)


def _lists(change: Change, field: Field) -> Lists:
    """Return what each side of each role gains and loses, as the plan showed it.

    What only counts as a member, the owner, is neither added nor missed: just what the manifest lists is added.
    """
    stated = (change.desired.spec.get(field.name) or {}) if change.desired is not None else {}
    found = {}
    for item in change.diff:
        match item.path.split("."):
            case [name, role, side] if name == field.name:
                before, after = frozenset(item.before or ()), frozenset(item.after or ())
                listed = frozenset((stated.get(role) or {}).get(side) or ())
                found[role, side] = ((after - before) & listed, before - after)
    return found


def _secrets_in(change: Change) -> Iterator[tuple[str, SecretRef]]:
    return secret_refs(change.desired.spec) if change.desired is not None else iter(())
