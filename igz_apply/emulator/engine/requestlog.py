"""The request log: one JSON line for each request, for tests and for people; never a secret."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from igz_apply.emulator.engine.messages import Request

HIDDEN = "***"
MAX_BODY = 100_000


@dataclass(frozen=True, slots=True)
class Mask:
    """What of a request is a secret in one API, and hidden."""

    names: re.Pattern[str]  # found in the names under which secrets stand
    harmless: frozenset[str]  # names that only look so
    parameters: frozenset[str]  # of a query, besides those names
    paths: re.Pattern[str]  # what follows the first group is a secret
    beside: Callable[[Mapping[str, Any]], Iterable[str]]  # names in an object that are secret for what stands beside

    def path(self, path: str) -> str:
        """Return a path without the ids that are secrets."""
        return self.paths.sub(rf"\1/{HIDDEN}", path)

    def query(self, query: str) -> str:
        """Return a query string without the values that are secrets."""
        parts = (part.partition("=") for part in query.split("&"))
        return "&".join(f"{name}{eq}{HIDDEN if self._hides(unquote(name)) else value}" for name, eq, value in parts)

    def _hides(self, parameter: str) -> bool:
        return self.is_secret(parameter) or parameter in self.parameters

    def is_secret(self, name: str) -> bool:
        """Tell whether what stands under this name is a secret."""
        return name not in self.harmless and self.names.search(name) is not None

    def body(self, body: bytes) -> Any:
        """Return the JSON of a body without secrets; None for an empty one, a remark for what is not JSON."""
        if not body.strip():
            return None
        if len(body) > MAX_BODY:
            return f"({len(body)} bytes)"
        try:
            return self.value(json.loads(body))
        except (ValueError, RecursionError):
            return f"({len(body)} bytes that are not JSON)"

    def value(self, value: Any) -> Any:
        """Return a JSON value with every secret in it replaced."""
        if isinstance(value, list):
            return [self.value(each) for each in value]
        if not isinstance(value, dict):
            return value
        masked = {name: self._under(name, each) for name, each in value.items()}
        return {**masked, **dict.fromkeys(self.beside(value), HIDDEN)}

    def _under(self, name: str, value: Any) -> Any:
        """Mask what a secret name stands for, of whatever type: a password may be written as a number by mistake."""
        is_said = value not in (None, "") and not isinstance(value, bool)
        return HIDDEN if is_said and self.is_secret(name) else self.value(value)


class RequestLog:
    """Writes the log, or nothing when there is no file. Threads may share it."""

    def __init__(self, path: str | Path | None, mask: Mask) -> None:
        """Open the file to append to. Raises OSError if that is not possible."""
        self._mask = mask
        self._lock = threading.Lock()
        self._index = 0
        self._file = None if path is None else Path(path).open("a", encoding="utf-8")  # noqa: SIM115

    def write(self, request: Request, status: int | None, user: str, seconds: float) -> None:
        """Add one request. A status of None means that no answer was sent."""
        if self._file is None:
            return
        entry = {
            "index": 0,
            "time": time.time(),
            "method": request.method,
            "path": self._mask.path(request.path),
            "query": self._mask.query(request.query),
            "body": self._mask.body(request.body),
            "status": status,
            "user": user,
            "seconds": round(seconds, 6),
        }
        with self._lock:
            entry["index"] = self._index
            self._index += 1
            if not self._file.closed:
                self._file.write(json.dumps(entry) + "\n")
                self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            with self._lock:
                self._file.close()
