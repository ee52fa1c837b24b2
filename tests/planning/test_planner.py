"""The action table, ownership, order and what a plan counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Change, Plan
from igz_apply.model.resources import Edge, LiveState, Owned, Resource, SecretRef
from igz_apply.planning.actions import world_of
from igz_apply.planning.planner import remaining
from tests.builders import (
    absent,
    actions,
    cluster,
    diff_of,
    edges_of,
    entry,
    group,
    live,
    manifests,
    owned,
    plan_for,
    planned,
    problems_for,
    project,
    service,
    steps,
    user,
)

ADA = user("ada", first_name="Ada")
OTHER = user("ada", first_name="Augusta")
A = Address("User", "ada")


def change_of(plan: Plan, address: str) -> Change:
    return next(change for change in plan.changes if str(change.address) == address)


# The table


AGAIN = "replaced on the cluster: deleted there and made anew since the last apply; "


@pytest.mark.parametrize(
    ("world", "inventory", "action", "reason"),
    [
        (cluster(), owned(), "create", "not on the cluster"),
        (cluster(), owned(ADA), "create", "it was applied before and has vanished"),
        (cluster(), owned(**{"User/ada": entry(is_pending=True)}), "create", "not on the cluster"),
        (cluster(OTHER), owned(), "update", "differs, and is owned from now on"),
        (cluster(OTHER), owned(ADA), "update", "changed on the cluster"),
        (
            cluster(OTHER),
            owned(**{"User/ada": entry(ADA, id="x")}),
            "update",
            f"{AGAIN}differs, and is owned from now on",
        ),
        (cluster(ADA), owned(), "adopt", "already as declared, and owned from now on"),
        (
            cluster(ADA),
            owned(**{"User/ada": entry(is_pending=True)}),
            "adopt",
            "already as declared, and owned from now on",
        ),
        (
            cluster(ADA),
            owned(**{"User/ada": entry(ADA, id="x")}),
            "adopt",
            f"{AGAIN}already as declared, and owned from now on",
        ),
        (cluster(ADA), owned(ADA), "no_change", "as declared"),
        (
            cluster(live(ADA, is_deleting=True)),
            owned(),
            "create",
            "not on the cluster once its deletion there has ended",
        ),
    ],
)
def test_what_is_declared_present(world: LiveState, inventory: Owned, action: str, reason: str) -> None:
    (change,) = plan_for(manifests(ADA), world, inventory).changes
    assert (change.action.value, change.reason) == (action, reason)


@pytest.mark.parametrize("inventory", [owned(), owned(ADA), owned(**{"User/ada": entry(is_pending=True)})])
def test_what_is_declared_absent_is_deleted_whoever_owns_it(inventory: Owned) -> None:
    plan = plan_for(manifests(absent(ADA)), cluster(ADA), inventory)
    assert [(change.action.value, change.reason) for change in plan.changes] == [
        ("delete", "declared absent (lifecycle.state)")
    ]


def test_what_is_declared_absent_and_is_not_there_is_left_alone() -> None:
    assert plan_for(manifests(absent(ADA)), cluster(), owned(ADA)).changes == ()


def test_a_delete_that_is_running_is_still_to_be_finished() -> None:
    plan = plan_for(manifests(absent(ADA)), cluster(live(ADA, is_deleting=True)), owned(ADA))
    assert [(change.action.value, change.reason) for change in plan.changes] == [
        ("delete", "declared absent (lifecycle.state); its deletion is running")
    ]


def test_what_is_owned_and_declared_no_more_is_pruned_or_kept() -> None:
    pruned = plan_for(manifests(), cluster(ADA), owned(ADA), prune=True)
    assert [(change.action.value, change.reason) for change in pruned.changes] == [
        ("delete", "no longer declared, and owned by this inventory")
    ]
    assert pruned.kept == ()
    kept = plan_for(manifests(), cluster(ADA), owned(ADA))
    assert (kept.changes, kept.kept, kept.foreign) == ((), (A,), {})


@pytest.mark.parametrize(
    "inventory", [owned(), owned(**{"User/ada": entry(is_pending=True)}), owned(**{"User/ada": entry(ADA, id="x")})]
)
def test_what_is_not_ours_is_never_pruned_and_counted_as_foreign(inventory: Owned) -> None:
    plan = plan_for(manifests(), cluster(ADA), inventory, prune=True)
    assert (plan.changes, plan.kept, plan.foreign) == ((), (), {"User": 1})


def test_what_others_made_again_under_a_name_of_ours_is_not_ours_and_its_entry_goes() -> None:
    plan = plan_for(manifests(), cluster(ADA), owned(**{"User/ada": entry(ADA, id="from before")}), prune=True)
    assert plan.dropped == {A: "gone, and another was made of its name"}


def test_an_entry_goes_when_its_resource_has_gone_and_nobody_wants_it() -> None:
    gone = {A: "gone from the cluster"}
    assert plan_for(manifests(), cluster(), owned(ADA)).dropped == gone
    assert plan_for(manifests(absent(ADA)), cluster(), owned(ADA)).dropped == gone
    assert plan_for(manifests(ADA), cluster(), owned(ADA)).dropped == {}
    assert plan_for(manifests(), cluster(live(ADA, is_deleting=True)), owned(ADA)).dropped == {}


def test_what_was_protected_is_remembered_when_it_has_gone() -> None:
    protected = user("ada", first_name="Ada", prevent_destroy=True)
    for desired in (manifests(), manifests(absent(ADA))):
        for world in (cluster(), cluster(live(ADA, id="another"))):
            plan = plan_for(desired, world, owned(protected), prune=True)
            expected = () if world.resources and desired.resources else (A,)  # else there is something to be deleted
            assert (plan.dropped, plan.tombstones) == ({}, expected)


def test_what_is_not_visible_is_neither_made_nor_pruned_nor_dropped() -> None:
    hidden = replace(cluster(), hidden={A: "403"})
    for desired in (manifests(), manifests(ADA), manifests(absent(ADA))):
        plan = plan_for(desired, hidden, owned(ADA), prune=True)
        assert (plan.changes, plan.dropped, plan.kept, plan.not_visible) == ((), {}, (), {A: "403"})
    assert plan_for(manifests(), hidden, owned(ADA), only=["Group"]).not_visible == {}


def test_a_pending_entry_stays_while_anything_lives_under_its_name() -> None:
    pending = owned(**{"User/ada": entry(is_pending=True)})
    assert plan_for(manifests(), cluster(ADA), pending).dropped == {}
    assert list(plan_for(manifests(), cluster(), pending).dropped) == [A]


def test_what_is_leaving_is_not_kept_and_pruned_until_it_is_gone() -> None:
    for prune, count in ((True, 1), (False, 0)):
        plan = plan_for(manifests(), cluster(live(ADA, is_deleting=True)), owned(ADA), prune=prune)
        assert (len(plan.changes), plan.kept, plan.foreign) == (count, (), {})


# What a change says


def test_what_is_made_anew_is_shown_with_all_its_fields_whatever_its_predecessor_had() -> None:
    leaving = live(user("ada", first_name="Ada", job_title="x"), is_deleting=True)
    plan = plan_for(manifests(user("ada", first_name="Ada", job_title=None)), cluster(leaving))
    assert diff_of(plan, "User/ada") == {"first_name": (None, "Ada")}


def test_only_what_is_declared_is_compared_and_null_clears() -> None:
    world = cluster(user("ada", first_name="Ada", email="a@x.org", job_title="Countess"))
    plan = plan_for(manifests(user("ada", email="b@x.org", job_title=None)), world)
    assert diff_of(plan, "User/ada") == {"email": ("a@x.org", "b@x.org"), "job_title": ("Countess", None)}


def test_sets_and_maps_are_shown_in_order() -> None:
    world = cluster(project("p", labels={"z": "1", "a": "2"}), group("g", assigned_policies=["B", "A"]))
    plan = plan_for(
        manifests(project("p", labels={"y": "1", "b": "2"}), group("g", assigned_policies=["D", "C", "D"])), world
    )
    before, after = diff_of(plan, "Project/p")["labels"]
    assert (list(before), list(after)) == (["a", "z"], ["b", "y"])
    assert diff_of(plan, "Group/g") == {"assigned_policies": (["A", "B"], ["C", "D"])}


def test_what_is_under_ignore_changes_is_set_at_creation_and_never_compared_after() -> None:
    declared = service(
        "s", kind="jupyter", resources={"limits": {"cpu": "1", "memory": "1Gi"}}, ignore_changes=["resources.limits"]
    )
    assert "resources.limits.cpu" in diff_of(plan_for(manifests(declared), cluster()), "AppService/s")
    world = cluster(service("s", kind="jupyter", resources={"limits": {"cpu": "2", "memory": "2Gi"}}))
    assert steps(plan_for(manifests(declared), world)) == []


def test_a_secret_differs_when_its_hash_no_longer_matches_and_is_never_shown() -> None:
    declared = user("ada", password=SecretRef(from_env="PW"))
    created = diff_of(plan_for(manifests(declared), cluster()), "User/ada")
    assert created == {"password": (None, "(from environment variable PW)")}
    assert steps(plan_for(manifests(declared), cluster(user("ada")))) == []
    for why, shown in (("", "(from environment variable PW)"), ("why", "(from environment variable PW; why)")):
        stale = {A: {"password": why}}
        (item,) = change_of(plan_for(manifests(declared), cluster(user("ada")), stale=stale), "User/ada").diff
        assert (item.dotted, item.after, item.sensitive) == ("password", shown, True)


def test_a_nested_secret_differs_in_the_same_way() -> None:
    declared = service("s", kind="filebeat", filebeat={"elasticsearch_password": SecretRef(from_file="f")})
    path = "filebeat.elasticsearch_password"
    assert diff_of(plan_for(manifests(declared), cluster()), "AppService/s")[path] == (None, "(from file f)")
    world = cluster(service("s", kind="filebeat"))
    assert steps(plan_for(manifests(declared), world)) == []
    stale = {Address("AppService", "s"): {path: ""}}
    assert list(diff_of(plan_for(manifests(declared), world, stale=stale), "AppService/s")) == [path]


def test_what_is_sent_at_creation_only_is_not_compared() -> None:
    declared = user("ada", send_password_on_creation=True)
    assert list(diff_of(plan_for(manifests(declared), cluster()), "User/ada")) == ["send_password_on_creation"]
    assert steps(plan_for(manifests(declared), cluster(user("ada")))) == []


def test_a_service_that_scaled_itself_down_is_as_declared() -> None:
    scaling = {"mode": "enabled"}
    world = cluster(service("s", kind="jupyter", desired_state="scaledToZero", scale_to_zero=scaling))
    assert steps(plan_for(manifests(service("s", kind="jupyter", desired_state="ready")), world)) == []
    partly = service("s", kind="jupyter", desired_state="ready", scale_to_zero={"scale_resources": []})
    assert steps(plan_for(manifests(partly), world)) == []
    declared = service("s", kind="jupyter", desired_state="ready", scale_to_zero={"mode": "disabled"})
    assert list(diff_of(plan_for(manifests(declared), world), "AppService/s")) == [
        "desired_state",
        "scale_to_zero.mode",
    ]
    off = service("s", kind="jupyter", desired_state="disabled")
    assert diff_of(plan_for(manifests(off), world), "AppService/s") == {"desired_state": ("scaledToZero", "disabled")}


def test_a_change_says_whether_it_starts_a_job_and_what_to_beware_of() -> None:
    plan = plan_for(
        manifests(service("s", kind="jupyter", description="x"), user("ada", first_name="x"), absent(project("p"))),
        cluster(service("s", kind="jupyter"), user("ada"), project("p", deletion_strategy="x")),
    )
    assert change_of(plan, "AppService/s").job
    assert change_of(plan, "AppService/s").warnings[0].startswith("the service restarts")
    assert not change_of(plan, "User/ada").job
    assert change_of(plan, "Project/p").job


def test_a_delete_goes_by_the_manifests_strategy_then_the_inventorys_then_the_default() -> None:
    world = cluster(project("p"))
    cascading = owned(project("p", deletion_strategy="cascading"))
    for declared, inventory, expected in (
        (absent(project("p")), owned(), "restricted"),
        (absent(project("p")), cascading, "cascading"),
        (absent(project("p", deletion_strategy="restricted")), cascading, "restricted"),
        (absent(project("p", deletion_strategy="cascading")), owned(), "cascading"),
    ):
        (change,) = plan_for(manifests(declared), world, inventory).changes
        assert change.deletion_strategy == expected
    (pruned,) = plan_for(manifests(), world, cascading, prune=True).changes
    assert pruned.deletion_strategy == "cascading"
    (other,) = plan_for(manifests(absent(ADA)), cluster(ADA)).changes
    assert other.deletion_strategy == ""


# Order


def test_what_is_named_comes_first_and_what_names_goes_first() -> None:
    world = cluster(user("bob"), project("old", owner="bob"), service("nb", kind="jupyter", owner="bob"))
    plan = plan_for(
        manifests(
            project("churn", owner="ada", members={"editor": {"groups": ["ds"]}}),
            service("nb", kind="jupyter", owner="ada"),
            user("ada", groups=["ds"]),
            group("ds"),
            absent(user("bob")),
            absent(project("old")),
        ),
        world,
    )
    assert steps(plan) == [
        "create Group/ds",
        "delete Project/old",
        "create User/ada",
        "update AppService/nb",
        "create Project/churn",
        "delete User/bob",
    ]
    depends = {str(change.address): [str(address) for address in change.depends_on] for change in plan.changes}
    assert depends == {
        "Group/ds": [],
        "User/ada": ["Group/ds"],
        "AppService/nb": ["User/ada"],
        "Project/churn": ["Group/ds", "User/ada"],
        "Project/old": [],
        "User/bob": ["AppService/nb", "Project/old"],
    }


def test_a_user_is_deleted_after_the_project_has_a_new_owner() -> None:
    before = cluster(user("bob"), project("churn", owner="bob"))
    plan = plan_for(manifests(user("ada"), project("churn", owner="ada"), absent(user("bob"))), before)
    assert steps(plan) == ["create User/ada", "update Project/churn", "delete User/bob"]


def test_a_change_waits_for_what_exists_and_is_not_usable_yet() -> None:
    world = cluster(live(user("ada"), is_ready=False))
    plan = plan_for(manifests(user("ada"), project("p", owner="ada")), world, owned(user("ada")))
    assert actions(plan)["User/ada"] == "no_change"
    assert change_of(plan, "Project/p").depends_on == (A,)


def test_a_change_does_not_wait_for_what_stays_as_it_is() -> None:
    plan = plan_for(manifests(ADA, project("p", owner="ada")), cluster(ADA), owned(ADA))
    assert change_of(plan, "Project/p").depends_on == ()


# Selection


def test_only_brings_in_what_the_selected_depends_on_and_never_prunes() -> None:
    desired = manifests(group("ds"), user("ada", groups=["ds"]), user("bob"), project("p", owner="ada"))
    plan = plan_for(desired, cluster(user("old")), owned(user("old")), only=["Project/p"], prune=True)
    assert steps(plan) == ["create Group/ds", "create User/ada", "create Project/p"]


def test_except_wins_and_what_it_leaves_out_has_to_live() -> None:
    desired = manifests(user("ada"), project("p", owner="ada"))
    assert steps(plan_for(desired, cluster(ADA), exclude=["User"])) == ["create Project/p"]
    (problem,) = problems_for(desired, cluster(), exclude=["User"])
    assert problem.detail == "Project/p names User/ada, which this run leaves out and which does not live yet."


def test_a_problem_of_what_is_left_out_does_not_count() -> None:
    desired = manifests(project("p", owner="ghost"), ADA)
    assert steps(plan_for(desired, cluster(), only=["User/a*"])) == ["create User/ada"]


def test_a_kind_alone_selects_all_of_it() -> None:
    desired = manifests(ADA, user("bob"), group("ds"))
    assert steps(plan_for(desired, cluster(), only=["User"])) == ["create User/ada", "create User/bob"]


def test_what_is_declared_absent_brings_in_nothing() -> None:
    desired = manifests(absent(user("ada", groups=["ds"])), group("ds"))
    assert steps(plan_for(desired, cluster(ADA), only=["User/ada"])) == ["delete User/ada"]


def test_a_group_that_is_selected_takes_out_users_that_are_not() -> None:
    desired = manifests(group("ds", users=["ada"]), ADA, user("bob", first_name="Bob"))
    world = cluster(ADA, user("bob"), group("ds", users=["bob"]))
    plan = plan_for(desired, world, only=["Group/ds"])
    assert diff_of(plan, "Group/ds") == {"users": (["bob"], None)}
    assert diff_of(plan, "User/ada") == {"groups": (None, ["ds"])}
    assert "User/bob" not in actions(plan)


def test_what_is_left_out_is_heard_and_nobody_removes_what_it_states() -> None:
    desired = manifests(group("ds", users=[]), user("ada", groups=["ds"]))
    world = cluster(user("ada", groups=["ds"]), group("ds"))
    assert steps(plan_for(desired, world, only=["Group/ds"])) == []


def test_what_is_left_out_asks_for_nothing() -> None:
    desired = manifests(group("ds", users=["ada"]), user("ada"))
    world = cluster(user("ada"), group("ds"))
    assert steps(plan_for(desired, world, only=["User/ada"])) == []


# Cycles


def test_a_cycle_is_told_as_a_chain() -> None:
    from dataclasses import replace

    from igz_apply.model.kind import Field, Kinds

    user_kind = replace(KINDS["User"], fields=(*KINDS["User"].fields, Field("boss", refers_to="User")))
    kinds = Kinds((user_kind, KINDS["Group"]))
    found = planned(manifests(user("ada", boss="bob"), user("bob", boss="ada")), cluster(), kinds=kinds)
    (problem,) = found.problems
    assert found.plan is None
    assert problem.detail == "Each of these waits for the next: User/ada -> User/bob -> User/ada."
    assert str(problem.source) == "manifests/ada.yaml:1:1"


# Reading back


def test_what_was_kept_is_not_told() -> None:
    plan = plan_for(manifests(ADA, absent(user("bob"))), cluster(user("bob")))
    assert remaining(plan.writes, cluster(ADA), KINDS) == {}


def test_a_value_that_the_cluster_did_not_keep_is_told() -> None:
    plan = plan_for(manifests(ADA), cluster(OTHER))
    (item,) = remaining(plan.writes, cluster(OTHER), KINDS)[A]
    assert (item.dotted, item.before, item.after) == ("first_name", "Augusta", "Ada")


def test_a_resource_that_is_not_there_after_all_is_told_with_all_its_fields() -> None:
    plan = plan_for(manifests(ADA, user("bob")), cluster())
    left = remaining(plan.writes, cluster(live(ADA, is_deleting=True)), KINDS)
    assert [item.dotted for item in left[A]] == ["first_name"]
    assert left[Address("User", "bob")] == ()


def test_a_delete_that_left_its_resource_behind_is_told_but_not_what_others_made_since() -> None:
    plan = plan_for(manifests(absent(ADA)), cluster(ADA))
    assert remaining(plan.writes, cluster(ADA), KINDS) == {A: ()}
    assert remaining(plan.writes, cluster(live(ADA, is_deleting=True)), KINDS) == {}
    assert remaining(plan.writes, cluster(live(ADA, id="new")), KINDS) == {}


def test_memberships_that_were_not_kept_are_told_on_the_side_that_held_them() -> None:
    world = cluster(user("ada", groups=["ops"]), group("ds"), group("ops"))
    plan = plan_for(manifests(user("ada", groups=["ds"])), world)
    (item,) = remaining(plan.writes, world, KINDS)[A]
    assert (item.dotted, item.before, item.after) == ("groups", ["ops"], ["ds"])
    plan = plan_for(manifests(group("ds", users=["ada"])), world)
    (item,) = remaining(plan.writes, world, KINDS)[Address("Group", "ds")]
    assert (item.dotted, item.before, item.after) == ("users", None, ["ada"])


def test_memberships_that_a_partial_run_did_not_touch_are_no_concern_of_its() -> None:
    desired = manifests(user("ada", groups=["ds"]), group("ops", users=["ada"]))
    world = cluster(user("ada", groups=["ops"]), group("ds"), group("ops"))
    plan = plan_for(desired, world, only=["User/ada"])
    after = cluster(user("ada", groups=["ds", "ops"]), group("ds"), group("ops"))
    assert remaining(plan.writes, after, KINDS) == {}


def test_kinds_without_memberships_are_planned_too() -> None:
    from dataclasses import replace

    from igz_apply.model.kind import Kinds

    alone = Kinds((replace(KINDS["Project"], fields=KINDS["Project"].fields[:1]),))
    plan = plan_for(manifests(project("p", description="x")), cluster(), kinds=alone)
    assert steps(plan) == ["create Project/p"]
    seen = cluster(project("p", description="x"), live(project("q"), is_deleting=True))
    assert remaining(plan.writes, seen, alone) == {}


def test_pruning_keeps_to_what_the_run_is_about() -> None:
    world = world_of(
        manifests(),
        cluster(ADA, user("bob")),
        owned(ADA, user("bob")),
        KINDS,
        is_wanted=lambda address: address == A,
        prunes=True,
        stale_secrets={},
    )
    assert world.going == {A}


def test_pruning_looks_at_every_entry() -> None:
    known = owned(ADA, user("gone"), user("old"), user("theirs"), user("zoe"), group("old"))
    world = cluster(ADA, user("old"), live(user("theirs"), id="another"), user("zoe"), group("old"))
    plan = plan_for(manifests(ADA), world, known, prune=True)
    assert steps(plan) == ["delete Group/old", "delete User/old", "delete User/zoe"]
    assert [str(address) for address in plan.dropped] == ["User/gone", "User/theirs"]
    partial = plan_for(manifests(ADA, absent(group("old"))), world, known, prune=True, only=["Group"])
    assert steps(partial) == ["delete Group/old"]


def test_500_foreign_objects_and_prune_delete_nothing() -> None:
    strangers = [user(f"u{index}") for index in range(500)]
    plan = plan_for(manifests(ADA, group("ds"), project("p", owner="ada")), cluster(*strangers), prune=True)
    assert [step for step in steps(plan) if step.startswith("delete")] == []
    assert plan.foreign == {"User": 500}


def test_edges_are_plain_pairs() -> None:
    assert edges_of(cluster(user("ada", groups=["ds"]), group("ds", users=["bob"]))) == {
        Edge("ada", "ds"),
        Edge("bob", "ds"),
    }


def test_an_inventory_entry_of_a_kind_that_we_do_not_know_is_left_alone() -> None:
    plan = plan_for(manifests(), cluster(), owned(**{"Quota/x": entry(id="1")}), prune=True)
    assert (plan.changes, plan.dropped) == ((), {})


def test_a_service_that_is_off_is_not_said_to_restart() -> None:
    def nb(state: str, cpu: str) -> Resource:
        return service("nb", kind="jupyter", desired_state=state, resources={"limits": {"cpu": cpu}})

    for lives, wanted, is_warned in (
        ("ready", "ready", True),
        ("ready", "disabled", True),
        ("disabled", "ready", False),
    ):
        (change,) = plan_for(manifests(nb(wanted, "2")), cluster(nb(lives, "1"))).changes
        assert any("restarts" in warning for warning in change.warnings) is is_warned
    (gone,) = plan_for(manifests(absent(nb("ready", "1"))), cluster(nb("disabled", "1"))).changes
    assert any("lost" in warning for warning in gone.warnings)
