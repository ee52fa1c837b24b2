"""Times in which nothing is healed: once, or every week, by the clock of a place.

A clock may leave out an hour and show another one twice. What begins in an hour that is left out begins, and what ends
in one ends, when the clock is put forward; what begins in one that comes twice begins the first time, and what ends in
one ends the second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from igz_apply.model.reconciling import Freeze
from igz_apply.model.rounds import Cause, HeldBack
from igz_apply.planning.resting import Resting

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = "24:00"
"""The end of a day, as a freeze may state it."""


class Zone(Protocol):
    """The clock and the calendar of a place; moments are seconds since the epoch, and day 1 is a Monday."""

    def day(self, at: float) -> int:
        """Return the day of a moment."""

    def named(self, date: str) -> int:
        """Return the day of a date: 2026-12-20."""

    def first(self, day: int, clock: str) -> float:
        """Return when the clock shows a time for the first time on a day, or goes past it: 18:00."""

    def last(self, day: int, clock: str) -> float:
        """Return when it does for the last time."""

    def shown(self, at: float) -> str:
        """Return a moment for a person: 2026-12-31 18:00 +0100."""


def freezing(freezes: Iterable[Freeze], zones: Mapping[str, Zone], now: float) -> tuple[Resting, ...]:
    """Return what is frozen now; of several freezes the one that lasts longest comes first."""
    found: list[tuple[float, Resting]] = []
    for freeze in freezes:
        zone = zones[freeze.time_zone]
        end = max((end for start, end in _windows(freeze, zone, now) if start <= now < end), default=None)
        if end is not None:
            held = HeldBack(Cause.FROZEN, f"frozen until {zone.shown(end)}: {freeze.reason}")
            found.append((end, Resting(freeze.patterns, held)))
    return tuple(resting for _, resting in sorted(found, key=lambda each: -each[0]))


def _windows(freeze: Freeze, zone: Zone, now: float) -> Iterator[tuple[float, float]]:
    """Yield beginning and end of those that a moment may lie in."""
    if not freeze.days:
        yield zone.first(*_dated(freeze.start, zone)), _end(*_dated(freeze.end, zone), zone)
        return
    today = zone.day(now)
    for day in (today - 1, today):
        if DAYS[(day - 1) % 7] in freeze.days:
            ends_on = day if freeze.end > freeze.start else day + 1
            yield zone.first(day, freeze.start), _end(ends_on, freeze.end, zone)


def _end(day: int, clock: str, zone: Zone) -> float:
    """Return when something ends; a day ends at 24:00."""
    return zone.last(day + 1, "00:00") if clock == MIDNIGHT else zone.last(day, clock)


def _dated(text: str, zone: Zone) -> tuple[int, str]:
    date, _, clock = text.partition("T")
    return zone.named(date), clock
