from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from igz_apply.controlplane import Client, User
from igz_apply.emulator import Server
from igz_apply.inventory import FsspecInventory
from igz_apply.local.clock import SystemClock
from tests.cli.cli_world import MANIFESTS, Cli

SCHEMAS = Path(__file__).parents[2] / "schemas"
NO_INVENTORY = "No inventory at .igz-apply/inventory.json yet: igz-apply owns nothing here.\n"


def conforms(data: object, name: str) -> None:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(data)


pytestmark = pytest.mark.usefixtures("cluster", "manifests")


def test_a_plan_names_every_change_and_writes_nothing(cli: Cli, workspace: Path) -> None:
    ran = cli("plan")
    assert ran.err == NO_INVENTORY
    assert [text for text in ran.out.splitlines() if text.startswith("  + create")] == [
        "  + create  Group/data-science  (not on the cluster)  manifests/all.yaml:1",
        "  + create  User/ada  (job; not on the cluster; after Group/data-science)  manifests/all.yaml:6",
        "  + create  Project/churn  (job; not on the cluster; after User/ada)  manifests/all.yaml:16",
    ]
    assert "\nPlan: 3 to create, 0 to update, 0 to delete; 0 unchanged.\nDigest: sha256:" in ran.out
    assert cli("get", "Project", "churn").code == 1
    assert not (workspace / ".igz-apply").exists()


def test_a_plan_as_json_is_what_its_schema_says_and_the_same_each_time(cli: Cli) -> None:
    first, second = cli("plan", "--format", "json"), cli("plan", "--format", "json")
    assert first.out == second.out
    data = json.loads(first.out)
    conforms(data, "plan")
    assert [change["address"] for change in data["changes"]] == ["Group/data-science", "User/ada", "Project/churn"]


def test_out_saves_what_format_json_prints(cli: Cli, workspace: Path) -> None:
    assert cli("plan", "--out", "saved.plan").code == 0
    assert (workspace / "saved.plan").read_text() == cli("plan", "--format", "json").out


def test_an_apply_makes_it_so_and_reports_on_both_streams(cli: Cli) -> None:
    ran = cli("apply", "-y")
    assert ran.code == 0
    assert "Applied: 3 of 3 changes applied in " in ran.out.splitlines()[-1]
    assert "3/3  ✓ create  Project/churn applied in " in ran.err
    assert cli("plan").out.endswith("No changes. The cluster is as the manifests say.\n")


def test_an_apply_without_changes_asks_nothing_and_adopts(cli: Cli) -> None:
    cli("apply", "-y")
    assert cli("forget", "User/ada").code == 0
    ran = cli("apply", "-y")
    assert ran.code == 0
    assert "1 resource to adopt" in ran.out
    assert "User/ada" not in cli("plan").out


def test_an_apply_as_json_is_one_event_a_line(cli: Cli) -> None:
    ran = cli("apply", "-y", "--format", "json")
    events = [json.loads(text) for text in ran.out.splitlines()]
    for event in events:
        conforms(event, "events")
    assert (events[0]["type"], events[-1]["type"], events[-1]["exit_code"]) == ("version", "summary", 0)
    ended = [event["address"] for event in events if event["type"] == "step_ended"]
    assert sorted(ended) == ["Group/data-science", "Project/churn", "User/ada"]
    assert ran.err == NO_INVENTORY


def test_a_refused_apply_as_json_still_ends_with_a_summary(cli: Cli, manifests: Path) -> None:
    (manifests / "all.yaml").write_text(MANIFESTS.replace("owner: ada", "owner: nobody"))
    ran = cli("apply", "-y", "--format", "json")
    events = [json.loads(text) for text in ran.out.splitlines()]
    for event in events:
        conforms(event, "events")
    assert [event["type"] for event in events] == ["version", "problem", "summary"]
    assert events[1]["file"].endswith("manifests/all.yaml")
    assert (ran.code, events[-1]["exit_code"]) == (3, 3)


def test_prune_deletes_what_is_owned_and_no_longer_declared(cli: Cli, manifests: Path) -> None:
    cli("apply", "-y")
    (manifests / "all.yaml").write_text(MANIFESTS.rpartition("---\n")[0])
    kept = " ".join(cli("plan").out.split())
    assert "and kept (--prune on all manifests deletes them, or as on_removal says): 1 Project." in kept
    assert cli("apply", "-y", "--prune").code == 0
    assert cli("get", "Project", "churn").code == 1


def test_paths_on_the_command_line_prune_nothing_unless_asked(cli: Cli, manifests: Path) -> None:
    cli("apply", "-y")
    (manifests.parent / "igz-apply.yaml").write_text("version: 1\ndefaults: {prune: true}\n")
    (manifests / "part.yaml").write_text(MANIFESTS.partition("---\n")[0])
    part = str(manifests / "part.yaml")
    assert "0 to delete" in cli("plan", part).out or "No changes" in cli("plan", part).out
    assert "2 to delete" in cli("plan", part, "--prune").out


def test_only_brings_in_what_the_selection_depends_on(cli: Cli) -> None:
    ran = cli("plan", "--only", "User/ada")
    assert "User/ada" in ran.out
    assert "Group/data-science" in ran.out
    assert "Project/churn" not in ran.out


def test_destroy_deletes_in_reverse_order_and_only_what_is_selected(cli: Cli) -> None:
    cli("apply", "-y")
    ran = cli("destroy", "--only", "Project", "-y")
    assert (ran.code, cli("get", "Project", "churn").code, cli("get", "User", "ada").code) == (0, 1, 0)
    ran = cli("destroy", "-y")
    deletes = [text.split()[2] for text in ran.out.splitlines() if text.startswith("  - delete  ") and "/" in text]
    assert (ran.code, deletes) == (0, ["User/ada", "Group/data-science"])
    assert cli("get", "User", "ada").code == 1


def test_drift_names_what_others_changed_and_plan_shows_both_and_whose_they_are(
    cli: Cli, manifests: Path, cluster: Server
) -> None:
    cli("apply", "-y")
    with Client(endpoint=cluster.url, username=cluster.username, access_key=cluster.access_key) as client:
        ada = next(user for user in User.list(client) if user.username == "ada")
        ada.last_name = "Byron"
        ada.update(client)
    (manifests / "all.yaml").write_text(MANIFESTS.replace("Churn prediction", "Who leaves"))
    ran = cli("drift", "--detailed-exitcode")
    assert ran.code == 2
    assert "last_name  Lovelace was applied, the cluster has Byron  (manifests/all.yaml:11)" in ran.out
    assert "1 resource changed in git alone" in ran.out
    data = json.loads(cli("drift", "--format", "json").out)
    assert [(each["address"], each["origin"]) for each in data["resources"]] == [
        ("User/ada", "cluster"),
        ("Project/churn", "git"),
    ]
    ada, _ = data["resources"]
    assert ada["source"] == {"path": "manifests/all.yaml", "line": 6, "column": 1}
    assert ada["fields"][0]["source"] == {"path": "manifests/all.yaml", "line": 11, "column": 14}
    planned = cli("plan").out
    assert "! User/ada: changed on the cluster since the last apply; this puts back what git says" in planned
    assert (
        "~ update  User/ada  (changed on the cluster)  manifests/all.yaml:6\n      last_name  Byron → Lovelace\n"
        in planned
    )
    assert "~ update  Project/churn  (changed in git; after User/ada)" in planned
    changes = {each["address"]: each for each in json.loads(cli("plan", "--format", "json").out)["changes"]}
    assert {name: change["origin"] for name, change in changes.items()} == {
        **dict.fromkeys(changes),
        **{"User/ada": "cluster", "Project/churn": "git"},
    }
    assert [item["origin"] for item in changes["User/ada"]["diff"]] == ["cluster"]
    cli("apply", "-y")
    assert cli("drift", "--detailed-exitcode").code == 0


def test_a_report_file_is_written_beside_the_output(cli: Cli, workspace: Path) -> None:
    assert cli("plan", "--report", "plan.md", "--report", "plan.json").code == 0
    assert "User/ada" in (workspace / "plan.md").read_text()
    assert "User/ada" in (workspace / "plan.json").read_text()


def test_a_report_that_holds_the_whole_plan_can_be_applied_as_one_that_was_saved(cli: Cli, workspace: Path) -> None:
    assert cli("plan", "--report", "plan.json", "--out", "saved.json").code == 0
    assert (workspace / "plan.json").read_text() == (workspace / "saved.json").read_text()
    assert cli("plan", "--report", "plan.json").code == 0
    assert (workspace / "plan.json").read_text() == (workspace / "saved.json").read_text()
    assert cli("apply", "-y", "--plan", "plan.json").code == 0


def test_a_report_of_an_unknown_form_is_refused_before_anything_is_done(cli: Cli) -> None:
    for command in (["plan"], ["apply", "-y"]):
        ran = cli(*command, "--report", "plan.docx")
        assert ran.code == 3
        assert ".md" in ran.err
    assert cli("get", "User", "ada").code == 1


def test_a_report_that_cannot_be_written_does_not_hide_that_all_was_applied(cli: Cli, workspace: Path) -> None:
    (workspace / "taken").write_text("a file where a folder is needed")
    ran = cli("apply", "-y", "--report", "taken/plan.md")
    assert ran.code == 1
    assert "3 of 3 changes applied" in ran.out
    assert "taken/plan.md" in ran.err


def test_a_run_that_holds_the_inventory_is_named(cli: Cli) -> None:
    store = FsspecInventory(clock=SystemClock(), holder="grace@ci (4711)")
    with store.locked(0.0):
        ran = cli("apply", "-y")
        assert ran.code == 4
        assert "grace@ci (4711)" in ran.err
        assert cli("plan").code == 0
        removed = cli("unlock", "-y")
    assert "grace@ci (4711)" in removed.out


def test_a_saved_plan_is_applied_once_and_to_the_letter(cli: Cli, manifests: Path) -> None:
    assert cli("plan", "--out", "saved.plan").code == 0
    (manifests / "all.yaml").write_text(MANIFESTS.replace("Churn prediction", "Something else"))
    ran = cli("apply", "--plan", "saved.plan", "-y")
    assert ran.code == 0
    assert "Something else" not in ran.out
    assert (
        json.loads(cli("get", "Project", "churn", "-o", "json").out)["attributes"]["description"] == "Churn prediction"
    )
    again = cli("apply", "--plan", "saved.plan", "-y")
    assert again.code == 4
    assert "This plan has been applied before" in again.err
    assert cli("plan", "--detailed-exitcode").code == 2


def test_a_saved_plan_that_the_cluster_has_left_behind_is_refused_by_name(cli: Cli) -> None:
    cli("plan", "--out", "saved.plan")
    assert cli("apply", "--only", "User/ada", "-y").code == 0
    ran = cli("apply", "--plan", "saved.plan", "-y")
    assert ran.code == 4
    assert "User/ada did not exist when the plan was made" in ran.err


def test_a_saved_plan_that_was_edited_is_refused(cli: Cli, workspace: Path) -> None:
    cli("plan", "--out", "saved.plan")
    path = workspace / "saved.plan"
    path.write_text(path.read_text().replace("Churn prediction", "Churn, predicted"))
    ran = cli("apply", "--plan", "saved.plan", "-y")
    assert ran.code == 4
    assert "Edited plan [IGZ-704]" in ran.err
    assert "Project/churn" in ran.err
    assert cli("apply", "--plan", "saved.plan", "--only", "User", "-y").code == 3
    assert cli("apply", "--plan", "missing.plan", "-y").code == 3
