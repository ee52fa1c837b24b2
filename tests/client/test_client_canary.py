"""Secrets are seen nowhere: not in logs at debug level, in errors, in what errors are chained to, nor in reprs.

Every call is made under every fault, against a server that quotes whatever it was sent.
"""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest

from igz_apply.controlplane import (
    AccessKey,
    AppServices,
    AppServiceSpec,
    Client,
    ControlPlaneError,
    FilebeatSpec,
    K8sConfig,
    Project,
    SmtpConnection,
    User,
)
from tests.client.client_builders import a_client
from tests.client.client_stub import Asked, Hang, Say, body, one, stub

PASSWORD = "Canary-Password-1!"
KEY = "canary-access-key-4d1c"
SESSION = "canary-session-9a43"
OTHER_KEY = "canary-other-key-77aa"
MAIL = "canary-mail-password"
KUBE = "canary-kubeconfig"
ELASTIC = "canary-elastic-password"
SECRETS = (PASSWORD, KEY, SESSION, OTHER_KEY, MAIL, KUBE, ELASTIC)

RECORDS = {
    "users": one("user", "u-1", username="ada", operational_status="up"),
    "access_keys": one("access_key", OTHER_KEY, label="ci"),
    "smtp_connections": one("smtp_connection", "s-1", auth_password=MAIL),
    "k8s_configs": one("k8s_config", "k-1", kubeconfig=KUBE),
    "projects": one("project", "p-1", name="churn", owner_access_key=OTHER_KEY),
    "app_services_manifests": one(
        "app_services_manifest",
        "0",
        state="ready",
        app_services=[{"spec": {"name": "fb", "kind": "filebeat", "filebeat": {"elasticsearch_password": ELASTIC}}}],
    ),
}

Act = Callable[[Client], Any]

ACTS: dict[str, Act] = {
    "log in": lambda c: c.login(),
    "create a user": lambda c: User.create(c, "ada", "a@x.org", "A", "B", PASSWORD, wait_for_completion=False),
    "change a password": lambda c: User(id="u-1", password=PASSWORD).update(c),
    "list users": lambda c: User.list(c),
    "create a key": lambda c: AccessKey.create(c, label="ci"),
    "get or create a key": lambda c: AccessKey.get_or_create(c),
    "read a key": lambda c: AccessKey.get(c, OTHER_KEY),
    "find a key": lambda c: AccessKey.list(c, filter_by={"id": OTHER_KEY}),
    "rename a key": lambda c: AccessKey(id=OTHER_KEY, label="new").update(c),
    "delete a key": lambda c: AccessKey(id=OTHER_KEY).delete(c),
    "change the mail server": lambda c: SmtpConnection(id="s-1", auth_password=MAIL).update(c),
    "read the cluster's configuration": lambda c: K8sConfig.get(c, "k-1"),
    "read a project": lambda c: Project.get(c, "p-1"),
    "change a service": lambda c: AppServices.create_or_update(
        c,
        AppServiceSpec(name="fb", filebeat=FilebeatSpec(elasticsearch_password=ELASTIC)),
        wait_for_completion=False,
    ),
    "who": lambda c: c.username,
    "version": lambda c: c.version,
}


def echo(asked: Asked, status: int) -> Say:
    """An error that quotes everything that was sent."""
    said = f"refused: {json.dumps(asked.body)} at {asked.path}?{asked.query} by {asked.headers}"
    return Say(status, {"errors": [{"status": status, "detail": said[:400]}, {"detail": said[400:800]}]})


FAULTS: dict[str, Callable[[Asked], Any]] = {
    "none": lambda _: None,
    **{str(status): partial(echo, status=status) for status in (400, 401, 403, 404, 409, 412, 429, 500, 503)},
    "reset": lambda _: Hang(),
    "html": lambda asked: Say(raw=f"<html>{asked.headers}</html>".encode()),
    "truncated": lambda _: Say(raw=b'{"data": {', announce=500),
    "not a record": lambda _: {"data": "text"},
}


def server_with(fault: Callable[[Asked], Any]) -> Callable[[Asked], Any]:
    def script(asked: Asked) -> Any:
        logs_in = asked.path == "sessions"
        if not (logs_in and PASSWORD not in str(asked.body)) and (reply := fault(asked)) is not None:
            return reply
        if logs_in:
            cookie = "session=" + quote(json.dumps({"sid": SESSION}).join(("j:", "")))
            return Say(201, body(one("session", SESSION)), headers={"Set-Cookie": cookie})
        collection = asked.path.partition("/")[0]
        record = RECORDS.get("access_keys" if collection == "self" else collection, one("thing", "1"))
        if asked.method == "PUT" and collection == "app_services_manifests":
            return body(one("job", "j-1", state="completed"))
        is_list = asked.method == "GET" and "/" not in asked.path
        return body([record], total_records=1) if is_list else body(record)

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


def assert_clean(texts: list[str]) -> None:
    forms = [form for secret in SECRETS for form in (secret, quote(secret, safe=""))]
    forms += [base64.b64encode(f"ada:{KEY}".encode()).decode()]
    assert [(form, text) for text in texts for form in forms if form in text] == []


@pytest.mark.parametrize("login", ["access key", "password"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("act", ACTS)
def test_no_secret_is_seen(act: str, fault: str, login: str, logged: list[str]) -> None:
    credentials: dict[str, Any] = {"access_key": KEY} if login == "access key" else {"password": PASSWORD}
    texts: list[str] = []
    with stub(server_with(FAULTS[fault])) as server:
        client = a_client(server.url, username="ada", retries=1, **credentials)
        try:
            result = ACTS[act](client)
            texts += [repr(result), str(result)]
        except ControlPlaneError as error:
            texts += shown(error)
        texts += [repr(client), repr(client._connection), *map(repr, vars(client._connection).values())]
    assert_clean(texts + logged)
    if act != "log in" or login == "password":
        assert logged


def test_what_is_logged_still_says_what_was_called(logged: list[str]) -> None:
    with stub(server_with(FAULTS["none"])) as server, a_client(server.url) as client:
        AccessKey.get(client, OTHER_KEY)
    assert any("GET access_keys/*** -> 200" in line for line in logged)
    assert any("/api/access_keys/***" in line for line in logged if "HTTP/1.1" in line)


def test_reprs_show_all_but_the_secrets() -> None:
    key = AccessKey.from_record(RECORDS["access_keys"])
    user = User(id="u-1", username="ada", password=PASSWORD)
    mail = SmtpConnection.from_record(RECORDS["smtp_connections"])
    assert repr(key) == "AccessKey(id=***, label='ci')"
    assert repr(user) == "User(id='u-1', username='ada', password='***')"
    assert repr(mail) == "SmtpConnection(id='s-1', auth_password='***')"
