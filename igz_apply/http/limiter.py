"""One pace for all calls of a client, once the server asks to slow down.

Until then nothing is held back. A refusal stops all calls for as long as the server asks, and from then on they are
spread evenly, a little below what it took in the second before. That pace is then tried upwards: quickly as long as it
is not known to be too fast, carefully near where it was refused, and faster the longer nothing is refused, so that a
limit which was lifted is noticed.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

WINDOW = 1.0  # seconds over which what the server took of a burst is counted
STEADY = 2.0  # seconds over which what it took at a steady pace is
REMEMBERED = 1000  # calls that are counted at most
BELOW = 0.95  # of what the server took: the pace after a refusal
SAFE = 0.9  # of what the server took: up to there it is tried quickly
PLATEAU = 10.0  # seconds for which a pace near a refusal is kept
TELLING = 4  # calls taken in a burst before the server named a pause: they tell what it allows
CAREFUL, QUICK = 0.02, 0.5  # growth of the pace a second
DOUBLING = 5.0  # seconds without a refusal after which careful growth is twice as fast
SLOWEST = 0.5  # calls a second
FASTEST = 1000.0  # calls a second from which on nothing is held back


class Limiter:
    """Shared by the threads of a client. Times are seconds."""

    def __init__(self, sleep: Callable[[float], None], now: Callable[[], float]) -> None:
        self._sleep = sleep
        self._now = now
        self._turn = threading.Lock()  # held by the one call that is waiting for its moment
        self._lock = threading.Lock()
        self._taken: deque[float] = deque(maxlen=REMEMBERED)  # when calls were answered by something else than no
        self._rate: float | None = None  # calls a second; None: nothing is held back
        self._limit: float | None = None  # what the server took when a steady pace was refused; None: not known
        self._refused = 0.0  # when the pace was changed last
        self._resumed = float("-inf")  # when the pause after that ended
        self._next = 0.0  # the next free moment for a call
        self._grown = 0.0  # the moment up to which the pace has been tried upwards
        self._quiet = 0.0  # from when on no refusal counts as a sign that more is allowed

    def admit(self) -> float:
        """Wait until a call may be sent; return when that was, to be handed to `refused`. First come, first served."""
        if self._next == 0.0:  # nothing was ever refused
            return self._now()
        with self._turn:
            while (wait := self.claim()) > 0:
                self._sleep(wait)
            return self._now()

    def claim(self) -> float:
        """Take the moment for a call if there is one now, and return 0; else the seconds after which to ask again."""
        with self._lock:
            now = self._now()
            self._grow(now)
            if self._next > now:
                return self._next - now
            if self._rate is not None:
                self._next = max(self._next, now - 1 / self._rate) + 1 / self._rate
            return 0.0

    def taken(self) -> None:
        """Note that the server has answered a call, however it did."""
        with self._lock:
            self._taken.append(self._now())

    def refused(self, sent: float, pause: float, *, is_asked: bool) -> None:
        """Note that a call was refused for now: nothing is sent for so many seconds.

        Refusals of calls that were on their way by then change the pace no further. With `is_asked` the server has
        said how long the pause is; else it is at least as long as what it took needs to be forgotten.
        """
        with self._lock:
            now = self._now()
            if sent >= self._refused:
                since = max(now - (WINDOW if self._rate is None else STEADY), self._resumed)
                recent = [at for at in self._taken if since <= at]
                if recent and not is_asked:
                    pause = max(pause, recent[0] + WINDOW - now)
                self._slow_down(len(recent), now - since, is_asked=is_asked)
                self._refused, self._resumed = now, now + pause
                self._grown, self._quiet = now + pause, now + pause + PLATEAU
            self._next = max(self._next, now + pause)

    def _slow_down(self, taken: int, seconds: float, *, is_asked: bool) -> None:
        """Go below what the server has taken in the seconds before."""
        if self._rate is None:
            if not taken:
                return
            # A small burst may show less than what a steady pace would: then the limit itself is not known yet.
            self._limit = taken / WINDOW if is_asked and taken >= TELLING else None
            self._rate = BELOW * taken / WINDOW
        elif seconds < WINDOW / 2:
            self._rate *= BELOW**2
        else:
            steady = min(self._rate, (taken + 1) / seconds)  # with the one that was refused: one too many, and no more
            self._limit = steady
            self._rate = BELOW * max(self._rate / 2, steady)
        self._rate = max(SLOWEST, self._rate)

    def _grow(self, now: float) -> None:
        """Try the pace upwards; a time without calls proves nothing, and counts as a second at most."""
        is_safe = self._rate is not None and (self._limit is None or self._rate < SAFE * self._limit)
        passed = min(1.0, now - (self._grown if is_safe else max(self._grown, self._quiet)))
        if self._rate is None or passed <= 0:
            return
        careful = CAREFUL * 2 ** min(8.0, (now - self._quiet) / DOUBLING)
        self._rate *= (1 + (QUICK if is_safe else min(QUICK, careful))) ** passed
        self._grown = now
        if self._rate >= FASTEST:
            self._rate = self._limit = None
