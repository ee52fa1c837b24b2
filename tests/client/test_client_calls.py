"""One call: what is sent, what comes back, what is tried again."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from igz_apply.controlplane import (
    AnswerLost,
    Backoff,
    BadRequest,
    Client,
    Conflict,
    ConnectionFailed,
    ControlPlaneError,
    Forbidden,
    InvalidAnswer,
    NotFound,
    PreconditionFailed,
    RateLimited,
    ReadOnlyClient,
    Timeout,
    Unauthorised,
    Unavailable,
)
from tests.client.client_builders import Pauses, a_client
from tests.client.client_stub import Asked, Hang, Say, body, in_turn, one, stub

ADA = body(one("user", "u-1", username="ada"))


def refusal(status: int, detail: str = "no", **headers: str) -> Say:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Say(status, {"errors": [{"status": status, "detail": detail}], "meta": {"ctx": "77"}}, headers=named)


def test_an_answer_carries_status_body_and_context() -> None:
    with stub(in_turn(body(one("user", "u-1"), included=[one("user_group", "g-1")]))) as server:
        answer = a_client(server.url).call("GET", "users/u-1", params={"include": "user_groups", "count": None})
    assert (answer.status, answer.data["id"], answer.ctx) == (200, "u-1", "42")
    assert [record["id"] for record in answer.included] == ["g-1"]
    assert [(a.line, a.query) for a in server.asked] == [("GET users/u-1", (("include", "user_groups"),))]


def test_an_access_key_is_sent_as_cookie_and_with_a_username_as_basic_too() -> None:
    with stub(in_turn(ADA)) as server:
        a_client(server.url, access_key="k-1").call("GET", "self")
        a_client(server.url, access_key="k-1", username="ada").call("GET", "self")
    assert [asked.headers["cookie"] for asked in server.asked] == ['session=j:{"sid": "k-1"}'] * 2
    assert [asked.headers.get("authorization") for asked in server.asked] == [None, "Basic YWRhOmstMQ=="]


def test_an_empty_answer_has_no_body() -> None:
    with stub(in_turn(Say(204))) as server:
        answer = a_client(server.url).call("DELETE", "user_groups/g-1")
    assert (answer.status, answer.body, answer.data, answer.included, answer.meta) == (204, None, None, [], {})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, Unauthorised),
        (403, Forbidden),
        (404, NotFound),
        (405, BadRequest),
        (409, Conflict),
        (412, PreconditionFailed),
        (500, Unavailable),
        (302, InvalidAnswer),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_final_status_is_its_own_error_and_is_not_tried_again(
    method: str, status: int, kind: type[ControlPlaneError]
) -> None:
    with stub(in_turn(refusal(status, "because"))) as server, pytest.raises(kind) as caught:
        a_client(server.url).call(method, "users/u-1")
    error = caught.value
    assert len(server.asked) == 1
    assert (error.method, error.path, error.status, error.ctx) == (method, "users/u-1", status, "77")
    assert error.details == ("because",)
    at = f" at {server.url}" if error.is_about_the_way else ""
    assert f"because ({method} users/u-1{at}, status {status}, ctx 77)" in str(error)


@pytest.mark.parametrize("status", [425, 429, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_may_be_repeated_is_tried_again_until_it_works(method: str, status: int) -> None:
    pauses = Pauses()
    with stub(in_turn(refusal(status), refusal(status), ADA)) as server:
        assert a_client(server.url, pauses).call(method, "users/u-1").status == 200
    assert (len(server.asked), pauses.slept) == (3, [0.25, 0.5])


def test_retries_are_bounded_and_the_last_error_is_raised() -> None:
    with stub(in_turn(refusal(503))) as server, pytest.raises(Unavailable):
        a_client(server.url, retries=2).call("GET", "users")
    assert len(server.asked) == 3


@pytest.mark.parametrize("reply", [refusal(429), refusal(425), refusal(503, Retry_After="1")])
def test_a_post_that_was_certainly_not_acted_on_is_tried_again(reply: Say) -> None:
    with stub(in_turn(reply, Say(201, ADA))) as server:
        assert a_client(server.url).call("POST", "users", body={}).status == 201
    assert len(server.asked) == 2


@pytest.mark.parametrize("reply", [refusal(502), refusal(504), Hang(), Say(201, raw=b"{", announce=9)])
def test_a_post_whose_answer_is_lost_is_not_repeated_and_says_so(reply: Say | Hang) -> None:
    with stub(in_turn(reply)) as server, pytest.raises(AnswerLost, match="may or may not have happened"):
        a_client(server.url).call("POST", "users", body={})
    assert len(server.asked) == 1


def test_a_plain_503_to_a_post_is_unavailable() -> None:
    with stub(in_turn(refusal(503))) as server, pytest.raises(Unavailable):
        a_client(server.url).call("POST", "users", body={})
    assert len(server.asked) == 1


def test_the_caller_says_what_may_be_repeated_where_the_method_does_not() -> None:
    with stub(in_turn(refusal(504), ADA)) as server:
        a_client(server.url).call("POST", "sessions/verifications", repeatable=True)
    assert len(server.asked) == 2
    with stub(in_turn(refusal(504), ADA)) as server, pytest.raises(AnswerLost):
        a_client(server.url).call("DELETE", "projects", body={}, repeatable=False)
    assert len(server.asked) == 1


def test_a_broken_connection_is_made_again() -> None:
    with stub(in_turn(Hang(), ADA)) as server:
        assert a_client(server.url).call("GET", "users/u-1").data["id"] == "u-1"
    assert len(server.asked) == 2


def test_a_truncated_answer_is_fetched_again() -> None:
    with stub(in_turn(Say(raw=b'{"data"', announce=100), ADA)) as server:
        assert a_client(server.url).call("GET", "users/u-1").data["id"] == "u-1"


def test_a_delete_that_finds_nothing_after_a_lost_attempt_says_that_it_may_have_been_us() -> None:
    with stub(in_turn(Hang(), refusal(404))) as server, pytest.raises(NotFound) as caught:
        a_client(server.url).call("DELETE", "users/u-1")
    assert caught.value.after_lost_attempt


def test_a_refused_connection_is_tried_again_for_any_method_and_then_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    pauses = Pauses()
    with pytest.raises(ConnectionFailed, match=rf"Connection refused \(POST users at http://127.0.0.1:{port}\)"):
        a_client(f"http://127.0.0.1:{port}", pauses, retries=2).call("POST", "users", body={})
    assert len(pauses.slept) == 2


def test_silence_ends_at_the_timeout() -> None:
    with stub(in_turn(Hang(5))) as server, pytest.raises(Timeout, match="no answer in time"):
        a_client(server.url, retries=0).call("GET", "users", timeout=0.05)


def test_an_answer_that_drips_ends_at_the_timeout_too() -> None:
    with stub(in_turn(Say(raw=b'{"data": []}' * 20, drip=0.01))) as server, pytest.raises(Timeout, match="in time"):
        a_client(server.url, retries=0).call("GET", "users", timeout=0.1)


@pytest.mark.parametrize("raw", [b"<html>Log in</html>", b'{"data": ', b"[" * 100_000, b'"text"', b"\xff\xfe"])
def test_success_that_is_not_the_expected_json_is_an_invalid_answer(raw: bytes) -> None:
    with stub(in_turn(Say(raw=raw))) as server, pytest.raises(InvalidAnswer):
        a_client(server.url).call("GET", "users")


def test_an_error_whose_body_is_not_json_keeps_its_status() -> None:
    with stub(in_turn(Say(500, raw=b"<html>oops</html>"))) as server, pytest.raises(Unavailable) as caught:
        a_client(server.url).call("GET", "users")
    assert (caught.value.status, caught.value.details, caught.value.ctx) == (500, (), None)


def test_the_server_says_how_long_to_wait_and_the_run_is_told() -> None:
    pauses = Pauses()
    told: list[Any] = []
    replies = in_turn(refusal(429, Retry_After="7"), refusal(503, Retry_After="2"), ADA)
    with stub(replies) as server:
        a_client(server.url, pauses, on_throttle=told.append).call("GET", "users/u-1")
    assert pauses.slept == told == [7.0, 2.0]


def test_a_retry_after_may_be_a_date() -> None:
    pauses = Pauses()
    pauses.now = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT
    with stub(in_turn(refusal(429, Retry_After="Tue, 14 Nov 2023 22:13:32 GMT"), ADA)) as server:
        a_client(server.url, pauses).call("GET", "users/u-1")
    assert pauses.slept == [12.0]


def test_a_machine_whose_date_is_set_back_waits_no_longer() -> None:
    pauses = Pauses()
    dates = iter([1_700_000_000.0, 1_600_000_000.0, 1_500_000_000.0])
    backoff = Backoff(sleep=pauses.sleep, now=pauses.clock, date=lambda: next(dates))
    with stub(in_turn(refusal(429, Retry_After="7"), ADA)) as server:
        a_client(server.url, backoff=backoff).call("GET", "users/u-1")
    assert pauses.slept == [7.0]


def test_a_retry_after_that_is_too_long_is_not_waited_for() -> None:
    with stub(in_turn(refusal(429, Retry_After="3600"))) as server, pytest.raises(RateLimited) as caught:
        a_client(server.url).call("GET", "users")
    assert (len(server.asked), caught.value.retry_after) == (1, 3600.0)


def test_redirects_are_not_followed() -> None:
    with stub(in_turn(ADA)) as other:
        away = Say(307, headers={"Location": f"{other.url}/api/users"})
        with stub(in_turn(away)) as server, pytest.raises(InvalidAnswer, match="credentials are never sent along"):
            a_client(server.url).call("GET", "users")
    assert other.asked == []


def test_many_threads_share_one_client() -> None:
    def script(asked: Asked) -> object:
        return body(one("user", asked.path.partition("/")[2]))

    with stub(script) as server, a_client(server.url) as client, ThreadPoolExecutor(32) as pool:
        numbers = [str(number) for number in range(400)]
        answers = pool.map(lambda number: client.call("GET", f"users/{number}").data["id"], numbers)
        assert list(answers) == numbers


def test_a_read_only_client_has_no_method_that_changes_anything() -> None:
    changing = {"call", "request", "create", "update", "delete", "delete_by_attribute"}
    assert changing & set(dir(ReadOnlyClient)) == set()
    assert changing <= set(dir(Client))
    with stub(in_turn(ADA)) as server:
        reader = a_client(server.url).read_only()
        assert type(reader) is ReadOnlyClient
        assert reader.get("users/u-1").data["id"] == "u-1"


def test_the_environment_is_looked_at_once_per_client(monkeypatch: pytest.MonkeyPatch) -> None:
    with stub(in_turn(ADA)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        client = a_client("http://control-plane.invalid")
        client.call("GET", "users/u-1")
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        client.call("GET", "users/u-1")
    assert len(proxy.asked) == 2


def test_a_bad_certificate_is_reported_at_once() -> None:
    before = threading.active_count()  # other tests of this worker may have left some
    with stub(in_turn(ADA)) as server, pytest.raises(ConnectionFailed, match="TLS failed"):
        a_client(server.url.replace("http:", "https:"), retries=3).call("GET", "users")
    assert threading.active_count() < before + 10
