"""Rails: each refuses what it is there for, lets all else pass, and says what would be accepted."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from builders import CALLER, absent, cluster, entry, group, live, manifests, owned, plan_for, project, service, user

from igz_apply.core.changes import Action, Plan
from igz_apply.core.kind import Kinds
from igz_apply.core.planfile import canonical, from_data, to_data
from igz_apply.core.problems import Problem
from igz_apply.core.rails import RAILS, RailFacts, refusals
from igz_apply.core.resources import DesiredState, LiveState, Owned
from igz_apply.kinds import KINDS

ADMIN = user("admin", assigned_policies=["Security Admin", "Developer", "Service Admin"])

REMEMBERED = ", as the inventory remembers, though no manifest declares it any more."


def judged(desired: DesiredState, world: LiveState, inventory: Owned | None = None, **facts: Any) -> list[Problem]:
    prune = facts.get("is_pruning", False)
    inventory = inventory if inventory is not None else owned()
    plan = plan_for(desired, world, inventory, prune=prune)
    return list(refusals(plan, facts_of(world, inventory, declared=len(desired.resources), **facts)))


def facts_of(world: LiveState, inventory: Owned, **facts: Any) -> RailFacts:
    return RailFacts(live=world, owned=inventory, kinds=facts.pop("kinds", KINDS), **{"declared": 1, **facts})


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
    desired = manifests(absent(user("ada", prevent_destroy=True)))
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


def test_a_kind_without_a_limit_is_not_limited() -> None:
    assert deletes(9, 9 + 1, limits={"Group": 0}) == []


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


def test_a_cascade_has_to_be_asked_for_by_the_manifest_or_the_inventory() -> None:
    world = cluster(project("p"))
    for desired, inventory in (
        (manifests(absent(project("p", deletion_strategy="cascading"))), owned()),
        (manifests(absent(project("p"))), owned(project("p", deletion_strategy="cascading"))),
    ):
        assert judged(desired, world, inventory) == []
    desired = manifests(absent(project("p", deletion_strategy="restricted")))
    plan = plan_for(desired, world)
    tampered = replace(plan, changes=(replace(plan.changes[0], deletion_strategy="cascading"),))
    for inventory in (owned(), owned(project("p")), owned(project("p", deletion_strategy="restricted"))):
        (problem,) = refusals(tampered, facts_of(world, inventory))
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
    assert summaries(list(refusals(tampered, facts_of(world, owned())))) == ["Cascading delete"]


def test_strategies_are_compared_by_value() -> None:
    world = cluster(project("p"))
    remembered = owned(**{"Project/p": entry(project("p"), deletion_strategy="".join(["casc", "ading"]))})
    assert judged(manifests(absent(project("p"))), world, remembered) == []
    stated = absent(project("p", deletion_strategy="".join(["casc", "ading"])))
    assert judged(manifests(stated), world) == []
    assert judged(manifests(absent(project("p"))), world) == []
    plan = plan_for(manifests(absent(project("p"))), world)
    tampered = replace(plan, changes=(replace(plan.changes[0], deletion_strategy="".join(["casc", "ading"])),))
    assert summaries(list(refusals(tampered, facts_of(world, owned())))) == ["Cascading delete"]


# Empty input


def test_an_empty_input_prunes_nothing() -> None:
    inventory, world = owned(user("ada")), cluster(user("ada"), ADMIN)
    (problem,) = judged(manifests(), world, inventory, is_pruning=True)
    assert problem.summary == "Empty manifests"
    assert problem.detail == "The manifests declare nothing, and pruning would delete 1 resources."
    assert problem.hint == "Check the path. To delete all of it on purpose, use igz-apply destroy."
    assert judged(manifests(ADMIN), world, inventory, is_pruning=True) == []
    assert judged(manifests(), world, inventory) == []
    assert judged(manifests(), cluster(ADMIN), inventory, is_pruning=True) == []
    plan = plan_for(manifests(), world, inventory, prune=True)
    assert refusals(plan, facts_of(world, inventory, declared=0)) == ()


def test_only_deletes_are_counted_where_nothing_is_declared() -> None:
    world = cluster(ADMIN)
    for desired in (user("ada"), user("admin", first_name="x")):
        plan = plan_for(manifests(desired), world)
        assert refusals(plan, facts_of(world, owned(), declared=0, is_pruning=True)) == ()


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
    caller = user("admin", assigned_policies=["Developer"])
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
    caller = user("admin", assigned_policies=["Data"])
    assert judged(manifests(user("admin", assigned_policies=[])), cluster(caller), min_admins=0) == []
    assert judged(manifests(user("ada", first_name="x")), cluster(user("ada")), min_admins=0) == []


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
    caller = user("admin", assigned_policies=["Developer"])
    bob = user("bob", assigned_policies=["Security Admin"])
    (problem,) = judged(manifests(absent(bob)), cluster(caller, bob))
    assert problem.detail == "After this plan nobody could administer users; limits.min_admins is 1."


def test_an_administrator_through_a_group_counts_once() -> None:
    both = user("both", assigned_policies=["Security Admin"], groups=["sec"])
    world = cluster(ADMIN, both, group("sec", assigned_policies=["Security Admin"]))
    assert judged(manifests(user("both", assigned_policies=[])), world, min_admins=2) == []


# The inventory


def test_an_inventory_is_about_one_tenant() -> None:
    world = cluster(ADMIN)
    here = "".join(["default", "-tenant"])
    for tenant, expected in ((here, []), ("", []), ("another", ["Inventory of another cluster"])):
        known = replace(owned(), tenant=tenant)
        assert summaries(judged(manifests(user("ada")), world, known)) == expected
    unknown = cluster(ADMIN, caller=replace(CALLER, tenant=""))
    assert judged(manifests(user("ada")), unknown, replace(owned(), tenant="another")) == []


def test_a_delete_that_is_running_already_counts_for_no_limit() -> None:
    users = [live(user(f"u{index}"), is_deleting=index < 2) for index in range(5)]
    desired = manifests(*(absent(user(f"u{index}")) for index in range(5)))
    assert judged(desired, cluster(*users, ADMIN), limits={"User": 0}) == []


def test_a_saved_plan_is_refused_for_the_same_reasons() -> None:
    world = cluster(ADMIN, user("bob", uid=1), project("p"), service("s", kind="x"))
    desired = manifests(user("admin", admin_status="down"), user("bob", uid=2), service("s", desired_state="disabled"))
    plan = plan_for(desired, world)
    facts = facts_of(world, owned(), protect=("*",), min_admins=1)
    saved = from_data(json.loads(canonical(to_data(plan, tool_version="1"))))
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


def test_an_inventory_of_another_tenant_is_refused_and_one_of_nobody_yet_is_not() -> None:
    world = cluster(ADMIN)
    assert judged(manifests(ADMIN), world, replace(owned(), tenant="theirs")) == [
        Problem(
            "Inventory of another cluster",
            "The inventory is about tenant theirs, and this is tenant default-tenant.",
            "Give each target an inventory of its own in the config, for example inventory: .igz-apply/prod.json",
        )
    ]
    for tenant in ("", world.caller.tenant):
        assert judged(manifests(ADMIN), world, replace(owned(), tenant=tenant)) == []
