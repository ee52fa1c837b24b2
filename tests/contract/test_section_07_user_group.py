"""Wire reference, section 7: groups."""

from __future__ import annotations

import pytest

from tests.contract.contract_plane import Plane, assert_shape, many, one, resource, user

GROUP = {
    "type": "user_group",
    "id": "b0f3f3f2-6f3a-4d1c-8f5e-2a1f0d9c7b11",
    "attributes": {
        "name": "analysts",
        "gid": 70,
        "assigned_policies": ["Data", "Application Admin"],
        "data_access_mode": "enabled",
        "kind": "local",
        "system_provided": False,
    },
}


def test_a_group_is_created_at_once_with_its_users(plane: Plane) -> None:
    ada = plane.add_user("ada")
    attributes = {"name": "analysts", "description": None, "gid": None, "assigned_policies": ["Data"]}
    reply = plane.post("/user_groups", resource("user_group", attributes, {"users": many("user", [ada])}))
    assert reply.status == 201
    assert_shape(GROUP, reply.data)
    assert "description" not in reply.attributes
    held = plane.get(f"/user_groups/{reply.data['id']}?include=users")
    assert held.related("users") == [{"type": "user", "id": ada}]


def test_a_name_and_a_gid_are_unique(plane: Plane) -> None:
    plane.add_group("analysts", gid=70)
    for attributes in ({"name": "analysts"}, {"name": "others", "gid": 70}):
        assert plane.post("/user_groups", resource("user_group", attributes)).status == 409
    other = plane.add_group("others")
    assert plane.put(f"/user_groups/{other}", resource("user_group", {"name": "analysts"})).status == 409
    assert plane.put(f"/user_groups/{other}", resource("user_group", {"name": "renamed"})).status == 200


@pytest.mark.parametrize("attributes", [{"name": "x" * 129}, {"name": "x", "description": "y" * 129}])
def test_a_length_that_only_the_dashboard_limits_is_refused_on_demand(attributes: dict[str, str]) -> None:
    for strict_names, status in ((False, 201), (True, 400)):
        plane = Plane(strict_names=strict_names)
        assert plane.post("/user_groups", resource("user_group", attributes)).status == status
        plane.emulator.close()


@pytest.mark.parametrize("attributes", [{"name": ""}, {"name": "x", "gid": -2}, {"name": 7}])
def test_a_group_that_breaks_a_rule_is_refused(plane: Plane, attributes: dict[str, str]) -> None:
    assert plane.post("/user_groups", resource("user_group", attributes)).status == 400


def test_the_users_of_a_group_are_changed_through_each_user(plane: Plane) -> None:
    ada, bob = plane.add_user("ada"), plane.add_user("bob")
    group = plane.post(
        "/user_groups", resource("user_group", {"name": "analysts"}, {"users": many("user", [ada])})
    ).data["id"]
    same = resource("user_group", {"description": "x"}, {"users": many("user", [ada])})
    other = resource("user_group", {}, {"users": many("user", [ada, bob])})
    assert plane.put(f"/user_groups/{group}", same).status == 200
    assert plane.put(f"/user_groups/{group}", other).status == 400


def test_an_option_lets_a_group_change_its_users() -> None:
    plane = Plane(group_users_writable=True)
    group = plane.add_group("analysts")
    ada, bob = plane.add_user("ada", [group]), plane.add_user("bob")
    path = f"/user_groups/{group}"
    assert plane.put(path, resource("user_group", {}, {"users": many("user", [bob])})).status == 200
    assert plane.get(f"{path}?include=users").related("users") == [{"type": "user", "id": bob}]
    plane.put(f"/users/{bob}", resource("user", {}, {"primary_group": one("user_group", group)}))
    assert plane.put(path, resource("user_group", {}, {"users": many("user", [ada])})).status == 400


def test_a_delete_takes_a_job_and_lets_go_of_the_members(plane: Plane) -> None:
    group = plane.add_group("analysts")
    ada = plane.add_user("ada", [group])
    reply = plane.delete(f"/user_groups/{group}")
    assert (reply.status, reply.data["type"]) == (202, "deletion_response")
    bob = plane.post("/users", user("bob")).data["id"]
    late = resource("user", {}, {"user_groups": many("user_group", [group])})
    assert plane.put(f"/users/{bob}", late).status == 400
    assert plane.put(f"/users/{ada}", late).status == 200, "what is held can be written back"
    plane.wait()
    assert plane.get(f"/user_groups/{group}").status == 404
    assert len(plane.get(f"/users/{ada}?include=user_groups").related("user_groups")) == 1


def test_an_option_deletes_a_group_at_once() -> None:
    plane = Plane(group_delete_job=False)
    reply = plane.delete(f"/user_groups/{plane.add_group('analysts')}")
    assert (reply.status, reply.raw) == (204, b"")


def test_a_primary_group_and_predefined_groups_cannot_be_deleted(plane: Plane) -> None:
    group = plane.add_group("analysts")
    ada = plane.add_user("ada", [group])
    plane.put(f"/users/{ada}", resource("user", {}, {"primary_group": one("user_group", group)}))
    reply = plane.delete(f"/user_groups/{group}")
    assert (reply.status, "ada" in reply.detail) == (400, True)
    for name in ("all_users", "admins"):
        (predefined,) = plane.get(f"/user_groups?filter[name]={name}").data
        assert plane.delete(f"/user_groups/{predefined['id']}").status == 403
