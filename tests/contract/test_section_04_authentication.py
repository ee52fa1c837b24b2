"""Wire reference, section 4: login, cookies, Basic, verification, version."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from tests.contract.contract_plane import PASSWORD, Plane, assert_shape, resource

SESSION = {
    "type": "session",
    "id": "4f0c7d0e-8f0e-4c3b-9a43-1df3b7a0c9a1",
    "attributes": {
        "kind": "session",
        "plane": "control",
        "ttl": 86400,
        "uid": 51,
        "gids": [70],
        "group_ids": ["b0f3f3f2-6f3a-4d1c-8f5e-2a1f0d9c7b11"],
        "tenant_id": "b7c663b1-0000-4000-8000-ceae7e751ec8",
        "created_at": "2024-01-10T08:00:00.000000+00:00",
        "expires_at": 1704960000,
    },
    "relationships": {
        "user": {"data": {"type": "user", "id": "0c9a1d52-3a75-4b55-9d0a-6a1d6a5f8e21"}},
        "tenant": {"data": {"type": "tenant", "id": "b7c663b1-0000-4000-8000-ceae7e751ec8"}},
    },
}
VERIFICATION = {
    "type": "session_verification",
    "attributes": {
        "username": "ada",
        "context": {
            "id": "4f0c7d0e-8f0e-4c3b-9a43-1df3b7a0c9a1",
            "authentication": {
                "mode": "normal",
                "user_id": "0c9a1d52-3a75-4b55-9d0a-6a1d6a5f8e21",
                "tenant_id": "b7c663b1-0000-4000-8000-ceae7e751ec8",
                "group_ids": ["b0f3f3f2-6f3a-4d1c-8f5e-2a1f0d9c7b11"],
            },
        },
    },
}
VERIFY = "/sessions/verifications/planes/any/internal"


def basic(username: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{secret}".encode()).decode()


def status(plane: Plane, headers: dict[str, str]) -> int:
    return plane.call("GET", "/self", headers=headers).status


def login(caller: Plane, /, **attributes: object) -> int:
    return caller.call("POST", "/sessions", resource("session", attributes), headers={}).status


def test_a_login_answers_a_session_and_its_cookie(plane: Plane) -> None:
    attributes = {"username": "admin", "password": plane.emulator.password, "plane": "control"}
    reply = plane.call("POST", "/sessions", resource("session", attributes), headers={})
    assert reply.status == 201
    assert_shape(SESSION, reply.data)
    sid = reply.data["id"]
    assert reply.headers["set-cookie"] == f"session=j%3A%7B%22sid%22%3A%20%22{sid}%22%7D; max-age=86400; path=/"
    assert plane.emulator.password.encode() not in reply.raw


def test_a_login_is_possible_with_a_basic_header_alone(plane: Plane) -> None:
    header = {"Authorization": basic("admin", plane.emulator.password)}
    assert plane.call("POST", "/sessions", headers=header).status == 201


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"username": "admin", "password": "Emulator-1!"}, 201),
        ({"username": "admin@default-tenant", "password": "Emulator-1!", "interface_kind": "web"}, 201),
        ({"username": "admin", "password": "Wrong-123!"}, 401),
        ({"username": "nobody", "password": "Emulator-1!"}, 401),
        ({"username": "sys", "password": ""}, 400),
        ({"username": "sys", "password": "x"}, 401),
        ({"username": "admin"}, 400),
        ({"password": "Emulator-1!"}, 400),
        ({"username": ["admin"], "password": "Emulator-1!"}, 400),
        ({"username": "admin", "password": "Emulator-1!", "plane": "aero"}, 400),
        ({"username": "admin", "password": "Emulator-1!", "ttl": -1}, 400),
    ],
)
def test_a_login_needs_both_halves_and_the_right_ones(
    plane: Plane, attributes: dict[str, object], expected: int
) -> None:
    assert login(plane, **attributes) == expected


@pytest.mark.parametrize(
    "form",
    [
        'session=j:{"sid": "KEY"}',
        'session=j:{"sid":"KEY"}',
        "session=j%3A%7B%22sid%22%3A%20%22KEY%22%7D",
        "session=j%3A%7B%22sid%22%3A%22KEY%22%7D",
        'session=j%3A%7B%22sid%22%3A%20%22KEY%22%7D; session=j:{"sid": "KEY"}',
        'theme=dark; session=j:{"sid": "KEY"}; x=y',
        'session=j:{"sid": "stale"}; session=j:{"sid": "KEY"}',
    ],
)
def test_every_form_of_the_cookie_is_accepted(plane: Plane, form: str) -> None:
    assert status(plane, {"Cookie": form.replace("KEY", plane.emulator.access_key)}) == 200


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "session=",
        "session=KEY",
        "session=j:",
        "session=j:{",
        "session=j:[]",
        'session=j:{"sid": 7}',
        'session=j:{"sid": "wrong"}',
        'session=j:{"sid": "\u00e9"}',
        "session=" + quote("j:" + "[" * 20_000),
    ],
)
def test_a_cookie_that_is_no_session_is_not_logged_in(plane: Plane, cookie: str) -> None:
    assert status(plane, {"Cookie": cookie}) == 401


def test_basic_with_a_key_is_accepted_with_and_without_the_cookie(plane: Plane) -> None:
    key = plane.emulator.access_key
    cookie = {"Cookie": f'session=j:{{"sid": "{key}"}}'}
    assert status(plane, {"Authorization": basic("admin", key)}) == 200
    assert status(plane, {"Authorization": basic("admin", key), **cookie}) == 200
    assert status(plane, {"Authorization": basic("sys", key), **cookie}) == 401
    assert status(plane, {"Authorization": "Basic ???", **cookie}) == 200
    assert status(plane, {"Authorization": basic("admin", "wrong")}) == 401
    assert status(plane, {"Authorization": f"Bearer {key}"}) == 401


def test_a_session_ends_after_its_time_and_a_key_does_not(plane: Plane) -> None:
    session = plane.login("admin", plane.emulator.password)
    plane.wait(86399)
    assert session.get("/self").status == 200
    plane.wait(2)
    assert session.get("/self").status == 401
    assert plane.get("/self").status == 200


def test_a_shorter_session_can_be_configured() -> None:
    plane = Plane(session_seconds=60)
    session = plane.login("admin", plane.emulator.password)
    plane.wait(61)
    assert session.get("/self").status == 401


def test_a_disabled_user_can_neither_log_in_nor_go_on(plane: Plane) -> None:
    ada = plane.add_user("ada")
    session = plane.login("ada")
    assert session.get("/self").status == 200
    plane.put(f"/users/{ada}", resource("user", {"admin_status": "down"}))
    assert session.get("/self").status == 401
    assert login(plane, username="ada", password=PASSWORD) == 401
    plane.put(f"/users/{ada}", resource("user", {"admin_status": "up"}))
    assert session.get("/self").status == 401, "the session has ended"
    assert plane.login("ada").get("/self").status == 200


def test_changed_policies_end_the_sessions_but_not_the_keys(plane: Plane) -> None:
    ada = plane.add_user("ada", assigned_policies=["Data"])
    session = plane.login("ada")
    key = session.post("/access_keys", resource("access_key", {})).data["id"]
    plane.put(f"/users/{ada}", resource("user", {"assigned_policies": ["Data"], "job_title": "x"}))
    assert session.get("/self").status == 200, "nothing has changed"
    plane.put(f"/users/{ada}", resource("user", {"assigned_policies": ["Developer"]}))
    assert session.get("/self").status == 401
    assert plane.with_cookie(f'session=j:{{"sid": "{key}"}}').get("/self").status == 200


def test_policies_that_change_through_a_group_end_sessions_too(plane: Plane) -> None:
    group = plane.add_group("analysts", assigned_policies=["Data"])
    plane.add_user("ada", [group])
    session = plane.login("ada")
    plane.put(f"/user_groups/{group}", resource("user_group", {"description": "x"}))
    assert session.get("/self").status == 200
    plane.put(f"/user_groups/{group}", resource("user_group", {"assigned_policies": ["Developer"]}))
    assert session.get("/self").status == 401


def test_a_group_that_comes_or_goes_ends_the_sessions_of_those_whose_policies_it_changes(plane: Plane) -> None:
    ada = plane.add_user("ada", assigned_policies=["Data"])
    session, links = plane.login("ada"), {"users": {"data": [{"type": "user", "id": ada}]}}
    plane.post("/user_groups", resource("user_group", {"name": "plain"}, links))
    assert session.get("/self").status == 200
    attributes = {"name": "builders", "assigned_policies": ["Developer"]}
    group = plane.post("/user_groups", resource("user_group", attributes, links)).data["id"]
    assert session.get("/self").status == 401
    session = plane.login("ada")
    plane.delete(f"/user_groups/{group}")
    assert session.get("/self").status == 200
    plane.wait(2)
    assert session.get("/self").status == 401


def test_the_verification_says_who_calls(plane: Plane) -> None:
    reply = plane.post(VERIFY)
    assert reply.status == 200
    assert_shape(VERIFICATION, reply.data)
    assert reply.attributes["username"] == "admin"
    assert plane.call("POST", VERIFY, headers={}).status == 401


def test_ids_were_in_headers_alone_before_3_5_2() -> None:
    reply = Plane(version="3.5.1").post(VERIFY)
    authentication = reply.attributes["context"]["authentication"]
    assert set(authentication) == {"mode", "tenant_id"}
    assert reply.headers["x-user-id"]
    assert "," in reply.headers["x-user-group-ids"]


@pytest.mark.parametrize("suffix", ["", "_enrich_data"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_services_verify_with_headers(plane: Plane, method: str, suffix: str) -> None:
    reply = plane.call(method, f"/data_sessions/verifications/app_service{suffix}")
    assert reply.headers["x-remote-user"] == "admin"
    assert reply.headers["x-v3io-session-key"] == plane.emulator.access_key
    assert (reply.headers["x-v3io-session-planes"], reply.headers["x-unix-uid"]) == ("control,data", "0")


def test_the_version_is_told_through_the_tunnel(plane: Plane) -> None:
    for node in ("igz0", "igz1", "igz2"):
        reply = plane.get(f"/tunnel/{node}.version.0/external_versions/{node}")
        assert json.loads(reply.raw)["data"]["attributes"]["external"] == "3.5.5-b25.20231224135202"
    assert plane.get("/tunnel/igz7.version.0/external_versions/igz7").status == 404


def test_a_failed_login_leaves_an_audit_event_without_the_password(plane: Plane) -> None:
    login(plane, username="admin", password="Wrong-123!")
    reply = plane.get("/audit_events?filter[kind]=Security.User.Login.Failed")
    assert reply.data[0]["attributes"]["parameters_text"] == [{"name": "username", "value": "admin"}]
    assert b"Wrong-123!" not in reply.raw
