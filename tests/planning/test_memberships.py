"""Memberships: stated on either side, each held by one change, removed only where a side states its list."""

from __future__ import annotations

from tests.builders import (
    absent,
    actions,
    cluster,
    diff_of,
    group,
    live,
    manifests,
    plan_for,
    problems_for,
    project,
    steps,
    user,
)


def test_a_membership_that_the_user_states_is_held_by_the_user() -> None:
    plan = plan_for(manifests(user("ada", groups=["ds"])), cluster(user("ada"), group("ds")))
    assert diff_of(plan, "User/ada") == {"groups": (None, ["ds"])}


def test_a_membership_that_the_group_states_is_held_by_the_user_where_both_are_declared() -> None:
    plan = plan_for(manifests(user("ada"), group("ds", users=["ada"])), cluster(user("ada"), group("ds")))
    assert actions(plan) == {"Group/ds": "adopt", "User/ada": "update"}


def test_a_membership_of_a_user_whom_nobody_declares_is_held_by_the_group() -> None:
    plan = plan_for(
        manifests(group("ds", users=["ada"])), cluster(user("ada"), group("ds", users=["bob"]), user("bob"))
    )
    assert diff_of(plan, "Group/ds") == {"users": (["bob"], ["ada"])}


def test_a_missing_list_removes_nobody() -> None:
    plan = plan_for(manifests(user("ada"), group("ds")), cluster(user("ada", groups=["ds"]), group("ds")))
    assert steps(plan) == []


def test_an_empty_list_removes_everybody_and_null_too() -> None:
    world = cluster(user("ada", groups=["ds"]), group("ds"))
    assert diff_of(plan_for(manifests(user("ada", groups=[])), world), "User/ada") == {"groups": (["ds"], None)}
    assert diff_of(plan_for(manifests(user("ada", groups=None)), world), "User/ada") == {"groups": (["ds"], None)}
    assert diff_of(plan_for(manifests(group("ds", users=[])), world), "Group/ds") == {"users": (["ada"], None)}


def test_a_roster_takes_its_users_out_of_no_other_group() -> None:
    world = cluster(user("ada", groups=["ds", "ops"]), group("ds"), group("ops"))
    plan = plan_for(manifests(user("ada"), group("ds", users=[])), world)
    assert diff_of(plan, "User/ada") == {"groups": (["ds", "ops"], ["ops"])}


def test_an_edge_stays_as_long_as_one_side_states_it() -> None:
    world = cluster(user("ada", groups=["ds"]), group("ds"))
    assert steps(plan_for(manifests(user("ada", groups=[]), group("ds", users=["ada"])), world)) == []


def test_additive_adds_and_removes_nobody() -> None:
    world = cluster(user("ada", groups=["ops"]), group("ds", users=["bob"]), group("ops"), user("bob"))
    plan = plan_for(manifests(group("ds", users=["ada"], membership="additive")), world)
    assert diff_of(plan, "Group/ds") == {"users": (["bob"], ["ada", "bob"])}
    plan = plan_for(manifests(user("ada", groups=["ds"], membership="additive")), world)
    assert diff_of(plan, "User/ada") == {"groups": (["ops"], ["ds", "ops"])}


def test_an_exact_side_removes_what_an_additive_side_would_leave() -> None:
    world = cluster(user("ada", groups=["ds"]), group("ds"))
    plan = plan_for(manifests(user("ada", groups=[]), group("ds", users=[], membership="additive")), world)
    assert diff_of(plan, "User/ada") == {"groups": (["ds"], None)}


def test_everybody_is_in_all_users_whatever_lists_say() -> None:
    world = cluster(user("ada", groups=["all_users"]), group("all_users"), user("bob", groups=["all_users"]))
    assert steps(plan_for(manifests(user("ada", groups=[]), user("bob", groups=["all_users"])), world)) == []


def test_a_user_who_only_has_the_name_of_the_group_of_all_is_a_member_like_any_other() -> None:
    world = cluster(user("ada"), user("all_users"), group("ds", users=["all_users"]))
    plan = plan_for(manifests(group("ds", users=["ada"])), world)
    assert diff_of(plan, "Group/ds") == {"users": (["all_users"], ["ada"])}


def test_all_users_is_not_shown_among_the_groups_of_a_user() -> None:
    world = cluster(user("ada", groups=["all_users"]), group("all_users"), group("ds"))
    assert diff_of(plan_for(manifests(user("ada", groups=["ds"])), world), "User/ada") == {"groups": (None, ["ds"])}


def test_all_users_can_be_declared_otherwise() -> None:
    plan = plan_for(manifests(group("all_users", description="x")), cluster(group("all_users")))
    assert steps(plan) == ["update Group/all_users"]
    assert steps(plan_for(manifests(absent(group("all_users", users=[]))), cluster())) == []


def test_a_primary_group_implies_its_membership() -> None:
    world = cluster(user("ada"), group("ds"))
    plan = plan_for(manifests(user("ada", primary_group="ds")), world)
    assert diff_of(plan, "User/ada") == {"primary_group": (None, "ds"), "groups": (None, ["ds"])}
    plan = plan_for(manifests(user("ada", primary_group="ds", groups=[])), cluster(user("ada"), group("ds")))
    assert diff_of(plan, "User/ada")["groups"] == (None, ["ds"])


def test_a_primary_group_under_ignore_changes_implies_nothing() -> None:
    declared = user("ada", primary_group="ds", ignore_changes=["primary_group"])
    assert steps(plan_for(manifests(declared), cluster(user("ada"), group("ds")))) == []


def test_a_user_cannot_leave_the_primary_group_without_saying_what_is_primary_then() -> None:
    world = cluster(user("ada", groups=["ds"], primary_group="ds"), group("ds"), group("ops"))
    (problem,) = problems_for(manifests(user("ada", groups=["ops"])), world)
    assert (problem.summary, str(problem.address)) == ("Primary group", "User/ada")
    (problem,) = problems_for(manifests(group("ds", users=[])), world)
    assert (problem.summary, str(problem.address)) == ("Primary group", "Group/ds")
    assert diff_of(plan_for(manifests(user("ada", groups=["ops"], primary_group="ops")), world), "User/ada") == {
        "primary_group": ("ds", "ops"),
        "groups": (["ds"], ["ops"]),
    }
    cleared = plan_for(manifests(user("ada", groups=[], primary_group=None)), world)
    assert diff_of(cleared, "User/ada") == {"primary_group": ("ds", None), "groups": (["ds"], None)}


def test_a_list_under_ignore_changes_speaks_at_creation_only() -> None:
    declared = group("ds", users=["ada"], ignore_changes=["users"])
    assert steps(plan_for(manifests(declared), cluster(user("ada"), group("ds")))) == []
    assert diff_of(plan_for(manifests(declared), cluster(user("ada"))), "Group/ds") == {"users": (None, ["ada"])}
    again = plan_for(manifests(declared), cluster(user("ada"), live(group("ds"), is_deleting=True)))
    assert diff_of(again, "Group/ds") == {"users": (None, ["ada"])}


def test_the_groups_of_a_user_under_ignore_changes_speak_at_creation_only() -> None:
    declared = user("ada", groups=["ds"], ignore_changes=["groups"])
    assert steps(plan_for(manifests(declared), cluster(user("ada"), group("ds")))) == []
    assert steps(plan_for(manifests(declared), cluster(user("ada", groups=["ops"]), group("ds"), group("ops")))) == []
    assert diff_of(plan_for(manifests(declared), cluster(group("ds"))), "User/ada") == {"groups": (None, ["ds"])}


def test_what_is_being_deleted_leaves_no_memberships_to_its_successor() -> None:
    world = cluster(live(user("ada", groups=["ds"]), is_deleting=True), group("ds"))
    plan = plan_for(manifests(user("ada", groups=["ds"])), world)
    assert diff_of(plan, "User/ada") == {"groups": (None, ["ds"])}
    world = cluster(user("ada", groups=["ds"]), live(group("ds"), is_deleting=True))
    plan = plan_for(manifests(user("ada", groups=["ds"]), group("ds")), world)
    assert steps(plan) == ["create Group/ds", "update User/ada"]


def test_what_shares_a_name_with_something_that_is_being_deleted_keeps_its_memberships() -> None:
    world = cluster(user("ds", groups=["ada"]), group("ada"), live(project("ds"), is_deleting=True))
    assert steps(plan_for(manifests(user("ds", groups=["ada"])), world)) == []


def test_a_membership_goes_with_its_user_and_is_let_go_of_before_its_group() -> None:
    world = cluster(user("ada", groups=["ds"]), user("bob", groups=["ds"]), user("cy", groups=["ds"]), group("ds"))
    plan = plan_for(manifests(absent(user("ada")), user("bob", groups=[]), absent(group("ds"))), world)
    assert steps(plan) == ["delete User/ada", "update User/bob", "delete Group/ds"]
    gone = next(change for change in plan.changes if str(change.address) == "Group/ds")
    assert [str(address) for address in gone.depends_on] == ["User/ada", "User/bob"]


def test_a_user_waits_for_the_group_that_states_it() -> None:
    plan = plan_for(manifests(user("ada"), group("ds", users=["ada"])), cluster())
    assert steps(plan) == ["create Group/ds", "create User/ada"]


def test_a_roster_does_not_take_out_a_user_who_is_deleted_anyway() -> None:
    world = cluster(user("ada", groups=["ds"]), group("ds"))
    plan = plan_for(manifests(absent(user("ada")), group("ds", users=[])), world)
    assert steps(plan) == ["delete User/ada"]
