"""Who may do what on Iguazio 4: policies that are looked up, held from two sides, untold, and groups inside groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from igz_apply.iguazio4.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Origin, Plan
from igz_apply.model.resources import LiveState, Resource
from igz_apply.planning.access_impact import access_impact
from igz_apply.planning.drift import drift_of
from igz_apply.planning.lockout import administrators, can_apply, rights_of, unguarded
from igz_apply.planning.plan_document import canonical, from_data, parse, to_data
from igz_apply.planning.planner import remaining
from igz_apply.planning.rail_facts import RailFacts
from igz_apply.planning.rails import refusals
from igz_apply.wording.dangers import dangers
from igz_apply.wording.unmanaged_words import access_told
from tests.builders import absent, cluster, diff_of, entry, group, live, manifests, owned, plan_for, resource, user
from tests.planning.test_lookups import knowing
from tests.planning.test_untold_fields import untold

ADMIN, FORMER = "oris-system-admin", "igz-system-admin"


def binding(name: str = ADMIN, /, **spec: Any) -> Resource:
    return resource("PolicyBinding", name, **spec)


def planned(world: LiveState, *declared: Resource, **options: Any) -> Plan:
    return plan_for(manifests(*declared), world, kinds=KINDS, **options)


def refused(world: LiveState, *declared: Resource) -> list[str]:
    facts = RailFacts(live=world, owned=owned(), kinds=KINDS)
    return [it.detail for it in refusals(planned(world, *declared), facts) if it.summary == "Lock-out"]


# Lists that only add


def test_policies_that_only_add_take_none_away() -> None:
    world = knowing(user("ada", policies=["oris-viewer"]), group("g", policies=["oris-viewer"]))
    for make in (user, group):
        name = "ada" if make is user else "g"
        declared = make(name, policies=["oris-developer"], membership="additive")
        plan = planned(world, declared)
        assert diff_of(plan, str(declared.address)) == {
            "policies": (["oris-viewer"], ["oris-developer", "oris-viewer"])
        }
        assert remaining(plan.writes, world, KINDS)
        kept = knowing(make(name, policies=["oris-viewer", "oris-developer", "more"]))
        assert remaining(plan.writes, kept, KINDS) == {}
        assert not planned(kept, declared).writes
    assert not planned(world, user("ada", policies=None, membership="additive")).writes
    assert diff_of(planned(knowing(), user("ada", policies=["oris-viewer"], membership="additive")), "User/ada")


@pytest.mark.parametrize(
    ("applied", "lives", "stated", "origin"),
    [
        (["a"], ["b"], ["a"], Origin.CLUSTER),  # taken away there; what was added there is nobody's business
        (["a"], ["a", "b"], ["a", "c"], Origin.GIT),
        (["a"], ["b"], ["a", "c"], Origin.BOTH),
        (None, ["b"], ["a"], Origin.GIT),
    ],
)
@pytest.mark.parametrize("kind", ["User", "PolicyBinding"])
def test_whose_change_an_addition_is(
    kind: str, applied: list[str] | None, lives: list[str], stated: list[str], origin: Origin
) -> None:
    field = "policies" if kind == "User" else "users"
    declared, there = (resource(kind, "x", **{field: names}) for names in (stated, lives))
    declared = replace(declared, lifecycle=replace(declared.lifecycle, membership="additive"))
    entries = owned(**{f"{kind}/x": entry(there, values={} if applied is None else {field: applied})})
    world = knowing(there, *(user(name) for name in "abc"), policies=frozenset("abcx"))
    plan = planned(world, declared, inventory=entries)
    (found,) = drift_of(plan, entries, KINDS)
    assert found.origin is origin
    assert found.fields[0].applied == applied


# Who could still work


def test_the_caller_and_the_last_administrator_are_guarded_on_both_sides() -> None:
    known = frozenset({ADMIN, FORMER})
    world = knowing(user("admin", policies=[ADMIN]), user("bob"), binding(users=["admin"]), policies=known)
    assert len(refused(world, user("admin", policies=[]))) == 2
    assert len(refused(world, user("admin", policies=[]), user("bob", policies=[FORMER]))) == 1  # the caller
    assert refused(world, user("admin", policies=[FORMER, ADMIN])) == []
    assert refused(world, user("bob", policies=[ADMIN])) == []
    assert len(refused(world, binding(users=["bob"]))) == 1
    assert refused(world, binding(users=["bob"], membership="additive")) == []


def test_who_is_in_a_group_inside_another_is_not_relied_on_as_its_member() -> None:
    outer, inner = group("ops", policies=[ADMIN]), group("ops/night")
    world = knowing(user("admin", groups=["ops"]), user("bob", groups=["ops/night"]), outer, inner)
    assert administrators(world, KINDS) == {"admin"}
    assert can_apply("bob", world, KINDS) == frozenset()
    assert len(refused(world, group("ops", users=["bob"]))) == 1
    assert len(refused(world, group("ops", users=[]))) == 2
    assert len(refused(world, user("admin", groups=["ops/night"]))) == 2


def test_rights_that_are_not_told_are_not_known_and_what_is_known_is_still_guarded() -> None:
    ops = group("ops", policies=[ADMIN])
    world = cluster(untold(user("admin"), "policies"), ops, edges=[("admin", "ops")])
    assert rights_of("admin", world, KINDS) is None
    assert can_apply("admin", world, KINDS) == {ADMIN}
    assert len(refused(world, group("ops", users=[]))) == 2
    world = cluster(user("admin", policies=[ADMIN], groups=["ops"]), untold(group("ops"), "policies"))
    assert rights_of("admin", world, KINDS) is None
    assert administrators(world, KINDS) == {"admin"}
    world = cluster(user("admin", policies=[ADMIN], groups=["unseen"]))
    assert rights_of("admin", world, KINDS) == frozenset({ADMIN})
    world = cluster(untold(user("admin"), "policies"))
    assert administrators(world, KINDS) == frozenset()


def said(world: LiveState, *declared: Resource) -> Sequence[str]:
    return list(unguarded(planned(world, *declared), world, KINDS))


def test_where_no_administrator_is_known_a_plan_that_touches_people_says_that_nobody_guards_the_last_one() -> None:
    ada = user("ada", first_name="Ada")
    told = "so nobody checks whether an administrator is left"
    assert said(knowing(user("admin", policies=[ADMIN])), ada) == []
    assert said(knowing(policies=frozenset({"boss"})), ada) == [
        f"the cluster has no policy {FORMER} or {ADMIN}, {told}"
    ]
    assert said(knowing(), ada) == [f"nobody is known to hold {FORMER} or {ADMIN}, {told}"]
    assert said(knowing(policies=None), ada) == [f"nobody is known to hold {FORMER} or {ADMIN}, {told}"]
    assert said(knowing(), resource("Project", "p", description="d")) == []
    assert said(knowing()) == []


# What is not in git


def foreign(world: LiveState, *declared: Resource, **options: Any) -> list[str]:
    return list(access_told(planned(world, *declared, **options).unmanaged))


def test_an_administrator_by_a_list_of_holders_is_in_git() -> None:
    bob, held = user("bob", policies=[ADMIN]), binding(users=["bob"], groups=["g"])
    world = knowing(bob, user("cy", groups=["g"]), group("g", policies=[ADMIN]), held)
    bare = [user("bob"), user("cy", groups=["g"]), group("g")]
    assert foreign(world, *bare) == [
        f"User/bob holds {ADMIN}",
        f"User/cy holds {ADMIN}, through Group/g",
    ]
    assert foreign(world, *bare, held) == []
    assert foreign(world, *bare, binding(users=["bob"])) == [f"User/cy holds {ADMIN}, through Group/g"]
    assert foreign(world, *bare, binding(users=[], groups=[])) == []  # the plan takes it from them
    assert foreign(world, *bare, absent(held)) == []
    assert foreign(world, *bare, binding(users=[], groups=[], ignore_changes=["users", "groups"])) == []
    adding = binding(users=["bob"], groups=[], membership="additive")
    assert foreign(world, *bare, adding) == [f"User/cy holds {ADMIN}, through Group/g"]


def test_an_administrator_beside_policies_that_only_add_is_told() -> None:
    world = knowing(user("bob", policies=[ADMIN, "oris-viewer"]))
    adding = user("bob", policies=["oris-viewer"], membership="additive")
    assert foreign(world, adding) == [f"User/bob holds {ADMIN}"]
    assert foreign(world, user("bob", policies=["oris-viewer"])) == []
    assert foreign(world, user("bob", policies=[ADMIN], membership="additive")) == []
    assert foreign(world, user("bob", policies=[], membership="additive", ignore_changes=["policies"])) == []


def test_a_list_that_is_written_and_names_nobody_there_gives_nothing() -> None:
    world = knowing(user("admin", policies=[ADMIN]), live(binding(users=["admin", "gone"])))
    plan = planned(world, binding(users=["admin"]))
    assert can_apply("admin", world, KINDS, plan) == {ADMIN}


# Groups inside groups


@pytest.mark.parametrize(
    "declared",
    [
        group("ops", policies=["oris-viewer"]),
        binding("oris-viewer", groups=["ops"]),
        resource("Project", "p", description="d", members={"viewer": {"groups": ["ops"]}}),
    ],
    ids=["policies", "holders", "roles"],
)
def test_what_a_group_gains_may_reach_those_in_groups_inside_it(declared: Resource) -> None:
    people = (
        user("bob", groups=["ops/night"]),
        user("cy", groups=["opsx/y"]),
        *map(group, ("ops", "ops/night", "opsx")),
    )
    world = knowing(*people, group("opsx/y"), resource("Project", "p", description="d"))
    plan = planned(world, declared)
    plan = replace(plan, access_impact=access_impact(plan, world, KINDS))
    assert plan.access_impact.below == (Address("Group", "ops"),)
    said = "may also reach the members of its sub-groups: whether the platform counts them is not known"
    assert [it.addresses for it in dangers(plan) if it.text == said] == [plan.access_impact.below]
    again = from_data(parse(canonical(to_data(plan, tool_version="1"))), KINDS)
    assert again.access_impact.below == plan.access_impact.below


def test_nothing_is_said_of_sub_groups_without_members_or_of_groups_that_gain_nothing() -> None:
    world = knowing(user("bob", groups=["ops/night"]), group("ops"), group("ops/night"), group("top"), group("top/in"))
    for declared in (group("top", policies=["oris-viewer"]), group("ops/night", policies=["oris-viewer"])):
        plan = planned(world, declared)
        assert access_impact(plan, world, KINDS).below == ()
