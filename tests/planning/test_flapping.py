"""Fields that somebody else writes as often as they are healed: when that is given up, and when not any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, FieldDiff, Plan
from igz_apply.model.reconciling import Flaps
from igz_apply.planning import flapping
from igz_apply.planning.flapping import HealedFields, after_healing, given_up, seen
from tests.builders import CALLER

OPS = Address("Group", "ops")
FLAPS = Flaps(reversals=3, within=3600.0)


def differs(live: Any, wanted: Any = "ours", path: str = "description", **more: Any) -> Plan:
    change = Change(OPS, Action.UPDATE, "", diff=(FieldDiff(tuple(path.split(".")), live, wanted, **more),))
    return Plan((change,), CALLER)


SETTLED = Plan((Change(OPS, Action.NO_CHANGE, ""),), CALLER)
NOWHERE = Plan((), CALLER)
MADE = Plan((Change(OPS, Action.CREATE, ""),), CALLER)
ENDED = Plan((Change(OPS, Action.DELETE, ""),), CALLER)


def fought(times: int, plan: Plan, *, every: float = 600.0, start: float = 0.0) -> HealedFields:
    """Heal, and find it changed back, so many times, and once more at the end."""
    memory: HealedFields = {}
    for number in range(times + 1):
        now = start + number * every
        memory = seen(memory, plan, FLAPS, now)
        if number < times:
            memory = after_healing(memory, plan, [OPS], now)
    return memory


def test_it_is_given_up_once_it_was_changed_back_so_often() -> None:
    assert given_up(fought(2, differs("theirs")), FLAPS) == {}
    assert given_up(fought(3, differs("theirs")), FLAPS) == {
        OPS: {
            "description": "somebody else, whom the platform does not name, has changed description back 3 times "
            "within 1h; it is healed again once it has not changed for 1h, or git states another value"
        }
    }


def test_what_others_write_may_be_another_value_each_time() -> None:
    memory: HealedFields = {}
    for number, live in enumerate(("a", "b", "c", "d")):
        memory = seen(memory, differs(live), FLAPS, number)
        memory = after_healing(memory, differs(live), [OPS], number) if number < 3 else memory
    assert [*given_up(memory, FLAPS)] == [OPS]


def test_now_and_then_is_no_fight() -> None:
    assert given_up(fought(9, differs("theirs"), every=1900.0), FLAPS) == {}


def test_it_is_healed_again_once_it_has_been_quiet_for_that_long() -> None:
    memory = fought(3, differs("theirs"))  # given up at 1800
    assert given_up(seen(memory, differs("theirs"), FLAPS, 1800 + 3599), FLAPS) != {}
    assert given_up(seen(memory, differs("theirs"), FLAPS, 1800 + 3600), FLAPS) == {}


def test_whoever_goes_on_writing_keeps_it_given_up() -> None:
    memory = fought(3, differs("theirs"))
    for hour in range(1, 5):
        memory = seen(memory, differs(f"theirs {hour}"), FLAPS, 1800 + hour * 3000)
        assert given_up(memory, FLAPS) != {}
    memory = seen(memory, SETTLED, FLAPS, 1800 + 5 * 3000)  # they wrote what git says
    assert given_up(memory, FLAPS) != {}
    assert seen(memory, SETTLED, FLAPS, 1800 + 5 * 3000 + 3600) == {}


def test_another_value_in_git_is_another_matter() -> None:
    memory = fought(3, differs("theirs"))
    assert seen(memory, differs("theirs", "ours now"), FLAPS, 1900) == {}
    healed = after_healing(memory, differs("theirs", "ours now"), [OPS], 1900)
    assert given_up(healed, FLAPS) == {}


def test_what_is_declared_no_more_is_not_watched_any_more() -> None:
    memory = fought(2, differs("theirs"))
    assert seen(memory, NOWHERE, FLAPS, 1300) == {}
    hidden = replace(NOWHERE, not_visible={OPS: "not shown"})
    assert seen(memory, hidden, FLAPS, 1300).keys() == memory.keys()


def test_what_is_deleted_each_time_it_is_made_is_given_up_and_so_is_the_reverse() -> None:
    assert "has deleted it 3 times within 1h" in given_up(fought(3, MADE), FLAPS)[OPS][""]
    assert "has made it anew 3 times within 1h" in given_up(fought(3, ENDED), FLAPS)[OPS][""]
    memory = after_healing({}, ENDED, [OPS], 0)
    assert seen(memory, NOWHERE, FLAPS, 10) == memory


def test_what_was_not_healed_and_secrets_are_not_watched() -> None:
    assert after_healing({}, differs("theirs"), [], 0) == {}
    assert after_healing({}, differs("sent", "sent again", sensitive=True), [OPS], 0) == {}
    assert seen({}, differs("theirs"), FLAPS, 0) == {}


def test_of_a_reversal_that_nobody_has_healed_only_the_first_counts() -> None:
    memory = after_healing({}, differs("theirs"), [OPS], 0)
    for now in range(1, 20):  # it is paused, and moves on
        memory = seen(memory, differs(now), FLAPS, now)
    assert given_up(memory, FLAPS) == {}


def test_what_is_remembered_is_bounded_and_the_oldest_goes_first(monkeypatch: Any) -> None:
    monkeypatch.setattr(flapping, "MOST", 2)
    memory: HealedFields = {}
    for now, path in enumerate(("a", "b", "a", "c")):
        memory = after_healing(memory, differs("theirs", path=path), [OPS], now)
    assert sorted(path for _, path in memory) == ["a", "c"]


def test_times_are_told_as_a_config_states_them() -> None:
    plan = differs("theirs")
    for within, expected in ((90.0, "90s"), (1800.0, "30m"), (5400.0, "90m"), (86400.0, "24h")):
        memory = after_healing({}, plan, [OPS], 0)
        memory = seen(memory, plan, Flaps(1, within), 1)
        assert f"1 time within {expected};" in given_up(memory, Flaps(1, within))[OPS]["description"]
