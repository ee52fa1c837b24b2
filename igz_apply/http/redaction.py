"""What must never be seen: secrets in values, paths, texts and logs.

Which keys and which paths hold some is told by each API; how they are found and masked is the same for all.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from igz_apply.values import dataclass

MASK = "***"

# Shorter values of what may hold anything are words like `true` and `info` more often than secrets.
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


@dataclass(frozen=True, slots=True)
class Redaction:
    """Where an API has secrets, and how they are found and masked there.

    `names` matches the name of a key that is one; `holders` are keys whose entries may hold anything,
    also secrets; `json_texts` are those whose text may be JSON. `paths` are patterns of secrets in a path, URL or
    log text, each with what replaces it; `of_path` yields those that a path and its query name.
    """

    names: re.Pattern[str]
    holders: frozenset[str] = frozenset()
    json_texts: frozenset[str] = frozenset()
    paths: tuple[tuple[re.Pattern[str], str], ...] = ()
    of_path: Callable[[str, str], Iterator[str]] = lambda _, __: iter(())

    def is_secret_name(self, name: str) -> bool:
        """Tell whether an attribute of this name holds a secret."""
        return name in self.holders or _is_found(self.names, name)

    def redact_path(self, path: str) -> str:
        """Return a path, URL or log text with the secrets in it masked."""
        for pattern, masked in self.paths:
            path = pattern.sub(masked, path)
        return path

    def redact(self, value: Any) -> Any:
        """Return a copy of JSON data in which the values of secret keys are masked."""
        if isinstance(value, dict):
            is_named = self._names_secret(value)
            return {
                name: MASK if is_named and name == "value" and entry else self._redact_entry(name, entry)
                for name, entry in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self.redact(entry) for entry in value]
        return value

    def _names_secret(self, entry: dict[Any, Any]) -> bool:
        """Whether an entry of a list says by its name that its value is a secret."""
        name = str(entry.get("name") or entry.get("key") or "")
        return bool(name) and (name in self.holders or self.names.search(name) is not None)

    def _redact_entry(self, name: Any, entry: Any) -> Any:
        if entry in (None, "") or isinstance(entry, bool) or not self.is_secret_name(str(name)):
            is_text = name in self.json_texts and isinstance(entry, str)
            return self._redact_json(entry) if is_text else self.redact(entry)
        return MASK

    def _redact_json(self, text: str) -> str:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
        masked = self.redact(value)
        return text if masked == value else json.dumps(masked, ensure_ascii=False)

    def secrets_in(self, value: Any, *, hidden: bool = False) -> Iterator[str]:
        """Yield each text, and each whole number as text, that stands at a secret attribute of JSON data.

        Of entries that may hold anything only values count whose name says so, or that have some length.
        """
        if isinstance(value, dict):
            is_named = self._names_secret(value)
            for name, entry in value.items():
                if name in self.holders:
                    yield from self._secrets_held(entry)
                else:
                    is_hidden = hidden or self.is_secret_name(str(name)) or (is_named and name == "value")
                    yield from self.secrets_in(entry, hidden=is_hidden)
        elif isinstance(value, (list, tuple)):
            for entry in value:
                yield from self.secrets_in(entry, hidden=hidden)
        elif hidden and isinstance(value, (str, int)) and not isinstance(value, bool):
            yield str(value)

    def _secrets_held(self, value: Any, *, is_named: bool = False) -> Iterator[str]:
        if isinstance(value, dict):
            is_named = self._names_secret(value)
            for name, entry in value.items():
                yield from self._secrets_held(entry, is_named=is_named) if name not in ("name", "key") else ()
        elif isinstance(value, (list, tuple)):
            for entry in value:
                yield from self._secrets_held(entry)
        elif isinstance(value, str) and (is_named or len(value) >= _SHORTEST_HELD):
            yield value


@lru_cache(maxsize=1024)
def _is_found(names: re.Pattern[str], name: str) -> bool:
    """Search a name once: the calls of an apply have the same few attributes, each a thousand times."""
    return names.search(name) is not None


class _PathFilter(logging.Filter):
    """Masks secrets in the records of the HTTP library, which logs every path at debug level."""

    def __init__(self, redact_path: Callable[[str], str]) -> None:
        super().__init__()
        self._redact_path = redact_path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _PathFilter) and self._redact_path == other._redact_path

    def __hash__(self) -> int:
        return hash(self._redact_path)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self._redact_path(str(record.msg))
        if isinstance(record.args, tuple):
            record.args = tuple(self._redact_path(str(a)) if _may_hold_path(a) else a for a in record.args)
        return True


def _may_hold_path(argument: object) -> bool:
    return argument is not None and not isinstance(argument, (int, float))


def guard_library_logs(redact_path: Callable[[str], str]) -> None:
    """Mask the secrets of paths in the HTTP library's own log records; doing it twice changes nothing."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry"):
        logging.getLogger(name).addFilter(_PathFilter(redact_path))
