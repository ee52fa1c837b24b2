"""Who is calling: credentials, sessions, identity, version."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from igz_apply.controlplane import (
    Client,
    ConfigurationError,
    ConnectionFailed,
    InvalidAnswer,
    Unauthorised,
)
from igz_apply.controlplane.client_arguments import normalise_endpoint, resolve_credentials, resolve_endpoint
from tests.client.client_builders import a_client
from tests.client.client_stub import Asked, Hang, Say, body, in_turn, one, stub

ENDPOINT = "https://dashboard.example.com"


class Plane:
    """A control plane with sessions that can be ended."""

    def __init__(self) -> None:
        self.logins = 0
        self.valid = ""

    def __call__(self, asked: Asked) -> Any:
        if asked.path == "sessions":
            self.logins += 1
            self.valid = f"sid-{self.logins}"
            cookie = f"session=j%3A%7B%22sid%22%3A%20%22{self.valid}%22%7D; max-age=86400; path=/"
            return Say(201, body(one("session", "s-1")), headers={"Set-Cookie": cookie})
        if self.valid not in asked.headers.get("cookie", "") or not self.valid:
            return Say(401, {"errors": [{"status": 401, "detail": "expired"}]})
        return body(one("user", "u-1"))


def test_a_password_login_opens_a_session_and_uses_its_cookie_as_it_was_set() -> None:
    with stub(Plane()) as server, a_client(server.url, username="ada", password="Secret1!") as client:
        client.login()
        client.call("GET", "self")
    assert server.lines == ["POST sessions", "GET self"]
    assert server.asked[0].body == {
        "data": {
            "type": "session",
            "attributes": {"username": "ada", "password": "Secret1!", "plane": "control"},
            "relationships": {},
        }
    }
    assert server.asked[1].headers["cookie"] == "session=j%3A%7B%22sid%22%3A%20%22sid-1%22%7D"


def test_the_first_call_logs_in_if_nobody_did() -> None:
    with stub(Plane()) as server:
        a_client(server.url, username="ada", password="Secret1!").call("GET", "self")
    assert server.lines == ["POST sessions", "GET self"]


def test_an_expired_session_is_opened_again_and_the_call_repeated() -> None:
    plane = Plane()
    with stub(plane) as server, a_client(server.url, username="ada", password="Secret1!") as client:
        client.call("GET", "self")
        plane.valid = "ended by the server"
        assert client.call("POST", "user_groups", body={}).status == 200
    assert server.lines == ["POST sessions", "GET self", "POST user_groups", "POST sessions", "POST user_groups"]


def test_a_session_that_expires_under_many_threads_is_opened_again_once() -> None:
    plane = Plane()
    with stub(plane) as server, a_client(server.url, username="ada", password="Secret1!") as client:
        client.login()
        plane.valid = "ended by the server"
        with ThreadPoolExecutor(16) as pool:
            statuses = list(pool.map(lambda _: client.call("GET", "self").status, range(64)))
    assert (set(statuses), plane.logins) == ({200}, 2)


def test_a_session_that_is_refused_again_is_an_error() -> None:
    def script(asked: Asked) -> Any:
        return Plane()(asked) if asked.path == "sessions" else Say(401)

    with stub(script) as server, pytest.raises(Unauthorised):
        a_client(server.url, username="ada", password="Secret1!").call("GET", "self")
    assert server.lines == ["POST sessions", "GET self"] * 2


def test_a_wrong_password_is_unauthorised_and_is_not_tried_again() -> None:
    with stub(in_turn(Say(401))) as server, pytest.raises(Unauthorised):
        a_client(server.url, username="ada", password="wrong").login()
    assert len(server.asked) == 1


def test_a_login_without_a_cookie_is_an_invalid_answer() -> None:
    with stub(in_turn(Say(201, body(one("session", "s-1"))))) as server, pytest.raises(InvalidAnswer, match="cookie"):
        a_client(server.url, username="ada", password="Secret1!").login()


def test_logging_in_with_an_access_key_sends_nothing() -> None:
    with stub(Plane()) as server:
        a_client(server.url).login()
    assert server.asked == []


def test_credentials_can_be_changed() -> None:
    with stub(in_turn(body([]))) as server:
        client = a_client(server.url, access_key="k-1")
        assert client.with_access_key("k-2") is client
        client.call("GET", "self")
    assert server.asked[0].headers["cookie"] == 'session=j:{"sid": "k-2"}'


def test_a_closed_client_has_no_credentials_left() -> None:
    with a_client(ENDPOINT) as client:
        pass
    with pytest.raises(ConfigurationError, match="closed"):
        client.call("GET", "self")


VERIFIED = body(
    {
        "type": "session_verification",
        "attributes": {
            "username": "ada",
            "context": {"authentication": {"user_id": "u-1", "tenant_id": "t-1"}},
        },
    }
)


def test_the_caller_is_asked_for_once() -> None:
    with stub(in_turn(VERIFIED)) as server, a_client(server.url) as client:
        assert (client.username, client.tenant_id, client.user_id) == ("ada", "t-1", "u-1")
    assert server.lines == ["POST sessions/verifications/planes/any/internal"]


def test_the_name_that_the_server_tells_goes_with_the_access_key_from_then_on() -> None:
    with stub(in_turn(VERIFIED, body([]))) as server, a_client(server.url, access_key="k-1") as client:
        assert client.username == "ada"
        client.call("GET", "users")
    assert [asked.headers.get("authorization") for asked in server.asked] == [None, "Basic YWRhOmstMQ=="]


def test_an_old_system_tells_the_users_id_another_way() -> None:
    old = body({"type": "session_verification", "attributes": {"username": "ada"}})
    with stub(in_turn(old, body(one("user", "u-7")))) as server, a_client(server.url) as client:
        assert (client.username, client.tenant_id, client.user_id) == ("ada", None, "u-7")


def test_a_verification_that_names_nobody_is_an_invalid_answer() -> None:
    with stub(in_turn(body({"type": "session_verification"}))) as server, pytest.raises(InvalidAnswer):
        _ = a_client(server.url).username


def test_policies_are_ones_own_and_those_of_the_groups() -> None:
    me = one("user", "u-1", assigned_policies=["Developer"])
    groups = [one("user_group", "g-1", assigned_policies=["Data", "Developer"]), one("user_group", "g-2")]
    with stub(in_turn(body(me, groups))) as server:
        assert a_client(server.url).policies == {"Developer", "Data"}


def external(version: str) -> dict[str, Any]:
    return body(one("external_version", "igz0", external=version))


def test_the_version_is_asked_of_the_nodes_in_turn_and_kept() -> None:
    with stub(in_turn(Say(503), Say(404), external("3.5.5-b25.20231224135202"))) as server:
        client = a_client(server.url)
        assert (client.version, client.version) == ("3.5.5", "3.5.5")
    nodes = ("igz0", "igz1", "igz2")
    assert server.lines == [f"GET tunnel/{node}.version.0/external_versions/{node}" for node in nodes]


@pytest.mark.parametrize("reply", [Say(404), Say(503), Say(403), external("unknown"), Say(raw=b"<html>"), body([])])
def test_a_version_that_nobody_tells_is_none(reply: Any) -> None:
    with stub(in_turn(reply)) as server, a_client(server.url) as client:
        assert (client.version, client.version) == (None, None)
    assert len(server.asked) == 3


@pytest.mark.parametrize(("reply", "kind"), [(Say(401), Unauthorised), (Hang(), ConnectionFailed)])
def test_a_version_that_cannot_be_asked_for_is_an_error(reply: Any, kind: type[Exception]) -> None:
    with stub(in_turn(reply)) as server, pytest.raises(kind):
        _ = a_client(server.url).version


KEY, PASSWORD = {"V3IO_ACCESS_KEY": "env-key"}, {"V3IO_USERNAME": "eve", "V3IO_PASSWORD": "env-password"}


@pytest.mark.parametrize(
    ("arguments", "environ", "chosen"),
    [
        ({"access_key": "k"}, {}, ("key", None, "k")),
        ({"access_key": " k\n"}, {}, ("key", None, "k")),
        ({"access_key": "k"}, PASSWORD, ("key", "eve", "k")),
        ({"access_key": "k", "username": "ada"}, KEY, ("key", "ada", "k")),
        ({"username": "ada", "password": "p"}, KEY, ("password", "ada", "p")),
        ({"password": "p"}, PASSWORD, ("password", "eve", "p")),
        ({}, KEY, ("key", None, "env-key")),
        ({}, {**KEY, **PASSWORD}, ("key", "eve", "env-key")),
        ({}, PASSWORD, ("password", "eve", "env-password")),
        ({"username": "ada"}, PASSWORD, ("password", "ada", "env-password")),
    ],
)
def test_arguments_win_over_the_environment(
    arguments: dict[str, str], environ: dict[str, str], chosen: tuple[str, str | None, str]
) -> None:
    given = {"access_key": "", "username": "", "password": "", **arguments}
    found = resolve_credentials(**given, environ=environ)
    secret = getattr(found, "key", None) or getattr(found, "password", None)
    assert ("key" if hasattr(found, "key") else "password", found.username, secret and secret.reveal()) == chosen


@pytest.mark.parametrize(
    ("arguments", "environ", "why"),
    [
        ({"access_key": "k", "username": "u", "password": "p"}, {}, "Both"),
        ({}, {}, "No credentials"),
        ({"username": "ada"}, {}, "No credentials"),
        ({"password": "p"}, {}, "without a username"),
        ({}, {"V3IO_PASSWORD": "p"}, "without a username"),
        ({"access_key": "k\nx"}, {}, "characters"),
        ({"access_key": "k;x"}, {}, "characters"),
    ],
)
def test_too_much_too_little_or_unusable_credentials_are_a_clear_error(
    arguments: dict[str, str], environ: dict[str, str], why: str
) -> None:
    given = {"access_key": "", "username": "", "password": "", **arguments}
    with pytest.raises(ConfigurationError, match=why):
        resolve_credentials(**given, environ=environ)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://host.example/", "https://host.example"),
        ("host.example", "https://host.example"),
        ("host.example:8443/", "https://host.example:8443"),
        ("http://node:8001/api/", "http://node:8001"),
        (" https://host/prefix/ ", "https://host/prefix"),
    ],
)
def test_an_endpoint_is_put_into_one_form(given: str, address: str) -> None:
    assert normalise_endpoint(given) == address


@pytest.mark.parametrize(
    "given", ["ftp://host", "https://", "https://user:pw@host", "https://host?x=1", "https://host:notaport"]
)
def test_an_endpoint_that_cannot_be_one_is_refused_without_showing_it(given: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        normalise_endpoint(given)
    assert "pw" not in str(caught.value)


def test_the_endpoint_comes_from_the_argument_the_environment_or_the_cluster(tmp_path: Path) -> None:
    namespace = tmp_path / "namespace"
    inside = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    with pytest.raises(ConfigurationError, match="V3IO_API"):
        resolve_endpoint("", inside, namespace)
    namespace.write_text("default-tenant\n")
    in_cluster = "http://datanode-dashboard.default-tenant.svc.cluster.local"
    assert resolve_endpoint("", inside, namespace) == in_cluster
    assert resolve_endpoint("", {**inside, "V3IO_API": "api.example"}, namespace) == "https://api.example"
    assert resolve_endpoint("mine.example", {"V3IO_API": "api.example"}, namespace) == "https://mine.example"


def test_a_ca_file_that_does_not_exist_or_is_not_used_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        Client(endpoint=ENDPOINT, access_key="k", ca_file="/no/such/file")
    with pytest.raises(ConfigurationError, match="verify"):
        Client(endpoint=ENDPOINT, access_key="k", ca_file="/no/such/file", verify=False)


def test_a_client_shows_no_secret() -> None:
    client = a_client(ENDPOINT, access_key="k-secret", username="ada")
    assert repr(client) == "Client(endpoint='https://dashboard.example.com', username='ada')"
