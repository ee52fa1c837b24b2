"""A rehearsal of manifests that declare a part of a cluster: what they name besides is made on the emulator."""

from __future__ import annotations

from pathlib import Path

from igz_apply.emulator import Server
from tests.cli.cli_world import Cli

PART = """\
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: churn}
spec: {owner: ada, members: {editor: {groups: [ds], users: [bob]}}}
---
apiVersion: iguazio.com/v1
kind: User
metadata: {name: bob}
spec: {first_name: B, last_name: B, email: b@x.org, groups: [ds]}
"""


def declare(workspace: Path) -> None:
    (workspace / "manifests").mkdir()
    (workspace / "manifests" / "part.yaml").write_text(PART)


def test_what_is_named_and_not_declared_is_made_for_a_rehearsal(cli: Cli, workspace: Path) -> None:
    declare(workspace)
    assert cli("apply", "-y", "--endpoint", "embedded").code == 3
    ran = cli("apply", "-y", "--endpoint", "embedded", "--stand-ins")
    assert (ran.code, "2 of 2 changes applied" in ran.out) == (0, True), ran.err
    assert "warning: stand-ins are on the emulator for what is named and not declared: Group/ds, User/ada" in ran.err
    assert cli("apply", "-y", "--endpoint", "embedded", "--stand-ins").code == 0  # what is there stays as it is
    assert cli("plan", "--endpoint", "embedded", "--detailed-exitcode").code == 0


def test_a_cluster_never_gets_stand_ins(cli: Cli, cluster: Server, workspace: Path) -> None:
    del cluster
    declare(workspace)
    ran = cli("apply", "-y", "--stand-ins")
    assert (ran.code, "it takes --endpoint embedded" in ran.err) == (3, True)
    assert cli("get", "User", "ada").code == 1
    assert cli("apply", "-y", "--plan", "p.json", "--stand-ins", "--endpoint", "embedded").code == 3
