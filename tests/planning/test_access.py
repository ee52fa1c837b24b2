"""What a plan does to people's access: roles and policies, before and after, and through what."""

from __future__ import annotations

from dataclasses import replace

from igz_apply import workflow
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import AccessImpact, RoleChange
from igz_apply.model.kind import Kinds
from igz_apply.model.resources import DesiredState, LiveState, Owned
from igz_apply.planning.access_impact import Access, Held, access_after, access_impact, access_now, difference
from igz_apply.planning.staleness import fingerprints
from tests.builders import (
    absent,
    account_change,
    cluster,
    group,
    live,
    manifests,
    plan_for,
    policy_change,
    project,
    role_change,
    service,
    user,
)

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
        role_change("ada", "p", "Viewer", "Editor", "direct")
    ]
    assert roles(manifests(project("p", members={"viewer": {"users": ["bob"]}})), world) == [
        role_change("bob", "p", None, "Viewer", "direct"),
        role_change("ada", "p", "Viewer", None, "direct", loses=True),
    ]


def test_a_role_through_a_group_comes_and_goes_with_the_membership() -> None:
    world = cluster(user("ada", groups=["ds"]), BOB, DS, project("p", members={"editor": {"groups": ["ds"]}}))
    assert roles(manifests(user("ada", groups=[]), user("bob", groups=["ds"])), world) == [
        role_change("bob", "p", None, "Editor", "group ds"),
        role_change("ada", "p", "Editor", None, "group ds", loses=True),
    ]


def test_a_role_through_a_group_goes_with_the_group() -> None:
    world = cluster(user("ada", groups=["ds"]), DS, project("p", members={"editor": {"groups": ["ds"]}}))
    assert roles(manifests(absent(DS)), world) == [role_change("ada", "p", "Editor", None, "group ds", loses=True)]


def test_the_highest_role_counts() -> None:
    members = {"admin": {"groups": ["ds"]}, "viewer": {"users": ["ada"]}}
    world = cluster(user("ada", groups=["ds"]), DS, project("p", members=members))
    assert roles(manifests(user("ada", groups=[])), world) == [
        role_change("ada", "p", "Admin", "Viewer", "group ds", loses=True)
    ]
    assert roles(manifests(project("p", members={"viewer": {}})), world) == []


def test_an_owner_is_an_admin_and_a_previous_owner_stays_one() -> None:
    world = cluster(ADA, BOB, project("p", owner="ada"))
    assert roles(manifests(project("p", owner="bob")), world) == [role_change("bob", "p", None, "Admin", "owner")]
    assert roles(manifests(project("p", owner="bob", members={"admin": {}})), world) == [
        role_change("bob", "p", None, "Admin", "owner"),
        role_change("ada", "p", "Admin", None, "owner", loses=True),
    ]


def test_roles_go_with_the_project_and_with_the_user() -> None:
    world = cluster(ADA, BOB, project("p", owner="ada", members={"viewer": {"users": ["bob"]}}))
    assert roles(manifests(absent(project("p"))), world) == [
        role_change("ada", "p", "Admin", None, "owner", loses=True),
        role_change("bob", "p", "Viewer", None, "direct", loses=True),
    ]
    assert impact(manifests(absent(BOB)), world) == AccessImpact(
        roles=(role_change("bob", "p", "Viewer", None, "direct", loses=True),),
        accounts=(account_change("bob", "enabled", None),),
    )


def test_who_gains_most_comes_first() -> None:
    world = cluster(ADA, BOB, user("cy"), project("p", members={"viewer": {"users": ["ada"]}}))
    declared = project("p", members={"admin": {"users": ["cy"]}, "editor": {"users": ["bob"]}, "viewer": {}})
    assert [(each.user.name, each.after) for each in roles(manifests(declared), world)] == [
        ("cy", "Admin"),
        ("bob", "Editor"),
        ("ada", None),
    ]


def test_policies_are_a_users_own_and_those_of_all_groups() -> None:
    world = cluster(
        user("ada", assigned_policies=["Data"], groups=["ds"]), group("ds", assigned_policies=["Developer"])
    )
    assert impact(manifests(user("ada", assigned_policies=["Developer"])), world).policies == (
        policy_change("ada", (), ("Data",), "direct"),
    )
    assert impact(manifests(group("ds", assigned_policies=["IT Admin"])), world).policies == (
        policy_change("ada", ("IT Admin",), ("Developer",), "group ds"),
    )
    both = manifests(user("ada", assigned_policies=["Security Admin"], groups=[]))
    assert impact(both, world).policies == (
        policy_change("ada", ("Security Admin",), ("Data",), "direct"),
        policy_change("ada", (), ("Developer",), "group ds"),
    )
    assert impact(manifests(absent(group("ds"))), world).policies == (
        policy_change("ada", (), ("Developer",), "group ds"),
    )


def test_a_new_user_gains_and_a_deleted_one_loses_everything() -> None:
    world = cluster(user("bob", assigned_policies=["Data"]), group("ds", assigned_policies=["Developer"]))
    declared = manifests(user("ada", assigned_policies=["Data"], groups=["ds"]), absent(user("bob")))
    assert impact(declared, world).policies == (
        policy_change("ada", ("Data",), (), "direct"),
        policy_change("ada", ("Developer",), (), "group ds"),
        policy_change("bob", (), ("Data",), "direct"),
    )


def test_what_is_being_deleted_has_no_access_any_more() -> None:
    leaving = live(user("ada", assigned_policies=["Data"], groups=["ds"]), is_deleting=True)
    world = cluster(leaving, group("ds", assigned_policies=["Developer"]))
    assert impact(manifests(user("ada", first_name="x")), world).policies == ()
    assert impact(manifests(user("ada", assigned_policies=["Data"])), world).policies == (
        policy_change("ada", ("Data",), (), "direct"),
    )


def test_who_is_disabled_loses_everything_and_cannot_log_in_any_more() -> None:
    ada = user("ada", assigned_policies=["Data"], groups=["ds"], admin_status="up")
    world = cluster(
        ada,
        group("ds", assigned_policies=["Developer"]),
        project("p", members={"editor": {"groups": ["ds"]}}),
        project("q", members={"viewer": {"users": ["ada"]}}),
    )
    found = impact(manifests(user("ada", admin_status="down")), world)
    assert found == AccessImpact(
        roles=(
            role_change("ada", "p", "Editor", None, "group ds", loses=True),
            role_change("ada", "q", "Viewer", None, "direct", loses=True),
        ),
        policies=(
            policy_change("ada", (), ("Data",), "direct"),
            policy_change("ada", (), ("Developer",), "group ds"),
        ),
        accounts=(account_change("ada", "enabled", "disabled"),),
    )
    assert found.accounts[0].shuts_out


def test_who_is_enabled_again_has_everything_back() -> None:
    world = cluster(
        user("ada", assigned_policies=["Data"], admin_status="down"),
        BOB,
        project("p", owner="bob", members={"admin": {"users": ["ada"]}}),
    )
    found = impact(manifests(user("ada", admin_status="up")), world)
    assert found == AccessImpact(
        roles=(role_change("ada", "p", None, "Admin", "direct"),),
        policies=(policy_change("ada", ("Data",), (), "direct"),),
        accounts=(account_change("ada", "disabled", "enabled"),),
    )
    assert not found.accounts[0].shuts_out


def test_what_a_disabled_account_is_given_is_told_as_of_no_use_yet() -> None:
    world = cluster(user("ada", assigned_policies=["Data"], admin_status="down"), DS, project("p"))
    declared = manifests(
        user("ada", assigned_policies=["Security Admin"]), project("p", members={"viewer": {"users": ["ada"]}})
    )
    assert impact(declared, world) == AccessImpact(
        roles=(role_change("ada", "p", None, "Viewer", "direct", dormant=True),),
        policies=(policy_change("ada", ("Security Admin",), ("Data",), "direct", dormant=True),),
    )


def test_a_disabled_account_that_is_deleted_takes_nothing_from_anybody() -> None:
    world = cluster(user("ada", assigned_policies=["Data"], admin_status="down"))
    assert impact(manifests(absent(ADA)), world) == AccessImpact(accounts=(account_change("ada", "disabled", None),))


def test_all_ways_that_give_the_highest_role_are_told() -> None:
    members = {"editor": {"users": ["ada"], "groups": ["ds", "ops"]}, "viewer": {"groups": ["qa"]}}
    world = cluster(
        user("ada", groups=["ds", "ops", "qa"]), DS, group("ops"), group("qa"), project("p", members=members)
    )
    assert roles(manifests(absent(project("p"))), world) == [
        role_change("ada", "p", "Editor", None, "direct, group ds, group ops", loses=True)
    ]
    assert roles(manifests(absent(DS)), world) == []


def test_a_new_user_has_what_everybody_has() -> None:
    everyone = group("all_users", assigned_policies=["Data"])
    world = cluster(everyone, project("p", members={"viewer": {"groups": ["all_users"]}}))
    assert impact(manifests(user("ada", assigned_policies=[])), world) == AccessImpact(
        roles=(role_change("ada", "p", None, "Viewer", "group all_users"),),
        policies=(policy_change("ada", ("Data",), (), "group all_users"),),
    )


def test_who_makes_a_project_owns_it_unless_another_owner_is_stated() -> None:
    world = cluster(user("admin"), ADA)
    assert roles(manifests(project("p")), world) == [role_change("admin", "p", None, "Admin", "owner")]
    assert roles(manifests(project("p", owner="ada")), world) == [role_change("ada", "p", None, "Admin", "owner")]


def test_what_was_not_seen_is_said_where_access_changes() -> None:
    partial = {"Project": "ada sees some", "Group": "never mind"}
    world = replace(cluster(ADA), partial=partial)
    assert impact(manifests(absent(ADA)), world).unseen == {"Project": "ada sees some"}
    assert impact(manifests(ADA), world).unseen == {}


def the_access() -> Access:
    world = cluster(
        user("ada", assigned_policies=["Data"], groups=["ds"]),
        user("bob", admin_status="down"),
        group("ds", assigned_policies=["Data", "Developer"]),
        project("p", owner="ada", members={"editor": {"groups": ["ds"]}}),
    )
    found = access_now(world, KINDS)
    assert found is not None
    return found


def test_all_that_anybody_holds_is_told_with_all_its_ways() -> None:
    ada, ds, p = Address("User", "ada"), Address("Group", "ds"), Address("Project", "p")
    assert list(the_access().of_everybody()) == [
        Held(ada, "Admin", p, ("owner",), 0),
        Held(ada, "Data", None, ("direct", "group ds")),
        Held(ada, "Developer", None, ("group ds",)),
        Held(ds, "Editor", p, ("direct",), 1),
        Held(ds, "Data", None, ("direct",)),
        Held(ds, "Developer", None, ("direct",)),
    ]
    assert the_access().disabled == {"bob"}
    assert the_access().projects == {p}
    assert the_access().of_group("nobody") == ()


def test_the_access_after_a_plan_is_that_of_what_the_plan_leaves() -> None:
    world = cluster(ADA, DS, project("p", owner="ada"))
    plan = plan_for(manifests(user("ada", groups=["ds"]), group("ds", assigned_policies=["Data"])), world)
    before, after = access_now(world, KINDS), access_after(world, plan, KINDS)
    assert before is not None
    assert after is not None
    assert difference(before, after) == access_impact(plan, world, KINDS)
    assert difference(after, after) == AccessImpact()


def test_without_users_there_is_no_access() -> None:
    alone = Kinds((KINDS["AppService"],))
    assert list(access_now(cluster(), alone).of_everybody()) == []
    assert list(access_after(cluster(), plan_for(manifests(), cluster()), alone).of_everybody()) == []


def test_a_plan_that_is_looked_at_again_tells_what_it_takes_by_then() -> None:
    before = cluster(ADA, BOB, project("p", owner="ada"))
    plan = plan_for(manifests(absent(BOB)), before)
    plan = replace(plan, fingerprints=fingerprints(plan, before, KINDS))
    now = cluster(ADA, BOB, project("p", owner="ada", members={"viewer": {"users": ["bob"]}}))
    again, _ = workflow.recheck(plan, now, Owned())
    assert access_impact(plan, before, KINDS).roles == ()
    assert again.access_impact.roles == (role_change("bob", "p", "Viewer", None, "direct", loses=True),)
