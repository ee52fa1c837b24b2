"""What only looks at several targets, and an apply that goes by what was seen."""

from __future__ import annotations

from igz_apply.planning.fleet_report import TargetResult
from igz_apply.workflow.fleet import STOP, held_to
from tests.fleets import account, result, stopped
from tests.workflow.test_fleet import World, ends


def test_what_only_looks_goes_through_all_without_waves_as_many_at_once_as_a_wave_may_have() -> None:
    world = World({"t1": "failed", "t2": "refused", "t3": "changes"}, {"t1": 9.0})
    report = world.looks(max_changed=1)
    assert world.ran[-1] == "t1"
    assert world.pool.most == 3
    assert ends(report) == [
        "t1 failed",
        "t2 refused",
        "t3 changes",
        *(f"t{number} unchanged" for number in range(4, 8)),
    ]
    assert not any(told.startswith("wave") for told in world.watcher.told_of)
    assert not any(told.startswith("stopped") for told in world.watcher.told_of)
    assert [wave.number for wave in report.waves] == [1, 2, 3]


def test_a_plan_says_where_an_apply_would_stop_and_drift_does_not() -> None:
    failed = {"t2": "failed"}
    assert World(failed).looks().stop == stopped("failures", 2, ["t2"], ["t5", "t6", "t7"])
    assert World(failed).looks(command="drift").stop is None
    assert World({"t2": "changes"}).looks().stop is None


def test_a_look_that_is_interrupted_says_so_and_foretells_nothing() -> None:
    world = World({"t2": "failed"}, {"t1": 9.0})
    world.clock.at(0.5, lambda: world.inbox.put(STOP))
    report = world.looks()
    assert report.stop == stopped("interrupted", 0, [], ["t4", "t5", "t6", "t7"])
    assert report.exit_code() == 130


def test_an_apply_holds_each_target_to_the_plan_that_was_shown() -> None:
    looked = account("plan", ["changes", "unchanged", "refused", "failed"])
    ran: list[tuple[str, str]] = []

    def run(name: str, digest: str) -> TargetResult:
        ran.append((name, digest))
        return result(name, "applied")

    as_shown = held_to(looked, run)
    found = [as_shown(it.name) for it in looked.results]
    assert ran == [("t1", "sha256:t1"), ("t2", "sha256:t2")]
    assert found[2:] == list(looked.results[2:])
    assert [it.status.value for it in found] == ["applied", "applied", "refused", "failed"]
