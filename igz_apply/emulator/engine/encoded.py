"""JSON that is text already, as a part of a document: what is shown again and again is encoded once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from igz_apply.emulator.engine.messages import Document

to_text = json.JSONEncoder(separators=(",", ":")).encode  # a value, as it is sent


@dataclass(frozen=True, slots=True)
class Encoded:
    """A value at the top of a document, nowhere deeper, as the JSON text that is sent."""

    text: str


def encoded_list(texts: Iterable[str]) -> Encoded:
    """Return the list of values that are JSON text."""
    return Encoded(f"[{','.join(texts)}]")


def encode(document: Document | None) -> bytes:
    """Return a document as the bytes that are sent."""
    if document is None:
        return b""
    if not any(isinstance(value, Encoded) for value in document.values()):
        return to_text(document).encode("ascii")
    members = (f"{to_text(name)}:{_text(value)}" for name, value in document.items())
    return f"{{{','.join(members)}}}".encode("ascii")


def _text(value: object) -> str:
    return value.text if isinstance(value, Encoded) else to_text(value)


def plain(document: Document | None) -> Document | None:
    """Return a document whose parts are all values, for whoever looks into it."""
    if document is None:
        return None
    return {
        name: json.loads(value.text) if isinstance(value, Encoded) else value for name, value in document.items()
    }
