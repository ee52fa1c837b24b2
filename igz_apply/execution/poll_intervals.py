"""How long to wait before looking at something again: fast at first, then slower, and learned from its like.

Of a sort that is new, a few are looked at often, to learn from: the scouts. The others wait for what the scouts find
out, so that five hundred jobs of one sort do not cost ten thousand looks.
"""

from __future__ import annotations

# Others look each second at first and each five or ten later, however long things take (section 5). An apply waits for
# jobs more than for anything else, so that the lateness of the last look is what it can save.
FIRST_LOOK = 0.05
SLOWEST = 5.0
SHARE = 0.1  # of the time already waited: keeps the lateness of a scout's last look below that share
SCOUTS = 3  # they look in turn, so that together they see an end three times as precisely
FIRST_FOLLOW = 2.0  # what is no scout is looked at this early, and then each time its waiting has doubled
SLOWEST_FOLLOW = 20.0
MARGIN = 1.02  # looked at right when the others ended, half of the jobs would need a second look
LATER = 0.2  # how far what is expected moves towards one that took longer
SOONER = 0.01  # how far it moves down when the first look finds the end: it may have been there for long


class PollIntervals:
    """Learns how long things of each sort take. Times are seconds, counted from when the waiting began."""

    def __init__(self) -> None:
        self._expected: dict[str, float] = {}
        self._scouts: dict[str, dict[str, int]] = {}  # sort -> key -> its place among them

    def expected(self, sort: str) -> float | None:
        """Return how long one of that sort takes; None when none has ended yet."""
        return self._expected.get(sort)

    def takes_time(self, sort: str) -> bool:
        """Say whether things of that sort are known not to be over as soon as they begin."""
        return self._expected.get(sort, 0.0) > FIRST_LOOK

    def overdue(self, sort: str, waited: float) -> float:
        """Return the pause until one of a sort that is known should be over, 0 if it should be already."""
        return max(0.0, self._expected[sort] * MARGIN - waited)

    def next_look(self, sort: str, key: str, waited: float) -> float:
        """Return the pause before the next look at one of that sort, which has been waited for that long."""
        expected = self._expected.get(sort)
        if expected is None:
            return self._unlearned(sort, key, waited)
        if waited < expected:
            return max(FIRST_LOOK, expected * MARGIN - waited)
        return min(SLOWEST, max(FIRST_LOOK, expected * (MARGIN - 1), (waited - expected) / 2))

    def ended(self, sort: str, key: str, took: float, unfinished: float) -> bool:
        """Note that one has ended: it took, or was found so after, `took`, and was last seen `unfinished` (0: never).

        Returns True when it is the first of its sort, so that the others may be looked at by what it taught.
        """
        self.dropped(sort, key)
        known = self._expected.get(sort)
        # It falls to the shortest at once, as to look too late costs all that follow time, and rises by little: one job
        # that the platform held up must not slow down the looks at all others.
        if known is None or took < known:
            self._expected[sort] = took
        elif unfinished > known:
            self._expected[sort] = known + (unfinished - known) * LATER
        elif unfinished == 0:
            self._expected[sort] = known * (1 - SOONER)
        return known is None

    def dropped(self, sort: str, key: str) -> None:
        """Note that one is waited for no longer."""
        self._scouts.get(sort, {}).pop(key, None)

    def _unlearned(self, sort: str, key: str, waited: float) -> float:
        scouts = self._scouts.setdefault(sort, {})
        if key in scouts:
            return min(SLOWEST, max(FIRST_LOOK, waited * SHARE))
        if len(scouts) < SCOUTS:
            scouts[key] = place = next(each for each in range(SCOUTS) if each not in scouts.values())
            return min(SLOWEST, max(FIRST_LOOK * (1 + place / SCOUTS), waited * SHARE))
        return min(SLOWEST_FOLLOW, max(FIRST_FOLLOW, waited))
