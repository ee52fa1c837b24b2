"""A pattern that is compiled late finds what one finds that is compiled at once."""

from __future__ import annotations

import re

import pytest

from igz_apply.patterns import pattern


@pytest.mark.parametrize("text", ["", "a1", "A12", "b", "xa1", "a1a2"])
def test_a_late_pattern_finds_the_same(text: str) -> None:
    late, early = pattern(r"(a)(\d+)", re.IGNORECASE), re.compile(r"(a)(\d+)", re.IGNORECASE)
    for find in ("match", "fullmatch", "search"):
        ours, theirs = getattr(late, find)(text), getattr(early, find)(text)
        assert (ours and (ours.span(), ours.groups())) == (theirs and (theirs.span(), theirs.groups()))
    assert late.findall(text) == early.findall(text)
    assert late.sub(r"\2", text) == early.sub(r"\2", text)
    assert (late.pattern, late.flags) == (early.pattern, early.flags)


def test_a_pattern_is_compiled_when_it_is_used_and_not_before() -> None:
    wrong = pattern("(")
    with pytest.raises(re.error):
        wrong.match("a")
