"""Wire reference, section 5: the life of jobs, and the ways in which they fail."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.contract_plane import Plane, assert_shape, resource, user

JOB = {
    "type": "job",
    "id": "e4c22a47-9227-4c0d-b43d-ee4f58f972ab",
    "attributes": {
        "kind": "project.creation",
        "params": "",
        "state": "failed",
        "result": "{}",
        "max_total_execution_time": 10800,
        "max_worker_execution_time": 10800,
        "delay": 0.0,
        "on_success": [],
        "on_failure": [],
        "handler": "igz0.project.0",
        "ctx_id": "10533417003758764105",
        "created_at": "2024-01-10T08:00:00.000000+00:00",
        "updated_at": "2024-01-10T08:00:04.000000+00:00",
    },
}


def start(plane: Plane) -> str:
    reply = plane.post("/projects", resource("project", {"name": "churn"}))
    assert reply.status == 201, reply.raw
    return str(reply.related("last_job")["id"])


def state(plane: Plane, job: str) -> Any:
    return plane.get(f"/jobs/{job}").attributes["state"]


def test_a_job_moves_through_its_states_with_the_clock() -> None:
    plane = Plane(job_seconds=10)
    job = start(plane)
    assert_shape(JOB, plane.get(f"/jobs/{job}").data)
    seen = []
    for _ in range(12):
        seen.append(state(plane, job))
        plane.wait(1)
    assert seen == ["created", "dispatched", "dispatched"] + ["in_progress"] * 7 + ["completed"] * 2
    attributes = plane.get(f"/jobs/{job}").attributes
    assert (attributes["kind"], attributes["handler"]) == ("project.creation", "igz0.project.0")
    assert attributes["created_at"] < attributes["updated_at"]


def test_a_job_knows_the_request_that_made_it(plane: Plane) -> None:
    reply = plane.post("/projects", resource("project", {"name": "churn"}))
    job = plane.get(f"/jobs/{reply.related('last_job')['id']}")
    assert job.attributes["ctx_id"] == reply.json["meta"]["ctx"]


def test_a_finished_job_is_forgotten_after_some_time() -> None:
    plane = Plane(job_lifetime_seconds=60)
    job = start(plane)
    plane.wait(60)
    assert state(plane, job) == "completed"
    plane.wait(60)
    assert plane.get(f"/jobs/{job}").status == 404


def test_jobs_are_listed_and_nothing_else_can_be_done_to_them(plane: Plane) -> None:
    job = start(plane)
    assert [each["id"] for each in plane.get("/jobs?filter[state]=created").data] == [job]
    assert [plane.call(method, f"/jobs/{job}").status for method in ("PUT", "DELETE")] == [405, 405]


def test_a_system_that_allows_it_deletes_jobs_that_have_ended() -> None:
    plane = Plane(deletable_jobs=True)
    job = start(plane)
    assert plane.call("DELETE", f"/jobs/{job}").status == 409
    plane.wait(60)
    assert plane.call("DELETE", f"/jobs/{job}").status == 204
    assert plane.call("DELETE", f"/jobs/{job}").status == 404
    assert plane.get(f"/jobs/{job}").status == 404


RESULTS = [
    {"project_id": "p", "status": 400, "message": "node selector is not valid"},
    {"project_id": "p", "status": None, "message": "nuclio refused"},
    {"message": "no status at all"},
    "plain text",
    "",
]


@pytest.mark.parametrize("result", RESULTS)
def test_a_job_fails_with_each_form_of_result_and_has_done_nothing(result: Any) -> None:
    fault = {"match": {"kind": "project.creation"}, "act": "fail", "result": result}
    plane = Plane(faults={"jobs": [fault]})
    job = start(plane)
    plane.wait()
    attributes = plane.get(f"/jobs/{job}").attributes
    assert attributes["state"] == "failed"
    assert attributes["result"] == (result if isinstance(result, str) else json.dumps(result))
    assert plane.get("/projects").data == []


def test_a_job_can_stall_vanish_and_be_slow() -> None:
    jobs = [{"match": {"nth": place}, "act": act} for place, act in enumerate(("stall", "vanish", "slow"), 1)]
    plane = Plane(faults={"jobs": [*jobs[:2], {**jobs[2], "seconds": 5000}]})
    replies = [plane.post("/users", user(name)) for name in ("ada", "bob", "eve")]
    ids = [reply.related("jobs")[0]["id"] for reply in replies]
    plane.wait()
    assert state(plane, ids[0]) == "in_progress"
    assert plane.get(f"/jobs/{ids[1]}").status == 404
    assert plane.get("/users?filter[username]=bob").data[0]["attributes"]["operational_status"] == "up"
    assert state(plane, ids[2]) == "dispatched"
    plane.wait(4000)
    assert state(plane, ids[2]) == "completed"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/users/{ada}", "user.deletion"), ("/user_groups/{group}", "user_group.deletion")],
)
def test_a_delete_whose_job_fails_leaves_the_resource_usable(path: str, kind: str) -> None:
    plane = Plane(faults={"jobs": [{"match": {"kind": kind}, "act": "fail"}]})
    target = path.format(ada=plane.add_user("ada"), group=plane.add_group("analysts"))
    first = plane.delete(target).related("jobs")[0]["id"]
    plane.wait()
    assert plane.get(target).attributes.get("operational_status", "up") == "up"
    assert plane.delete(target).related("jobs")[0]["id"] != first
