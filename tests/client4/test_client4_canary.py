"""Tokens are seen nowhere: not in logs at debug level, in errors, in what errors are chained to, nor in reprs.

Every call is made under every fault, against a server that quotes whatever it was sent, in spellings of its own.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest

from igz_apply.iguazio4.client import Client, ControlPlaneError, OfflineToken, Secret, ServiceAccount
from tests.client.client_stub import Asked, Hang, Say, stub
from tests.client4.client4_plane import REFRESH, Clock, a_client, jwt

pytestmark = pytest.mark.full

OFFLINE = jwt("ada", jti="canary-offline", signature="canary-offline-signature-0123456789")
ACCESS = jwt("ada", jti="canary-access", signature="canary-access-signature-0123456789")
ROTATED = jwt("ada", jti="canary-rotated", signature="canary-rotated-signature-0123456789")
IDENTITY = jwt("ada", jti="canary-identity", signature="canary-identity-signature-0123456789")
REVOKED = jwt("ada", jti="canary-revoked", signature="canary-revoked-signature-0123456789")
ACCOUNT = "canary/service+account=token&more"
PLAIN = "canary-plain-old-token"  # no JSON web token, so that nothing but what it is tells that it is one
TOKENS = (OFFLINE, ACCESS, ROTATED, IDENTITY, REVOKED, ACCOUNT, PLAIN)

ACTS: dict[str, Callable[[Client], Any]] = {
    "log in": lambda c: c.login(),
    "who": lambda c: c.whoami(),
    "list users": lambda c: c.users(),
    "create a user": lambda c: c.create_user("ada", first_name="Ada", last_name="L"),
    "revoke a token": lambda c: c.revoke_offline_token(Secret(REVOKED)),
    "revoke a plain token": lambda c: c.revoke_offline_token(Secret(PLAIN)),
    "look at an execution": lambda c: c.execution_state("op-1"),
    "wait for an execution": lambda c: c.await_execution("op-1", timeout=1),
    "read a provider": lambda c: c.get("v1/idp/sso-providers/okta").record["metadata"],
    "probe": lambda c: c.probe_leader(),
    "mlrun": lambda c: c.mlrun_project("churn"),
}


def spelled(asked: Asked) -> str:
    """All that was sent, as a server may quote it."""
    text = json.dumps([asked.body, asked.headers])
    return " ".join([text, json.dumps(text), quote(text), html.escape(text), repr(text)])


def envelope(asked: Asked, status: int) -> Say:
    return Say(status, {"status": {"statusCode": status, "errorMessage": spelled(asked), "ctx": ACCESS}})


FAULTS: dict[str, Callable[[Asked], Any]] = {
    "none": lambda _: None,
    **{str(status): partial(envelope, status=status) for status in (302, 400, 401, 403, 404, 409, 429, 500, 503)},
    "gateway": lambda asked: Say(400, {"code": 3, "message": spelled(asked), "details": [asked.body, asked.headers]}),
    "mlrun": lambda asked: Say(422, {"detail": {"body": spelled(asked)}}),
    "html": lambda asked: Say(502, raw=f"<html>{spelled(asked)}</html>".encode()),
    "text": lambda asked: Say(404, raw=spelled(asked).encode()),
    "cut": lambda asked: Say(404, raw=spelled(asked).encode()[:300]),
    "reset": lambda _: Hang(),
    "no json": lambda asked: Say(200, raw=spelled(asked).encode()),
    "another object": lambda asked: {"metadata": {"name": ACCESS}} if asked.path == "v1/projects/churn" else None,
}


def server_with(fault: Callable[[Asked], Any], during_exchange: bool) -> Callable[[Asked], Any]:
    def script(asked: Asked) -> Any:
        is_exchange = asked.path == REFRESH
        if is_exchange is during_exchange and (reply := fault(asked)) is not None:
            return reply
        if is_exchange:
            spec = {"accessToken": ACCESS, "refreshToken": ROTATED, "idToken": IDENTITY}
            return {"spec": spec, "status": {"expiresIn": 300}}
        if asked.path.startswith("v1/trackable-actions/"):
            status = {"state": "failed", "lastError": spelled(asked), "attempts": [{"error": spelled(asked)}]}
            return {"items": [{"spec": {"correlationId": "op-1"}, "status": status}]}
        return {"metadata": {"username": "ada", "name": "churn"}, "items": [], "status": {"hasMore": False}}

    return script


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Everything that anybody logs, at debug level, with tracebacks."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler, root = Keep(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


def shown(error: BaseException | None) -> Iterator[str]:
    """All that could be printed of an error and of what it is chained to."""
    while error is not None:
        yield from (str(error), repr(error), repr(error.args), repr(vars(error)))
        yield from traceback.format_exception(error)
        error = error.__cause__ or error.__context__


def seen_in(texts: list[str]) -> list[tuple[str, str]]:
    """Return each token, or telling part of one, that a text shows, in whatever spelling."""
    parts = [part for token in TOKENS for part in (token, *token.split(".")[1:]) if len(part) > 12]
    forms = {
        form
        for part in parts
        for form in (part, quote(part, safe=""), quote(quote(part, safe=""), safe=""), html.escape(part))
    }
    forms |= {base64.b64encode(token.encode()).decode() for token in TOKENS}
    return [(form, text) for text in texts for form in forms if form in text]


@pytest.mark.parametrize("who", ["person", "service account"])
@pytest.mark.parametrize("fault", FAULTS)
def test_no_token_is_seen(fault: str, who: str, logged: list[str], tmp_path: Any) -> None:
    path = tmp_path / "token"
    path.write_text(ACCOUNT)
    texts: list[str] = []
    for during_exchange in (False, True) if who == "person" else (False,):
        for act in ACTS.values():
            held = OfflineToken(Secret(OFFLINE), "a test") if who == "person" else ServiceAccount(path)
            with stub(server_with(FAULTS[fault], during_exchange)) as server:
                client = a_client(None, Clock(), endpoint=server.url, credentials=held, timeout=5)
                try:
                    result = act(client)
                    texts += [repr(result), str(result)]
                except ControlPlaneError as error:
                    texts += shown(error)
                connection = client._connection
                texts += [repr(client), repr(held), repr(connection), *map(repr, vars(connection).values())]
                client.close()
    assert seen_in(texts + logged) == []
    assert logged


def test_what_is_looked_for_would_be_found() -> None:
    assert len({token for form, _ in seen_in([f"x{OFFLINE}x", quote(ACCOUNT, safe="")]) for token in [form]}) >= 3


def test_the_server_may_say_all_the_rest() -> None:
    with stub(server_with(FAULTS["400"], False)) as server:
        client = a_client(None, endpoint=server.url, credentials=OfflineToken(Secret(OFFLINE), "a test"))
        with pytest.raises(ControlPlaneError) as caught:
            client.whoami()
    assert '"User-Agent": "igz-apply' in str(caught.value) or '"user-agent": "igz-apply' in str(caught.value)
