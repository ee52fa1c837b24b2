"""Which platform a run is about, and what follows from it: said, found out, or asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from igz_apply.cli.session import GlobalFlags, Session
from igz_apply.cli.settings import config_of, connection_of
from igz_apply.emulator import Emulator, Emulator4, Options, Options4, serving
from igz_apply.iguazio4.client import NoCredentials, credentials_from
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.platform import Connection
from tests.cli.cli_world import Cli

MANIFESTS_4 = """\
apiVersion: iguazio.com/v4
kind: Group
metadata: {name: data}
spec: {}
---
apiVersion: iguazio.com/v4
kind: User
metadata: {name: ada@example.com}
spec: {first_name: Ada, last_name: Lovelace, groups: [data]}
---
apiVersion: iguazio.com/v4
kind: Project
metadata: {name: churn}
spec: {owner: ada@example.com}
"""


@pytest.fixture(autouse=True)
def _home(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home directory without a token file."""
    monkeypatch.setenv("HOME", str(workspace / "home"))
    (workspace / "home").mkdir()


@pytest.fixture
def manifests_4(workspace: Path) -> Path:
    (workspace / "manifests").mkdir()
    (workspace / "manifests" / "new.yaml").write_text(MANIFESTS_4)
    return workspace / "manifests"


def told(text: str) -> str:
    return " ".join(text.split())


# Said


@pytest.mark.parametrize(
    ("arguments", "variable", "config", "title"),
    [
        ((), "", "", "3"),
        (("--platform", "iguazio4"), "", "", "4"),
        (("--platform", "iguazio4"), "iguazio3", "iguazio3", "4"),
        (("--platform", "auto"), "iguazio4", "iguazio4", "3"),
        ((), "iguazio4", "iguazio3", "4"),
        ((), "", "iguazio4", "4"),
        ((), "auto", "iguazio4", "3"),
    ],
)
def test_the_command_line_wins_over_the_environment_over_the_config(
    cli: Cli,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    variable: str,
    config: str,
    title: str,
) -> None:
    if variable:
        monkeypatch.setenv("IGZ_PLATFORM", variable)
    if config:
        (workspace / "igz-apply.yaml").write_text(f"version: 1\ndefaults: {{platform: {config}}}\n")
    ran = cli("schema", "User", *arguments)
    version = json.loads(ran.out)["properties"]["apiVersion"]["const"]
    assert version == {"3": "iguazio.com/v1", "4": "iguazio.com/v4"}[title]


def test_a_target_says_it_for_itself(workspace: Path) -> None:
    (workspace / "igz-apply.yaml").write_text(
        "version: 1\ndefaults: {platform: iguazio3}\ntargets: {new: {platform: iguazio4}, old: {}}\n"
    )
    found = {target: config_of(Session(GlobalFlags(target=target), {})).platform for target in ("new", "old", "")}
    assert found == {"new": "iguazio4", "old": "iguazio3", "": "iguazio3"}


def test_a_platform_that_does_not_exist_is_told_with_the_nearest(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli("validate", "--platform", "iguazio5").code == 3
    monkeypatch.setenv("IGZ_PLATFORM", "iguazio-4")
    for command in (("validate",), ("explain", "User"), ("get", "users", "--endpoint", "https://127.0.0.1:1")):
        (Path("manifests")).mkdir(exist_ok=True)
        ran = cli(*command)
        assert (ran.code, "Did you mean iguazio4?" in ran.err + ran.out) == (3, True), command


# By manifests, without a cluster


@pytest.mark.usefixtures("manifests_4")
def test_manifests_are_checked_as_those_of_the_platform_that_they_are_for(cli: Cli, workspace: Path) -> None:
    ran = cli("validate")
    assert (ran.code, ran.out) == (0, "3 resources: valid.\n")
    text = MANIFESTS_4.replace("first_name", "firstname")
    (workspace / "manifests" / "new.yaml").write_text(text)
    assert "Did you mean first_name?" in told(cli("validate").out)


@pytest.mark.usefixtures("manifests", "manifests_of_both")
@pytest.mark.parametrize("arguments", [("validate",), ("validate", "--platform", "iguazio4")])
def test_manifests_of_two_platforms_together_are_refused_with_both_files(cli: Cli, arguments: tuple[str, ...]) -> None:
    ran = cli(*arguments)
    assert ran.code == 3
    assert "manifests/all.yaml:1:1 is for Iguazio 3 (apiVersion: iguazio.com/v1)" in told(ran.out)
    assert "manifests/new.yaml:1:13: error: Another platform [IGZ-309]" in ran.out


@pytest.fixture
def manifests_of_both(manifests: Path) -> None:
    (manifests / "new.yaml").write_text(MANIFESTS_4)


@pytest.mark.usefixtures("manifests_4")
def test_words_are_those_of_the_manifests_at_hand(cli: Cli) -> None:
    assert "email_verified" in cli("explain", "User.spec").out
    assert json.loads(cli("schema").out)["properties"]["apiVersion"]["const"] == "iguazio.com/v4"
    assert "email_verified" not in cli("explain", "User.spec", "--platform", "iguazio3").out


def test_a_kind_that_one_platform_alone_has_tells_which_is_meant(cli: Cli) -> None:
    assert "policy" in cli("explain", "policybindings").out
    assert "email_verified" not in cli("explain", "User.spec").out
    ran = cli("explain", "PolicyBinding", "--platform", "iguazio3")
    assert ran.code == 3


def test_a_config_that_is_wrong_keeps_nobody_from_reading_the_documentation(cli: Cli, workspace: Path) -> None:
    (workspace / "igz-apply.yaml").write_text("version: 1\nplatform: iguazio4\n")
    assert cli("explain", "User").code == 0
    assert "It belongs below `defaults`, or to a target." in told(cli("validate").err)


# The emulators


@pytest.mark.usefixtures("manifests_4")
def test_a_rehearsal_runs_on_the_emulator_of_the_platform_that_the_endpoint_names(cli: Cli, workspace: Path) -> None:
    assert cli("apply", "-y", "--endpoint", "embedded4").code == 0
    assert (workspace / ".igz-apply" / "embedded4.db").exists()
    assert cli("plan", "--endpoint", "embedded4", "--detailed-exitcode").code == 0
    assert cli("drift", "--endpoint", "embedded4", "--detailed-exitcode").code == 0
    assert "ada@example.com" in cli("get", "users", "--endpoint", "embedded4").out
    assert json.loads(cli("whoami", "--endpoint", "embedded4", "-o", "json").out)["endpoint"] == "embedded4"
    assert "sync-project" in cli("jobs", "list", "--endpoint", "embedded4").out


@pytest.mark.usefixtures("manifests_4")
def test_stand_ins_are_made_there_too(cli: Cli, workspace: Path) -> None:
    (workspace / "manifests" / "new.yaml").write_text(MANIFESTS_4.rpartition("---\n")[2])
    ran = cli("apply", "-y", "--stand-ins", "--endpoint", "embedded4:other.db")
    assert (ran.code, "User/ada@example.com" in ran.err) == (0, True)
    assert (workspace / "other.db").exists()


@pytest.mark.usefixtures("manifests_4")
@pytest.mark.parametrize("command", [("plan",), ("apply", "-y"), ("drift",), ("apply", "-y", "--stand-ins")])
def test_manifests_for_the_other_platform_are_refused(cli: Cli, command: tuple[str, ...]) -> None:
    ran = cli(*command, "--endpoint", "embedded")
    assert ran.code == 3
    assert "These manifests are for Iguazio 4" in told(ran.err)
    assert "the cluster is an Iguazio 3: embedded is the emulator of an Iguazio 3." in told(ran.err)


@pytest.mark.usefixtures("manifests")
def test_each_kind_of_the_other_platform_is_told_with_what_becomes_of_it(cli: Cli) -> None:
    said = told(cli("plan", "--endpoint", "embedded4").err)
    assert "These manifests are for Iguazio 3 (apiVersion: iguazio.com/v1), and the cluster is an Iguazio 4" in said
    for kind in ("Group", "User", "Project"):
        assert f"is an Iguazio 3 {kind}" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--endpoint", "embedded4", "--platform", "iguazio3"), "Its own emulator is --endpoint embedded."),
        (("--endpoint", "embedded", "--platform", "iguazio4"), "Its own emulator is --endpoint embedded4."),
        (("--endpoint", "embedded7"), "There are embedded and embedded4."),
    ],
)
def test_an_emulator_of_another_platform_than_is_said_is_refused(
    cli: Cli, arguments: tuple[str, ...], said: str
) -> None:
    ran = cli("whoami", *arguments)
    assert (ran.code, said in told(ran.err)) == (3, True)


def test_the_file_of_an_emulator_in_a_config_counts_from_the_config(workspace: Path) -> None:
    (workspace / "below").mkdir()
    (workspace / "below" / "c.yaml").write_text("version: 1\ntargets: {dev: {endpoint: 'embedded4:state.db'}}\n")
    session = Session(GlobalFlags(config="below/c.yaml", target="dev"), {})
    assert connection_of(session, config_of(session)).endpoint == "embedded4:below/state.db"


# What one platform has and the other has not


def test_an_operation_that_a_platform_lacks_is_refused_with_the_reason(cli: Cli) -> None:
    ran = cli("service", "restart", "jupyter", "--endpoint", "embedded4")
    assert (ran.code, "no API for app services" in told(ran.err)) == (3, True)


def test_a_kind_is_looked_for_among_those_of_the_platform(cli: Cli) -> None:
    assert cli("get", "policies", "--endpoint", "embedded4").code == 0
    assert cli("get", "ServiceHealths", "--endpoint", "embedded").code == 3
    ran = cli("get", "AccessKey", "--endpoint", "embedded4")
    assert (ran.code, "AccessKey is not a kind that can be read." in ran.err) == (3, True)


@pytest.mark.usefixtures("manifests_4")
def test_a_waiver_for_a_kind_of_the_other_platform_is_refused(cli: Cli) -> None:
    ran = cli("plan", "--endpoint", "embedded4", "--allow", "delete:AppService=4")
    assert (ran.code, "names a kind that an Iguazio 4 does not have" in told(ran.err)) == (3, True)
    assert cli("plan", "--endpoint", "embedded4", "--allow", "delete:PolicyBinding=4").code == 0
    assert cli("plan", "--endpoint", "embedded4", "--allow", "delete:Pod=4").code == 3


# Credentials, and the cluster


@contextmanager
def both(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Serve both platforms, and return where each is; what they are asked stands in a file each."""
    old = Emulator(options=Options(log=str(tmp_path / "iguazio3.jsonl")))
    new = Emulator4(options=Options4(log=str(tmp_path / "iguazio4.jsonl")))
    with serving(old) as one, serving(new) as other:
        yield {
            "iguazio3": one.url,
            "iguazio4": other.url,
            "V3IO_ACCESS_KEY": one.access_key,
            "IGZ_OFFLINE_TOKEN": other.offline_token,
        }
    old.close()
    new.close()


@pytest.mark.parametrize(("name", "variable"), [("iguazio3", "V3IO_ACCESS_KEY"), ("iguazio4", "IGZ_OFFLINE_TOKEN")])
def test_credentials_of_one_platform_alone_tell_without_a_question(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, variable: str
) -> None:
    with both(tmp_path) as places:
        monkeypatch.setenv(variable, places[variable])
        ran = cli("whoami", "-o", "json", "--endpoint", places[name])
    assert (ran.code, json.loads(ran.out)["username"]) == (0, "admin")


@pytest.mark.parametrize("name", ["iguazio3", "iguazio4"])
def test_with_credentials_of_both_the_server_is_asked_once(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with both(tmp_path) as places:
        for variable in ("V3IO_ACCESS_KEY", "IGZ_OFFLINE_TOKEN"):
            monkeypatch.setenv(variable, places[variable])
        asked = cli("whoami", "-o", "json", "--endpoint", places[name])
        first = (tmp_path / f"{name}.jsonl").read_text().splitlines()
        stated = cli("whoami", "-o", "json", "--endpoint", places[name], "--platform", name)
        second = (tmp_path / f"{name}.jsonl").read_text().splitlines()[len(first) :]
    assert (asked.code, stated.code, asked.out) == (0, 0, stated.out)
    assert len(first) == len(second) + 1
    assert "refresh-access-token" in first[0]


def test_where_nobody_can_tell_nothing_is_guessed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("V3IO_ACCESS_KEY", "k")
    monkeypatch.setenv("IGZ_OFFLINE_TOKEN", "t")
    ran = cli("whoami", "--endpoint", "http://127.0.0.1:9")
    assert ran.code == 1
    assert "It cannot be told which platform is at http://127.0.0.1:9" in told(ran.err)
    assert "Say it by --platform, IGZ_PLATFORM or the target's `platform`" in told(ran.err)


@pytest.mark.parametrize("trouble", [PermissionError("closed"), RuntimeError("no home")])
def test_in_a_home_that_cannot_be_looked_into_there_is_no_token_file(
    monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    def fail(*_: object) -> Path:
        raise trouble

    monkeypatch.setattr(Path, "exists" if isinstance(trouble, OSError) else "home", fail)
    assert IGUAZIO4.credentials_in(Connection("https://igz.test"), {}) == ""
    with pytest.raises(NoCredentials):
        credentials_from({})


def test_without_any_credentials_nothing_is_sent_and_both_ways_are_told(cli: Cli) -> None:
    ran = cli("whoami", "--endpoint", "http://127.0.0.1:9")
    assert ran.code == 3
    assert "Nothing says which platform this is" in ran.err
    assert "There are no credentials." in ran.err


@pytest.mark.usefixtures("manifests_4")
def test_credentials_and_manifests_of_different_platforms_are_refused_before_anything_is_sent(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("V3IO_ACCESS_KEY", "k")
    ran = cli("apply", "-y", "--endpoint", "http://127.0.0.1:9")
    assert ran.code == 3
    assert "the cluster is an Iguazio 3: of credentials there is V3IO_ACCESS_KEY alone." in told(ran.err)


# Where tokens come from


def tokens(config: str = "", environ: dict[str, str] | None = None, **given: str) -> tuple[str, str, str, str]:
    Path("igz-apply.yaml").write_text(f"version: 1\ntargets: {{t: {{endpoint: 'https://a.test', {config}}}}}\n")
    session = Session(GlobalFlags(target="t", **given), environ or {})
    found: Connection = connection_of(session, config_of(session))
    return found.offline_token, found.token_file, found.token_name, found.service_account_file


CONFIGURED = "offline_token_file: tokens.yml, token_name: ci"
ENVIRONMENT = {"IGZ_OFFLINE_TOKEN": "canary", "IGZ_SERVICE_ACCOUNT_TOKEN_FILE": "/run/token"}


def test_tokens_come_from_the_command_line_then_the_environment_then_the_config() -> None:
    assert tokens() == ("", "", "", "")
    assert tokens(CONFIGURED) == ("", "tokens.yml", "ci", "")
    assert tokens(CONFIGURED, {"IGZ_SERVICE_ACCOUNT_TOKEN_FILE": "/run/token"}) == ("", "", "", "/run/token")
    assert tokens(CONFIGURED, ENVIRONMENT) == ("canary", "", "", "")
    assert tokens(CONFIGURED, ENVIRONMENT, offline_token_file="mine.yml") == ("", "mine.yml", "ci", "")
    assert tokens(CONFIGURED, ENVIRONMENT, token_name="me") == ("", "tokens.yml", "me", "")
    assert tokens("", ENVIRONMENT, token_name="me") == ("", "", "me", "")


def test_a_token_stays_out_of_reprs(workspace: Path) -> None:
    del workspace
    assert "canary" not in repr(Connection("https://a.test", offline_token="canary"))


def test_a_token_in_the_config_is_refused_with_where_it_belongs(cli: Cli, workspace: Path) -> None:
    (workspace / "igz-apply.yaml").write_text("version: 1\ntargets: {t: {offline_token: canary-4711}}\n")
    ran = cli("plan", "--target", "t")
    assert (ran.code, "set IGZ_OFFLINE_TOKEN where igz-apply runs" in told(ran.err)) == (3, True)


def test_an_offline_token_is_printed_nowhere(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with both(tmp_path) as places:
        for token in (places["IGZ_OFFLINE_TOKEN"], "canary-4711", "eyJhIjoxfQ.eyJjYW5hcnkiOiI0NzExIn0.canary-4711"):
            monkeypatch.setenv("IGZ_OFFLINE_TOKEN", token)
            for command in (("whoami",), ("get", "users"), ("plan",), ("export",)):
                Path("manifests").mkdir(exist_ok=True)
                Path("manifests/new.yaml").write_text(MANIFESTS_4)
                ran = cli(*command, "--endpoint", places["iguazio4"], "-vv", "--retries", "0")
                assert token not in ran.out + ran.err
                assert "canary-4711" not in ran.out + ran.err
                assert token.split(".")[-1] not in ran.out + ran.err


# A new repository


def test_a_new_repository_for_iguazio_4_is_valid_and_can_be_rehearsed(cli: Cli, workspace: Path) -> None:
    ran = cli("init", "--platform", "iguazio4")
    assert ran.code == 0
    texts = {path: path.read_text() for path in workspace.rglob("*") if path.is_file()}
    assert not [
        path for path, text in texts.items() if ".vscode" not in path.parts and ("V3IO" in text or "<<" in text)
    ]
    assert not (workspace / "manifests" / "app_service.yaml").exists()
    assert "IGZ_OFFLINE_TOKEN: ${{ secrets.IGZ_OFFLINE_TOKEN }}" in texts[workspace / ".github/workflows/igz-apply.yml"]
    assert cli("validate", "--strict").code == 0
    assert cli("apply", "-y", "--target", "dev", "--endpoint", "embedded4", "--stand-ins").code == 0
    assert cli("plan", "--target", "dev", "--detailed-exitcode").code == 0
