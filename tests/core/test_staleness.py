"""A saved plan is applied once, to its own target, and only while nothing moved that it would touch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from builders import cluster, group, live, manifests, plan_for, user

from igz_apply.core.changes import Plan
from igz_apply.core.resources import LiveState, Owned
from igz_apply.core.staleness import fingerprints, stale
from igz_apply.kinds import KINDS

ADA = live(user("ada", email="a@x", groups=["ds"]))
OPS = live(group("ops"))
DS = live(group("ds"))
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
    assert [summary for summary, _ in reasons(elsewhere)] == ["Other target", "Other target"]


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
