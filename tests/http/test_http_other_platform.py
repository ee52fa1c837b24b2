"""What carries a call knows no API: here it serves one with bearer tokens, camelCase JSON and errors of its own."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from igz_apply.http import call_errors
from igz_apply.http.answers import Answer, Complaint
from igz_apply.http.authentication import Ask, Proof
from igz_apply.http.backoff import Backoff
from igz_apply.http.bodies import Unreadable, parse_json
from igz_apply.http.call_errors import ErrorKind
from igz_apply.http.connection import Connection, Settings
from igz_apply.http.redaction import MASK, Redaction, Secret
from igz_apply.http.transport import Failure, Request, Response
from igz_apply.http.watching import route_of

REFRESH = "authentication/refresh-access-token"


class NoRights(call_errors.Forbidden):
    """An error with words of this platform."""

    hint = "Ask for a role"


class Envelopes:
    """JSON whose every body has a `status` that names the request and says what went wrong."""

    root = "api/v1"
    redaction = Redaction(
        names=re.compile(r"(password|token)s?$", re.IGNORECASE),
        paths=((re.compile(r"(tokens/)[^/?\s]+"), rf"\1{MASK}"),),
        of_path=lambda path, _: iter(path.split("/")[1:2] if path.startswith("tokens/") else ()),
    )
    kinds: Mapping[int, ErrorKind] = {**call_errors.KINDS, 403: (NoRights, "No rights")}
    ctx_header = "x-request"

    def route(self, path: str) -> str:
        return route_of(self.root, path, ())

    def answer(
        self, status: int, content: bytes, *, method: str, path: str, unread: Collection[str] = frozenset()
    ) -> Answer:
        assert not unread
        body = parse_json(content, envelope=("status",))
        if not isinstance(body, dict):
            raise Unreadable("is no object")
        return Answer(status, body, body.get("status", {}).get("ctx"), method, path)

    def complaint(self, _: int, content: bytes) -> Complaint:
        try:
            status = (parse_json(content) or {}).get("status", {})
        except Unreadable:
            return Complaint()
        return Complaint((status["errorMessage"],) if "errorMessage" in status else (), status.get("ctx"))

    def secrets_told(self, path: str, answer: Answer) -> Iterator[str]:
        if path == REFRESH:
            yield answer.body["spec"]["accessToken"]

    def scrub_words(self, path: str, answer: Answer, scrub: Callable[[str], str]) -> None:
        status = answer.body.get("status", {})
        if path.startswith("executions/") and "lastError" in status:
            status["lastError"] = scrub(status["lastError"])


@dataclass
class OfflineToken:
    """A token that is never sent as a proof, but exchanged for one."""

    token: Secret
    lifetime: float | None = None
    is_renewable: bool = True

    def prove(self, ask: Ask) -> Proof:
        spec = ask("POST", REFRESH, {"refreshToken": self.token.reveal()}).body["spec"]
        self.token = Secret(spec["refreshToken"])  # the server may hand out another one each time
        access = Secret(spec["accessToken"])
        return Proof({"Authorization": Secret(f"Bearer {access.reveal()}")}, (access,), self.lifetime)

    def secrets(self) -> tuple[str, ...]:
        return (self.token.reveal(),)


@dataclass
class Plane:
    """A server of that API: it accepts the token that it has given out last."""

    answers: dict[str, Response | Failure] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    given: int = 0
    is_refreshing: bool = True

    def exchange(self, request: Request) -> Response | Failure:
        self.asked.append(request)
        path = request.url.removeprefix("https://igz4.example.com/api/v1/")
        if path == REFRESH:
            assert "Authorization" not in request.headers
            return self._refreshed()
        if request.headers["Authorization"] != f"Bearer access-token-{self.given}":
            return said(401, {"status": {"errorMessage": "the token has expired"}})
        return self.answers.get(path, said(200, {"metadata": {"id": "7"}, "status": {"ctx": "c-1"}}))

    def _refreshed(self) -> Response:
        if not self.is_refreshing:
            return said(500, {"status": {"errorMessage": "no tokens now"}})
        self.given += 1
        spec = {"accessToken": f"access-token-{self.given}", "refreshToken": f"offline-token-{self.given}"}
        return said(200, {"spec": spec})

    def close(self) -> None:
        """Nothing is open."""

    @property
    def lines(self) -> list[str]:
        return [f"{each.method} {each.url.rpartition('/api/v1/')[2]}" for each in self.asked]


def said(status: int, body: Any) -> Response:
    return Response(status, json.dumps(body).encode())


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def connected(
    plane: Plane, clock: Clock | None = None, lifetime: float | None = None, retries: int = 2
) -> Connection[Answer, OfflineToken]:
    clock = clock or Clock()
    return Connection(
        Settings("https://igz4.example.com", timeout=5, retries=retries, verify=True, pool_size=4, agent="test/1"),
        Envelopes(),
        OfflineToken(Secret("offline-token-0"), lifetime),
        logger=logging.getLogger("test"),
        backoff=Backoff(sleep=clock.sleep, now=clock, date=clock),
        transport=plane,
    )


def test_a_token_is_had_once_and_sent_with_every_call() -> None:
    plane = Plane()
    connection = connected(plane)
    answer = connection.call("GET", "/api/v1/identity/users/grace", params={"format": "full"})
    connection.call("PUT", "identity/users/grace", body={"spec": {"firstName": "Grace"}})
    assert (answer.body["metadata"]["id"], answer.ctx, answer.path) == ("7", "c-1", "identity/users/grace")
    assert plane.lines == [f"POST {REFRESH}", "GET identity/users/grace?format=full", "PUT identity/users/grace"]
    assert {request.headers["User-Agent"] for request in plane.asked} == {"test/1"}
    assert not any("Cookie" in request.headers for request in plane.asked)


def test_a_token_that_is_refused_is_renewed_once_for_all_threads() -> None:
    plane = Plane()
    connection = connected(plane)
    connection.call("GET", "users")
    plane.given = 7  # somebody else has had another one
    with ThreadPoolExecutor(8) as pool:
        assert all(answer.status == 200 for answer in pool.map(lambda _: connection.call("GET", "users"), range(20)))
    assert plane.lines.count(f"POST {REFRESH}") == 2


def test_a_token_is_renewed_before_it_is_refused() -> None:
    plane, clock = Plane(), Clock()
    connection = connected(plane, clock, lifetime=150)
    for passed in (0, 149, 1, 149):
        clock.now += passed
        connection.call("GET", "users")
    assert plane.lines == [f"POST {REFRESH}", "GET users", "GET users", f"POST {REFRESH}", "GET users", "GET users"]
    sent = [json.loads(request.body)["refreshToken"] for request in plane.asked if request.body]
    assert sent == ["offline-token-0", "offline-token-1"]


def test_a_token_that_cannot_be_renewed_in_advance_is_used_until_it_is_refused() -> None:
    plane, clock = Plane(), Clock()
    connection = connected(plane, clock, lifetime=150, retries=0)
    connection.call("GET", "users")
    plane.is_refreshing = False
    clock.now += 150
    assert [connection.call("GET", "users").status for _ in range(3)] == [200, 200, 200]
    assert plane.lines.count(f"POST {REFRESH}") == 2
    plane.given = 5
    with pytest.raises(call_errors.Unavailable, match="no tokens now"):
        connection.call("GET", "users")


def test_a_renewal_in_advance_is_tried_again_with_pauses_so_many_times() -> None:
    plane, clock = Plane(), Clock()
    connection = connected(plane, clock, lifetime=150, retries=0)
    connection.call("GET", "users")
    plane.is_refreshing = False
    tried = []
    for second in range(150, 1000):
        clock.now = 1000.0 + second
        before = plane.lines.count(f"POST {REFRESH}")
        assert connection.call("GET", "users").status == 200
        tried += [second] * (plane.lines.count(f"POST {REFRESH}") - before)
    assert tried == [150, 152, 156, 164, 180, 210, 240, 270, 300, 330]
    plane.is_refreshing = True
    connection.authentication.prove()
    clock.now += 150
    connection.call("GET", "users")
    assert plane.given == 3


def test_errors_are_read_as_this_api_writes_them() -> None:
    plane = Plane({"users": said(403, {"status": {"errorMessage": "not for you", "ctx": "c-9"}})})
    with pytest.raises(NoRights) as caught:
        connected(plane).call("GET", "users")
    assert str(caught.value) == "No rights: not for you (GET users, status 403, ctx c-9). Ask for a role"


def test_what_this_api_calls_no_answer_is_none() -> None:
    plane = Plane({"users": said(200, [])})
    with pytest.raises(call_errors.InvalidAnswer, match="the answer is no object"):
        connected(plane).call("GET", "users")
    with pytest.raises(call_errors.AnswerLost):
        connected(Plane({"users": said(200, [])})).call("POST", "users")


def test_secrets_are_masked_where_this_api_has_them(caplog: pytest.LogCaptureFixture) -> None:
    said_it = "of access-token-1, offline-token-1, t-12345 and new-Pass-1"
    plane = Plane(
        {
            "tokens/t-12345": said(400, {"status": {"errorMessage": said_it}}),
            "executions/1": said(200, {"status": {"lastError": said_it}}),
        }
    )
    connection = connected(plane)
    with caplog.at_level(logging.DEBUG), pytest.raises(call_errors.BadRequest) as caught:
        connection.call("PUT", "tokens/t-12345", body={"spec": {"newPassword": "new-Pass-1"}})
    shown = "of ***, ***, *** and ***"
    assert caught.value.details == (shown,)
    assert caught.value.path == "tokens/***"
    assert connection.call("GET", "executions/1").body["status"]["lastError"] == shown
    assert not re.search("t-12345|token-1|Pass", caplog.text)


def test_a_closed_connection_has_no_token_left() -> None:
    connection = connected(Plane())
    connection.call("GET", "users")
    connection.close()
    assert (connection.authentication.credentials, connection.authentication.secrets()) == (None, ())
    with pytest.raises(call_errors.ConfigurationError, match="closed"):
        connection.call("GET", "users")
