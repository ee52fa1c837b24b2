"""Time zones: what a clock shows when it is put forward and back, and what is said where there is none."""

from __future__ import annotations

import zoneinfo
from datetime import date, datetime, timezone

import pytest

from igz_apply.errors import InvalidInput
from igz_apply.local import zones
from igz_apply.local.zones import LocalZone, moment_of, zone_of, zone_problem, zones_of

FORWARD = date(2026, 3, 29).toordinal()  # in Berlin, 02:00 to 03:00
BACK = date(2026, 10, 25).toordinal()  # 03:00 to 02:00


def berlin() -> LocalZone:
    found = zone_of("Europe/Berlin")
    assert found is not None
    return found


def utc(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).strftime("%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("day", "clock", "first", "last"),
    [
        (FORWARD, "01:59", "03-29 00:59:00", "03-29 00:59:00"),
        (FORWARD, "02:00", "03-29 01:00:00", "03-29 01:00:00"),
        (FORWARD, "02:30", "03-29 01:00:00", "03-29 01:00:00"),  # it does not exist: when the clock goes past it
        (FORWARD, "03:00", "03-29 01:00:00", "03-29 01:00:00"),
        (BACK, "01:59", "10-24 23:59:00", "10-24 23:59:00"),
        (BACK, "02:30", "10-25 00:30:00", "10-25 01:30:00"),  # it comes twice
        (BACK, "03:00", "10-25 02:00:00", "10-25 02:00:00"),
    ],
)
def test_a_time_is_shown_once_twice_or_never(day: int, clock: str, first: str, last: str) -> None:
    assert (utc(berlin().first(day, clock)), utc(berlin().last(day, clock))) == (first, last)


def test_a_day_that_a_place_has_left_out_is_over_at_once() -> None:
    apia = zone_of("Pacific/Apia")
    assert apia is not None
    day = apia.named("2011-12-30")  # Samoa went to the other side of the date line
    assert apia.first(day, "12:00") == apia.last(day, "12:00") == apia.first(day + 1, "00:00")


def test_days_are_those_of_the_place() -> None:
    at = moment_of("2026-03-28T23:30:00Z")
    assert berlin().day(at) == FORWARD == berlin().named("2026-03-29")
    assert berlin().shown(at) == "2026-03-29 00:30 +0100"


@pytest.mark.parametrize("name", ["Europe/Berlni", "Europe", "../etc/passwd", "", "a\0b"])
def test_what_is_no_time_zone_is_none(name: str) -> None:
    assert zone_of(name) is None


def test_an_unknown_zone_is_told_with_what_may_be_meant() -> None:
    with pytest.raises(InvalidInput) as raised:
        zones_of(["UTC", "Europe/Berlni"])
    (problem,) = raised.value.problems
    assert (problem.summary, problem.detail) == ("Unknown time zone", "There is no time zone 'Europe/Berlni'.")
    assert problem.hint.startswith("Did you mean Europe/Berlin?")
    assert zones_of(["UTC"]).keys() == {"UTC"}


def test_a_machine_without_a_database_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "zone_of", lambda _: None)
    monkeypatch.setattr(zones, "available_timezones", set)
    assert zoneinfo.available_timezones()
    problem = zone_problem("Europe/Berlin")
    assert problem.summary == "Unknown time zone"
    assert problem.detail == "This machine has no database of time zones, so that Europe/Berlin cannot be looked up."
    assert "pip install tzdata" in problem.hint


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("2026-12-31", "2027-01-01T00:00:00+00:00"),
        ("2026-12-31T18:00:00+01:00", "2026-12-31T17:00:00+00:00"),
        ("2026-12-31T18:00Z", "2026-12-31T18:00:00+00:00"),
    ],
)
def test_a_pause_ends_at_a_moment_or_with_a_day(until: str, expected: str) -> None:
    assert moment_of(until) == datetime.fromisoformat(expected).timestamp()


@pytest.mark.parametrize("until", ["2026-02-30", "2026-12-31T25:00:00Z"])
def test_a_day_that_there_is_not_is_an_error(until: str) -> None:
    with pytest.raises(ValueError, match=r"day|hour"):
        moment_of(until)
