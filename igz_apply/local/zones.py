"""Time zones of the IANA database, and moments as a config writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from igz_apply.errors import InvalidInput
from igz_apply.model.addresses import Source
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import did_you_mean


class LocalZone:
    """The clock and the calendar of a place."""

    __slots__ = ("_zone",)

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def day(self, at: float) -> int:
        """Return the day of a moment."""
        return self._at(at).toordinal()

    def named(self, date_text: str) -> int:
        """Return the day of a date."""
        return date.fromisoformat(date_text).toordinal()

    def first(self, day: int, clock: str) -> float:
        """Return when the clock shows a time for the first time on a day, or goes past it."""
        return self._moments(day, clock)[0]

    def last(self, day: int, clock: str) -> float:
        """Return when it does for the last time."""
        return self._moments(day, clock)[-1]

    def shown(self, at: float) -> str:
        """Return a moment for a person."""
        return self._at(at).strftime("%Y-%m-%d %H:%M %z")

    def _at(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self._zone)

    def _moments(self, day: int, clock: str) -> tuple[float, ...]:
        """Return all moments at which the clock shows a time, or the one at which it is put forward past it."""
        here = datetime.combine(date.fromordinal(day), time.fromisoformat(clock))
        moments = sorted({here.replace(tzinfo=self._zone, fold=fold).timestamp() for fold in (0, 1)})
        if self._at(moments[0]).replace(tzinfo=None, fold=0) == here:
            return tuple(moments)
        return (self._change(moments[0], moments[-1]),)

    def _change(self, before: float, after: float) -> float:
        """Return the second between two at which the clock is put forward."""
        offset = self._at(before).utcoffset()
        while after - before > 1:
            middle = (before + after) // 2
            before, after = (middle, after) if self._at(middle).utcoffset() == offset else (before, middle)
        return after


@lru_cache(maxsize=64)
def zone_of(name: str) -> LocalZone | None:
    """Return a time zone, None where this machine knows none of that name."""
    try:
        return LocalZone(ZoneInfo(name))
    except (KeyError, ValueError, OSError):  # unknown, no name at all, a folder of names
        return None


def zones_of(names: Iterable[str]) -> Mapping[str, LocalZone]:
    """Return time zones by name. Raises InvalidInput where one is not known here."""
    found = {name: zone_of(name) for name in dict.fromkeys(names)}
    if faults := [zone_problem(name) for name, zone in found.items() if zone is None]:
        raise InvalidInput(faults)
    return {name: zone for name, zone in found.items() if zone is not None}


def zone_problem(name: str, source: Source | None = None) -> Problem:
    """Return what is wrong where there is no such time zone here."""
    if not has_zones():
        return Problem(
            "Unknown time zone",
            f"This machine has no database of time zones, so that {name} cannot be looked up.",
            "Install the package tzdata: `pip install tzdata`, or that of the system.",
            source=source,
        )
    known = available_timezones()
    hint = f"{did_you_mean(name, known)} Write a name of the IANA database: Europe/Berlin, or UTC.".strip()
    return Problem("Unknown time zone", f"There is no time zone {name!r}.", hint, source=source)


def has_zones() -> bool:
    """Say whether there is a database of time zones."""
    return zone_of("UTC") is not None or bool(available_timezones())


def moment_of(until: str) -> float:
    """Return the end that a pause states, in seconds since the epoch: of a day it is its end in UTC.

    Raises ValueError for a day or a time that there is not.
    """
    if "T" not in until:
        start = datetime.combine(date.fromisoformat(until), time(), timezone.utc)
        return (start + timedelta(days=1)).timestamp()
    return datetime.fromisoformat(until.replace("Z", "+00:00")).timestamp()
