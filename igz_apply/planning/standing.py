"""Where manifests say what they say, as an edit needs it: the document, the path in it, and whose layer it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from igz_apply.authoring.layering.origins import Layer, Origin, Stratum, layers_of, origin_of
from igz_apply.model.addresses import Source
from igz_apply.model.comparison import value_at
from igz_apply.model.edits import Edit, Listing, Put
from igz_apply.model.resources import Path, Positions


class Standing(NamedTuple):
    """Where a value stands, or would stand."""

    document: Source  # where it begins
    path: Path  # in it
    layer: Layer
    reference: Edit | None = None  # of a value that a reference stands for: what takes the reference away


def standing(positions: Positions, path: Path) -> Standing:
    """Return where the value at a path of a manifest stands; what is not stated, below what is nearest above it."""
    size = len(path)
    while not (origin := origin_of(positions, path[:size])).is_exact:
        size -= 1
    via = origin.via
    reference = Put(_document(via), via.path) if via is not None else None
    return Standing(_document(origin), (*origin.path, *path[size:]), origin.layer, reference)


def _document(origin: Origin) -> Source:
    return origin.positions.value(())


def own_document(positions: Positions) -> Source | None:
    """Return where a resource's own manifest begins, None for one that a profile makes."""
    layers = layers_of(positions)
    if not layers:
        return positions.value(())
    return next((layer.positions.value(()) for layer in layers if layer.layer == "manifest"), None)


def written_out(positions: Positions, path: Path) -> Edit | None:
    """Return what writes out the mapping that a reference stands for, in a resource's own manifest, above a path.

    Beside the reference nothing can stand. None where there is none.
    """
    for own in layers_of(positions):
        data: Any = own.data
        for size, part in enumerate(path if own.layer == "manifest" else ()):
            meant = own.cited(data)
            if meant is not None:
                return Put(own.positions.value(()), path[:size], meant.data)
            data = data.get(part) if isinstance(data, Mapping) else None
    return None


def made_for(positions: Positions) -> str:
    """Return the member for whom a profile makes a resource; "" for one that has a manifest of its own."""
    profile = _profile(positions)
    return profile.name if profile is not None else ""


class MadeFor(NamedTuple):
    """For whom a profile makes a resource."""

    profile: Source  # where it begins
    member: str
    is_listed: bool  # by the profile itself; False: a group brings them along, by the names of their accounts


def membership_of(positions: Positions) -> MadeFor | None:
    """Return for whom a profile makes a resource, None for one that has a manifest of its own."""
    profile = _profile(positions)
    if profile is None:
        return None
    return MadeFor(profile.positions.value(()), profile.name, is_listed=bool(profile.member))


def leaving_profile(positions: Positions) -> Edit | None:
    """Return what takes the member out of the profile that makes a resource; None where a group brings them along."""
    profile = _profile(positions)
    if profile is None or not profile.member:
        return None
    document = profile.positions.value(())
    if isinstance(profile.member[-1], int):
        return Listing(document, profile.member[:-1], frozenset({profile.name}))
    return Put(document, profile.member)


def _profile(positions: Positions) -> Stratum | None:
    return next((layer for layer in layers_of(positions) if layer.layer == "profile"), None)


def is_stated_below(positions: Positions, path: Path) -> bool:
    """Say whether a layer below a resource's own manifest states a path too: what is taken away there shows then."""
    return any(_states(layer, path) for layer in _below(positions))


def is_stated_by_its_own(positions: Positions, path: Path) -> bool:
    """Say whether a resource's own manifest states a path, and no reference stands for what is around it."""
    layers = layers_of(positions)
    return not layers or any(layer.layer == "manifest" and _states(layer, path) for layer in layers)


def _below(positions: Positions) -> Iterator[Stratum]:
    is_below = False
    for layer in layers_of(positions):
        if is_below:
            yield layer
        is_below = is_below or layer.layer == "manifest"


def _states(layer: Stratum, path: Path) -> bool:
    data: Any = layer.data
    return isinstance(data, dict) and value_at(data, tuple(map(str, path)))[0]
