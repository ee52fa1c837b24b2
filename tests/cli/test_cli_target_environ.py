from __future__ import annotations

from pathlib import Path

import pytest

from igz_apply.cli.session import GlobalFlags, Session
from igz_apply.cli.settings import config_of, connection_of
from igz_apply.cli.target_environ import environ_for, own_variable, suffix_of
from igz_apply.cli.wiring import secrets_of
from igz_apply.errors import InvalidInput
from igz_apply.model.resources import SecretRef
from tests.cli.cli_world import Cli
from tests.cli.fleet_world import ADMIN, clusters, embedded, password_of, write_fleet


@pytest.mark.parametrize(
    ("target", "suffix"), [("prod", "__PROD"), ("prod-eu", "__PROD_EU"), ("eu.1_b", "__EU_1_B"), ("7", "__7")]
)
def test_the_variables_of_a_target_end_with_its_name(target: str, suffix: str) -> None:
    assert suffix_of(target) == suffix


def test_a_variable_of_the_target_stands_for_the_plain_one() -> None:
    environ = {"KEY": "plain", "KEY__PROD_EU": "own", "OTHER": "o"}
    assert environ_for(environ, "prod-eu")["KEY"] == "own"
    assert environ_for(environ, "prod-eu")["OTHER"] == "o"
    assert environ_for(environ, "staging")["KEY"] == "plain"


def test_an_empty_variable_of_the_target_takes_the_plain_one_away() -> None:
    assert not environ_for({"KEY": "plain", "KEY__PROD": ""}, "prod")["KEY"]


def test_variables_of_other_targets_are_not_there() -> None:
    environ = {"KEY__PROD": "p", "KEY__DEV": "d", "A__B": "kept"}
    assert environ_for(environ, "prod", ("prod", "dev")) == {"KEY": "p", "KEY__PROD": "p", "A__B": "kept"}


def test_a_variable_is_of_the_target_with_the_longest_name_that_fits() -> None:
    environ = {"KEY__A__EU": "of a--eu", "KEY__EU": "of eu"}
    targets = ("eu", "a--eu")
    assert suffix_of("a--eu") == "__A__EU"
    assert environ_for(environ, "eu", targets) == {"KEY__EU": "of eu", "KEY": "of eu"}
    assert environ_for(environ, "a--eu", targets) == {"KEY__A__EU": "of a--eu", "KEY": "of a--eu"}


def test_an_environment_without_such_variables_stays_the_very_same() -> None:
    environ = {"KEY": "plain", "A__B": "b"}
    assert environ_for(environ, "prod", ("prod", "dev")) is environ


def test_a_name_that_is_all_suffix_is_of_nobody() -> None:
    environ = {"__PROD": "x"}
    assert environ_for(environ, "prod") is environ
    assert own_variable(environ, "", "prod") == "__PROD"
    assert not own_variable(environ, "KEY", "prod")
    assert not own_variable(environ, "", "")


def test_what_chooses_the_target_cannot_be_of_one() -> None:
    environ = {"IGZ_TARGET": "prod", "IGZ_TARGET__PROD": "dev", "IGZ_CONFIG": "a", "IGZ_CONFIG__PROD": "b"}
    found = environ_for(environ, "prod")
    assert (found["IGZ_TARGET"], found["IGZ_CONFIG"]) == ("prod", "a")


def session(environ: dict[str, str], target: str = "prod") -> Session:
    return Session(GlobalFlags(target=target), environ)


def test_a_single_run_takes_the_variables_of_its_target(workspace: Path) -> None:
    write_fleet(workspace, {"prod": {"endpoint": "https://config.test"}, "dev": {"endpoint": "https://dev.test"}})
    environ = {"IGZ_ENDPOINT__PROD": "https://own.test", "V3IO_USERNAME": "all", "V3IO_USERNAME__PROD": "ada"}
    for told in (session(environ), session({**environ, "IGZ_TARGET": "prod"}, target="")):
        found = connection_of(told, config_of(told))
        assert (found.endpoint, found.username) == ("https://own.test", "ada")
    other = session(environ, "dev")
    found = connection_of(other, config_of(other))
    assert (found.endpoint, found.username) == ("https://dev.test", "all")


@pytest.mark.parametrize(("name", "is_said"), [("IGZ_ENDPOINT", True), ("IGZ_ENDPOINT__PROD", False)])
def test_only_an_endpoint_that_is_not_its_own_is_said_to_lead_away(
    name: str, is_said: bool, cli: Cli, monkeypatch: pytest.MonkeyPatch, workspace: Path
) -> None:
    write_fleet(workspace, {"prod": {"endpoint": "embedded:config.db"}})
    monkeypatch.setenv(name, "embedded:other.db")
    ran = cli("plan", "--target", "prod")
    assert ran.code == 0
    assert ("not that of target prod" in ran.err) is is_said
    assert "other.db" in ran.out


def test_two_targets_that_a_variable_may_be_of_are_refused_where_it_is_set(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, workspace: Path
) -> None:
    write_fleet(workspace, embedded("prod-eu", "prod.eu", "dev"))
    assert cli("plan", "--target", "prod-eu").code == 0
    monkeypatch.setenv("V3IO_PASSWORD__PROD_EU", "secret")
    ran = cli("plan", "--target", "prod-eu")
    assert (ran.code, "IGZ-681" in ran.err, "prod.eu" in ran.err) == (3, True, True)
    assert "secret" not in ran.err
    assert cli("plan", "--target", "dev").code == 0


def test_a_secret_of_manifests_may_be_of_the_target(workspace: Path) -> None:
    write_fleet(workspace, {"prod": {"endpoint": "https://prod.test"}, "dev": {"endpoint": "https://dev.test"}})
    environ = {"ADA": "for all", "ADA__PROD": "for prod", "V3IO_PASSWORD__DEV": "of dev"}
    told = session(environ)
    config = config_of(told)
    secrets = secrets_of(told, config, connection_of(told, config))
    assert secrets.value(SecretRef(from_env="ADA")) == "for prod"
    with pytest.raises(InvalidInput, match="V3IO_PASSWORD__DEV is not set"):
        secrets.value(SecretRef(from_env="V3IO_PASSWORD__DEV"))


def test_both_sides_of_a_comparison_are_read_with_their_own_credentials(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, workspace: Path
) -> None:
    names = ("prod", "dev")
    with clusters(*names) as found:
        write_fleet(workspace, {name: {"endpoint": server.url} for name, (_, server) in found.items()})
        monkeypatch.setenv("V3IO_USERNAME", ADMIN)
        for name in names:
            monkeypatch.setenv(f"V3IO_PASSWORD__{name.upper()}", password_of(name))
        for chosen in ("", "prod"):  # what is chosen for other commands is not what is compared
            monkeypatch.setenv("IGZ_TARGET", chosen)
            ran = cli("compare", "prod", "dev")
            assert ran.code == 0, ran.err
        assert all(password_of(name) in emulator.text for name, (emulator, _) in found.items())
        assert password_of("prod") not in found["dev"][0].text
        assert password_of("dev") not in found["prod"][0].text
