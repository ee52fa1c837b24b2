"""What the config puts over manifests: its `values` and `patches`, at the top and of a target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.authoring.layering.ground import Layers
from igz_apply.authoring.layering.origins import Stratum
from igz_apply.authoring.layering.patches import Patch, patches_in, strange_patches
from igz_apply.authoring.layering.values import Values, value_layer, values_that_refer
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document, Path


def layers_for(document: Document, target: str) -> Layers:
    """Return the values and patches for a target, "" for those at the top alone; the config is valid."""
    known: dict[str, Stratum] = {}
    patches: list[Patch] = []
    elsewhere: dict[str, tuple[str, ...]] = {}
    for part, path in _parts(document):
        values = part.get("values", {})
        if path and path[-1] != target:
            elsewhere.update({name: (*elsewhere.get(name, ()), str(path[-1])) for name in values})
            continue
        for name, value in values.items():
            known[name] = value_layer(name, value, document.positions, (*path, "values", name))
        patches.extend(_patches(part, path, document))
    return Layers(Values(known, elsewhere, document.source.path, target), tuple(patches))


def strange_layers(document: Document) -> Iterator[Problem]:
    """Find what no target could use."""
    for part, path in _parts(document):
        yield from values_that_refer(part.get("values"), (*path, "values"), document.positions)
        yield from strange_patches(_patches(part, path, document))


def _parts(document: Document) -> Iterator[tuple[Mapping[str, Any], Path]]:
    """Yield what can hold values and patches: the top, and each target, with its path."""
    yield document.data, ()
    for name, target in document.data.get("targets", {}).items():
        yield target, ("targets", name)


def _patches(part: Mapping[str, Any], path: Path, document: Document) -> tuple[Patch, ...]:
    return patches_in(part.get("patches", ()), document.positions, (*path, "patches"))
