"""What answers and results say of background jobs: where the id of one stands, and why one failed.

Evidence: wire reference, sections 2.2 and 5.
"""

from __future__ import annotations

import json
from typing import Any

_NO_REASON = "the platform gave no reason"


def job_id(body: Any, *, method: str | None = None) -> str | None:
    """Return the id of the job that a call started, out of the body of its answer; None if it started none.

    A project names its last job in every answer, so that one counts only where the project was created by this
    call: with `method` POST, or, with None (not known), if the project is still being created.
    """
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        return None
    attributes = _mapping(data.get("attributes"))
    relationships = _mapping(data.get("relationships"))
    if data.get("type") == "job":
        return _text(data.get("id"))
    if method == "GET":
        return None
    if linked := _linked_id(relationships.get("jobs")):
        return linked
    if data.get("type") == "project" and _was_created(attributes, method):
        return _linked_id(relationships.get("last_job"))
    return _text(attributes.get("job_id"))


def _was_created(attributes: dict[str, Any], method: str | None) -> bool:
    if method is not None:
        return method == "POST"
    return bool(attributes.get("operational_status", "creating") == "creating")


def _linked_id(relationship: Any) -> str | None:
    """Return the first id of a relationship, whether it is to one or to many."""
    linkage = _mapping(relationship).get("data")
    if isinstance(linkage, list):
        linkage = linkage[0] if linkage else None
    return _text(_mapping(linkage).get("id"))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)


def job_message(result: str | None) -> str:
    """Return the platform's own words out of a job's `result`, in whatever form it came; never raises.

    Forms: nothing, plain text, JSON text with `message` (and perhaps `status`, a number, null or missing), JSON text
    without one. A status is appended as `(status 400)`.
    """
    text = "" if result is None else str(result).strip()
    if not text:
        return _NO_REASON
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(parsed, str):
        return parsed.strip() or _NO_REASON
    if not isinstance(parsed, dict):
        return text
    return _message_of(parsed) or text


def _message_of(parsed: dict[str, Any]) -> str | None:
    message = next((parsed[name] for name in ("message", "error", "detail") if parsed.get(name)), None)
    if message is None:
        return None
    words = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    status = parsed.get("status")
    return words.strip() if status in (None, "") else f"{words.strip()} (status {status})"
