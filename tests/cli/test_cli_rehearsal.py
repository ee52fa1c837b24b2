"""A rehearsal on the emulator inside the command, where CI has no secrets: they are made up, and never remembered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from igz_apply.controlplane import Client
from igz_apply.emulator import Emulator, Options, Server, serving
from tests.cli.cli_world import Cli

MANIFESTS = """\
apiVersion: iguazio.com/v1
kind: User
metadata: {name: claude}
spec:
  first_name: Claude
  last_name: Shannon
  email: claude@example.com
  password: {%s}
---
apiVersion: iguazio.com/v1
kind: AppService
metadata: {name: shipper}
spec:
  kind: filebeat
  filebeat: {elasticsearch_password: {from_file: search.txt}}
"""
EMBEDDED = ("--endpoint", "embedded", "-y")
SAID = "not available here, so made up for the emulator: "


@pytest.fixture
def manifest(workspace: Path) -> Path:
    """A user and a service whose secrets are nowhere."""
    (workspace / "manifests").mkdir()
    path = workspace / "manifests" / "all.yaml"
    path.write_text(MANIFESTS % "from_env: CLAUDE_PASSWORD")
    return path


def remembered(address: str) -> dict[str, str]:
    """The hashes that the inventory holds of a resource."""
    entries = json.loads(Path(".igz-apply/inventory.json").read_text())["entries"]
    found: dict[str, str] = entries[address].get("secrets", {})
    return found


def can_log_in(password: str) -> bool:
    emulator = Emulator(Path(".igz-apply/embedded.db"), Options())
    try:
        with serving(emulator) as server, Client(endpoint=server.url, username="claude", password=password) as client:
            client.login()
            return True
    finally:
        emulator.close()


@pytest.mark.usefixtures("manifest")
def test_what_is_missing_is_made_up_said_and_not_remembered(cli: Cli) -> None:
    ran = cli("apply", *EMBEDDED)
    assert ran.code == 0, ran.err
    said = " ".join(ran.out.split())
    assert f"{SAID}AppService/shipper#filebeat.elasticsearch_password, User/claude#password" in said
    assert remembered("User/claude") == remembered("AppService/shipper") == {}
    again = cli("plan", "--endpoint", "embedded", "--detailed-exitcode")
    assert (again.code, "No changes." in again.out, SAID in again.out) == (0, True, False)


@pytest.mark.usefixtures("manifest")
def test_the_secret_itself_is_sent_once_it_is_there(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("apply", *EMBEDDED)
    monkeypatch.setenv("CLAUDE_PASSWORD", "Entropy-1948!")
    Path("search.txt").write_text("words\n")
    ran = cli("apply", *EMBEDDED)
    assert (ran.code, "0 to create, 2 to update" in ran.out, SAID in ran.out) == (0, True, False), ran.err
    assert set(remembered("User/claude")) == {"password"}
    assert can_log_in("Entropy-1948!")


def test_a_variable_that_ci_set_to_nothing_counts_as_missing(
    cli: Cli, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest.write_text(MANIFESTS.partition("---")[0] % "from_env: CLAUDE_PASSWORD")
    monkeypatch.setenv("CLAUDE_PASSWORD", "")
    assert cli("apply", *EMBEDDED).code == 0


def test_a_secret_file_that_is_of_no_use_is_a_fault_in_a_rehearsal_too(cli: Cli, manifest: Path) -> None:
    manifest.write_text(MANIFESTS.partition("---")[0] % "from_file: claude.txt")
    Path("claude.txt").write_bytes(b"\xff\xfe")
    ran = cli("apply", *EMBEDDED)
    assert (ran.code, "Missing secret" in ran.err) == (3, True)


@pytest.mark.usefixtures("manifest")
def test_nothing_is_made_up_for_an_emulator_behind_an_address(cli: Cli, cluster: Server) -> None:
    ran = cli("apply", "-y")
    assert (ran.code, "Missing secret" in ran.err, SAID in ran.out) == (3, True, False)
    with Client(endpoint=cluster.url, access_key=cluster.access_key) as client:
        assert client.get("users", params={"filter[username]": "claude"}).data == []


@pytest.mark.usefixtures("manifest")
def test_to_send_a_secret_again_takes_the_secret(cli: Cli) -> None:
    cli("apply", *EMBEDDED)
    ran = cli("apply", *EMBEDDED, "--rotate", "User/claude#password")
    assert (ran.code, "Missing secret" in ran.err) == (3, True)


@pytest.mark.usefixtures("manifest")
def test_a_saved_plan_says_it_when_the_secrets_are_gone_since(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_PASSWORD", "Entropy-1948!")
    Path("search.txt").write_text("words\n")
    planned = cli("plan", "--endpoint", "embedded", "--out", "saved.json")
    assert (planned.code, SAID in planned.out) == (0, False)
    monkeypatch.delenv("CLAUDE_PASSWORD")
    ran = cli("apply", *EMBEDDED, "--plan", "saved.json")
    assert (ran.code, f"{SAID}User/claude#password" in ran.err) == (0, True)
    assert remembered("User/claude") == {}
