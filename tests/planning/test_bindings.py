"""Who holds a policy, stated from the policy's side."""

from __future__ import annotations

from typing import Any

from igz_apply.authoring.exporting import exported
from igz_apply.iguazio4.kinds import KINDS
from igz_apply.model.resources import LiveState, Resource
from igz_apply.planning.access_impact import access_impact
from igz_apply.planning.rail_facts import RailFacts
from igz_apply.planning.rails import refusals
from tests.builders import absent, diff_of, group, manifests, owned, plan_for, resource, user
from tests.planning.test_lookups import knowing

ADMIN = "oris-system-admin"


def binding(name: str, /, **spec: Any) -> Resource:
    return resource("PolicyBinding", name, **spec)


def world(*more: Resource) -> LiveState:
    people = (user("admin", policies=[ADMIN]), user("bob"), user("cy", groups=["g"]), group("g"))
    return knowing(*people, binding(ADMIN, users=["admin"]), *more)


def refused(declared: Resource) -> list[str]:
    plan = plan_for(manifests(declared), world(), kinds=KINDS)
    return [it.summary for it in refusals(plan, RailFacts(live=world(), owned=owned(), kinds=KINDS))]


def test_additive_it_adds_and_takes_from_nobody() -> None:
    held = binding("oris-viewer", users=["bob"], groups=["g"])
    exact = plan_for(manifests(binding("oris-viewer", users=["cy"], groups=[])), world(held), kinds=KINDS)
    assert diff_of(exact, "PolicyBinding/oris-viewer") == {"users": (["bob"], ["cy"]), "groups": (["g"], [])}
    declared = binding("oris-viewer", users=["cy"], groups=[], membership="additive")
    plan = plan_for(manifests(declared), world(held), kinds=KINDS)
    assert diff_of(plan, "PolicyBinding/oris-viewer") == {"users": (["bob"], ["bob", "cy"])}


def test_what_it_gives_and_takes_shows_in_access_directly_and_through_groups() -> None:
    plan = plan_for(manifests(binding(ADMIN, users=["admin", "bob"], groups=["g"])), world(), kinds=KINDS)
    found = access_impact(plan, world(), KINDS).policies
    assert [(it.user.name, it.gained, it.through, it.powers) for it in found] == [
        ("bob", (ADMIN,), "direct", (ADMIN,)),
        ("cy", (ADMIN,), "group g", (ADMIN,)),
    ]


def test_the_last_administrator_and_the_callers_own_rights_are_guarded() -> None:
    assert refused(binding(ADMIN, users=["bob"])) == ["Lock-out"]  # the caller would lose it
    assert refused(binding(ADMIN, users=[])) == ["Lock-out", "Lock-out"]
    assert "Lock-out" in refused(absent(binding(ADMIN, users=[])))
    assert refused(binding(ADMIN, users=["admin", "bob"])) == []


def test_exports_and_what_is_not_in_git_leave_it_out_unless_it_is_asked_for() -> None:
    assert [it.address.kind for it in exported(world(), KINDS, only=["*"])].count("PolicyBinding") == 0
    assert [str(it.address) for it in exported(world(), KINDS, only=["PolicyBinding/*"])] == [f"PolicyBinding/{ADMIN}"]
    plan = plan_for(manifests(), world(), kinds=KINDS)
    assert "PolicyBinding" not in plan.foreign
    assert all(it.kind != "PolicyBinding" for it in plan.unmanaged.resources)
    plan = plan_for(manifests(binding(ADMIN, users=["admin"])), world(), kinds=KINDS)
    assert [change.action.value for change in plan.changes] == ["adopt"]
