"""What must never be seen: secrets in values, paths, texts and logs.

The id of an access key is the key itself (wire reference, section 9), so paths need care as well as bodies.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

MASK = "***"

# A path below access_keys holds a key; so does a filter on its id. The query of such a path is masked with it.
_KEY_IN_PATH = re.compile(r"(?<![\w-])(access_keys/)[^/?\s\"']+")
_KEY_QUERY = re.compile(r"((?<![\w-])access_keys\b[^?\s\"']*\?)[^\s\"']+")
_SECRET_NAME = re.compile(
    r"((password|passwd|passphrase|secret|token|api_?key|access_?key|private_?key)s?|(^|_)(session_key|kubeconfig|sid))$",
    re.IGNORECASE,
)
# Environment entries of a service may hold anything, secrets included.
_SECRET_HOLDERS = frozenset({"extra_environment_vars"})
# Texts of a job that may hold JSON: what it was given, and what it says of its end.
_JSON_TEXTS = frozenset({"params", "result"})
# There, shorter values are words like `true` and `info` more often than secrets.
_SHORTEST_HELD = 8


class Secret:
    """A text that does not show itself: only `reveal()` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself; to be used at the moment of encoding a call and never kept."""
        return self._text

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__


def is_secret_name(name: str) -> bool:
    """Tell whether an attribute of this name holds a secret."""
    return name in _SECRET_HOLDERS or _SECRET_NAME.search(name) is not None


def redact_path(path: str) -> str:
    """Return a path, URL or log text with access keys masked."""
    return _KEY_QUERY.sub(rf"\1{MASK}", _KEY_IN_PATH.sub(rf"\1{MASK}", path))


def redact(value: Any) -> Any:
    """Return a copy of JSON data in which the values of secret attributes are masked."""
    if isinstance(value, dict):
        is_named = _names_secret(value)
        return {
            name: MASK if is_named and name == "value" and entry else _redact_entry(name, entry)
            for name, entry in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redact(entry) for entry in value]
    return value


def _names_secret(entry: dict[Any, Any]) -> bool:
    """Whether an entry of a list says by its name that its value is a secret."""
    return is_secret_name(str(entry.get("name") or entry.get("key") or ""))


def _redact_entry(name: Any, entry: Any) -> Any:
    if entry in (None, "") or isinstance(entry, bool) or not is_secret_name(str(name)):
        return _redact_json(entry) if name in _JSON_TEXTS and isinstance(entry, str) else redact(entry)
    return MASK


def _redact_json(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    masked = redact(value)
    return text if masked == value else json.dumps(masked, ensure_ascii=False)


def secrets_in(value: Any, *, hidden: bool = False) -> Iterator[str]:
    """Yield each text, and each whole number as text, that stands at a secret attribute of JSON data.

    Of environment entries only values count whose name says so, or that have some length.
    """
    if isinstance(value, dict):
        is_named = _names_secret(value)
        for name, entry in value.items():
            if name in _SECRET_HOLDERS:
                yield from _secrets_held(entry)
            else:
                is_hidden = hidden or is_secret_name(str(name)) or (is_named and name == "value")
                yield from secrets_in(entry, hidden=is_hidden)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from secrets_in(entry, hidden=hidden)
    elif hidden and isinstance(value, (str, int)) and not isinstance(value, bool):
        yield str(value)


def _secrets_held(value: Any, *, is_named: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        is_named = _names_secret(value)
        for name, entry in value.items():
            yield from _secrets_held(entry, is_named=is_named) if name not in ("name", "key") else ()
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from _secrets_held(entry)
    elif isinstance(value, str) and (is_named or len(value) >= _SHORTEST_HELD):
        yield value


def secrets_in_path(path: str, query: str) -> Iterator[str]:
    """Yield the access keys that a path and its query name, if any."""
    if not path.startswith("access_keys"):
        return
    yield from (unquote(part) for part in path.split("/")[1:])
    yield from (value for name, value in parse_qsl(query.lstrip("?")) if name.startswith("filter["))


class _PathFilter(logging.Filter):
    """Masks access keys in the records of the HTTP library, which logs every path at debug level."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact_path(str(record.msg))
        if isinstance(record.args, tuple):
            record.args = tuple(redact_path(str(a)) if _may_hold_path(a) else a for a in record.args)
        return True


def _may_hold_path(argument: object) -> bool:
    return argument is not None and not isinstance(argument, (int, float))


_PATH_FILTER = _PathFilter()


def guard_library_logs() -> None:
    """Mask access keys in the HTTP library's own log records; doing it twice changes nothing."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry"):
        logging.getLogger(name).addFilter(_PATH_FILTER)
