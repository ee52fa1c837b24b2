"""Names that were exchanged on the cluster, taken by others, or followed by git: ids tell what is what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address, globs_of
from igz_apply.model.changes import Plan
from igz_apply.model.problems import Problem
from igz_apply.model.resources import DesiredState, Edge, LiveState, Owned
from igz_apply.planning.identity import under_owned_names
from igz_apply.planning.lockout import account_of, rights_of
from igz_apply.planning.ownership import opened
from igz_apply.planning.rail_facts import RailFacts
from igz_apply.planning.rails import refusals
from tests.builders import (
    CALLER,
    absent,
    cluster,
    edges_of,
    entry,
    group,
    live,
    manifests,
    owned,
    plan_for,
    steps,
    user,
)

ADMIN = user("admin", assigned_policies=["Security Admin", "Developer", "Service Admin"])
A, B, C = (group(name, description=name) for name in "abc")
KEPT = replace(A, lifecycle=replace(A.lifecycle, prevent_destroy=True))


def called(of: Any, name: str) -> Any:
    """Return a group as it lives under another name than it was applied by."""
    return live(group(name, **of.spec), id=f"group-{of.address.name}")


def judged(desired: DesiredState, world: LiveState, inventory: Owned, **facts: Any) -> tuple[Plan, list[Problem]]:
    plan = plan_for(desired, world, inventory, prune=facts.get("is_pruning", False))
    facts["protect"] = globs_of(facts.get("protect", ()), inventory.entries, spares=True)
    seen = under_owned_names(world, inventory, KINDS, desired.declared)
    return plan, list(refusals(plan, RailFacts(seen, inventory, KINDS, desired.declared, **facts)))


def said(problems: list[Problem]) -> list[str]:
    return [f"{problem.summary}: {problem.address}" for problem in problems]


def test_exchanged_names_are_renames_and_refused_while_each_has_the_name_of_the_other() -> None:
    world = cluster(ADMIN, called(A, "b"), called(B, "a"))
    plan, problems = judged(manifests(ADMIN, A, B), world, owned(ADMIN, A, B))
    assert [(str(it.address), it.reason, it.live and it.live.id) for it in plan.writes] == [
        ("Group/a", "renamed on the cluster", "group-a"),
        ("Group/b", "renamed on the cluster", "group-b"),
    ]
    assert said(problems) == ["Name taken: Group/a", "Name taken: Group/b"]
    assert problems[0].detail == "Group/a cannot have its name: Group/b is called a on the cluster now."


def test_what_exchanged_its_name_is_pruned_and_remembered_by_its_id() -> None:
    world = cluster(ADMIN, called(A, "b"), called(B, "a"))
    inventory = owned(ADMIN, A, B)
    plan = plan_for(manifests(ADMIN, B), world, inventory, prune=True)
    assert [(it.address.name, it.live.id) for it in plan.writes if it.action.value == "delete" and it.live] == [
        ("a", "group-a")
    ]
    assert (plan.dropped, plan.tombstones) == ({}, ())


def test_a_chain_of_names_ends_at_the_ids() -> None:
    inventory = owned(ADMIN, A, B)
    plan = plan_for(manifests(ADMIN), cluster(ADMIN, called(A, "b"), called(B, "c")), inventory, prune=True)
    assert {(it.address.name, it.live.id) for it in plan.writes if it.live} == {("a", "group-a"), ("b", "group-b")}
    assert plan.dropped == {}


def test_what_took_the_name_of_ours_makes_way_and_is_nobodys() -> None:
    world = cluster(ADMIN, called(A, "c"), live(A, id="other"), edges=[("admin", "a")])
    inventory = owned(ADMIN, A)
    plan = plan_for(manifests(ADMIN), world, inventory, prune=True)
    assert [(str(it.address), it.live.id) for it in plan.writes if it.live] == [("Group/a", "group-a")]
    assert (plan.dropped, plan.foreign) == ({}, {"Group": 1})
    plan, problems = judged(manifests(ADMIN, A), world, inventory)
    assert said(problems) == ["Name taken: Group/a"]
    assert problems[0].detail == "Group/a cannot have its name: Group/a (not ours) is called a on the cluster now."
    assert opened(inventory.entries, plan)[A.address].id == "group-a"
    assert edges_of(under_owned_names(world, inventory, KINDS, {})) == {Edge("admin", "a (not ours)")}


def test_a_stand_in_name_is_free_itself() -> None:
    world = cluster(called(A, "c"), live(A, id="other"), group("a (not ours)"))
    seen = under_owned_names(world, owned(A), KINDS, {})
    assert {str(address) for address in seen.resources} == {"Group/a", "Group/a (not ours)", "Group/a (not ours)'"}


def test_a_name_that_one_of_ours_took_is_not_created_beside_it() -> None:
    plan, problems = judged(manifests(ADMIN, A, C), cluster(ADMIN, called(A, "c")), owned(ADMIN, A))
    assert steps(plan) == ["update Group/a", "create Group/c"]
    assert said(problems) == ["Name taken: Group/c"]


@pytest.mark.parametrize("desired", [manifests(ADMIN, absent(C)), manifests(ADMIN, absent(C), absent(A))])
@pytest.mark.parametrize("protect", [(), ("Group/a",), ("Group/c",)])
def test_protection_goes_along_with_the_id(desired: DesiredState, protect: tuple[str, ...]) -> None:
    world = cluster(ADMIN, called(A, "c"))
    plan, problems = judged(desired, world, owned(ADMIN, A if protect else KEPT), protect=protect)
    assert [(str(it.address), it.live and it.live.id) for it in plan.writes] == [("Group/c", "group-a")]
    assert {problem.summary for problem in problems} == {"Protected" if protect else "Destroy prevented"}
    assert (plan.dropped, plan.tombstones) == ({}, ())


def test_a_manifest_of_the_new_name_takes_over_what_holds_of_it() -> None:
    plan, problems = judged(
        manifests(ADMIN, replace(C, spec=A.spec)), cluster(ADMIN, called(A, "c")), owned(ADMIN, KEPT)
    )
    assert (problems, plan.dropped) == ([], {A.address: "called c now, as declared"})


def test_what_is_kept_under_another_name_is_told() -> None:
    plan = plan_for(manifests(ADMIN), cluster(ADMIN, called(A, "c")), owned(ADMIN, A))
    assert plan.kept == (A.address,)
    assert plan.warnings == ("Group/a was renamed on the cluster, where it is called c now",)


def test_a_caller_who_was_renamed_is_still_the_caller() -> None:
    world = cluster(live(user("root", **ADMIN.spec), id="user-admin"), caller=replace(CALLER, username="root"))
    inventory = owned(ADMIN)
    seen = under_owned_names(world, inventory, KINDS, {})
    assert account_of("root", seen, KINDS) == ADMIN.address
    assert rights_of("root", seen, KINDS) == frozenset({"Security Admin", "Developer", "Service Admin"})
    _, problems = judged(manifests(A), world, inventory, is_pruning=True)
    assert {"Own account", "Lock-out"} <= {problem.summary for problem in problems}


def test_of_two_accounts_the_caller_is_the_one_that_is_called_so_there() -> None:
    world = cluster(
        live(user("root"), id="user-admin"), live(user("admin"), id="other"), caller=replace(CALLER, username="admin")
    )
    seen = under_owned_names(world, owned(ADMIN), KINDS, {})
    assert account_of("admin", seen, KINDS) == Address("User", "admin (not ours)")
    assert account_of("nobody", seen, KINDS) == Address("User", "nobody")


def test_an_entry_of_the_id_protects_only_what_has_that_id() -> None:
    inventory = owned(ADMIN, **{"Group/old": entry(KEPT, id="group-x")})
    plan, problems = judged(manifests(ADMIN, absent(A)), cluster(ADMIN, A), inventory)
    assert (steps(plan), problems) == (["delete Group/a"], [])
