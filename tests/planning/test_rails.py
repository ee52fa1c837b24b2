"""Rails: each refuses what it is there for, lets all else pass, and says what would be accepted."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import globs_of
from igz_apply.model.changes import Action, Plan
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.resources import DesiredState, Home, LiveState, Owned
from igz_apply.planning.plan_document import canonical, from_data, to_data
from igz_apply.planning.rail_facts import MOVE, RailFacts
from igz_apply.planning.rails import RAILS, refusals
from tests.builders import (
    CALLER,
    absent,
    cluster,
    entry,
    group,
    live,
    manifests,
    owned,
    plan_for,
    project,
    service,
    user,
)

ADMIN = user("admin", assigned_policies=["Security Admin", "Developer", "Service Admin"])

REMEMBERED = ", as the inventory remembers of the manifest that declared it last."


def judged(desired: DesiredState, world: LiveState, inventory: Owned | None = None, **facts: Any) -> list[Problem]:
    prune = facts.get("is_pruning", False)
    inventory = inventory if inventory is not None else owned()
    plan = plan_for(desired, world, inventory, prune=prune)
    return list(
        refusals(
            plan,
            facts_of(
                world,
                inventory,
                declared={each.address: each.is_present for each in desired.resources.values()},
                **facts,
            ),
        )
    )


def facts_of(world: LiveState, inventory: Owned, **facts: Any) -> RailFacts:
    """`limits` are those of deletes."""
    limits = {("delete", kind): limit for kind, limit in facts.pop("limits", {}).items()}
    limits |= {(verb, kind): of for verb in ("cascade", "update") for kind, of in facts.pop(verb, {}).items()}
    facts["protect"] = globs_of(facts.pop("protect", ()), world.resources)
    declared = facts.pop("declared", {ADMIN.address: True})
    kinds = facts.pop("kinds", KINDS)
    return RailFacts(live=world, owned=inventory, kinds=kinds, declared=declared, limits=limits, **facts)


def summaries(problems: list[Problem]) -> list[str]:
    return [problem.summary for problem in problems]


def test_a_plan_that_writes_nothing_passes_every_rail() -> None:
    world = cluster(ADMIN)
    assert judged(manifests(ADMIN), world, min_admins=9, protect=("*",), limits={"User": 0}) == []


# System resources


@pytest.mark.parametrize(
    ("desired", "lives", "verb"),
    [
        (absent(user("sys")), live(user("sys"), is_system=True), "deleted"),
        (user("sys", admin_status="down"), live(user("sys", admin_status="up"), is_system=True), "disabled"),
        (absent(group("admins")), live(group("admins"), is_system=True), "deleted"),
        (absent(service("nuclio")), live(service("nuclio", kind="nuclio"), is_system=True), "deleted"),
        (service("nuclio", desired_state="disabled"), live(service("nuclio"), is_system=True), "disabled"),
    ],
)
def test_what_belongs_to_the_platform_is_never_deleted_or_disabled(desired: Any, lives: Any, verb: str) -> None:
    (problem,) = judged(manifests(desired), cluster(lives, ADMIN))
    assert problem.summary == "System resource"
    assert problem.detail == f"{desired.address} belongs to the platform and is never {verb}."
    assert problem.hint == f"Take {desired.address} out of what this run changes."
    assert problem.source == desired.source
    assert problem.address == desired.address


def test_what_belongs_to_the_platform_can_be_changed_otherwise() -> None:
    world = cluster(live(group("admins"), is_system=True), live(user("sys", admin_status="down"), is_system=True))
    assert judged(manifests(group("admins", description="x"), user("sys", admin_status="up")), world) == []


def test_a_name_of_the_platforms_that_is_gone_can_be_made_again_even_disabled() -> None:
    assert judged(manifests(user("sys", admin_status="down")), cluster()) == []


# protect


def test_what_protect_names_is_never_deleted_or_disabled() -> None:
    world = cluster(user("ada"), user("bob"), group("ops-1"), ADMIN)
    desired = manifests(absent(user("ada")), user("bob", admin_status="down"), absent(group("ops-1")))
    problems = judged(desired, world, protect=("User", "Group/ops-*"))
    assert [(each.summary, each.detail) for each in problems] == [
        ("Protected", "User/ada is named by protect in the config and is never deleted."),
        ("Protected", "User/bob is named by protect in the config and is never disabled."),
        ("Protected", "Group/ops-1 is named by protect in the config and is never deleted."),
    ]
    assert {each.hint for each in problems} == {"Take it out of protect first, in a commit of its own."}
    assert judged(desired, world, protect=("User/c*", "Group/x")) == []


@pytest.mark.parametrize("name", ["Group/ops", "Group/data", "Group/da*"])
def test_protect_guards_by_either_name_what_somebody_renamed_on_the_cluster(name: str) -> None:
    world = cluster(replace(live(group("ops")), called="data"), ADMIN)
    (problem,) = judged(manifests(absent(group("ops"))), world, protect=(name,))
    assert (problem.summary, problem.address) == ("Protected", group("ops").address)
    assert judged(manifests(absent(group("ops"))), world, protect=("Group/other",)) == []


def test_what_protect_names_can_be_made_anew() -> None:
    assert judged(manifests(user("ada", admin_status="down"), group("ds")), cluster(ADMIN), protect=("*",)) == []


def test_what_protect_names_can_be_changed_otherwise() -> None:
    world = cluster(user("ada", admin_status="down"), service("s", kind="jupyter"), ADMIN)
    desired = manifests(user("ada", admin_status="up", first_name="x"), service("s", description="x"))
    assert judged(desired, world, protect=("*",)) == []


# The caller


@pytest.mark.parametrize(
    ("desired", "verb"), [(absent(ADMIN), "deleted"), (user("admin", admin_status="down"), "disabled")]
)
def test_nobody_deletes_or_disables_the_account_that_the_run_acts_as(desired: Any, verb: str) -> None:
    other = user("other", assigned_policies=["Security Admin"])
    (problem,) = (each for each in judged(manifests(desired), cluster(ADMIN, other)) if each.summary == "Own account")
    assert problem.detail == f"User/admin is the account that this run acts as, and is never {verb} by it."
    assert problem.hint == "Run as another administrator."


def test_others_and_what_only_shares_the_name_may_go() -> None:
    world = cluster(ADMIN, user("bob"), group("admin"))
    assert judged(manifests(absent(user("bob")), absent(group("admin"))), world) == []


def test_kinds_without_users_have_no_caller_and_no_lock_out() -> None:
    kinds = Kinds((KINDS["AppService"],))
    world = cluster(service("admin", kind="jupyter"))
    plan = plan_for(manifests(absent(service("admin"))), world, kinds=kinds)
    assert refusals(plan, facts_of(world, owned(), kinds=kinds, min_admins=5)) == ()


# prevent_destroy


def test_prevent_destroy_holds_from_the_manifest_and_from_the_inventory() -> None:
    world = cluster(user("ada"), user("bob"), user("cy"), ADMIN)
    inventory = owned(user("bob", prevent_destroy=True), user("cy"))
    desired = manifests(absent(user("ada", prevent_destroy=True)), ADMIN)
    problems = judged(desired, world, inventory, is_pruning=True)
    assert [(each.summary, each.detail) for each in problems] == [
        (
            "Destroy prevented",
            f"User/bob has lifecycle.prevent_destroy{REMEMBERED}",
        ),
        ("Destroy prevented", "User/ada has lifecycle.prevent_destroy."),
    ]
    assert {each.hint for each in problems} == {
        "Declare it with prevent_destroy: false and apply; after that it can be deleted."
    }
    assert [each.source for each in problems] == [None, desired.resources[problems[1].address].source]  # type: ignore[index]


def test_what_is_never_to_be_destroyed_can_be_made() -> None:
    assert (
        judged(manifests(user("ada", prevent_destroy=True)), cluster(ADMIN), owned(user("ada", prevent_destroy=True)))
        == []
    )


def test_prevent_destroy_is_found_wherever_in_the_plan_it_stands() -> None:
    world = cluster(user("bob"), group("g", description="x"), ADMIN)
    desired = manifests(group("a"), group("g", description="y"), absent(user("bob", prevent_destroy=True)))
    assert summaries(judged(desired, world)) == ["Destroy prevented"]


def test_prevent_destroy_prevents_nothing_else() -> None:
    world = cluster(user("ada", first_name="x", admin_status="up"), ADMIN)
    inventory = owned(user("ada", prevent_destroy=True))
    assert (
        judged(manifests(user("ada", first_name="y", admin_status="down", prevent_destroy=True)), world, inventory)
        == []
    )


# Immutable fields


def test_an_immutable_field_is_found_wherever_in_the_plan_it_stands() -> None:
    world = cluster(user("zoe", uid=1), user("bob"), ADMIN)
    desired = manifests(group("a"), absent(user("bob")), user("zoe", uid=2))
    assert summaries(judged(desired, world)) == ["Immutable field"]


def test_an_immutable_field_that_differs_is_refused_with_both_values() -> None:
    (problem,) = judged(manifests(user("ada", uid=2, first_name="x")), cluster(user("ada", uid=1), ADMIN))
    assert problem.summary == "Immutable field"
    assert problem.detail == "uid of User/ada is 1 and cannot become 2: the platform sets it once, at creation."
    assert problem.hint == "State 1, leave the field out, or delete it and create it anew in two applies."
    assert str(problem.source) == "manifests/test.yaml:spec:uid:1:1"


def test_an_immutable_field_is_set_at_creation_and_may_stay_as_it_is() -> None:
    assert judged(manifests(user("ada", uid=2)), cluster(ADMIN)) == []
    assert judged(manifests(user("ada", uid=1, first_name="x")), cluster(user("ada", uid=1), ADMIN)) == []


def test_labels_of_a_service_are_not_taken_for_an_immutable_field() -> None:
    world = cluster(service("s", kind="jupyter", labels={"a": "1"}), ADMIN)
    assert judged(manifests(service("s", kind="jupyter", labels={"a": "2"})), world) == []
    assert summaries(judged(manifests(service("s", kind="shell")), world)) == ["Immutable field"]


# What only looks like being switched off


def test_a_value_that_switches_off_counts_in_its_own_field_alone() -> None:
    sys = user("sys", description="down", first_name="down", assigned_policies=["down"])
    jupyter = service("nuclio", description="disabled", display_name="disabled", avatar="disabled")
    world = cluster(live(user("sys"), is_system=True), live(service("nuclio"), is_system=True), ADMIN)
    assert judged(manifests(sys, jupyter), world) == []


# Limits


def deletes(count: int, of: int, **facts: Any) -> list[Problem]:
    users = [user(f"u{index:02}") for index in range(of)]
    desired = manifests(*users[count:])
    return judged(desired, cluster(*users, ADMIN), owned(*users), is_pruning=True, **facts)


@pytest.mark.parametrize(
    ("count", "of", "limit", "passes"),
    [
        (1, 40, 0, True),  # up to three always pass
        (2, 40, 0, True),
        (3, 40, 0, True),
        (4, 40, 0, False),
        (4, 40, 4, True),
        (5, 40, 4, False),
        (4, 40, "10%", True),
        (5, 40, "10%", False),
        (4, 49, "10%", True),  # 4.9 of 49
        (5, 49, "10%", False),
        (20, 40, "100%", True),
        (99, 198, "50%", True),
        (100, 198, "50%", False),
    ],
)
def test_deletes_beyond_the_limit_of_their_kind_need_a_waiver(
    count: int, of: int, limit: int | str, passes: bool
) -> None:
    assert deletes(count, of, limits={"User": limit}) == [] or not passes
    if not passes:
        (problem,) = deletes(count, of, limits={"User": limit, "Group": 0})
        assert problem.summary == "Too many deletes"
        assert problem.detail == f"The plan deletes {count} of kind User; limits.delete allows {limit}."
        assert problem.hint == f"If that is what you want, say so: --allow delete:User={count}"


def test_a_waiver_fits_its_kind_its_verb_and_its_exact_count() -> None:
    limits = {"User": 0}
    assert deletes(5, 9, limits=limits, waivers={("delete", "User"): 5}) == []
    for waivers in ({("delete", "User"): 6}, {("delete", "User"): 4}):
        (problem,) = deletes(5, 9, limits=limits, waivers=waivers)
        given = next(iter(waivers.values()))
        assert problem.detail.endswith(f"limits.delete allows 0. --allow delete:User={given} does not fit it.")
    for waivers in ({("delete", "Group"): 5}, {("update", "User"): 5}):
        assert summaries(deletes(5, 9, limits=limits, waivers=waivers)) == ["Too many deletes"]


def test_only_deletes_are_limited() -> None:
    users = [user(f"u{index}") for index in range(5)]
    changed = manifests(*(user(each.address.name, first_name="x") for each in users))
    assert judged(changed, cluster(*users, ADMIN), limits={"User": 0}) == []
    assert judged(changed, cluster(ADMIN), limits={"User": 0}) == []


def test_a_kind_within_its_limit_says_nothing_of_the_next() -> None:
    things = [make(f"x{index}") for index in range(4) for make in (user, group)]
    problems = judged(manifests(*map(absent, things)), cluster(*things, ADMIN), limits={"Group": 4, "User": 0})
    assert [problem.hint.split(": ")[1] for problem in problems] == ["--allow delete:User=4"]


def test_a_kind_without_a_limit_may_lose_a_tenth_of_what_is_owned() -> None:
    assert deletes(4, 40, limits={"Group": 0}) == []
    (problem,) = deletes(5, 40)
    assert problem.detail == "The plan deletes 5 of kind User; limits.delete allows 10%."
    assert deletes(3, 4) == []


def test_of_a_percentage_and_a_count_the_smaller_holds() -> None:
    assert deletes(9, 90, limits={"User": {"percent": "10%", "count": 9}}) == []
    for limit in ({"percent": "10%", "count": 8}, {"percent": "9%", "count": 9}):
        (problem,) = deletes(9, 90, limits={"User": limit})
        assert problem.detail.endswith(f"allows the smaller of {limit['percent']} and {limit['count']}.")


def test_updates_are_limited_where_the_config_says_so() -> None:
    users = [user(f"u{index}") for index in range(5)]
    changed = manifests(*(user(each.address.name, first_name="x") for each in users))
    (problem,) = judged(changed, cluster(*users, ADMIN), update={"User": 4})
    assert problem.summary == "Too many updates"
    assert problem.detail == "The plan updates 5 of kind User; limits.update allows 4."
    assert judged(changed, cluster(*users, ADMIN), update={"User": 4}, waivers={("update", "User"): 5}) == []
    assert judged(changed, cluster(*users, ADMIN), update={"User": 5}) == []


def test_many_entries_are_not_forgotten_at_once() -> None:
    users = [user(f"u{index}") for index in range(5)]
    (problem,) = judged(manifests(ADMIN), cluster(ADMIN), owned(*users))
    assert problem.summary == "Too many entries to forget"
    assert problem.detail == (
        "The inventory would forget 5 of kind User: User/u0, User/u1, User/u2 and 2 more; "
        "limits.delete allows 10%."
    )  # fmt: skip
    assert problem.hint.endswith("--allow forget:User=5")
    assert judged(manifests(ADMIN), cluster(ADMIN), owned(*users), waivers={("forget", "User"): 5}) == []
    assert judged(manifests(ADMIN), cluster(ADMIN), owned(*users[:3])) == []
    assert judged(manifests(ADMIN), cluster(ADMIN), owned(*users), limits={"User": 5}) == []


def test_a_percentage_is_of_what_is_owned_and_of_that_kind() -> None:
    users = [user(f"u{index}") for index in range(6)]
    groups = [group(f"g{index}") for index in range(50)]
    pending = {f"User/p{index}": entry(is_pending=True) for index in range(50)}
    inventory = owned(*users, *groups, **pending)
    world = cluster(*users, *groups, ADMIN)
    desired = manifests(*groups, *(absent(each) for each in users[:4]), *users[4:])
    assert summaries(judged(desired, world, inventory, limits={"User": "50%"})) == ["Too many deletes"]
    assert judged(desired, world, inventory, limits={"User": "67%"}) == []


def test_a_percentage_of_groups_does_not_count_users() -> None:
    things = [*(user(f"u{index}") for index in range(50)), *(group(f"g{index}") for index in range(6))]
    desired = manifests(*things[:50], *(absent(each) for each in things[50:54]), *things[54:])
    problems = judged(desired, cluster(*things, ADMIN), owned(*things), limits={"Group": "50%"})
    assert summaries(problems) == ["Too many deletes"]


def test_kinds_and_counts_are_compared_by_value() -> None:
    users = [user(f"u{index}") for index in range(300)]
    known = owned(**{str(each.address): entry(each) for each in users})
    world = cluster(*users, ADMIN)
    desired = manifests(*(absent(each) for each in users), ADMIN)
    assert judged(desired, world, known, limits={"User": 0}, waivers={("delete", "User"): len(users)}) == []
    assert judged(desired, world, known, limits={"User": "100%"}) == []


def test_each_kind_has_a_limit_of_its_own() -> None:
    things = [make(f"x{index}") for index in range(4) for make in (user, group)]
    inventory = owned(*things)
    problems = judged(
        manifests(ADMIN), cluster(*things, ADMIN), inventory, is_pruning=True, limits={"User": 1, "Group": 2}
    )
    assert [problem.detail for problem in problems] == [
        "The plan deletes 4 of kind Group; limits.delete allows 2.",
        "The plan deletes 4 of kind User; limits.delete allows 1.",
    ]


# Cascades

CASCADE = {("cascade", "Project"): 1}


def test_no_cascade_passes_unless_the_config_or_a_waiver_says_so() -> None:
    desired = manifests(absent(project("p", deletion_strategy="cascading")))
    (problem,) = judged(desired, cluster(project("p")))
    assert problem.summary == "Too many cascading deletes"
    assert problem.detail == (
        "The plan deletes 1 of kind Project with all that is in it: Project/p; limits.cascade allows 0."
    )  # fmt: skip
    assert problem.hint.endswith("--allow cascade:Project=1")
    assert judged(desired, cluster(project("p")), cascade={"Project": 1}) == []
    assert judged(desired, cluster(project("p")), waivers=CASCADE) == []
    assert judged(desired, cluster(live(project("p"), is_deleting=True))) == []


def test_a_cascade_has_to_be_asked_for_by_the_manifest_or_the_inventory() -> None:
    world = cluster(project("p"))
    for desired, inventory in (
        (manifests(absent(project("p", deletion_strategy="cascading"))), owned()),
        (manifests(absent(project("p"))), owned(project("p", deletion_strategy="cascading"))),
    ):
        assert judged(desired, world, inventory, waivers=CASCADE) == []
    desired = manifests(absent(project("p", deletion_strategy="restricted")))
    plan = plan_for(desired, world)
    tampered = replace(plan, changes=(replace(plan.changes[0], deletion_strategy="cascading"),))
    for inventory in (owned(), owned(project("p")), owned(project("p", deletion_strategy="restricted"))):
        (problem,) = refusals(tampered, facts_of(world, inventory, waivers=CASCADE))
        assert problem.summary == "Cascading delete"
        assert problem.detail == "Project/p would be deleted with all that is in it, and nothing asked for that."
        assert problem.hint == "State deletion_strategy: cascading in its manifest."
    for action in (Action.UPDATE, Action.CREATE):
        other = replace(plan, changes=(replace(tampered.changes[0], action=action),))
        assert refusals(other, facts_of(world, owned())) == ()


def test_a_cascade_is_found_wherever_in_the_plan_it_stands() -> None:
    world = cluster(project("p"), group("a"))
    plan = plan_for(manifests(absent(project("p")), absent(group("a"))), world)
    tampered = replace(plan, changes=(plan.changes[0], replace(plan.changes[1], deletion_strategy="cascading")))
    assert summaries(list(refusals(tampered, facts_of(world, owned(), waivers=CASCADE)))) == ["Cascading delete"]


def test_strategies_are_compared_by_value() -> None:
    world = cluster(project("p"))
    remembered = owned(**{"Project/p": entry(project("p"), deletion_strategy="".join(["casc", "ading"]))})
    assert judged(manifests(absent(project("p"))), world, remembered, waivers=CASCADE) == []
    stated = absent(project("p", deletion_strategy="".join(["casc", "ading"])))
    assert judged(manifests(stated), world, waivers=CASCADE) == []
    assert judged(manifests(absent(project("p"))), world) == []
    plan = plan_for(manifests(absent(project("p"))), world)
    tampered = replace(plan, changes=(replace(plan.changes[0], deletion_strategy="".join(["casc", "ading"])),))
    assert summaries(list(refusals(tampered, facts_of(world, owned(), waivers=CASCADE)))) == ["Cascading delete"]


# Empty input


def test_an_empty_input_prunes_nothing() -> None:
    inventory, world = owned(user("ada")), cluster(user("ada"), ADMIN)
    (problem,) = judged(manifests(), world, inventory, is_pruning=True)
    assert problem.summary == "Empty manifests"
    assert problem.detail == "The manifests declare nothing present, and pruning would delete 1 resources."
    assert problem.hint == "Check the path. To delete all of it on purpose, use igz-apply destroy."
    assert judged(manifests(ADMIN), world, inventory, is_pruning=True) == []
    assert judged(manifests(), world, inventory) == []
    assert judged(manifests(), cluster(ADMIN), inventory, is_pruning=True) == []
    plan = plan_for(manifests(), world, inventory, prune=True)
    assert refusals(plan, facts_of(world, inventory, declared={})) == ()


def test_an_absent_document_does_not_count_as_a_declaration() -> None:
    ada, bob = user("ada"), user("bob")
    (problem,) = judged(manifests(absent(ada)), cluster(ada, bob, ADMIN), owned(bob), is_pruning=True)
    assert problem.summary == "Empty manifests"
    assert judged(manifests(absent(ada), ADMIN), cluster(ada, bob, ADMIN), owned(bob), is_pruning=True) == []


def test_a_kind_of_which_nothing_is_declared_any_more_is_like_an_empty_folder() -> None:
    groups = [group(f"g{index}") for index in range(4)]
    world, limits = cluster(*groups, ADMIN), {"Group": 9}
    (problem,) = judged(manifests(ADMIN), world, owned(*groups), is_pruning=True, limits=limits)
    assert problem.summary == "Empty kind"
    assert problem.detail == "The manifests declare nothing of kind Group any more, and pruning would delete 4 of it."
    assert problem.hint.endswith("--allow delete:Group=4")
    waivers = {("delete", "Group"): 4}
    assert judged(manifests(ADMIN), world, owned(*groups), is_pruning=True, limits=limits, waivers=waivers) == []
    assert judged(manifests(ADMIN), world, owned(*groups[:3]), is_pruning=True, limits=limits) == []
    declared = manifests(ADMIN, group("g9"))
    assert judged(declared, world, owned(*groups), is_pruning=True, limits=limits) == []


def test_only_deletes_are_counted_where_nothing_is_declared() -> None:
    world = cluster(ADMIN)
    for desired in (user("ada"), user("admin", first_name="x")):
        plan = plan_for(manifests(desired), world)
        assert refusals(plan, facts_of(world, owned(), declared={}, is_pruning=True)) == ()


def test_manifests_that_declare_everything_absent_are_not_empty() -> None:
    assert judged(manifests(absent(user("ada"))), cluster(user("ada"), ADMIN), is_pruning=True) == []


# Lock-out


@pytest.mark.parametrize("policy", ["Security Admin", "Developer", "Service Admin"])
def test_the_caller_keeps_what_an_apply_takes(policy: str) -> None:
    left = [each for each in ("Security Admin", "Developer", "Service Admin") if each != policy]
    problems = judged(manifests(user("admin", assigned_policies=left)), cluster(ADMIN), min_admins=0)
    assert [(each.summary, each.detail, each.hint) for each in problems] == [
        (
            "Lock-out",
            f"After this plan admin, who runs it, would no longer have {policy}.",
            "Keep these policies, directly or through a group, or run as another administrator.",
        )
    ]


def test_the_caller_may_gain_policies() -> None:
    caller = user("admin", assigned_policies=["Security Admin"])
    gained = ["Security Admin", "Developer", "Service Admin"]
    assert judged(manifests(user("admin", assigned_policies=gained)), cluster(caller), min_admins=0) == []


def test_every_policy_that_the_caller_loses_is_named() -> None:
    problem, _ = judged(manifests(user("admin", assigned_policies=[])), cluster(ADMIN))
    assert "no longer have Developer, Security Admin, Service Admin." in problem.detail


def test_a_policy_counts_also_when_it_comes_through_a_group() -> None:
    able = group("able", assigned_policies=["Security Admin", "Developer", "Service Admin"])
    caller = user("admin", groups=["able"])
    for desired in (
        manifests(user("admin", groups=[])),
        manifests(group("able", users=[])),
        manifests(group("able", assigned_policies=["Data"])),
        manifests(absent(able)),
    ):
        assert summaries(judged(desired, cluster(caller, able), min_admins=0)) == ["Lock-out"]
    moved = manifests(user("admin", groups=[], assigned_policies=["Security Admin", "Developer", "Service Admin"]))
    assert judged(moved, cluster(caller, able)) == []


def test_what_the_caller_never_had_cannot_be_lost() -> None:
    caller = user("admin", assigned_policies=["Security Admin", "Data"])
    desired = manifests(user("admin", assigned_policies=["Security Admin"]))
    assert judged(desired, cluster(caller), min_admins=0) == []
    assert judged(manifests(user("ada", first_name="x")), cluster(user("ada")), min_admins=0) == []


# What the caller may do


@pytest.mark.parametrize(
    ("change", "policy", "others"),
    [
        (user("bob"), "Security Admin", ["Developer", "Service Admin"]),
        (absent(user("ada")), "Security Admin", ["Developer", "Service Admin"]),
        (user("ada", first_name="x"), "Security Admin", ["Developer", "Service Admin"]),
        (group("new"), "Security Admin", ["Developer", "Service Admin"]),
        (project("q"), "Developer or Function Admin", ["Security Admin", "Service Admin"]),
        (service("s", kind="shell"), "Service Admin", ["Security Admin", "Developer"]),
        (absent(service("t")), "Service Admin", ["Security Admin", "Developer"]),
    ],
)
def test_what_the_callers_policies_do_not_allow_is_refused(change: Any, policy: str, others: list[str]) -> None:
    lives = [user("ada"), service("t", kind="shell"), project("p")]
    caller = user("admin", assigned_policies=others)
    (problem,) = judged(manifests(change), cluster(caller, *lives), min_admins=0)
    assert problem.summary == "Missing policy"
    assert (
        f"({change.address}), which takes the policy {policy}; admin has {', '.join(sorted(others))}." in problem.detail
    )
    assert problem.hint == "Give it to admin, directly or through a group, or run as somebody who has it."
    able = user("admin", assigned_policies=[policy.split(" or ")[0], *others])
    assert judged(manifests(change), cluster(able, *lives), min_admins=0) == []


def test_policies_count_through_groups_and_what_is_not_known_refuses_nothing() -> None:
    needed = group("able", assigned_policies=["Security Admin"])
    desired = manifests(user("bob"))
    assert judged(desired, cluster(user("admin", groups=["able"]), needed), min_admins=0) == []
    assert judged(desired, cluster(user("admin", assigned_policies=["Of A Newer System"])), min_admins=0) == []
    assert judged(desired, cluster(), min_admins=0) == []
    assert judged(desired, cluster(live(user("admin"), is_system=True)), min_admins=0) == []
    assert summaries(judged(desired, cluster(user("admin")), min_admins=0)) == ["Missing policy"]


def test_to_update_or_delete_a_project_hangs_on_a_role_not_on_a_policy() -> None:
    caller = user("admin", assigned_policies=["Security Admin"])
    world = cluster(caller, project("p"), project("q"))
    assert judged(manifests(project("p", description="x"), absent(project("q"))), world, min_admins=0) == []


# What is not shown, is called otherwise, or is claimed by others


def test_what_is_declared_and_owned_has_to_be_visible() -> None:
    p = project("p")
    unseen = replace(cluster(ADMIN), hidden={p.address: "403"})
    for desired in (p, absent(p)):
        (problem,) = judged(manifests(ADMIN, desired), unseen, owned(p))
        assert problem.summary == "Not visible"
        assert problem.detail == (
            "Project/p is declared, and was applied before, but the cluster does not show it: 403."
        )  # fmt: skip
        assert problem.hint.endswith("--except Project/p")
    assert judged(manifests(ADMIN), unseen, owned(p), is_pruning=True) == []


def test_a_name_is_put_back_only_where_the_platform_can() -> None:
    ds = group("ds", description="x")
    world = cluster(ADMIN, live(group("data", description="x"), id="group-ds"))
    assert judged(manifests(ADMIN, ds), world, owned(ds)) == []
    bob = user("bob", first_name="B")
    world = cluster(ADMIN, live(user("robert", first_name="B"), id="user-bob"))
    (problem,) = judged(manifests(ADMIN, bob), world, owned(bob))
    assert problem.summary == "Renamed on the cluster"
    assert problem.detail.startswith("User/bob is called robert there now; it has the same id.")
    assert problem.hint == (
        "Declare it as User/robert, with all that names it, or have it called bob there again."
    )  # fmt: skip


def test_what_bears_the_mark_of_another_repository_is_taken_on_purpose_alone() -> None:
    p = project("p", description="x")
    marked = cluster(ADMIN, live(project("p", description="y"), mark="team-b"))
    for desired in (p, project("p", description="y"), absent(p)):
        for owner in ("", "team-a"):
            (problem,) = judged(manifests(ADMIN, desired), marked, owner=owner)
            assert problem.summary == "Owned elsewhere"
            assert problem.detail == "Project/p is marked as team-b's (igz-apply/owner)."
            assert problem.hint.endswith("--allow adopt:Project=1")
            waivers = {("adopt", "Project"): 1}
            assert judged(manifests(ADMIN, desired), marked, owner=owner, waivers=waivers) == []
    assert judged(manifests(ADMIN, p), marked, owner="team-b") == []
    left = owned(**{"Project/p": entry(p, mark="team-b")})
    assert judged(manifests(ADMIN, p), marked, left) == []  # ours by its id, as we left it, and we have no mark
    assert summaries(judged(manifests(ADMIN, p), marked, owned(p))) == ["Owned elsewhere"]  # marked since
    assert summaries(judged(manifests(ADMIN, p), marked, owned(p), owner="team-a")) == ["Owned elsewhere"]


def test_what_another_inventory_of_the_cluster_owns_is_taken_on_purpose_alone() -> None:
    g = group("g", description="x")
    held = {g.address: "s3://state/b.json"}
    world = cluster(ADMIN, group("g", description="y"))
    (problem,) = judged(manifests(ADMIN, g), world, held_elsewhere=held)
    assert problem.detail == "Group/g is in the inventory s3://state/b.json."
    assert judged(manifests(ADMIN, g), world, owned(g), held_elsewhere=held) == []
    assert judged(manifests(ADMIN, g), cluster(ADMIN), held_elsewhere=held) == []
    assert judged(manifests(ADMIN, g), world, held_elsewhere=held, waivers={("adopt", "Group"): 1}) == []


def test_enough_administrators_remain() -> None:
    others = [user(name, assigned_policies=["Security Admin"]) for name in ("ada", "bob")]
    world = cluster(ADMIN, *others)
    desired = manifests(absent(others[0]), user("bob", assigned_policies=[]))
    assert judged(desired, world, min_admins=1) == []
    assert judged(manifests(absent(others[0])), world, min_admins=1) == []
    (problem,) = judged(desired, world, min_admins=2)
    assert problem.summary == "Lock-out"
    assert problem.detail == "After this plan admin could administer users; limits.min_admins is 2."
    assert problem.hint == (
        "Keep Security Admin for more users, or lower limits.min_admins in a commit of its own."
    )  # fmt: skip
    (problem,) = judged(manifests(absent(others[0])), world, min_admins=3)
    assert problem.detail == "After this plan admin, bob could administer users; limits.min_admins is 3."


def test_a_tenant_that_has_too_few_administrators_already_can_still_be_changed() -> None:
    assert judged(manifests(user("ada", first_name="x")), cluster(ADMIN, user("ada")), min_admins=5) == []


def test_a_tenant_that_has_too_few_administrators_may_get_more() -> None:
    more = manifests(user("ada", assigned_policies=["Security Admin"]))
    assert judged(more, cluster(ADMIN, user("ada")), min_admins=5) == []


def test_who_is_disabled_or_being_deleted_does_not_administer() -> None:
    off = user("off", assigned_policies=["Security Admin"], admin_status="down")
    leaving = live(user("leaving", assigned_policies=["Security Admin"]), is_deleting=True)
    bob = user("bob", assigned_policies=["Security Admin"])
    world = cluster(ADMIN, off, leaving, bob)
    for desired in (absent(bob), user("bob", admin_status="down"), user("bob", assigned_policies=[])):
        (problem,) = judged(manifests(desired), world, min_admins=2)
        assert problem.detail.startswith("After this plan admin could")


def test_nobody_is_called_nobody() -> None:
    caller = live(user("admin", assigned_policies=["Developer"]), is_system=True)
    bob = user("bob", assigned_policies=["Security Admin"])
    (problem,) = judged(manifests(absent(bob)), cluster(caller, bob))
    assert problem.detail == "After this plan nobody could administer users; limits.min_admins is 1."


def test_an_administrator_through_a_group_counts_once() -> None:
    both = user("both", assigned_policies=["Security Admin"], groups=["sec"])
    world = cluster(ADMIN, both, group("sec", assigned_policies=["Security Admin"]))
    assert judged(manifests(user("both", assigned_policies=[])), world, min_admins=2) == []


# The inventory


OTHER = "Give each target an inventory of its own in the config, for example inventory: .igz-apply/prod.json. "


def at(**home: Any) -> Owned:
    return replace(owned(user("ada"), user("bob")), home=Home(**home))


def test_an_inventory_of_another_cluster_is_refused_with_both_ways_out() -> None:
    world = cluster(ADMIN, user("ada"), caller=replace(CALLER, cluster="blue"))
    theirs = at(tenant=CALLER.tenant, endpoint="https://other.test", cluster="green")
    assert judged(manifests(user("ada")), world, theirs) == [
        Problem(
            "Inventory of another cluster",
            "The inventory is about https://other.test, cluster green, tenant default-tenant; "
            "this is https://cluster.test, cluster blue, tenant default-tenant.",
            f"{OTHER}If it is the same cluster at another address, say so when you apply: --allow move:inventory=2",
        )
    ]


def test_an_inventory_of_this_cluster_or_of_nobody_yet_passes() -> None:
    for home in ({}, {"tenant": CALLER.tenant}, {"tenant": CALLER.tenant, "endpoint": CALLER.endpoint}):
        assert judged(manifests(user("ada")), cluster(ADMIN, user("ada")), at(**home)) == []


def test_a_cluster_that_has_moved_needs_a_waiver_with_the_exact_count() -> None:
    world, moved = cluster(ADMIN, user("ada")), at(endpoint="https://old.test")
    assert judged(manifests(user("ada")), world, moved, waivers={MOVE: 2}) == []
    (problem,) = judged(manifests(user("ada")), world, moved, waivers={MOVE: 3})
    assert problem.detail.endswith(" --allow move:inventory=3 does not fit its 2 entries.")
    assert judged(manifests(user("ada")), world, at(endpoint=CALLER.endpoint), waivers={MOVE: 3}) == []


def test_a_delete_that_is_running_already_counts_for_no_limit() -> None:
    users = [live(user(f"u{index}"), is_deleting=index < 2) for index in range(5)]
    desired = manifests(*(absent(user(f"u{index}")) for index in range(5)))
    assert judged(desired, cluster(*users, ADMIN), limits={"User": 0}) == []


def test_a_saved_plan_is_refused_for_the_same_reasons() -> None:
    world = cluster(ADMIN, user("bob", uid=1), project("p"), service("s", kind="x"))
    desired = manifests(user("admin", admin_status="down"), user("bob", uid=2), service("s", desired_state="disabled"))
    plan = plan_for(desired, world)
    facts = facts_of(world, owned(), protect=("*",), min_admins=1)
    saved = from_data(json.loads(canonical(to_data(plan, tool_version="1"))), KINDS)
    told = [sorted(problem.detail for problem in refusals(each, facts)) for each in (saved, plan)]
    assert told[0] == told[1]
    assert len(told[0]) == 5


def test_all_reasons_are_told_at_once() -> None:
    world = cluster(live(ADMIN, is_system=True))
    problems = judged(manifests(absent(ADMIN)), world, protect=("User/admin",))
    assert sorted(summaries(problems)) == ["Lock-out", "Lock-out", "Own account", "Protected", "System resource"]


def test_rails_look_and_never_change_the_plan() -> None:
    world = cluster(user("ada"), ADMIN)
    plan = plan_for(manifests(absent(user("ada"))), world)
    before = repr(plan)
    for rail in RAILS:
        list(rail(plan, facts_of(world, owned(), protect=("*",))))
    assert repr(plan) == before
    assert isinstance(plan, Plan)


# Who is switched off, or forgotten, as nothing declares it any more


def leavers(count: int, how: str = "disable") -> list[Any]:
    return [user(f"u{index}", on_removal=how) for index in range(count)]


def test_more_than_may_be_deleted_is_not_disabled_either() -> None:
    them = leavers(4)
    known = owned(*them, user("ada"))
    (problem,) = judged(manifests(user("ada"), ADMIN), cluster(*them, user("ada"), ADMIN), known, is_pruning=True)
    assert problem.summary == "Too many to disable"
    assert problem.detail == (
        "The plan disables 4 of kind User, which nothing declares any more: User/u0, User/u1, User/u2 and 1 more; "
        "limits.delete allows 10%."
    )
    assert problem.hint.endswith("--allow disable:User=4")
    facts: dict[str, Any] = {"waivers": {("disable", "User"): 4}, "update": {"User": 0}}
    world = cluster(*them, user("ada"), ADMIN)
    assert judged(manifests(user("ada"), ADMIN), world, known, is_pruning=True, **facts) == []


def test_more_than_may_be_deleted_is_not_forgotten_either() -> None:
    them = leavers(4, "forget")
    world = cluster(*them, user("ada"), ADMIN)
    (problem,) = judged(manifests(user("ada"), ADMIN), world, owned(*them, user("ada")), is_pruning=True)
    assert problem.summary == "Too many entries to forget"
    assert problem.hint.endswith("--allow forget:User=4")


def test_an_empty_input_disables_and_forgets_nothing() -> None:
    them = [*leavers(1), user("old", on_removal="forget"), group("g")]
    (problem,) = judged(manifests(), cluster(*them, ADMIN), owned(*them), is_pruning=True)
    assert problem.summary == "Empty manifests"
    assert problem.detail == (
        "The manifests declare nothing present, and pruning would delete 1, disable 1, forget 1 resources."
    )


@pytest.mark.parametrize(("how", "verb"), [("disable", "disable"), ("forget", "forget")])
def test_a_kind_of_which_nothing_is_declared_is_not_ended_otherwise_either(how: str, verb: str) -> None:
    them, limits = leavers(4, how), {"User": 9}
    (problem,) = judged(manifests(group("g")), cluster(*them, ADMIN), owned(*them), is_pruning=True, limits=limits)
    assert problem.summary == "Empty kind"
    assert problem.detail == f"The manifests declare nothing of kind User any more, and pruning would {verb} 4 of it."
    assert problem.hint.endswith(f"--allow {verb}:User=4")


def test_who_must_stay_is_not_disabled_for_want_of_a_manifest() -> None:
    them = [user(name, on_removal="disable") for name in ("sys", "admin", "bob")]
    boss = live(user("admin", assigned_policies=["Security Admin", "Developer", "Service Admin"]))
    world = cluster(live(user("sys"), is_system=True), boss, user("bob"), user("ada"))
    problems = judged(manifests(user("ada")), world, owned(*them), is_pruning=True, protect=("User/bob",))
    assert sorted(each.detail for each in problems if "is never disabled" in each.detail) == [
        "User/admin is the account that this run acts as, and is never disabled by it.",
        "User/bob is named by protect in the config and is never disabled.",
        "User/sys belongs to the platform and is never disabled.",
    ]
    assert summaries(problems).count("Lock-out") == 2
    assert {each.source for each in problems} == {None}
    hints = [each.hint for each in problems if each.summary == "System resource"]
    assert hints == ["Declare it again, or give it up: igz-apply forget User/sys"]


def test_what_is_off_already_is_not_stripped_where_it_must_stay() -> None:
    bob = user("bob", on_removal="disable")
    world = cluster(user("bob", admin_status="down", assigned_policies=["Data"]), ADMIN)
    (problem,) = judged(manifests(ADMIN), world, owned(bob), is_pruning=True, protect=("User/bob",))
    assert problem.summary == "Protected"


def test_prevent_destroy_does_not_keep_it_switched_on() -> None:
    bob = user("bob", on_removal="disable", prevent_destroy=True)
    assert judged(manifests(ADMIN), cluster(user("bob"), ADMIN), owned(bob), is_pruning=True) == []


def test_what_another_inventory_holds_is_not_disabled_without_a_word() -> None:
    bob = user("bob", on_removal="disable")
    elsewhere = {bob.address: "other.json"}
    (problem,) = judged(
        manifests(ADMIN), cluster(user("bob"), ADMIN), owned(bob), is_pruning=True, held_elsewhere=elsewhere
    )
    assert problem.summary == "Owned elsewhere"
