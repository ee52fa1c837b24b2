"""What a plan does to people's access: roles and policies, before and after, and through what."""

from __future__ import annotations

from builders import absent, cluster, group, live, manifests, plan_for, project, service, user

from igz_apply.core.access import access_impact
from igz_apply.core.changes import AccessImpact, PolicyChange, RoleChange
from igz_apply.core.kind import Kinds
from igz_apply.core.resources import DesiredState, LiveState
from igz_apply.kinds import KINDS

ADA, BOB, DS = user("ada"), user("bob"), group("ds")


def impact(desired: DesiredState, world: LiveState) -> AccessImpact:
    return access_impact(plan_for(desired, world), world, KINDS)


def roles(desired: DesiredState, world: LiveState) -> list[RoleChange]:
    found = impact(desired, world)
    assert found.policies == ()
    return list(found.roles)


def test_a_plan_that_writes_nothing_of_people_or_projects_has_none() -> None:
    world = cluster(ADA, service("s", kind="jupyter"))
    assert impact(manifests(ADA), world) == AccessImpact()
    assert impact(manifests(service("s", kind="jupyter", description="x")), world) == AccessImpact()
    alone = Kinds((KINDS["AppService"],))
    plan = plan_for(manifests(service("t", kind="jupyter")), cluster(), kinds=alone)
    assert access_impact(plan, cluster(), alone) == AccessImpact()


def test_a_direct_role_that_is_given_changed_and_taken() -> None:
    world = cluster(ADA, BOB, project("p", members={"viewer": {"users": ["ada"]}}))
    assert roles(manifests(project("p", members={"editor": {"users": ["ada"]}})), world) == [
        RoleChange("ada", "p", "Viewer", "Editor", "direct")
    ]
    assert roles(manifests(project("p", members={"viewer": {"users": ["bob"]}})), world) == [
        RoleChange("bob", "p", None, "Viewer", "direct"),
        RoleChange("ada", "p", "Viewer", None, "direct"),
    ]


def test_a_role_through_a_group_comes_and_goes_with_the_membership() -> None:
    world = cluster(user("ada", groups=["ds"]), BOB, DS, project("p", members={"editor": {"groups": ["ds"]}}))
    assert roles(manifests(user("ada", groups=[]), user("bob", groups=["ds"])), world) == [
        RoleChange("bob", "p", None, "Editor", "group ds"),
        RoleChange("ada", "p", "Editor", None, "group ds"),
    ]


def test_a_role_through_a_group_goes_with_the_group() -> None:
    world = cluster(user("ada", groups=["ds"]), DS, project("p", members={"editor": {"groups": ["ds"]}}))
    assert roles(manifests(absent(DS)), world) == [RoleChange("ada", "p", "Editor", None, "group ds")]


def test_the_highest_role_counts() -> None:
    members = {"admin": {"groups": ["ds"]}, "viewer": {"users": ["ada"]}}
    world = cluster(user("ada", groups=["ds"]), DS, project("p", members=members))
    assert roles(manifests(user("ada", groups=[])), world) == [RoleChange("ada", "p", "Admin", "Viewer", "group ds")]
    assert roles(manifests(project("p", members={"viewer": {}})), world) == []


def test_an_owner_is_an_admin_and_a_previous_owner_stays_one() -> None:
    world = cluster(ADA, BOB, project("p", owner="ada"))
    assert roles(manifests(project("p", owner="bob")), world) == [RoleChange("bob", "p", None, "Admin", "owner")]
    assert roles(manifests(project("p", owner="bob", members={"admin": {}})), world) == [
        RoleChange("bob", "p", None, "Admin", "owner"),
        RoleChange("ada", "p", "Admin", None, "owner"),
    ]


def test_roles_go_with_the_project_and_with_the_user() -> None:
    world = cluster(ADA, BOB, project("p", owner="ada", members={"viewer": {"users": ["bob"]}}))
    assert roles(manifests(absent(project("p"))), world) == [
        RoleChange("ada", "p", "Admin", None, "owner"),
        RoleChange("bob", "p", "Viewer", None, "direct"),
    ]
    assert roles(manifests(absent(BOB)), world) == [RoleChange("bob", "p", "Viewer", None, "direct")]


def test_who_gains_most_comes_first() -> None:
    world = cluster(ADA, BOB, user("cy"), project("p", members={"viewer": {"users": ["ada"]}}))
    declared = project("p", members={"admin": {"users": ["cy"]}, "editor": {"users": ["bob"]}, "viewer": {}})
    assert [(each.user, each.after) for each in roles(manifests(declared), world)] == [
        ("cy", "Admin"),
        ("bob", "Editor"),
        ("ada", None),
    ]


def test_policies_are_a_users_own_and_those_of_all_groups() -> None:
    world = cluster(
        user("ada", assigned_policies=["Data"], groups=["ds"]), group("ds", assigned_policies=["Developer"])
    )
    assert impact(manifests(user("ada", assigned_policies=["Developer"])), world).policies == (
        PolicyChange("ada", (), ("Data",), "direct"),
    )
    assert impact(manifests(group("ds", assigned_policies=["IT Admin"])), world).policies == (
        PolicyChange("ada", ("IT Admin",), ("Developer",), "group ds"),
    )
    both = manifests(user("ada", assigned_policies=["Security Admin"], groups=[]))
    assert impact(both, world).policies == (
        PolicyChange("ada", ("Security Admin",), ("Data", "Developer"), "direct, group ds"),
    )
    assert impact(manifests(absent(group("ds"))), world).policies == (
        PolicyChange("ada", (), ("Developer",), "group ds"),
    )


def test_a_new_user_gains_and_a_deleted_one_loses_everything() -> None:
    world = cluster(user("bob", assigned_policies=["Data"]), group("ds", assigned_policies=["Developer"]))
    declared = manifests(user("ada", assigned_policies=["Data"], groups=["ds"]), absent(user("bob")))
    assert impact(declared, world).policies == (
        PolicyChange("ada", ("Data", "Developer"), (), "direct, group ds"),
        PolicyChange("bob", (), ("Data",), "direct"),
    )


def test_what_is_being_deleted_has_no_access_any_more() -> None:
    leaving = live(user("ada", assigned_policies=["Data"], groups=["ds"]), is_deleting=True)
    world = cluster(leaving, group("ds", assigned_policies=["Developer"]))
    assert impact(manifests(user("ada", first_name="x")), world).policies == ()
    assert impact(manifests(user("ada", assigned_policies=["Data"])), world).policies == (
        PolicyChange("ada", ("Data",), (), "direct"),
    )
