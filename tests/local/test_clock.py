"""The system's clock."""

from datetime import timedelta, timezone

from igz_apply.local.clock import SystemClock


def test_time_does_not_go_back() -> None:
    clock = SystemClock()
    moments = [clock.now() for _ in range(100)]
    assert moments == sorted(moments)


def test_sleeping_takes_at_least_that_long() -> None:
    clock = SystemClock()
    before = clock.now()
    clock.sleep(0.01)
    assert clock.now() - before >= 0.01


def test_sleeping_for_nothing_or_less_returns_at_once() -> None:
    SystemClock().sleep(0)
    SystemClock().sleep(-5)


def test_the_date_is_aware_and_in_utc() -> None:
    moment = SystemClock().utc()
    assert moment.tzinfo is timezone.utc
    assert moment.utcoffset() == timedelta(0)
