"""The request log: one JSON line for each request, for tests and for people; never a secret."""

from __future__ import annotations

import json
import re
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from igz_apply.emulator.iguazio3.world import Request

MASK = "***"
MAX_BODY = 100_000
_SECRET_NAMES = re.compile(r"password|secret|access_key|token|kubeconfig|authorization|cookie|sid\Z", re.IGNORECASE)
_NOT_SECRET = frozenset({"send_password_on_creation", "password_changed_at"})
_SECRET_PATHS = re.compile(r"(access_keys|sessions)/(?!verifications(?:/|\Z))[^/]+")
_SECRET_TYPES = ("access_key", "session")


class RequestLog:
    """Writes the log, or nothing when there is no file. Threads may share it."""

    def __init__(self, path: str | Path | None) -> None:
        """Open the file to append to. Raises OSError if that is not possible."""
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
            "path": mask_path(request.path),
            "query": mask_query(request.query),
            "body": mask_body(request.body),
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


def mask_path(path: str) -> str:
    """Return a path without the ids that are secrets: those of access keys and sessions."""
    return _SECRET_PATHS.sub(rf"\1/{MASK}", path)


def mask_query(query: str) -> str:
    """Return a query string without the values of secret attributes, and of ids."""
    parts = (part.partition("=") for part in query.split("&"))
    return "&".join(f"{name}{eq}{MASK if _is_secret_filter(unquote(name)) else value}" for name, eq, value in parts)


def _is_secret_filter(name: str) -> bool:
    return is_secret_name(name) or name in ("filter[id]", "page[of]")


def is_secret_name(name: str) -> bool:
    """Tell whether what stands under this name is a secret."""
    return name not in _NOT_SECRET and _SECRET_NAMES.search(name) is not None


def mask_body(body: bytes) -> Any:
    """Return the JSON of a body without secrets; None for an empty one, a remark for what is not JSON."""
    if not body.strip():
        return None
    if len(body) > MAX_BODY:
        return f"({len(body)} bytes)"
    try:
        return mask(json.loads(body))
    except (ValueError, RecursionError):
        return f"({len(body)} bytes that are not JSON)"


def mask(value: Any) -> Any:
    """Return a JSON value with every secret in it replaced."""
    if isinstance(value, list):
        return [mask(each) for each in value]
    if not isinstance(value, dict):
        return value
    masked = {name: _mask_under(name, each) for name, each in value.items()}
    if value.get("value") and is_secret_name(str(value.get("name") or value.get("key") or "")):
        masked["value"] = MASK
    if value.get("type") in _SECRET_TYPES and value.get("id"):
        masked["id"] = MASK
    return masked


def _mask_under(name: str, value: Any) -> Any:
    """Mask what a secret name stands for, of whatever type: a password may be written as a number by mistake."""
    is_said = value not in (None, "") and not isinstance(value, bool)
    return MASK if is_said and is_secret_name(name) else mask(value)
