"""What may be a secret in a service's settings, from a manifest to the cluster and back: sent, and never shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from igz_apply.controlplane import Client
from igz_apply.emulator import Server
from tests.cli.cli_world import Cli

MANIFEST = """\
apiVersion: iguazio.com/v1
kind: AppService
metadata: {{name: strange}}
spec:
  kind: newkind
  newkind: {{size: {size}, password: {password}, api_token: {{from_env: NEW_TOKEN}}}}
---
apiVersion: iguazio.com/v1
kind: AppService
metadata: {{name: notes}}
spec:
  kind: jupyter
  jupyter: {{extra_environment_vars: {{TZ: {zone}, DB_PASSWORD: {env}}}}}
"""
VALUES = {"size": "1", "password": "hunter-1", "zone": "UTC", "env": "hunter-2"}


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEW_TOKEN", "hunter-3")


def write(folder: Path, **changed: str) -> None:
    (folder / "all.yaml").write_text(MANIFEST.format(**{**VALUES, **changed}))


def entries(server: Server) -> dict[str, Any]:
    """Return the settings that the cluster has, of each service by name."""
    with Client(endpoint=server.url, username=server.username, access_key=server.access_key) as client:
        services = client.get("app_services_manifests").data[0]["attributes"]["app_services"]
    return {each["spec"]["name"]: each["spec"] for each in services}


def environment(server: Server) -> dict[str, str]:
    found = entries(server)["notes"]["jupyter"]["extra_environment_vars"]["entries"]
    return {each["key"]: each["value"] for each in found}


def test_values_are_sent_and_shown_by_nothing(cli: Cli, cluster: Server, workspace: Path) -> None:
    write(workspace)
    ran = cli("apply", "all.yaml", "-y")
    assert ran.code == 0, ran.err
    assert entries(cluster)["strange"]["newkind"] == {"size": 1, "password": "hunter-1", "api_token": "hunter-3"}
    assert environment(cluster) == {"TZ": "UTC", "DB_PASSWORD": "hunter-2"}
    inventory = (workspace / ".igz-apply" / "inventory.json").read_text()
    assert "hunter" not in ran.out + ran.err + inventory
    assert cli("plan", "all.yaml", "--detailed-exitcode").code == 0
    write(workspace, password="hunter-4", zone="CET", env="hunter-5")
    told = cli("plan", "all.yaml", "--format", "json")
    assert {"newkind.password", "jupyter.extra_environment_vars"} <= {
        item["path"] for change in json.loads(told.out)["changes"] for item in change["diff"]
    }
    assert "hunter" not in told.out + told.err
    assert cli("apply", "all.yaml", "-y").code == 0
    assert entries(cluster)["strange"]["newkind"]["password"] == "hunter-4"
    assert environment(cluster) == {"TZ": "CET", "DB_PASSWORD": "hunter-5"}


def test_an_inventory_that_kept_values_in_clear_is_read_and_cleaned(cli: Cli, cluster: Server, workspace: Path) -> None:
    write(workspace)
    assert cli("apply", "all.yaml", "-y").code == 0
    place = workspace / ".igz-apply" / "inventory.json"
    data = json.loads(place.read_text())
    data["entries"]["AppService/strange"]["values"]["newkind"]["password"] = "hunter-1"
    place.write_text(json.dumps(data))
    assert entries(cluster)["strange"]["newkind"]["password"] == "hunter-1"
    assert cli("drift", "all.yaml").code == 0
    assert cli("apply", "all.yaml", "-y").code == 0
    assert "hunter" not in place.read_text()


def test_an_inventory_with_a_broken_reference_is_said_to_be_damaged(cli: Cli, cluster: Server, workspace: Path) -> None:
    assert cluster.url
    write(workspace)
    assert cli("apply", "all.yaml", "-y").code == 0
    place = workspace / ".igz-apply" / "inventory.json"
    data = json.loads(place.read_text())
    data["entries"]["AppService/strange"]["values"]["newkind"]["password"] = {"$secret": 1}
    place.write_text(json.dumps(data))
    ran = cli("plan", "all.yaml")
    assert (ran.code, "`values` of AppService/strange" in ran.err) == (3, True)


def test_a_saved_plan_holds_no_value_and_writes_around_one(cli: Cli, cluster: Server, workspace: Path) -> None:
    write(workspace)
    assert cli("apply", "all.yaml", "-y").code == 0
    write(workspace, size="2", zone="CET")
    assert cli("plan", "all.yaml", "--out", "saved.plan").code == 0
    assert "hunter" not in (workspace / "saved.plan").read_text()
    assert cli("apply", "--plan", "saved.plan", "-y").code == 0
    assert environment(cluster) == {"TZ": "CET", "DB_PASSWORD": "hunter-2"}
    write(workspace, size="2", zone="CET", env="hunter-6")
    assert cli("plan", "all.yaml", "--out", "other.plan").code == 0
    ran = cli("apply", "--plan", "other.plan", "-y")
    assert (ran.code, "Not in the plan [IGZ-711]" in ran.err) == (3, True)
    assert "hunter" not in ran.out + ran.err + (workspace / "other.plan").read_text()
    assert environment(cluster)["DB_PASSWORD"] == "hunter-2"


def test_a_plan_after_an_export_is_empty_and_an_apply_keeps_what_was_hidden(
    cli: Cli, cluster: Server, workspace: Path
) -> None:
    write(workspace)
    assert cli("apply", "all.yaml", "-y").code == 0
    (workspace / ".igz-apply" / "inventory.json").unlink()
    ran = cli("export", "--only", "AppService/notes", "--only", "AppService/strange")
    assert "hunter" not in ran.out + ran.err
    assert "newkind.password holds what may be a secret" in ran.out
    assert "AppService/strange holds what may be a secret" in ran.err
    (workspace / "all.yaml").write_text(ran.out)
    assert cli("plan", "all.yaml", "--detailed-exitcode").code == 0
    (workspace / "all.yaml").write_text(ran.out.replace("TZ: UTC", "TZ: CET").replace("size: 1", "size: 2"))
    assert cli("apply", "all.yaml", "-y").code == 0
    assert environment(cluster) == {"TZ": "CET", "DB_PASSWORD": "hunter-2"}
    assert entries(cluster)["strange"]["newkind"] == {"size": 2, "password": "hunter-1", "api_token": "hunter-3"}


@pytest.mark.usefixtures("cluster")
def test_a_password_that_the_platform_refuses_is_not_sent(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADA_PASSWORD", "zzweak")
    (workspace / "ada.yaml").write_text(
        "apiVersion: iguazio.com/v1\nkind: User\nmetadata: {name: ada}\n"
        "spec: {first_name: A, last_name: L, email: a@b.example, password: {from_env: ADA_PASSWORD}}\n"
    )
    ran = cli("apply", "ada.yaml", "-y")
    assert (ran.code, "Secret not accepted [IGZ-712]" in ran.err, "zzweak" in ran.err + ran.out) == (3, True, False)
    assert "at least 8 characters" in " ".join(ran.err.split())
    assert cli("get", "User", "ada").code == 1


def test_edits_of_manifests_show_no_secret(cli: Cli, cluster: Server, workspace: Path) -> None:
    assert cluster.url
    write(workspace)
    (workspace / "igz-apply.yaml").write_text("version: 1\nmanifests: [all.yaml]\nvalues: {z: a, x: hunter-9}\n")
    text = (
        (workspace / "all.yaml")
        .read_text()
        .replace("DB_PASSWORD: hunter-2", "TZ2: {from_value: z}, PW_KEY: {from_value: x}")
    )
    (workspace / "all.yaml").write_text(text)
    assert cli("apply", "-y").code == 0
    (workspace / "all.yaml").write_text(text.replace("TZ: UTC", "TZ: CET"))
    (workspace / "igz-apply.yaml").write_text("version: 1\nmanifests: [all.yaml]\nvalues: {z: b, x: hunter-9}\n")
    ran = cli("accept", "AppService/notes#jupyter.extra_environment_vars")
    assert "+" in ran.out, ran.err
    assert "hunter" not in ran.out + ran.err
    assert "values: {z: a, x: hunter-9}" in (workspace / "igz-apply.yaml").read_text()
    assert (workspace / "all.yaml").read_text() == text
