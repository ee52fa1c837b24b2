"""A platform on which a member may hold several roles of a project, and the owner is stated by `owner` alone."""

from __future__ import annotations

from typing import Any

from igz_apply.authoring.contradictions import contradictions
from igz_apply.authoring.exporting import exported
from igz_apply.iguazio4.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import ForeignMember, Plan
from igz_apply.model.resources import LiveState, Resource
from igz_apply.planning.access_impact import access_impact
from tests.builders import cluster, diff_of, entry, group, manifests, owned, plan_for, project, user

PEOPLE = (user("ada"), user("bob"), user("cy"), group("ds"))
NOW = project(
    "p",
    owner="ada",
    members={"owner": {"users": ["ada"]}, "admin": {"users": ["ada", "bob"]}, "viewer": {"users": ["bob", "cy"]}},
)


def planned_over(live: Resource, **spec: Any) -> Plan:
    return plan_for(manifests(project("p", **spec)), world(live), kinds=KINDS)


def world(live: Resource = NOW) -> LiveState:
    return cluster(*PEOPLE, live)


def gained(plan: Plan) -> list[tuple[str, str | None, str | None, str]]:
    roles = access_impact(plan, world(), KINDS).roles
    return [(it.user.name, it.before, it.after, it.through) for it in roles]


def test_a_role_that_is_given_takes_none_away() -> None:
    plan = planned_over(NOW, members={"editor": {"users": ["bob", "cy"]}})
    assert diff_of(plan, "Project/p") == {"members.editor.users": (None, ["bob", "cy"])}
    assert gained(plan) == [("cy", "Viewer", "Editor", "direct")]


def test_a_stated_role_is_exact_in_all_its_sides_and_null_empties_all() -> None:
    plan = planned_over(NOW, members={"viewer": {"groups": ["ds"]}})
    assert diff_of(plan, "Project/p") == {
        "members.viewer.groups": (None, ["ds"]),
        "members.viewer.users": (["bob", "cy"], None),
    }
    assert sorted(diff_of(planned_over(NOW, members=None), "Project/p")) == [
        "members.admin.users",
        "members.viewer.users",
    ]


def test_additive_lists_add_and_remove_nobody() -> None:
    plan = planned_over(NOW, membership="additive", members={"viewer": {"users": ["ada"]}, "admin": {}})
    assert diff_of(plan, "Project/p") == {"members.viewer.users": (["bob", "cy"], ["ada", "bob", "cy"])}


def test_a_former_owner_does_not_stay_listed_and_keeps_what_else_it_holds() -> None:
    plan = planned_over(NOW, owner="cy")
    assert diff_of(plan, "Project/p") == {"owner": ("ada", "cy")}
    assert gained(plan) == [("cy", "Viewer", "Owner", "owner"), ("ada", "Owner", "Admin", "owner")]
    plan = plan_for(manifests(project("p", owner="cy")), cluster(*PEOPLE, project("p", owner="ada")), kinds=KINDS)
    impact = access_impact(plan, cluster(*PEOPLE, project("p", owner="ada")), KINDS)
    assert [(it.user.name, it.after) for it in impact.roles] == [("cy", "Owner"), ("ada", None)]


def test_lists_that_name_somebody_twice_contradict_nothing() -> None:
    desired = manifests(project("p", owner="ada", members={"admin": {"users": ["ada"]}, "viewer": {"users": ["ada"]}}))
    assert list(contradictions(desired, KINDS)) == []
    assert not plan_for(desired, world(), kinds=KINDS).warnings


def test_an_export_lists_nobody_as_owner_and_plans_to_nothing() -> None:
    live = world()
    (found,) = exported(live, KINDS, only=["Project/p"])
    assert found.document["spec"]["members"] == {
        "admin": {"users": ["ada", "bob"]},
        "viewer": {"users": ["bob", "cy"]},
    }
    spec = {key: value for key, value in found.document["spec"].items() if key != "state"}  # a lifecycle's, to builders
    plan = planned_over(NOW, **spec)
    assert not plan.writes


def test_who_has_a_role_that_no_manifest_states_is_told_though_another_role_names_them() -> None:
    stated = project("p", owner="ada", members={"admin": {"users": ["ada", "bob"]}})
    inventory = owned(**{"Project/p": entry(stated, born="")})
    plan = plan_for(manifests(stated), world(), inventory, kinds=KINDS)
    place = Address("Project", "p")
    assert plan.unmanaged.members == (
        ForeignMember(Address("User", "bob"), place, "Viewer"),
        ForeignMember(Address("User", "cy"), place, "Viewer"),
    )
