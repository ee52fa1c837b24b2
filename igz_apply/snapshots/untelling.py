"""What the inventory knows by a hash, and may be a secret: a snapshot knows it by the hash of what it tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from igz_apply.model.addresses import Address
from igz_apply.model.comparison import path_at, value_at
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.plain_values import hashed, tagged
from igz_apply.model.resources import Entry, LiveResource, LiveState, Owned
from igz_apply.snapshots.document import without_hashes


def without_told(live: LiveState, owned: Owned, kinds: Kinds) -> tuple[LiveState, Owned]:
    """Return both without a hash of what may be a secret, so that what the platform has filled in is known as that."""
    entries = {it: _entry(each, live.resources[it], kinds[it.kind]) for it, each in _filled(live, owned).items()}
    told = {it: replace(each, spec=without_hashes(each.spec)) for it, each in live.resources.items()}
    return replace(live, resources=told), replace(owned, entries={**owned.entries, **entries})


def _filled(live: LiveState, owned: Owned) -> Mapping[Address, Entry]:
    return {it: each for it, each in owned.entries.items() if each.filled and it in live.resources}


def _entry(entry: Entry, live: LiveResource, kind: Kind) -> Entry:
    return replace(entry, filled={path: _hash(path, known, live, kind) for path, known in entry.filled.items()})


def _hash(path: str, known: str, live: LiveResource, kind: Kind) -> str:
    is_there, value = value_at(live.spec, path_at(kind, path, live.spec))
    is_same = is_there and hashed(tagged(value)) == known
    return hashed(tagged(without_hashes(value))) if is_same else known
