"""Where a successful answer may tell a secret: as the id of an access key, and in words about what went wrong.

Attributes that hold secrets are known by their names (see `redaction`); here it is about texts that quote one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from igz_apply.controlplane.api_answers import Answer

_KEY_TYPES = frozenset({"access_key", "session"})
_KEY_PATHS = ("access_keys", "self/get_or_create_access_key", "sessions")


def keys_in(path: str, answer: Answer) -> Iterator[str]:
    """Yield the access keys and sessions that an answer brings: their ids are the secrets."""
    if path.startswith(_KEY_PATHS):
        for record in _records(answer):
            if record.get("type") in _KEY_TYPES and isinstance(record.get("id"), str):
                yield record["id"]


def scrub_words(path: str, answer: Answer, scrub: Callable[[str], str]) -> None:
    """Mask secrets in the words of jobs, and of services that could not be deployed, within the answer itself."""
    if path.startswith("jobs"):
        for record in _records(answer):
            _scrub_texts(record.get("attributes"), ("result", "params"), scrub)
    elif path.startswith("app_services_manifests"):
        for record in _records(answer):
            for service in _list(_mapping(record.get("attributes")).get("app_services")):
                status = _mapping(service).get("status")
                _scrub_texts(status, ("last_error",), scrub)
                _scrub_texts(_mapping(status).get("error_info"), ("description",), scrub)


def _scrub_texts(holder: Any, names: tuple[str, ...], scrub: Callable[[str], str]) -> None:
    for name in names:
        if isinstance(text := _mapping(holder).get(name), str) and text:
            holder[name] = scrub(text)


def _records(answer: Answer) -> Iterator[dict[str, Any]]:
    data = answer.data
    yield from (record for record in (data if isinstance(data, list) else [data]) if isinstance(record, dict))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
