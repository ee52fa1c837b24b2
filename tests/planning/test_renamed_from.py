"""Groups that a manifest gives another name or place (`lifecycle.renamed_from`), planned without a cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from igz_apply.authoring.contradictions import contradictions
from igz_apply.iguazio4.kinds import KINDS
from igz_apply.model.addresses import Address, globs_of
from igz_apply.model.changes import AccessImpact, Plan
from igz_apply.model.problems import Problem, errors_of
from igz_apply.model.resources import DesiredState, LiveState, Owned, Resource
from igz_apply.planning.access_impact import access_impact
from igz_apply.planning.ownership import opened
from igz_apply.planning.planner import Planned, PlanOptions, make_plan
from igz_apply.planning.rail_facts import RailFacts
from igz_apply.planning.rails import refusals
from igz_apply.planning.renames import noted, under_new_names, under_our_names
from tests.builders import absent, actions, cluster, diff_of, entry, group, live, manifests, owned, project, steps, user


def was(of: Resource, old: str) -> Resource:
    return replace(of, lifecycle=replace(of.lifecycle, renamed_from=old))


def seen(desired: DesiredState, world: LiveState, inventory: Owned) -> tuple[LiveState, Owned]:
    found = under_our_names(world, inventory, KINDS, desired.declared, desired.resources)
    return found, under_new_names(inventory, found.resources, desired.resources, KINDS)


def tried(desired: DesiredState, world: LiveState, inventory: Owned, *, prune: bool = True) -> Planned:
    return make_plan(desired, *seen(desired, world, inventory), KINDS, PlanOptions(prune))


def plan_of(desired: DesiredState, world: LiveState, inventory: Owned = Owned(), *, prune: bool = True) -> Plan:  # noqa: B008
    found = tried(desired, world, inventory, prune=prune)
    assert not errors_of(found.problems), found.problems
    assert found.plan is not None
    return found.plan


def problem_of(desired: DesiredState, world: LiveState, inventory: Owned = Owned()) -> Problem:  # noqa: B008
    (problem,) = tried(desired, world, inventory).problems
    assert problem.source is not None
    assert problem.source.path.endswith("lifecycle:renamed_from")
    return problem


OLD, OLD_NLP = group("research"), group("research/nlp")
NEW, NLP = was(group("science"), "research"), group("science/nlp")
ADA = user("ada", groups=["science/nlp"])
CHURN = project("churn", members={"viewer": {"groups": ["science"]}})


def test_a_rename_is_the_name_and_nothing_else_for_all_that_names_it() -> None:
    before = [user("ada", groups=["research/nlp"]), project("churn", members={"viewer": {"groups": ["research"]}})]
    desired, world = manifests(NEW, NLP, ADA, CHURN), cluster(OLD, OLD_NLP, *before)
    inventory = owned(OLD, OLD_NLP, *before)
    plan = plan_of(desired, world, inventory)
    assert steps(plan) == ["update Group/science"]
    assert diff_of(plan, "Group/science") == {"metadata.name": ("research", "science")}
    assert plan.changes[0].live is not None
    assert {it.address.name: it.live.cluster_name for it in plan.changes if it.live and it.address.kind == "Group"} == {
        "science": "research",
        "science/nlp": "research/nlp",
    }
    found, ours = seen(desired, world, inventory)
    assert access_impact(plan, found, KINDS) == AccessImpact()
    assert (plan.dropped, plan.kept, plan.warnings, plan.doubtful) == ({}, (), (), ())
    assert set(opened(ours.entries, plan)) == set(desired.resources)
    assert ours.entries[ADA.address].values == {"groups": ["science/nlp"]}
    assert ours.entries[NLP.address].id == "group-research/nlp"
    facts = RailFacts(found, ours, KINDS, desired.declared, is_pruning=True, limits={("delete", "Group"): 0})
    assert refusals(plan, facts) == ()


def test_what_is_done_already_is_no_change() -> None:
    inventory = owned(NEW, NLP)
    assert actions(plan_of(manifests(NEW, NLP), cluster(NEW, NLP), inventory)) == {
        "Group/science": "no_change",
        "Group/science/nlp": "no_change",
    }


def test_what_lies_in_it_and_is_declared_no_more_is_kept_and_pruned_by_its_id() -> None:
    world, inventory = cluster(OLD, OLD_NLP), owned(OLD, OLD_NLP)
    assert plan_of(manifests(NEW), world, inventory, prune=False).kept == (NLP.address,)
    plan = plan_of(manifests(NEW), world, inventory)
    assert set(steps(plan)) == {"update Group/science", "delete Group/science/nlp"}
    assert {it.live.id for it in plan.writes if it.live} == {"group-research", "group-research/nlp"}


def test_both_alive_is_an_error_with_both_ways_out() -> None:
    problem = problem_of(manifests(NEW), cluster(OLD, live(group("science"))), owned(OLD))
    assert problem.detail == (
        "Group/science was called research, as it says, and both Group/research and Group/science live: "
        "nobody can tell which of them is meant."
    )
    assert "take the line `renamed_from` out" in problem.hint
    assert "delete Group/science on the cluster" in problem.hint


def test_neither_alive_is_a_create_with_a_warning() -> None:
    found = tried(manifests(NEW), cluster(), Owned())
    assert found.plan is not None
    assert steps(found.plan) == ["create Group/science"]
    assert [(it.summary, it.severity) for it in found.problems] == [("Nothing to rename", "warning")]


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ([NEW, OLD], "Group/research is declared present"),
        ([NEW, absent(OLD)], "Group/research is declared absent"),
        ([NEW, was(group("physics"), "research")], "so says Group/physics"),
        ([was(group("research/a"), "research")], "would come to lie inside itself"),
    ],
)
def test_an_old_name_that_leaves_open_what_is_meant_is_an_error_before_any_cluster(
    declared: list[Resource], said: str
) -> None:
    (problem,) = contradictions(manifests(*declared), KINDS)
    assert (problem.summary, problem.severity) == ("Unclear rename", "error")
    assert said in problem.detail
    assert problem.source is not None
    assert problem.source.path.endswith("lifecycle:renamed_from")


def test_a_group_that_was_renamed_on_the_cluster_meanwhile_is_found_by_its_id() -> None:
    plan = plan_of(manifests(NEW), cluster(live(group("lab"), id="group-research")), owned(OLD))
    assert diff_of(plan, "Group/science") == {"metadata.name": ("lab", "science")}


def test_a_pending_entry_goes_along_and_what_nobody_owns_is_noted_by_its_id() -> None:
    desired, world = manifests(NEW), cluster(OLD)
    pending = Owned({OLD.address: entry(is_pending=True)})
    assert set(seen(desired, world, pending)[1].entries) == {NEW.address}
    plan = plan_of(desired, world)
    assert noted(opened({}, plan), plan) == {NEW.address: entry(id="group-research", is_pending=True)}


def test_what_another_inventory_owns_by_its_old_name_is_not_taken() -> None:
    desired, world = manifests(NEW), cluster(OLD)
    plan, (found, ours) = plan_of(desired, world), seen(desired, world, Owned())
    facts = RailFacts(found, ours, KINDS, desired.declared, held_elsewhere={OLD.address: "s3://other"})
    assert [it.summary for it in refusals(plan, facts)] == ["Owned elsewhere"]


def test_protection_holds_by_the_old_name_too() -> None:
    desired, world, inventory = manifests(NEW), cluster(OLD, OLD_NLP), owned(OLD, OLD_NLP)
    plan, (found, ours) = plan_of(desired, world, inventory), seen(desired, world, inventory)
    more: dict[str, Any] = {"protect": globs_of(("Group/research/nlp",), inventory.entries, spares=True)}
    facts = RailFacts(found, ours, KINDS, desired.declared, is_pruning=True, **more)
    assert [(it.summary, it.address) for it in refusals(plan, facts)] == [
        ("Protected", Address("Group", "science/nlp"))
    ]


def test_whoever_applies_by_a_group_that_is_renamed_keeps_all_rights() -> None:
    policies = sorted(KINDS.powers.applies | KINDS.powers.administers)
    old, new = group("ops", policies=policies), was(group("crew", policies=policies), "ops")
    desired, world = manifests(new), cluster(old, user("admin", groups=["ops"]))
    plan, (found, ours) = plan_of(desired, world, owned(old)), seen(desired, world, owned(old))
    assert steps(plan) == ["update Group/crew"]
    assert refusals(plan, RailFacts(found, ours, KINDS, desired.declared, is_pruning=True)) == ()


def test_where_nothing_is_renamed_everything_is_the_very_same() -> None:
    world, inventory, desired = cluster(OLD, OLD_NLP), owned(OLD), manifests(OLD)
    found, ours = seen(desired, world, inventory)
    assert (found is world, ours is inventory) == (True, True)


def test_what_the_inventory_holds_of_no_kind_that_is_known_stays_as_it_is() -> None:
    desired = manifests(was(group("new"), "old"))
    inventory = owned(group("old"), **{"Thing/odd": entry(values={"group": "old"}, id="7")})
    _, moved = seen(desired, cluster(group("old")), inventory)
    assert moved.entries[Address("Thing", "odd")] == inventory.entries[Address("Thing", "odd")]
    assert Address("Group", "new") in moved.entries
