"""What receivers have been told, kept from one run to the next and from one leader to another: a cache.

Where it cannot be read something is told a second time, and nothing else.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from typing import Any, Protocol

from igz_apply.planning.news import Told

FORMAT_VERSION = 1
logger = logging.getLogger(__name__)


class Shelf(Protocol):
    """A place for one small document."""

    def read(self) -> bytes | None:
        """Return it, None where there is none. Raises OSError."""

    def write(self, content: bytes) -> None:
        """Write it, whole. Raises OSError."""


class Memory:
    """What each receiver has been told. Several threads use it at once."""

    def __init__(self, shelf: Shelf | None) -> None:
        """Without a `shelf`, it lasts as long as the process."""
        self._shelf = shelf
        self._lock = threading.Lock()
        self._told: dict[str, Told] = {}
        self._is_read = shelf is None
        self._unread: set[str] = set()  # who was told while it could not be read, which it does not know of

    def forget(self) -> None:
        """Read it again when it is needed next: another has led meanwhile."""
        with self._lock:
            self._is_read = self._shelf is None
            self._unread.clear()

    def told(self, name: str) -> Told:
        """Return what a receiver has been told."""
        with self._lock:
            self._read()
            return self._told.get(name, Told())

    def note(self, name: str, told: Told) -> None:
        """Keep what a receiver has been told by now."""
        with self._lock:
            self._read()
            if self._told.get(name, Told()) == told:
                return
            self._told[name] = told
            if self._is_read:
                self._write()
            else:
                self._unread.add(name)

    def _read(self) -> None:
        """Read it where it was not yet: what was told since then is newer."""
        if self._shelf is None or self._is_read:
            return
        try:
            content = self._shelf.read()
        except OSError:
            logger.debug("what has been told cannot be read", exc_info=True)
            return  # and again the next time
        self._is_read = True
        self._told = {**told_of(content), **{name: self._told[name] for name in self._unread}}
        self._unread.clear()

    def _write(self) -> None:
        """Write it, which was read before: what it says of others stays."""
        if self._shelf is None:
            return
        try:
            self._shelf.write(content_of(self._told))
        except OSError:
            logger.debug("what has been told cannot be written", exc_info=True)


def content_of(told: Mapping[str, Told]) -> bytes:
    """Return a document that says what receivers have been told: hashes alone."""
    receivers = {
        name: {"differs": it.differs, "healed": it.healed, "failures": sorted(it.failures), "in_sync": it.in_sync}
        for name, it in sorted(told.items())
    }
    return json.dumps({"format_version": FORMAT_VERSION, "receivers": receivers}, indent=1).encode()


def told_of(content: bytes | None) -> dict[str, Told]:
    """Return what such a document says; nothing for any other."""
    try:
        data: Any = json.loads(content or b"{}")
        if data.get("format_version") != FORMAT_VERSION:
            return {}
        return {name: _told(it) for name, it in data["receivers"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _told(data: Mapping[str, Any]) -> Told:
    return Told(str(data["differs"]), str(data["healed"]), frozenset(map(str, data["failures"])), bool(data["in_sync"]))
