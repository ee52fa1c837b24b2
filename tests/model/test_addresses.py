"""Addresses and the globs that select them."""

from __future__ import annotations

import pytest

from igz_apply.model.addresses import Address, Source, globs_of


def test_an_address_is_read_as_it_is_written() -> None:
    assert Address.parse("Group/a/b") == Address("Group", "a/b")
    assert str(Address("User", "ada")) == "User/ada"
    assert str(Source("a.yaml", 3, 1)) == "a.yaml:3:1"


@pytest.mark.parametrize("text", ["", "User", "User/", "/ada"])
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address: write Kind/name"):
        Address.parse(text)


ADA = Address("User", "ada")
PROD, PLAIN = Address("Group", "ops [prod]"), Address("Group", "ops p")


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        ([], False),
        (["User"], True),
        (["User/a*"], True),
        (["User/A*"], False),
        (["Group/ada"], False),
        (["User/ada"], True),
        (["*"], True),
        (["U*"], True),
        (["x", "*/ada"], True),
        (["*a"], False),
    ],
)
def test_a_glob_selects_a_kind_or_whole_addresses(globs: list[str], expected: bool) -> None:
    assert globs_of(globs, ()).select(ADA) is expected


def test_a_kinds_pattern_is_held_against_the_kind_alone() -> None:
    assert not globs_of(["*a"], ()).select(Address("Group", "a/b"))


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("Group/ops [prod]", [PROD, PLAIN], [PROD]),
        ("Group/ops [prod]", [PLAIN], [PLAIN]),  # nothing has that name: then it is a pattern
        ("Group/ops p", [PROD, PLAIN], [PLAIN]),
        ("Group/ops [[]prod]", [PROD, PLAIN], [PROD]),
        ("Group/*", [Address("Group", "*"), PLAIN], [Address("Group", "*")]),
        ("Group/[*]", [PLAIN], [Address("Group", "*")]),
        ("*/ops p", [PROD, PLAIN], [PLAIN]),
    ],
)
def test_a_text_that_spells_what_exists_selects_that_one_alone(
    text: str, known: list[Address], expected: list[Address]
) -> None:
    chosen = globs_of([text], known)
    candidates = {*known, PROD, PLAIN, Address("Group", "*")} - ({PROD} if PROD not in known else set())
    assert [address for address in sorted(candidates) if chosen.select(address)] == expected


def test_what_spares_resources_spares_no_fewer_because_somebody_made_one_called_like_the_pattern() -> None:
    star, other, one = Address("Group", "ops-*"), Address("Group", "ops-a"), Address("Group", "ops-[ab]")
    for known in ((), (star,), (star, other)):
        spared = globs_of(["Group/ops-*"], known, spares=True)
        assert [spared.select(each) for each in (star, other, one)] == [True, True, True]
    # A pattern that does not match its own text is the name, where that is known; else it is both.
    assert [globs_of(["Group/ops-[ab]"], [one], spares=True).select(each) for each in (one, other)] == [True, False]
    assert [globs_of(["Group/ops-[ab]"], [], spares=True).select(each) for each in (one, other)] == [True, True]


def test_names_and_patterns_stand_side_by_side() -> None:
    chosen = globs_of(["Group/ops [prod]", "User/a*", "Project"], [PROD])
    assert [chosen.select(each) for each in (PROD, PLAIN, ADA, Address("Project", "x"), Address("User", "b"))] == [
        True,
        False,
        True,
        True,
        False,
    ]
