"""A saved plan is applied once, to its own target, and only while nothing moved that it would touch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.changes import Plan, Undo
from igz_apply.model.hidden import Hidden, untold
from igz_apply.model.resources import DesiredState, Lifecycle, LiveState, Owned
from igz_apply.planning.entry_data import entry_hash
from igz_apply.planning.staleness import fingerprints, stale
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

ADA = live(user("ada", email="a@x", groups=["ds"]))
OPS = live(group("ops"))
DS = live(group("ds"))
DS_DECLARED = group("ds")
BEFORE = cluster(ADA, DS, OPS)


def saved(before: LiveState = BEFORE) -> Plan:
    made = plan_for(manifests(user("ada", email="b@x"), group("new")), before)
    return replace(made, fingerprints=fingerprints(made, before, KINDS))


def reasons(after: LiveState, *, was_used: bool = False) -> list[tuple[str, str]]:
    return [(problem.summary, problem.detail) for problem in stale(saved(), after, Owned(), KINDS, was_used=was_used)]


def world(*resources: Any, **more: Any) -> LiveState:
    return cluster(*resources, **more)


def test_an_untouched_cluster_leaves_a_plan_fresh() -> None:
    assert reasons(BEFORE) == []


def test_what_the_plan_does_not_touch_may_move() -> None:
    moved = live(group("ops", description="moved"))
    assert reasons(world(ADA, DS, moved)) == []


def test_a_touched_field_that_moved_is_named() -> None:
    moved = live(user("ada", email="c@x", groups=["ds"]))
    assert reasons(world(moved, DS, OPS)) == [
        ("Moved since the plan", "User/ada has changed on the cluster since the plan: email.")
    ]


def test_a_field_that_nobody_declares_counts_too() -> None:
    moved = live(user("ada", email="a@x", job_title="new", groups=["ds"]))
    [(_, detail)] = reasons(world(moved, DS, OPS))
    assert detail.endswith(": job_title.")


def test_a_membership_that_moved_is_named() -> None:
    moved = live(user("ada", email="a@x", groups=["ds", "ops"]))
    [(_, detail)] = reasons(world(moved, DS, OPS))
    assert detail.endswith(": memberships.")


def test_a_resource_that_is_gone_or_came_or_was_made_anew_is_told_apart() -> None:
    anew = replace(ADA, id="another")
    came = live(group("new"))
    assert [detail for _, detail in reasons(world(DS, OPS))] == [
        "User/ada existed when the plan was made, and is gone."
    ]
    assert [detail for _, detail in reasons(world(anew, DS, OPS))] == [
        "User/ada was deleted and made anew since the plan."
    ]
    assert [detail for _, detail in reasons(world(ADA, DS, OPS, came))] == [
        "Group/new did not exist when the plan was made, and does now."
    ]


def test_a_plan_is_bound_to_its_target() -> None:
    elsewhere = replace(BEFORE, caller=replace(BEFORE.caller, endpoint="https://other", tenant="t2"))
    assert [summary for summary, _ in reasons(elsewhere)] == ["Other target"]


@pytest.mark.parametrize(
    ("made_for", "here"),
    [
        ({"endpoint": "https://one.test"}, {"endpoint": "https://One.test:443/api/"}),
        ({"cluster": "blue"}, {"cluster": ""}),  # who may not read its name
        ({"cluster": ""}, {"cluster": "blue"}),
        ({"cluster": "blue"}, {"cluster": "blue", "endpoint": "https://another-name.test"}),
    ],
)
def test_the_same_cluster_is_the_same_target_however_it_is_reached(
    made_for: dict[str, str], here: dict[str, str]
) -> None:
    kept = saved(replace(BEFORE, caller=replace(CALLER, **made_for)))
    after = replace(BEFORE, caller=replace(CALLER, **here))
    assert list(stale(kept, after, Owned(), KINDS, was_used=False)) == []


def test_a_plan_is_applied_once() -> None:
    assert [summary for summary, _ in reasons(BEFORE, was_used=True)] == ["Used plan"]


def test_a_plan_without_fingerprints_is_never_fresh() -> None:
    bare = replace(saved(), fingerprints={})
    assert {problem.summary for problem in stale(bare, BEFORE, Owned(), KINDS, was_used=False)} == {
        "Moved since the plan"
    }


def test_the_order_of_a_set_does_not_count() -> None:
    one = live(user("ada", email="a@x", assigned_policies=["Data", "Developer"]))
    other = live(user("ada", email="a@x", assigned_policies=["Developer", "Data"]))
    made = plan_for(manifests(user("ada", email="b@x")), cluster(one))
    kept = replace(made, fingerprints=fingerprints(made, cluster(one), KINDS))
    assert not list(stale(kept, cluster(other), Owned(), KINDS, was_used=False))


# What made the plan, beside what lives


def disowned(desired: DesiredState, before: LiveState, then: Owned, now: Owned, *, prune: bool = False) -> list[str]:
    made = plan_for(desired, before, then, prune=prune)
    kept = replace(made, fingerprints=fingerprints(made, before, KINDS))
    return [f"{it.summary}: {it.address}" for it in stale(kept, before, now, KINDS, was_used=False)]


def test_what_is_owned_no_more_is_not_deleted_or_changed_as_ours() -> None:
    ops, changed = group("ops", description="x"), group("ops", description="y")
    here, then, said = cluster(ops), owned(ops), ["No longer owned: Group/ops"]
    assert disowned(manifests(), here, then, then, prune=True) == []
    for now in (
        owned(),
        owned(**{"Group/ops": entry(is_pending=True)}),
        owned(**{"Group/ops": entry(ops, id="other")}),
    ):
        assert disowned(manifests(), here, then, now, prune=True) == said
    assert disowned(manifests(changed), here, then, then) == []
    assert disowned(manifests(changed), here, then, owned()) == said
    assert disowned(manifests(ops), cluster(), then, owned()) == said  # planned as one of ours that has vanished
    assert disowned(manifests(ops), cluster(), owned(), owned()) == []
    assert disowned(manifests(absent(ops)), here, then, owned()) == []  # that is said by the manifest, whoever owns it
    assert disowned(manifests(changed), here, owned(), then) == []


def test_what_another_replaces_has_to_be_ours_beyond_doubt_as_it_was() -> None:
    stated: dict[str, Any] = {"kind": "jupyter", "owner": "ada"}
    old, ada = service("old", **stated), user("ada")
    new = replace(service("new", **stated), lifecycle=Lifecycle(renamed_from="old"))
    here, then, said = cluster(ada, old), owned(ada, old), ["No longer owned: AppService/old"]
    desired = manifests(ada, new)
    assert disowned(desired, here, then, then) == []
    assert disowned(desired, here, then, owned(ada)) == said
    # One without an id is ours as far as what seldom changes tells, and beyond doubt only where all else does too.
    doubtful = Owned({**owned(ada).entries, old.address: entry(old, values={**stated, "description": "x"})})
    assert disowned(desired, here, then, doubtful) == said


def test_what_was_gone_has_to_be_gone_still_and_what_was_adopted_to_be_there() -> None:
    ops = group("ops")
    made = plan_for(manifests(DS_DECLARED), cluster(DS), owned(ops))
    assert list(made.dropped) == [ops.address]
    made = replace(made, fingerprints=fingerprints(made, cluster(DS), KINDS))
    assert not list(stale(made, cluster(DS), owned(ops), KINDS, was_used=False))
    for now in (cluster(DS, OPS), replace(cluster(DS), hidden={ops.address: "403"})):
        (problem,) = stale(made, now, owned(ops), KINDS, was_used=False)
        assert problem.detail == "Group/ops was gone when the plan was made, and is not known to be gone now."
    (problem,) = stale(made, cluster(), owned(ops), KINDS, was_used=False)
    assert problem.detail == "Group/ds existed when the plan was made, and is gone."


def test_a_name_that_was_changed_since_counts() -> None:
    ops = group("ops", description="x")
    before = cluster(live(ops, called="operators"))
    made = plan_for(manifests(ops), before, owned(ops))
    kept = replace(made, fingerprints=fingerprints(made, before, KINDS))
    (problem,) = stale(kept, cluster(live(ops, called="third")), owned(ops), KINDS, was_used=False)
    assert problem.detail == "Group/ops has changed on the cluster since the plan: metadata.name."


def test_another_project_of_the_same_id_counts() -> None:
    p = project("p", description="x")
    before = cluster(live(project("p"), born="1"))
    made = plan_for(manifests(p), before)
    kept = replace(made, fingerprints=fingerprints(made, before, KINDS))
    (problem,) = stale(kept, cluster(live(project("p"), born="2")), Owned(), KINDS, was_used=False)
    assert problem.detail == "Project/p was deleted and made anew since the plan."


def test_another_cluster_of_the_same_tenant_is_another_target() -> None:
    here = cluster(ADA, DS, OPS, caller=replace(CALLER, cluster="one"))
    kept = saved(here)
    there = replace(here, caller=replace(CALLER, cluster="two"))
    (problem,) = stale(kept, there, Owned(), KINDS, was_used=False)
    assert problem.detail == (
        f"The plan was made for {CALLER.endpoint}, cluster one, tenant {CALLER.tenant}, "
        f"and this is {CALLER.endpoint}, cluster two, tenant {CALLER.tenant}."
    )


def test_what_stays_as_it_is_has_to_be_ours_still() -> None:
    ops = group("ops")
    inventory = owned(ops)
    made = plan_for(manifests(ops), cluster(OPS), inventory)
    made = replace(made, fingerprints=fingerprints(made, cluster(OPS), KINDS))

    def why(now: LiveState, then: Owned = inventory) -> list[str]:
        return [f"{it.summary}: {it.detail}" for it in stale(made, now, then, KINDS, was_used=False)]

    assert why(cluster(live(group("ops", description="moved")))) == []
    assert why(cluster()) == ["Moved since the plan: Group/ops existed when the plan was made, and is gone."]
    (said,) = why(cluster(live(ops, id="other")))
    assert said.startswith("Moved since the plan: Group/ops is not known to be what it was when the plan was made")
    assert why(replace(cluster(), hidden={ops.address: "403"})) == [
        "Moved since the plan: Group/ops is not visible now: 403."
    ]
    assert why(cluster(OPS), owned()) == [
        "No longer owned: Group/ops was owned when the plan was made, and is not owned by this inventory any more."
    ]


def test_what_is_to_be_adopted_has_to_be_what_it_was() -> None:
    made = plan_for(manifests(DS_DECLARED), cluster(DS))
    made = replace(made, fingerprints=fingerprints(made, cluster(DS), KINDS))
    for now, said in (
        (cluster(live(DS_DECLARED, id="other")), "Group/ds was deleted and made anew since the plan."),
        (cluster(live(DS_DECLARED, mark="b")), "Group/ds has changed on the cluster since the plan: metadata.owner."),
        (replace(cluster(), hidden={DS_DECLARED.address: "403"}), "Group/ds is not visible now: 403."),
    ):
        assert [it.detail for it in stale(made, now, Owned(), KINDS, was_used=False)] == [said]


def test_what_is_to_be_created_must_not_be_hidden() -> None:
    now = replace(cluster(DS, ADA, OPS), hidden={group("new").address: "403"})
    assert reasons(now) == [("Moved since the plan", "Group/new is not visible now: 403.")]


def test_an_entry_of_what_was_made_again_by_others_may_still_be_dropped() -> None:
    ops = group("ops")
    inventory, now = owned(ops), cluster(live(ops, id="other"))
    made = plan_for(manifests(), now, inventory)
    assert made.dropped == {ops.address: "gone, and another was made of its name"}
    assert list(stale(made, now, inventory, KINDS, was_used=False)) == []
    assert list(stale(made, now, owned(), KINDS, was_used=False)) == []
    assert list(stale(made, cluster(OPS), inventory, KINDS, was_used=False)) != []


def with_secret(secret: Any, zone: str = "UTC", **more: Any) -> LiveState:
    environment = {"PASSWORD": secret, "TZ": zone}
    return cluster(live(service("s", kind="jupyter", jupyter={"env": [environment, "x"]}, **more)))


def plan_of_secret(before: LiveState) -> Plan:
    made = plan_for(manifests(service("s", description="new")), before)
    return replace(made, fingerprints=fingerprints(made, before, KINDS))


def moved_in(made: Plan, after: LiveState) -> list[str]:
    return [problem.detail for problem in stale(made, after, Owned(), KINDS, was_used=False)]


def test_what_may_be_a_secret_counts_and_what_a_snapshot_does_not_hold_of_it_does_not() -> None:
    made = plan_of_secret(with_secret(Hidden("p", "one")))
    has_moved = ["AppService/s has changed on the cluster since the plan: jupyter."]
    assert moved_in(made, with_secret(Hidden("p", "one"))) == []
    assert moved_in(made, with_secret(Hidden("p", "two"))) == has_moved
    of_snapshot = plan_of_secret(with_secret(untold()))
    assert moved_in(of_snapshot, with_secret(Hidden("p", "two"))) == []
    assert moved_in(of_snapshot, with_secret(Hidden("p", "two"), "CET")) == has_moved
    assert moved_in(of_snapshot, with_secret("plain")) == has_moved
    assert moved_in(of_snapshot, with_secret(Hidden("p", "one"), description="else")) == [
        "AppService/s has changed on the cluster since the plan: description."
    ]


def test_an_undo_is_of_the_inventory_that_it_was_made_from() -> None:
    held = owned(user("ada", email="a@x"))
    address = next(iter(held.entries))
    undoing = replace(saved(), undo=Undo("run", {}, {address: entry_hash(held.entries[address])}))
    assert list(stale(undoing, BEFORE, held, KINDS, was_used=False)) == []
    (moved,) = stale(undoing, BEFORE, owned(user("ada", email="c@x")), KINDS, was_used=False)
    assert moved.detail == "The inventory holds something else of User/ada than when the plan was made."
