"""Operations beside changes: what brings one about, what does not, and what is left over of one that was not done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from igz_apply.execution.tracker import ChangeTracker
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.steps import steps_of
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.resources import Resource
from igz_apply.planning.digest import plan_digest
from igz_apply.planning.operations import is_at_rest, with_due
from igz_apply.planning.ownership import applied
from igz_apply.planning.plan_document import UnreadablePlan, from_data, seal, to_data
from igz_apply.planning.rail_facts import RailFacts
from igz_apply.planning.rails import refusals
from igz_apply.planning.staleness import fingerprints, moved
from tests.builders import (
    absent,
    cluster,
    entry,
    group,
    live,
    manifests,
    owned,
    plan_for,
    project,
    restart,
    service,
    steps,
    user,
)

ADA = Address("AppService", "jupyter-ada")
BOB = Address("AppService", "jupyter-bob")
DS = Address("Group", "ds")


def jupyter(name: str = "jupyter-ada", image: str = "old", **more: Any) -> Resource:
    return service(
        name,
        kind="jupyter",
        owner="ada",
        desired_state=more.pop("state", "ready"),
        jupyter={"image_name": image},
        **more,
    )


def ds(*policies: str) -> Resource:
    return group("ds", assigned_policies=list(policies), description="Scientists")


BEFORE = (user("ada"), ds("Data"), jupyter(), jupyter("jupyter-bob"))
LIVES, OURS = cluster(*BEFORE), owned(*BEFORE)
ON_IMAGE = restart("AppService/jupyter-ada", "jupyter.image_name")
ON_POLICIES = restart("AppService/jupyter-*", "Group/ds#assigned_policies")


def done(plan: Plan) -> list[str]:
    """Return the operations of a plan, each with what brings it about."""
    return [
        f"{it.operation} {it.address}"
        + "".join(f" <- {each.address}{'#' if each.paths else ''}{','.join(each.paths)}" for each in it.triggers)
        for it in plan.operations
    ]


def declared(*others: Resource, **more: Any) -> Plan:
    """Plan what lives, with some of it otherwise."""
    stated = {it.address: it for it in (*BEFORE, *others)}
    inventory = more.pop("inventory", OURS)
    return plan_for(manifests(*stated.values()), more.pop("lives", LIVES), inventory, **more)


def test_a_field_of_its_own_that_changes_brings_a_restart_about() -> None:
    plan = declared(jupyter(image="new"), operations=[ON_IMAGE])
    assert done(plan) == ["restart AppService/jupyter-ada <- AppService/jupyter-ada#jupyter.image_name"]
    assert plan.operations[0].depends_on == (ADA,)
    assert plan.operations[0].warnings == ("the service restarts: unsaved work and running sessions in it end",)
    assert plan.acts
    assert plan.operation_counts == {"restart": 1}


def test_a_field_that_stays_brings_nothing_about() -> None:
    assert done(declared(jupyter(description="notes"), operations=[ON_IMAGE])) == []
    assert not declared(operations=[ON_IMAGE, ON_POLICIES]).acts


def test_a_field_of_another_resource_restarts_all_that_a_pattern_selects() -> None:
    plan = declared(ds("Data", "Developer"), operations=[ON_POLICIES])
    assert done(plan) == [
        "restart AppService/jupyter-ada <- Group/ds#assigned_policies",
        "restart AppService/jupyter-bob <- Group/ds#assigned_policies",
    ]


def test_it_happens_once_however_many_bring_it_about_and_comes_after_all_of_them() -> None:
    news = (jupyter(image="new"), ds("Data", "Developer"))
    plan = declared(*news, operations=[ON_IMAGE, ON_POLICIES, restart("AppService/jupyter-ada", "Group/ds")])
    assert done(plan)[0] == (
        "restart AppService/jupyter-ada <- AppService/jupyter-ada#jupyter.image_name <- Group/ds#assigned_policies"
    )
    assert plan.operations[0].depends_on == (ADA, DS)


def test_it_comes_after_a_change_of_its_own_that_does_not_bring_it_about() -> None:
    plan = declared(jupyter(description="notes"), ds(), operations=[ON_POLICIES])
    assert plan.operations[0].depends_on == (ADA, DS)
    assert plan.operations[1].depends_on == (DS,)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (restart("AppService/jupyter-ada", "Project/churn"), True),  # any write, a create too
        (restart("AppService/jupyter-ada", "Project/churn#description"), True),
        (restart("AppService/jupyter-ada", "Project/churn#labels"), False),
        (restart("AppService/jupyter-ada", "Project/*"), True),
        (restart("AppService/jupyter-ada", "Project/other"), False),
        (restart("AppService", "Project/churn"), True),
        (restart("Group/ds", "Project/churn"), False),  # nothing of the kind can be done to a group
        (restart("Strange/ds", "Project/churn"), False),
    ],
)
def test_what_is_made_brings_about_what_names_it(rule: Any, expected: bool) -> None:
    plan = declared(project("churn", description="Churn", owner="ada"), operations=[rule])
    assert bool(plan.operations) is expected


def test_a_delete_ends_each_field_and_so_counts_for_each() -> None:
    plan = declared(absent(ds("Data")), operations=[ON_POLICIES])
    assert "delete Group/ds" in steps(plan)
    assert done(plan)[0] == "restart AppService/jupyter-ada <- Group/ds"


def test_a_map_that_comes_as_a_whole_counts_where_the_key_is_in_it() -> None:
    bare = service("jupyter-ada", kind="jupyter", owner="ada", desired_state="ready")
    lives = cluster(user("ada"), bare)
    want = manifests(user("ada"), jupyter())
    for path, expected in (("jupyter.image_name", True), ("jupyter", True), ("jupyter.spark_name", False)):
        plan = plan_for(want, lives, owned(user("ada"), bare), operations=[restart("AppService/*", path)])
        assert bool(plan.operations) is expected, path


def test_keys_with_dots_are_found_in_a_map_that_comes_as_a_whole() -> None:
    bare, labelled = jupyter(), jupyter(labels={"a.b/c": "1"})
    lives, ours = cluster(user("ada"), bare), owned(user("ada"), bare)
    for path, expected in (("metadata.labels.a.b/c", True), ("metadata.labels.a", False), ("metadata.labels", True)):
        rules = [restart("AppService/jupyter-ada", path)]
        plan = plan_for(manifests(user("ada"), labelled), lives, ours, operations=rules)
        assert bool(plan.operations) is expected, path


def test_nothing_is_done_to_what_is_made_or_deleted() -> None:
    made = declared(jupyter("jupyter-new"), ds(), operations=[ON_POLICIES])
    assert [it.address.name for it in made.operations] == ["jupyter-ada", "jupyter-bob"]
    gone = declared(absent(jupyter()), ds(), operations=[ON_POLICIES])
    assert [it.address.name for it in gone.operations] == ["jupyter-bob"]


@pytest.mark.parametrize(("there", "wanted"), [("disabled", "disabled"), ("ready", "disabled"), ("disabled", "ready")])
def test_what_does_not_run_before_or_after_starts_fresh(there: str, wanted: str) -> None:
    before = (user("ada"), ds("Data"), jupyter(state=there))
    want = manifests(user("ada"), ds(), jupyter(state=wanted))
    assert not plan_for(want, cluster(*before), owned(*before), operations=[ON_POLICIES]).operations


def test_what_is_scaled_to_zero_starts_fresh() -> None:
    scaling = {"mode": "enabled", "scale_resources": []}
    before = (user("ada"), ds("Data"), jupyter(state="scaledToZero", scale_to_zero=scaling))
    want = manifests(user("ada"), ds(), jupyter(scale_to_zero=scaling))
    assert not plan_for(want, cluster(*before), owned(*before), operations=[ON_POLICIES]).operations


def test_nothing_is_done_to_what_is_on_its_way_out() -> None:
    lives = replace(LIVES, resources={**LIVES.resources, ADA: replace(LIVES.resources[ADA], is_deleting=True)})
    found = declared(ds(), lives=lives, operations=[ON_POLICIES])
    assert [it.address for it in found.operations] == [BOB]


def test_what_is_adopted_is_ours_and_restarted() -> None:
    plan = declared(ds(), inventory=owned(user("ada"), ds("Data")), operations=[ON_POLICIES])
    assert [it.address for it in plan.operations] == [ADA, BOB]


# What is left over


def leaving_over(*operations: str) -> Any:
    """Return the inventory of a run that was cut off before it restarted something."""
    return replace(OURS, entries={**OURS.entries, ADA: entry(jupyter(), due=operations)})


def test_what_an_earlier_run_left_over_is_planned_though_nothing_changes() -> None:
    plan = declared(inventory=leaving_over("restart"), operations=[ON_IMAGE])
    assert plan.operations == (PlannedOperation("restart", ADA, (), True, (), plan.operations[0].warnings),)
    assert plan.given_up == {}


def test_what_is_left_over_and_brought_about_anew_happens_once() -> None:
    plan = declared(jupyter(image="new"), inventory=leaving_over("restart"), operations=[ON_IMAGE])
    assert done(plan) == ["restart AppService/jupyter-ada <- AppService/jupyter-ada#jupyter.image_name"]
    assert plan.operations[0].is_left_over


def test_what_nothing_asks_for_any_more_is_given_up() -> None:
    plan = declared(inventory=leaving_over("restart"))
    assert plan.operations == ()
    assert plan.given_up == {ADA: ("restart",)}
    assert with_due(leaving_over("restart").entries, plan)[ADA].due == ()


def test_what_was_switched_off_meanwhile_is_given_up() -> None:
    off = jupyter(state="disabled")
    lives = cluster(user("ada"), ds("Data"), off, jupyter("jupyter-bob"))
    plan = declared(off, lives=lives, inventory=leaving_over("restart"), operations=[ON_IMAGE])
    assert plan.given_up == {ADA: ("restart",)}


def test_what_was_deleted_and_made_anew_owes_nothing() -> None:
    other = service("jupyter-ada", kind="jupyter", owner="bob", desired_state="ready")
    lives = cluster(user("ada"), user("bob"), ds("Data"), other, jupyter("jupyter-bob"))
    rules = [restart("AppService/jupyter-ada", "description")]
    assert declared(lives=lives, inventory=leaving_over("restart"), operations=rules).operations == ()


def test_what_is_pending_and_owed_is_planned() -> None:
    inventory = replace(OURS, entries={**OURS.entries, ADA: entry(is_pending=True, due=("restart",))})
    plan = declared(inventory=inventory, operations=[ON_IMAGE])
    assert plan.operations[0].is_left_over


def test_a_service_that_is_made_or_switched_off_owes_nothing() -> None:
    made = plan_for(manifests(user("ada"), jupyter()), cluster(user("ada")), owned(user("ada")))
    (create,) = made.writes
    assert applied(create, entry(due=("restart",)), "jupyter-ada").due == ()


# What the run is not about


def test_what_a_selection_leaves_out_is_put_off_and_remembered() -> None:
    plan = declared(ds(), operations=[ON_POLICIES], only=["Group/ds"])
    assert plan.operations == ()
    assert plan.put_off == {ADA: ("restart",), BOB: ("restart",)}
    assert with_due(OURS.entries, plan)[BOB].due == ("restart",)
    later = replace(OURS, entries=with_due(OURS.entries, plan))
    again = declared(ds("Data"), inventory=later, operations=[ON_POLICIES])
    assert [(it.address, it.is_left_over) for it in again.operations] == [(ADA, True), (BOB, True)]


def test_what_is_owed_already_or_does_not_run_or_is_not_ours_is_not_put_off() -> None:
    owing = replace(OURS, entries={**OURS.entries, ADA: entry(jupyter(), due=("restart",))})
    assert declared(ds(), inventory=owing, operations=[ON_POLICIES], only=["Group/ds"]).put_off == {BOB: ("restart",)}
    off = cluster(user("ada"), ds("Data"), jupyter(state="disabled"))
    assert declared(ds(), lives=off, operations=[ON_POLICIES], only=["Group/ds"]).put_off == {}
    nobody = owned(user("ada"), ds("Data"))
    assert declared(ds(), inventory=nobody, operations=[ON_POLICIES], only=["Group/ds"]).put_off == {}


def test_except_leaves_the_operated_resource_out_and_its_trigger_does_not_bring_it_in() -> None:
    plan = declared(ds(), operations=[ON_POLICIES], exclude=["AppService/jupyter-bob"])
    assert [it.address for it in plan.operations] == [ADA]
    assert plan.put_off == {BOB: ("restart",)}


# What the inventory remembers


def test_all_that_is_to_come_is_remembered_before_anything_is_sent() -> None:
    plan = declared(jupyter(image="new"), operations=[ON_IMAGE])
    entries = ChangeTracker(plan, OURS.entries).entries
    assert entries[ADA].due == ("restart",)
    assert entries[BOB].due == ()


def test_what_is_taken_over_is_remembered_as_pending() -> None:
    plan = declared(jupyter(image="new"), inventory=owned(user("ada"), ds("Data")), operations=[ON_IMAGE])
    assert plan.operations
    found = ChangeTracker(plan, {}).entries[ADA]
    assert (found.is_pending, found.due) == (True, ("restart",))


def test_a_plan_for_other_entries_forgets_and_puts_off_nothing_that_is_not_there() -> None:
    plan = replace(declared(), put_off={ADA: ("restart",)}, given_up={BOB: ("restart",)})
    assert with_due({}, plan) == {}


def test_what_knows_no_rest_is_never_at_rest() -> None:
    assert not is_at_rest({"desired_state": "disabled"}, KINDS["Group"])


# Steps


def test_restarts_are_one_step_after_all_that_brings_them_about() -> None:
    plan = declared(jupyter(image="new"), ds("Data", "Developer"), operations=[ON_IMAGE, ON_POLICIES])
    *_, last = steps_of(plan, KINDS)
    assert last.key == "restart app_services_manifests"
    assert last.operation == "restart"
    assert last.addresses == (ADA, BOB)
    assert last.needs == {"document app_services_manifests", "update Group/ds"}
    assert [change.diff for change in last.changes] == [(), ()]


def test_the_members_of_a_project_that_bring_it_about_are_waited_for() -> None:
    before = (user("ada"), user("bob"), project("churn", owner="ada", members={}), jupyter())
    news = project("churn", owner="ada", members={"viewer": {"users": ["bob"]}})
    rules = [restart("AppService/jupyter-ada", "Project/churn#members")]
    stated = manifests(user("ada"), user("bob"), news, jupyter())
    plan = plan_for(stated, cluster(*before), owned(*before), operations=rules)
    assert steps_of(plan, KINDS)[-1].needs == {"roles Project/churn"}


# Rails


def refused(plan: Plan, inventory: Any = OURS, **more: Any) -> list[str]:
    return [problem.summary for problem in refusals(plan, RailFacts(LIVES, inventory, KINDS, **more))]


def test_what_may_be_restarted_is_not_refused() -> None:
    assert refused(declared(ds(), operations=[ON_POLICIES])) == []


def test_what_is_protected_or_the_platforms_own_is_not_restarted() -> None:
    from igz_apply.model.addresses import globs_of

    plan = declared(ds(), operations=[ON_POLICIES])
    assert refused(plan, protect=globs_of(["AppService/jupyter-bob"], ())) == ["Protected"]
    theirs = replace(
        plan,
        changes=tuple(
            it.but(live=replace(it.live, is_system=True)) if it.address == ADA and it.live else it
            for it in plan.changes
        ),
    )
    assert refused(theirs) == ["System resource"]


def test_what_is_not_ours_or_not_in_the_plan_is_not_restarted() -> None:
    plan = declared(ds(), operations=[ON_POLICIES])
    assert refused(plan, inventory=owned(user("ada"), ds("Data"))) == ["Not ours", "Not ours"]
    stray = replace(plan, operations=(PlannedOperation("restart", Address("AppService", "x")),))
    assert refused(stray) == ["Not ours"]


def test_what_another_repository_owns_is_taken_on_purpose_alone() -> None:
    plan = declared(ds(), operations=[ON_POLICIES])
    marked = replace(
        plan,
        changes=tuple(
            it.but(live=replace(it.live, mark="retail")) if it.address == ADA and it.live else it for it in plan.changes
        ),
    )
    assert refused(marked, owner="ours") == ["Owned elsewhere"]


def test_more_restarts_than_the_limit_need_a_waiver_of_the_exact_count() -> None:
    plan = declared(ds(), operations=[ON_POLICIES])
    many = replace(plan, operations=tuple(replace(plan.operations[0]) for _ in range(4)))
    limits = {("restart", "AppService"): 2}
    assert refused(many) == []
    assert refused(many, limits=limits) == ["Too many restarts"]
    assert refused(many, limits=limits, waivers={("restart", "AppService"): 4}) == []
    assert refused(plan, limits=limits) == []


def test_a_restart_takes_the_policy_that_a_write_takes() -> None:
    boss = user("admin", assigned_policies=["Security Admin"])
    lives = cluster(*BEFORE, boss)
    plan = declared(ds(), lives=lives, operations=[ON_POLICIES])
    found = refusals(plan, RailFacts(lives, OURS, KINDS))
    assert [(it.summary, "restart 2 of kind AppService" in it.detail) for it in found] == [("Missing policy", True)]


# Saved plans


def saved(plan: Plan, lives: Any = LIVES) -> Plan:
    kept = replace(plan, fingerprints=fingerprints(plan, lives, KINDS))
    return from_data(to_data(kept, tool_version="1"), KINDS)


def test_a_saved_plan_holds_its_operations() -> None:
    plan = declared(
        jupyter(image="new"), ds(), operations=[ON_IMAGE, ON_POLICIES], only=["AppService/jupyter-ada", "Group/ds"]
    )
    plan = replace(plan, given_up={ADA: ("restart",)})
    again = saved(plan)
    assert (again.operations, again.put_off, again.given_up) == (plan.operations, plan.put_off, plan.given_up)
    data = to_data(plan, tool_version="1")
    assert data["summary"]["restart"] == 1
    assert seal({**data, "operations": []}) != data["seal"]


def test_another_operation_makes_another_plan() -> None:
    plan = declared(jupyter(image="new"), operations=[ON_IMAGE])
    plan = replace(plan, fingerprints=fingerprints(plan, LIVES, KINDS))
    parts: list[dict[str, Any]] = [
        {"operations": ()},
        {"operations": tuple(replace(it, address=BOB) for it in plan.operations)},
        {"operations": tuple(replace(it, is_left_over=True) for it in plan.operations)},
        {"put_off": {BOB: ("restart",)}},
        {"given_up": {BOB: ("restart",)}},
    ]
    digests = {plan_digest(replace(plan, **part)) for part in ({}, *parts)}
    assert len(digests) == 6
    assert plan_digest(replace(plan, operations=tuple(reversed(plan.operations)))) in digests


def test_what_is_restarted_counts_for_the_digest_as_it_lives() -> None:
    plan = declared(ds(), operations=[ON_POLICIES])
    plan = replace(plan, fingerprints=fingerprints(plan, LIVES, KINDS))
    moved_on = {**plan.fingerprints, BOB: {"id": "another"}}
    assert plan_digest(replace(plan, fingerprints=moved_on)) != plan_digest(plan)


def test_a_plan_without_operations_has_no_word_of_them() -> None:
    data = to_data(declared(jupyter(image="new")), tool_version="1")
    assert not {"operations", "put_off", "given_up"} & data.keys()
    assert "restart" not in data["summary"]


def test_a_file_with_an_operation_that_there_is_not_is_refused() -> None:
    data = to_data(declared(jupyter(image="new"), operations=[ON_IMAGE]), tool_version="1")
    data["operations"][0]["operation"] = "remove"
    data["seal"] = seal(data)
    with pytest.raises(UnreadablePlan):
        from_data(data, KINDS)


def test_a_file_in_which_an_operation_stands_twice_is_refused() -> None:
    data = to_data(declared(jupyter(image="new"), operations=[ON_IMAGE]), tool_version="1")
    data["operations"] *= 2
    data["seal"] = seal(data)
    with pytest.raises(UnreadablePlan, match="Something stands in it twice"):
        from_data(data, KINDS)


def test_a_saved_plan_is_stale_once_what_it_restarts_has_moved() -> None:
    plan = saved(declared(ds(), operations=[ON_POLICIES]))
    assert list(moved(plan, LIVES, OURS, KINDS)) == []
    other = replace(LIVES, resources={**LIVES.resources, BOB: live(jupyter("jupyter-bob", description="moved"))})
    assert [str(it.address) for it in moved(plan, other, OURS, KINDS)] == ["AppService/jupyter-bob"]


def test_a_saved_plan_is_stale_once_another_run_has_done_what_was_left_over() -> None:
    plan = saved(declared(inventory=leaving_over("restart"), operations=[ON_IMAGE]))
    assert list(moved(plan, LIVES, leaving_over("restart"), KINDS)) == []
    (found,) = moved(plan, LIVES, OURS, KINDS)
    assert found.detail == "The restart of AppService/jupyter-ada was left over when the plan was made, and is not now."
    gone = replace(OURS, entries={it: OURS.entries[it] for it in OURS.entries if it != ADA})
    assert any("left over" in it.detail for it in moved(plan, LIVES, gone, KINDS))
