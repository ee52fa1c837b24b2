"""When to look again at what is in flight: by a moment that was set, or by what others of its sort have taught."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from igz_apply.execution.due_queue import DueQueue
from igz_apply.execution.poll_intervals import PollIntervals
from igz_apply.execution.running_step import RunningStep


class PollScheduler:
    """Keeps the next look at each step. `now` tells the seconds since the apply began, as all times here are."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._queue = DueQueue()
        self._intervals = PollIntervals()

    @property
    def earliest(self) -> float | None:
        """The moment of the next look; None when there is none."""
        return self._queue.earliest

    def take(self) -> str | None:
        """Return the key of the step that has been due the longest, and forget it; None when none is due."""
        return self._queue.take(self._now())

    def after(self, running: RunningStep, seconds: float) -> None:
        """Look at it then."""
        self._queue.put(running.key, self._now() + seconds)

    def later(self, running: RunningStep, at_most: float = math.inf) -> None:
        """Look at it when its like would have ended, or in `at_most` seconds."""
        waited = self._now() - running.since
        self.after(running, min(at_most, self._intervals.next_look(running.sort, running.key, waited)))

    def takes_time(self, running: RunningStep) -> bool:
        """Say whether what it waits for is known not to be over as soon as it begins."""
        return self._intervals.takes_time(running.sort)

    def learn(self, running: RunningStep, others: Iterable[RunningStep], seconds: float | None = None) -> None:
        """Learn from one that has ended; the first of a sort tells when to look at all the others.

        We see an end late: how many `seconds` it was by the platform teaches more, unless we have seen it run longer.
        """
        now, sort = self._now(), running.sort
        waited = now - running.since
        took = seconds if seconds is not None and running.unfinished <= seconds <= waited else waited
        if not self._intervals.ended(sort, running.key, took, running.unfinished):
            return
        for other in others:
            due = self._queue.due_of(other.key)
            if due is not None and other.sort == sort:
                self._queue.put(other.key, min(due, now + self._intervals.overdue(sort, now - other.since)))

    def let_go(self, running: RunningStep) -> None:
        """Look at it no more, and learn nothing from it."""
        self._queue.drop(running.key)
        self._intervals.dropped(running.sort, running.key)
