"""What is left of a name when all that nobody can tell apart is taken away."""

from __future__ import annotations

import pytest

from igz_apply.authoring.lookalikes import folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "ada"),
        ("straße", "STRASSE"),
        ("caf\u00e9", "cafe\u0301"),
        ("CAFE\u0301", "caf\u00e9"),
        ("\uff41da", "ada"),
        ("\ufb01nance", "finance"),
        ("a\u200bda", "ada"),
        ("a\u00adda", "ada"),
        ("a\ufe0fda", "ada"),
        ("a\u034fda", "ada"),
        ("a\uffa0da", "ada"),
        ("ops\u00a0prod", "ops prod"),
        ("\u202eada", "ada"),
    ],
)
def test_names_that_nobody_can_tell_apart_are_folded_into_one(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("ada", "adа"), ("a-b", "a_b"), ("résumé", "resume"), ("a b", "ab")])
def test_names_that_differ_stay_apart(one: str, other: str) -> None:
    assert folded(one) != folded(other)
