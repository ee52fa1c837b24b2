"""The emulator of Iguazio 4 behaves badly when it is asked to."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.emulator import FaultsError
from tests.emulator.plane4 import Plane4, detail


def only(plane: Plane4) -> Any:
    """Return the one execution that there is."""
    (execution,) = plane.get("/trackable-actions/executions").json["items"]
    return execution["status"]


def test_requests_meet_the_faults_of_a_file() -> None:
    plane = Plane4(
        faults={
            "requests": [
                {"match": {"path": "/api/v1/profile/users", "nth": 1}, "act": "status", "status": 429,
                 "headers": {"Retry-After": 2}},
                {"match": {"path": "/api/v1/profile/users", "nth": 2}, "act": "status", "status": 502,
                 "body": "<html>Bad Gateway</html>", "headers": {"Content-Type": "text/html"}},
                {"match": {"path": "/api/v1/profile/users", "nth": 3}, "act": "status", "status": 302,
                 "headers": {"Location": "https://id.example.com/login"}},
                {"match": {"path": "/api/v1/profile/users", "nth": 4}, "act": "empty-list"},
                {"match": {"path": "/api/v1/profile/users", "nth": 5}, "act": "odd-id"},
                {"match": {"path": "/api/v1/profile/users", "nth": 6}, "act": "shift"},
            ]
        }
    )  # fmt: skip
    plane.emulator.load({"users": [{"username": f"u{n}"} for n in range(5)]})
    busy, bad, elsewhere = (plane.get("/profile/users") for _ in range(3))
    assert (busy.status, busy.headers["retry-after"], bool(detail(busy))) == (429, "2", True)
    assert (bad.status, bad.raw) == (502, b"<html>Bad Gateway</html>")
    assert (elsewhere.status, elsewhere.headers["location"]) == (302, "https://id.example.com/login")
    assert plane.get("/profile/users").json["items"] == []
    assert isinstance(plane.get("/profile/users").json["items"][0]["metadata"]["id"], dict)
    shifted = plane.get("/profile/users?offset=3&limit=2").json["items"]
    assert [each["metadata"]["username"] for each in shifted] == ["u3", "u4"]
    plane.emulator.close()


def test_a_follower_that_refuses_fails_an_operation_after_its_attempts() -> None:
    plane = Plane4(faults={"followers": {"churn": "nuclio: no room"}})
    plane.post("/projects/projects", {"name": "churn"})
    plane.wait()
    status = only(plane)
    assert (status["state"], status["lastError"], status["attemptCount"]) == ("failed", "nuclio: no room", 3)
    assert [each["number"] for each in status["attempts"]] == [1, 2, 3]
    assert plane.get("/projects/projects/churn").status == 404
    plane.emulator.close()


def test_a_delete_that_fails_leaves_the_project() -> None:
    plane = Plane4(faults={"jobs": [{"match": {"kind": "project.delete"}, "act": "fail", "result": "busy"}]})
    plane.add_project()
    plane.delete("/projects/projects/churn")
    plane.wait()
    assert plane.project()["status"]["state"] == "online"
    plane.emulator.close()


def test_an_update_that_fails_has_done_nothing() -> None:
    plane = Plane4(faults={"jobs": [{"match": {"kind": "project.update"}, "act": "fail"}]})
    witness = plane.add_project(description="old")
    plane.put("/projects/projects/churn", {"prevOpId": witness, "owner": "admin", "description": "new"})
    plane.wait()
    assert (plane.project()["spec"]["description"], plane.witness() > witness) == ("old", True)
    plane.emulator.close()


@pytest.mark.parametrize(
    ("act", "states", "project"),
    [("stall", ["running"], "creating"), ("vanish", [], "online"), ("slow", ["created"], "creating")],
)
def test_an_execution_hangs_vanishes_or_is_slow(act: str, states: list[str], project: str) -> None:
    plane = Plane4(faults={"jobs": [{"match": {"kind": "project.*"}, "act": act, "seconds": 9000}]})
    plane.post("/projects/projects", {"name": "churn"})
    plane.wait()
    held = plane.get("/trackable-actions/executions").json["items"]
    assert [each["status"]["state"] for each in held] == states
    assert plane.project()["status"]["state"] == project
    plane.emulator.close()


def test_somebody_else_changes_a_project_between_a_read_and_a_write() -> None:
    plane = Plane4(faults={"edits": {"churn": "mine"}})
    body = {"prevOpId": plane.add_project(), "owner": "admin", "description": "ours"}
    assert plane.put("/projects/projects/churn", body).status == 409
    assert plane.project()["spec"]["description"] == "mine"
    body["prevOpId"] = plane.witness()
    assert plane.put("/projects/projects/churn", body).status == 202
    plane.emulator.close()


def test_a_foreign_edit_is_made_when_a_test_says_so(plane4: Plane4) -> None:
    for edit in (lambda: plane4.emulator.edit_project("churn"), lambda: plane4.post("/emulator/projects/churn/edit")):
        witness = plane4.witness() if plane4.get("/projects/projects/churn").status == 200 else plane4.add_project()
        edit()
        reply = plane4.put("/projects/projects/churn", {"prevOpId": witness, "owner": "admin"})
        assert (reply.status, "prevOpId" in detail(reply)) == (409, True)
    assert plane4.post("/emulator/projects/none/edit").status == 404
    assert plane4.put("/emulator/projects/churn", {"counts": {"colour": 1}}).status == 400


def test_the_refresh_of_one_user_is_refused() -> None:
    plane = Plane4(faults={"tokens": {"ada": "the realm is locked"}})
    plane.add_user()
    token = plane.emulator.issue_offline_token("ada")
    reply = plane.send("POST", "/authentication/refresh-access-token", {"refreshToken": token})
    assert (reply.status, detail(reply)) == (401, "the realm is locked")
    assert plane.exchange(plane.emulator.offline_token)
    plane.emulator.close()


def test_a_faults_file_with_a_section_of_another_platform_is_refused() -> None:
    with pytest.raises(FaultsError, match="services"):
        Plane4(faults={"services": {}})


def test_the_log_shows_no_token(tmp_path: Any) -> None:
    path = tmp_path / "log.jsonl"
    plane = Plane4(log=path)
    plane.post("/authentication/revoke-offline-token", {"token": plane.emulator.offline_token})
    plane.send("GET", "/authentication/login-callback?code=abc123&state=x")
    text = path.read_text(encoding="utf-8")
    assert '"user": "admin"' in text
    assert plane.emulator.offline_token not in text
    assert plane.token not in text
    assert "abc123" not in text
    plane.emulator.close()
