"""JSON that is text already, as a part of a document: what is shown again and again is encoded once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from igz_apply.emulator.engine.messages import Document

to_text = json.JSONEncoder(separators=(",", ":")).encode  # a value, as it is sent


PIECE = 100_000  # characters; the C library gives back room of this size at once, and not what is much larger


@dataclass(frozen=True, slots=True)
class Encoded:
    """A resource at the top of a document, nowhere deeper, as the JSON text that is sent."""

    text: str


@dataclass(frozen=True, slots=True)
class EncodedList:
    """A list of resources at the top of a document, as the JSON texts that are sent."""

    texts: Sequence[str]


def pieces_of(document: Document | None) -> list[bytes]:
    """Return a document as the bytes that are sent; a long one in several pieces."""
    if not document:
        return [] if document is None else [b"{}"]
    first, *rest = [part for name, value in document.items() for part in _parts(to_text(name), value)]
    parts = [f"{{{first}", *rest]
    parts[-1] += "}"
    pieces, begin, length = [], 0, 0
    for place, part in enumerate(parts):
        length += len(part)
        if length >= PIECE or place == len(parts) - 1:
            pieces.append(",".join(parts[begin : place + 1] if not begin else ["", *parts[begin : place + 1]]))
            begin, length = place + 1, 0
    return [each.encode("ascii") for each in pieces]


def _parts(name: str, value: Any) -> Sequence[str]:
    """Return a member of a document as texts between which commas are to stand."""
    if isinstance(value, Encoded):
        return [f"{name}:{value.text}"]
    if not isinstance(value, EncodedList):
        return [f"{name}:{to_text(value)}"]
    if not value.texts:
        return [f"{name}:[]"]
    parts = [*value.texts]
    parts[0] = f"{name}:[{parts[0]}"
    parts[-1] += "]"
    return parts


def encode(document: Document | None) -> bytes:
    """Return a document as the bytes that are sent."""
    return b"".join(pieces_of(document))


def plain(document: Document | None) -> Document | None:
    """Return a document whose parts are all values, for whoever looks into it."""
    return None if document is None else {name: _value(value) for name, value in document.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Encoded):
        return json.loads(value.text)
    return [json.loads(each) for each in value.texts] if isinstance(value, EncodedList) else value
