"""The request log: what was asked, and never a secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator.iguazio3.secret_places import MASK
from tests.contract.contract_plane import Plane, resource, user


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "requests.jsonl"


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_request_is_a_line(path: Path) -> None:
    plane = Plane(log=path)
    plane.get("/users?filter[username]=ada")
    plane.post("/user_groups", resource("user_group", {"name": "x"}))
    plane.call("GET", "/self", headers={})
    plane.post("/user_groups", b"nonsense")
    found = entries(path)
    keys = ("index", "method", "path", "query", "status", "user")
    assert [tuple(each[key] for key in keys) for each in found] == [
        (0, "GET", "/api/users", "filter[username]=ada", 200, "admin"),
        (1, "POST", "/api/user_groups", "", 201, "admin"),
        (2, "GET", "/api/self", "", 401, ""),
        (3, "POST", "/api/user_groups", "", 400, "admin"),
    ]
    assert found[1]["body"] == resource("user_group", {"name": "x"})
    assert found[0]["body"] is None
    assert found[3]["body"] == "(8 bytes that are not JSON)"
    assert all(each["seconds"] >= 0 and each["time"] > 0 for each in found)


def test_no_secret_is_in_it(path: Path) -> None:
    plane = Plane(log=path)
    plane.post("/users", user("ada", password="Hidden-12!"))
    plane.wait()
    session = plane.login("ada", "Hidden-12!")
    key = session.post("/access_keys", resource("access_key", {"label": "ci"})).data["id"]
    session.put(f"/access_keys/{key}", {"data": {**resource("access_key", {"label": "x"})["data"], "id": key}})
    session.get(f"/access_keys?filter[id]={key}&page[of]={key}")
    session.delete(f"/access_keys/{key}")
    (smtp,) = plane.get("/smtp_connections").data
    plane.put(f"/smtp_connections/{smtp['id']}", resource("smtp_connection", {"auth_password": "hush-hush"}))
    plane.get("/smtp_connections?filter[auth_password]=hush-hush")
    plane.put_services(
        [{"spec": {"name": "f", "kind": "filebeat", "filebeat": {"elasticsearch_password": "elastic!"}}}]
    )
    text = path.read_text()
    for secret in ("Hidden-12!", key, "hush-hush", "elastic!", plane.emulator.access_key, plane.emulator.password):
        assert secret not in text
    assert '"ada"' in text


def test_a_second_run_adds_to_it(path: Path) -> None:
    for _ in range(2):
        plane = Plane(log=path)
        plane.get("/self")
        plane.emulator.close()
    assert len(entries(path)) == 2


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("/api/access_keys/abc", "/api/access_keys/***"),
        ("/api/access_keys", "/api/access_keys"),
        ("/api/sessions/abc", "/api/sessions/***"),
        (
            "/api/sessions/verifications/planes/any/internal",
            "/api/sessions/verifications/planes/any/internal",
        ),
        ("/api/users/abc", "/api/users/abc"),
    ],
)
def test_secrets_in_paths_are_masked(given: str, expected: str) -> None:
    assert MASK.path(given) == expected


def test_secrets_in_queries_and_bodies_are_masked() -> None:
    assert (
        MASK.query("filter%5Bpassword%5D=x&sort=name&filter[id]=k")
        == "filter%5Bpassword%5D=***&sort=name&filter[id]=***"
    )
    assert MASK.value({"a": [{"password": "x", "send_password_on_creation": True, "kubeconfig": ""}]}) == {
        "a": [{"password": "***", "send_password_on_creation": True, "kubeconfig": ""}]
    }
    assert MASK.value({"type": "access_key", "id": "k", "label": "l"}) == {
        "type": "access_key",
        "id": "***",
        "label": "l",
    }


@pytest.mark.parametrize("value", ["x", 1234, 0, ["x"], {"value": "x"}])
def test_a_secret_of_whatever_type_is_masked(value: object) -> None:
    assert MASK.value({"attributes": {"password": value}}) == {"attributes": {"password": "***"}}
