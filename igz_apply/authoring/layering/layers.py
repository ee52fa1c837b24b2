"""Documents put together of all layers: defaults, then manifests and what profiles make, then patches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from igz_apply.authoring.layering.bases import NO_BASE, Bases
from igz_apply.authoring.layering.ground import Layers, LayersGround
from igz_apply.authoring.layering.layered import Layered, address_stated, is_profile
from igz_apply.authoring.layering.merging import merged, patched
from igz_apply.authoring.layering.origins import Elsewhere, LayeredPositions, Stratum
from igz_apply.authoring.layering.patches import Matching
from igz_apply.authoring.layering.values import is_reference, with_values
from igz_apply.model.addresses import Address
from igz_apply.model.problems import Problem, Severity
from igz_apply.model.resources import Document


def layered(documents: Sequence[Document], layers: Layers, ground: LayersGround) -> Layered:
    """Return the documents with all layers put together; without layers they are the very ones that were given."""
    profiles = [it for it in documents if it.source.path in ground.suspects and is_profile(it.data, ground.kinds)]
    if not (profiles or ground.defaults or ground.suspects or layers.patches):
        return Layered(tuple(documents))
    return _Stack(layers, ground).layered(documents, profiles)


class _Stack:
    """The layers of one run."""

    def __init__(self, layers: Layers, ground: LayersGround) -> None:
        self._layers = layers
        self._ground = ground
        self._kinds = frozenset(ground.kinds.names)
        self._problems: list[Problem] = []
        self._holed: set[Address] = set()
        self._bases = Bases(ground.defaults, ground.kinds, layers.values, self._problems)
        self._patches = self._meant_patches()
        self._matching = Matching((), ())
        self._found: dict[tuple[int, ...], Elsewhere] = {}  # by the layers around manifests, which are there as long

    def layered(self, documents: Sequence[Document], profiles: Sequence[Document]) -> Layered:
        """Return the documents with all layers put together."""
        left_out = set(map(id, profiles))
        manifests = [it for it in documents if id(it) not in left_out] if profiles else documents
        self._matching = Matching(self._layers.patches, manifests)
        made = [it for document in manifests if (it := self._with_layers(document)) is not None]
        is_all = True
        if profiles:
            from igz_apply.authoring.layering.making import made_by  # what most runs do without

            found = made_by(profiles, made, self._ground, self._layers.values, self._composed)
            made.extend(found.documents)
            self._problems.extend(found.problems)
            is_all = found.is_all
        if self._layers.patches and is_all and self._ground.is_sound:
            self._problems.extend(self._idle_patches(made))
        return Layered(tuple(made), tuple(self._problems), frozenset(self._holed))

    def _with_layers(self, document: Document) -> Document | None:
        """Return a manifest with its layers; one of no known kind stays as it is.

        None for one of which nobody can say what it is about, since a reference says so.
        """
        data = document.data
        if not isinstance(data, dict):
            return document
        layer = None
        if document.source.path in self._ground.suspects:
            layer = Stratum("manifest", data, document.positions, (), self._layers.values.cited)
            count = len(self._problems)
            meant = with_values(layer, self._layers.values, self._problems)
            if meant is not data:
                if _is_about_nothing(data):
                    return None
                document, data = Document(document.source, meant, LayeredPositions(layer)), meant
                self._note_hole(meant, len(self._problems) > count)
        kind, version = data.get("kind"), data.get("apiVersion")
        if not isinstance(kind, str) or kind not in self._kinds or version != self._ground.kinds.api_version:
            return document
        return self._composed(document, layer)

    def _composed(self, document: Document, layer: Stratum | None) -> Document:
        """Return a document with defaults below it and patches over it; `layer` is what it is by itself."""
        data = document.data
        chain = self._ground.defaults_for.get(document.source.path)
        base = self._bases.of(chain, data["kind"]) if chain is not None else NO_BASE
        over = self._matching.of(data) if self._patches else ()
        if base is NO_BASE and not over:
            return document
        if base is not NO_BASE:
            data = merged(base.data, data)
        for index in over:
            data = patched(data, self._patches[index][1])
        if self._problems:
            self._note_hole(data, base.is_holed or any(self._patches[index][2] for index in over))
        above = tuple([self._patches[index][0] for index in reversed(over)]) if over else ()
        found = self._found.setdefault((id(base), *over), {})
        return Document(document.source, data, LayeredPositions(layer or document, above, base.layers, found))

    def _note_hole(self, data: Any, is_holed: bool) -> None:
        address = address_stated(data) if is_holed else None
        if address is not None:
            self._holed.add(address)

    def _meant_patches(self) -> list[tuple[Stratum, Any, bool]]:
        """Return each patch as a layer, what it says once its references are replaced, and whether any is left out."""
        found = []
        for patch in self._layers.patches:
            layer, count = patch.layer(self._layers.values.cited), len(self._problems)
            data = with_values(layer, self._layers.values, self._problems)
            found.append((layer, data, len(self._problems) > count))
        return found

    def _idle_patches(self, made: Sequence[Document]) -> Iterator[Problem]:
        """Find the patches that were for nothing."""
        severity: Severity = "error" if self._ground.is_whole else "warning"
        return self._matching.idle(made, self._ground.kinds, severity)


def _is_about_nothing(data: Mapping[str, Any]) -> bool:
    """Say whether references stand where a document says what it is about."""
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return any(map(is_reference, (data, data.get("apiVersion"), data.get("kind"), metadata, name)))
