"""Whether the loop moves, told from what it said last and from how long it may be silent after that."""

from __future__ import annotations

import math
from collections.abc import Callable

from igz_apply.values import dataclass
from igz_apply.wording.durations import stated_duration

# Within a round something is heard with every call and every look at a job. What takes longest without one is to plan
# ten thousand resources on a slow machine, to fetch from git, or a hook: a minute or two each.
QUIET = 900.0
LATE = 120.0  # how much later than it was due a round may begin, on a machine that has no time for it


@dataclass(frozen=True, slots=True)
class Beat:
    """What is being done."""

    at: float  # when it began
    allowed: float  # seconds without a sign of life
    doing: str  # a clause: `in round 7`


class Pulse:
    """The last signs of life. One thread tells what is done now, and any that it goes on, also when that has ended."""

    def __init__(self, now: Callable[[], float], quiet: Callable[[], float]) -> None:
        """Begin with a first beat; `quiet` is how long a round may be silent, in seconds."""
        self._now, self._quiet = now, quiet
        self._beat = Beat(now(), quiet(), "starting")
        self._heard = self._beat.at

    def moved(self) -> None:
        """Note that what is being done goes on."""
        self._heard = self._now()

    def works(self, doing: str) -> None:
        """Note that something begins in which signs of life come often."""
        self._beat = Beat(self._now(), self._quiet(), doing)

    def waits(self, doing: str, seconds: float | None) -> None:
        """Note that it waits that long for what comes next; None: nothing comes."""
        self._beat = Beat(self._now(), math.inf if seconds is None else seconds + LATE, doing)

    def verdict(self) -> tuple[bool, str]:
        """Return whether it moves, and a line that says why."""
        beat = self._beat
        silent = max(0.0, self._now() - max(beat.at, self._heard))
        said = f"{beat.doing}, last heard of {stated_duration(round(silent))} ago"
        if silent <= beat.allowed:
            return True, f"ok: {said}"
        return (
            False,
            f"stuck: {said}; it should not have been silent for more than {stated_duration(round(beat.allowed))}",
        )
