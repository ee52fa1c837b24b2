"""Edited files as a diff, as every tool that shows changes of text does it."""

from __future__ import annotations

from igz_apply.views.diff_text import diff_lines
from igz_apply.views.lines import render


def shown(before: str, after: str | None, *, colour: bool = False) -> str:
    return render(diff_lines("m.yaml", before, after), colour=colour)


def test_a_diff_is_unified_and_coloured() -> None:
    assert shown("a: 1\nb: 2\n", "a: 1\nb: 3\n") == "--- m.yaml\n+++ m.yaml\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n"
    assert "\x1b[31m-b: 2\x1b[0m\n\x1b[32m+b: 3\x1b[0m" in shown("b: 2\n", "b: 3\n", colour=True)
    assert shown("a: 1\n", None) == "--- m.yaml\n+++ /dev/null\n@@ -1 +0,0 @@\n-a: 1\n"
    assert shown("a: 1\r\nb: 2\r\n", "a: 1\r\nb: 3\r\n").count("\n") == 6


def test_nothing_is_obeyed_and_a_login_in_a_comment_is_hidden() -> None:
    assert "a: \\u001b[1m" in shown("a: \x1b[1m\nb: 2\n", "a: \x1b[1m\nb: 3\n")
    found = shown("# postgres://me:hunter2@db/x\nb: 2\n", "# postgres://me:hunter2@db/x\nb: 3\n")
    assert "hunter2" not in found
    assert " (hidden: may be a secret)\n" in found


def test_a_line_that_begins_as_a_head_does_is_none() -> None:
    assert "\x1b[31m--- x\x1b[0m" in shown("-- x\nb: 2\n", "b: 2\n", colour=True)
