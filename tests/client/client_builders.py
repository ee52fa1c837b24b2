"""Clients that do not wait: the pauses that they would make are noted instead."""

from __future__ import annotations

from typing import Any

from igz_apply.controlplane import Backoff, Client, Polling


class Pauses:
    """Stands in for the clock: time passes only by sleeping."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.now = 1_000_000.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now

    def backoff(self, **options: Any) -> Backoff:
        """Pauses between attempts that take no time."""
        return Backoff(sleep=self.sleep, now=self.clock, date=self.clock, **options)


def a_client(url: str, pauses: Pauses | None = None, **options: Any) -> Client:
    """A client with an access key, unless other credentials are given."""
    pauses = pauses or Pauses()
    if "password" not in options:
        options.setdefault("access_key", "an-access-key")
    options.setdefault("backoff", pauses.backoff(jitter=lambda: 1.0))
    options.setdefault("polling", Polling(sleep=pauses.sleep, clock=pauses.clock))
    return Client(endpoint=url, **options)
