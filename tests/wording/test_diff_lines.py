"""Differences as signed lines."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.model.changes import FieldDiff
from igz_apply.wording.diff_lines import diff_lines


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a", "b", ["- name: a", "+ name: b"]),
        (None, "b", ["+ name: b"]),
        ("a", None, ["- name: a"]),
        (["x", "y"], ["y", "z"], ["- name: x", "+ name: z"]),
        ([], ["z"], ["+ name: z"]),
        ([{"a": 1}], [{"a": 2}], ['- name: [{"a": 1}]', '+ name: [{"a": 2}]']),
        ("a" * 12, None, ["- name: aaaaaaaaaa… (2 more characters)"]),
    ],
)
def test_what_comes_and_goes_has_a_sign_each(before: Any, after: Any, expected: list[str]) -> None:
    limit = 10 if before == "a" * 12 else 100
    lines = [f"{it.sign} {it.text}" for it in diff_lines(FieldDiff(("name",), before, after), limit)]
    assert lines == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [(None, None, "~ name: secret"), ("(old)", "(new)", "~ name: (old) → (new)"), (None, "(new)", "~ name: (new)")],
)
def test_of_a_secret_words_are_shown_alone(before: Any, after: Any, expected: str) -> None:
    (line,) = diff_lines(FieldDiff(("name",), before, after, sensitive=True), 100)
    assert f"{line.sign} {line.text}" == expected
