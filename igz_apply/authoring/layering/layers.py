"""Documents put together of all layers: defaults, then manifests and what profiles make, then patches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from igz_apply.authoring.layering.defaults import strange_defaults
from igz_apply.authoring.layering.layered import Layered, address_in, is_profile
from igz_apply.authoring.layering.merging import merged, patched
from igz_apply.authoring.layering.origins import LayeredPositions, Stratum
from igz_apply.authoring.layering.patches import Matching, Patch
from igz_apply.authoring.layering.people import expanded_by_groups, nobody
from igz_apply.authoring.layering.profile_rules import declared_twice, profile_of, profile_schema
from igz_apply.authoring.layering.profiles import Expanded, Profile, expanded, with_values_of
from igz_apply.authoring.layering.values import Values, is_reference, with_values
from igz_apply.authoring.schema_paths import Schema
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document
from igz_apply.values import dataclass

Chain = Sequence[Document]
"""The defaults that are for one file, those of the outermost folder first."""


@dataclass(frozen=True, slots=True)
class Layers:
    """What the config puts over manifests, for one target."""

    values: Values = Values()
    patches: tuple[Patch, ...] = ()


NO_LAYERS = Layers()


@dataclass(frozen=True, slots=True)
class Ground:
    """What manifests are judged by, and what was read beside them."""

    kinds: Kinds
    schemas: Mapping[str, Schema]  # by kind
    profile: Schema  # of profiles, whatever the platform
    defaults: Sequence[Document]  # all that there are
    defaults_for: Mapping[str, Chain]  # by the path of a file; one that has none is left out
    suspects: Collection[str]  # the files whose text may hold references or profiles
    is_whole: bool = True  # False: there are more manifests, which this run was not asked to read
    is_sound: bool = True  # False: some of what was to be read could not be


def layered(documents: Sequence[Document], layers: Layers, ground: Ground) -> Layered:
    """Return the documents with all layers put together; without layers they are the very ones that were given."""
    profiles = [it for it in documents if it.source.path in ground.suspects and is_profile(it.data, ground.kinds)]
    if not (profiles or ground.defaults or ground.suspects or layers.patches):
        return Layered(tuple(documents))
    return _Stack(layers, ground).layered(documents, profiles)


class _Base(NamedTuple):
    """The defaults of one kind for the files of one folder."""

    data: Any
    layers: tuple[Stratum, ...]  # the topmost first


class _Own(NamedTuple):
    """What the other layers are put over and under: a manifest, or what a profile makes."""

    document: Document  # as it is without the other layers
    layer: Stratum
    chain: Chain


_NO_BASE = _Base(None, ())


class _Stack:
    """The layers of one run."""

    def __init__(self, layers: Layers, ground: Ground) -> None:
        self._layers = layers
        self._ground = ground
        self._problems: list[Problem] = []
        self._holed: set[Address] = set()
        self._defaults = self._sound_defaults()
        self._bases: dict[tuple[int, str], _Base] = {}
        self._patches = self._meant_patches()
        self._matching = Matching((), ())

    def layered(self, documents: Sequence[Document], profiles: Sequence[Document]) -> Layered:
        """Return the documents with all layers put together."""
        left_out = set(map(id, profiles))
        owns = [own for it in documents if id(it) not in left_out and (own := self._own(it)) is not None]
        sound = self._sound_profiles(profiles)
        listing = [it for it in sound if it.group is None]
        owns += [self._expanded(each) for it in listing for each in expanded(it, tuple(it.facts))]
        addresses = [address for own in owns if (address := address_in(_document(own).data)) is not None]
        self._matching = Matching(self._layers.patches, frozenset(addresses) if self._layers.patches else ())
        made = [self._composed(own) if isinstance(own, _Own) else own for own in owns]
        by_groups = [it for it in sound if it.group is not None]
        if by_groups:
            made += expanded_by_groups(by_groups, made, self._ground.kinds, self._compose, self._problems)
        self._problems.extend(self._idle_patches(made, is_all=len(sound) == len(profiles)))
        return Layered(tuple(made), tuple(self._problems), frozenset(self._holed), is_layered=True)

    # Defaults

    def _sound_defaults(self) -> dict[int, tuple[Document, Any]]:
        """Return what the defaults say by the identity of their document; what is wrong with any is noted."""
        by_folder: dict[str, list[Document]] = {}
        for document in self._ground.defaults:
            by_folder.setdefault(document.source.path.rpartition("/")[0], []).append(document)
        sound: dict[int, tuple[Document, Any]] = {}
        for documents in by_folder.values():
            found = list(strange_defaults(documents, self._ground.kinds))
            self._problems.extend(found)
            faulty = {problem.source.path for problem in found if problem.source is not None}
            for document in documents:
                if document.source.path not in faulty:
                    sound[id(document)] = (
                        document,
                        with_values(self._layer_of_defaults(document), self._values, self._problems),
                    )
        return sound

    def _layer_of_defaults(self, document: Document) -> Stratum:
        return Stratum("defaults", document.data, document.positions, (), self._values.cited)

    def _base(self, chain: Chain, kind: str) -> _Base:
        """Return the defaults of a kind in a folder."""
        known = self._bases.get((id(chain), kind))
        if known is None:
            stating = [self._defaults[id(it)] for it in chain if id(it) in self._defaults and it.data["kind"] == kind]
            known = _NO_BASE
            for document, data in stating:
                below = data if known is _NO_BASE else merged(known.data, data)
                known = _Base(below, (self._layer_of_defaults(document), *known.layers))
            self._bases[id(chain), kind] = known
        return known

    # Manifests

    @property
    def _values(self) -> Values:
        return self._layers.values

    def _own(self, document: Document) -> _Own | Document | None:
        """Return what a manifest is without the layers around it; one of no known kind stays as it is.

        None for one of which nobody can say what it is about, since a reference says so.
        """
        data = document.data
        path = document.source.path
        if not isinstance(data, (dict, Mapping)):
            return document
        layer = Stratum("manifest", data, document.positions, (), self._values.cited)
        if path in self._ground.suspects:
            count = len(self._problems)
            meant = with_values(layer, self._values, self._problems)
            if meant is not data:
                document = Document(document.source, meant, LayeredPositions((layer,)))
                if _is_about_nothing(data):
                    return None
                self._note_hole(meant, count)
        kinds = self._ground.kinds
        if document.data.get("kind") not in kinds.names or document.data.get("apiVersion") != kinds.api_version:
            return document
        return _Own(document, layer, self._ground.defaults_for.get(path, ()))

    def _note_hole(self, data: Any, count: int) -> None:
        """Note that something of a document is left out, if there are more problems now than there were."""
        address = address_in(data)
        if len(self._problems) > count and address is not None:
            self._holed.add(address)

    def _sound_profiles(self, profiles: Sequence[Document]) -> list[Profile]:
        found: list[Profile] = []
        schema = profile_schema(self._ground.profile, self._ground.kinds) if profiles else {}
        for document in profiles:
            count = len(self._problems)
            meant = with_values_of(document, self._values, self._problems)
            if len(self._problems) > count:
                continue
            profile = profile_of(meant, self._ground.kinds, self._ground.schemas, schema)
            if isinstance(profile, Profile):
                found.append(profile)
            else:
                self._problems.extend(profile)
        self._problems.extend(declared_twice(found))
        self._problems.extend(nobody(it) for it in found if it.group is None and not it.facts)
        return found

    def _expanded(self, made: Expanded) -> _Own:
        chain = self._ground.defaults_for.get(made.source.path, ())
        return _Own(Document(made.source, made.data, LayeredPositions((made.layer,))), made.layer, chain)

    # Patches

    def _meant_patches(self) -> list[tuple[Stratum, Any]]:
        """Return each patch as a layer, with what it says once its references are replaced."""
        layers = [patch.layer(self._values.cited) for patch in self._layers.patches]
        return [(layer, with_values(layer, self._values, self._problems)) for layer in layers]

    def _idle_patches(self, made: Iterable[Document], *, is_all: bool) -> Iterator[Problem]:
        """Find the patches that were for nothing, where all that they may be for is known."""
        if self._layers.patches and is_all and self._ground.is_sound:
            declared = {address for it in made if (address := address_in(it.data)) is not None}
            severity: Any = "error" if self._ground.is_whole else "warning"
            yield from self._matching.idle(declared, self._ground.kinds, severity)

    # All together

    def _compose(self, made: Expanded) -> Document:
        return self._composed(self._expanded(made))

    def _composed(self, own: _Own) -> Document:
        document = own.document
        data = document.data
        base = self._base(own.chain, data["kind"]) if own.chain else _NO_BASE
        over: list[int] = []
        if self._patches and (address := address_in(data)) is not None:
            over = self._matching.of(address)
        if base is _NO_BASE and not over:
            return document
        if base is not _NO_BASE:
            data = merged(base.data, data)
        for index in over:
            data = patched(data, self._patches[index][1])
        above = tuple([self._patches[index][0] for index in reversed(over)])
        return Document(document.source, data, LayeredPositions((*above, own.layer, *base.layers)))


def _is_about_nothing(data: Mapping[str, Any]) -> bool:
    """Say whether references stand where a document says what it is about."""
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, (dict, Mapping)) else None
    return any(map(is_reference, (data, data.get("apiVersion"), data.get("kind"), metadata, name)))


def _document(own: _Own | Document) -> Document:
    return own.document if isinstance(own, _Own) else own
