"""Which targets a run over several is about, and in which waves it comes to them."""

from __future__ import annotations

import pytest

from igz_apply.model.addresses import Source
from igz_apply.model.fleets import FleetPace, FleetTarget
from igz_apply.planning.fleet_waves import chosen, in_order, patterns_in, unmatched, waves_of

TARGETS = tuple(
    FleetTarget(name, wave)
    for name, wave in (("prod-eu", 2), ("dev", 0), ("prod-us", 2), ("staging", 1), ("prod-ap", 2), ("qa", 1))
)
SHORT = FleetPace(canary=1, wave=2)


def names(*patterns: str) -> list[str]:
    return [it.name for it in chosen(TARGETS, patterns_in(patterns))]


def test_patterns_choose_targets_in_the_order_of_the_config() -> None:
    assert names("prod-*") == ["prod-eu", "prod-us", "prod-ap"]
    assert names("qa, dev", "prod-[eu]?", "d*") == ["prod-eu", "dev", "prod-us", "qa"]
    assert names("*") == [it.name for it in TARGETS]
    assert names("PROD-*", "") == []


def test_what_lies_between_two_commas_is_kept_and_matches_nothing() -> None:
    assert patterns_in(["a,,b", " c "]) == ("a", "", "b", "c")


@pytest.mark.parametrize(
    ("pattern", "said", "hint"),
    [
        ("stagng", "no target that 'stagng' matches", "Did you mean staging? Targets are prod-eu, "),
        ("prdo-*", "no target that 'prdo-*' matches", "Did you mean prod-*? "),
        ("Prod-?u", "no target that 'Prod-?u' matches", "Did you mean prod-?u? "),
        ("*-cn", "no target that '*-cn' matches", "Targets are prod-eu, dev, prod-us, staging, prod-ap and 1 more."),
        ("x*", "no target that 'x*' matches", "Targets are prod-eu, dev"),
        ("", "An empty name matches none.", "Targets are prod-eu, "),
    ],
)
def test_a_pattern_that_matches_nothing_is_a_fault(pattern: str, said: str, hint: str) -> None:
    place = Source("igz-apply.yaml", 3, 1)
    (problem,) = unmatched(TARGETS, ["dev", pattern, pattern], place)
    assert said in problem.detail
    assert problem.hint.startswith(hint)
    assert (problem.code, problem.source) == ("IGZ-401", place)


def test_patterns_that_all_match_are_no_fault_and_without_targets_none_does() -> None:
    assert not list(unmatched(TARGETS, ["dev", "prod-*"]))
    (problem,) = unmatched((), ["*"])
    assert problem.hint == "Add it below `targets`."


def test_targets_go_by_the_number_of_their_wave_and_then_as_the_config_lists_them() -> None:
    assert [it.name for it in in_order(TARGETS)] == ["dev", "staging", "qa", "prod-eu", "prod-us", "prod-ap"]


def waves(pace: FleetPace, targets: tuple[FleetTarget, ...] = TARGETS) -> list[str]:
    found = waves_of(targets, pace)
    assert [it.number for it in found] == list(range(1, len(found) + 1))
    return [f"{it.stated}{' canary' if it.is_canary else ''}: {' '.join(it.targets)}" for it in found]


def test_the_canaries_come_first_and_no_wave_mixes_two_numbers_or_is_too_long() -> None:
    assert waves(SHORT) == ["0 canary: dev", "1: staging qa", "2: prod-eu prod-us", "2: prod-ap"]
    assert waves(FleetPace()) == ["0 canary: dev", "1: staging qa", "2: prod-eu prod-us prod-ap"]


def test_a_canary_is_taken_out_of_the_first_group() -> None:
    assert waves(SHORT, TARGETS[::2]) == ["2 canary: prod-eu", "2: prod-us prod-ap"]


def test_there_may_be_no_canary_and_nothing_but_canaries() -> None:
    assert waves(FleetPace(canary=0)) == ["0: dev", "1: staging qa", "2: prod-eu prod-us prod-ap"]
    assert waves(FleetPace(canary=9), TARGETS[:1]) == ["2 canary: prod-eu"]
    assert waves(FleetPace(), ()) == []


def test_many_canaries_are_several_waves() -> None:
    assert waves(FleetPace(canary=5, wave=2)) == [
        "0 canary: dev",
        "1 canary: staging qa",
        "2 canary: prod-eu prod-us",
        "2: prod-ap",
    ]
    assert waves(FleetPace(canary=3, wave=2), TARGETS[::2])[0] == "2 canary: prod-eu prod-us"
