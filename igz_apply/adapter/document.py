"""Writes a shared document: all changes of its entries in one update, which is one job (wire reference, section 12).

An update can name no precondition. What keeps a change that somebody else makes meanwhile: the document is
read right before it is written, and once more as the last thing before; while any modification runs, which it
shows, we wait; and all that the plan does not name is sent back as it was read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from igz_apply.adapter.faults import translated
from igz_apply.adapter.reading import entries
from igz_apply.controlplane import Client, job_id
from igz_apply.core.addresses import Address
from igz_apply.core.changes import Action, Change
from igz_apply.core.decode import decoder, failure_of, is_broken, key_of
from igz_apply.core.diff import leaves
from igz_apply.core.encode import splice
from igz_apply.core.kind import Kind, Kinds, SharedDocument
from igz_apply.core.meaning import Leaf
from igz_apply.core.outcomes import Job
from igz_apply.core.references import secret_refs
from igz_apply.core.steps import Step
from igz_apply.errors import Conflict, PlaneError
from igz_apply.ports import Receipt, Secrets

Entry = dict[str, Any]


class DocumentWriter:
    """Writes what a plan changes into the document as it is at that moment."""

    def __init__(self, client: Client, kinds: Kinds, secrets: Secrets) -> None:
        self._client = client
        self._kinds = kinds
        self._secrets = secrets

    def perform(self, step: Step) -> Receipt:
        """Write all changes of the step in one update.

        While another modification runs, nothing is sent: the receipt names its job, to be awaited first. What is
        already as it should be, after an answer that was lost, is not written again.
        """
        kind = self._kinds[step.target.kind]
        endpoint = _endpoint(kind)
        document = self._read(endpoint)
        attributes = document["attributes"]
        if not _is_idle(attributes, endpoint):
            return Receipt(job=str(attributes.get(endpoint.running_job) or ""), again=True)
        after = self._changed(kind, entries([document], endpoint), step.changes)
        if after is None:
            return Receipt(secrets=self._hashes(step))
        if self._read(endpoint) != document:
            return Receipt(again=True)  # somebody wrote since we read: read again, rather than undo that
        return self._write(endpoint, after, step)

    def failures(self, step: Step, job: Job) -> Mapping[Address, str]:
        """Return which changes an ended job did not make, each with the platform's own reason.

        The reason stands in the entry's status. When no entry of ours has one, all of ours count as failed, unless
        the job is not known any more: then what cannot be seen to have failed has not.
        """
        kind = self._kinds[step.target.kind]
        found = {key_of(kind, entry): entry for entry in entries([self._read(_endpoint(kind))], _endpoint(kind))}
        said = f"its job {job.id} {job.state}" + (f": {job.message}" if job.message else "")
        failed = {}
        for change in step.changes:
            entry = found.get(change.address.name)
            if change.action is not Action.DELETE and entry is None:
                failed[change.address] = f"{said}, and it is not there"
            elif entry is not None and (reason := failure_of(kind, entry)):
                failed[change.address] = f"{said}: {reason}"
        return failed if failed or not job.is_over else dict.fromkeys(step.addresses, said)

    def _write(self, endpoint: SharedDocument, after: Sequence[Entry], step: Step) -> Receipt:
        """Send the update, once: by the time that it could be repeated, somebody else may have written."""
        attributes = {**endpoint.attributes, endpoint.entries: after}
        body = {"data": {"type": endpoint.type, "attributes": attributes, "relationships": {}}}
        try:
            with translated(writes=True):
                answer = self._client.call("PUT", endpoint.path, body=body, repeatable=False)
        except Conflict:
            return Receipt(again=True)
        job = job_id(answer.body)
        if job is None:
            return Receipt(again=True)  # the document itself will name the job
        return Receipt(job=job, secrets=self._hashes(step))

    def _changed(self, kind: Kind, before: Sequence[Entry], changes: tuple[Change, ...]) -> list[Entry] | None:
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
        live = decoder(kind, {}, {})(entry).spec if entry is not None else None
        shown = {item.path for item in change.diff}
        stale = frozenset(item.path for item in change.diff if item.sensitive)
        found: list[Leaf] = list(leaves(kind, change.desired, live, stale))
        if entry is not None:
            found = [leaf for leaf in found if leaf.dotted in shown]
            if not found and not is_broken(kind, entry):
                return None
        written = splice(kind, entry, change.address.name, found, self._secrets.value)
        return _marked(written, endpoint, endpoint.changed)

    def _hashes(self, step: Step) -> Mapping[Address, Mapping[str, str]]:
        found: dict[Address, dict[str, str]] = {}
        for change in step.changes:
            shown = {item.path for item in change.diff if item.sensitive}
            for path, ref in secret_refs(change.desired.spec) if change.desired is not None else ():
                if path in shown:
                    found.setdefault(change.address, {})[path] = self._secrets.hashed(ref)
        return found

    def _read(self, endpoint: SharedDocument) -> Entry:
        with translated():
            data = self._client.get(endpoint.path).data
        if not isinstance(data, list) or not data:
            path = endpoint.path
            raise PlaneError(f"GET {path} shows no document to write to", method="GET", path=path)
        entries(data, endpoint)
        return dict(data[0])


def _endpoint(kind: Kind) -> SharedDocument:
    assert isinstance(kind.endpoint, SharedDocument), f"{kind.name} has no shared document"
    return kind.endpoint


def _is_idle(attributes: Mapping[str, Any], endpoint: SharedDocument) -> bool:
    return not attributes.get(endpoint.running_job) and (attributes.get("state") or "ready") in endpoint.idle_states


def _marked(entry: Entry, endpoint: SharedDocument, marks: Mapping[str, Any]) -> Entry:
    """Say whether an entry is to be redeployed: marks left over from an earlier update must not (section 12.3)."""
    return {**entry, endpoint.entry_spec: {**entry[endpoint.entry_spec], **marks}}
