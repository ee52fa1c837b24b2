"""Fields of which the cluster does not tell what they hold: never compared, never written, never moved, and told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from igz_apply.authoring.exporting import exported
from igz_apply.iguazio4.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.resources import LiveResource, Owned, Resource
from igz_apply.planning.drift import drift_of
from igz_apply.planning.lockout import administrators
from igz_apply.planning.ownership import opened
from igz_apply.planning.plan_document import canonical, from_data, parse, to_data
from igz_apply.planning.planner import remaining
from igz_apply.planning.precondition import moved_since
from igz_apply.planning.staleness import fingerprints, moved
from igz_apply.reports.words import counts_text, headline
from igz_apply.views.drift_text import drift_lines
from igz_apply.views.plan_text import plan_lines
from igz_apply.wording.dangers import dangers
from igz_apply.wording.unmanaged_words import unknown_told
from tests.builders import absent, cluster, diff_of, group, live, manifests, owned, plan_for, project, steps, user

ADA = user("ada", first_name="Ada", active=False)
SAID = "User/ada: the cluster does not say what `active` is; it is neither compared nor changed"


def untold(of: Resource, *fields: str, **more: Any) -> LiveResource:
    lives = live(of, **more)
    spec = {name: value for name, value in lives.spec.items() if name not in fields}
    return replace(lives, spec=spec, unknown=frozenset(fields))


def plan_of(declared: Resource, lives: LiveResource, inventory: Owned = owned()) -> Plan:  # noqa: B008
    return plan_for(manifests(declared), cluster(lives), inventory, kinds=KINDS)


def test_what_is_not_told_is_not_planned_and_no_changes_is_qualified() -> None:
    plan = plan_of(ADA, untold(ADA, "active"), owned(ADA))
    assert not plan.writes
    assert plan.unknown == {Address("User", "ada"): ("active",)}
    assert SAID in [danger.text for danger in dangers(plan)]
    assert headline(plan, None, ()) == "No changes in what is visible"
    assert "1 not seen in full" in counts_text(plan)
    text = "".join(span.text for each in plan_lines(plan, width=200) for span in each)
    assert "No changes in what admin may see; 1 resource not seen in full." in text


def test_the_rest_is_planned_all_the_same() -> None:
    plan = plan_of(ADA, untold(user("ada", first_name="A"), "active"), owned(ADA))
    assert diff_of(plan, "User/ada") == {"first_name": ("A", "Ada")}


def test_nothing_is_said_of_what_nobody_declares_or_ignores_or_creates() -> None:
    for declared in (user("ada", first_name="Ada"), replace_lifecycle(ADA, "active"), absent(ADA)):
        assert plan_of(declared, untold(ADA, "active")).unknown == {}
    assert plan_for(manifests(ADA), cluster(), kinds=KINDS).unknown == {}


def replace_lifecycle(of: Resource, *ignored: str) -> Resource:
    return replace(of, lifecycle=replace(of.lifecycle, ignore_changes=ignored))


def test_many_are_told_in_one_sentence() -> None:
    many = {Address("User", f"u{number}"): ("active",) for number in range(7)}
    (told,) = unknown_told(many)
    assert told.startswith("User/u0, User/u1, User/u2, User/u3, User/u4 and 2 more: the cluster does not say")


def test_it_is_no_drift_and_the_good_news_is_qualified() -> None:
    inventory = owned(ADA)
    plan = plan_of(ADA, untold(ADA, "active"), inventory)
    assert drift_of(plan, inventory, KINDS) == ()
    lines = ["".join(span.text for span in each) for each in drift_lines((), {}, "admin", unknown=plan.unknown)]
    assert lines == [f"! {SAID}", "No drift in what admin may see; 1 resource not seen in full."]


def test_a_saved_plan_keeps_what_was_not_told_and_does_not_take_it_for_moved() -> None:
    inventory = owned(ADA)
    known, unknown = live(user("ada", first_name="A", active=True)), untold(user("ada", first_name="A"), "active")
    for then, now in ((known, unknown), (unknown, known)):
        plan = plan_of(user("ada", first_name="Ada"), then, inventory)
        plan = replace(plan, fingerprints=fingerprints(plan, cluster(then), KINDS))
        again = from_data(parse(canonical(to_data(plan, tool_version="1"))), KINDS)
        assert list(moved(again, cluster(now), inventory, KINDS)) == []
    plan = plan_of(ADA, unknown, inventory)
    again = from_data(parse(canonical(to_data(plan, tool_version="1"))), KINDS)
    assert again.unknown == plan.unknown == {Address("User", "ada"): ("active",)}


def test_it_does_not_move_right_before_the_call_nor_is_it_missed_after_it() -> None:
    plan = plan_of(ADA, live(user("ada", first_name="A", active=True)))
    (change,) = plan.writes
    now = untold(user("ada", first_name="A"), "active")
    assert moved_since(change, now, KINDS["User"]) == ""
    assert remaining([change], cluster(untold(ADA, "active")), KINDS) == {}


def test_what_was_not_told_is_not_remembered_as_applied() -> None:
    plan = plan_of(ADA, untold(ADA, "active"))
    (found,) = opened({}, plan).values()
    assert found.values == {"first_name": "Ada"}


def test_an_export_leaves_it_out() -> None:
    (found,) = exported(cluster(untold(ADA, "active")), KINDS)
    assert found.document["spec"] == {"first_name": "Ada"}


def test_an_account_that_may_be_off_is_no_administrator_to_rely_on() -> None:
    boss = user("boss", policies=["oris-system-admin"])
    assert administrators(cluster(untold(boss, "active")), KINDS) == frozenset()
    assert administrators(cluster(boss), KINDS) == {"boss"}


@pytest.mark.parametrize("is_absent", [False, True])
def test_members_that_are_not_told_are_left_alone_and_the_project_can_still_be_deleted(is_absent: bool) -> None:
    declared = project("p", description="d", members={"admin": {"users": ["ada"]}})
    world = cluster(user("ada"), untold(declared, "members", contents=""))
    plan = plan_for(manifests(absent(declared) if is_absent else declared), world, kinds=KINDS)
    assert steps(plan) == (["delete Project/p"] if is_absent else [])


def test_memberships_that_are_not_told_are_left_alone() -> None:
    declared = user("ada", groups=["g"])
    world = cluster(untold(user("ada"), "groups"), group("g"))
    plan = plan_for(manifests(declared), world, kinds=KINDS)
    assert not plan.writes
    assert plan.unknown == {Address("User", "ada"): ("groups",)}
