"""Who has no manifest any more, by the command: planned, saved, applied, destroyed, and found when it drifts."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from igz_apply.controlplane import Client, User
from igz_apply.emulator import Server
from tests.cli.cli_world import MANIFESTS, Cli

SCHEMAS = Path(__file__).parents[2] / "schemas"
KEPT = """\
---
apiVersion: iguazio.com/v1
kind: User
metadata: {name: grace}
spec: {first_name: Grace, last_name: H, email: grace@example.com, groups: [data-science], assigned_policies: [Data]}
lifecycle: {on_removal: %s}
"""

pytestmark = pytest.mark.usefixtures("cluster", "manifests")


@pytest.fixture
def grace(cli: Cli, manifests: Path) -> Path:
    """She has been applied, to be disabled one day; her manifest."""
    path = manifests / "grace.yaml"
    path.write_text(KEPT % "disable")
    assert cli("apply", "-y").code == 0
    return path


def status_of(cluster: Server, name: str) -> str:
    with connected(cluster) as client:
        return str(next(it for it in User.list(client) if it.username == name).admin_status)


def connected(cluster: Server) -> Client:
    return Client(endpoint=cluster.url, username=cluster.username, access_key=cluster.access_key)


def entry_of(workspace: Path, address: str) -> dict[str, object]:
    inventory = json.loads((workspace / ".igz-apply" / "inventory.json").read_text())
    jsonschema.Draft202012Validator(json.loads((SCHEMAS / "inventory.schema.json").read_text())).validate(inventory)
    found: dict[str, object] = inventory["entries"].get(address, {})
    return found


def test_who_is_to_be_disabled_is_and_a_second_plan_is_empty(
    cli: Cli, cluster: Server, grace: Path, workspace: Path
) -> None:
    grace.unlink()
    assert "Owned, not declared here, and kept" in cli("plan").out
    planned = cli("plan", "--prune", "--detailed-exitcode")
    assert planned.code == 2
    assert "~ update  User/grace  (no longer declared, and to be disabled)" in planned.out
    assert cli("apply", "--prune", "-y").code == 0
    assert status_of(cluster, "grace") == "down"
    entry = entry_of(workspace, "User/grace")
    assert (entry["on_removal"], entry["removed"]) == ("disable", True)
    assert cli("plan", "--prune", "--detailed-exitcode").code == 0


def test_a_saved_plan_does_it_once_and_says_what_it_is(cli: Cli, cluster: Server, grace: Path, workspace: Path) -> None:
    grace.unlink()
    assert cli("plan", "--prune", "--out", "saved.json").code == 0
    data = json.loads((workspace / "saved.json").read_text())
    jsonschema.Draft202012Validator(json.loads((SCHEMAS / "plan.schema.json").read_text())).validate(data)
    [desired] = [it["desired"] for it in data["changes"] if it["address"] == "User/grace"]
    assert (desired["leaver"], desired["source"]) == (True, None)
    assert cli("apply", "-y", "--plan", "saved.json").code == 0
    assert status_of(cluster, "grace") == "down"
    assert cli("apply", "-y", "--plan", "saved.json").code == 4


def test_a_saved_plan_does_not_switch_off_what_was_forgotten_since(cli: Cli, cluster: Server, grace: Path) -> None:
    grace.unlink()
    assert cli("plan", "--prune", "--out", "saved.json").code == 0
    assert cli("forget", "User/grace").code == 0
    ran = cli("apply", "-y", "--plan", "saved.json")
    assert (ran.code, status_of(cluster, "grace")) == (4, "up")
    assert "No longer owned" in ran.err


def test_a_saved_plan_does_not_delete_what_is_to_be_kept_since(cli: Cli, cluster: Server, grace: Path) -> None:
    grace.write_text(KEPT % "delete")
    assert cli("apply", "-y").code == 0
    grace.unlink()
    assert cli("plan", "--prune", "--out", "saved.json").code == 0
    grace.write_text(KEPT % "disable")
    assert cli("apply", "-y").code == 0
    ran = cli("apply", "-y", "--plan", "saved.json")
    assert (ran.code, status_of(cluster, "grace")) == (4, "up")
    assert "User/grace was to be deleted when the plan was made, and is to be disabled now" in " ".join(ran.err.split())


@pytest.fixture
def replacing(cli: Cli, manifests: Path) -> tuple[str, ...]:
    """Somebody is to take grace's place by a saved plan, which these options apply."""
    path = manifests / "grace.yaml"
    path.write_text(KEPT % "delete")
    assert cli("apply", "-y").code == 0
    hopper = (
        (KEPT % "delete").replace("name: grace", "name: hopper").replace("on_removal: delete", "renamed_from: grace")
    )
    path.write_text(hopper)
    assert cli("plan", "--out", "saved.json", "--allow", "replace:User=1").code == 0
    return ("apply", "-y", "--plan", "saved.json", "--allow", "replace:User=1")


def test_a_saved_plan_replaces_who_is_ours(cli: Cli, replacing: tuple[str, ...]) -> None:
    assert cli(*replacing).code == 0
    assert (cli("get", "User", "grace").code, cli("get", "User", "hopper").code) == (1, 0)


def test_a_saved_plan_does_not_replace_who_was_forgotten_since(
    cli: Cli, cluster: Server, replacing: tuple[str, ...]
) -> None:
    assert cli("forget", "User/grace").code == 0
    ran = cli(*replacing)
    assert (ran.code, status_of(cluster, "grace")) == (4, "up")
    assert "No longer owned" in ran.err
    assert cli("get", "User", "hopper").code == 1


def test_who_is_switched_on_again_has_drifted(cli: Cli, cluster: Server, grace: Path) -> None:
    grace.unlink()
    assert cli("apply", "--prune", "-y").code == 0
    assert cli("drift", "--detailed-exitcode").code == 0
    with connected(cluster) as client:
        user = next(it for it in User.list(client) if it.username == "grace")
        user.admin_status = "up"
        user.update(client)
    drifted = cli("drift", "--detailed-exitcode")
    assert drifted.code == 2
    assert "User/grace" in drifted.out


def test_a_changed_on_removal_alone_reaches_the_inventory_by_an_apply(cli: Cli, grace: Path, workspace: Path) -> None:
    grace.write_text(KEPT % "forget")
    assert cli("plan", "--detailed-exitcode").code == 0
    assert cli("apply", "-y").code == 0
    assert entry_of(workspace, "User/grace")["on_removal"] == "forget"
    grace.unlink()
    planned = cli("plan", "--prune", "--format", "json", "--detailed-exitcode")
    assert planned.code == 0
    assert (json.loads(planned.out)["forgotten"], json.loads(planned.out)["summary"]["forgotten"]) == (
        ["User/grace"],
        1,
    )
    ran = cli("apply", "--prune", "-y")
    assert ran.code == 0
    assert "Forgotten, as their lifecycle.on_removal says; on the cluster they stay as they are: 1 User." in ran.out
    assert entry_of(workspace, "User/grace") == {}
    assert cli("get", "User", "grace").code == 0


def test_a_saved_plan_that_only_forgets_does_so(cli: Cli, grace: Path, workspace: Path) -> None:
    grace.write_text(KEPT % "forget")
    assert cli("apply", "-y").code == 0
    grace.unlink()
    assert cli("plan", "--prune", "--out", "saved.json").code == 0
    assert cli("apply", "-y", "--plan", "saved.json").code == 0
    assert entry_of(workspace, "User/grace") == {}


def test_an_empty_folder_disables_nobody(cli: Cli, cluster: Server, grace: Path, manifests: Path) -> None:
    grace.unlink()
    (manifests / "all.yaml").write_text(
        "apiVersion: iguazio.com/v1\nkind: User\nmetadata: {name: nobody}\nlifecycle: {state: absent}\n"
    )
    ran = cli("apply", "--prune", "-y", "--allow", "disable:User=1")
    assert ran.code == 4
    assert "pruning would delete 3, disable 1 resources." in " ".join(ran.err.split())
    assert status_of(cluster, "grace") == "up"


def test_destroy_disables_and_forgets_where_that_is_said(
    cli: Cli, cluster: Server, grace: Path, manifests: Path, workspace: Path
) -> None:
    (manifests / "all.yaml").write_text(MANIFESTS.replace("groups: [data-science]", "groups: []"))
    text = (manifests / "all.yaml").read_text()
    forget = "metadata: {name: data-science}\nlifecycle: {on_removal: forget}"
    (manifests / "all.yaml").write_text(text.replace("metadata: {name: data-science}", forget))
    assert cli("apply", "-y").code == 0
    ran = cli("destroy", "-y")
    assert ran.code == 0, ran.err
    assert "User/grace  (to be destroyed, and disabled instead (lifecycle.on_removal))" in " ".join(
        [ran.out, ran.err]
    ).replace("\n", " ")
    assert status_of(cluster, "grace") == "down"
    assert cli("get", "Group", "data-science").code == 0
    assert entry_of(workspace, "Group/data-science") == {}
    assert entry_of(workspace, "User/grace")["removed"] is True
    assert cli("get", "User", "ada").code == 1
    assert grace.exists()
    assert cli("apply", "-y").code == 0
    assert status_of(cluster, "grace") == "up"
