from __future__ import annotations

import pytest

from igz_apply.views.details import Members, Replaced, Secret, details
from igz_apply.views.excerpts import excerpts
from igz_apply.views.values import literal
from tests.views.views_builders import differs


def test_a_scalar_is_told_as_before_and_after() -> None:
    assert details(differs("first_name", "Ada", "Augusta")) == (Replaced(("first_name",), "Ada", "Augusta"),)


def test_a_set_is_told_by_what_it_gains_and_loses() -> None:
    assert details(differs("groups", ["a", "b"], ["b", "c"])) == (Members(("groups",), ("c",), ("a",)),)


def test_a_set_that_was_not_there_gains_all_its_members() -> None:
    assert details(differs("groups", None, ["a"])) == (Members(("groups",), ("a",), ()),)
    assert details(differs("groups", ["a"], None)) == (Members(("groups",), (), ("a",)),)


def test_a_list_whose_order_alone_changes_is_told_whole() -> None:
    assert details(differs("x", ["a", "b"], ["b", "a"])) == (Replaced(("x",), ["a", "b"], ["b", "a"]),)


def test_nested_values_become_short_dotted_paths() -> None:
    diff = differs("labels", {"team": "retail", "tier": "1"}, {"team": "sales", "tier": "1", "zone": "b"})
    assert details(diff) == (Replaced(("labels", "team"), "retail", "sales"), Replaced(("labels", "zone"), None, "b"))


def test_an_item_put_before_others_is_not_told_as_a_change_of_them() -> None:
    before = [{"metric": "a", "threshold": 0}, {"metric": "b", "threshold": 1}]
    after = [{"metric": "new", "threshold": 3}, {"metric": "a", "threshold": 0}, {"metric": "b", "threshold": 2}]
    assert details(differs("rules", before, after)) == (
        Replaced(("rules", 0), None, {"metric": "new", "threshold": 3}),
        Replaced(("rules", 1, "threshold"), 1, 2),
    )


def test_objects_that_only_change_places_are_told_whole() -> None:
    before = [{"a": 1}, {"b": 2}]
    assert details(differs("rules", before, before[::-1])) == (Replaced(("rules",), before, before[::-1]),)


def test_a_value_that_changes_its_type_alone_is_a_difference() -> None:
    assert details(differs("x.y", 1, True)) == (Replaced(("x", "y"), 1, True),)


def test_a_secret_is_told_in_words() -> None:
    diff = differs("password", "(set)", "(from environment variable PW)", sensitive=True)
    assert details(diff) == (Secret(("password",), "(set) → (from environment variable PW)"),)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Data scientists, retail", "Data scientists, retail"),
        ("", '""'),
        ("true", '"true"'),
        (True, "true"),
        ("42", '"42"'),
        (42, "42"),
        (" padded ", '" padded "'),
        ("a → b", '"a → b"'),
        ('say "hi"', '"say \\"hi\\""'),
        (None, "(unset)"),
        ("(unset)", '"(unset)"'),
        (["a", "b, c"], '[a, "b, c"]'),
        ({"b": 1, "a": {"x": []}}, "{a: {x: []}, b: 1}"),
        ("line\nbreak", "line\\nbreak"),
    ],
)
def test_values_are_quoted_only_where_they_could_be_taken_for_something_else(value: object, shown: str) -> None:
    assert literal(value) == shown


def test_long_texts_are_cut_so_that_the_difference_can_be_seen() -> None:
    same = "x" * 100
    old, new = excerpts(f"{same} one {same}", f"{same} two {same}", 40)
    assert "one" in old
    assert "two" in new
    assert max(len(old), len(new)) <= 40


def test_a_difference_at_the_very_end_stays_visible() -> None:
    old, new = excerpts("x" * 100 + "1", "x" * 100 + "2", 30)
    assert (old[-1], new[-1]) == ("1", "2")
