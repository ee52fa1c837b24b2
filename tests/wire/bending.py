"""A cluster that answers otherwise than it should: what goes over HTTP is bent on the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from igz_apply.emulator.engine.encoded import plain
from igz_apply.emulator.engine.messages import Answer, Request
from tests.wire.wire_site import Site

Rule = Callable[[Request, Answer], Answer]


@contextmanager
def bent(site: Site, rule: Rule) -> Iterator[None]:
    """Let every answer go through the rule, which is given the request and what the cluster would say."""
    true = site.emulator.encoded_answer

    def answer(request: Request, **more: Any) -> Answer:
        told = true(request, **more)
        return rule(request, replace(told, document=plain(told.document)))

    with patch.object(site.emulator, "encoded_answer", answer):
        yield


def without(path: str, *names: str) -> Rule:
    """Leave out of a list what has one of these names, or everything where none is named."""

    def rule(request: Request, answer: Answer) -> Answer:
        document = answer.document
        if request.path != f"/api/{path}" or request.method != "GET" or not document or "filter" in request.query:
            return answer
        keys = ("username", "name")
        kept = [it for it in document["data"] if names and all(it["attributes"].get(key) not in names for key in keys)]
        meta = {key: len(kept) if key == "total_records" else value for key, value in document["meta"].items()}
        return replace(answer, document={**document, "data": kept, "meta": meta})

    return rule


def forbidden(path: str) -> Rule:
    """Refuse whatever lies below a path."""

    def rule(request: Request, answer: Answer) -> Answer:
        if request.method != "GET" or not request.path.startswith(f"/api/{path}"):
            return answer
        return Answer(403, {"errors": [{"status": 403, "detail": "not for you"}], "meta": {"ctx": "7"}})

    return rule


def missing(path: str) -> Rule:
    """Know nothing of what lies below a path when it is asked for by itself."""

    def rule(request: Request, answer: Answer) -> Answer:
        if request.method != "GET" or not request.path.startswith(f"/api/{path}/"):
            return answer
        return Answer(404, {"errors": [{"status": 404, "detail": "no such"}], "meta": {"ctx": "7"}})

    return rule


def both(*rules: Rule) -> Rule:
    """Bend by one rule after the other."""

    def rule(request: Request, answer: Answer) -> Answer:
        for each in rules:
            answer = each(request, answer)
        return answer

    return rule


def folded(request: Request, answer: Answer) -> Answer:
    """Answer with names and e-mails in lower case, as a server that folds them would."""
    document = answer.document
    data = document.get("data") if document else None
    if not request.path.startswith(("/api/users", "/api/self")) or data is None:
        return answer
    items = data if isinstance(data, list) else [data]
    low = [_lower(item) for item in items]
    return replace(answer, document={**document, "data": low if isinstance(data, list) else low[0]})  # type: ignore[dict-item]


def _lower(item: dict[str, Any]) -> dict[str, Any]:
    attributes = item.get("attributes") or {}
    changed = {key: attributes[key].lower() for key in ("username", "email") if isinstance(attributes.get(key), str)}
    return {**item, "attributes": {**attributes, **changed}}
