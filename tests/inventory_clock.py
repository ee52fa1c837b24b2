"""A clock for the inventory's lock."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone


class Clock:
    """A clock on which only sleeping takes time, and a test's word."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def utc(self) -> datetime:
        return datetime(2026, 3, 1, 12, tzinfo=timezone.utc) + timedelta(seconds=self.seconds)
