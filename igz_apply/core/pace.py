"""How long to wait before looking at a job again: fast at first, then slower, and learned from its like."""

from __future__ import annotations

FIRST_LOOK = 0.05
SLOWEST = 5.0
SHARE = 0.15  # of the time already waited: keeps the lateness of the last look below that share
MARGIN = 1.02  # looked at right when the others ended, half of the jobs would need a second look


class Pace:
    """Learns how long jobs of each sort take. Times are seconds."""

    def __init__(self) -> None:
        self._expected: dict[str, float] = {}

    def next_look(self, sort: str, waited: float) -> float:
        """Return the pause before the next look at a job that has been waited for that long."""
        expected = self._expected.get(sort)
        if expected is not None and waited < expected:
            return max(FIRST_LOOK, expected * MARGIN - waited)
        return min(SLOWEST, max(FIRST_LOOK, waited * SHARE))

    def ended(self, sort: str, took: float) -> None:
        """Note how long a job of that sort has taken: the shortest counts most, since a look is always late."""
        known = self._expected.get(sort)
        self._expected[sort] = took if known is None or took < known else known + (took - known) * 0.2
