"""Secrets by reference: found, hashed, compared, and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from igz_apply.emulator.iguazio3.vocabulary import is_strong_password
from igz_apply.errors import InvalidInput
from igz_apply.local.secrets import EnvironmentSecrets, RehearsalSecrets
from igz_apply.model.resources import SecretRef

WORD = "correct horse"
ENV = SecretRef(from_env="ADA_PASSWORD")
FILE = SecretRef(from_file="ada.txt")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "ada.txt").write_text(f"{WORD}\n")
    return tmp_path


@pytest.fixture
def secrets(base: Path) -> EnvironmentSecrets:
    return EnvironmentSecrets({"ADA_PASSWORD": WORD, "EMPTY": "", "BYTES": "\udcff"}, base)


@pytest.mark.parametrize("ref", [ENV, FILE])
def test_a_secret_is_found_by_its_reference(ref: SecretRef, secrets: EnvironmentSecrets) -> None:
    assert secrets.value(ref) == WORD
    assert secrets.is_available(ref)


def test_an_absolute_file_is_used_as_it_is(base: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "secret"
    elsewhere.write_text("x")
    assert EnvironmentSecrets({}, base).value(SecretRef(from_file=str(elsewhere))) == "x"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a", "a"),
        (b"a\n", "a"),
        (b"a\r\n", "a"),
        (b"a\n\n", "a\n"),
        (b" a \n", " a "),
        (b"a\r", "a\r"),
        ("ü".encode(), "ü"),
    ],
)
def test_one_line_end_is_taken_off_a_file_and_nothing_else(content: bytes, expected: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(content)
    assert EnvironmentSecrets({}, tmp_path).value(SecretRef(from_file="f")) == expected


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        (SecretRef(from_env="NOWHERE"), "NOWHERE is not set"),
        (SecretRef(from_env="EMPTY"), "EMPTY is empty"),
        (SecretRef(from_env="BYTES"), "BYTES is not UTF-8 text"),
        (SecretRef(from_file="nowhere"), "No such file"),
        (SecretRef(from_file="."), "Is a directory"),
        (SecretRef(from_file="empty"), "is empty"),
        (SecretRef(from_file="line"), "is empty"),
        (SecretRef(from_file="binary"), "not UTF-8"),
        (SecretRef(from_file="huge"), "larger than 1 MiB"),
    ],
)
def test_a_missing_or_empty_secret_is_invalid_input(
    ref: SecretRef, said: str, base: Path, secrets: EnvironmentSecrets
) -> None:
    (base / "empty").write_bytes(b"")
    (base / "line").write_bytes(b"\n")
    (base / "binary").write_bytes(b"\xff\xfe")
    (base / "huge").write_bytes(b"x" * (1024 * 1024 + 1))
    assert not secrets.is_available(ref)
    with pytest.raises(InvalidInput) as caught:
        secrets.value(ref)
    [problem] = caught.value.problems
    assert problem.summary == "Missing secret"
    assert said in problem.detail
    assert problem.hint


def test_a_hash_matches_its_secret_alone(secrets: EnvironmentSecrets, base: Path) -> None:
    salted = str(secrets.hashed(ENV))
    assert secrets.matches(FILE, salted)
    assert not EnvironmentSecrets({"ADA_PASSWORD": "other"}, base).matches(ENV, salted)


def test_a_hash_says_how_it_was_made_and_holds_no_secret(secrets: EnvironmentSecrets) -> None:
    salted = str(secrets.hashed(ENV))
    scheme, n, r, p, salt, digest = salted.split("$")
    assert (scheme, n, r, p) == ("scrypt", "16384", "8", "1")
    assert (len(salt), len(digest)) == (24, 44)
    assert WORD not in salted


def test_two_hashes_of_a_secret_differ(secrets: EnvironmentSecrets) -> None:
    assert secrets.hashed(ENV) != secrets.hashed(ENV)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "scrypt",
        "$$$$$",
        "md5$1$1$1$eA==$eA==",
        "scrypt$x$8$1$eA==$eA==",
        "scrypt$3$8$1$eA==$eA==",
        "scrypt$16384$8$1$?$eA==",
        "scrypt$1073741824$8$1$eA==$eA==",
        "scrypt$-2$8$1$eA==$eA==",
        "scrypt$16384$8$1$eA==$ü",
        f"scrypt${10**30}$8$1$eA==$eA==",
    ],
)
def test_what_is_no_hash_of_ours_matches_nothing(text: str, secrets: EnvironmentSecrets) -> None:
    assert not secrets.matches(ENV, text)


def test_no_value_is_shown(secrets: EnvironmentSecrets) -> None:
    assert WORD not in repr(secrets)
    assert WORD not in str(secrets)


def test_a_rehearsal_makes_up_what_is_missing_and_keeps_to_it(base: Path) -> None:
    environ: dict[str, str] = {}
    rehearsed = RehearsalSecrets(environ, base)
    assert (rehearsed.is_available(ENV), rehearsed.is_invented(ENV)) == (False, True)
    made_up = rehearsed.value(ENV)
    assert is_strong_password(made_up)
    assert made_up != RehearsalSecrets(environ, base).value(ENV)
    environ["ADA_PASSWORD"] = WORD
    assert (rehearsed.value(ENV), rehearsed.hashed(ENV), rehearsed.is_available(ENV)) == (made_up, None, False)


def test_a_rehearsal_takes_the_secrets_that_are_there(base: Path) -> None:
    rehearsed = RehearsalSecrets({"ADA_PASSWORD": WORD}, base)
    for ref in (ENV, FILE):
        assert (rehearsed.value(ref), rehearsed.is_available(ref), rehearsed.is_invented(ref)) == (WORD, True, False)
    salted = rehearsed.hashed(ENV)
    assert salted is not None
    assert rehearsed.matches(FILE, salted)


def test_no_hash_is_made_of_what_nobody_has(base: Path) -> None:
    assert RehearsalSecrets({}, base).hashed(ENV) is None
    assert not EnvironmentSecrets({}, base).is_invented(ENV)
