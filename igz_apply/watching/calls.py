"""Counts the calls to the cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from igz_apply.watching import table
from igz_apply.watching.meters import Meters

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})


class Attempt(Protocol):
    """What of an attempt is counted, as `http` tells it."""

    @property
    def method(self) -> str:
        """Of the request."""

    @property
    def status(self) -> int | None:
        """Of the response; None: no complete one came."""

    @property
    def seconds(self) -> float:
        """From the first byte out to the last byte in."""

    @property
    def will_retry(self) -> bool:
        """Whether there is to be another."""


class CallMeter:
    """Is told of every attempt of a call, by many threads at once. Each is a sign of life too."""

    def __init__(self, meters: Meters, moved: Callable[[], None]) -> None:
        self._meters, self._moved = meters, moved

    def began(self, method: str, route: str) -> Mapping[str, str]:  # noqa: ARG002 - the port's signature
        """Note that something moves; no header comes of it."""
        self._moved()
        return {}

    def ended(self, attempt: Attempt) -> None:
        """Count it."""
        self._moved()
        method = attempt.method if attempt.method in _METHODS else "OTHER"
        self._meters.add(table.REQUESTS, method, _status(attempt.status))
        self._meters.took(table.REQUEST_SECONDS, attempt.seconds, method)
        self._meters.add(table.RETRIES, method, by=int(attempt.will_retry))


def _status(status: int | None) -> str:
    if status is None:
        return "none"
    return str(status) if 100 <= status <= 599 else "other"
