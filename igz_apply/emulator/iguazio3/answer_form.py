"""How answers of Iguazio 3 look: errors, the context id, and what a fault can spoil (wire reference, section 3)."""

from __future__ import annotations

import random
from typing import Any

from igz_apply.emulator.engine.messages import AnswerForm, Document


def _new_ctx() -> str:
    """Return a request's context id: an unsigned 64-bit number in decimal."""
    return str(random.getrandbits(64))


def _error(status: int, detail: str) -> Document:
    return {"errors": [{"status": status, "detail": detail}]}


def _stamped(document: Document, ctx: str) -> Document:
    return {**document, "meta": {"ctx": ctx, **document.get("meta", {})}}


def _emptied(document: Document) -> Document | None:
    """Say that a list holds nothing, as project lists have been seen to (section 22.8)."""
    if not isinstance(document.get("data"), list):
        return None
    meta = dict(document["meta"])
    if "total_records" in meta:
        meta.update(total_records=0, total_pages=0)
    return {"data": [], "included": [], "meta": meta}


def _with_odd_id(document: Document) -> Document:
    data: Any = document.get("data")
    if isinstance(data, list) and data:
        data = [_odd(data[0]), *data[1:]]
    elif isinstance(data, dict):
        data = _odd(data)
    return {**document, "data": data}


def _odd(record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "id": {"of": record.get("id")}}


FORM = AnswerForm(
    new_ctx=_new_ctx,
    error=_error,
    stamped=_stamped,
    emptied=_emptied,
    with_odd_id=_with_odd_id,
    named_again=b'"data":[]',
    garbage=b'{"data": [{"type": "user", \xff\xfe <html>',
)
