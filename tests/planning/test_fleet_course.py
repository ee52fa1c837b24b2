"""What begins together, and what keeps the rest from beginning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from igz_apply.model.fleets import FleetPace, FleetTarget, StopCause, TargetStatus
from igz_apply.planning.fleet_course import FleetCourse, simulated
from igz_apply.planning.fleet_report import FleetStop
from igz_apply.planning.fleet_waves import waves_of
from tests.fleets import fleet_of, result, stopped

WAVES, PACE = fleet_of(7, wave=3)
"""t1 | t2 t3 t4 | t5 t6 t7"""


def gone_through(pace: FleetPace, ends: Mapping[str, str]) -> tuple[list[str], FleetStop | None]:
    """Go through the waves, where each target ends unchanged unless `ends` says otherwise; return the batches."""
    course, batches = FleetCourse(WAVES, pace), []
    while batch := course.next_batch():
        batches.append(" ".join(batch))
        for name in batch:
            course.begin(name)
        for name in reversed(batch):
            end = result(name, ends.get(name, "unchanged"))
            course.end(name, end.status, has_changed=end.has_changed)
    return batches, course.stop


def test_wave_after_wave_begins_as_a_whole_until_all_have_ended() -> None:
    assert gone_through(PACE, {"t2": "applied"}) == (["t1", "t2 t3 t4", "t5 t6 t7"], None)


@pytest.mark.parametrize("end", ["refused", "invalid", "failed", "partly_applied"])
def test_a_canary_that_ends_bad_stops_it_however_many_may(end: str) -> None:
    batches, stop = gone_through(replace(PACE, max_failures=9), {"t1": end})
    assert batches == ["t1"]
    assert stop == stopped("canary", 1, ["t1"], ["t2", "t3", "t4", "t5", "t6", "t7"])


def test_as_many_bad_ends_as_may_stop_it_and_are_named_in_the_order_of_the_waves() -> None:
    batches, stop = gone_through(replace(PACE, max_failures=2), {"t4": "failed", "t2": "refused", "t3": "applied"})
    assert batches == ["t1", "t2 t3 t4"]
    assert stop == stopped("failures", 2, ["t2", "t4"], ["t5", "t6", "t7"])
    batches, stop = gone_through(replace(PACE, max_failures=3), {"t4": "failed", "t2": "refused"})
    assert (len(batches), stop) == (3, None)


def test_what_ends_bad_in_the_last_wave_leaves_nothing_and_is_no_stop() -> None:
    assert gone_through(PACE, {"t5": "failed", "t6": "failed"})[1] is None


def test_no_more_begin_than_may_still_be_changed() -> None:
    pace = replace(PACE, max_changed=2)
    batches, stop = gone_through(pace, {"t2": "applied", "t5": "applied", "t6": "applied"})
    assert batches == ["t1", "t2 t3", "t4", "t5"]
    assert stop == stopped("changed", 3, ["t2", "t5"], ["t6", "t7"])
    batches, stop = gone_through(pace, {"t2": "applied", "t7": "applied"})
    assert batches == ["t1", "t2 t3", "t4", "t5", "t6", "t7"]
    assert stop is None  # as many as may were changed, and all have begun


def test_what_was_partly_applied_is_changed_and_a_failure_is_told_before_that() -> None:
    batches, stop = gone_through(replace(PACE, max_changed=1), {"t2": "partly_applied"})
    assert batches == ["t1", "t2"]
    assert stop == stopped("failures", 2, ["t2"], ["t3", "t4", "t5", "t6", "t7"])


def test_nothing_may_be_changed_at_all() -> None:
    assert gone_through(replace(PACE, max_changed=0), {})[1] == stopped(
        "changed", 0, [], [f"t{i}" for i in range(1, 8)]
    )


def test_an_interruption_counts_for_more_than_any_other_cause() -> None:
    course = FleetCourse(WAVES, PACE)
    assert course.stop is None
    course.begin("t1")
    course.end("t1", TargetStatus.FAILED, has_changed=False)
    assert not course.next_batch()
    assert course.stop is not None
    assert course.stop.cause is StopCause.CANARY
    course.interrupt()
    assert course.stop == stopped("interrupted", 1, [], ["t2", "t3", "t4", "t5", "t6", "t7"])


def test_a_target_that_was_interrupted_stops_it() -> None:
    batches, stop = gone_through(PACE, {"t3": "interrupted", "t2": "failed"})
    assert batches == ["t1", "t2 t3 t4"]
    assert stop == stopped("interrupted", 2, ["t3"], ["t5", "t6", "t7"])


def test_without_targets_there_is_nothing_to_begin() -> None:
    course = FleetCourse((), PACE)
    assert course.next_batch() == ()
    assert course.stop is None


def foretold(pace: FleetPace, **ends: str) -> FleetStop | None:
    names = [f"t{number}" for number in range(1, 8)]
    return simulated(WAVES, pace, [result(name, ends.get(name, "unchanged")) for name in names])


def test_a_plan_foretells_where_an_apply_would_stop() -> None:
    assert foretold(PACE, t2="changes", t7="failed") is None
    assert foretold(PACE, t1="refused") == stopped("canary", 1, ["t1"], [f"t{number}" for number in range(2, 8)])
    assert foretold(PACE, t3="failed", t6="failed") == stopped("failures", 2, ["t3"], ["t5", "t6", "t7"])
    changing = replace(PACE, max_changed=1)
    assert foretold(changing, t3="changes", t4="changes") == stopped("changed", 2, ["t3"], ["t4", "t5", "t6", "t7"])


def test_a_wave_that_was_cut_is_not_mixed_with_the_next() -> None:
    waves = waves_of([FleetTarget("a"), FleetTarget("b", 1)], FleetPace(canary=0))
    course = FleetCourse(waves, FleetPace(canary=0, max_changed=9))
    assert course.next_batch() == ("a",)
    course.begin("a")
    course.end("a", TargetStatus.UNCHANGED, has_changed=False)
    assert course.next_batch() == ("b",)
