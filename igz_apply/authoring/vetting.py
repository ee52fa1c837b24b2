"""Whether what an export is about to write is valid; what is not is left out, and said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from igz_apply.authoring.exporting import ExportedResource
from igz_apply.authoring.schema_paths import dotted
from igz_apply.model.addresses import Address, Source
from igz_apply.model.comparison import is_below
from igz_apply.model.problems import Problem, errors_of
from igz_apply.model.resources import Document, Path
from igz_apply.patterns import pattern
from igz_apply.values import dataclass

Judge = Callable[[Sequence[Document]], Sequence[Problem]]
"""Finds what is wrong with manifests, offline."""


@dataclass(frozen=True, slots=True)
class Vetted:
    """What may be written, and what cannot be."""

    resources: tuple[ExportedResource, ...]
    refused: Mapping[Address, str]  # what no manifest can declare -> why


@dataclass(frozen=True, slots=True)
class _Trail:
    """Positions of a document that nobody has written yet: a place is its path."""

    def value(self, path: Path) -> Source:
        """Return the path as a place."""
        return Source(json.dumps(path), 1, 1)

    key = value

    def text(self, path: Path) -> str:  # noqa: ARG002  the port's signature
        """Return nothing: it was never written."""
        return ""


def vetted(found: Iterable[ExportedResource], judge: Judge, beside: Sequence[Document] = ()) -> Vetted:
    """Return the resources without what no manifest may state, be it a field or the whole; `beside` is written already.

    A platform holds values that our rules refuse, such as what an older version of it let pass. The rest of such a
    resource can be managed all the same.
    """
    kept = {resource.address: resource for resource in found}
    refused: dict[Address, str] = {}
    while faults := _faults(kept, judge, beside):
        for address, problem in faults.items():
            rest = _without(kept.pop(address), problem)
            if rest is None:
                refused[address] = _said(problem)
            else:
                kept[address] = rest
    return Vetted(tuple(kept[address] for address in sorted(kept)), refused)


def _faults(
    kept: Mapping[Address, ExportedResource], judge: Judge, beside: Sequence[Document]
) -> Mapping[Address, Problem]:
    """Return the first error of each resource that has one; errors of others are not this export's."""
    documents = [Document(_TRAIL.value(()), resource.document, _TRAIL) for resource in kept.values()]
    faults: dict[Address, Problem] = {}
    for problem in errors_of(judge([*beside, *documents])):
        if problem.address in kept and problem.address is not None:
            faults.setdefault(problem.address, problem)
    return faults


def _said(problem: Problem) -> str:
    """Return what is wrong, places of what nobody has written yet named as fields."""
    return _PLACE.sub(lambda place: f"`{dotted(tuple(json.loads(place[1])))}`", problem.detail)


_PLACE = pattern(r"(\[[^\]]*\]):1:1")


def _without(resource: ExportedResource, problem: Problem) -> ExportedResource | None:
    """Return the resource without what a problem is about; None where that is its name, or nobody can tell."""
    path = _present(resource.document, _path_of(problem))
    if len(path) < 2 or path[1] == "name":
        return None
    dotted = ".".join(path)
    below = [(one, why) for one, why in resource.refused if is_below(one, dotted)]  # what it has lost before
    kept = (said for said in resource.refused if said not in below)
    why = below[0][1] if below else _said(problem)
    return replace(resource, document=_cut(resource.document, path), refused=(*kept, (dotted, why)))


def _path_of(problem: Problem) -> list[Any]:
    """Return the path that a place of ours stands for, [] for a place in what is written already."""
    try:
        path = json.loads(problem.source.path) if problem.source is not None else []
    except ValueError:
        return []
    return path if isinstance(path, list) else []


def _present(document: Mapping[str, Any], path: Iterable[Any]) -> list[str]:
    """Return the path as far as it leads through mappings that are there: of a list, the whole is meant."""
    found: list[str] = []
    value: Any = document
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            break
        found.append(key)
        value = value[key]
    return found


def _cut(value: Mapping[str, Any], path: Sequence[str]) -> Mapping[str, Any]:
    """Return a mapping without what lies at the path."""
    key, *below = path
    rest = {name: _cut(each, below) if name == key and below else each for name, each in value.items()}
    return rest if below else {name: each for name, each in rest.items() if name != key}


_TRAIL = _Trail()
