"""Manifests as text, what they declare, and what they become by edits: for tests of what makes the edits."""

from __future__ import annotations

from collections.abc import Sequence

from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.manifests.editing.documents import edited_file
from igz_apply.manifests.loading import Loaded, checked
from igz_apply.manifests.reader import Reading, read_bytes
from igz_apply.model.addresses import Source
from igz_apply.model.edits import Edit
from igz_apply.model.problems import errors_of
from igz_apply.model.resources import DesiredState
from igz_apply.platform import Platform

PATH = "manifests/all.yaml"


def loaded(text: str, platform: Platform = IGUAZIO3) -> Loaded:
    found = read_bytes(PATH, text.encode())
    return checked(Reading(found.documents, found.problems, 1), platform)


def desired(text: str, platform: Platform = IGUAZIO3) -> DesiredState:
    """Return what a text declares; it has to be right."""
    found = loaded(text, platform)
    assert not errors_of(found.problems), found.problems
    return found.desired


def after(text: str, edits: Sequence[Edit]) -> str:
    """Return the text after the edits, "" if nothing is left."""
    by_document: dict[Source, list[Edit]] = {}
    for edit in edits:
        by_document.setdefault(edit.document, []).append(edit)
    content = edited_file(PATH, text.encode(), by_document)
    return content.decode() if content is not None else ""
