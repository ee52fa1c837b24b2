"""Hashes of values: by quick ways for what most resources hold, and the same as by the slow one."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from igz_apply.model.plain_values import hashed, hashed_lists


def of_json(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@pytest.mark.parametrize(
    "value",
    [None, True, False, 0, 1, -5, 10**30, 1.5, "", 'é"', [], ["a", "b"], [1, 2], {"b": ["a"], "a": {"c": None}}],
)
def test_a_hash_is_that_of_the_values_json(value: Any) -> None:
    assert hashed(value) == of_json(value)


def test_the_order_of_a_plain_list_does_not_count_and_its_kind_neither() -> None:
    assert hashed(["b", "a"]) == hashed(("a", "b")) == of_json(["a", "b"])
    assert hashed({"x": ["b", 1]}) == hashed({"x": (1, "b")})
    assert hashed([["b"], ["a"]]) != hashed([["a"], ["b"]])


def test_true_is_not_one() -> None:
    assert len({hashed(value) for value in (True, 1, "true", "1", None, "null", False, 0)}) == 8


def test_lists_by_name_are_hashed_as_a_mapping_of_them() -> None:
    lists = {'u"é': ("b", "a"), "ada": frozenset({"x"}), "tim": ()}
    assert hashed_lists(lists) == hashed({name: sorted(names) for name, names in lists.items()})
