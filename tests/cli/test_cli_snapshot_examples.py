"""The examples, on both platforms: a plan of a snapshot is the cluster's, and a sanitised case can be planned."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.cli_world import Cli
from tests.cli.test_cli_snapshots import shape_of

EXAMPLES = Path(__file__).parents[2] / "manifests" / "examples"
CONFIG = """\
version: 1
owner: zqours
protect: [Project/ch*]
targets:
  prod: {{endpoint: {word}, inventory: inv/prod.json}}
  other: {{endpoint: {word}, inventory: inv/other.json}}
"""
WORDS = r"zq\w*|ada|grace|corvid\w*|retail|research|churn|demand|forecast|Lovelace|Europe|tensorflow"


@pytest.fixture(params=["embedded", "embedded4"])
def applied(request: pytest.FixtureRequest, cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The examples as they were applied to an emulator, and changed since."""
    folder = workspace / "manifests"
    folder.mkdir()
    source = EXAMPLES / "iguazio4" if request.param == "embedded4" else EXAMPLES
    for path in source.glob("*.yaml"):
        (folder / path.name).write_text(path.read_text())
    (workspace / "igz-apply.yaml").write_text(CONFIG.format(word=request.param))
    monkeypatch.setenv("IGZ_TARGET", "prod")
    assert cli("apply", "-y").code == 0
    for path in folder.iterdir():
        text = re.sub(r"description: (\w)", r"description: zqnow \1", path.read_text())
        path.write_text(text.replace("stage: production", "zqstage: production"))
    return folder


def both(cli: Cli, *more: str) -> dict[str, Any]:
    """Plan both ways, and return the plan of the cluster."""
    trusted = json.loads(cli("plan", "--format", "json", *more).out)
    told = json.loads(cli("plan", "--live", "live.json", "--format", "json", *more).out)
    assert told["digest"] == trusted["digest"], more
    assert told["summary"] == trusted["summary"]
    found: dict[str, Any] = trusted
    return found


def test_a_plan_of_a_snapshot_is_that_of_the_cluster(
    cli: Cli, applied: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("snapshot", "live.json").code == 0
    parts = [f"manifests/{name}.yaml" for name in ("project", "group", "user")]
    assert both(cli, *parts, "--prune")["summary"]["delete"] >= 1
    assert both(cli, "--only", "Project/churn")["summary"]["update"] >= 1
    monkeypatch.setenv("IGZ_TARGET", "other")  # all that it declares is in the other inventory
    assert cli("snapshot", "live.json").code == 0
    assert both(cli)["summary"]["create"] == 0

    monkeypatch.setenv("IGZ_TARGET", "prod")
    whole = json.loads(cli("plan", "--format", "json").out)
    assert cli("snapshot", "case.json", "--with-manifests", "--sanitise").code == 0
    left = re.findall(rf"(?i)\b(?:{WORDS})\b", (workspace / "case.json").read_text())
    assert left == []
    ran = cli("plan", "--live", "case.json", "--format", "json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert (shape_of(told), told["summary"]) == (shape_of(whole), whole["summary"])
    assert applied.exists()
