"""The figures of the benchmarks are worked out as they say."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.bars import Bars
from benchmarks.bounds import Bound, bound_of, exponent


def bar(step: str, started: float, ended: float, job: str = "", addresses: tuple[str, ...] = ()) -> dict[str, Any]:
    address = step.split(" ")[1]
    return {"step": step, "addresses": list(addresses or (address,)), "started": started, "ended": ended, "job": job}


def change(address: str, *depends_on: str, action: str = "create") -> dict[str, Any]:
    return {"address": address, "action": action, "depends_on": list(depends_on)}


def report(changes: list[dict[str, Any]], bars: list[dict[str, Any]], ended: float) -> dict[str, Any]:
    outcomes = [{"address": each["address"], "ended": ended} for each in changes]
    return {"changes": changes, "report": {"timeline": bars, "outcomes": outcomes}}


def test_the_bound_is_the_work_where_nothing_waits_for_anything() -> None:
    names = [f"Group/{number}" for number in range(8)]
    bars = [bar(f"create {name}", 0.0, 1.0) for name in names]
    assert bound_of(report(list(map(change, names)), bars, 5.0), slots=2) == Bound(5.0, 1.0, 4.0)


def test_the_critical_path_follows_what_depends_on_what_with_its_jobs_which_hold_no_slot() -> None:
    changes = [change("Group/g"), change("User/u", "Group/g"), change("Project/p", "User/u"), change("User/alone")]
    bars = [
        bar("create Group/g", 0.0, 1.0),
        bar("create User/u", 1.0, 2.0),
        bar("create User/u", 2.0, 5.0, "job-1"),
        bar("create Project/p", 7.0, 8.0),
        bar("roles Project/p", 8.0, 9.0),
        bar("roles Project/p", 9.0, 12.0, "job-2"),
        bar("create User/alone", 0.0, 4.0),
    ]
    found = bound_of(report(changes, bars, 12.5), slots=2)
    assert found == Bound(makespan=12.5, path=1 + 1 + 3 + 1 + 1 + 3, work=8 / 2)
    assert (found.seconds, found.ratio) == (10.0, 1.25)
    assert bound_of(report(changes, bars, 12.5), slots=2, job_seconds=2.0).path == 8.0


def test_what_depends_on_a_project_does_not_wait_for_its_roles_unless_it_deletes() -> None:
    bars = [bar("update Project/p", 0.0, 1.0), bar("roles Project/p", 1.0, 5.0), bar("create User/u", 1.0, 2.0)]
    changes = [change("Project/p", action="update"), change("User/u", "Project/p")]
    assert bound_of(report(changes, bars, 5.0), slots=9).path == 5.0
    bars = [bar("roles Project/p", 0.0, 4.0), bar("delete User/u", 4.0, 5.0)]
    changes = [change("Project/p", action="update"), change("User/u", "Project/p", action="delete")]
    assert bound_of(report(changes, bars, 5.0), slots=9).path == 5.0


def test_a_shared_document_waits_for_what_any_of_its_changes_needs() -> None:
    changes = [change("User/u"), change("AppService/a"), change("AppService/b", "User/u")]
    both = ("AppService/a", "AppService/b")
    bars = [bar("create User/u", 0.0, 2.0), bar("document services", 2.0, 5.0, addresses=both)]
    assert bound_of(report(changes, bars, 5.0), slots=1) == Bound(5.0, 5.0, 5.0)


@pytest.mark.parametrize("power", [0.5, 1.0, 1.1, 2.0])
def test_the_exponent_is_that_of_the_power_law_through_the_points(power: float) -> None:
    points = [(size, 3e-4 * size**power) for size in (1000, 4000, 12200, 50000)]
    assert exponent(points) == pytest.approx(power)


def test_an_exponent_weighs_all_points_and_needs_two_sizes() -> None:
    assert exponent([(1, 1.0), (10, 10.0), (100, 10.0)]) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="two sizes"):
        exponent([(10, 1.0), (10, 2.0)])


def test_bars_are_counted_and_those_that_were_not_held_are_named() -> None:
    bars = Bars()
    assert [bars.judge("one", 1.0, 1.0), bars.judge("two", 1.1, 1.0)] == ["ok", "OVER"]
    assert [bars.judge_least("three", 3.0, 3.0), bars.judge_least("four", 2.9, 3.0)] == ["ok", "OVER"]
    assert bars.summary() == "2 of 4 bars held; OVER: two; OVER: four"
