"""Secrets from commands and stores, as people have them: allowed, looked at once, told when missing, never shown."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pyrage
import pytest

from igz_apply.controlplane import Client
from igz_apply.emulator import Server
from igz_apply.local.package_data import load_schema
from tests.cli.cli_world import Cli
from tests.local.packages import install
from tests.processes import is_gone
from tests.sops_files import install_sops, sops_file

WORD = "Correct-horse-1!"
LATER = "Battery-staple-2!"
USER = """\
apiVersion: iguazio.com/v1
kind: User
metadata: {name: %s}
spec:
  first_name: A
  last_name: B
  email: %s@example.com
  password: %s
"""
SOPS = """{from_command: [sops, --decrypt, --extract, '["%s"]["password"]', secrets/people.yaml]}"""
ALLOW_SOPS = """secrets: {commands: [[sops, --decrypt, --extract, "*", secrets/*.yaml]]}\n"""
STORE = """\
from igz_apply.ports import Unread

class Acme:
    def __init__(self, environ, options):
        pass

    def read(self, keys):
        with open("asked", "a") as file:
            print(*keys, file=file)
        return {"ada": "Correct-horse-1!", "bob": Unread.denied()}
"""


def config(text: str) -> None:
    Path("igz-apply.yaml").write_text(f"version: 1\n{text}")


def users(**passwords: str) -> None:
    Path("manifests").mkdir(exist_ok=True)
    text = "---\n".join(USER % (name, name, password) for name, password in passwords.items())
    Path("manifests/users.yaml").write_text(text)


def program(path: str, text: str) -> None:
    file = Path(path)
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def can_log_in(cluster: Server, name: str, password: str) -> bool:
    with Client(endpoint=cluster.url, username=name, password=password) as client:
        client.login()
        return True


def flat(text: str) -> str:
    return " ".join(text.split())


Written = Callable[[str], None]


@pytest.fixture
def sops(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """SOPS on the PATH, its key in the environment, and a way to write a file with Ada's password."""
    identity = pyrage.x25519.Identity.generate()
    tools = install_sops(workspace.parent / f"{workspace.name}-tools").parent
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SOPS_AGE_KEY", str(identity))
    (workspace / "secrets").mkdir()

    def write(password: str) -> None:
        text = sops_file({"ada": {"password": password}}, str(identity.to_public()))
        (workspace / "secrets" / "people.yaml").write_text(text)

    write(WORD)
    return write


@pytest.fixture
def acme(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package that offers a store, for which a log is kept of what it was asked."""
    site = workspace.parent / f"{workspace.name}-site"
    site.mkdir()
    install(site, "acme-secrets", "igz_apply.secrets", acme="acme_for_cli:Acme")
    (site / "acme_for_cli.py").write_text(STORE)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "acme_for_cli", raising=False)
    return site


# A file of SOPS, from end to end


def test_a_password_from_a_sops_file_is_applied_compared_and_rotated(cli: Cli, cluster: Server, sops: Written) -> None:
    config(ALLOW_SOPS)
    users(ada=SOPS % "ada")
    assert cli("validate").code == 0
    shown = """(from command sops --decrypt --extract '["ada"]["password"]' secrets/people.yaml)"""
    assert shown in cli("plan").out
    assert cli("apply", "-y").code == 0
    assert can_log_in(cluster, "ada", WORD)
    assert cli("plan", "--detailed-exitcode").code == 0
    sops(LATER)
    ran = cli("plan", "--detailed-exitcode", "--format", "json")
    assert ran.code == 2
    plan = json.loads(ran.out)
    jsonschema.validate(plan, load_schema("plan"))
    (change,) = [each for each in plan["changes"] if each["action"] == "update"]
    argv = ["sops", "--decrypt", "--extract", '["ada"]["password"]', "secrets/people.yaml"]
    assert [item["after"] for item in change["diff"]] == [shown]
    assert change["desired"]["spec"]["password"] == {"$secret": {"from_command": argv}}
    assert cli("apply", "-y").code == 0
    assert can_log_in(cluster, "ada", LATER)
    assert cli("plan", "--detailed-exitcode").code == 0


@pytest.mark.usefixtures("cluster", "sops")
def test_where_the_key_is_not_a_plan_says_what_it_did_not_compare(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    config(ALLOW_SOPS)
    users(ada=SOPS % "ada")
    assert cli("apply", "-y").code == 0
    monkeypatch.delenv("SOPS_AGE_KEY")
    users(ada=SOPS % "ada", bob=SOPS % "ada")
    ran = cli("plan")
    assert ran.code == 0
    said = "since the command ended with exit code 128; run it by hand in"
    assert f"not compared, {said}" in flat(ran.out)
    assert "to see what it says: User/ada#password" in flat(ran.out)
    assert "password is not available here (command sops" in flat(ran.out)
    assert "data key" not in ran.out + ran.err
    ran = cli("apply", "-y")
    assert (ran.code, "error: Missing secret [IGZ-709]" in ran.err) == (3, True)
    assert "password of User/bob comes from command sops" in flat(ran.err)
    assert "and the command ended with exit code 128" in flat(ran.err)


def test_the_file_of_a_saved_plan_names_the_command_and_applying_it_runs_it(
    cli: Cli, cluster: Server, sops: Written
) -> None:
    del sops
    config(ALLOW_SOPS)
    users(ada=SOPS % "ada")
    assert cli("plan", "--out", "p.json").code == 0
    assert WORD not in Path("p.json").read_text()
    config("")
    ran = cli("apply", "-y", "--plan", "p.json")
    assert (ran.code, "igz-apply.yaml does not allow it" in flat(ran.err) or "nothing allows" in flat(ran.err)) == (
        3,
        True,
    )
    config(ALLOW_SOPS)
    assert cli("apply", "-y", "--plan", "p.json").code == 0
    assert can_log_in(cluster, "ada", WORD)


# Once, at once, and before anything is sent


def test_each_source_is_asked_once_a_run_and_only_for_what_the_run_is_about(
    cli: Cli, cluster: Server, acme: Path
) -> None:
    del acme
    program("get", f'echo "$1" >> log; echo "{WORD}"')
    config('secrets: {commands: [[./get, "*"]], stores: [acme]}\n')
    command, store = "{from_command: [./get, %s]}", "{from_store: acme, key: ada}"
    users(ada=command % "same", bob=command % "same", cy=command % "other", dan=store, eve=store)
    assert cli("apply", "-y").code == 0
    assert (sorted(lines("log")), lines("asked")) == (["other", "same"], ["ada"])
    assert can_log_in(cluster, "eve", WORD)
    for path in ("log", "asked"):
        Path(path).unlink()
    assert cli("plan", "--only", "User/cy").code == 0
    assert cli("plan", "--only", "Group").code == 0
    assert (lines("log"), lines("asked")) == (["other"], [])
    assert cli("drift").code == 0
    assert (sorted(lines("log")), lines("asked")) == (["other", "other", "same"], ["ada"])


def test_what_is_never_compared_is_not_asked_for(cli: Cli, cluster: Server) -> None:
    del cluster
    program("get", f'echo ran >> log; echo "{WORD}"')
    config("secrets: {commands: [[./get]]}\n")
    users(ada="{from_command: [./get]}\nlifecycle: {ignore_changes: [password]}")
    assert cli("apply", "-y").code == 0
    assert cli("plan").code == 0
    assert lines("log") == ["ran"]


def test_all_that_is_missing_is_told_at_once_with_its_line_and_nothing_is_sent(
    cli: Cli, cluster: Server, acme: Path
) -> None:
    del cluster, acme
    program("get", "echo nothing >&2; exit 7")
    config("secrets: {commands: [[./get], [nowhere], [sleep, '60']], stores: [acme, vault, none], timeout: 0.3}\n")
    users(
        ada="{from_env: NOT_SET}",
        bob="{from_store: acme, key: bob}",
        cy="{from_command: [./get]}",
        dan="{from_command: [nowhere]}",
        eve="{from_command: [sleep, '60']}",
        fay="{from_store: none, key: k}",
        gus="{from_store: vault, key: secret/gus#password}",
        hal="{from_store: acme, key: other}",
        ian="{from_store: acme, key: ada}",
    )
    ran = cli("apply", "-y")
    said = flat(ran.err)
    assert ran.code == 3
    for name, line, why in (
        ("ada", 8, "environment variable NOT_SET, and there is nothing."),
        ("bob", 17, "store acme, key bob, and the store does not let this caller read it."),
        ("cy", 26, "command ./get, and the command ended with exit code 7; run it by hand"),
        ("dan", 35, "command nowhere, and there is no program nowhere."),
        ("eve", 44, "command sleep 60, and the command was not done within 0.3s."),
        ("fay", 53, "store none, key k, and no installed package offers a store of that name; there is acme, vault."),
        ("gus", 62, "store vault, key secret/gus#password, and the store cannot be asked: VAULT_ADDR is not set."),
        ("hal", 71, "store acme, key other, and the store has nothing there."),
    ):
        assert f"manifests/users.yaml:{line}:13" in said
        assert f"password of User/{name} comes from {why}" in said
    assert "User/ian" not in said
    assert "8 errors." in said
    assert "example.com" not in cli("get", "users", "-o", "json").out
    assert not Path(".igz-apply/inventory.json").exists()


def test_a_broken_package_is_an_error_with_its_name_and_no_traceback(cli: Cli, cluster: Server, acme: Path) -> None:
    del cluster
    (acme / "acme_for_cli.py").write_text("import no_such_module_at_all")
    config("secrets: {stores: [acme]}\n")
    users(ada="{from_store: acme, key: ada}")
    assert cli("validate").code == 0
    ran = cli("plan")
    assert (ran.code, "error: Broken plug-in [IGZ-480]" in ran.err, "Traceback" in ran.err) == (3, True, False)
    assert "acme-secrets, cannot be imported: ModuleNotFoundError" in flat(ran.err)


def test_a_package_offered_twice_is_an_error(cli: Cli, cluster: Server, acme: Path) -> None:
    del cluster
    install(acme, "zenith", "igz_apply.secrets", acme="json:dumps")
    config("secrets: {stores: [acme]}\n")
    users(ada="{from_store: acme, key: ada}")
    ran = cli("plan")
    assert (ran.code, "error: Plug-in offered twice [IGZ-481]" in ran.err) == (3, True)
    assert "acme-secrets and zenith both offer" in flat(ran.err)


# Who allows it


@pytest.mark.usefixtures("cluster")
def test_what_the_config_does_not_allow_is_an_error_at_its_line_and_nothing_runs(cli: Cli) -> None:
    program("get", "touch ran")
    config("secrets: {commands: [[./get, ada]]}\n")
    users(ada="{from_command: [./get, ada, more]}", bob="{from_store: vault, key: a/b#c}")
    for command in (("validate",), ("plan",), ("apply", "-y"), ("drift",), ("plan", "--endpoint", "embedded")):
        ran = cli(*command)
        said = flat(ran.out + ran.err)
        assert ran.code == 3, command
        assert "manifests/users.yaml:8:13" in said
        assert "error: Command not allowed [IGZ-360]" in said
        assert (
            "`spec.password` of User/ada comes from command ./get ada more, which igz-apply.yaml does not allow. "
            'Of this program it allows ["./get", "ada"].' in said
        )
        assert "error: Store not allowed [IGZ-361]" in said
        assert "manifests/users.yaml:17:13" in said
    assert not Path("ran").exists()


def test_what_the_environment_allows_is_allowed_beside_the_config(
    cli: Cli, cluster: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("get", f"echo '{WORD}'")
    users(ada="{from_command: [./get, ada]}")
    assert cli("validate").code == 3
    monkeypatch.setenv("IGZ_SECRET_COMMANDS", '[["./get", "*"]]')
    assert cli("apply", "-y").code == 0
    assert can_log_in(cluster, "ada", WORD)


@pytest.mark.parametrize("text", ["[", '"x"', "[[]]", '[["a", 1]]', '[["*"]]', '["sops"]', '[[""]]'])
def test_an_environment_that_makes_no_sense_is_refused(text: str, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    users(ada="{from_env: A}")
    monkeypatch.setenv("IGZ_SECRET_COMMANDS", text)
    ran = cli("validate")
    assert (ran.code, "IGZ_SECRET_COMMANDS is no list of commands." in ran.err) == (3, True)


@pytest.mark.usefixtures("cluster", "acme")
def test_where_it_is_pinned_the_config_allows_nothing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    program("get", f"touch ran; echo '{WORD}'")
    config("secrets: {commands: [[./get]], stores: [acme]}\n")
    users(ada="{from_command: [./get]}", bob="{from_store: acme, key: ada}")
    monkeypatch.setenv("IGZ_PINNED", "secrets")
    ran = cli("plan")
    said = flat(ran.err)
    assert ran.code == 3
    assert "which IGZ_SECRET_COMMANDS does not allow. What the config allows does not count" in said
    assert "and IGZ_SECRET_STORES does not allow that store. What the config allows does not count" in said
    monkeypatch.setenv("IGZ_SECRET_COMMANDS", '[["./get"]]')
    ran = cli("plan")
    assert (ran.code, "names ./get, a program in the checkout" in flat(ran.err)) == (3, True)
    assert not Path("ran").exists()


def test_where_it_is_pinned_the_environment_allows_and_no_program_of_the_checkout_runs(
    cli: Cli, cluster: Server, workspace: Path, acme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del acme
    (workspace / ".git").mkdir()
    program("bin/get-it", "echo theirs")
    tools = workspace.parent / f"{workspace.name}-tools"
    tools.mkdir()
    program(str(tools / "get-it"), f"echo '{WORD}'")
    config("")
    users(ada="{from_command: [get-it]}", bob="{from_store: acme, key: ada}")
    monkeypatch.setenv("IGZ_PINNED", "secrets")
    monkeypatch.setenv("IGZ_SECRET_COMMANDS", '[["get-it"]]')
    monkeypatch.setenv("IGZ_SECRET_STORES", "other, acme")
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", f"bin{os.pathsep}{workspace / 'bin'}{os.pathsep}{path}")
    ran = cli("apply", "-y")
    assert (ran.code, "there is no program get-it outside the checkout" in flat(ran.err)) == (3, True)
    monkeypatch.setenv("PATH", f"bin{os.pathsep}{workspace / 'bin'}{os.pathsep}{tools}{os.pathsep}{path}")
    assert cli("apply", "-y").code == 0
    assert can_log_in(cluster, "ada", WORD)
    assert can_log_in(cluster, "bob", WORD)


def test_the_configs_own_words_are_checked(cli: Cli) -> None:
    users(ada="{from_env: A}")
    for text, said in (
        ('commands: [["*"]]', "secrets.commands[0][0]"),
        ("commands: [[]]", "secrets.commands[0]"),
        ("commands: [sops]", "secrets.commands[0]"),
        ("timeout: 0s", "secrets.timeout"),
        ("timeout: 0", "secrets.timeout"),
        ("vault: {}", "no field 'vault'"),
    ):
        config(f"secrets: {{{text}}}\n")
        ran = cli("validate")
        assert (ran.code, said in ran.err) == (3, True), ran.err
    for place in ("defaults: {secrets: {}}", "targets: {prod: {secrets: {}}}"):
        config(f"{place}\n")
        ran = cli("validate")
        assert (ran.code, "It belongs at the top." in ran.err) == (3, True), ran.err


# Where else secrets go


@pytest.mark.usefixtures("acme")
def test_a_rehearsal_runs_no_command_and_asks_no_store(cli: Cli) -> None:
    program("get", "touch ran; exit 1")
    config("secrets: {commands: [[./get]], stores: [acme]}\n")
    users(ada="{from_command: [./get]}", bob="{from_store: acme, key: ada}")
    ran = cli("apply", "-y", "--endpoint", "embedded")
    assert ran.code == 0, ran.err
    assert "so made up for the emulator: User/ada#password, User/bob#password" in flat(ran.out)
    assert cli("plan", "--endpoint", "embedded", "--detailed-exitcode").code == 0
    assert not Path("ran").exists()
    assert not Path("asked").exists()


def test_layers_say_where_a_secret_lies(cli: Cli, cluster: Server, acme: Path) -> None:
    del acme
    program("get", f"echo '{WORD}'")
    config(
        "secrets: {commands: [[./get, '*']], stores: [acme]}\n"
        "values:\n  ada_password: {from_command: [./get, ada]}\n  key_of_bob: ada\n"
    )
    users(ada="{from_value: ada_password}", bob="{from_store: acme, key: {from_value: key_of_bob}}")
    ran = cli("render", "--origins")
    assert ran.code == 0
    assert "***" not in ran.out
    assert cli("apply", "-y").code == 0
    assert can_log_in(cluster, "ada", WORD)
    assert can_log_in(cluster, "bob", WORD)


@pytest.mark.usefixtures("cluster", "acme")
def test_an_edit_of_manifests_shows_and_keeps_where_a_secret_lies(cli: Cli) -> None:
    config("secrets: {stores: [acme]}\n")
    users(ada="{from_store: acme, key: ada}", bob="{from_store: acme, key: ada}")
    assert cli("apply", "-y").code == 0
    ran = cli("offboard", "User/ada", "--dry-run", "--offline")
    assert ran.code == 0, ran.err
    assert "-  password: {from_store: acme, key: ada}" in ran.out


def test_a_service_takes_its_settings_from_them_too(cli: Cli, cluster: Server, acme: Path) -> None:
    del cluster, acme
    config("secrets: {stores: [acme]}\n")
    Path("manifests").mkdir()
    Path("manifests/s.yaml").write_text(
        "apiVersion: iguazio.com/v1\nkind: AppService\nmetadata: {name: dash}\n"
        "spec:\n  kind: grafana\n  owner: admin\n  grafana: {admin_password: {from_store: acme, key: ada}}\n"
    )
    ran = cli("plan")
    assert "grafana.admin_password  (from store acme, key ada)" in flat(ran.out).replace(
        "admin_password (", "admin_password  ("
    )
    assert cli("apply", "-y").code == 0
    assert cli("plan", "--detailed-exitcode").code == 0
    ran = cli("get", "AppService", "dash", "-o", "yaml")
    assert WORD not in ran.out


def test_every_report_says_where_a_secret_lies(cli: Cli, cluster: Server) -> None:
    del cluster
    config("secrets: {commands: [[echo, '*']]}\n")
    users(ada=f"{{from_command: [echo, '{WORD[:-1]}x!']}}")
    reports = ("r.md", "r.html", "r.json", "r.xml")
    assert cli("apply", "-y", *(f"--report={name}" for name in reports)).code == 0
    for name in reports[:3]:
        assert "command" in Path(name).read_text()


def test_explain_tells_of_each_place(cli: Cli) -> None:
    said = cli("explain", "User.spec.password").out
    for name in ("from_env", "from_file", "from_command", "from_store", "key"):
        assert f"\n  {name}" in said
    assert "no shell takes part" in cli("explain", "User.spec.password.from_command").out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.usefixtures("cluster")
def test_whoever_interrupts_a_look_ends_what_runs_for_it(number: signal.Signals) -> None:
    program("get", "echo $$ > pid~; mv pid~ pid; sleep 600")
    config("secrets: {commands: [[./get]]}\n")
    users(ada="{from_command: [./get]}")
    with subprocess.Popen([sys.executable, "-m", "igz_apply", "plan"], stderr=subprocess.PIPE, text=True) as process:
        while not Path("pid").exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in said) == (130, False), said
    assert is_gone(Path("pid").read_text())


@pytest.mark.usefixtures("cluster")
def test_what_is_deleted_or_ignored_is_not_asked_for(cli: Cli) -> None:
    config("secrets: {commands: [[./get, '*']]}\n")
    program("get", f'echo "$@" >> ran; echo {WORD}')
    users(ada="{from_command: [./get, ada]}")
    assert cli("apply", "-y").code == 0
    assert lines("ran") == ["ada"]
    manifest = Path("manifests/users.yaml").read_text()
    Path("manifests/users.yaml").write_text(
        manifest.replace("first_name: A", "first_name: Ada") + "lifecycle: {ignore_changes: [password]}\n"
    )
    assert cli("apply", "-y").code == 0
    assert cli("destroy", "-y").code == 0
    assert lines("ran") == ["ada"]
    assert cli("apply", "-y").code == 0  # made again, with it
    assert lines("ran") == ["ada", "ada"]
    assert cli("apply", "-y", "--rotate", "User/ada#password").code == 0
    assert lines("ran") == ["ada", "ada", "ada"]


@pytest.mark.usefixtures("cluster")
def test_a_deadline_counts_for_what_is_asked_for_too(cli: Cli) -> None:
    config("secrets: {commands: [[sleep, '*']]}\n")
    users(ada="{from_command: [sleep, '600']}")
    ran = cli("plan", "--deadline", "3s")
    assert (ran.code, "reached while secrets were looked up. Nothing was changed." in flat(ran.err)) == (1, True)
