"""What was worked out is handed out again for the very same input, and for no other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.hidden import Hidden
from igz_apply.model.remembering import ANEW, Remembering, is_same, lasting
from igz_apply.model.resources import Caller, LiveResource, LiveState


@dataclass(frozen=True, slots=True)
class Pair:
    one: Any
    other: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Single:
    one: Any


@dataclass(frozen=True)
class Open:
    one: Any


SAME = [
    (1, 1),
    ("a", "a"),
    (None, None),
    ({"a": [1, {"b": True}]}, {"a": [1, {"b": True}]}),
    ((1, "a"), (1, "a")),
    (Address("User", "ada"), Address("User", "ada")),
    (frozenset({"a", "b"}), frozenset({"b", "a"})),
    ({Address("User", "a")}, {Address("User", "a")}),
    (Pair([1], {"a": 1}), Pair([1], {"a": 1})),
    (Single((1,)), Single((1,))),
    (Hidden("place", "text"), Hidden("place", "text")),
]
OTHER = [
    (1, True),
    (1, 1.0),
    (1.0, 1.0 + 0.0),  # two objects of a type that is not known here
    (0, ""),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({"a": 1}, {"a": 1, "b": 2}),
    ({1: "a"}, {True: "a"}),
    ({"a": 1}, {"a": True}),
    ([1], (1,)),
    ([1], [1, 2]),
    (("User", "ada"), Address("User", "ada")),
    (frozenset({1}), frozenset({True})),
    (frozenset({"a"}), frozenset({"b"})),
    (Pair(1, 1), Pair(1, 2)),
    (Single(1), Single(True)),
    (Open(1), Open(1)),
    (object(), object()),
    (Hidden("place", "text"), Hidden("place", "other")),
    (Hidden("place", 1), Hidden("place", True)),
]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_values_are_the_same_through_and_through(old: Any, new: Any) -> None:
    assert is_same(old, new)


@pytest.mark.parametrize(("old", "new"), OTHER)
def test_values_that_are_told_in_other_words_are_not_the_same(old: Any, new: Any) -> None:
    if old is not new:
        assert not is_same(old, new)


class Worded:
    def __init__(self, word: str) -> None:
        self.word = word

    def is_same_as(self, other: Worded) -> bool:
        return self.word == other.word


def test_a_value_may_tell_by_itself_what_is_the_same() -> None:
    assert is_same(Worded("a"), Worded("a"))
    assert not is_same(Worded("a"), Worded("b"))


def test_a_value_is_the_same_as_itself_whatever_it_is() -> None:
    odd = Open(float("nan"))
    assert is_same(odd, odd)


def test_a_function_runs_again_for_another_input_alone() -> None:
    results, ran = Remembering(), []

    def squared(number: int) -> list[int]:
        ran.append(number)
        return [number * number]

    first = results.once("squared", squared, 3)
    assert results.once("squared", squared, 3) is first
    assert results.once("squared", squared, 4) == [16]
    assert results.once("squared", squared, 3) is not first
    assert ran == [3, 4, 3]
    assert ANEW.once("squared", squared, 3) is not ANEW.once("squared", squared, 3)


def test_another_function_of_the_same_name_is_asked_itself() -> None:
    results = Remembering()
    assert results.once("told", str, 1) == "1"
    assert results.once("told", float, 1) == 1.0
    assert results.once("told", str, 1) == "1"


def test_while_it_is_barred_nothing_is_remembered() -> None:
    results, bars = Remembering(), [False]
    barred = results.unless(lambda: bars[0])
    first: list[str] = barred.once("listed", list, ("a",))
    assert barred.once("listed", list, ("a",)) is first
    bars[0] = True
    assert barred.once("listed", list, ("a",)) is not first
    barred.once("more", list, ("b",))
    assert len(results) == 1


def test_what_fails_is_not_remembered() -> None:
    results = Remembering()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            results.once("divided", lambda number: 1 // number, 0)
    assert len(results) == 0


def test_what_nobody_asks_for_in_a_round_is_forgotten() -> None:
    results = Remembering()
    one, other = ["one"], ["other"]
    assert results.same("one", one) is one
    assert results.same("other", other) is other
    results.turn()
    assert results.same("one", ["one"]) is one
    results.turn()
    assert len(results) == 1
    assert results.same("other", ["other"]) is not other
    results.forget()
    assert len(results) == 0


def live(*resources: LiveResource) -> LiveState:
    return LiveState({each.address: each for each in resources}, {}, Caller("", "", "", ""))


def test_nothing_is_remembered_of_what_may_be_a_secret_on_the_cluster() -> None:
    results = Remembering()
    service = Address("AppService", "s")
    plain = LiveResource(service, "1", {"env": {"A": "1"}})
    kept = LiveResource(service, "1", {"env": {"TOKEN": Hidden("place", kept="digest")}})
    held = LiveResource(service, "1", {"env": {"TOKEN": Hidden("place", "text")}})
    user = LiveResource(Address("User", "ada"), "2", {})
    assert lasting(results, live(user, plain), KINDS) is results
    assert lasting(results, live(user, kept), KINDS) is results
    assert lasting(results, live(user, held), KINDS) is ANEW
