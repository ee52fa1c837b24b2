"""Action executions as the reconciler sees them: the work behind a project's operation (wire reference, section 5)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from igz_apply.iguazio4 import client as api
from igz_apply.iguazio4.decode import part
from igz_apply.ports import Ended, Running, Unknown

APPEARS = 30.0
"""Seconds that an execution may take to show up; after that, how its operation ended is seen on the project alone."""


class Executions:
    """Looks at executions by the operation that they belong to. Safe for many threads."""

    def __init__(self, client: api.ReadOnlyClient, now: Callable[[], float]) -> None:
        self._client = client
        self._now = now
        self._lock = threading.Lock()
        self._asked: dict[str, float] = {}  # operation -> when it was first looked for
        self._seen: set[str] = set()

    def seen(self, operation: str) -> Running | Ended | Unknown:
        """Look once: not there yet is pending, for a while; gone after it was there is unknown."""
        state = self._client.execution_state(operation)
        with self._lock:
            since = self._asked.setdefault(operation, self._now())
            if isinstance(state, api.NotYet):
                is_new = operation not in self._seen and self._now() - since < APPEARS
                return Running("pending") if is_new else Unknown()
            self._seen.add(operation)
        if isinstance(state, api.Succeeded):
            return Ended(True, "succeeded")
        if isinstance(state, api.Failed):
            return Ended(False, f"failed: {state.words}{_tries(state.record)}")
        return Running(state.state)


def _tries(record: Mapping[str, Any]) -> str:
    """Say how often the platform has tried, where that was more than once."""
    attempts = part(record, "status").get("attemptCount")
    return f" (after {attempts} attempts)" if attempts not in (None, 0, "0", 1, "1") else ""
