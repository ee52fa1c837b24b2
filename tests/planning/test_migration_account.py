"""What a move comes to: every object and every standing has one place, and the places add up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from igz_apply.model.addresses import Address
from igz_apply.model.migration import Fate, Standing
from igz_apply.planning.migration_account import (
    Loss,
    Matter,
    Turn,
    address_of,
    counts_of,
    fields_of,
    is_whole,
    losses_of,
    matter_of,
    matters_of,
    problems_beside,
    roles_and_policies,
    tells_of_policies,
    turn_of,
    turns_of,
    uncarried,
    unmapped_policies,
)
from tests.reports.migration_builders import (
    COLLISION,
    UNMAPPED,
    added,
    carried,
    field_kept,
    field_lost,
    held,
    lost,
    lower,
    moved,
    usual_move,
    whole_move,
)
from tests.reports.reports_builders import at


@pytest.mark.parametrize(
    ("standing", "turn"),
    [
        (held("ada", "x", "viewer", "viewer"), Turn.EQUAL),
        (held("ada", "x", "viewer", "admin", is_higher=True), Turn.HIGHER),
        (held("ada", "x", "viewer", "viewer", is_higher=True, perhaps="admin"), Turn.PERHAPS),
        (lower("ada", "x"), Turn.LOWER),
        (lower("ada", "x", perhaps="editor"), Turn.LOWER),
        (lower("ada", "x", is_higher=True, perhaps="admin"), Turn.MIXED),
    ],
)
def test_each_standing_has_one_turn(standing: Standing, turn: Turn) -> None:
    assert turn_of(standing) is turn
    assert {turn for turn, these in turns_of([standing]).items() if these} == {turn}


def test_standings_and_objects_add_up() -> None:
    move = usual_move()
    assert sum(map(len, turns_of(move.standings).values())) == len(move.standings)
    roles, policies = roles_and_policies(move.standings)
    assert (len(roles), len(policies)) == (8, 1)
    counts = counts_of(move.objects)
    assert list(counts) == ["AppService", "Group", "Project", "User"]
    assert sum(counts["User"].values()) == 7
    assert counts["Group"] == {Fate.CARRIED: 0, Fate.CHANGED: 1, Fate.LOST: 2, Fate.ADDED: 1}


def test_each_lost_object_has_one_reason() -> None:
    losses = losses_of(usual_move().objects)
    assert {loss: [str(address_of(each)) for each in these] for loss, these in losses.items()} == {
        Loss.KIND: ["AppService/jupyter", "AppService/presto"],
        Loss.ALONE: ["Group/all_users"],
        Loss.STATED: ["Group/interns", "User/bob"],
        Loss.ABSENT: ["User/old"],
        Loss.OWN: ["User/sys"],
    }


def test_a_kind_is_lost_whole_though_the_platform_s_own_of_it_is_too_or_goes_along() -> None:
    objects = (lost("User/ada", "none", "6"), lost("User/sys", "own", "6", is_system=True))
    assert [str(it.old) for it in losses_of(objects)[Loss.KIND]] == ["User/ada"]
    objects = (lost("User/ada", "none", "6"), carried("User/admin", is_system=True))
    assert [str(it.old) for it in losses_of(objects)[Loss.KIND]] == ["User/ada"]
    objects = (lost("User/ada", "none", "6"), carried("User/bob"))
    assert [str(it.old) for it in losses_of(objects)[Loss.ALONE]] == ["User/ada"]


def test_what_is_added_does_not_hide_that_a_kind_is_lost() -> None:
    objects = (lost("Group/ds", "none", "7"), added("Group/all"))
    assert [str(it.old) for it in losses_of(objects)[Loss.KIND]] == ["Group/ds"]


def test_a_policy_is_unmapped_where_the_mapping_neither_carries_nor_leaves_it() -> None:
    assert unmapped_policies(usual_move()) == {"Data": (at("Group/ds"), at("User/ada"))}


def test_fields_that_are_not_carried_stand_together_where_they_are_alike() -> None:
    first = carried("User/ada", "", field_lost("uid", 1), field_kept("email", "a@x"))
    second = carried("User/bob", "", field_lost("uid", 2), field_lost("avatar", "x"))
    assert [it.path for it in uncarried(first)] == ["uid"]
    found = {(kind, path): these for (kind, path, *_), these in fields_of([first, second]).items()}
    assert list(found) == [("User", "avatar"), ("User", "uid")]
    assert [(each.old, it.before) for each, it in found["User", "uid"]] == [
        (Address("User", "ada"), 1),
        (Address("User", "bob"), 2),
    ]


def test_a_move_is_whole_where_all_was_seen_and_nothing_changes() -> None:
    assert is_whole(whole_move())
    own = lost("User/sys", "own", "6", is_system=True)
    assert is_whole(moved((carried("User/ada"), own, added("Group/around"))))
    assert not is_whole(moved((carried("User/ada"),), partial={"User": "the list ended early"}))
    assert not is_whole(moved((carried("User/ada", "", field_lost("uid", 1)),)))
    assert not is_whole(moved((carried("User/ada"),), (lower("ada", "x"),)))


def test_each_standing_of_a_move_is_told_in_one_place() -> None:
    move = usual_move()
    found = {matter: len(these) for matter, these in matters_of(move).items() if these}
    assert found == {
        Matter.PERHAPS: 1,
        Matter.MIXED: 1,
        Matter.LOWERED: 1,
        Matter.RAISED_AS_SAID: 1,
        Matter.LOWERED_AS_SAID: 2,
        Matter.OF_POLICIES: 1,
        Matter.OWN: 1,
        Matter.EQUAL: 1,
    }
    assert matter_of(held("ada", "x", "viewer", "admin", is_higher=True), move) is Matter.RAISED


def test_a_loss_of_policies_is_theirs_only_where_they_alone_are_lost() -> None:
    lost_one: dict[str, Any] = {"lost_policies": ("Data",), "before": "Data", "after": ""}
    told: dict[str, Any] = {"holders": {"Data": (at("User/ada"),)}}
    assert matter_of(lower("ada", "", **lost_one), moved(**told)) is Matter.OF_POLICIES
    assert matter_of(lower("ada", "", **lost_one, is_stated=True), moved(**told)) is Matter.OF_POLICIES
    assert matter_of(lower("ada", "", **lost_one, new_user=""), moved(**told)) is Matter.LOWERED
    assert matter_of(lower("ada", "", **lost_one), moved(**told, policies={"Data": ("data",)})) is Matter.LOWERED
    assert matter_of(lower("ada", "", **lost_one), moved()) is Matter.LOWERED  # no part tells who held it


def test_what_is_told_with_all_whom_it_is_about_is_no_problem_beside() -> None:
    strict = replace(UNMAPPED, severity="error")
    assert problems_beside(moved(problems=(COLLISION, UNMAPPED, strict))) == (COLLISION, strict)


@pytest.mark.parametrize("before", [None, "Data", [], ["Data", "Other"], [1], ["Idle"]])
def test_a_field_is_what_is_held_only_if_all_of_it_is(before: object) -> None:
    holders = {"Data": {at("User/ada")}, "Idle": {at("User/bob")}}
    assert not tells_of_policies(carried("User/ada"), field_lost("policies", before), holders)
    assert tells_of_policies(carried("User/ada"), field_lost("policies", ["Data"]), holders)
