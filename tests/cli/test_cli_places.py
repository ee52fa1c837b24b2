"""Every form of a plan names the line that a value comes from, in whatever layer that stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from igz_apply.controlplane import Client, Project
from igz_apply.emulator import Server
from tests.cli.cli_world import Cli

CONFIG = """\
version: 1
values: {about: Churn prediction}
targets:
  prod:
    patches:
      - address: "Project/*"
        patch:
          spec: {labels: {zone: b}}
"""
DEFAULTS = """\
apiVersion: iguazio.com/v1
kind: Project
spec:
  labels: {team: retail}
  annotations:
    cost-center: "42"
"""
MANIFEST = """\
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: churn}
spec:
  description: {from_value: about}
  owner: admin
"""


@pytest.fixture
def layered(workspace: Path, cluster: Server) -> Path:
    """A repository whose one project is made of a default, a value and a patch."""
    assert cluster.url
    (workspace / "manifests").mkdir()
    (workspace / "manifests" / "_defaults.yaml").write_text(DEFAULTS)
    (workspace / "manifests" / "churn.yaml").write_text(MANIFEST)
    (workspace / "igz-apply.yaml").write_text(CONFIG)
    return workspace


SHOWN = """\
  + create  Project/churn  (job; not on the cluster)  manifests/churn.yaml:1
      description              Churn prediction  (igz-apply.yaml:2)
      owner                    admin
      labels.team              retail  (manifests/_defaults.yaml:4)
      labels.zone              b  (igz-apply.yaml:8)
      annotations.cost-center  "42"  (manifests/_defaults.yaml:6)
"""


@pytest.mark.usefixtures("layered")
def test_a_plan_and_the_saved_one_name_the_same_lines(cli: Cli) -> None:
    assert SHOWN in cli("plan", "--target", "prod", "--out", "saved.plan").out
    applied = cli("apply", "--target", "prod", "--plan", "saved.plan", "-y")
    assert applied.code == 0
    assert SHOWN in applied.out


def test_json_and_reports_name_them_too(cli: Cli, layered: Path) -> None:
    planned = cli("plan", "--target", "prod", "--format", "json", "--report", "plan.md")
    (change,) = json.loads(planned.out)["changes"]
    about, owner, labels, notes = change["diff"]
    assert about["source"] == {"path": "igz-apply.yaml", "line": 2, "column": 17}
    assert not {"source", "sources"} & owner.keys()
    assert [(each["keys"], each["source"]["path"]) for each in labels["sources"]] == [
        (["team"], "manifests/_defaults.yaml"),
        (["zone"], "igz-apply.yaml"),
    ]
    assert notes["source"] == {"path": "manifests/_defaults.yaml", "line": 6, "column": 5}
    comment = (layered / "plan.md").read_text()
    assert "@@ Project/churn @@ manifests/churn.yaml:1\n" in comment
    assert '+ labels: {"team": "retail", "zone": "b"}  (igz-apply.yaml:8, manifests/_defaults.yaml:4)\n' in comment


@pytest.mark.usefixtures("layered")
def test_drift_names_the_line_of_the_layer_that_states_what_others_changed(cli: Cli, cluster: Server) -> None:
    assert cli("apply", "--target", "prod", "-y").code == 0
    with Client(endpoint=cluster.url, username=cluster.username, access_key=cluster.access_key) as client:
        churn = next(each for each in Project.list(client) if each.name == "churn")
        churn.annotations = [{"name": "cost-center", "value": "43"}]
        churn.update(client)
    assert (
        '    annotations  {cost-center: "42"} was applied, the cluster has {cost-center: "43"}\n'
        "      (manifests/_defaults.yaml:6)\n"
    ) in cli("drift", "--target", "prod").out
