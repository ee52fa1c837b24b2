"""Writes a shared document: all changes of its entries in one update, which is one job (wire reference, section 12).

An update can name no precondition. What keeps a change that somebody else makes meanwhile: the document is
read right before it is written, and once more as the last thing before; while any modification runs, which it
shows, we wait; and all that the plan does not name is sent back as it was read. The two readings are compared by
meaning: whatever the order of entries, and without what the platform says of them itself. What is left is an edit whose
job begins and ends between the second reading and our update: nothing shows it (docs/recovery.md).
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from typing import Any

from igz_apply.authoring.lookalikes import folded
from igz_apply.controlplane import Client, job_id
from igz_apply.errors import AnswerLost, Conflict, PlaneError
from igz_apply.iguazio3.client_errors import translated
from igz_apply.iguazio3.decode import decoder, failure_of, key_of
from igz_apply.iguazio3.encode import mark_of, splice
from igz_apply.iguazio3.job_states import end_told
from igz_apply.iguazio3.reading import entries
from igz_apply.iguazio3.wire import SharedDocument
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
from igz_apply.model.comparison import Leaf
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.references import secret_refs
from igz_apply.model.resources import LiveResource
from igz_apply.model.step import Step
from igz_apply.planning.diff import leaves
from igz_apply.planning.operations import is_at_rest
from igz_apply.planning.precondition import ANOTHER, entry_moved, is_another, misnamed, moved_since, unlike_sent
from igz_apply.ports import Accepted, Answer, Blocked, Done, Ended, Secrets, Unknown, Unsure
from igz_apply.values import dataclass

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Restart:
    """What was known when a restart was sent."""

    job_before: str  # the modification that was the last one then
    conflicts: Mapping[Address, str]


class DocumentWriter:
    """Writes what a plan changes into the document as it is at that moment."""

    def __init__(self, client: Client, kinds: Kinds, secrets: Secrets) -> None:
        self._client = client
        self._kinds = kinds
        self._secrets = secrets
        self._restarts: dict[str, _Restart] = {}  # what was sent last, by the key of its step

    def perform(self, step: Step) -> Answer:
        """Write all changes of the step in one update.

        While another modification runs, nothing is sent: the answer names its job, to be awaited first. What is
        already as it should be, after an answer that was lost, is not written again.
        """
        kind = self._kinds[step.target.kind]
        endpoint = _endpoint(kind)
        document = self._read(endpoint)
        attributes = document["attributes"]
        if not _is_idle(attributes, endpoint):
            return Blocked(job=str(attributes.get(endpoint.running_job) or ""))
        before = entries([document], endpoint)
        conflicts = self._conflicts(kind, before, step)
        wanted = [it for it in step.changes if it.address not in conflicts]
        after = _restarted(kind, before, wanted) if step.operation else self._changed(kind, before, wanted)
        if after is None:
            return Done(secrets=self._hashes(step, conflicts), conflicts=conflicts)
        again = self._read(endpoint)
        if not _is_idle(again["attributes"], endpoint):
            return Blocked(job=str(again["attributes"].get(endpoint.running_job) or ""))
        if moved := _moved(kind, before, entries([again], endpoint)):
            return Blocked(why=moved)  # somebody wrote since we read: read again, rather than undo that
        if step.operation:
            self._restarts[step.key] = _Restart(_last_job(again["attributes"], endpoint), conflicts)
        return self._write(endpoint, after, step, conflicts)

    def settle(self, step: Step) -> Accepted | Unsure | None:
        """After the lost answer to a restart: look whether it began.

        The document names the last modification. One that we have not seen before, of entries that bear our mark, is
        ours. One that bears none may be ours too, as nobody knows who resets the marks, and when (section 12.3): then
        nothing is sent again.
        """
        kind, sent = self._kinds[step.target.kind], self._restarts[step.key]
        endpoint = _endpoint(kind)
        document = self._read(endpoint)
        job = _last_job(document["attributes"], endpoint)
        if job == sent.job_before:
            return None
        found = {key_of(kind, entry): entry[endpoint.entry_spec] for entry in entries([document], endpoint)}
        names = [it.name for it in step.addresses if it not in sent.conflicts]
        if all(endpoint.restarted.items() <= found.get(name, {}).items() for name in names):
            return Accepted(job=job, conflicts=sent.conflicts)
        return Unsure(f"its answer was lost, and whether job {job}, which has begun since, is its own cannot be seen")

    def _conflicts(self, kind: Kind, before: Sequence[Entry], step: Step) -> Mapping[Address, str]:
        """Return the changes whose entry is not as the plan was made from, and how; nothing of them is written."""
        decode = decoder(kind, {}, {})
        found = {(now := decode(entry)).address: now for entry in before}
        conflicts = {}
        told = _restart_conflict if step.operation else _conflict
        for change in step.changes:
            said = told(change, found.get(change.address), kind)
            if said:
                conflicts[change.address] = said
        return conflicts

    def failures(self, step: Step, job: str, end: Ended | Unknown) -> Mapping[Address, str]:
        """Return which changes an ended job did not make, each with the platform's own reason.

        The reason stands in the entry's status. When no entry of ours has one, all of ours count as failed, unless
        the job is not known any more: then what cannot be seen to have failed has not. Of a job that has succeeded
        only the names are looked at: its answer named none.
        """
        kind = self._kinds[step.target.kind]
        found = {key_of(kind, entry): entry for entry in entries([self._read(_endpoint(kind))], _endpoint(kind))}
        otherwise = _misnamed(step.changes, found.keys())
        if isinstance(end, Ended) and end.ok:
            return otherwise
        said = end_told(job, end)
        failed = {}
        for change in step.changes:
            entry = found.get(change.address.name)
            if change.action is not Action.DELETE and entry is None:
                failed[change.address] = otherwise.get(change.address, f"{said}, and it is not there")
            elif entry is not None and (reason := failure_of(kind, entry)):
                failed[change.address] = f"{said}: {reason}"
        return failed if failed or isinstance(end, Unknown) else dict.fromkeys(step.addresses, said)

    def _write(
        self, endpoint: SharedDocument, after: Sequence[Entry], step: Step, conflicts: Mapping[Address, str]
    ) -> Accepted | Blocked:
        """Send the update, once: by the time that it could be repeated, somebody else may have written."""
        attributes = {**endpoint.attributes, endpoint.entries: after}
        body = {"data": {"type": endpoint.type, "attributes": attributes, "relationships": {}}}
        try:
            job = self._put(endpoint.path, body)
        except AnswerLost as error:
            error.conflicts = conflicts
            raise
        except Conflict:
            return Blocked()
        ids = {address: address.name for address in step.addresses}  # a service has no other
        return Accepted(ids=ids, job=job, secrets=self._hashes(step, conflicts), conflicts=conflicts)

    def _put(self, path: str, body: Entry) -> str:
        """Send the update and return its job. Raises AnswerLost also where it names none: the document will."""
        with translated(writes=True):
            answer = self._client.call("PUT", path, body=body, repeatable=False)
        job = job_id(answer.body)
        if job is None:
            said = f"PUT {path} succeeded and did not name its job"
            raise AnswerLost(said, method="PUT", path=path, status=answer.status, ctx=answer.ctx)
        return job

    def _changed(self, kind: Kind, before: Sequence[Entry], changes: Sequence[Change]) -> list[Entry] | None:
        """Return the entries with the changes written into them, None when there is nothing to write.

        New ones stand last, in plan order.
        """
        endpoint = _endpoint(kind)
        by_name = {change.address.name: change for change in changes}
        after, is_changed = [], False
        for entry in before:
            change = by_name.pop(key_of(kind, entry), None)
            if change is not None and change.action is Action.DELETE:
                is_changed = True
                continue
            written = self._written(kind, entry, change) if change is not None else None
            is_changed = is_changed or written is not None
            after.append(written or _marked(entry, endpoint, endpoint.unchanged))
        for change in by_name.values():
            written = self._written(kind, None, change) if change.action is not Action.DELETE else None
            if written is not None:
                is_changed = True
                after.append(written)
        return after if is_changed else None

    def _written(self, kind: Kind, entry: Entry | None, change: Change) -> Entry | None:
        """Write the leaves that the plan showed, as far as they still differ; None for nothing to write.

        An entry that differs in nothing is written all the same where its deployment has failed: it is tried again.
        """
        assert change.desired is not None, f"{change.address} is not declared"
        endpoint = _endpoint(kind)
        now = decoder(kind, {}, {})(entry) if entry is not None else None
        live = now.spec if now is not None else None
        shown = {item.path for item in change.diff}
        stale = frozenset(item.dotted for item in change.diff if item.sensitive)
        found: list[Leaf] = list(leaves(kind, change.desired, live, stale))
        if entry is not None:
            found = [leaf for leaf in found if leaf.path in shown]
        mark = mark_of(change, now.mark if now is not None else "")
        if now is not None and not found and mark == now.mark and not now.is_broken:
            return None
        written = splice(kind, entry, change.address.name, found, self._secrets.value, mark)
        return _marked(written, endpoint, endpoint.changed)

    def _hashes(self, step: Step, conflicts: Container[Address]) -> Mapping[Address, Mapping[str, str]]:
        found: dict[Address, dict[str, str]] = {}
        for change in step.changes:
            if change.address in conflicts:
                continue
            shown = {item.dotted for item in change.diff if item.sensitive}
            for path, ref in secret_refs(change.desired.spec) if change.desired is not None else ():
                if path in shown and (hashed := self._secrets.hashed(ref)):
                    found.setdefault(change.address, {})[path] = hashed
        return found

    def _read(self, endpoint: SharedDocument) -> Entry:
        with translated():
            data = self._client.get(endpoint.path).data
        if not isinstance(data, list) or not data:
            path = endpoint.path
            raise PlaneError(f"GET {path} shows no document to write to", method="GET", path=path)
        entries(data, endpoint)
        return dict(data[0])


def _misnamed(changes: Sequence[Change], names: Collection[str]) -> Mapping[Address, str]:
    """Return the changes whose entry the cluster shows under a name that it has made of the one it was sent."""
    called = {folded(name): name for name in sorted(names)}
    return {
        change.address: misnamed(called[folded(change.address.name)], change.address)
        for change in changes
        if change.action is not Action.DELETE
        and change.address.name not in names
        and folded(change.address.name) in called
    }


def _conflict(change: Change, now: LiveResource | None, kind: Kind) -> str:
    """Say why a change of an entry must not be written, "" where it may."""
    if now is None:
        return "" if change.action is not Action.UPDATE else "it is gone since the plan was made"
    if is_another(change, now, kind):
        return ANOTHER
    if change.action is Action.DELETE:
        return ""
    if change.action is Action.UPDATE:
        return moved_since(change, now, kind)
    # Of a create whose answer was lost the entry is there already, as it was sent.
    unlike = unlike_sent(change, now, kind)
    return f"somebody made it since the plan, otherwise than planned ({unlike})" if unlike else ""


def _restart_conflict(change: Change, now: LiveResource | None, kind: Kind) -> str:
    """Say why an entry must not be restarted, "" where it may."""
    if now is None:
        return "it is gone since the plan was made"
    if is_another(change, now, kind):
        return ANOTHER
    return "it does not run any more, and starts fresh" if is_at_rest(now.spec, kind) else ""


def _restarted(kind: Kind, before: Sequence[Entry], changes: Sequence[Change]) -> list[Entry] | None:
    """Return the entries as they are, with those marked that are to be restarted; None where there are none."""
    endpoint, names = _endpoint(kind), {change.address.name for change in changes}
    if not names:
        return None
    return [
        _marked(entry, endpoint, endpoint.restarted if key_of(kind, entry) in names else endpoint.unchanged)
        for entry in before
    ]


def _last_job(attributes: Mapping[str, Any], endpoint: SharedDocument) -> str:
    return str(attributes.get(endpoint.running_job) or attributes.get(endpoint.last_job) or "")


def _moved(kind: Kind, one: Sequence[Entry], other: Sequence[Entry]) -> str:
    """Say which entry moved between two readings, and where; "" where they mean the same."""
    endpoint = _endpoint(kind)
    left, right = ({key_of(kind, entry): _stated(entry, endpoint) for entry in each} for each in (one, other))
    found = (entry_moved(name, left.get(name), right.get(name)) for name in sorted(left.keys() | right.keys()))
    return next((f"{kind.name}/{said}" for said in found if said), "")


def _stated(entry: Entry, endpoint: SharedDocument) -> Entry:
    """Return an entry without what the platform says of it, and without the marks of an update."""
    marks = endpoint.changed.keys() | endpoint.unchanged.keys()
    spec = {key: value for key, value in entry[endpoint.entry_spec].items() if key not in marks}
    return {**{key: value for key, value in entry.items() if key != endpoint.status}, endpoint.entry_spec: spec}


def _endpoint(kind: Kind) -> SharedDocument:
    assert isinstance(kind.wire, SharedDocument), f"{kind.name} has no shared document"
    return kind.wire


def _is_idle(attributes: Mapping[str, Any], endpoint: SharedDocument) -> bool:
    return not attributes.get(endpoint.running_job) and (attributes.get("state") or "ready") in endpoint.idle_states


def _marked(entry: Entry, endpoint: SharedDocument, marks: Mapping[str, Any]) -> Entry:
    """Say whether an entry is to be redeployed: marks left over from an earlier update must not (section 12.3)."""
    return {**entry, endpoint.entry_spec: {**entry[endpoint.entry_spec], **marks}}
