"""Values that are equal are kept once, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
from igz_apply.model.hidden import Hidden
from igz_apply.model.outcomes import Job
from igz_apply.model.resources import Edge, SecretRef
from igz_apply.planning.fleet_sharing import Shared
from igz_apply.values import dataclass
from tests.fleets import differing, plan_of


@dataclass(frozen=True, slots=True)
class Alone:
    """A value of one field."""

    name: str


def named(name: str) -> str:
    """Return a text that is no constant of this module."""
    return "".join(name)


MADE: dict[str, Callable[[], Any]] = {
    "a text": lambda: named("ada"),
    "a value": lambda: Address("User", named("ada")),
    "a value of one field": lambda: Alone(named("ada")),
    "a mapping": lambda: {"a": [1, 2, {"b": named("c")}]},
    "a tuple": lambda: (Address("User", "ada"), None, True),
    "a named tuple": lambda: Edge(named("ada"), "ds"),
    "a set": lambda: frozenset({Address("User", "ada"), Address("User", "bob"), Address("User", "eve")}),
    "a change": lambda: Change(
        Address("User", "ada"),
        Action.CREATE,
        "is missing",
        (differing("labels", {"a": named("b")}), differing("password", SecretRef(from_env="ADA"))),
    ),
    "a plan": lambda: plan_of(Action.CREATE, Action.NO_CHANGE),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_of_equal_values_one_is_kept(make: Callable[[], Any]) -> None:
    shared = Shared()
    first, second = make(), make()
    assert shared.of(first) == first
    assert shared.of(second) is shared.of(first)
    assert type(shared.of(second)) is type(second)
    assert shared.of(second) == second


def test_a_set_is_shared_whatever_the_order_of_its_parts() -> None:
    shared = Shared()
    one, other = frozenset([0, 8]), frozenset([8, 0])  # of one place in its table, so that the order is that of writing
    assert [*one] != [*other]
    assert shared.of(other) is shared.of(one)


def test_parts_are_shared_also_where_the_whole_differs() -> None:
    shared = Shared()
    one = shared.of(Change(Address("User", "ada"), Action.CREATE, "is missing"))
    other = shared.of(Change(Address("User", "ada"), Action.UPDATE, "differs", (differing("email", "a@x.org"),)))
    assert one.address is other.address
    assert (one.action, other.action) == (Action.CREATE, Action.UPDATE)
    assert other == Change(Address("User", "ada"), Action.UPDATE, "differs", (differing("email", "a@x.org"),))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": 1.0}),
        ((1, 2), [1, 2]),
        (("a", "ds"), Edge("a", "ds")),
        (("create",), (Action.CREATE,)),
        (Address("a", "b"), Job("a", "b")),
        ({"a": 1, "b": 2}, {"b": 1, "a": 2}),
    ],
)
def test_what_only_looks_alike_is_kept_apart(one: Any, other: Any) -> None:
    shared = Shared()
    assert repr(shared.of(one)) == repr(one)
    assert repr(shared.of(other)) == repr(other)
    assert shared.of(one) is not shared.of(other)


def test_what_may_be_a_secret_is_left_as_it_is() -> None:
    shared = Shared()
    one, other = (Hidden(place="User/ada", value="hunter2") for _ in range(2))
    assert shared.of(one) is one
    assert shared.of({"a": other})["a"] is other
