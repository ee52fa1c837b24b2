"""The config's `actions`, from the command line: told at load, asked about, and told of a plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from igz_apply.planning.plan_document import seal
from tests.cli.cli_world import Cli

MANIFESTS = """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: ds}
spec: {description: first}
---
apiVersion: iguazio.com/v1
kind: AppService
metadata: {name: notebook}
spec: {kind: jupyter, owner: admin}
"""
ACTIONS = """\
version: 1
actions:
  - restart: AppService/notebook
    on: [Group/ds]
"""


@pytest.fixture
def repository(workspace: Path) -> Path:
    (workspace / "manifests").mkdir()
    declare(workspace)
    (workspace / "igz-apply.yaml").write_text(ACTIONS)
    return workspace


def declare(repository: Path, description: str = "first") -> None:
    (repository / "manifests" / "all.yaml").write_text(MANIFESTS.replace("first", description))


def test_what_is_wrong_with_an_action_is_told_at_its_place_in_the_config(cli: Cli, repository: Path) -> None:
    wrong = ACTIONS.replace("notebook", "notebok").replace("[Group/ds]", "[spec.resources.limts, Grop/ds]")
    (repository / "igz-apply.yaml").write_text(wrong)
    told = json.loads(cli("validate", "--format", "json").out)["problems"]
    assert [(it["file"], it["line"], it["column"], it["summary"], it["severity"]) for it in told] == [
        ("igz-apply.yaml", 3, 14, "Action on nothing", "warning"),
        ("igz-apply.yaml", 4, 10, "Unknown field", "error"),
        ("igz-apply.yaml", 4, 32, "Unknown kind", "error"),
    ]


def test_another_operation_or_none_is_no_config(cli: Cli, repository: Path) -> None:
    for action, said in (("reboot: AppService/notebook", "restart"), ("on2: x", "restart")):
        (repository / "igz-apply.yaml").write_text(f"version: 1\nactions: [{{{action}, on: [Group/ds]}}]\n")
        ran = cli("validate")
        assert (ran.code, said in ran.err) == (3, True), ran.err


def test_an_iguazio_4_has_no_operations(cli: Cli, repository: Path) -> None:
    (repository / "manifests" / "all.yaml").write_text(
        "apiVersion: iguazio.com/v4\nkind: Group\nmetadata: {name: ds}\nspec: {}\n"
    )
    ran = cli("validate", "--platform", "iguazio4")
    assert (ran.code, "igz-apply.yaml:3:14: error: Unknown operation [IGZ-370]" in ran.out + ran.err) == (3, True)


def test_strict_makes_an_error_of_an_action_on_nothing(cli: Cli, cluster: object, repository: Path) -> None:
    del cluster
    (repository / "igz-apply.yaml").write_text(ACTIONS.replace("Group/ds", "Group/other"))
    assert cli("plan").code == 0
    ran = cli("plan", "--strict")
    assert (ran.code, "error: Action on nothing [IGZ-371]" in ran.err) == (3, True)


def test_a_plan_of_restarts_alone_has_changes_and_runs_its_hooks(cli: Cli, cluster: object, repository: Path) -> None:
    del cluster
    assert cli("apply", "-y").code == 0
    declare(repository, "second")
    assert cli("apply", "-y", "--only", "Group/ds").code == 0
    assert cli("plan", "--detailed-exitcode").code == 2
    (repository / "igz-apply.yaml").write_text(f'{ACTIONS}hooks: {{before_apply: [{{command: ["false"]}}]}}\n')
    assert cli("apply", "-y").code == 4
    (repository / "igz-apply.yaml").write_text(ACTIONS)
    ran = cli("apply", "-y")
    assert (ran.code, "Applied: 1 of 1 operation applied" in ran.out) == (0, True), ran.out
    assert cli("plan", "--detailed-exitcode").code == 0


def test_a_saved_plan_in_which_a_restart_was_put_is_refused(cli: Cli, cluster: object, repository: Path) -> None:
    del cluster
    assert cli("apply", "-y").code == 0
    declare(repository, "second")
    assert cli("plan", "--out", "plan.json").code == 0
    data: dict[str, Any] = json.loads((repository / "plan.json").read_text())
    data["operations"] *= 2
    data["seal"] = seal(data)
    (repository / "plan.json").write_text(json.dumps(data))
    ran = cli("apply", "-y", "--plan", "plan.json")
    assert (ran.code, "Edited plan" in ran.err) == (4, True), ran.err


def test_history_tells_what_was_restarted_and_how_that_ended(cli: Cli, repository: Path) -> None:
    assert cli("apply", "-y", "--endpoint", "embedded").code == 0
    declare(repository, "second")
    assert cli("apply", "-y", "--endpoint", "embedded").code == 0
    assert "restart 1" in cli("history").out
    assert "restart AppService/notebook  (applied)" in cli("history", "last").out
    [path] = (it for it in (repository / ".igz-apply/inventory.runs").iterdir() if "second" in it.read_text())
    record = json.loads(path.read_text())
    path.write_text(json.dumps({key: value for key, value in record.items() if key != "operated"}))
    assert "restart AppService/notebook  (its end was not seen)" in cli("history", "last").out
