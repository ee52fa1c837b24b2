"""A quickly made dataclass is as the standard library would have made it."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Quick:
    """One of ours."""

    name: str
    size: int = 3
    parts: list[str] = field(default_factory=list)
    hidden: str = field(default="", repr=False)
    about: str = field(default="", compare=False)
    both: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "both", f"{self.name}{self.size}")


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    """One of the standard library's."""

    name: str
    size: int = 3
    parts: list[str] = field(default_factory=list)
    hidden: str = field(default="", repr=False)
    about: str = field(default="", compare=False)
    both: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "both", f"{self.name}{self.size}")


@dataclass(frozen=True, slots=True)
class Many:
    """With many fields."""

    a: int
    b: str = "b"
    c: list[str] = field(default_factory=list)
    d: int = 4
    e: int = 5
    f: int = 6
    g: int = 7
    h: int = 8
    total: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", self.a + self.d)


@dataclass(frozen=True, slots=True)
class One:
    """With a single field."""

    value: Any


@dataclass(frozen=True, slots=True, order=True)
class Ranked:
    """In the order of its fields."""

    first: int
    second: int = 0


@dataclass(frozen=True, slots=True)
class Nothing:
    """With none."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Itself:
    """Compared by identity, and with words of its own."""

    value: int = 1

    def __repr__(self) -> str:
        return "itself"


@dataclass(slots=True)
class Changing:
    """One whose fields may be set."""

    size: int
    parts: list[str] = field(default_factory=list)
    state: str = field(default="new", init=False)
    marks: list[str] = field(default_factory=list, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """One that takes names alone."""

    first: int = 1
    second: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Base):
    """One with more fields than its base."""

    third: int


TEXTS = st.sampled_from(["", "a", "b"])
MADE = st.fixed_dictionaries(
    {"name": TEXTS},
    optional={"size": st.integers(1, 2), "parts": st.lists(TEXTS, max_size=1), "hidden": TEXTS, "about": TEXTS},
)


@given(MADE, MADE)
def test_values_are_compared_shown_and_replaced_alike(one: dict[str, Any], other: dict[str, Any]) -> None:
    ours, theirs = (Quick(**one), Quick(**other)), (Standard(**one), Standard(**other))
    assert (ours[0] == ours[1]) == (theirs[0] == theirs[1])
    assert repr(ours[0]) == repr(theirs[0]).replace("Standard", "Quick")
    assert dataclasses.asdict(ours[0]) == dataclasses.asdict(theirs[0])
    replaced = dataclasses.replace(ours[0], name="c")
    assert dataclasses.asdict(replaced) == dataclasses.asdict(dataclasses.replace(theirs[0], name="c"))
    assert object() not in ours


def test_classes_tell_the_same_of_themselves() -> None:
    assert Quick.__match_args__ == Standard.__match_args__
    assert Quick.__slots__ == Standard.__slots__
    assert list(inspect.signature(Quick).parameters) == list(inspect.signature(Standard).parameters)
    assert Quick.__init__.__qualname__ == "Quick.__init__"
    assert [item.name for item in dataclasses.fields(Quick)] == [item.name for item in dataclasses.fields(Standard)]


def test_equal_values_have_the_same_hash() -> None:
    assert hash(One("a")) == hash(One("a"))
    assert {One("a"), One("a"), One("b")} == {One("b"), One("a")}
    assert Nothing() == Nothing()
    assert len({Nothing(), Nothing()}) == 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(Quick("a"))


def test_a_value_cannot_be_changed() -> None:
    value: Any = One("a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.value = "b"
    with pytest.raises(dataclasses.FrozenInstanceError):
        del value.value
    assert not hasattr(value, "__dict__")


def test_a_value_can_be_copied_and_stored() -> None:
    value = Quick("a", parts=["b"])
    assert copy.copy(value) == copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
    assert copy.copy(value).both == "a3"


def test_a_default_that_is_made_is_made_each_time() -> None:
    assert Quick("a").parts is not Quick("a").parts


def test_a_class_may_compare_by_identity_and_have_words_of_its_own() -> None:
    assert Itself() != Itself()
    assert repr(Itself()) == "itself"


def test_values_that_have_an_order_are_sorted_by_their_fields() -> None:
    assert sorted([Ranked(2), Ranked(1, 1), Ranked(1)]) == [Ranked(1), Ranked(1, 1), Ranked(2)]
    assert Ranked(1) <= Ranked(1) < Ranked(2) >= Ranked(2) > Ranked(1, 5)
    with pytest.raises(TypeError):
        assert Ranked(1) < One(1)  # type: ignore[operator]


def test_a_value_that_may_be_changed_is_as_the_standard_library_has_it() -> None:
    value = Changing(1)
    value.size = 2
    value.parts.append("a")
    assert value == Changing(2, ["a"])
    assert repr(value) == "Changing(size=2, parts=['a'], state='new', marks=[])"
    assert value.marks is not Changing(2).marks
    with pytest.raises(TypeError):
        Changing(1, [], "old")  # type: ignore[call-arg]
    assert copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
    with pytest.raises(TypeError, match="unhashable"):
        hash(value)
    with pytest.raises(AttributeError):
        value.other = 1  # type: ignore[attr-defined]


def test_a_class_has_the_fields_of_its_base_and_may_take_names_alone() -> None:
    value = Derived(third=3, second="b")
    assert (value.first, value.second, value.third) == (1, "b", 3)
    assert value == Derived(third=3, second="c") != Derived(third=4)
    assert dataclasses.replace(value, first=5) == Derived(third=3, first=5)
    assert Derived.__match_args__ == ()
    assert isinstance(value, Base)
    assert value != Base(second="b")
    assert str(inspect.signature(Derived)).startswith("(*, ")
    with pytest.raises(TypeError):
        Derived(3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="third"):
        Derived()  # type: ignore[call-arg]


def test_threads_that_make_the_first_values_of_a_class_at_once_make_the_same() -> None:
    for _ in range(20):
        fresh: Any = dataclass(frozen=True, slots=True)(type("Fresh", (), {"__annotations__": {"size": int}}))
        with ThreadPoolExecutor(8) as pool:
            assert {value.size for value in pool.map(fresh, range(64))} == set(range(64))


def test_a_value_of_many_fields_is_frozen() -> None:
    made = Many(1, h=9)
    assert type(made) is Many
    assert dataclasses.astuple(made) == (1, "b", [], 4, 5, 6, 7, 9, 5)
    assert made == Many(1, h=9) == copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) != Many(2, h=9)
    assert Many(1).c is not Many(1).c
    assert not hasattr(made, "__dict__")
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.a = 2  # type: ignore[misc]
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'a'"):
        Many()  # type: ignore[call-arg]


def test_a_field_that_nobody_gives_has_its_default() -> None:
    @dataclass(slots=True)
    class Held:
        given: int
        fixed: bool = field(default=True, init=False)
        made: list[int] = field(default_factory=list, init=False)

    one, other = Held(1), Held(2)
    one.made.append(1)

    assert (one.given, one.fixed, one.made, other.made) == (1, True, [1], [])
    with pytest.raises(TypeError):
        Held(1, True)  # type: ignore[call-arg]


def test_what_a_class_says_of_equality_itself_is_kept() -> None:
    @dataclass(frozen=True, slots=True)
    class Loose:
        size: int

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Loose)

        def __hash__(self) -> int:
            return 1

    assert Loose(1) == Loose(2)
    assert hash(Loose(1)) == 1
