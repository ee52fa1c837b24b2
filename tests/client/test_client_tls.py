"""Certificates are checked unless that is switched off, against the authority that was given."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from igz_apply.controlplane import ConnectionFailed
from tests.certificates import needs_openssl, self_signed
from tests.client.client_builders import a_client
from tests.client.client_stub import StubServer, body, one

pytestmark = needs_openssl


@dataclass(frozen=True)
class Secured:
    url: str
    certificate: Path
    server: StubServer


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A server with a certificate that it has made itself."""
    folder = tmp_path_factory.mktemp("tls")
    context, certificate = self_signed(folder)
    server = StubServer(lambda _: body(one("user", "u-1")), tls=context)
    yield Secured(f"https://localhost:{server.port}", certificate, server)
    server.close()


def test_an_unknown_authority_is_refused_at_once_and_nothing_is_sent(secured: Secured) -> None:
    with pytest.raises(ConnectionFailed, match=r"TLS failed: .*ca_file"):
        a_client(secured.url).call("GET", "users/u-1")
    assert secured.server.asked == []


def test_the_authority_that_was_given_is_trusted(secured: Secured) -> None:
    with a_client(secured.url, ca_file=str(secured.certificate)) as client:
        assert client.call("GET", "users/u-1").status == 200


def test_the_authority_of_the_environment_is_trusted(secured: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secured.certificate))
    with a_client(secured.url) as client:
        assert client.call("GET", "users/u-1").status == 200


def test_checking_can_be_switched_off(secured: Secured) -> None:
    with warnings.catch_warnings(), a_client(secured.url, verify=False) as client:
        warnings.simplefilter("ignore")
        assert client.call("GET", "users/u-1").status == 200
