"""When to look at what: the earliest due first. It knows only keys and moments."""

from __future__ import annotations

from heapq import heappop, heappush


class DueQueue:
    """Each key falls due at most once; a new moment replaces the one before. Times are seconds."""

    def __init__(self) -> None:
        self._dues: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []  # holds replaced moments too, until they come up

    @property
    def earliest(self) -> float | None:
        """The next moment at which something falls due; None when nothing will."""
        while self._heap and self._dues.get(self._heap[0][1]) != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due_of(self, key: str) -> float | None:
        """Return when a key falls due; None when it does not."""
        return self._dues.get(key)

    def put(self, key: str, due: float) -> None:
        """Let a key fall due then, and not before."""
        self._dues[key] = due
        heappush(self._heap, (due, key))

    def drop(self, key: str) -> None:
        """Let a key not fall due."""
        self._dues.pop(key, None)

    def take(self, now: float) -> str | None:
        """Return the key that has been due the longest by now, and forget it; None when none is due."""
        earliest = self.earliest
        if earliest is None or earliest > now:
            return None
        _, key = heappop(self._heap)
        del self._dues[key]
        return key
