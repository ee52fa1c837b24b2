"""Live state to manifests: what somebody chose, in a fixed order, so that a plan right after is empty."""

from __future__ import annotations

from typing import Any

from igz_apply.authoring.exporting import exported
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import FieldDiff
from igz_apply.model.kind import Kinds
from igz_apply.model.server_defaults import hashes_of
from tests.builders import cluster, group, live, project, service, user


def test_what_the_server_fills_in_is_left_out() -> None:
    world = cluster(user("ada", first_name="Ada", admin_status="up", phone_number="", assigned_policies=["B", "A"]))
    (found,) = exported(world, KINDS)
    assert found.document == {
        "apiVersion": "iguazio.com/v1",
        "kind": "User",
        "metadata": {"name": "ada"},
        "spec": {"first_name": "Ada", "assigned_policies": ["A", "B"], "admin_status": "up"},
    }
    assert found.left_out == ("password",)


def test_memberships_are_told_by_the_user_without_all_users() -> None:
    world = cluster(user("ada", groups=["ops", "ds", "all_users"]), group("ds"), group("ops"))
    specs = {str(found.address): found.document["spec"] for found in exported(world, KINDS)}
    assert specs == {"User/ada": {"groups": ["ds", "ops"], "admin_status": "up"}, "Group/ds": {}, "Group/ops": {}}


def test_who_is_in_all_users_alone_is_told_without_groups() -> None:
    world = cluster(user("ada", first_name="Ada", groups=["all_users"]), user("bob", first_name="Bob"))
    specs = {str(found.address): found.document["spec"] for found in exported(world, KINDS)}
    assert specs == {
        "User/ada": {"first_name": "Ada", "admin_status": "up"},
        "User/bob": {"first_name": "Bob", "admin_status": "up"},
    }


def test_maps_roles_and_nested_values_are_told_in_order_and_without_what_is_empty() -> None:
    world = cluster(
        project("p", owner="ada", labels={"b": "1", "a": "2"}, members={"viewer": {"users": ["b", "a"]}}),
        project("q", members={}),
        service(
            "s",
            kind="jupyter",
            labels={"t": "x"},
            resources={"limits": {"cpu": "1"}, "requests": {}},
            advanced={"node_selector": {"b": "1", "a": "2"}, "priority_class_name": ""},
        ),
    )
    documents = {str(found.address): found.document for found in exported(world, KINDS)}
    assert documents["Project/p"]["spec"] == {
        "owner": "ada",
        "labels": {"a": "2", "b": "1"},
        "admin_status": "online",
        "members": {"viewer": {"users": ["a", "b"]}},
    }
    assert documents["Project/q"]["spec"] == {"admin_status": "online"}
    assert documents["AppService/s"]["metadata"] == {"name": "s", "labels": {"t": "x"}}
    assert documents["AppService/s"]["spec"] == {
        "kind": "jupyter",
        "resources": {"limits": {"cpu": "1"}},
        "desired_state": "ready",
        "advanced": {"node_selector": {"a": "2", "b": "1"}},
    }


def test_a_service_that_scaled_itself_down_is_not_told_to() -> None:
    scaling = {"mode": "enabled"}
    world = cluster(service("s", kind="jupyter", desired_state="scaledToZero", scale_to_zero=scaling))
    (found,) = exported(world, KINDS)
    assert found.document["spec"] == {"kind": "jupyter", "desired_state": "ready", "scale_to_zero": scaling}
    (found,) = exported(cluster(service("s", kind="jupyter", desired_state="scaledToZero")), KINDS)
    assert found.document["spec"]["desired_state"] == "scaledToZero"


def test_what_the_platform_owns_is_told_only_where_it_is_named_and_what_is_leaving_never() -> None:
    world = cluster(live(user("sys"), is_system=True), user("ada"), live(user("bob"), is_deleting=True), group("ds"))
    assert [str(found.address) for found in exported(world, KINDS)] == ["Group/ds", "User/ada"]
    for pattern in ("User", "*", "User/*", "User/s?s", "U*"):
        assert "User/sys" not in {str(found.address) for found in exported(world, KINDS, [pattern])}
    assert [str(found.address) for found in exported(world, KINDS, ["User/sys"])] == ["User/sys"]
    assert [str(found.address) for found in exported(world, KINDS, ["Group/*"])] == ["Group/ds"]


def test_secrets_inside_a_service_are_named_as_left_out() -> None:
    (found,) = exported(cluster(service("s", kind="filebeat", filebeat={"elasticsearch_url": "u"})), KINDS)
    assert found.left_out == ("filebeat.elasticsearch_password",)


def test_kinds_without_memberships_are_told_too() -> None:
    (found,) = exported(cluster(project("p", description="x")), Kinds((KINDS["Project"],)))
    assert found.document["spec"] == {"description": "x", "admin_status": "online"}


NOBODY = {
    "run_as_user": "",
    "run_as_group": "",
    "fs_group": "",
    "supplemental_groups": [],
    "run_as_non_root": False,
}
UNSET: dict[str, Any] = {
    "security_context": NOBODY,
    "pvc": {"mounts": {"entries": []}},
    "advanced": {"node_selector": {}, "priority_class_name": ""},
    "credentials": {"username": ""},
}
FILLED: dict[str, Any] = {"target_cpu": 75, "jupyter": {"ssh_server": {"force_key_regeneration": False, "port": 30111}}}


def test_a_structure_in_which_nothing_is_set_is_left_out_and_so_is_what_the_platform_fills_in() -> None:
    (found,) = exported(cluster(service("s", kind="jupyter", **UNSET, **FILLED)), KINDS)
    assert found.document["spec"] == {"kind": "jupyter", "desired_state": "ready"}


def test_a_structure_that_is_only_valid_whole_is_told_whole() -> None:
    some = {**NOBODY, "run_as_user": "1000", "run_as_group": "1000", "fs_group": "1000"}
    (found,) = exported(cluster(service("s", kind="jupyter", security_context=some)), KINDS)
    assert found.document["spec"]["security_context"] == some


def test_in_full_what_the_platform_fills_in_is_told_too() -> None:
    world = cluster(
        user("ada", uid=102, authentication_methods=["password"]),
        group("ds", gid=104),
        service("s", kind="jupyter", **FILLED),
    )
    short = {str(found.address): found.document["spec"] for found in exported(world, KINDS)}
    full = {str(found.address): found.document["spec"] for found in exported(world, KINDS, is_full=True)}
    assert full == {
        "User/ada": {**short["User/ada"], "uid": 102, "authentication_methods": ["password"]},
        "Group/ds": {"gid": 104},
        "AppService/s": {**short["AppService/s"], **FILLED},
    }


def test_what_the_inventory_knows_the_platform_to_have_filled_in_is_left_out_while_it_is_so() -> None:
    lives = service(
        "s", kind="jupyter", labels={"by": "it"}, advanced={"priority_class_name": "low"}, avatar="a", min_replicas=1
    )
    before = {"advanced.priority_class_name": "low", "metadata.labels": {"by": "it"}, "avatar": "b", "gone.x": 1}
    filled = {Address("AppService", "s"): hashes_of(FieldDiff((path,), value, None) for path, value in before.items())}
    (found,) = exported(cluster(lives), KINDS, filled=filled)
    assert found.document["metadata"] == {"name": "s"}
    assert found.document["spec"] == {"kind": "jupyter", "avatar": "a", "min_replicas": 1, "desired_state": "ready"}
    (full,) = exported(cluster(lives), KINDS, filled=filled, is_full=True)
    assert full.document["spec"]["advanced"] == {"priority_class_name": "low"}


def test_who_is_switched_off_is_told_so() -> None:
    world = cluster(user("ada", admin_status="down"), service("s", kind="jupyter", desired_state="disabled"))
    specs = {str(found.address): found.document["spec"] for found in exported(world, KINDS)}
    assert specs["User/ada"]["admin_status"] == "down"
    assert specs["AppService/s"]["desired_state"] == "disabled"


def test_what_is_declared_already_is_left_out() -> None:
    world = cluster(user("ada"), user("bob"))
    assert [str(it.address) for it in exported(world, KINDS, declared={Address("User", "ada")})] == ["User/bob"]
