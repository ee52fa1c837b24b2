from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from igz_apply.views.cells import cells, cut, cut_start, pad, wrap, wrap_items, wrap_path
from igz_apply.wording.printable import inert, printable


def test_escape_sequences_and_direction_marks_are_spelled_out() -> None:
    assert printable("a\x1b[31mb\u202ec\nd\x9b") == "a\\u001b[31mb\\u202ec\\nd\\u009b"


@given(st.text("#[]:ab \n"))
def test_no_command_of_a_runner_is_left_in_inert_text(text: str) -> None:
    found = inert(text)
    assert not re.search(r"##\[|::[A-Za-z]", found)
    assert found.replace(" ", "") == text.replace(" ", "")


def test_text_that_is_no_command_is_left_alone() -> None:
    text = "a:b ## x [1] 10:20:30 :: ::: http://a"
    assert inert(text) == text
    assert inert("##[error]a ::stop-commands::t") == "## [error]a : :stop-commands: :t"


def test_wide_characters_take_two_columns_and_combining_ones_none() -> None:
    assert [cells("ada"), cells("日本"), cells("e\u0301")] == [3, 4, 1]


def test_a_cut_says_which_end_is_missing() -> None:
    assert [cut("abcdef", 4), cut_start("abcdef", 4), cut("abcd", 4), cut("日本語", 4)] == [
        "abc…",
        "…def",
        "abcd",
        "日…",
    ]


def test_padding_counts_columns_not_characters() -> None:
    assert pad("日", 4) + "|" == "日  |"


def test_wrapped_items_are_never_broken() -> None:
    assert wrap_items(["Application Admin", "Data", "Developer"], 20) == ["Application Admin,", "Data, Developer"]
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap_items([], 20) == []


@given(st.text(), st.integers(1, 40))
def test_what_is_cut_always_fits(text: str, width: int) -> None:
    assert cells(cut(text, width)) <= width
    assert cells(cut_start(text, width)) <= width


@given(st.text())
def test_what_is_printable_never_controls_the_terminal(text: str) -> None:
    assert printable(text).isprintable()


def test_a_path_is_broken_after_its_slashes() -> None:
    assert wrap_path("manifests/teams/retail/ada.yaml:3", 16) == ["manifests/teams/", "retail/", "ada.yaml:3"]
    assert wrap_path("manifests.yaml:3", 5) == ["manifests.yaml:3"]
