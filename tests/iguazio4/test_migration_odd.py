"""Moves of what is rarely there: names that only something names, slashes, groups around others, primary groups."""

from __future__ import annotations

import pytest

from igz_apply.model.migration import Fate
from igz_apply.model.resources import Resource
from tests.iguazio4.moves import (
    document,
    fate,
    field,
    group,
    loaded_problems,
    mapping,
    move,
    problem,
    project,
    specs,
    standing,
    told,
    user,
)

ADA = user("ada", email="ada@x.test")


def test_who_is_only_named_is_left_behind_too_whatever_pattern_speaks_of_them() -> None:
    churn = project("churn", owner="ada", members={"admin": {"users": ["old-bob"]}})
    moved = move(ADA, churn, said=mapping(users={"*": "*@x.test"}, leave=["User/old-*"]))
    assert told(moved) == []
    assert specs(moved)["Project/churn"]["members"] == {"admin": {}}
    assert field(moved, "Project/churn", "members.admin.users").why == "old-bob is not carried: it is of the past"
    held = standing(moved, "old-bob", "churn")
    assert held is not None
    assert (held.before, held.after, held.new_user, held.is_stated) == ("admin", "", "", True)


def test_who_is_only_named_is_not_mapped_and_left_behind() -> None:
    churn = project("churn", owner="ada", members={"admin": {"users": ["bob"]}})
    moved = move(ADA, churn, said=mapping(users={"bob": "bob@x.test"}, leave=["User/bob"]))
    assert problem(moved, "Mapped and left behind").severity == "error"


def test_a_primary_group_is_a_membership_though_nothing_else_states_it() -> None:
    moved = move(user("bob", primary_group="ds"), ADA, group("ds"), _editing("ds"))
    assert specs(moved)["User/bob"]["groups"] == ["ds"]
    assert document(moved, "User/bob")["lifecycle"] == {"membership": "additive"}
    assert "groups" not in specs(moved)["User/ada@x.test"]
    held = standing(moved, "bob", "churn")
    assert held is not None
    assert (held.before, held.after, held.is_lower) == ("editor", "editor", False)
    assert loaded_problems(moved) == ()


def test_a_primary_group_that_is_left_behind_is_told() -> None:
    moved = move(user("bob", primary_group="ds"), group("ds"), said=mapping(leave=["Group/ds"]))
    lost = field(moved, "User/bob", "groups")
    assert (lost.fate, lost.why) == (Fate.LOST, "ds is not carried: it is of the past")
    assert fate(moved, "User/bob").fate is Fate.CHANGED


def test_two_groups_around_others_that_differ_in_case_alone_are_one() -> None:
    moved = move(group("a"), group("b"), said=mapping(groups={"a": "Lab/in/a", "b": "lab/in/b"}))
    found = [each for each in moved.problems if each.summary == "Two that become one"]
    assert [str(each.source) for each in found] == ["mapping.yaml:3:20", "mapping.yaml:3:20"]
    assert "Group/b becomes lab/in/b, which lies in lab; Group/a becomes Lab/in/a" in found[1].detail


@pytest.mark.parametrize(("groups", "separator"), [({"team-*": "teams/*"}, ""), ({}, "."), ({"team-*": "team-*"}, ".")])
def test_a_slash_in_a_name_makes_a_path_only_where_that_very_name_or_the_separator_says_so(
    groups: dict[str, str], separator: str
) -> None:
    moved = move(group("team-a/b"), group("team-a"), said=mapping(groups=groups, separator=separator))
    assert "it has a / in it" in problem(moved, "Unusable new name").detail
    said = mapping(groups={**groups, "team-a/b": "ab/b"}, separator=separator)
    assert told(move(group("team-a/b"), group("team-a"), said=said)) == []
    assert told(move(group("team-a/b"), group("team-a"), said=mapping(separator="/"))) == []


def test_no_group_becomes_the_platforms_own_by_its_case() -> None:
    moved = move(group("Admins"))
    assert "the platform's own group there" in problem(moved, "Unusable new name").detail


def _editing(name: str) -> Resource:
    return project("churn", owner="ada", members={"editor": {"groups": [name]}})
