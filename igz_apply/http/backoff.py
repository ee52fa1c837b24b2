"""When to try again: pauses between attempts, and what the server asked for."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime, timezone

from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential pauses with jitter, in seconds.

    A pause is drawn between half and the whole of `first`, doubled at each attempt, at most `longest`. A server that
    says Retry-After is obeyed as far as `longest_retry_after`; asked for more, the client gives up at once.
    `patience` is how long a call may be put off by a server that asks to slow down, for each retry that it has.
    `sleep`, `jitter` (a number from 0 to 1), `now` (seconds on a clock that never goes back) and `date` (seconds since
    the epoch) are ports for tests.
    """

    first: float = 0.25
    longest: float = 10.0
    longest_retry_after: float = 60.0
    patience: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    now: Callable[[], float] = time.monotonic
    date: Callable[[], float] = time.time

    def delay(self, attempt: int, retry_after: float | None = None) -> float:
        """Return the pause after the given attempt (1 is the first). The server's wish is the least that it is."""
        whole = min(self.longest, self.first * 2.0 ** (attempt - 1))
        drawn = whole / 2 + self.jitter() * whole / 2
        return max(drawn, retry_after or 0.0)

    def is_too_long(self, retry_after: float | None) -> bool:
        """Tell whether the server asks for a longer pause than is worth waiting for."""
        return retry_after is not None and retry_after > self.longest_retry_after


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a Retry-After header asks for, None if it is absent or makes no sense.

    Both forms are read: a number of seconds, however large, and an HTTP date, which is compared with `now` (seconds
    since the epoch).
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    from email.utils import parsedate_to_datetime  # takes long to import, and is hardly ever needed

    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return max(0.0, (moment - datetime.fromtimestamp(now, timezone.utc)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None
