"""`_defaults.yaml`: what manifests of a kind say in a folder, and below it, where they say nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from igz_apply.authoring.layering.placeholders import strange_texts
from igz_apply.authoring.manifest_rules import PROFILE, stranger
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document

_PARTS = {"metadata": "labels", "spec": "fields", "lifecycle": "rules"}  # of a manifest, each with what it holds


def fault_of_defaults(document: Document, kinds: Kinds) -> Problem | None:
    """Return what keeps a document from being the defaults of a kind."""
    data = document.data
    if isinstance(data, Mapping) and data.get("kind") == PROFILE:
        detail = "A Profile stands by itself, and there are no defaults of one."
        hint = "Move it to a file of another name. What it expands to takes the defaults of its folder."
        return Problem("Bad defaults", detail, hint, source=document.positions.value(("kind",)))
    if (strange := stranger(document, kinds)) is not None:
        return strange
    for part, held in _PARTS.items():
        if part in data and not isinstance(data[part], Mapping):
            hint = f"Take it out, or state {held} in it."
            place = document.positions.value((part,))
            return Problem("Bad defaults", f"`{part}` is no mapping.", hint, source=place)
    if "name" in data.get("metadata", ()):
        place = document.positions.key(("metadata", "name"))
        detail = f"Defaults have no name: they are for every {data['kind']} of the folder and below it."
        return Problem("Bad defaults", detail, "Take the name out, or move the manifest to another file.", source=place)
    return None


def strange_defaults(documents: Sequence[Document], kinds: Kinds) -> Iterator[Problem]:
    """Find what is wrong with the defaults of one folder, their values left aside."""
    first: dict[str, Document] = {}
    for document in documents:
        fault = fault_of_defaults(document, kinds)
        if fault is not None:
            yield fault
            continue
        yield from strange_texts(document.data, document.positions, "Defaults")
        known = first.setdefault(document.data["kind"], document)
        if known is not document:
            detail = f"The folder has defaults for {document.data['kind']} already, at {known.source}."
            place = document.positions.value(("kind",))
            yield Problem("Defaults twice", detail, "Make one document of the two.", source=place)
