"""What the inventory has to remember of a change, before it is sent and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from igz_apply.core.addresses import Address
from igz_apply.core.changes import Action, Change, Plan
from igz_apply.core.kind import DELETION_STRATEGY
from igz_apply.core.resources import Entry, LiveResource, Resource, SecretRef

Entries = dict[Address, Entry]


def is_owned(entry: Entry | None, live: LiveResource | None) -> bool:
    """Say whether an entry stands for the resource that lives, or lived, under its address.

    A pending entry is not yet ownership. One of another id stands for a resource that has gone: somebody else made
    what lives under the name now, and that is not ours.
    """
    if entry is None or entry.is_pending:
        return False
    return live is None or not entry.id or entry.id == live.id


def opened(entries: Mapping[Address, Entry], plan: Plan, secrets: Mapping[Address, Mapping[str, str]]) -> Entries:
    """Return the inventory as it has to be before the first call of an apply.

    Creates are noted as pending, so that a run that is cut off can take over what it made; what is already as declared
    is owned; what is gone and wanted no more is dropped. `secrets` are hashes to learn for what is not written.
    """
    dropped = frozenset(plan.dropped)
    found = {address: entry for address, entry in entries.items() if address not in dropped}
    for change in plan.changes:
        entry = found.get(change.address)
        if change.action is Action.CREATE:
            found[change.address] = _pending(entry)
        elif change.action in (Action.ADOPT, Action.NO_CHANGE):
            found[change.address] = applied(change, entry, "", secrets.get(change.address))
    return found


def applied(change: Change, entry: Entry | None, identity: str, secrets: Mapping[str, str] | None = None) -> Entry:
    """Return the entry of a resource that is as declared; `secrets` are the hashes of those that were sent."""
    desired = change.desired
    assert desired is not None, f"{change.address} is not declared"
    known = entry.secrets if entry is not None and change.action is not Action.CREATE else {}
    return Entry(
        id=identity or (change.live.id if change.live is not None else ""),
        values=_remembered(desired),
        secrets={**known, **(secrets or {})},
        prevent_destroy=desired.lifecycle.prevent_destroy,
        deletion_strategy=str(desired.spec.get(DELETION_STRATEGY) or ""),
        filled=_still_filled(change, entry),
    )


def _still_filled(change: Change, entry: Entry | None) -> Mapping[str, str]:
    """Return what the platform had filled in and the change leaves alone; of what it writes, reading back will tell."""
    if entry is None or change.action is Action.CREATE:
        return {}
    written = {item.path for item in change.diff}
    return {path: known for path, known in entry.filled.items() if path not in written}


def _pending(entry: Entry | None) -> Entry:
    """Keep what was known of a resource that has vanished, its protection above all."""
    if entry is None:
        return Entry(id="", is_pending=True)
    return Entry(
        id="",
        is_pending=True,
        values=entry.values,
        prevent_destroy=entry.prevent_destroy,
        deletion_strategy=entry.deletion_strategy,
    )


def _remembered(desired: Resource) -> Mapping[str, Any]:
    return {
        name: value
        for name, value in ((n, _without_secrets(v)) for n, v in desired.spec.items())
        if value is not _SECRET
    }


_SECRET = object()


def _without_secrets(value: Any) -> Any:
    """Leave references to secrets out, at any depth."""
    if isinstance(value, SecretRef):
        return _SECRET
    if isinstance(value, Mapping):
        cleaned = {key: _without_secrets(below) for key, below in value.items()}
        return {key: below for key, below in cleaned.items() if below is not _SECRET}
    return value
