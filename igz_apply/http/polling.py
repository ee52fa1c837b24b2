"""How often to look at what is still going on at a server."""

from __future__ import annotations

import time
from collections.abc import Callable

from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Polling:
    """How often to look, in seconds: fast at first, then slower. `sleep` and `clock` are ports for tests."""

    first: float = 0.1
    factor: float = 1.5
    longest: float = 5.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def delays(self) -> Callable[[], float]:
        """Return a function that gives the next pause each time."""
        following = self.first

        def next_delay() -> float:
            nonlocal following
            delay, following = following, min(self.longest, following * self.factor)
            return delay

        return next_delay
