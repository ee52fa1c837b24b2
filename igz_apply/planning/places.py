"""Where the manifests state what a plan changes, as far as that can be told without reading one again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.model.addresses import Source
from igz_apply.model.changes import FieldDiff
from igz_apply.model.kind import MARK_PATH, METADATA, NAME_PATH
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
