from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from igz_apply.cli.main import root
from igz_apply.cli.session import GlobalFlags, Session, source_lines
from igz_apply.cli.settings import config_of, connection_of, embedded_file
from igz_apply.cli.shared_options import duration, waiver
from igz_apply.emulator import Server
from igz_apply.errors import InvalidInput
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.platform import Connection
from tests.cli.cli_world import MANIFESTS, Cli

CONFIG = """\
version: 1
targets:
  prod: {endpoint: "https://target.example.com", username: targeted}
  dev: {endpoint: embedded}
"""


def connection(config: str = "", environ: dict[str, str] | None = None, **given: object) -> Connection:
    if config:
        Path("igz-apply.yaml").write_text(config)
    session = Session(global_flags=GlobalFlags(**given), environ=environ or {})
    return connection_of(session, config_of(session))


def test_the_command_line_wins_over_the_environment_over_the_target() -> None:
    environ = {"IGZ_ENDPOINT": "https://environment.example.com", "V3IO_USERNAME": "environed"}
    line = connection(CONFIG, environ, target="prod", endpoint="https://line.example.com", username="lined")
    assert (line.endpoint, line.username) == ("https://line.example.com", "lined")
    env = connection(CONFIG, environ, target="prod")
    assert (env.endpoint, env.username) == ("https://environment.example.com", "environed")
    target = connection(CONFIG, target="prod")
    assert (target.endpoint, target.username) == ("https://target.example.com", "targeted")


def test_the_environment_chooses_endpoint_target_and_config(workspace: Path) -> None:
    assert connection(environ={"V3IO_API": "https://a.example.com"}).endpoint == "https://a.example.com"
    both = {"V3IO_API": "https://a.example.com", "IGZ_ENDPOINT": "https://b.example.com"}
    assert connection(environ=both).endpoint == "https://b.example.com"
    (workspace / "other.yaml").write_text(CONFIG)
    chosen = connection(environ={"IGZ_CONFIG": "other.yaml", "IGZ_TARGET": "dev"})
    assert embedded_file(chosen) == Path(".igz-apply/embedded.db")


def test_an_environment_that_overrules_a_named_target_is_said(cli: Cli, workspace: Path, cluster: Server) -> None:
    (workspace / "igz-apply.yaml").write_text(CONFIG)
    ran = cli("whoami", "--target", "prod")
    assert ran.code == 0
    assert "not that of target prod" in ran.err
    assert cluster.url in ran.err


@pytest.mark.parametrize(
    "endpoint", ["https://ada:s3cretpw@127.0.0.1:1", "ada:s3cretpw@127.0.0.1:1", "https://ada:s3/cr@s3cretpw@127.0.0.1"]
)
@pytest.mark.parametrize("command", [["whoami"], ["plan"], ["export"], ["service", "restart", "s"]])
def test_a_password_in_an_endpoint_is_printed_nowhere(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch, endpoint: str, command: list[str]
) -> None:
    (workspace / "manifests").mkdir()
    (workspace / "igz-apply.yaml").write_text("version: 1\ntargets: {prod: {endpoint: 'https://prod.test'}}\n")
    given = cli(*command, "--endpoint", endpoint, "--insecure-skip-tls-verify")
    monkeypatch.setenv("IGZ_ENDPOINT", endpoint)
    overruled = cli(*command, "--target", "prod")
    (workspace / "igz-apply.yaml").write_text(f"version: 1\ntargets: {{prod: {{endpoint: '{endpoint}'}}}}\n")
    named = cli(*command, "--target", "prod")
    assert "TLS certificate of " in given.err
    assert "not that of target prod" in overruled.err
    assert "does not have the form" in named.err
    for ran in (given, overruled, named):
        assert ran.code == 3
        assert "127.0.0.1" in ran.err
        assert "s3c" not in ran.err + ran.out
        assert "s3/c" not in ran.err + ran.out


def test_nothing_on_the_command_line_is_taken_for_not_said() -> None:
    given = GlobalFlags()
    with pytest.raises(InvalidInput):
        root.main(
            ["--retries", "3", "whoami", "--retries", "0"],
            standalone_mode=False,
            obj=Session(global_flags=given, environ={}),
        )
    assert given.retries == 0


def test_without_any_endpoint_nothing_succeeds() -> None:
    with pytest.raises(InvalidInput, match="no endpoint"):
        connection()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("", "choose a target of igz-apply.yaml with --target: prod, dev, bare."),
        ("bare", "give the target bare of igz-apply.yaml one."),
    ],
)
def test_a_missing_endpoint_is_told_with_the_ways_that_the_config_offers(target: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        connection(f"{CONFIG}  bare: {{}}\n", target=target)
    assert said in caught.value.problems[0].hint


def test_secrets_come_from_files_and_stay_out_of_reprs(workspace: Path) -> None:
    (workspace / "key").write_text("canary-key\n")
    found = connection(endpoint="https://a.example.com", access_key_file="key")
    assert found.access_key == "canary-key"
    assert "canary" not in repr(found)


def test_a_password_is_read_from_standard_input(cluster: Server) -> None:
    command = [sys.executable, "-m", "igz_apply", "whoami", "-o", "json", "--password-stdin", "--username", "admin"]
    environ = {"IGZ_ENDPOINT": cluster.url, "PATH": "/usr/bin:/bin"}
    right = subprocess.run(
        command, input=f"{cluster.password}\n", capture_output=True, text=True, env=environ, check=False
    )
    assert json.loads(right.stdout)["username"] == "admin"
    wrong = subprocess.run(command, input="canary-9\n", capture_output=True, text=True, env=environ, check=False)
    assert wrong.returncode == 1
    assert "canary-9" not in wrong.stderr + wrong.stdout
    none = subprocess.run(command, input="", capture_output=True, text=True, env=environ, check=False)
    assert none.returncode == 3
    assert "Standard input holds no password." in none.stderr


def test_manifests_come_from_standard_input(cluster: Server) -> None:
    environ = {"IGZ_ENDPOINT": cluster.url, "V3IO_ACCESS_KEY": cluster.access_key, "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "igz_apply", "plan", "-"]
    done = subprocess.run(command, input=MANIFESTS, capture_output=True, text=True, env=environ, check=False)
    assert "\nPlan: 3 to create, 0 to update, 0 to delete; 0 unchanged.\n" in done.stdout


@pytest.mark.parametrize("arguments", ["validate -", "whoami --password-stdin --username admin", "apply -"])
def test_a_closed_standard_input_is_an_empty_one(arguments: str) -> None:
    command = f"exec {sys.executable} -m igz_apply {arguments} --endpoint embedded <&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "defect" not in done.stderr


def test_a_call_that_may_take_no_time_is_wrong_usage(cli: Cli) -> None:
    ran = cli("whoami", "--endpoint", "embedded", "--timeout", "0")
    assert (ran.code, "may take no time" in ran.err) == (3, True)


def test_the_lines_that_are_quoted_are_counted_as_an_editor_counts_them(workspace: Path) -> None:
    (workspace / "a.yaml").write_text("a: \u2028\r\nb: \x0c\rc: 1\n", newline="")
    assert source_lines("a.yaml") == ["a: \u2028", "b: \x0c", "c: 1", ""]


def test_only_a_regular_file_is_read_again_to_quote_it(workspace: Path) -> None:
    os.mkfifo(workspace / "pipe.yaml")
    assert source_lines("pipe.yaml") == source_lines("/dev/zero") == []


@pytest.mark.parametrize("name", ["no-database", "folder", "file/below"])
def test_an_emulator_whose_file_is_of_no_use_says_so(cli: Cli, workspace: Path, name: str) -> None:
    (workspace / "no-database").write_text("something else " * 100)
    (workspace / "file").touch()
    (workspace / "folder").mkdir()
    ran = cli("whoami", "--endpoint", f"embedded:{name}")
    assert (ran.code, ran.err.startswith(f"error: {name} cannot be used as the emulator's database")) == (1, True)


@pytest.mark.parametrize("text", ["delete:user=4", "delete:Pod=4", "remove:User=4", "delete:User=-1", "delete:User"])
def test_a_waiver_that_could_waive_nothing_is_wrong_usage(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"has no limit|is not a waiver"):
        waiver(text, KINDS)


@pytest.mark.parametrize(("text", "seconds"), [("90", 90.0), ("1.5m", 90.0), ("1h30m", 5400.0), ("250ms", 0.25)])
def test_a_time_on_the_command_line_may_be_said_as_in_the_config(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5", "5 minutes", "1e3", "٣"])
def test_what_is_no_time_is_wrong_usage(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a duration"):
        duration(text)
