"""When to look again at what is in flight: by a moment that was set, or by what others of its sort have taught."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from igz_apply.execution.due_queue import Agenda
from igz_apply.execution.poll_intervals import Pace
from igz_apply.execution.running_step import Flight


class Lookout:
    """Keeps the next look at each flight. `now` tells the seconds since the apply began, as all times here are."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._agenda = Agenda()
        self._pace = Pace()

    @property
    def earliest(self) -> float | None:
        """The moment of the next look; None when there is none."""
        return self._agenda.earliest

    def take(self) -> str | None:
        """Return the key of the flight that has been due the longest, and forget it; None when none is due."""
        return self._agenda.take(self._now())

    def after(self, flight: Flight, seconds: float) -> None:
        """Look at it then."""
        self._agenda.put(flight.key, self._now() + seconds)

    def later(self, flight: Flight, at_most: float = math.inf) -> None:
        """Look at it when its like would have ended, or in `at_most` seconds."""
        waited = self._now() - flight.since
        self.after(flight, min(at_most, self._pace.next_look(flight.sort, flight.key, waited)))

    def takes_time(self, flight: Flight) -> bool:
        """Say whether what it waits for is known not to be over as soon as it begins."""
        return self._pace.takes_time(flight.sort)

    def learn(self, flight: Flight, others: Iterable[Flight], seconds: float | None = None) -> None:
        """Learn from one that has ended; the first of a sort tells when to look at all the others.

        We see an end late: how many `seconds` it was by the platform teaches more, unless we have seen it run longer.
        """
        now, sort = self._now(), flight.sort
        waited = now - flight.since
        took = seconds if seconds is not None and flight.unfinished <= seconds <= waited else waited
        if not self._pace.ended(sort, flight.key, took, flight.unfinished):
            return
        for other in others:
            due = self._agenda.due_of(other.key)
            if due is not None and other.sort == sort:
                self._agenda.put(other.key, min(due, now + self._pace.overdue(sort, now - other.since)))

    def let_go(self, flight: Flight) -> None:
        """Look at it no more, and learn nothing from it."""
        self._agenda.drop(flight.key)
        self._pace.dropped(flight.sort, flight.key)
