"""Who watches calls is told of every attempt, of either platform, without a name, an id or a secret."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from igz_apply.controlplane import AnswerLost, Backoff, Client, ControlPlaneError, RateLimited
from igz_apply.controlplane.json_api import JsonApi
from igz_apply.http.redaction import Secret
from igz_apply.http.transport import Failure, Request, Response
from igz_apply.http.watching import Attempt, CallWatcher, begun
from igz_apply.iguazio4.client import Client as Client4
from igz_apply.iguazio4.client.credentials import OfflineToken
from igz_apply.iguazio4.client.dialect import GatewayJson

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Watcher:
    """Notes what it hears, and gives each attempt a number as its place in a trace, unless another does."""

    def __init__(self, *, is_tracing: bool = True) -> None:
        self._is_tracing = is_tracing
        self.began_with: list[tuple[str, str]] = []
        self.attempts: list[Attempt] = []
        self.threads: dict[str, int] = {}
        self._lock = threading.Lock()

    def began(self, method: str, route: str) -> Mapping[str, str]:
        with self._lock:
            self.began_with.append((method, route))
            parent = f"00-{TRACE}-{len(self.began_with):016x}-01"
            self.threads[parent] = threading.get_ident()
        return {"traceparent": parent} if self._is_tracing else {}

    def ended(self, attempt: Attempt) -> None:
        with self._lock:
            assert not self._is_tracing or self.threads[attempt.traceparent] == threading.get_ident()
            self.attempts.append(attempt)


class Wire:
    """Answers with what is next, and notes what was sent."""

    def __init__(self, *answers: Response | Failure | BaseException) -> None:
        self._answers: Iterator[Response | Failure | BaseException] = iter(answers)
        self.sent: list[Request] = []

    def exchange(self, request: Request) -> Response | Failure:
        self.sent.append(request)
        answer = next(self._answers)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def close(self) -> None:
        """Nothing is open."""


def said(status: int, body: Any, **more: Any) -> Response:
    return Response(status, json.dumps(body).encode(), **more)


def record(ctx: str = "77") -> Response:
    return said(200, {"data": {"type": "user", "id": "1", "attributes": {}}, "meta": {"ctx": ctx}})


def a_client(wire: Wire, *watchers: CallWatcher, **options: Any) -> Client:
    backoff = Backoff(sleep=lambda _: None)
    options = {"access_key": "Kanary-key-1", **options}
    return Client(
        endpoint="https://igz.example.com:8443", transport=wire, watchers=watchers, backoff=backoff, **options
    )


def told(watcher: Watcher) -> list[tuple[Any, ...]]:
    return [(it.number, it.status, it.error, it.will_retry, it.ctx) for it in watcher.attempts]


def test_every_attempt_is_told_with_what_came_of_it() -> None:
    busy = said(429, {"errors": [{"status": 429, "detail": "slowly"}], "meta": {"ctx": "76"}}, retry_after="1")
    watcher, wire = Watcher(), Wire(Failure("no answer in time", sent=True, timed_out=True), busy, record())
    a_client(wire, watcher).get("users/ada", params={"filter[username]": "ada"})
    assert told(watcher) == [
        (1, None, "Timeout", True, None),
        (2, 429, "RateLimited", True, "76"),
        (3, 200, "", False, "77"),
    ]
    assert {(it.method, it.route, it.server) for it in watcher.attempts} == {
        ("GET", "/api/users/{id}", "https://igz.example.com:8443")
    }
    assert [it.headers["traceparent"] for it in wire.sent] == [it.traceparent for it in watcher.attempts]
    assert all(it.seconds >= 0 for it in watcher.attempts)


@pytest.mark.parametrize(
    ("answer", "raised", "status"),
    [
        (said(404, {"errors": []}), ControlPlaneError, 404),
        (said(429, {"errors": []}, retry_after="100000"), RateLimited, 429),
        (Failure("broken", sent=True), AnswerLost, None),
        (Response(200, b"<html>"), AnswerLost, 200),
        (RuntimeError("a transport that breaks the rule"), RuntimeError, None),
        (KeyboardInterrupt(), KeyboardInterrupt, None),
    ],
)
def test_what_begins_is_told_to_its_end_however_it_ends(
    answer: Response | Failure | BaseException, raised: type[BaseException], status: int | None
) -> None:
    watcher = Watcher()
    with pytest.raises(raised):
        a_client(Wire(answer), watcher).call("POST", "users", body={})
    (attempt,) = watcher.attempts
    assert (attempt.status, attempt.will_retry, attempt.number) == (status, False, 1)
    assert attempt.error not in ("", "BrokenOff") or status is None


def test_a_login_that_is_renewed_is_told_between_the_two_attempts_of_a_call() -> None:
    def session(key: str) -> Response:
        return said(
            201, {"data": {"type": "session", "id": key, "attributes": {}}}, cookies=(f"session={key}; Path=/",)
        )

    refused = said(401, {"errors": []})
    watcher = Watcher()
    wire = Wire(session("Kanary-a"), refused, session("Kanary-b"), record())
    a_client(wire, watcher, access_key="", username="ada", password="Kanary-password").get("users/1")
    assert [(it.method, it.route, it.number, it.will_retry) for it in watcher.attempts] == [
        ("POST", "/api/sessions", 1, False),
        ("POST", "/api/sessions", 1, False),
        ("GET", "/api/users/{id}", 1, True),
        ("GET", "/api/users/{id}", 2, False),
    ]
    assert "Kanary" not in repr(watcher.attempts)


def test_a_login_that_cannot_be_renewed_ends_the_attempt_that_asked_for_it() -> None:
    def session(key: str) -> Response:
        return said(
            201, {"data": {"type": "session", "id": key, "attributes": {}}}, cookies=(f"session={key}; Path=/",)
        )

    refused = said(401, {"errors": []})
    watcher, wire = Watcher(), Wire(session("a"), refused, refused)
    with pytest.raises(ControlPlaneError):
        a_client(wire, watcher, access_key="", username="ada", password="Kanary-password").get("users/1")
    assert len(watcher.attempts) == len(watcher.began_with) == 3
    assert not any(it.will_retry for it in watcher.attempts)


def test_the_servers_id_of_a_request_is_masked_and_on_one_line() -> None:
    watcher = Watcher()
    a_client(Wire(record("7\nKanary-key-1")), watcher).get("users/1")
    assert watcher.attempts[0].ctx == "7 ***"


def test_the_log_names_each_attempt_on_the_server_and_in_the_trace(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "igz_apply.controlplane")
    a_client(Wire(record()), Watcher()).get("users/1")
    a_client(Wire(record())).get("users/1")
    a_client(Wire(Failure("no connection in time", sent=False), record("")), retries=1).get("users/1")
    lines = [it.getMessage().partition(" ms")[2] for it in caplog.records if " ms" in it.getMessage()]
    assert lines == [f", ctx 77, traceparent 00-{TRACE}-0000000000000001-01", ", ctx 77", "", ""]


def test_several_may_watch_and_threads_do_not_mix() -> None:
    one, other = Watcher(), Watcher(is_tracing=False)  # else the number of the one is looked for by the other
    count = 200
    client = a_client(Wire(*[record(str(at)) for at in range(count)]), one, other)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda at: client.get(f"users/{at}"), range(count)))
    assert len(one.attempts) == count
    assert len({it.ctx for it in other.attempts}) == count


def test_iguazio4_is_told_the_trace_as_the_callers_own_id() -> None:
    token = said(200, {"spec": {"accessToken": "Kanary-access", "refreshToken": "x"}, "status": {"ctx": "c0"}})
    user = said(200, {"metadata": {"username": "ada"}, "status": {"ctx": "c1", "statusCode": 200}})
    watcher, wire = Watcher(), Wire(token, user)
    credentials = OfflineToken(Secret("Kanary-offline"), "a test")
    client = Client4(endpoint="igz4.example.com", credentials=credentials, transport=wire, watchers=[watcher])
    client.get("v1/profile/users/ada")
    assert [(it.route, it.ctx, it.server) for it in watcher.attempts] == [
        ("/api/v1/authentication/refresh-access-token", "c0", "https://igz4.example.com"),
        ("/api/v1/profile/users/{id}", "c1", "https://igz4.example.com"),
    ]
    assert [it.headers["x-igz-ctx"] for it in wire.sent] == [TRACE, TRACE]
    assert "Kanary" not in repr(watcher.attempts)


def test_nothing_more_is_sent_where_nobody_watches() -> None:
    wire = Wire(record())
    a_client(wire).get("users/1")
    assert set(wire.sent[0].headers) & {"traceparent", "x-igz-ctx"} == set()


@pytest.mark.parametrize(
    ("route", "path", "expected"),
    [
        (JsonApi().route, "users", "/api/users"),
        (JsonApi().route, "users/", "/api/users"),
        (JsonApi().route, "users/4d1f/", "/api/users/{id}"),
        (JsonApi().route, "projects/__name__/churn", "/api/projects/__name__/{id}"),
        (
            JsonApi().route,
            "sessions/verifications/planes/any/internal",
            "/api/sessions/verifications/planes/any/internal",
        ),
        (JsonApi().route, "tunnel/igz0.version.0/external_versions/igz0", "/api/tunnel/{id}/external_versions/{id}"),
        (JsonApi().route, "Kanary%20Secret", "/api/{id}"),
        (JsonApi().route, "configurations/app_cluster/reloads", "/api/configurations/{id}/reloads"),
        (GatewayJson().route, "v1/profile/users/ada/assign-groups", "/api/v1/profile/users/{id}/assign-groups"),
        (GatewayJson().route, "v1/projects/churn/feature-sets", "/api/v1/projects/{id}/feature-sets"),
        (
            GatewayJson().route,
            "v1/authorization/projects/churn/roles/admin",
            "/api/v1/authorization/projects/{id}/roles/{id}",
        ),
        (GatewayJson().route, "v1/trackable-actions/executions/17", "/api/v1/trackable-actions/executions/{id}"),
    ],
)
def test_a_route_holds_no_name_and_no_id(route: Callable[[str], str], path: str, expected: str) -> None:
    assert route(path) == expected


class Fence:
    """Lets so many calls pass."""

    def __init__(self, calls: int) -> None:
        self._left = calls

    def began(self, method: str, route: str) -> Mapping[str, str] | str:
        self._left -= len((method, route)) // 2
        return {} if self._left >= 0 else "not any more"

    def ended(self, attempt: Attempt) -> None: ...


def test_what_must_not_be_sent_any_more_is_not_and_nobody_else_hears_of_it() -> None:
    wire, watcher = Wire(record(), record()), Watcher()
    api = a_client(wire, Fence(1), watcher)
    api.call("PUT", "users/1", body={})
    with pytest.raises(ControlPlaneError, match="not any more") as caught:
        api.call("PUT", "users/1", body={})
    assert (len(wire.sent), len(watcher.attempts), caught.value.after_lost_attempt) == (1, 1, False)


def test_an_attempt_that_was_lost_is_not_made_again_and_may_have_happened() -> None:
    wire = Wire(Failure("reset", sent=True), record())
    with pytest.raises(ControlPlaneError, match="not any more") as caught:
        a_client(wire, Fence(1)).call("PUT", "users/1", body={})
    assert (len(wire.sent), caught.value.after_lost_attempt) == (1, True)


def test_a_login_is_sent_all_the_same() -> None:
    assert begun([Fence(0)], "POST", "/api/sessions", is_login=True) == {}
