"""Calls to Vault: what is sent with them, when one is tried again, and what an answer may be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from igz_apply.http.backoff import Backoff
from igz_apply.http.transport import Failure, Response
from igz_apply.ports import StoreOptions, Unread
from igz_apply.stores.vault import _secret
from igz_apply.stores.vault_api import Answer, VaultApi
from igz_apply.stores.vault_login import token_of
from tests.canned import Canned

URL = "https://vault.example.com:8200"
PAUSES: list[float] = []


def answer(status: int, body: Any = None) -> Response:
    return Response(status, json.dumps(body).encode())


def api(transport: Canned, namespace: str = "") -> VaultApi:
    return VaultApi(URL, transport, namespace=namespace, timeout=3.0, backoff=Backoff(sleep=lambda _: None))


def test_a_call_says_who_asks_in_which_namespace() -> None:
    transport = Canned(answer(200, {"data": {}}))
    with api(transport, "team/retail") as server:
        assert server.get("secret/data/a b/ü#1", "tok") == Answer(200, {"data": {}})
    (request,) = transport.requests
    assert (request.method, request.url, request.timeout, request.body) == (
        "GET",
        f"{URL}/v1/secret/data/a%20b/%C3%BC%231",
        3.0,
        None,
    )
    assert {"X-Vault-Token": "tok", "X-Vault-Namespace": "team/retail", "X-Vault-Request": "true"}.items() <= (
        request.headers.items()
    )
    assert "tok" not in repr(request)
    assert transport.is_closed


def test_a_login_sends_no_token() -> None:
    transport = Canned(answer(200, {"auth": {"client_token": "t"}}))
    assert token_of(api(transport), {"VAULT_ROLE_ID": "r", "VAULT_SECRET_ID": "s"}) == "t"
    (request,) = transport.requests
    assert (request.method, request.url) == ("POST", f"{URL}/v1/auth/approle/login")
    assert json.loads(request.body or b"") == {"role_id": "r", "secret_id": "s"}
    assert "X-Vault-Token" not in request.headers


@pytest.mark.parametrize("first", [answer(429), answer(502), answer(412), Failure("no answer", sent=True)])
def test_what_may_pass_is_tried_again(first: Response | Failure) -> None:
    transport = Canned(first, answer(200, {"data": {"a": 1}}))
    assert api(transport).get("x/y", "t") == Answer(200, {"data": {"a": 1}})
    assert len(transport.requests) == 2


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([Failure("TLS failed", sent=False, permanent=True)], Unread.unreachable(f"{URL}: TLS failed")),
        ([Failure("no answer", sent=True)] * 3, Unread.unreachable(f"{URL}: no answer")),
        ([answer(500)] * 3, Answer(500, None)),
        ([answer(307)], Unread.unreachable(f"{URL} redirects elsewhere, and the token is not sent along")),
        ([answer(403)], Answer(403, None)),
        ([Response(200, b"<html>")], Answer(200, None)),
        ([Response(200, None)], Answer(200, None)),
    ],
)
def test_what_does_not_pass_is_told(answers: list[Response | Failure], expected: Answer | Unread) -> None:
    transport = Canned(*answers)
    assert api(transport).get("x/y", "t") == expected
    assert transport.answers == []


MOUNT = answer(200, {"data": {"path": "secret/", "type": "kv", "options": {"version": "2"}}})
OLD_MOUNT = answer(200, {"data": {"path": "secret/", "type": "kv", "options": None}})
STRANGE = "the store cannot be asked: it answered with status 200, which is not how Vault does"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([MOUNT, answer(200, {"data": {"data": {"a": "x"}}})], {"a": "x"}),
        ([OLD_MOUNT, answer(200, {"data": {"a": "x"}})], {"a": "x"}),
        ([MOUNT, answer(200, {"data": {"data": None}})], Unread(STRANGE)),
        ([MOUNT, answer(200, ["x"])], Unread(STRANGE)),
        ([MOUNT, Failure("gone", sent=False, permanent=True)], Unread.unreachable(f"{URL}: gone")),
        ([answer(200, {"data": {"path": 3}})], Unread(STRANGE)),
        ([answer(200, {"data": {"path": "other/"}})], Unread(STRANGE)),
        ([answer(200, "page")], Unread(STRANGE)),
        ([answer(404)], Unread("the store cannot be asked: it answered with status 404, which is not how Vault does")),
        ([answer(503)], Unread.unreachable("it is sealed, or in maintenance")),
        ([Failure("gone", sent=False, permanent=True)], Unread.unreachable(f"{URL}: gone")),
    ],
)
def test_what_is_no_secret_is_told(answers: list[Response | Failure], expected: object) -> None:
    assert _secret(api(Canned(*answers)), "t", "secret/people/ada") == expected


@pytest.mark.parametrize("body", [None, {"auth": None}, {"auth": {"client_token": 5}}, {"auth": {"client_token": ""}}])
def test_a_login_without_a_token_is_refused(body: Any) -> None:
    found = token_of(api(Canned(answer(200, body))), {"VAULT_ROLE_ID": "r"})
    assert found == Unread.unreachable("it refuses the login at auth/approle, with status 200")


def test_no_error_holds_what_the_server_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    said = {"errors": ["Kanary7"], "data": {"data": "Kanary7"}}
    makes: list[Callable[[VaultApi], object]] = [
        lambda server: _secret(server, "Kanary7", "secret/a"),
        lambda server: token_of(server, {"VAULT_ROLE_ID": "r", "VAULT_SECRET_ID": "Kanary7"}),
    ]
    for status in (200, 204, 400, 401, 403, 404, 418, 500, 503):
        for make in makes:
            for before in ([], [MOUNT]):
                found = make(api(Canned(*before, *[answer(status, said)] * 5)))
                assert "Kanary7" not in repr(found)
    assert "Kanary7" not in caplog.text


def test_a_token_that_no_header_can_carry_is_told_without_a_word_of_it() -> None:
    environ = {"VAULT_ADDR": "http://127.0.0.1:9", "VAULT_TOKEN": "Kanary7-☃"}
    api = VaultApi.of(environ, StoreOptions(5.0, 1))
    assert isinstance(api, VaultApi)
    with api:
        said = api.get("secret/a", environ["VAULT_TOKEN"])
    assert said == Unread.unreachable("http://127.0.0.1:9: the request could not be put into HTTP")
