"""Places in manifests as a reader sees them: `manifests/users.yaml:3`, which editors and terminals open."""

from __future__ import annotations

from igz_apply.model.addresses import Source
from igz_apply.model.changes import Change, FieldDiff
from igz_apply.model.resources import Path
from igz_apply.planning.places import elsewhere_below, is_layered, stated_elsewhere
from igz_apply.wording.printable import printable


def place_text(source: Source | None) -> str:
    """Return the place; "" where there is none, as of what is disabled since nothing declares it any more."""
    return f"{printable(source.path)}:{source.line}" if source is not None and source.path else ""


def manifest_place(change: Change) -> str:
    """Return where the manifest begins that declares what changes; "" where nothing declares it any more."""
    return place_text(change.desired.source) if change.desired is not None and not change.is_pruned else ""


def elsewhere_text(change: Change, path: Path) -> str:
    """Return where the value at a path comes from; "" where it is the resource's own manifest that states it."""
    return place_text(stated_elsewhere(change.desired, path))


def all_elsewhere_text(change: Change, item: FieldDiff) -> str:
    """Return where a whole difference comes from: of a map that several documents make up, one place in each other."""
    if change.desired is None or not is_layered(change.desired):
        return ""
    own = stated_elsewhere(change.desired, item.path)
    found = [*([own] if own is not None else []), *(source for _, source in elsewhere_below(change.desired, item))]
    first = {source.path: source for source in reversed(found)}
    return ", ".join(map(place_text, sorted(first.values())))
