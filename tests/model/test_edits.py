"""Edits of manifests as data."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.model.addresses import Source
from igz_apply.model.edits import GONE, Edit, Listing, Put, edited

HERE = Source("m.yaml", 1, 1)


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        ({"a": 1}, Put(HERE, ("a",), 2), {"a": 2}),
        ({"a": 1}, Put(HERE, ("b", "c"), 2), {"a": 1, "b": {"c": 2}}),
        ({"a": 1, "b": 2}, Put(HERE, ("a",)), {"b": 2}),
        ({"a": 1}, Put(HERE, ("b", "c")), {"a": 1}),
        ({"a": None}, Put(HERE, ("a", "b"), 1), {"a": {"b": 1}}),
        ({"a": [{"b": 1}, {"b": 2}]}, Put(HERE, ("a", 1, "b"), 3), {"a": [{"b": 1}, {"b": 3}]}),
        ({"a": 1}, Put(HERE, ()), GONE),
        ({"a": ["x", "y"]}, Listing(HERE, ("a",), frozenset({"x"}), ("y", "z")), {"a": ["y", "z"]}),
        ({}, Listing(HERE, ("a", "b"), frozenset({"x"}), ("z",)), {"a": {"b": ["z"]}}),
    ],
)
def test_an_edit_changes_what_it_is_about(before: Any, edit: Edit, after: Any) -> None:
    assert edited(before, [edit]) == after


def test_what_is_gone_stays_gone() -> None:
    assert edited({"a": 1}, [Put(HERE, ()), Put(HERE, ("a",), 2)]) is GONE
    assert edited({"a": 1}, [Put(HERE, ("a",), 2), Put(HERE, ("a",))]) == {}


def test_items_go_by_where_they_were() -> None:
    assert edited({"a": [1, {"b": 2}, 3]}, [Put(HERE, ("a", 0)), Put(HERE, ("a", 1, "b"), 4)]) == {"a": [{"b": 4}, 3]}
