"""Jobs: where the ids stand, what the results say, and how to wait for one."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.controlplane import (
    Forbidden,
    Job,
    JobFailed,
    JobTimeout,
    JobVanished,
    Unauthorised,
    job_id,
    job_message,
)
from tests.client.client_builders import Pauses, a_client
from tests.client.client_stub import Say, body, in_turn, one, stub

J1 = {"data": {"type": "job", "id": "j-1"}}
MANY = {"data": [{"type": "job", "id": "j-1"}]}


@pytest.mark.parametrize(
    "answer",
    [
        body(one("job", "j-1", state="created")),
        body(one("user", "u-1", {"jobs": MANY})),
        body(one("user", "u-1", {"jobs": J1})),
        body(one("deletion_response", "0", {"jobs": MANY})),
        body(one("project", "p-1", {"last_job": J1}, operational_status="creating")),
        body(one("project", "p-1", {"last_job": J1})),
        body(one("container_deletion", "0", job_id="j-1")),
        body(one("cluster_configuration_reload", "7", job_id="j-1")),
    ],
)
def test_a_job_id_is_found_wherever_the_platform_puts_it(answer: Any) -> None:
    assert job_id(answer) == "j-1"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"data": None},
        {"data": []},
        {"data": {"type": "job", "id": ""}},
        body(one("user", "u-1")),
        body(one("user", "u-1", {"jobs": {"data": []}})),
        body(one("user", "u-1", {"jobs": None})),
        body(one("project", "p-1", {"last_job": J1}, operational_status="online")),
        body(one("user", "u-1", {"last_job": J1})),
    ],
)
def test_an_answer_without_a_job_has_no_job_id(answer: Any) -> None:
    assert job_id(answer) is None


def test_the_last_job_of_a_project_counts_only_where_the_project_was_created() -> None:
    project = body(one("project", "p-1", {"last_job": J1}, operational_status="creating"))
    with stub(in_turn(project)) as server, a_client(server.url) as client:
        found = {method: client.call(method, "projects/p-1").job_id for method in ("POST", "PUT", "GET")}
    assert found == {"POST": "j-1", "PUT": None, "GET": None}


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "the platform gave no reason"),
        ("", "the platform gave no reason"),
        ("  ", "the platform gave no reason"),
        ("plain text", "plain text"),
        ('"quoted text"', "quoted text"),
        ('{"message": "node selector is not valid", "status": 400}', "node selector is not valid (status 400)"),
        ('{"message": "failed", "status": null}', "failed"),
        ('{"message": "failed"}', "failed"),
        ('{"project_id": "p-1", "status": 400, "message": "no"}', "no (status 400)"),
        ('{"message": {"deep": 1}}', '{"deep": 1}'),
        ('{"status": 400}', '{"status": 400}'),
        ('{"message": "cut', '{"message": "cut'),
        ("17", "17"),
        ("[" * 100_000, "[" * 100_000),
        ({"message": "not even a string"}, "{'message': 'not even a string'}"),
    ],
)
def test_the_platforms_message_is_read_from_every_form_of_result(result: Any, message: str) -> None:
    assert job_message(result) == message


def job(state: str, **attributes: Any) -> dict[str, Any]:
    return body(one("job", "j-1", state=state, **attributes))


def test_a_job_is_looked_at_until_it_has_completed() -> None:
    pauses, seen = Pauses(), []
    replies = in_turn(job("created"), job("in_progress"), job("republishing"), job("inventing"), job("completed"))
    with stub(replies) as server:
        done = a_client(server.url, pauses).wait_for_job("j-1", on_poll=lambda job: seen.append(job.state))
    assert isinstance(done, Job)
    assert (done.id, done.state) == ("j-1", "completed")
    assert seen == ["created", "in_progress", "republishing", "inventing", "completed"]
    assert pauses.slept == pytest.approx([0.1, 0.15, 0.225, 0.3375])


@pytest.mark.parametrize("state", ["failed", "canceled"])
def test_a_job_that_fails_says_why_in_the_platforms_words(state: str) -> None:
    reply = job(state, kind="project.creation", ctx_id="99", result='{"message": "no room", "status": null}')
    with stub(in_turn(reply)) as server, pytest.raises(JobFailed) as caught:
        a_client(server.url).wait_for_job("j-1")
    assert str(caught.value) == f"Job j-1 (project.creation) {state}: no room (GET jobs/j-1, ctx 99)"
    assert caught.value.job.state == state


def test_a_job_that_does_not_end_is_given_up_at_the_timeout() -> None:
    pauses = Pauses()
    with stub(in_turn(job("in_progress"))) as server, pytest.raises(JobTimeout, match="still in_progress after 60 s"):
        a_client(server.url, pauses).wait_for_job("j-1", timeout=60)
    assert sum(pauses.slept) == pytest.approx(60)
    assert max(pauses.slept) <= 5


@pytest.mark.parametrize(("status", "kind"), [(401, Unauthorised), (403, Forbidden)])
def test_waiting_stops_at_once_when_the_caller_may_not_look(status: int, kind: type[Exception]) -> None:
    with stub(in_turn(job("created"), Say(status))) as server, pytest.raises(kind):
        a_client(server.url).wait_for_job("j-1")
    assert len(server.asked) == 2


def test_trouble_of_the_server_is_waited_out() -> None:
    with stub(in_turn(Say(500), Say(503), Say(500), job("completed"))) as server:
        assert a_client(server.url, retries=0).wait_for_job("j-1").state == "completed"


def test_a_job_that_vanished_is_an_error_unless_it_was_a_delete() -> None:
    with stub(in_turn(Say(404))) as server, a_client(server.url) as client:
        with pytest.raises(JobVanished):
            client.wait_for_job("j-1")
        assert client.wait_for_job("j-1", vanished_is_done=True).state == "completed"
