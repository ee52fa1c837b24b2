"""The defaults of each kind for the files of each folder, merged once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from igz_apply.authoring.layering.defaults import strange_defaults
from igz_apply.authoring.layering.merging import merged, without_nulls
from igz_apply.authoring.layering.origins import Stratum
from igz_apply.authoring.layering.values import Values, with_values
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document

Chain = Sequence[Document]
"""The defaults that are for one file, those of the outermost folder first: the very same for all files of a folder."""


_IDENTITY = ("apiVersion", "kind")  # which every manifest states itself


class Base(NamedTuple):
    """The defaults of one kind for the files of one folder."""

    data: Any
    layers: tuple[Stratum, ...]  # the topmost first
    is_holed: bool = False  # whether something is left out of them, since it has a problem


NO_BASE = Base(None, ())


class Bases:
    """All defaults of a run."""

    def __init__(self, defaults: Sequence[Document], kinds: Kinds, values: Values, problems: list[Problem]) -> None:
        """Take what is right of the defaults; what is wrong with the others goes to `problems`."""
        self._sound: dict[int, Base] = {}  # by the identity of the document
        self._known: dict[tuple[int, str], Base] = {}
        by_folder: dict[str, list[Document]] = {}
        for document in defaults:
            by_folder.setdefault(document.source.path.rpartition("/")[0], []).append(document)
        for documents in by_folder.values():
            found = list(strange_defaults(documents, kinds))
            problems.extend(found)
            faulty = {problem.source.path for problem in found if problem.source is not None}
            for document in documents:
                if document.source.path not in faulty:
                    self._take(document, values, problems)

    def _take(self, document: Document, values: Values, problems: list[Problem]) -> None:
        layer = Stratum("defaults", document.data, document.positions, (), values.cited)
        count = len(problems)
        data = with_values(layer, values, problems)
        said = {key: value for key, value in data.items() if key not in _IDENTITY}
        self._sound[id(document)] = Base(said, (layer,), len(problems) > count)

    def of(self, chain: Chain, kind: str) -> Base:
        """Return the defaults of a kind."""
        known = self._known.get((id(chain), kind))
        if known is None:
            known = self._known[id(chain), kind] = self._merged(chain, kind)
        return known

    def _merged(self, chain: Chain, kind: str) -> Base:
        found = NO_BASE
        for document in chain:
            base = self._sound.get(id(document))
            if base is not None and document.data["kind"] == kind:
                data = base.data if found is NO_BASE else merged(found.data, base.data)
                found = Base(data, (*base.layers, *found.layers), base.is_holed or found.is_holed)
        return found if found is NO_BASE else found._replace(data=without_nulls(found.data))
