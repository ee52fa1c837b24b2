"""Edited files as a diff: what may be a secret in the lines around is not repeated."""

from __future__ import annotations

import pytest

from igz_apply.views.diff_text import diff_lines
from igz_apply.views.lines import render


def shown(before: str, after: str | None, *, colour: bool = False) -> str:
    return render(diff_lines("m.yaml", before, after), colour=colour)


def test_a_diff_is_unified_and_coloured() -> None:
    assert shown("a: 1\nb: 2\n", "a: 1\nb: 3\n") == "--- m.yaml\n+++ m.yaml\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n"
    assert "\x1b[31m-b: 2\x1b[0m\n\x1b[32m+b: 3\x1b[0m" in shown("b: 2\n", "b: 3\n", colour=True)
    assert shown("a: 1\n", None) == "--- m.yaml\n+++ /dev/null\n@@ -1 +0,0 @@\n-a: 1\n"
    assert shown("a: 1\r\nb: 2\r\n", "a: 1\r\nb: 3\r\n").count("\n") == 6


@pytest.mark.parametrize(
    "line",
    [
        "DB_PASSWORD: hunter2",
        "env: {API_TOKEN: hunter2, PLAIN: x}",
        "'api-key': \"hunter2\"",
        "url: postgres://me:hunter2@db/x",
        "- {name: DB_PASSWORD, value: hunter2}",
        "- name: DB_PASSWORD\n  value: hunter2",
    ],
)
def test_what_may_be_a_secret_is_hidden(line: str) -> None:
    found = shown(f"{line}\nb: 2\n", f"{line}\nb: 3\n")
    assert "hunter2" not in found
    assert "(hidden: may be a secret)" in found


def test_where_a_secret_lies_is_shown_and_nothing_is_obeyed() -> None:
    assert "password: {from_env: PW}" in shown("password: {from_env: PW}\nb: 2\n", "password: {from_env: PW}\nb: 3\n")
    assert "a: \\u001b[1m" in shown("a: \x1b[1m\nb: 2\n", "a: \x1b[1m\nb: 3\n")
