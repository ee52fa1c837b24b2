"""`accept`: what the cluster has, written into the manifests, over real HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from igz_apply.emulator import Server
from tests.cli.cli_world import Cli

pytestmark = pytest.mark.full

COMPANY = """\
# Who works here
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec:
  first_name: Ada
  last_name: L
  email: "ada@example.com"   # hers
  job_title: Scientist
  password: {from_env: ADA}
---
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: ds}
spec: {description: Data scientists, users: [ada]}
---
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: churn}
spec:
  owner: ada
  labels: {team: retail, tier: gold}
  members:
    editor:
      groups: [ds]
---
# Nobody's
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: ops}
spec: {description: Operators}
"""
THERE = (
    COMPANY.replace("ada@example.com", "countess@example.com")
    .replace("  job_title: Scientist\n", "")
    .replace("{team: retail, tier: gold}", "{team: fraud, tier: gold}")
    .replace("groups: [ds]", "groups: [ops]")
    .replace("users: [ada]", "users: []")
)


@pytest.fixture
def company(cli: Cli, workspace: Path, cluster: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A cluster to which a small company was applied, and on which others changed a lot then."""
    monkeypatch.setenv("ADA", "Lovelace-1815!")
    (workspace / "manifests").mkdir()
    (workspace / "manifests" / "all.yaml").write_text(COMPANY)
    assert cli("apply", "-y").code == 0
    elsewhere = workspace / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "all.yaml").write_text(THERE.replace("---\n# Nobody's", "  job_title: null\n---\n# Nobody's", 0))
    (elsewhere / "igz-apply.yaml").write_text(
        "version: 1\nmanifests: [.]\nignore: [igz-apply.yaml]\ndefaults: {inventory: state/other.json}\n"
    )
    return cluster


def change(cli: Cli, workspace: Path, text: str) -> None:
    """Make the cluster as a text says, as others would."""
    (workspace / "elsewhere" / "all.yaml").write_text(text)
    ran = cli("apply", "-y", "--config", "elsewhere/igz-apply.yaml")
    assert ran.code == 0, ran.err


def text(workspace: Path) -> str:
    return (workspace / "manifests" / "all.yaml").read_text()


@pytest.mark.usefixtures("company")
def test_what_others_changed_is_accepted_and_the_plan_shows_it_no_more(cli: Cli, workspace: Path) -> None:
    change(cli, workspace, THERE.replace("email", "job_title: Countess\n  email"))
    ran = cli("accept", "User/ada#spec.email")
    assert ran.code == 0, ran.err
    assert text(workspace) == COMPANY.replace("ada@example.com", "countess@example.com")
    assert '+  email: "countess@example.com"   # hers\n' in ran.out
    assert "email  " not in ran.out[ran.out.index("Changes") :]
    ran = cli("accept", "User/ada", "Group/ds", "Project/churn")
    assert ran.code == 0, ran.err
    assert text(workspace) == (
        COMPANY.replace("ada@example.com", "countess@example.com")
        .replace("Scientist", "Countess")
        .replace("users: [ada]", "users: []")
        .replace("{team: retail", "{team: fraud")
        .replace("groups: [ds]", "groups: [ops]")
    )
    assert cli("plan", "--detailed-exitcode").code == 0
    ran = cli("accept", "User/ada", "Group/ds#users")
    assert (ran.code, ran.out, "Nothing to accept" in ran.err) == (0, "", True)


@pytest.mark.usefixtures("company")
def test_a_dry_run_writes_nothing(cli: Cli, workspace: Path) -> None:
    change(cli, workspace, THERE)
    ran = cli("accept", "Project/churn#labels.team", "--dry-run")
    assert (ran.code, text(workspace)) == (0, COMPANY)
    assert "+  labels: {team: fraud, tier: gold}\n" in ran.out
    assert "Nothing was written (--dry-run)" in ran.err
    assert cli("accept", "Project/churn#labels.team", "--path", "manifests").code == 0
    assert text(workspace) == COMPANY.replace("retail", "fraud")


@pytest.mark.usefixtures("company")
def test_what_was_deleted_there_loses_its_manifest(cli: Cli, workspace: Path) -> None:
    change(cli, workspace, COMPANY + "lifecycle: {state: absent}\n")
    ran = cli("accept", "Group/ops")
    assert ran.code == 0, ran.err
    assert text(workspace) == COMPANY[: COMPANY.index("---\n# Nobody's")]
    assert cli("plan", "--detailed-exitcode").code == 0


@pytest.mark.usefixtures("company")
def test_what_others_still_name_is_not_taken_away(cli: Cli, workspace: Path) -> None:
    gone = COMPANY.replace("spec: {description: Data scientists, users: [ada]}", "lifecycle: {state: absent}")
    change(cli, workspace, gone.replace("groups: [ds]", "groups: []"))
    ran = cli("accept", "Group/ds")
    assert (ran.code, "Unknown reference" in ran.err, text(workspace)) == (3, True, COMPANY), ran.err
    assert cli("accept", "Group/ds", "Project/churn").code == 0


@pytest.mark.usefixtures("company")
def test_what_names_nothing_is_told(cli: Cli, workspace: Path) -> None:
    for arguments, said in (
        (("User/adda",), "Did you mean User/ada?"),
        (("User/admin",), "igz-apply export --only User/admin"),
        (("ada",), "Write Kind/name"),
        (("User/ada", "--path", "-"), "standard input"),
    ):
        ran = cli("accept", *arguments)
        assert (ran.code, said in ran.err) == (3, True), ran.err
    assert text(workspace) == COMPANY


@pytest.mark.usefixtures("company")
def test_a_field_that_the_kind_does_not_have_is_told_with_the_one_that_was_meant(cli: Cli, workspace: Path) -> None:
    for wish, said in (
        ("User/ada#nofield", "igz-apply explain User lists its fields"),
        ("User/ada#spec.emial", "Did you mean User/ada#email?"),
        ("Project/churn#members.editr", "Did you mean Project/churn#members.editor?"),
    ):
        ran = cli("accept", wish)
        assert (ran.code, "Unknown field [IGZ-203]" in ran.err, said in ran.err) == (3, True, True), ran.err
    assert cli("accept", "Project/churn#labels.none").code == 0
    assert (workspace / "manifests" / "all.yaml").read_text() == COMPANY


@pytest.mark.usefixtures("company")
def test_a_secret_is_never_accepted(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADA", "Lovelace-1852!")
    ran = cli("accept", "User/ada#password")
    assert (ran.code, "Secret stays [IGZ-547]" in ran.err, text(workspace)) == (3, True, COMPANY)
    assert "all.yaml:10" in ran.err
    ran = cli("accept", "User/ada")
    assert (ran.code, "is a secret" in ran.err, text(workspace)) == (0, True, COMPANY)


@pytest.mark.usefixtures("company")
def test_what_a_rail_refuses_is_told_after_the_files_are_written(cli: Cli, workspace: Path) -> None:
    change(cli, workspace, THERE)
    hidden = COMPANY.replace("spec: {description: Operators}", "spec: {description: Operators, gid: 77}")
    (workspace / "manifests" / "all.yaml").write_text(hidden)
    ran = cli("accept", "User/ada#email")
    assert (ran.code, "Immutable field" in ran.err) == (4, True), ran.err
    assert text(workspace) == hidden.replace("ada@example.com", "countess@example.com")
    assert cli("accept", "Group/ops#gid").code == 0
    assert "gid: 77" not in text(workspace)
