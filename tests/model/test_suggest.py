"""What a misspelt word may have meant: by slips of the keyboard, and quickly among the names of a whole cluster."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.model.suggest import did_you_mean, nearest

_WORDS = st.text("abc", max_size=9)


@cache
def slips(one: str, other: str) -> int:
    """The distance by its definition."""
    if not one or not other:
        return len(one) + len(other)
    found = min(slips(one[1:], other) + 1, slips(one, other[1:]) + 1, slips(one[1:], other[1:]) + (one[0] != other[0]))
    if one[:2] == other[1::-1] and len(one) > 1 and len(other) > 1:
        found = min(found, slips(one[2:], other[2:]) + 1)
    return found


@pytest.mark.parametrize(
    ("word", "candidates", "meant"),
    [
        ("alcie", ["alice", "bob"], "alice"),
        ("ALICE", ["alice"], "alice"),
        ("alise", ["alice", "alive"], "alice"),  # of two that are as near, the first
        ("data", ["date", "dat", "DATA"], "DATA"),  # the nearest, wherever it stands
        ("User/adda", ["User/ada", "Group/adda"], "User/ada"),
        ("Usr/ada", ["User/ada"], "User/ada"),
        ("Group/ada", ["User/ada"], None),
        ("ada", ["User/ada"], None),
        ("x", ["y"], None),
        ("", ["a"], None),
        ("a" * 129, ["a" * 129], None),
    ],
)
def test_a_few_slips_lead_to_what_was_meant(word: str, candidates: list[str], meant: str | None) -> None:
    assert nearest(word, candidates) == meant
    assert did_you_mean(word, candidates) == (f"Did you mean {meant}?" if meant else "")


@given(_WORDS.filter(bool), st.lists(_WORDS, max_size=4))
def test_the_nearest_is_the_one_with_the_fewest_slips(word: str, candidates: list[str]) -> None:
    near = {each: slips(word, each) for each in sorted(set(candidates))}
    longest = {each: max(len(word), len(each)) for each in near}
    meant = [each for each in near if near[each] <= max(longest[each] // 3, min(1, longest[each] - 1))]
    assert nearest(word, candidates) == min(meant, key=near.__getitem__, default=None)
