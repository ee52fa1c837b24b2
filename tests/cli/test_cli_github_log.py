"""What people wrote on the cluster or in manifests gives no orders to the runner that reads the log."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.cli_world import Cli

EVIL = "##[error]mine ::stop-commands::x ##[add-mask]secret"
MANIFEST = """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: "##[group] ::add-mask::a"}
spec: {description: "%s"}
"""
ORDERS = re.compile(r"##\\[|::[a-z]")

pytestmark = pytest.mark.usefixtures("cluster")


@pytest.fixture(autouse=True)
def manifest(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    path = workspace / "manifests" / "##[error]::debug::.yaml"
    path.parent.mkdir()
    path.write_text(MANIFEST % EVIL)
    return path


@pytest.fixture
def logger() -> Iterator[None]:
    """What -vv does to the process, undone."""
    ours = logging.getLogger("igz_apply")
    before = ours.level, ours.handlers[:], ours.propagate
    yield
    ours.setLevel(before[0])
    ours.handlers[:], ours.propagate = before[1:]


@pytest.mark.usefixtures("logger")
def test_no_order_is_left_in_any_text(cli: Cli, manifest: Path, workspace: Path) -> None:
    runs = [
        cli("validate"),
        cli("plan", "-vv", "--report", "r.json", "--report", "r.md"),
        cli("apply", "-y", "-vv"),
        cli("get", "Group"),
        cli("get", "Group", "##[group] ::add-mask::a"),
        cli("get", "Group", "::error::b"),
        cli("plan", "--only", "Group/##[error]"),
        cli("plan", "::error::c"),
        cli("get", "::error::d"),
        cli("get", "::error::d", "##[x]", "e"),
    ]
    manifest.write_text(MANIFEST % "another")
    runs += [cli("plan"), cli("drift"), cli("forget", "Group/##[group] ::add-mask::a"), cli("validate", "##[x].yaml")]
    manifest.write_text("##[x]: ::y::")
    runs += [cli("validate")]
    assert [ran.code for ran in runs] == [0, 0, 0, 0, 0, 1, 0, 3, 3, 3, 0, 0, 0, 3, 3]
    assert [order for ran in runs for order in ORDERS.findall(ran.out + ran.err)] == []
    assert "## [error]mine : :stop-commands: :x" in runs[1].out
    report = json.loads((workspace / "r.json").read_text())
    assert report["changes"][0]["desired"]["spec"]["description"] == EVIL


def test_data_and_the_logs_of_others_keep_every_character(
    cli: Cli, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "")
    assert EVIL in cli("plan").out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    manifest.write_text(MANIFEST.replace("##[group] ::add-mask::a", "plain") % EVIL)
    assert cli("apply", "-y").code == 0
    for form in ("json", "yaml"):
        assert EVIL in cli("get", "Group", "plain", "-o", form).out.replace("\\n", "")
    assert EVIL in cli("export", "--only", "Group/plain").out
    broken = MANIFEST.replace("##[group] ::add-mask::a", "plain").replace("spec:", "spce:") % "x"
    manifest.write_text(broken)
    assert cli("validate", "--format", "github").out.startswith("::error title=")
