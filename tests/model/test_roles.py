"""Role members: exact for each role that is stated, one role a member, an owner counts without being listed."""

from __future__ import annotations

from typing import Any

from igz_apply.iguazio3.kinds import PROJECT
from igz_apply.model.roles import without_counted
from tests.builders import cluster, diff_of, group, manifests, plan_for, project, steps, user

PEOPLE = (user("ada"), user("bob"), user("cy"), group("ds"), group("ops"))


def roles(declared: dict[str, Any], lives: dict[str, Any] | None = None, **lifecycle: Any) -> dict[str, Any]:
    """Return what is planned of a project's fields, owner and members."""
    world = cluster(*PEOPLE, *([project("p", **lives)] if lives is not None else []))
    return diff_of(plan_for(manifests(project("p", **declared, **lifecycle)), world), "Project/p")


def test_a_stated_role_is_exact_in_both_sides() -> None:
    lives = {"members": {"editor": {"users": ["ada", "bob"], "groups": ["ds"]}}}
    assert roles({"members": {"editor": {"users": ["cy"]}}}, lives) == {
        "members.editor.users": (["ada", "bob"], ["cy"]),
        "members.editor.groups": (["ds"], None),
    }
    assert roles({"members": {"editor": {}}}, lives) == {
        "members.editor.users": (["ada", "bob"], None),
        "members.editor.groups": (["ds"], None),
    }


def test_a_role_that_is_not_stated_is_left_alone() -> None:
    assert roles({"members": {"viewer": {}}}, {"members": {"editor": {"users": ["ada"]}}}) == {}
    assert roles({"members": {}}, {"members": {"editor": {"users": ["ada"]}}}) == {}


def test_null_clears_every_role_and_a_role_that_is_null_itself() -> None:
    lives = {"members": {"editor": {"users": ["ada"]}, "viewer": {"users": ["bob"]}}}
    assert roles({"members": None}, lives) == {
        "members.editor.users": (["ada"], None),
        "members.viewer.users": (["bob"], None),
    }
    assert roles({"members": {"viewer": None}}, lives) == {"members.viewer.users": (["bob"], None)}


def test_a_member_that_a_stated_role_gains_leaves_the_role_it_had() -> None:
    lives = {"members": {"viewer": {"users": ["ada", "bob"], "groups": ["ada"]}}}
    assert roles({"members": {"editor": {"users": ["ada"]}}}, lives) == {
        "members.editor.users": (None, ["ada"]),
        "members.viewer.users": (["ada", "bob"], ["bob"]),
    }


def test_additive_adds_members_and_still_moves_them() -> None:
    lives = {"members": {"viewer": {"users": ["ada", "bob"]}, "editor": {"users": ["cy"]}}}
    declared = {"members": {"editor": {"users": ["ada"]}, "viewer": {}}}
    assert roles(declared, lives, membership="additive") == {
        "members.editor.users": (["cy"], ["ada", "cy"]),
        "members.viewer.users": (["ada", "bob"], ["bob"]),
    }


def test_an_owner_is_neither_missed_nor_removed() -> None:
    listed = {"owner": "ada", "members": {"admin": {"users": ["ada"]}}}
    unlisted = {"owner": "ada", "members": {}}
    for lives in (listed, unlisted):
        assert roles({"members": {"admin": {"users": ["ada"]}}}, lives) == {}
        assert roles({"members": {"admin": {}}}, lives) == {}
        assert roles({"members": {"admin": {"users": ["bob"]}}}, lives) == {
            "members.admin.users": (["ada"], ["ada", "bob"])
        }


def test_a_previous_owner_stays_an_admin_unless_the_role_is_stated_without() -> None:
    lives = {"owner": "ada", "members": {}}
    assert roles({"owner": "bob"}, lives) == {"owner": ("ada", "bob")}
    assert roles({"owner": "bob", "members": {"admin": {"users": ["ada"]}}}, lives) == {"owner": ("ada", "bob")}
    assert roles({"owner": "bob", "members": {"admin": {}}}, lives) == {
        "owner": ("ada", "bob"),
        "members.admin.users": (["ada"], ["bob"]),
    }


def test_a_previous_owner_whom_another_role_lists_leaves_the_admins() -> None:
    for members in ({}, {"editor": {"users": ["ada"]}}):
        planned = roles(
            {"owner": "bob", "members": {"editor": {"users": ["ada"]}}}, {"owner": "ada", "members": members}
        )
        assert planned["members.admin.users"] == (["ada"], ["bob"])


def test_a_new_project_shows_its_members() -> None:
    declared = {"owner": "ada", "members": {"admin": {"users": ["ada"]}, "editor": {"groups": ["ds", "ops"]}}}
    assert roles(declared) == {"owner": (None, "ada"), "members.editor.groups": (None, ["ds", "ops"])}


def test_a_previous_owner_who_was_listed_in_a_lower_role_leaves_that() -> None:
    lives = {"owner": "ada", "members": {"viewer": {"users": ["ada", "cy"]}}}
    assert roles({"owner": "bob", "members": {"editor": {"groups": ["ds"]}}}, lives) == {
        "owner": ("ada", "bob"),
        "members.editor.groups": (None, ["ds"]),
        "members.viewer.users": (["ada", "cy"], ["cy"]),
    }


def test_somebody_with_two_roles_is_left_alone_until_roles_are_written_and_keeps_the_higher_one_then() -> None:
    lives = {"members": {"admin": {"users": ["ada"]}, "viewer": {"users": ["ada", "cy"]}}}
    assert roles({"members": {"editor": {}}}, lives) == {}
    assert roles({"members": {"editor": {"users": ["bob"]}}}, lives) == {
        "members.editor.users": (None, ["bob"]),
        "members.viewer.users": (["ada", "cy"], ["cy"]),
    }
    assert roles({"members": {"viewer": {"users": ["ada"]}}}, lives) == {
        "members.admin.users": (["ada"], None),
        "members.viewer.users": (["ada", "cy"], ["ada"]),
    }


def test_an_owner_who_is_listed_in_a_lower_role_on_the_cluster_is_left_there() -> None:
    """As after an owner change in the dashboard: nothing follows from it, since the owner counts as an admin."""
    world = cluster(user("ada"), user("bob"), project("p", owner="bob", members={"editor": {"users": ["bob", "ada"]}}))
    kept = project("p", owner="bob", members={"admin": {}, "editor": {"users": ["ada"]}, "viewer": {}})
    assert steps(plan_for(manifests(kept), world)) == []
    given = project("p", owner="ada", members={"editor": {"users": ["bob"]}})
    assert diff_of(plan_for(manifests(given), world), "Project/p")["members.editor.users"] == (["ada", "bob"], ["bob"])
    field = next(each for each in PROJECT.fields if each.name == "members")
    lists = {"editor": {"users": ["bob", "ada"], "groups": ["bob"]}, "admin": {"users": ["bob"]}, "viewer": None}
    assert without_counted(field, {"owner": "bob", "members": lists}) == {
        "editor": {"users": ["ada"], "groups": ["bob"]},
        "admin": {"users": ["bob"]},
        "viewer": {},
    }
    assert without_counted(field, {"owner": "bob"}) is None
