"""A token is had, renewed and replaced without anybody asking; and nothing takes its place on the way."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from igz_apply.iguazio4.client import (
    ConfigurationError,
    ConnectionFailed,
    Failure,
    InvalidAnswer,
    OfflineToken,
    Secret,
    ServiceAccount,
    TokenRefused,
    Unauthorised,
    Unavailable,
    UnusableToken,
)
from tests.certificates import needs_openssl, self_signed
from tests.client.client_stub import Asked as OnTheWire
from tests.client.client_stub import Say, StubServer, stub
from tests.client4.client4_plane import OFFLINE, REFRESH, Asked, Clock, Plane, a_client, failed, jwt, said

INFO = {"metadata": {"id": "systeminfo"}, "status": {"statusCode": 200}}


def test_the_offline_token_is_exchanged_once_and_never_sent_as_a_proof() -> None:
    plane = Plane()
    client = a_client(plane)
    assert plane.asked == []
    client.system_info()
    client.system_info()
    assert [each.line for each in plane.asked] == [f"POST {REFRESH}", "GET v1/info/system", "GET v1/info/system"]
    assert plane.asked[0].body == {"refreshToken": OFFLINE}
    assert {each.headers["Authorization"] for each in plane.calls} == {f"Bearer {plane.access}"}
    assert not any("X-IGZ-Authenticator-Kind" in each.headers for each in plane.asked)


@pytest.mark.parametrize(("lifetime", "expires_in"), [(300, None), (300, 7), (None, 300), (None, "300")])
def test_it_is_renewed_at_three_quarters_of_the_life_of_the_access_token(lifetime: Any, expires_in: Any) -> None:
    plane, clock = Plane(lifetime=lifetime, expires_in=expires_in), Clock()
    client = a_client(plane, clock)
    for passed in (0, 224, 0.9):
        clock.now += passed
        client.system_info()
    assert plane.exchanges == 1
    clock.now += 0.1
    client.system_info()
    assert plane.exchanges == 2


@pytest.mark.parametrize("expires_in", [None, "soon", -1, True, {}])
def test_a_life_that_nobody_tells_ends_when_the_token_is_refused(expires_in: Any) -> None:
    plane, clock = Plane(lifetime=None, expires_in=expires_in), Clock()
    client = a_client(plane, clock)
    client.system_info()
    clock.now += 1e6
    client.system_info()
    assert plane.exchanges == 1
    plane.given = 8
    client.system_info()
    assert plane.exchanges == 2


def test_a_renewal_that_fails_is_repeated_with_pauses_while_the_old_token_counts() -> None:
    plane, clock = Plane(lifetime=300), Clock()
    client = a_client(plane, clock, retries=0)
    client.system_info()
    plane.refused = failed(503, "no tokens now")
    began = clock.now
    tried = []
    for second in range(300):
        clock.now = began + second
        before = plane.exchanges
        client.system_info()
        client.system_info()
        tried += [second] * (plane.exchanges - before)
    assert tried == [225, 227, 231, 239, 255, 285]
    clock.now = began + 300
    with pytest.raises(Unavailable, match="no tokens now"):
        client.system_info()
    plane.refused = None
    client.system_info()
    assert plane.calls[-1].headers["Authorization"] == f"Bearer {plane.access}"


def test_a_refused_access_token_is_renewed_once_for_all_threads() -> None:
    plane = Plane()
    client = a_client(plane)
    client.system_info()
    plane.given = 7
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: client.system_info(), range(20)))
    assert plane.exchanges == 2


def test_what_is_refused_with_a_new_token_too_is_an_error() -> None:
    plane = Plane(lambda _: failed(401, "who are you"))
    with pytest.raises(Unauthorised, match=r"Not authenticated: who are you \(GET v1/info/system at https"):
        a_client(plane).system_info()
    assert (plane.exchanges, len(plane.calls)) == (2, 2)


def test_a_redirect_to_the_login_is_renewed_and_then_said() -> None:
    plane = Plane(lambda _: said(b"<html>moved", 302))
    with pytest.raises(Unauthorised) as caught:
        a_client(plane).system_info()
    assert "The server sends us to a login page: the credentials are missing or not accepted" in str(caught.value)
    assert (plane.exchanges, len(plane.calls)) == (2, 2)


def test_a_rotated_token_is_used_from_then_on_in_memory_alone() -> None:
    plane, clock = Plane(rotates=True), Clock()
    client = a_client(plane, clock)
    for _ in range(3):
        client.system_info()
        clock.now += 299
    sent = [each.body["refreshToken"] for each in plane.asked if each.path == REFRESH]
    assert sent == [OFFLINE, jwt("ada", jti="offline-1"), jwt("ada", jti="offline-2")]


def test_a_token_that_the_server_does_not_know_is_named_by_its_place() -> None:
    plane = Plane(refused=failed(401, "invalid_grant", "c-7"))
    credentials = OfflineToken(Secret(OFFLINE), "/home/ada/.igz.yml, entry ci")
    with pytest.raises(TokenRefused) as caught:
        a_client(plane, credentials=credentials).system_info()
    assert str(caught.value) == (
        "The server gives no access token for the offline token of /home/ada/.igz.yml, entry ci: unknown, revoked or "
        "expired (it says that it ends on 2027-01-16 08:00:00Z): invalid_grant "
        f"(POST {REFRESH} at https://igz4.example.com, status 401, ctx c-7). "
        "Log in again for a new offline token (python -m iguazio login --url URL), and put it in its place"
    )
    assert plane.exchanges == 1


@pytest.mark.parametrize("body", [None, {}, *({"spec": {"accessToken": each}} for each in (None, "", 7, "a b"))])
def test_an_exchange_without_a_token_is_no_answer(body: Any) -> None:
    with pytest.raises(InvalidAnswer, match=r"accessToken|holds a blank"):
        a_client(Plane(refused=said(body))).system_info()


def test_an_exchange_is_repeated_where_the_answer_was_lost() -> None:
    plane = Plane(refused=Failure("the line is down", sent=True))
    with pytest.raises(ConnectionFailed):
        a_client(plane, retries=2).login()
    assert plane.exchanges == 3


def test_a_service_account_is_read_again_as_the_cluster_replaces_it(tmp_path: Path) -> None:
    path, clock, asked = tmp_path / "token", Clock(), []

    class Answers:
        def exchange(self, request: Any) -> Any:
            asked.append(dict(request.headers))
            is_known = request.headers["Authorization"] == f"Bearer {known}"
            return said(INFO) if is_known else failed(401)

        def close(self) -> None: ...

    known = "first"
    path.write_text("first\n")
    path.chmod(0o644)
    client = a_client(Answers(), clock, credentials=ServiceAccount(path))
    client.system_info()
    path.write_text("second")
    client.system_info()
    clock.now += 60
    known = "second"
    client.system_info()
    known = "third"
    path.write_text("third")
    client.system_info()
    sent = [each["Authorization"].removeprefix("Bearer ") for each in asked]
    assert sent == ["first", "first", "second", "second", "third"]
    assert {each["X-IGZ-Authenticator-Kind"] for each in asked} == {"sa"}


def test_a_service_account_file_that_is_empty_or_gone_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "token"
    with pytest.raises(UnusableToken, match=r"service account file .*token cannot be read"):
        a_client(Plane(), credentials=ServiceAccount(path)).system_info()
    path.write_text("\n")
    with pytest.raises(UnusableToken, match=r"token of the service account file .*token is empty"):
        a_client(Plane(), credentials=ServiceAccount(path)).system_info()


def test_a_closed_client_has_no_token_left() -> None:
    client = a_client(Plane())
    client.system_info()
    client.close()
    assert client.source == ""
    with pytest.raises(ConfigurationError, match="closed"):
        client.system_info()


def test_a_reader_uses_the_same_token() -> None:
    plane = Plane()
    client = a_client(plane)
    client.system_info()
    client.read_only().system_info()
    assert plane.exchanges == 1


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("igz4.example.com", "https://igz4.example.com"),
        ("https://igz4.example.com/api/v1/", "https://igz4.example.com"),
        ("https://igz4.example.com/api", "https://igz4.example.com"),
        ("http://igz-api:8000", "http://igz-api:8000"),
        ("https://dashboard.example.com/igz/api/v1", "https://dashboard.example.com/igz"),
    ],
)
def test_an_address_is_taken_with_or_without_the_root_of_the_api(given: str, address: str) -> None:
    assert a_client(Plane(), endpoint=given).endpoint == address


@pytest.mark.parametrize("given", ["", " ", "ftp://x", "https://ada:pw@x", "https://x?a=b"])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(ConfigurationError, match="endpoint"):
        a_client(Plane(), endpoint=given)


def on_the_wire(asked: OnTheWire) -> Any:
    if asked.path == REFRESH:
        return {"spec": {"accessToken": jwt(jti="access"), "refreshToken": OFFLINE}}
    is_known = asked.headers.get("authorization") == f"Bearer {jwt(jti='access')}"
    return INFO if is_known else Say(401, {"status": {"errorMessage": f"{asked.headers.get('authorization')}"}})


def test_neither_netrc_nor_the_environment_replaces_the_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for netrc in (tmp_path / ".netrc", tmp_path / "netrc"):
        netrc.write_text("machine 127.0.0.1 login eve password evil\ndefault login eve password evil\n")
        netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with stub(on_the_wire) as server, a_client(None, endpoint=server.url) as client:
        assert client.system_info() == INFO
    assert [asked.headers.get("authorization") for asked in server.asked] == [None, f"Bearer {jwt(jti='access')}"]


def test_a_proxy_of_the_environment_is_gone_through_and_asked_for_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with stub(on_the_wire) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with a_client(None, endpoint="http://igz4.example.com") as client:
            assert client.system_info() == INFO
    assert [asked.line for asked in proxy.asked] == [f"POST {REFRESH}", "GET v1/info/system"]
    assert {asked.headers["host"] for asked in proxy.asked} == {"igz4.example.com"}


@needs_openssl
def test_certificates_are_checked_against_the_authority_that_was_given(tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path)
    server = StubServer(on_the_wire, tls=context)
    url = f"https://localhost:{server.port}"
    try:
        with pytest.raises(ConnectionFailed, match=r"TLS failed: .*ca_file"):
            a_client(None, endpoint=url).system_info()
        assert server.asked == []
        with a_client(None, endpoint=url, ca_file=str(certificate)) as client:
            assert client.system_info() == INFO
        with warnings.catch_warnings(), a_client(None, endpoint=url, verify=False) as client:
            warnings.simplefilter("ignore")
            assert client.system_info() == INFO
    finally:
        server.close()


def test_mlrun_at_another_address_is_asked_with_the_same_token() -> None:
    with stub(on_the_wire) as server, stub(lambda _: {"authentication_mode": "iguazio-v4"}) as mlrun:
        with a_client(None, endpoint=server.url, mlrun_endpoint=f"{mlrun.url}/api/v1") as client:
            client.system_info()
            assert client.client_spec() == {"authentication_mode": "iguazio-v4"}
        assert client.mlrun_endpoint == mlrun.url
    assert server.lines == [f"POST {REFRESH}", "GET v1/info/system"]
    assert [(asked.line, asked.headers["authorization"]) for asked in mlrun.asked] == [
        ("GET v1/client-spec", f"Bearer {jwt(jti='access')}")
    ]


def test_a_token_that_mlrun_refuses_is_renewed_at_the_platform() -> None:
    plane = Plane(lambda asked: said({"authentication_mode": "iguazio-v4"}) if is_mlrun(asked) else None)
    client = a_client(plane, mlrun_endpoint="https://mlrun.example.com")
    client.client_spec()
    plane.given = 5
    client.client_spec()
    assert plane.exchanges == 2


def is_mlrun(asked: Asked) -> bool:
    return asked.path == "v1/client-spec"
