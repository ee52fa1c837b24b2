"""What is to change in manifests, as data: a value put or taken away, or a list that gains and loses items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from igz_apply.model.addresses import Source
from igz_apply.model.resources import Path

GONE: Any = object()
"""In the place of a value: nothing stands there any more."""


class Put(NamedTuple):
    """A value at a path of a document; GONE takes it away, and with the path () the document itself."""

    document: Source  # where the document begins
    path: Path
    value: Any = GONE


class Listing(NamedTuple):
    """A list at a path of a document that loses and gains items; what is there stays, and comes first."""

    document: Source
    path: Path
    lost: frozenset[str] = frozenset()
    gained: tuple[str, ...] = ()


Edit = Put | Listing


def edited(data: Any, edits: Sequence[Edit]) -> Any:
    """Return the data of a document after the edits, GONE if the document goes; mappings on the way are made."""
    for edit in edits:
        data = data if data is GONE else _edited(data, edit, edit.path)
    return _swept(data)


def _edited(data: Any, edit: Edit, path: Path) -> Any:
    if not path:
        return _listed(data, edit) if isinstance(edit, Listing) else edit.value
    key = path[0]
    if isinstance(key, int):
        return [_edited(item, edit, path[1:]) if at == key else item for at, item in enumerate(data)]
    stated = data if isinstance(data, Mapping) else {}
    if isinstance(edit, Put) and edit.value is GONE and key not in stated:
        return data
    value = _edited(stated.get(key), edit, path[1:])
    others = {each: below for each, below in stated.items() if each != key}
    if value is GONE:
        return others
    return {**stated, key: value}


def _swept(data: Any) -> Any:
    """Return data without the items that are gone: until all edits are done they keep the others in their places."""
    if isinstance(data, Mapping):
        return {key: _swept(value) for key, value in data.items()}
    return [_swept(item) for item in data if item is not GONE] if isinstance(data, list) else data


def _listed(data: Any, edit: Listing) -> list[Any]:
    kept = [item for item in data or () if item not in edit.lost]
    return [*kept, *(item for item in edit.gained if item not in kept)]
