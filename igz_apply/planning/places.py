"""Where the manifests state what a plan changes, and what of that can be told without reading one again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import Change, FieldDiff
from igz_apply.model.kind import MARK_PATH, METADATA, NAME_PATH, Membership
from igz_apply.model.resources import Path, Resource

Keys = tuple[str, ...]


def stated_at(path: Path) -> Path | None:
    """Return where a manifest states what a plan shows at a path; None for what none states, a name or a mark."""
    if path in (NAME_PATH, MARK_PATH):
        return None
    name = str(path[0])
    if name.startswith(METADATA):
        return ("metadata", name.removeprefix(METADATA), *path[1:])
    return ("spec", *path)


def stated_elsewhere(desired: Resource | None, path: Path) -> Source | None:
    """Return where a value was stated, if not by its resource's own manifest: by a default or a patch, say."""
    place = stated_at(path) if desired is not None else None
    return desired.positions.elsewhere(place) if desired is not None and place is not None else None


def elsewhere_below(desired: Resource, item: FieldDiff) -> Iterator[tuple[Keys, Source]]:
    """Yield the parts of a map that were stated elsewhere, by their keys from the difference down."""
    for keys in _keys(item.after):
        if (source := stated_elsewhere(desired, (*item.path, *keys))) is not None:
            yield keys, source


def _keys(value: Any) -> Iterator[Keys]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield (key,)
            yield from ((key, *keys) for keys in _keys(below))


def place_of(change: Change, path: Keys, changes: Mapping[Address, Change], membership: Membership) -> Source | None:
    """Return where a difference is stated, at the cost of a parse; None for what no manifest states.

    Memberships that the resource itself does not state are stated by the other side, which is among the `changes`.
    """
    desired = change.desired
    if desired is not None and path[0] in desired.spec and (place := stated_at(path)) is not None:
        return desired.positions.value(place)
    user_side, group_side = (
        (membership.user_kind, membership.user_field),
        (membership.group_kind, membership.group_field),
    )
    is_user = (change.address.kind, path[0]) == user_side
    if not is_user and (change.address.kind, path[0]) != group_side:
        return None
    kind, field = group_side if is_user else user_side
    for item in change.edges:
        other = changes.get(Address(kind, item.edge.group if is_user else item.edge.user))
        if other is not None and other.desired is not None and field in other.desired.spec:
            return other.desired.positions.value(("spec", field))
    return None
