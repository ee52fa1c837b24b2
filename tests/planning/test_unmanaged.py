"""What lives and is not in git: by name, and above all who has access by no manifest."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan, Unmanaged
from igz_apply.model.kind import Kinds
from igz_apply.model.resources import Owned
from igz_apply.planning.plan_document import from_data, to_data
from igz_apply.wording.unmanaged_words import access_told, counts_told
from tests.builders import absent, cluster, entry, group, live, manifests, owned, plan_for, project, service, user

SYSTEM = live(user("admin", assigned_policies=["Security Admin"]), is_system=True)


def found(declared: Any, *items: Any, inventory: Owned | None = None, **options: Any) -> Unmanaged:
    made = plan_for(manifests(*declared), cluster(SYSTEM, *items), inventory or Owned(), **options)
    return made.unmanaged


def told(*arguments: Any, **options: Any) -> list[str]:
    return list(access_told(found(*arguments, **options)))


# Resources


def test_what_is_neither_declared_nor_ours_nor_the_platforms_is_named() -> None:
    unmanaged = found(
        [user("ada")],
        user("ada"),
        user("shadow"),
        group("ext"),
        project("p"),
        service("s", kind="shell"),
        live(group("all_users"), is_system=True),
        live(user("leaving"), is_deleting=True),
        user("held"),
        inventory=owned(user("held")),
    )
    assert [str(it) for it in unmanaged.resources] == ["AppService/s", "Group/ext", "Project/p", "User/shadow"]
    assert not unmanaged.is_empty
    assert not unmanaged.gives_access


def test_nothing_is_told_where_everything_is_in_git() -> None:
    assert found([user("ada")], user("ada")).is_empty


# Members of groups


def test_a_member_whom_neither_side_states_is_told_be_it_declared_or_not() -> None:
    lives = (group("ds"), user("ada"), user("shadow"), *[user("ken", groups=["ds"])])
    assert told([group("ds"), user("ken")], *lives, group("more", users=["shadow"])) == [
        "User/ken is a member of Group/ds"
    ]
    assert told([group("ds")], group("ds", users=["shadow"]), user("shadow")) == ["User/shadow is a member of Group/ds"]


@pytest.mark.parametrize(
    "declared",
    [
        [group("ds", users=["ken"]), user("ken")],
        [group("ds"), user("ken", groups=["ds"])],
        [group("ds"), user("ken", primary_group="ds")],
        [group("ds"), user("ken", groups=[])],  # the plan takes it away
        [group("ds", users=[]), user("ken")],
        [group("ds", users=[], ignore_changes=["users"]), user("ken")],  # left to others, and git says so
        [group("ds"), user("ken", groups=[], ignore_changes=["groups"])],
        [group("ds"), absent(user("ken"))],
        [absent(group("ds")), user("ken")],
        [user("ken")],
    ],
)
def test_a_member_of_whom_git_speaks_is_not_told(declared: Any) -> None:
    assert told(declared, group("ds"), user("ken", groups=["ds"])) == []


def test_a_list_that_only_adds_leaves_the_others_in_and_they_are_told() -> None:
    lives = (group("ds", users=["ken", "tim"]), user("ken"), user("tim"))
    stated = group("ds", users=["ken"], membership="additive")
    assert told([stated, user("ken"), user("tim")], *lives) == ["User/tim is a member of Group/ds"]


def test_the_platforms_own_accounts_and_who_is_leaving_are_not_told() -> None:
    lives = (
        group("ds"),
        live(user("sys", groups=["ds"]), is_system=True),
        live(user("bob", groups=["ds"]), is_deleting=True),
    )
    assert told([group("ds")], *lives) == []


def test_where_a_run_reads_a_part_of_the_manifests_what_was_applied_from_the_others_is_in_git() -> None:
    lives = (group("ds"), user("ken", groups=["ds"]), user("shadow", groups=["ds"]))
    inventory = owned(user("ken", groups=["ds"]), **{"User/odd": entry(is_pending=True), "Else/x": entry(id="1")})
    assert told([group("ds")], *lives, inventory=inventory) == ["User/shadow is a member of Group/ds"]


# Members of projects

MEMBERS = {"admin": {"users": ["ada"]}, "editor": {"users": ["tim"], "groups": ["ext"]}}
PEOPLE = (user("ada"), user("tim"), user("cy"), group("ext"))


def roles_told(stated: Any, lives: Any, **options: Any) -> list[str]:
    return told([project("p", **stated), *PEOPLE], project("p", **lives), *PEOPLE, **options)


def test_members_of_a_role_that_no_manifest_states_are_told_users_and_groups() -> None:
    lives = {"owner": "ada", "members": MEMBERS}
    assert roles_told({"owner": "ada"}, lives) == [
        "Group/ext is Editor of Project/p",
        "User/tim is Editor of Project/p",
    ]
    assert roles_told({"owner": "ada", "members": {"viewer": {}}}, lives) == [
        "Group/ext is Editor of Project/p",
        "User/tim is Editor of Project/p",
    ]


@pytest.mark.parametrize(
    "stated",
    [
        {"members": None},
        {"members": MEMBERS},
        {"members": {"editor": {}}},  # the plan takes them out
        {"members": {"viewer": {"users": ["tim"], "groups": ["ext"]}}},  # the plan moves them
        {"members": {"admin": {}, "editor": None}},
        {"members": {}, "ignore_changes": ["members"]},
        {"members": {}, "ignore_changes": ["members.editor"]},
    ],
)
def test_members_of_whom_a_manifest_speaks_are_not_told(stated: Any) -> None:
    assert roles_told({"owner": "ada", **stated}, {"owner": "ada", "members": MEMBERS}) == []


def test_members_beside_those_that_are_added_are_told() -> None:
    lives = {"owner": "ada", "members": {"editor": {"users": ["tim", "cy"]}}}
    stated = {"owner": "ada", "members": {"editor": {"users": ["cy"]}}, "membership": "additive"}
    assert roles_told(stated, lives) == ["User/tim is Editor of Project/p"]
    assert roles_told({"owner": "ada", "members": None, "membership": "additive"}, lives) == [
        "User/cy is Editor of Project/p",
        "User/tim is Editor of Project/p",
    ]


def test_a_group_of_everybody_in_a_role_is_told_though_it_is_the_platforms_own() -> None:
    everybody = live(group("all_users"), is_system=True)
    lives = project("p", owner="ada", members={"admin": {"groups": ["all_users"], "users": ["admin"]}})
    assert told([project("p", owner="ada"), user("ada")], lives, user("ada"), everybody) == [
        "Group/all_users is Admin of Project/p"
    ]


def test_who_owns_a_project_whose_manifest_leaves_that_open_is_told_but_not_who_works_from_git() -> None:
    lives = project("p", owner="shadow")
    assert told([project("p")], lives, user("shadow")) == ["User/shadow owns Project/p"]
    assert told([project("p")], project("p", owner="admin")) == []
    assert told([project("p")], project("p")) == []
    assert told([project("p", owner="ada")], lives, user("shadow"), user("ada")) == []


def test_a_project_that_does_not_live_has_nobody() -> None:
    assert told([project("p")]) == []


# Administrators


def test_who_holds_an_administrative_policy_by_no_manifest_is_told_with_the_way() -> None:
    lives = (
        user("shadow", assigned_policies=["Security Admin", "IT Admin", "Data"], groups=["root"]),
        group("root", assigned_policies=["Tenant Admin"]),
        user("ken"),
    )
    assert told([user("ken")], *lives) == [
        "User/shadow holds IT Admin, Security Admin",
        "User/shadow holds Tenant Admin, through Group/root",
    ]


def test_a_declared_user_whose_policies_no_manifest_states_is_told() -> None:
    lives = user("ken", assigned_policies=["Security Admin"])
    assert told([user("ken")], lives) == ["User/ken holds Security Admin"]
    assert told([user("ken", assigned_policies=[])], lives) == []  # the plan takes it away
    assert told([user("ken", assigned_policies=["Security Admin"])], lives) == []
    assert told([user("ken", ignore_changes=["assigned_policies"])], lives) == []


def test_a_member_of_a_group_of_administrators_is_told_unless_git_speaks_of_both() -> None:
    lives = (group("sec", assigned_policies=["Security Admin"]), user("ken", groups=["sec"]))
    group_said = group("sec", assigned_policies=["Security Admin"])
    assert told([group_said, user("ken", groups=["sec"])], *lives) == []
    assert told([group("sec", assigned_policies=[]), user("ken")], *lives) == ["User/ken is a member of Group/sec"]
    assert told([group_said, user("ken", groups=[])], *lives) == []
    assert told([group_said, user("ken")], *lives) == [
        "User/ken holds Security Admin, through Group/sec",
        "User/ken is a member of Group/sec",
    ]
    assert told([group("sec"), user("ken", groups=["sec"])], *lives) == [
        "User/ken holds Security Admin, through Group/sec"
    ]
    assert told([absent(group_said), user("ken", groups=[])], *lives) == []


def test_a_policy_that_everybody_has_been_given_is_told_of_everybody() -> None:
    everybody = live(group("all_users", assigned_policies=["IT Admin"]), is_system=True)
    lives = (everybody, user("ken", groups=["all_users"]))
    assert told([user("ken")], *lives) == ["User/ken holds IT Admin, through Group/all_users"]
    assert told([group("all_users", assigned_policies=["IT Admin"]), user("ken")], *lives) == []


def test_kinds_without_people_have_neither_members_nor_administrators() -> None:
    kinds = Kinds((KINDS["AppService"],))
    made = plan_for(manifests(), cluster(service("s", kind="shell")), kinds=kinds)
    assert made.unmanaged == Unmanaged((Address("AppService", "s"),))
    kinds = Kinds((KINDS["User"], KINDS["Group"], KINDS["Project"]))  # nothing is known of what policies allow
    lives = cluster(user("ken", assigned_policies=["Security Admin"]))
    assert plan_for(manifests(), lives, kinds=kinds).unmanaged.administrators == ()


# The plan


def test_a_saved_plan_holds_what_is_not_in_git() -> None:
    lives = (
        group("sec", assigned_policies=["Security Admin"]),
        user("ken", groups=["sec"], assigned_policies=["IT Admin"]),
        project("p", members={"viewer": {"users": ["ken"]}}),
    )
    made: Plan = plan_for(manifests(group("sec"), project("p")), cluster(SYSTEM, *lives))
    assert len(made.unmanaged.administrators) == 2
    assert len(made.unmanaged.members) == 2
    assert from_data(to_data(made, tool_version="1"), KINDS).unmanaged == made.unmanaged


def test_counts_are_of_people_and_of_memberships() -> None:
    assert counts_told(Unmanaged()) == ""
    lives = (
        group("sec", assigned_policies=["Security Admin"], users=["ken", "tim"]),
        user("ken", assigned_policies=["IT Admin"]),
        user("tim"),
    )
    assert counts_told(found([group("sec")], *lives)) == "2 administrators and 2 members"
    assert counts_told(found([group("ds")], group("ds", users=["tim"]), user("tim"))) == "1 member"
    assert counts_told(found([], user("tim", assigned_policies=["IT Admin"]))) == "1 administrator"
