"""Where the manifests state what a plan changes, and what of that can be told without reading one again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from igz_apply.authoring.layering.origins import LayeredPositions
from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import Change, FieldDiff
from igz_apply.model.kind import MARK_PATH, METADATA, NAME_PATH, Membership
from igz_apply.model.resources import Path, Resource
from igz_apply.values import dataclass

Keys = tuple[str, ...]
NOWHERE = Source("", 0, 0)
"""The place of what no manifest has."""


@dataclass(frozen=True, slots=True)
class SavedPositions:
    """Positions of a resource that comes from a saved plan: where its document began, and what else came from where."""

    source: Source
    layers: Mapping[Path, Source] = field(default_factory=dict)  # of what differs, and another document states

    def value(self, path: Path) -> Source:  # noqa: ARG002  the port's signature
        """Return the place of the document."""
        return self.source

    def key(self, path: Path) -> Source:  # noqa: ARG002  the port's signature
        """Return the place of the document."""
        return self.source

    def text(self, path: Path) -> str:  # noqa: ARG002  the port's signature
        """Return nothing: nobody knows how it was written."""
        return ""


def place_data(source: Source | None) -> dict[str, Any] | None:
    """Return a place as JSON's own types, None for none."""
    if source is None or source == NOWHERE:
        return None
    return {"path": source.path, "line": source.line, "column": source.column}


def stated_at(path: Path) -> Path | None:
    """Return where a manifest states what a plan shows at a path; None for what none states, a name or a mark."""
    return None if path in (NAME_PATH, MARK_PATH) else stating_path(path)


def stating_path(path: Sequence[str | int]) -> Path:
    """Return where a manifest states a field, or what is below it."""
    name = str(path[0])
    if name.startswith(METADATA):
        return ("metadata", name.removeprefix(METADATA), *path[1:])
    return ("spec", *path)


def stated_elsewhere(desired: Resource | None, path: Path) -> Source | None:
    """Return where a value was stated, if not by its resource's own manifest: by a default or a patch, say.

    A manifest without layers, as most are, is not read again for it.
    """
    if desired is None or not is_layered(desired) or (place := stated_at(path)) is None:
        return None
    positions = desired.positions
    if isinstance(positions, SavedPositions):
        return positions.layers.get(place)
    return positions.elsewhere(place) if isinstance(positions, LayeredPositions) else None


def is_layered(desired: Resource) -> bool:
    """Say whether anything but its manifest may state what a resource is to be: of most nothing does."""
    positions = desired.positions
    return isinstance(positions, LayeredPositions) or (isinstance(positions, SavedPositions) and bool(positions.layers))


def elsewhere_below(desired: Resource, item: FieldDiff) -> Iterator[tuple[Keys, Source]]:
    """Yield the parts of a map that were stated elsewhere, by their keys from the difference down."""
    for keys in _keys(item.after) if is_layered(desired) else ():
        if (source := stated_elsewhere(desired, (*item.path, *keys))) is not None:
            yield keys, source


def _keys(value: Any) -> Iterator[Keys]:
    if isinstance(value, Mapping):
        for key, below in sorted(value.items()):
            yield (key,)
            yield from ((key, *keys) for keys in _keys(below))


def place_of(change: Change, path: Keys, changes: Mapping[Address, Change], membership: Membership) -> Source | None:
    """Return where a difference is stated, at the cost of a parse; None for what no manifest states.

    Memberships that the resource itself does not state are stated by the other side, which is among the `changes`.
    """
    desired = change.desired
    if change.is_pruned:
        return None
    if desired is not None and path[0] in desired.spec and (place := stated_at(path)) is not None:
        return desired.positions.value(place)
    sides = {
        (membership.user_kind, membership.user_field): (membership.group_kind, membership.group_field),
        (membership.group_kind, membership.group_field): (membership.user_kind, membership.user_field),
    }
    kind, name = sides.get((change.address.kind, path[0]), ("", ""))
    for item in change.edges if kind else ():
        other = changes.get(Address(kind, item.edge.group if kind == membership.group_kind else item.edge.user))
        if other is not None and other.desired is not None and name in other.desired.spec:
            return other.desired.positions.value(("spec", name))
    return None
