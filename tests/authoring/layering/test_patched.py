"""A manifest with a patch over it, and what is patched twice."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.authoring.layering.merging import patched


@pytest.mark.parametrize(
    ("data", "patch", "result"),
    [
        ({"a": 1, "b": 2}, {"a": 3}, {"a": 3, "b": 2}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"b": 2}, {"a": None}, {"b": 2}),
        ({"a": None}, {"a": None}, {}),
        ({"a": None}, {"b": 1}, {"a": None, "b": 1}),
        ({}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
        ({"a": [1, 2]}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": [3]}}, {"a": {"c": 2, "d": [3]}}),
        ({"a": {"b": 1}}, {"a": [2]}, {"a": [2]}),
    ],
)
def test_to_patch_twice_is_to_patch_once(data: Any, patch: Any, result: Any) -> None:
    assert patched(data, patch) == result
    assert patched(result, patch) == result
