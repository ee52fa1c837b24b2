"""A cluster with what others changed taken back: nothing else of it moves."""

from __future__ import annotations

from typing import Any

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.resources import LiveState, Resource
from igz_apply.planning.drift import drift_of
from igz_apply.planning.reverting import reverted
from tests.builders import cluster, group, manifests, owned, plan_for, project, user


def taken_back(applied: list[Resource], seen: LiveState, now: list[Resource] | None = None) -> LiveState:
    """Return what lives as it was; `now` is what manifests say, where that is not what was applied."""
    inventory = owned(*applied)
    plan = plan_for(manifests(*(now or applied)), seen, inventory)
    return reverted(seen, drift_of(plan, inventory, KINDS), plan, KINDS)


def spec(state: LiveState, address: str) -> dict[str, Any]:
    return dict(state.resources[Address.parse(address)].spec)


def test_fields_become_what_was_applied_and_gits_own_changes_are_none() -> None:
    applied = [user("ada", first_name="A", last_name="L"), project("p", description="x", labels={"a": "1"})]
    seen = cluster(user("ada", first_name="A", last_name="K"), project("p", description="x", labels={"a": "2"}))
    wanted = [user("ada", first_name="B", last_name="L"), project("p", description="new", labels={"a": "1"})]
    found = taken_back(applied, seen, wanted)
    assert spec(found, "User/ada") == {"first_name": "A", "last_name": "L"}
    assert spec(found, "Project/p")["labels"] == {"a": "1"}
    assert spec(found, "Project/p")["description"] == "x"
    cleared = [project("p", description=None)]
    assert "description" not in spec(taken_back(cleared, cluster(project("p", description="x"))), "Project/p")
    assert taken_back(applied, cluster(*applied), wanted) == cluster(*applied)


def test_what_was_added_to_a_role_is_taken_out_again_and_what_was_taken_is_given_back() -> None:
    people = [user("ada"), user("bob")]
    roles = {"editor": {"users": ["ada"]}, "viewer": {}}
    seen = cluster(*people, project("p", members={"viewer": {"users": ["bob"]}}))
    found = taken_back([*people, project("p", members=roles)], seen)
    assert spec(found, "Project/p")["members"] == {"viewer": {"users": []}, "editor": {"users": ["ada"]}}


def test_memberships_are_taken_back_from_whichever_side_they_were_stated() -> None:
    applied = [user("ada", groups=["ops"]), user("bob"), group("ops"), group("dev", users=["bob"])]
    seen = cluster(user("ada", groups=["dev"]), user("bob"), group("ops"), group("dev"))
    found = taken_back(applied, seen)
    assert found.groups_of == {"ada": {"ops"}, "bob": {"dev"}}


def test_what_was_deleted_is_there_again_with_its_groups() -> None:
    applied = [user("ada", first_name="A", groups=["ops"]), user("bob", groups=[]), group("ops")]
    found = taken_back(applied, cluster(user("bob", groups=["ops"]), group("ops")))
    assert spec(found, "User/ada") == {"first_name": "A"}
    assert {name: groups for name, groups in found.groups_of.items() if groups} == {"ada": {"ops"}}
    found = taken_back([project("p", members={"admin": {"users": ["eve"]}}), user("eve")], cluster(project("p")))
    assert spec(found, "Project/p")["members"] == {"admin": {"users": ["eve"]}}
    without = taken_back([group("ops", users=[])], cluster(user("bob")))
    assert Address("Group", "ops") in without.resources
