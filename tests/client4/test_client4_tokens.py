"""Where tokens come from, and which are taken."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from igz_apply.iguazio4.client import (
    NoCredentials,
    OfflineToken,
    ServiceAccount,
    TokenInfo,
    UnusableToken,
    credentials_from,
    read_token,
    read_token_file,
    token_info,
    write_token_file,
)
from tests.client4.client4_plane import ISSUED, jwt

ONE, OTHER = jwt("one", jti="secret-one"), jwt("other", jti="secret-other")


def token_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "tokens.yml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def entries(*pairs: tuple[Any, Any]) -> str:
    lines = (f"  - {{name: {name}, token: '{token}'}}\n" for name, token in pairs)
    return "secretTokens:\n" + "".join(lines)


def test_without_a_name_the_default_entry_is_taken_else_the_first(tmp_path: Path) -> None:
    path = token_file(tmp_path, entries(("ci", ONE), ("default", OTHER)))
    assert (read_token(path)[0].reveal(), read_token(path)[1]) == (OTHER, f"{path}, entry default")
    path = token_file(tmp_path, entries(("ci", ONE), ("prod", OTHER)))
    assert (read_token(path)[0].reveal(), read_token(path)[1]) == (ONE, f"{path}, entry ci")


def test_an_entry_that_was_named_must_be_there(tmp_path: Path) -> None:
    path = token_file(tmp_path, entries(("ci", ONE), ("prod", OTHER)))
    assert read_token(path, "prod")[0].reveal() == OTHER
    with pytest.raises(UnusableToken, match=r"tokens.yml has no entry called prd; did you mean prod\?"):
        read_token(path, "prd")
    with pytest.raises(UnusableToken, match=r"has no entry called admin-of-all; it has ci, prod$"):
        read_token(path, "admin-of-all")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = token_file(tmp_path, entries(("ci", ONE)), mode)
    with pytest.raises(UnusableToken, match=f"can be read by others than its owner; do: chmod 600 {path}"):
        read_token(path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no list of secretTokens"),
        ("secretTokens: []", "holds no list of secretTokens"),
        (f"secret: {{tokens: [{{name: a, token: {ONE}}}]}}", "holds no list of secretTokens"),
        (entries(("a", ONE), ("a", OTHER)), "has two entries called a"),
        (f"secretTokens: [{{token: {ONE}}}]", "entry 1 has no name, without which MLRun does not read the file"),
        ("secretTokens: [{name: a}]", r"entry 1 \(a\) has no token"),
        (entries(("a", "")), r"token of .*entry 1 \(a\) is empty"),
        (entries(("a", "secret-one-plain")), "is no JSON web token that says when it ends"),
        (entries(("a", jwt(lifetime=None, jti="secret-one"))), "is no JSON web token that says when it ends"),
        (entries(("a", f"{ONE} ")), r"entry 1 \(a\) holds a blank"),
        (f'secretTokens: [{{name: a, token: "{ONE}\\n"}}]', r"entry 1 \(a\) holds a line end"),
        (f"secretTokens: [{{name: a, token: {ONE}: x]", "is no YAML at line"),
        (f"secretTokens: !!python/object/apply:os.system ['echo {ONE}']", "is no YAML"),
        (f"- {ONE}", "holds no list of secretTokens"),
    ],
)
def test_what_one_of_its_readers_would_not_take_is_refused_without_the_token(
    tmp_path: Path, text: str, why: str
) -> None:
    path = token_file(tmp_path, text)
    with pytest.raises(UnusableToken, match=why) as caught:
        read_token_file(path)
    assert str(path) in str(caught.value)
    assert "secret-one" not in str(caught.value)
    assert ONE[30:60] not in "".join(map(str, (caught.value, caught.value.__cause__, caught.value.__context__)))


def test_a_file_that_is_not_there_or_no_text_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UnusableToken, match="cannot be read: No such file"):
        read_token(tmp_path / "none.yml")
    path = token_file(tmp_path, "")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UnusableToken, match="is not UTF-8"):
        read_token(path)


def test_a_file_is_written_for_its_owner_alone_and_can_be_read_back(tmp_path: Path) -> None:
    path = token_file(tmp_path, "old", 0o644)
    before = os.umask(0)
    try:
        write_token_file(path, {"default": ONE, "ci": OTHER})
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {name: token.reveal() for name, token in read_token_file(path).items()} == {"default": ONE, "ci": OTHER}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("tokens", [{}, {"ci": "no-token"}, {"": ONE}, {"ci": f"{ONE}\n"}])
def test_what_could_not_be_read_back_is_not_written(tmp_path: Path, tokens: dict[str, str]) -> None:
    path = token_file(tmp_path, "old")
    with pytest.raises(UnusableToken):
        write_token_file(path, tokens)
    assert [each.read_text() for each in tmp_path.iterdir()] == ["old"]


def test_the_file_that_was_given_wins_then_the_variables_then_the_file_at_home(tmp_path: Path) -> None:
    given = token_file(tmp_path, entries(("ci", ONE)))
    home = tmp_path / "home"
    home.mkdir()
    default = home / ".igz.yml"
    write_token_file(default, {"default": OTHER})
    variable, account = {"IGZ_OFFLINE_TOKEN": ONE}, {"IGZ_SERVICE_ACCOUNT_TOKEN_FILE": "/var/run/token"}
    every = {**variable, **account}

    def source(environ: dict[str, str], *arguments: Any) -> str:
        return credentials_from(environ, *arguments, home=home).source

    assert source(every, given) == f"{given}, entry ci"
    assert source(every, str(given), "ci") == f"{given}, entry ci"
    assert source(every) == "IGZ_OFFLINE_TOKEN"
    assert source(account) == "the service account file /var/run/token"
    assert source({"IGZ_OFFLINE_TOKEN": ""}) == f"{default}, entry default"
    assert source(every, None, "default") == f"{default}, entry default"
    assert isinstance(credentials_from(account, home=home), ServiceAccount)
    assert isinstance(credentials_from(variable, home=home), OfflineToken)


def test_without_any_credentials_all_the_ways_are_named(tmp_path: Path) -> None:
    with pytest.raises(NoCredentials) as caught:
        credentials_from({}, home=tmp_path)
    for way in ("token file", "IGZ_OFFLINE_TOKEN", "IGZ_SERVICE_ACCOUNT_TOKEN_FILE", str(tmp_path / ".igz.yml")):
        assert way in str(caught.value)


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (f"{ONE}\n", "a line end"),
        (f"{ONE}\r", "a line end"),
        (f" {ONE}", "a blank"),
        (f"{ONE}\u00e9", "a character that is not ASCII"),
        (f"{ONE}\u2028", "a blank"),
        (f"{ONE}\x00", "a control character"),
    ],
)
def test_a_token_that_no_header_carries_is_refused_with_its_place(token: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(UnusableToken, match=f"the variable IGZ_OFFLINE_TOKEN holds {why}") as caught:
        credentials_from({"IGZ_OFFLINE_TOKEN": token}, home=tmp_path)
    assert ONE[:40] not in str(caught.value)


def test_a_token_says_when_it_was_made_and_ends_and_whose_it_is() -> None:
    info = token_info(jwt("ada", lifetime=300))
    assert info == TokenInfo(ISSUED, ISSUED + 300, "ada", is_jwt=True)
    assert (info.lifetime, info.end) == (300, "2027-01-15 08:05:00Z")
    assert token_info(jwt(iat=str(ISSUED), exp=f"{ISSUED + 9}", lifetime=None)).lifetime == 9


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "a..c", "....", "\u00e9.\u00e9.", jwt()[:-9], "a.W10."])
def test_what_is_no_token_says_nothing(token: str) -> None:
    assert token_info(token) == TokenInfo()


@pytest.mark.parametrize("claim", [True, -1, "soon", None, [], 1e400, 10**400])
def test_a_claim_that_is_no_moment_is_none(claim: Any) -> None:
    info = token_info(jwt(exp=claim, lifetime=None))
    assert (info.expires_at, info.lifetime, info.end) == (None, None, "")


def test_a_token_is_never_shown() -> None:
    held = credentials_from({"IGZ_OFFLINE_TOKEN": ONE}, home=Path("/nowhere"))
    assert ONE not in repr(held) + str(held)
