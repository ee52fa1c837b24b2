"""When nothing is healed: freezes by the clock of a place, pauses that end, and what is waited after failures."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from igz_apply.local.zones import moment_of, zones_of
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.reconciling import Backoff, Freeze, Pause, Reconciling
from igz_apply.model.resources import Caller
from igz_apply.model.rounds import Cause
from igz_apply.planning.backing_off import delay
from igz_apply.planning.freezing import freezing
from igz_apply.planning.pausing import idle_names, pausing
from igz_apply.planning.resting import Resting

BERLIN = "Europe/Berlin"
ZONES = zones_of([BERLIN, "America/New_York", "UTC"])
NIGHTS = Freeze("nobody is there", BERLIN, "18:00", "08:00", ("fri", "sat"))


def frozen(*freezes: Freeze, at: str) -> list[str]:
    return [it.held.why for it in freezing(freezes, ZONES, datetime.fromisoformat(at).timestamp())]


def test_a_week_has_its_nights() -> None:
    assert date(2026, 12, 4).strftime("%a") == "Fri"
    until = ["frozen until 2026-12-05 08:00 +0100: nobody is there"]
    assert frozen(NIGHTS, at="2026-12-04T17:59:59+01:00") == []
    assert frozen(NIGHTS, at="2026-12-04T18:00:00+01:00") == until
    assert frozen(NIGHTS, at="2026-12-05T07:59:59+01:00") == until
    assert frozen(NIGHTS, at="2026-12-05T08:00:00+01:00") == []
    assert frozen(NIGHTS, at="2026-12-06T07:00:00+01:00") != []  # saturday's
    assert frozen(NIGHTS, at="2026-12-07T07:00:00+01:00") == []  # sunday has none
    assert frozen(NIGHTS, at="2026-12-04T12:00:00-05:00") == until  # the same moment, told elsewhere


@pytest.mark.parametrize(
    ("start", "end", "frozen_at", "free_at"),
    [
        # forward, 2026-03-29 02:00 +0100 to 03:00 +0200
        ("02:30", "04:00", ["03-29T03:00+02:00", "03-29T03:59+02:00"], ["03-29T01:59+01:00", "03-29T04:00+02:00"]),
        ("01:00", "02:30", ["03-29T01:59+01:00"], ["03-29T00:59+01:00", "03-29T03:00+02:00"]),
        ("02:10", "02:50", [], ["03-29T01:59+01:00", "03-29T03:00+02:00"]),
        ("22:00", "06:00", ["03-29T05:59+02:00", "03-29T22:00+02:00"], ["03-29T06:00+02:00"]),
        # back, 2026-10-25 03:00 +0200 to 02:00 +0100
        ("02:30", "04:00", ["10-25T02:30+02:00", "10-25T02:10+01:00", "10-25T03:59+01:00"], ["10-25T02:29+02:00"]),
        ("01:00", "02:30", ["10-25T02:59+02:00", "10-25T02:29+01:00"], ["10-25T02:30+01:00"]),
        ("22:00", "06:00", ["10-25T05:59+01:00"], ["10-25T06:00+01:00"]),
    ],
)
def test_a_freeze_goes_by_the_clock_whichever_way_that_is_put(
    start: str, end: str, frozen_at: list[str], free_at: list[str]
) -> None:
    freeze = Freeze("r", BERLIN, start, end, ("sat", "sun"))
    assert [at for at in frozen_at if not frozen(freeze, at=f"2026-{at}")] == []
    assert [at for at in free_at if frozen(freeze, at=f"2026-{at}")] == []


def test_a_whole_day_ends_at_24() -> None:
    days = Freeze("the weekend", BERLIN, "00:00", "24:00", ("sat", "sun"))
    assert frozen(days, at="2026-03-27T23:59:59+01:00") == []
    assert frozen(days, at="2026-03-28T23:59:59+01:00") == ["frozen until 2026-03-29 00:00 +0100: the weekend"]
    assert frozen(days, at="2026-03-29T00:00:00+01:00") == ["frozen until 2026-03-30 00:00 +0200: the weekend"]
    assert frozen(days, at="2026-03-29T23:59:59+02:00") != []
    assert frozen(days, at="2026-03-30T00:00:00+02:00") == []
    once = Freeze("that day", BERLIN, "2026-03-28T12:00", "2026-03-28T24:00")
    assert frozen(once, at="2026-03-28T12:00+01:00") == ["frozen until 2026-03-29 00:00 +0100: that day"]


def test_once_is_once_and_its_end_is_told_by_the_clock_that_counts_then() -> None:
    freeze = Freeze("the move", BERLIN, "2026-03-28T20:00", "2026-03-29T12:00", patterns=("AppService",))
    at = moment_of("2026-03-28T19:00:00Z")
    (found,) = freezing([freeze], ZONES, at)
    assert (found.patterns, found.held.cause) == (("AppService",), Cause.FROZEN)
    assert found.held.why == "frozen until 2026-03-29 12:00 +0200: the move"
    assert freezing([freeze], ZONES, at - 1) == ()
    assert frozen(freeze, at="2026-03-29T12:00+02:00") == []
    assert frozen(freeze, at="2027-03-28T20:00+01:00") == []


def test_of_several_the_one_that_lasts_longest_is_told_first() -> None:
    longer = Freeze("the year's end", "America/New_York", "2026-12-04T00:00", "2026-12-31T00:00")
    assert frozen(NIGHTS, longer, at="2026-12-04T20:00+01:00") == [
        "frozen until 2026-12-31 00:00 -0500: the year's end",
        "frozen until 2026-12-05 08:00 +0100: nobody is there",
    ]


def paused(*pauses: Pause, at: str) -> tuple[Resting, ...]:
    return pausing(pauses, {it.until: moment_of(it.until) for it in pauses if it.until}, moment_of(at))


@pytest.mark.parametrize(
    ("until", "told", "last", "over"),
    [
        ("2026-12-31T18:00:00+01:00", "2026-12-31 18:00 +0100", "2026-12-31T16:59:59Z", "2026-12-31T17:00:00Z"),
        ("2026-12-31T18:00+01:00", "2026-12-31 18:00 +0100", "2026-12-31T16:59:59Z", "2026-12-31T17:00:00Z"),
        ("2026-12-31T18:00:00Z", "2026-12-31 18:00 +0000", "2026-12-31T17:59:59Z", "2026-12-31T18:00:00Z"),
        ("2026-12-31", "the end of 2026-12-31 in UTC", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
    ],
)
def test_a_pause_ends_and_says_when(until: str, told: str, last: str, over: str) -> None:
    (found,) = paused(Pause("Project/churn", until, "OPS-1"), at=last)
    assert found.patterns == ("Project/churn",)
    assert (found.held.cause, found.held.why) == (Cause.PAUSED, f"paused until {told}: OPS-1")
    assert paused(Pause("Project/churn", until, "OPS-1"), at=over) == ()


def test_a_pause_without_an_end_goes_on_and_the_longest_comes_first() -> None:
    found = paused(Pause("*", "2027-01-01", "short"), Pause("User", "", "for good"), at="2026-12-31T00:00:00Z")
    assert [it.held.why for it in found] == ["paused: for good", "paused until the end of 2027-01-01 in UTC: short"]


def test_what_is_waited_doubles_up_to_a_cap_and_is_drawn_from_its_upper_half() -> None:
    backoff = Backoff(first=30.0, most=600.0)
    assert [delay(failures, backoff, 1.0) for failures in range(8)] == [0, 30, 60, 120, 240, 480, 600, 600]
    assert [delay(failures, backoff, 0.0) for failures in (1, 2, 9)] == [15, 30, 300]
    assert delay(3, backoff, 0.5) == 90
    assert delay(10**9, backoff, 1.0) == 600


def test_a_name_that_there_is_none_of_is_told_and_a_pattern_may_wait_for_what_comes() -> None:
    said = Reconciling(
        paused=(
            Pause("User/ada", "", "r"),
            Pause("User/adda", "", "r"),
            Pause("User/x*", "", "r"),
            Pause("User", "", "r"),
        ),
        freezes=(Freeze("r", "UTC", "18:00", "08:00", ("fri",), ("Group/ops", "Group/opps")),),
    )
    changes = (Change(Address.parse(it), Action.NO_CHANGE, "") for it in ("User/ada", "Group/ops"))
    made = Plan(tuple(changes), Caller("", "", "", ""))
    assert [*idle_names(said, made)] == [("paused", "User/adda"), ("freeze", "Group/opps")]
    assert [*idle_names(Reconciling(), made)] == []
