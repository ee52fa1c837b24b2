"""How answers of Iguazio 4 look: envelopes, errors of the service and of its gateway (wire reference, section 3)."""

from __future__ import annotations

import secrets
from typing import Any

from igz_apply.emulator.engine.http_errors import Refusal
from igz_apply.emulator.engine.messages import Answer, AnswerForm, Document

INVALID, NOT_FOUND, UNIMPLEMENTED = 3, 5, 12  # of the codes of gRPC, which the gateway speaks


def done(status: int = 200, **more: Any) -> Answer:
    """Return the answer to an action: nothing but a status (section 3.8)."""
    return Answer(status, {"status": {"statusCode": status, **more}})


def gateway_refusal(status: int, code: int, message: str) -> Refusal:
    """Return a refusal by the gateway itself, which has a form of its own (section 3.8)."""
    return Refusal(status, message, {"code": code, "message": message, "details": []})


def unknown_path() -> Refusal:
    """Return the refusal of a path that does not exist."""
    return gateway_refusal(404, NOT_FOUND, "Not Found")


def wrong_method(status: int) -> Refusal:
    """Return the refusal of a method that a path does not have."""
    return gateway_refusal(status, UNIMPLEMENTED, "Method Not Allowed")


def invalid(message: str) -> Refusal:
    """Return the refusal of a request that the gateway cannot read as its message."""
    return gateway_refusal(400, INVALID, f"proto: {message}")


def _error(status: int, detail: str) -> Document:
    return {"status": {"statusCode": status, "errorMessage": detail}}


def _stamped(document: Document, ctx: str) -> Document:
    """Put the trace id into an envelope; what the gateway and MLRun say has none."""
    status = document.get("status")
    if not isinstance(status, dict) or "statusCode" not in status:
        return document
    return {**document, "status": {"ctx": ctx, **status}}


def _emptied(document: Document) -> Document | None:
    if not isinstance(document.get("items"), list):
        return None
    return {"items": [], "status": {**document["status"], "total": 0, "hasMore": False}}


def _with_odd_id(document: Document) -> Document:
    items = document.get("items")
    if isinstance(items, list) and items:
        return {**document, "items": [_odd(items[0]), *items[1:]]}
    return _odd(document)


def _odd(record: Document) -> Document:
    metadata = record.get("metadata")
    if not isinstance(metadata, dict):
        return record
    return {**record, "metadata": {**metadata, "id": {"of": metadata.get("id")}}}


FORM = AnswerForm(
    new_ctx=lambda: secrets.token_hex(16),
    error=_error,
    stamped=_stamped,
    emptied=_emptied,
    with_odd_id=_with_odd_id,
    named_again=b'"items":[]',
    garbage=b'{"items": [{"metadata": {"id": \xff\xfe <html>',
)
