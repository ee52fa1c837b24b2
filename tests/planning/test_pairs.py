"""Pairs in few names: none is lost, none is told twice, and who has all the same stands together."""

from __future__ import annotations

from igz_apply.planning.pairs import in_few_names


def test_those_who_have_all_the_same_stand_together() -> None:
    pairs = [("bob", "fraud"), ("ada", "churn"), ("ada", "fraud"), ("bob", "churn"), ("cy", "churn")]
    assert in_few_names(pairs) == [(("ada", "bob"), ("churn", "fraud")), (("cy",), ("churn",))]


def test_the_side_is_taken_that_needs_fewer_names() -> None:
    pairs = [(user, project) for user in ("a", "b", "c", "d") for project in ("x", "y")] + [("a", "z")]
    found = in_few_names(pairs)
    assert found == [(("a", "b", "c", "d"), ("x", "y")), (("a",), ("z",))]
    assert sorted((user, project) for users, projects in found for user in users for project in projects) == sorted(
        pairs
    )


def test_of_nothing_nothing_is_told() -> None:
    assert in_few_names([]) == []
