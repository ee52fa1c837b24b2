"""A client over a transport that was handed in is the same client, and opens no socket."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from igz_apply.controlplane import (
    AnswerLost,
    BadRequest,
    Client,
    ConnectionFailed,
    Failure,
    Group,
    InvalidAnswer,
    Request,
    Response,
    Timeout,
    Unavailable,
    User,
    WsgiTransport,
)
from igz_apply.emulator import Emulator, Options
from tests.client.client_builders import Pauses, a_client
from tests.client.client_recorder import Recorder

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(
    r"```python\n(.*?)```", PAGE.partition("## Without a network")[2].partition("\n## ")[0], re.DOTALL
)
# An audit hook sees every socket, and every look-up of a name, whoever asks for it.
NO_SOCKETS = """
import sys

def refuse(event, arguments):
    if event.startswith("socket."):
        raise SystemExit(f"{event} {arguments}")

sys.addaudithook(refuse)
"""


class Told:
    """A transport that answers what it is told to, in turn, and remembers what it was asked."""

    def __init__(self, *answers: Response | Failure) -> None:
        self.answers = list(answers)
        self.asked: list[Request] = []
        self.closed = 0

    def exchange(self, request: Request) -> Response | Failure:
        self.asked.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def close(self) -> None:
        self.closed += 1


def saying(status: int, body: Any, **more: Any) -> Response:
    return Response(status, json.dumps(body).encode(), **more)


DONE = saying(200, {"data": {"type": "user", "id": "u-1"}})


@contextmanager
def in_process(**options: Any) -> Iterator[tuple[Client, Recorder]]:
    """A client with a password, and an emulator that nothing listens for."""
    emulator = Emulator(options=Options(job_seconds=0.02))
    recorder = Recorder(emulator.wsgi)
    known: dict[str, Any] = {"username": emulator.username, "password": emulator.password}
    with a_client("http://emulator", transport=WsgiTransport(recorder), **known, **options) as client:
        yield client, recorder
    emulator.close()


@pytest.mark.parametrize("example", ["one after the other", "by many threads"])
def test_a_client_logs_in_creates_and_lists_without_a_server(example: str) -> None:
    names = [f"g-{number}" for number in range(8)]
    with in_process() as (client, recorder):
        if example == "by many threads":
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda name: Group.create(client, name), names))
        else:
            for name in names:
                Group.create(client, name)
        assert set(names) <= {group.name for group in Group.list(client)}
        assert [noted.line for noted in recorder.noted].count("POST sessions") == 1
        user = User.create(client, "eve", "eve@example.org", "Eve", "Example", password="Secret1!")
        assert user.operational_status == "up"


def test_a_session_that_ended_is_opened_again() -> None:
    logins = [saying(200, {}, cookies=(f"session=s-{number}; Path=/; HttpOnly",)) for number in (1, 2)]
    transport = Told(logins[0], saying(401, {}), logins[1], DONE)
    client = a_client("http://nowhere", username="ada", password="hush-hush", transport=transport)
    assert client.get("users/u-1").data["id"] == "u-1"
    asked = [(request.url.rpartition("/api/")[2], request.headers.get("Cookie")) for request in transport.asked]
    first, second = ("users/u-1", "session=s-1"), ("users/u-1", "session=s-2")
    assert asked == [("sessions", None), first, ("sessions", None), second]


def test_a_503_is_tried_again_after_the_pause_that_was_asked_for() -> None:
    pauses = Pauses()
    transport = Told(saying(503, {}, retry_after="7"), DONE)
    throttled: list[float] = []
    client = a_client("http://nowhere", pauses, transport=transport, on_throttle=throttled.append)
    assert client.call("POST", "users", body={}).data["id"] == "u-1"
    assert (pauses.slept, throttled, len(transport.asked)) == ([7.0], [7.0], 2)


@pytest.mark.parametrize(
    ("answer", "get", "post"),
    [
        (Failure("the line is down", sent=False), ConnectionFailed, ConnectionFailed),
        (Failure("the line broke", sent=True), ConnectionFailed, AnswerLost),
        (Failure("no answer in time", sent=True, timed_out=True), Timeout, AnswerLost),
        (saying(503, {}), Unavailable, Unavailable),
        (saying(400, {"errors": [{"detail": "no"}]}), BadRequest, BadRequest),
        (Response(200, b"<html>"), InvalidAnswer, AnswerLost),
        (Response(200, None), InvalidAnswer, AnswerLost),
        (Response(200, b" " * (32 * 1024 * 1024) + b"{}"), InvalidAnswer, AnswerLost),
        (saying(302, {}), InvalidAnswer, InvalidAnswer),
    ],
    ids=lambda value: getattr(value, "__name__", None) or repr(value)[:60],
)
def test_what_goes_wrong_is_the_same_error_as_over_sockets(
    answer: Response | Failure, get: type[Exception], post: type[Exception]
) -> None:
    client = a_client("http://nowhere", transport=Told(answer))
    for method, expected in (("GET", get), ("POST", post)):
        with pytest.raises(expected) as caught:
            client.call(method, "users")
        assert type(caught.value) is expected


def test_a_transport_is_given_the_request_as_it_goes_out() -> None:
    transport = Told(DONE)
    client = a_client("dashboard.example.com/prefix", access_key="k-1", timeout=9, transport=transport)
    client.call("PUT", "/api/users/ü", params={"include": ["a", "b"]}, body={"x": "ä"}, headers={"x-role": "me"})
    (request,) = transport.asked
    assert (request.method, request.url) == ("PUT", "https://dashboard.example.com/prefix/api/users/ü?include=a%2Cb")
    assert (request.body, request.timeout) == ('{"x":"ä"}'.encode(), 9)
    assert request.headers["Cookie"] == 'session=j:{"sid": "k-1"}'
    assert request.headers["x-role"] == "me"
    assert "k-1" not in repr(request)


def test_a_secret_of_the_call_is_masked_in_what_a_transport_brings_back() -> None:
    refused = saying(400, {"errors": [{"detail": "the password hunter-2-2 is too short"}]})
    client = a_client("http://nowhere", transport=Told(refused))
    with pytest.raises(BadRequest, match=r"the password \*\*\* is too short"):
        client.call("POST", "users", body={"data": {"attributes": {"password": "hunter-2-2"}}})


def test_close_closes_the_transport() -> None:
    transport = Told(DONE)
    with a_client("http://nowhere", transport=transport):
        assert transport.closed == 0
    assert transport.closed == 1


def test_an_exception_that_stands_for_a_cut_is_a_broken_connection_and_another_comes_out() -> None:
    def application(environ: dict[str, Any], _: Any) -> list[bytes]:
        raise EOFError if environ["PATH_INFO"] == "/api/cut" else ZeroDivisionError

    client = a_client("http://nowhere", transport=WsgiTransport(application, cut_by=(EOFError,)), retries=0)
    with pytest.raises(ConnectionFailed, match="the application broke off with EOFError"):
        client.get("cut")
    with pytest.raises(ZeroDivisionError):
        client.get("other")


def test_an_application_may_write_its_body_and_is_closed_and_answers_in_this_thread() -> None:
    seen: list[Any] = []

    class Chunks(list[bytes]):
        def close(self) -> None:
            seen.append("closed")

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Chunks:
        seen.append((threading.get_ident(), environ["PATH_INFO"], environ["QUERY_STRING"], environ["HTTP_HOST"]))
        write = start_response("200 OK", [("Content-Type", "application/json")])
        write(b'{"data": ')
        return Chunks([b"[", b"]}"])

    client = a_client("http://nowhere:81", transport=WsgiTransport(application))
    assert client.get("users/ü", params={"a": "b c"}).records == []
    path = "/api/users/ü".encode().decode("latin-1")
    assert seen == [(threading.get_ident(), path, "a=b%20c", "nowhere:81"), "closed"]


GROUPS_ALONE = """
from igz_apply.controlplane import Client
from igz_apply.controlplane.groups import Group
from igz_apply.emulator import Emulator, Options
from igz_apply.http.wsgi_transport import WsgiTransport

emulator = Emulator(options=Options(job_seconds=0.02))
known = {"username": emulator.username, "password": emulator.password}
with Client(endpoint="http://emulator", transport=WsgiTransport(emulator.wsgi), **known) as client:
    group = Group.create(client, "analysts")
    assert not {f"igz_apply.controlplane.{name}" for name in ("users", "projects")} & set(sys.modules)
    group.add_user(client, emulator.username)
    answer = client.call("POST", "projects", body={"data": {"type": "project", "attributes": {"name": "churn"}}})
    client.wait_for_job(answer.job_id)
    group.ensure_project_membership(client, "churn", "Editor")
    print(group.get_project_effective_role(client, "churn").value)
emulator.close()
"""


def test_a_group_leads_to_users_and_projects_that_nobody_has_imported() -> None:
    done = subprocess.run([sys.executable, "-c", f"{NO_SOCKETS}\n{GROUPS_ALONE}"], capture_output=True, text=True)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "Editor\n")


@pytest.mark.parametrize("example", EXAMPLES[:1])
def test_the_example_of_the_page_opens_no_socket_and_needs_no_http_library(example: str) -> None:
    check = "assert not {'requests', 'urllib3'} & set(sys.modules), 'an HTTP library was imported'"
    done = subprocess.run([sys.executable, "-c", f"{NO_SOCKETS}\n{example}\n{check}"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "analysts" in done.stdout


def test_the_bad_line_of_the_page_is_a_transport() -> None:
    names: dict[str, Any] = {}
    exec("import igz_apply.controlplane as igz_mgmt\n" + EXAMPLES[1], names)
    pauses = Pauses()
    client = a_client("http://nowhere", pauses, transport=names["BadLine"](Told(DONE)))
    assert client.call("POST", "users").data["id"] == "u-1"
    assert len(pauses.slept) == 2
