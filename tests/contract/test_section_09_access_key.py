"""Wire reference, section 9: access keys, whose ids are secrets."""

from __future__ import annotations

from typing import Any

from tests.contract.contract_plane import Plane, assert_shape, resource

KEY = {
    "type": "access_key",
    "id": "20573cbe-c81c-49bc-adbe-49bdd59ea1e7",
    "attributes": {
        "kind": "accessKey",
        "label": "ci",
        "planes": ["control", "data"],
        "interface_kind": "web",
        "ttl": 315360000,
        "expires_at": 1982054387,
        "created_at": "2024-01-10T08:00:00.000000+00:00",
        "tenant_id": "b7c663b1-0000-4000-8000-ceae7e751ec8",
        "uid": 51,
        "gids": [70],
        "group_ids": ["b0f3f3f2-6f3a-4d1c-8f5e-2a1f0d9c7b11"],
    },
}
GET_OR_CREATE = "/self/get_or_create_access_key"


def create(plane: Plane, **attributes: object) -> str:
    reply = plane.post("/access_keys", resource("access_key", attributes))
    assert reply.status == 201, reply.raw
    return str(reply.data["id"])


def with_key(plane: Plane, key: str) -> Plane:
    return plane.with_cookie(f'session=j:{{"sid": "{key}"}}')


def test_a_key_is_created_renamed_and_deleted(plane: Plane) -> None:
    reply = plane.post("/access_keys", resource("access_key", {"label": "ci", "planes": ["data", "control"]}))
    assert reply.status == 201
    assert_shape(KEY, reply.data)
    key = reply.data["id"]
    assert with_key(plane, key).get("/self").status == 200
    path = f"/access_keys/{key}"
    assert plane.put(path, resource("access_key", {"label": "cd"})).attributes["label"] == "cd"
    assert plane.put(path, resource("access_key", {"planes": ["data"]})).status == 400
    assert plane.delete(path).status == 204
    assert plane.get(path).status == 404
    assert with_key(plane, key).get("/self").status == 401


def test_a_key_needs_the_control_plane_to_call_the_api(plane: Plane) -> None:
    assert with_key(plane, create(plane, planes=["data"])).get("/self").status == 401
    assert with_key(plane, create(plane, planes=["control"], label=None)).get("/self").status == 200
    assert plane.post("/access_keys", resource("access_key", {"planes": ["astral"]})).status == 400


def test_get_or_create_finds_a_key_by_its_planes(plane: Plane) -> None:
    body: dict[str, Any] = {"data": {"type": "access_key", "attributes": {"label": "one", "planes": ["data"]}}}
    made = plane.post(GET_OR_CREATE, body)
    body["data"]["attributes"]["label"] = "two"
    found = plane.post(GET_OR_CREATE, body)
    assert (made.status, found.status, made.data["id"] == found.data["id"]) == (201, 200, True)


def test_an_option_lets_the_label_count() -> None:
    plane = Plane(access_key_label_counts=True)
    replies = [plane.post(GET_OR_CREATE, resource("access_key", {"label": label})) for label in ("a", "b", "a")]
    assert [reply.status for reply in replies] == [201, 201, 200]


def test_everyone_sees_only_their_own_keys(plane: Plane) -> None:
    ada, bob = plane.add_user("ada"), plane.add_user("bob")
    assert ada != bob
    of_ada, of_bob = plane.login("ada"), plane.login("bob")
    key = create(of_ada, label="mine")
    assert [each["id"] for each in of_ada.get("/access_keys").data] == [key]
    assert of_bob.get("/access_keys").data == []
    assert plane.emulator.access_key not in str(of_ada.get("/access_keys").data)
    for method in ("GET", "PUT", "DELETE"):
        reply = of_bob.call(method, f"/access_keys/{key}", resource("access_key", {}))
        assert (reply.status, key in reply.detail) == (404, False)


def test_a_key_acts_with_the_policies_of_its_owner(plane: Plane) -> None:
    plane.add_user("ada", assigned_policies=["Data"])
    key = create(plane.login("ada"))
    assert with_key(plane, key).post("/user_groups", resource("user_group", {"name": "x"})).status == 403
