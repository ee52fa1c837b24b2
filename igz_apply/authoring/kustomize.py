"""What kustomize leaves in what it prints: bookkeeping that says nothing, and traces of what cannot work here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from igz_apply.model.addresses import STDIN
from igz_apply.model.resources import Document, Path
from igz_apply.patterns import pattern

if TYPE_CHECKING:
    from igz_apply.authoring.schema_messages import Refusal, Words

# Where a document came from and what was done to it: `buildMetadata` of a kustomization, and tools around it.
_BOOKKEEPING = pattern(r"(?:internal\.|alpha\.)?config\.kubernetes\.io/")
_DIRECTIVE = pattern(r"\$(?:patch$|retainKeys$|setElementOrder/|deleteFromPrimitiveList/)")
_MADE_BY = {
    "annotations": "`commonAnnotations`",
    "labels": "`labels`, `commonLabels` or `buildMetadata`",
    "namespace": "`namespace`",
}  # key of `metadata` -> the fields of a kustomization that put it there
_LEFT_OVER = (
    "It is a directive of kustomize that was not carried out. In lists of names none works: state the list whole. "
    "For other lists give the kustomization the file of `igz-apply schema --openapi`."
)


def without_bookkeeping(document: Document) -> Document:
    """Return the document without the annotations of `metadata` in which tools of Kubernetes say where it came from."""
    data = document.data
    metadata = data.get("metadata") if isinstance(data, (dict, Mapping)) else None
    if not isinstance(metadata, (dict, Mapping)) or "annotations" not in metadata:
        return document
    annotations = metadata["annotations"]
    if not isinstance(annotations, Mapping):
        return document
    kept = {key: value for key, value in annotations.items() if not _BOOKKEEPING.match(str(key))}
    if len(kept) == len(annotations):
        return document
    others = {key: value for key, value in metadata.items() if key != "annotations"}
    stated = {**others, "annotations": kept} if kept else others
    return replace(document, data={**data, "metadata": stated})


def hint_of_key(hint: str, path: Path, key: str, place: str) -> str:
    """Return the hint for a key that a mapping cannot have, with what kustomize has to do with it."""
    if _DIRECTIVE.match(key):
        return _LEFT_OVER
    if place == STDIN and path == ("metadata",) and key in _MADE_BY:
        return f"{hint} Where kustomize wrote it: take {_MADE_BY[key]} out of the kustomization."
    return hint


def words_behind(words: Words, refusal: Refusal, place: str) -> Words:
    """Return the words for a value of the wrong type, with what may have become of it on its way through kustomize."""
    value = refusal.value
    if refusal.keyword != "type" or refusal.secret or refusal.is_hidden:
        return words
    if isinstance(value, Mapping) and any(_DIRECTIVE.match(str(key)) for key in value):
        return replace(words, hint=_LEFT_OVER)
    if place == STDIN and "string" in refusal.asked and isinstance(value, (bool, int, float)):
        doubt = (
            "If a program wrote it, look at what stood there before: quotes, and zeros in front, get lost on the way."
        )
        return replace(words, hint=f"{words.hint} {doubt}")
    return words
