"""Where the values of a manifest were stated, which layers may have put together.

Nothing is kept of a merge but the layers themselves. A place is found when it is asked for, by going down through all
layers at once, as the merge did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from igz_apply.model.addresses import Source
from igz_apply.model.resources import Document, Path, Positions
from igz_apply.values import dataclass

Layer = Literal["defaults", "manifest", "profile", "patch", "value", "member"]
"""What states a value: `_defaults.yaml`, a manifest, a profile's template, a patch of the config, one of the config's
`values`, or what a profile says of one of its members."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the value at a path of a manifest was stated."""

    layer: Layer
    positions: Positions  # of the whole document that states it
    path: Path  # in that document; where nothing stands at the path that was asked for, of the nearest that is above it
    is_exact: bool = True  # False: nothing states a value at the path that was asked for
    name: str = ""  # of a value or a fact: what it is called; of a profile: the member that it makes the resource for
    via: Origin | None = None  # of a value or of a fact: the `{from_value: ...}` or `{from_member: ...}` that names it

    @property
    def source(self) -> Source:
        """Where the value begins."""
        return self.positions.value(self.path)


def origin_of(positions: Positions, path: Path) -> Origin:
    """Return where the value at a path of a manifest was stated; `positions` are those of its Document or Resource."""
    if isinstance(positions, LayeredPositions):
        return positions.origin(path)
    return Origin("manifest", positions, path)


def names_of(positions: Positions, path: Path) -> Iterator[str]:
    """Yield what the value at a path is called where it stands, and what holds it, if that is a value or a fact."""
    origin: Origin | None = origin_of(positions, path)
    while origin is not None:
        if origin.layer in ("value", "member") or origin.path[:1] == ("members",):
            yield from (part for part in (*origin.path, origin.name) if isinstance(part, str))
        origin = origin.via


def layers_of(positions: Positions) -> Strata:
    """Return the layers of a manifest, the topmost first; () for one that is as it was read."""
    return positions.strata if isinstance(positions, LayeredPositions) else ()


class Stratum(NamedTuple):
    """One layer of a manifest: a part of a document as it is written, its references not yet replaced."""

    layer: Layer
    data: Any
    positions: Positions  # of the whole document
    prefix: Path  # of the part, in that document
    cited: Citing
    name: str = ""  # as in Origin
    member: Path = ()  # of a profile: where the member stands in the document; () where it is not listed there


Strata = tuple[Stratum, ...]

Citing = Callable[[Any], Stratum | None]
"""Returns what a value stands for if it is a reference, such as `{from_value: NAME}`; None for any other value."""


def cites_nothing(_: Any) -> None:
    """Return None: what is not to hold references, as the values themselves, has none."""
    return


class _Spot(NamedTuple):
    """One layer at the place that was reached."""

    stratum: Stratum
    data: Any
    path: Path  # in the stratum's document
    is_own: bool  # whether it is the manifest's, or its profile's
    via: _Spot | None = None

    def child(self, part: str | int) -> _Spot | None:
        """Return the spot below, None where there is none."""
        data: Any = self.data
        if isinstance(data, Mapping):
            is_there = part in data
        else:
            is_there = isinstance(data, list) and isinstance(part, int) and 0 <= part < len(data)
        return _Spot(self.stratum, data[part], (*self.path, part), self.is_own, self.via) if is_there else None

    def meant(self) -> _Spot:
        """Return the spot that a reference leads to, and any other as it is."""
        target = self.stratum.cited(self.data)
        if target is None:
            return self
        return _Spot(target, target.data, target.prefix, self.is_own, self).meant()

    def origin(self, *, is_exact: bool = True) -> Origin:
        """Return where this is stated; of a profile that takes values itself, where those stand."""
        layer, via = self.stratum, self.via.origin() if self.via is not None else None
        if isinstance(layer.positions, LayeredPositions):
            inner = layer.positions.origin(self.path)
            if inner.layer == "value":
                return replace(inner, is_exact=is_exact and inner.is_exact)
            return Origin(layer.layer, inner.positions, inner.path, is_exact, layer.name, via)
        return Origin(layer.layer, layer.positions, self.path, is_exact, layer.name, via)


Elsewhere = dict[tuple[Path, int, bool], Source | None]
"""What was found elsewhere: see `LayeredPositions.elsewhere`."""

_OWN = ("manifest", "profile")
_IDENTITY = (("apiVersion",), ("kind",))  # what defaults state of themselves


def _elsewhere(origin: Origin) -> Source | None:
    return origin.source if origin.is_exact and origin.layer not in _OWN else None


class LayeredPositions:
    """The places of a manifest that layers have put together."""

    __slots__ = ("_above", "_below", "_found", "_own")

    def __init__(
        self, own: Stratum | Document, above: Strata = (), below: Strata = (), found: Elsewhere | None = None
    ) -> None:
        """Hold the layers, the topmost first; `own` is what those above and below are put over and under.

        Most are documents without references. That these are layers, too, is said when somebody asks. `found` is
        shared by all manifests that have the same layers above and below.
        """
        self._own = own
        self._above = above
        self._below = below
        self._found = {} if found is None else found

    @property
    def strata(self) -> Strata:
        """The layers, the topmost first."""
        return (*self._above, self.own, *self._below)

    @property
    def own(self) -> Stratum:
        """The layer that is the manifest's own, or what a profile makes."""
        own = self._own
        return Stratum("manifest", own.data, own.positions, (), cites_nothing) if isinstance(own, Document) else own

    def value(self, path: Path) -> Source:
        """Return where the value at `path` begins, or its nearest present ancestor."""
        return self.origin(path).source

    def key(self, path: Path) -> Source:
        """Return where the key that ends `path` begins; for a list item, the item itself."""
        spots, is_exact = self._reached(path)
        spot = _chosen(spots)
        return spot.stratum.positions.key(spot.path) if is_exact else spot.meant().origin().source

    def text(self, path: Path) -> str:
        """Return the scalar at `path` as it was written, without quotes; "" where there is none."""
        spots, is_exact = self._reached(path)
        spot = _chosen(spots).meant()
        return spot.stratum.positions.text(spot.path) if is_exact else ""

    def origin(self, path: Path) -> Origin:
        """Return where the value at `path` was stated."""
        spots, is_exact = self._reached(path)
        return _chosen(spots).meant().origin(is_exact=is_exact)

    def elsewhere(self, path: Path) -> Source | None:
        """Return where the value at `path` was stated, if not by the manifest or the profile itself; else None.

        Of what the manifest does not state, the layers around it say the same for every manifest that they are around:
        a plan of thousands, which asks for each of its fields, looks once.
        """
        shared = self._shared(path)
        if shared is None:
            return _elsewhere(self.origin(path))
        if shared not in self._found:
            self._found[shared] = _elsewhere(self.origin(path))
        return self._found[shared]

    def _shared(self, path: Path) -> tuple[Path, int, bool] | None:
        """Return what tells, for all manifests with the same layers around, what states a path; None: nothing does.

        That is how many of its keys the manifest states, and whether a mapping is there.
        """
        data, cited = self._own.data, cites_nothing if isinstance(self._own, Document) else self._own.cited
        for depth, part in enumerate(path):
            if type(data) is not dict or cited(data) is not None:
                return None
            if part not in data:
                return path, depth, True
            data = data[part]
        return (path, len(path), type(data) is dict) if isinstance(self._own, Document) else None

    def _reached(self, path: Path) -> tuple[Sequence[_Spot], bool]:
        """Return what the layers state at the path, the topmost first, and whether any does; else what is above it."""
        spots: Sequence[_Spot] = [
            _Spot(each, each.data, each.prefix, each.layer in _OWN)
            for each in ((self.own,) if path[:1] in _IDENTITY else self.strata)
        ]
        for part in path:
            below = [child for spot in _merged(spots) if (child := spot.child(part)) is not None]
            if not below:
                return spots, False
            spots = below
        return spots, True


def _merged(spots: Sequence[_Spot]) -> Sequence[_Spot]:
    """Return the spots, references followed, that a value is merged of: mappings, down to what is none."""
    kept: list[_Spot] = []
    for spot in spots:
        meant = spot.meant()
        if not isinstance(meant.data, Mapping):
            return kept or [meant]
        kept.append(meant)
    return kept


def _chosen(spots: Sequence[_Spot]) -> _Spot:
    """Return the spot to tell: the topmost; for a mapping of several layers the manifest's own, if it states it."""
    count = len(_merged(spots))
    return next((spot for spot in spots[:count] if spot.is_own), spots[0]) if count > 1 else spots[0]
