"""`render`: offline, whole, and without a secret."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from igz_apply.emulator import Server
from tests.cli.cli_world import Cli, Ran

Piped = Callable[..., Ran]

SERVICE = """\
apiVersion: iguazio.com/v1
kind: AppService
metadata: {name: grafana-2, labels: {release: "1.10", "a.b": "yes"}}
spec:
  kind: grafana
  owner: ada
  description: |
    two lines,
    "quoted"
  grafana: {password: PASSWORD, odd: [1.5e-7, "2026-11-30", null, {on: off}]}
lifecycle: {ignore_changes: [description]}
"""


@pytest.fixture
def piped(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Piped:
    """Call the command line with the output of another command as its standard input."""

    def call(text: str, *arguments: str) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        return cli(*arguments)

    return call


@pytest.mark.usefixtures("manifests")
def test_what_is_rendered_is_planned_as_the_manifests_are(
    cli: Cli, piped: Piped, workspace: Path, cluster: Server
) -> None:
    (workspace / "manifests" / "service.yaml").write_text(SERVICE.replace("PASSWORD", "{from_env: PW}"))
    assert cluster.url
    told = cli("render").out
    plan, again = cli("plan", "--format", "json"), piped(told, "plan", "-", "--format", "json")
    assert plan.code == again.code == 0
    changes, others = (json.loads(each.out)["changes"] for each in (plan, again))
    assert [each["desired"]["spec"] for each in changes] == [each["desired"]["spec"] for each in others]
    assert [each["desired"]["lifecycle"] for each in changes] == [each["desired"]["lifecycle"] for each in others]


@pytest.mark.usefixtures("manifests")
def test_origins_stand_after_each_value_and_change_nothing(cli: Cli) -> None:
    told = cli("render", "Group", "User/a*", "--origins").out
    assert told.startswith(
        "---\n"
        "apiVersion: iguazio.com/v1      # manifests/all.yaml:1\n"
        "kind: Group                     # manifests/all.yaml:2\n"
        "metadata:\n"
        "  name: data-science            # manifests/all.yaml:3\n"
    )
    assert list(yaml.safe_load_all(told)) == list(yaml.safe_load_all(cli("render", "Group", "User/ada").out))


@pytest.mark.usefixtures("manifests")
def test_json_has_the_manifest_and_of_each_value_the_place(cli: Cli) -> None:
    (found,) = json.loads(cli("render", "Project/churn", "-o", "json", "--origins").out)["resources"]
    assert (found["address"], found["manifest"]["spec"]["owner"]) == ("Project/churn", "ada")
    assert found["origins"]["spec.owner"] == {
        "path": "manifests/all.yaml",
        "line": 19,
        "column": 46,
        "layer": "manifest",
    }
    (bare,) = json.loads(cli("render", "Project/churn", "-o", "json").out)["resources"]
    assert sorted(bare) == ["address", "manifest"]


@pytest.mark.usefixtures("manifests")
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("User/adda", "Did you mean User/ada?"),
        ("Usr/ada", "Did you mean User?"),
        ("User/b*", "ADDRESS 'User/b*' matches nothing in the manifests."),
        ("AppService", "ADDRESS 'AppService' matches nothing in the manifests."),
    ],
)
def test_an_address_that_selects_nothing_is_refused(cli: Cli, address: str, said: str) -> None:
    ran = cli("render", address, "User/ada")
    assert (ran.code, ran.out) == (3, "")
    assert said in ran.err


def test_invalid_manifests_are_told_and_not_rendered(cli: Cli, manifests: Path) -> None:
    (manifests / "bad.yaml").write_text(
        "apiVersion: iguazio.com/v1\nkind: User\nmetadata: {name: bob}\nspec: {emial: x}\n"
    )
    ran = cli("render", "User/ada")
    assert (ran.code, ran.out) == (3, "")
    assert "manifests/bad.yaml:4" in ran.err


def test_a_target_has_manifests_of_its_own(cli: Cli, manifests: Path, workspace: Path) -> None:
    (workspace / "prod").mkdir()
    (manifests / "all.yaml").rename(workspace / "prod" / "all.yaml")
    (workspace / "igz-apply.yaml").write_text("version: 1\ntargets: {prod: {manifests: [prod]}}\n")
    assert cli("render", "User/ada", "--target", "prod").code == 0
    assert cli("render", "User/ada").code == 3


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_may_be_a_secret_is_masked_and_a_mask_is_refused(
    cli: Cli, piped: Piped, manifests: Path, form: str
) -> None:
    (manifests / "service.yaml").write_text(SERVICE.replace("PASSWORD", "hunter2"))
    ran = cli("render", "-o", form, "--origins")
    assert ran.code == 0
    assert "hunter2" not in ran.out + ran.err
    assert "AppService/grafana-2 holds what may be a secret, which is masked, so this cannot be planned: " in ran.err
    documents = ran.out
    if form == "json":
        documents = "\n---\n".join(json.dumps(each["manifest"]) for each in json.loads(ran.out)["resources"])
    refused = piped(documents, "validate", "-")
    assert refused.code == 3
    assert (
        "`spec.grafana.password` is what igz-apply shows instead of a value that may be a secret."
        in refused.err + refused.out
    )
