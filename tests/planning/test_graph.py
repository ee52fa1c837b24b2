"""Topological order of anything that has keys."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from igz_apply.planning.topology import ordered


def test_each_key_follows_what_it_needs_and_ties_go_by_key() -> None:
    assert ordered({"c": {"a"}, "b": set(), "a": set(), "d": {"c", "b"}}) == (["a", "b", "c", "d"], [])


def test_needs_that_are_no_keys_and_needs_of_oneself_do_not_count() -> None:
    assert ordered({"a": {"a", "z"}}) == (["a"], [])


def test_a_cycle_is_told_with_its_first_key_repeated() -> None:
    found, cycle = ordered({"a": {"c"}, "b": {"a"}, "c": {"b"}, "d": {"a"}, "e": set()})
    assert (found, cycle) == (["e"], ["a", "c", "b", "a"])


def test_a_cycle_is_found_from_what_hangs_on_it() -> None:
    assert ordered({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ([], ["b", "c", "b"])


graphs = st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 11), max_size=3))


@given(graphs)
def test_everything_is_in_order_or_there_is_a_cycle(graph: dict[int, set[int]]) -> None:
    found, cycle = ordered(graph)
    place = {key: index for index, key in enumerate(found)}
    assert all(place[need] < place[key] for key in found for need in graph[key] if need in graph and need != key)
    assert (len(found) == len(graph)) == (not cycle)
    assert all(after in graph[before] for before, after in pairwise(cycle))
