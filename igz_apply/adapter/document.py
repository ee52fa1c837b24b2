"""Writes a shared document: all changes of its entries in one update, which is one job (wire reference, section 12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from igz_apply.adapter.faults import translated
from igz_apply.adapter.reading import entries
from igz_apply.controlplane import Client, job_id
from igz_apply.core.addresses import Address
from igz_apply.core.changes import Action, Change
from igz_apply.core.decode import decoder, key_of
from igz_apply.core.diff import leaves
from igz_apply.core.encode import splice
from igz_apply.core.kind import Kind, Kinds, SharedDocument
from igz_apply.core.meaning import Leaf
from igz_apply.core.references import secret_refs
from igz_apply.core.steps import Step
from igz_apply.errors import Conflict, PlaneError
from igz_apply.ports import Receipt, Secrets

Entry = dict[str, Any]


class DocumentWriter:
    """Reads the document right before it writes it, and leaves alone all that the plan does not change."""

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
        running = attributes.get(endpoint.running_job)
        if running or (attributes.get("state") or "ready") not in endpoint.idle_states:
            return Receipt(job=str(running or ""), again=True)
        before = entries([document], endpoint)
        after = self._changed(kind, before, step.changes)
        if after == before:
            return Receipt(secrets=self._hashes(step))
        if self._read(endpoint) != document:
            return Receipt(again=True)  # somebody wrote since we read: read again, rather than undo that
        body = {"data": {"type": endpoint.type, "attributes": {**endpoint.attributes, endpoint.entries: after}, "relationships": {}}}
        try:
            with translated(writes=True):
                answer = self._client.call("PUT", endpoint.path, body=body, repeatable=False)
        except Conflict:
            return Receipt(again=True)
        return Receipt(job=job_id(answer.body) or "", secrets=self._hashes(step))

    def failures(self, step: Step, said: str) -> Mapping[Address, str]:
        """Return which changes a failed job did not make, each with the platform's own reason.

        The reason stands in the entry's status. When no entry of ours has one, all of ours count as failed.
        """
        kind = self._kinds[step.target.kind]
        found = {key_of(kind, entry): entry for entry in entries([self._read(_endpoint(kind))], _endpoint(kind))}
        failed = {}
        for change in step.changes:
            entry = found.get(change.address.name)
            if change.action is Action.DELETE and entry is None:
                continue
            reason = _reason(entry)
            if reason:
                failed[change.address] = f"{said}: {reason}"
        return failed or dict.fromkeys(step.addresses, said)

    def _changed(self, kind: Kind, before: list[Entry], changes: tuple[Change, ...]) -> list[Entry]:
        """Return the entries with the changes written into them; new ones stand last, in plan order."""
        endpoint = _endpoint(kind)
        by_name = {change.address.name: change for change in changes}
        after = []
        for entry in before:
            change = by_name.pop(key_of(kind, entry), None)
            if change is None:
                after.append(_marked(entry, endpoint, endpoint.unchanged))
            elif change.action is not Action.DELETE:
                after.append(self._written(kind, entry, change))
        new = [change for change in by_name.values() if change.action is not Action.DELETE]
        return [*after, *(self._written(kind, None, change) for change in new)]

    def _written(self, kind: Kind, entry: Entry | None, change: Change) -> Entry:
        """Write the leaves that the plan showed, as far as they still differ."""
        assert change.desired is not None, f"{change.address} is not declared"
        endpoint = _endpoint(kind)
        live = decoder(kind, {}, {})(entry).spec if entry is not None else None
        shown = {item.path for item in change.diff}
        stale = frozenset(item.path for item in change.diff if item.sensitive)
        found: list[Leaf] = list(leaves(kind, change.desired, live, stale))
        if entry is not None:
            found = [leaf for leaf in found if leaf.dotted in shown]
            if not found:
                return _marked(entry, endpoint, endpoint.unchanged)
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
        entries(data, endpoint)
        if not data:
            raise PlaneError(f"GET {endpoint.path} shows no document to write to")
        return dict(data[0])


def _endpoint(kind: Kind) -> SharedDocument:
    assert isinstance(kind.endpoint, SharedDocument), f"{kind.name} has no shared document"
    return kind.endpoint


def _marked(entry: Entry, endpoint: SharedDocument, marks: Mapping[str, Any]) -> Entry:
    """Say whether an entry is to be redeployed: marks left over from an earlier update must not (section 12.3)."""
    return {**entry, endpoint.entry_spec: {**entry[endpoint.entry_spec], **marks}}


def _reason(entry: Entry | None) -> str:
    status = (entry or {}).get("status") or {}
    told = (status.get("error_info") or {}).get("description") or status.get("last_error") or ""
    return str(told)
