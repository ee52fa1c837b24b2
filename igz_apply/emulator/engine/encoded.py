"""JSON that is text already, as a part of a document: what is shown again and again is encoded once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from igz_apply.emulator.engine.messages import Document

to_text = json.JSONEncoder(separators=(",", ":")).encode  # a value, as it is sent


@dataclass(frozen=True, slots=True)
class Encoded:
    """A value at the top of a document, nowhere deeper, as the JSON text that is sent, in pieces."""

    pieces: Sequence[str]

    def value(self) -> Any:
        """Return the value itself."""
        return json.loads("".join(self.pieces))


def encoded_list(texts: Sequence[str]) -> Encoded:
    """Return the list of values that are JSON text."""
    return Encoded(("[", ",".join(texts), "]"))


def encode(document: Document | None) -> bytes:
    """Return a document as the bytes that are sent."""
    if document is None:
        return b""
    if not any(isinstance(value, Encoded) for value in document.values()):
        return to_text(document).encode("ascii")
    pieces: list[str] = []
    for name, value in document.items():
        pieces += (",", to_text(name), ":")
        pieces += value.pieces if isinstance(value, Encoded) else (to_text(value),)
    return "".join(["{", *pieces[1:], "}"]).encode("ascii")


def plain(document: Document | None) -> Document | None:
    """Return a document whose parts are all values, for whoever looks into it."""
    if document is None:
        return None
    return {name: value.value() if isinstance(value, Encoded) else value for name, value in document.items()}
