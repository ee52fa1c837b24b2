"""The machine's time, behind the `Clock` port."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from queue import Empty, SimpleQueue
from typing import Any


def moment(at: datetime) -> str:
    """Return a time as files and messages have it: in UTC, to the second, all of one length."""
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def later(at: datetime, seconds: float) -> datetime:
    """Return so many seconds after a time; the last moment that there is a name for where it would be after that."""
    try:
        return at + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=timezone.utc)


class SystemInbox:
    """Messages from workers and signal handlers; putting one in is safe inside a handler, which may interrupt a get."""

    __slots__ = ("_messages",)

    def __init__(self) -> None:
        # Not a Queue: a handler that runs while the same thread holds its lock, within a get, would wait for itself.
        self._messages: SimpleQueue[Any] = SimpleQueue()

    def put(self, message: Any) -> None:
        """Leave something."""
        self._messages.put(message)

    def get(self, seconds: float | None) -> Any:
        """Take the oldest message; None when none came within so many seconds."""
        try:
            return self._messages.get(timeout=seconds)
        except Empty:
            return None


class SystemClock:
    """Real time: one clock to measure with, which never goes back, and one that tells the date."""

    __slots__ = ()

    def now(self) -> float:
        """Return seconds since an arbitrary moment; only differences mean anything."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait that long; not at all for zero or less."""
        if seconds > 0:
            time.sleep(seconds)

    def inbox(self) -> SystemInbox:
        """Return a new inbox."""
        return SystemInbox()

    def utc(self) -> datetime:
        """Return the date and time, aware, in UTC. It may jump: use `now` to measure."""
        return datetime.now(timezone.utc)
