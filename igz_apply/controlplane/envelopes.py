"""What a call for one resource looks like: its path, and the body around its attributes."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from igz_apply.controlplane.errors import NotFound


def resource_path(collection: str, resource_id: str | int | None) -> str:
    """Return the path of one resource below /api, the collection itself if the id is empty."""
    return collection if resource_id in (None, "") else f"{collection}/{path_segment(str(resource_id), safe='@')}"


def path_segment(text: str, safe: str = "") -> str:
    """Return an id or a name as one part of a path. Raises NotFound for the two that would lead elsewhere instead."""
    if text in (".", ".."):
        raise NotFound(f"Nothing can be asked for by the name {text!r}", method="GET")
    return quote(text, safe=safe)


def envelope(type_name: str, attributes: Any, relationships: Any = None) -> dict[str, Any]:
    """Return the body of a request for one resource (wire reference, section 3.2)."""
    return {"data": {"type": type_name, "attributes": attributes, "relationships": relationships or {}}}
