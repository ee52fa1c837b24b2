"""The store of Vault, against a real OpenBao: both versions of the engine, logins, and all that can be in the way."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from igz_apply.ports import StoreOptions, Unread
from igz_apply.stores.vault import store
from tests.bao_server import ROOT, Bao, bao_server

pytestmark = pytest.mark.full

OPTIONS = StoreOptions(timeout=10.0, parallelism=4)
WORD = "Correct-horse-1!"
DENIED = Unread("the store does not let this caller read it")
MISSING = Unread("the store has nothing there")


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    """A server with secrets in two engines, and somebody who may read some of them."""
    with bao_server(tmp_path_factory.mktemp("bao")) as server:
        client = server.client
        versions = client.secrets.kv.v2
        for secret in ({"password": "old"}, {"password": WORD, "pin": 1234, "is_old": True, "list": ["a"], "no": None}):
            versions.create_or_update_secret("people/ada", secret=secret, mount_point="secret")
        versions.create_or_update_secret("ops/root", secret={"password": "theirs"}, mount_point="secret")
        versions.create_or_update_secret("people/gone", secret={"password": "x"}, mount_point="secret")
        versions.delete_latest_version_of_secret("people/gone", mount_point="secret")
        client.sys.enable_secrets_engine("kv", path="team/old", options={"version": "1"})
        client.secrets.kv.v1.create_or_update_secret("ada", secret={"password": "v1"}, mount_point="team/old")
        rules = 'path "secret/data/people/*" {capabilities = ["read"]}'
        client.sys.create_or_update_policy("people", rules)
        yield server


def read(environ: dict[str, str], *keys: str) -> list[str | Unread]:
    found = store(environ, OPTIONS).read(keys)
    assert list(found) == list(keys)
    return list(found.values())


def test_fields_are_read_from_both_versions_of_the_engine(bao: Bao) -> None:
    keys = "secret/people/ada#password", "/secret/people/ada#pin", "team/old/ada#password"
    assert read(bao.environ, *keys) == [WORD, "1234", "v1"]


NOT_A_KEY = "its key is not of the form path#field, such as secret/people/ada#password"


def test_a_name_of_any_letters_is_read(bao: Bao) -> None:
    versions = bao.client.secrets.kv.v2
    versions.create_or_update_secret("people/data/zoë 1", secret={"a b": "x"}, mount_point="secret")
    assert read(bao.environ, "secret/people/data/zoë 1#a b") == ["x"]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("secret/people/bob#password", MISSING),
        ("secret/people/gone#password", MISSING),
        ("team/old/bob#password", MISSING),
        ("secret/people/ada#passwort", Unread("the store has that secret without such a field")),
        ("secret/people/ada#no", Unread("the store has that secret without such a field")),
        ("secret/people/ada#is_old", Unread("that field is no text")),
        ("secret/people/ada#list", Unread("that field is no text")),
        ("nowhere/at/all#x", DENIED),
        *(
            (key, Unread(NOT_A_KEY))
            for key in ("", "x", "secret/ada", "#x", "secret/ada#", "secret#x", "a/../b#c", "a//b#c")
        ),
    ],
)
def test_what_is_not_there_is_told(key: str, why: Unread, bao: Bao) -> None:
    assert read(bao.environ, key) == [why]


def test_one_fault_is_not_that_of_another(bao: Bao) -> None:
    keys = "x", "secret/people/ada#password", "secret/people/bob#password", "nowhere/x#y", "team/old/ada#password"
    assert read(bao.environ, *keys) == [Unread(NOT_A_KEY), WORD, MISSING, DENIED, "v1"]


# Who asks


def token_of(bao: Bao, *policies: str) -> str:
    token: str = bao.client.auth.token.create(policies=list(policies), ttl="1h")["auth"]["client_token"]
    return token


def test_what_somebody_may_not_read_is_denied(bao: Bao) -> None:
    environ = {**bao.environ, "VAULT_TOKEN": token_of(bao, "people")}
    keys = "secret/people/ada#password", "secret/ops/root#password", "team/old/ada#password", "secret/people/bob#x"
    assert read(environ, *keys) == [WORD, DENIED, DENIED, MISSING]
    assert read({**bao.environ, "VAULT_TOKEN": "nobody"}, keys[0]) == [DENIED]


def test_the_token_of_vaults_own_command_is_used(bao: Bao, tmp_path: Path) -> None:
    (tmp_path / ".vault-token").write_text(f"{ROOT}\n")
    assert read({"VAULT_ADDR": bao.url, "HOME": str(tmp_path)}, "secret/people/ada#password") == [WORD]


def test_an_approle_logs_in(bao: Bao) -> None:
    client = bao.client
    client.sys.enable_auth_method("approle", path="ci")
    approle = client.auth.approle
    approle.create_or_update_approle("igz", token_policies=["people"], mount_point="ci")
    role = approle.read_role_id("igz", mount_point="ci")["data"]["role_id"]
    secret = approle.generate_secret_id("igz", mount_point="ci")["data"]["secret_id"]
    environ = {"VAULT_ADDR": bao.url, "VAULT_ROLE_ID": role, "VAULT_AUTH_PATH": "ci"}
    key = "secret/people/ada#password"
    assert read({**environ, "VAULT_SECRET_ID": secret}, key, "secret/ops/root#password") == [WORD, DENIED]
    for wrong in ({}, {"VAULT_SECRET_ID": "x"}):
        assert read({**environ, **wrong}, key) == [
            Unread("the store cannot be asked: it refuses the login at auth/ci, with status 400")
        ]
    (refused,) = read({**environ, "VAULT_SECRET_ID": secret, "VAULT_AUTH_PATH": "approle"}, key)
    assert refused == Unread("the store cannot be asked: it refuses the login at auth/approle, with status 403")


def test_a_token_of_ci_logs_in(bao: Bao, tmp_path: Path) -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    client = bao.client
    client.sys.enable_auth_method("jwt")
    client.auth.jwt.configure(jwt_validation_pubkeys=[public.decode()], bound_issuer="https://ci.example.com")
    client.auth.jwt.create_role(
        "igz", role_type="jwt", user_claim="sub", allowed_redirect_uris=[], bound_audiences=["bao"],
        token_policies=["people"], bound_claims={"ref": "main"},
    )  # fmt: skip
    environ = {"VAULT_ADDR": bao.url, "VAULT_ROLE": "igz"}
    key = "secret/people/ada#password"
    assert read({**environ, "VAULT_JWT": jwt(private, ref="main")}, key) == [WORD]
    assert read({**environ, "VAULT_JWT": jwt(private, ref="fork")}, key) == [
        Unread("the store cannot be asked: it refuses the login at auth/jwt, with status 400")
    ]
    file = tmp_path / "token"
    file.write_text(jwt(private, ref="main"))
    kubernetes = {**environ, "VAULT_K8S_TOKEN_FILE": str(file)}
    assert read({**kubernetes, "VAULT_AUTH_PATH": "jwt"}, key) == [WORD]
    assert read(kubernetes, key) == [
        Unread("the store cannot be asked: it refuses the login at auth/kubernetes, with status 403")
    ]
    (without,) = read({**environ, "VAULT_K8S_TOKEN_FILE": str(tmp_path / "none")}, key)
    assert isinstance(without, Unread)
    assert "neither VAULT_JWT nor" in without.why


def jwt(private: Ed25519PrivateKey, **claims: str) -> str:
    now = int(time.time())
    held = {"iss": "https://ci.example.com", "aud": "bao", "sub": "job", "iat": now, "exp": now + 600, **claims}
    text = ".".join(_part(json.dumps(each).encode()) for each in ({"alg": "EdDSA", "typ": "JWT"}, held))
    return f"{text}.{_part(private.sign(text.encode()))}"


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


# What is in the way


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({}, "VAULT_ADDR is not set"),
        ({"VAULT_ADDR": "ftp://x"}, "VAULT_ADDR: The endpoint must be an http or https address"),
        (
            {"VAULT_ADDR": "https://x", "VAULT_CACERT": "/no/such"},
            "VAULT_CACERT: The certificate authorities' file does",
        ),
        ({"VAULT_ADDR": "https://127.0.0.1:1"}, "there is neither VAULT_TOKEN nor ~/.vault-token, nor a login"),
        ({"VAULT_ADDR": "https://127.0.0.1:1", "HOME": "/no/such"}, "there is neither VAULT_TOKEN nor"),
        ({"VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": "x"}, "http://127.0.0.1:1: Connection refused"),
        ({"VAULT_ADDR": "http://127.0.0.1:1", "VAULT_ROLE_ID": "x"}, "http://127.0.0.1:1: Connection refused"),
    ],
)
def test_a_server_that_cannot_be_asked_is_told(environ: dict[str, str], why: str) -> None:
    (found,) = read(environ, "secret/people/ada#password")
    assert isinstance(found, Unread)
    assert found.why.startswith(f"the store cannot be asked: {why}")


def test_a_sealed_server_is_told(tmp_path: Path) -> None:
    with bao_server(tmp_path) as server:
        server.client.sys.seal()
        assert read(server.environ, "secret/people/ada#password") == [
            Unread("the store cannot be asked: it is sealed, or in maintenance")
        ]
