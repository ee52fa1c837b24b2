"""`targets`: the waves of a config, and what the inventory of each target remembers."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from igz_apply.manifests.schemas import form_schema
from tests.cli.cli_world import Cli
from tests.docs.docs_pages import ROOT, blocks
from tests.s3_server import s3_server

CONFIG = """\
version: 1
defaults: {inventory: "state/{target}.json"}
fleet: {wave: 2}
targets:
  prod-eu: {endpoint: "embedded:eu.db"}
  prod-us: {endpoint: "https://us.example.com/api"}
  staging: {endpoint: "embedded:staging.db", wave: -1}
  prod-ap: {endpoint: "embedded:ap.db", platform: iguazio3}
"""
GROUP = "apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: g}\nspec: {description: d}\n"


@pytest.fixture(autouse=True)
def _repository(workspace: Path) -> None:
    (workspace / "igz-apply.yaml").write_text(CONFIG)
    (workspace / "manifests").mkdir()
    (workspace / "manifests" / "g.yaml").write_text(GROUP)


def waves(cli: Cli, *arguments: str) -> list[list[str]]:
    ran = cli("targets", "--format", "json", *arguments)
    assert ran.code == 0, ran.err
    return [wave["targets"] for wave in json.loads(ran.out)["waves"]]


def test_targets_are_shown_in_the_waves_that_a_run_goes_in(cli: Cli) -> None:
    ran = cli("targets")
    assert ran.code == 0
    assert [line.split() for line in ran.out.splitlines()] == [
        ["WAVE", "TARGET", "ENDPOINT", "INVENTORY", "PLATFORM"],
        ["1", "(canary)", "staging", "embedded:staging.db", "state/staging.json", "auto"],
        ["2", "prod-eu", "embedded:eu.db", "state/prod-eu.json", "auto"],
        ["2", "prod-us", "https://us.example.com", "state/prod-us.json", "auto"],
        ["3", "prod-ap", "embedded:ap.db", "state/prod-ap.json", "iguazio3"],
    ]
    assert cli("targets", "--format", "names").out == "staging\nprod-eu\nprod-us\nprod-ap\n"


def test_globs_choose_and_options_win_over_the_config(cli: Cli) -> None:
    assert waves(cli) == [["staging"], ["prod-eu", "prod-us"], ["prod-ap"]]
    assert waves(cli, "prod-e*,staging") == [["staging"], ["prod-eu"]]
    assert waves(cli, "prod-*", "--canary", "0", "--wave", "9") == [["prod-eu", "prod-us", "prod-ap"]]


def test_a_glob_that_matches_nothing_is_told_with_the_nearest_and_the_place(cli: Cli) -> None:
    ran = cli("targets", "staging", "prd-eu")
    assert (ran.code, ran.out) == (3, "")
    assert "igz-apply.yaml:4:1: error: Unknown target [IGZ-401]" in ran.err
    assert "Did you mean prod-eu?" in ran.err


def test_json_fits_its_schema_and_names_the_variables_of_each(cli: Cli) -> None:
    (cli("apply", "-y", "--target", "prod-eu"))
    ran = cli("targets", "--status", "--format", "json")
    document = json.loads(ran.out)
    jsonschema_rs.validator_for(dict(form_schema("targets"))).validate(document)
    assert [each["suffix"] for each in document["targets"]] == ["STAGING", "PROD_EU", "PROD_US", "PROD_AP"]
    assert document["waves"][0] == {"wave": 1, "is_canary": True, "targets": ["staging"]}
    run = document["targets"][1]["status"]["last_run"]
    assert (run["command"], run["exit_code"], run["username"]) == ("apply", 0, "admin")


def test_what_the_page_shows_is_what_is_printed(cli: Cli, workspace: Path) -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (shown,) = (block for block in blocks(text) if block.language == "json" and '"waves"' in "".join(block.lines))
    (workspace / "igz-apply.yaml").write_text(
        "version: 1\ndefaults: {inventory: 's3://gitops-state/{target}.json'}\ntargets:\n"
        "  prod-eu: {endpoint: 'https://eu.example.com'}\n  prod-us: {endpoint: 'https://us.example.com'}\n"
    )
    assert json.loads(cli("targets", "--format", "json").out) == json.loads("\n".join(shown.lines))


def test_variables_of_a_target_and_no_others_lead_it(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IGZ_TARGET", "prod-us")  # which is about single runs
    monkeypatch.setenv("IGZ_ENDPOINT__PROD_EU", "https://secret:pw@eu.example.com")
    monkeypatch.setenv("IGZ_INVENTORY__PROD_AP", "s3://key:secret@bucket/ap.json?token=secret")
    ran = cli("targets")
    assert ran.code == 0
    assert "https://eu.example.com" in ran.out
    assert "s3://bucket/ap.json " in ran.out
    assert "secret" not in ran.out + ran.err


def test_one_variable_places_the_inventories_of_all(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IGZ_PINNED", "inventory")
    assert (cli("targets").code, cli("targets", "--format", "names").code) == (3, 0)
    monkeypatch.setenv("IGZ_INVENTORY", "elsewhere/{target}.json")
    assert "elsewhere/prod-us.json" in cli("targets").out


def test_targets_that_share_an_inventory_are_named(cli: Cli, workspace: Path) -> None:
    (workspace / "igz-apply.yaml").write_text(CONFIG.replace("{target}", "all"))
    ran = cli("targets", "prod-eu,prod-us")
    assert (ran.code, ran.err) == (
        0,
        "warning: prod-eu and prod-us have the same inventory, state/all.json; each needs its own.\n",
    )


def test_an_inventory_that_two_targets_write_in_two_ways_is_the_same(cli: Cli, workspace: Path) -> None:
    """As a run over them has it, which refuses it."""
    targets = "targets:\n  a: {inventory: 's3://states/x.json'}\n  b: {inventory: 's3a://states/y/../x.json'}\n"
    (workspace / "igz-apply.yaml").write_text(f"version: 1\nmanifests: [manifests]\n{targets}")
    assert "a and b have the same inventory, s3://states/x.json; each needs its own." in cli("targets").err


def test_the_status_is_what_each_inventory_remembers(cli: Cli, workspace: Path) -> None:
    assert cli("apply", "-y", "--target", "prod-eu").code == 0
    (workspace / "state" / "prod-us.json").write_text("{")
    old = workspace / "state" / "prod-ap.json"
    old.write_bytes((workspace / "state" / "prod-eu.json").read_bytes())
    ran = cli("targets", "--status")
    assert ran.code == 1
    _, staging, eu, us, ap = (line.split() for line in ran.out.splitlines())
    assert staging[2:] == ["staging", "0", "no", "run", "yet"]
    assert eu[:3] == ["2", "prod-eu", "1"]
    assert eu[-1] == "done"
    assert us == ["2", "prod-us", "?", "cannot", "be", "read"]
    assert ap == ["3", "prod-ap", "1", "no", "record"]
    assert "warning: prod-us: state/prod-us.json " in ran.err


def test_a_record_that_is_damaged_does_not_hide_what_is_owned(cli: Cli, workspace: Path) -> None:
    assert cli("apply", "-y", "--target", "prod-eu").code == 0
    (record,) = (path for path in workspace.glob("state/**/*.json") if path.name[:2] == "20")
    record.write_text("[]")
    ran = cli("targets", "prod-eu", "--status")
    assert ran.code == 1
    assert ran.out.splitlines()[1].split() == ["1", "(canary)", "prod-eu", "1", "cannot", "be", "read"]


def test_an_inventory_that_cannot_lie_there_is_one_that_cannot_be_read(cli: Cli, workspace: Path) -> None:
    (workspace / "igz-apply.yaml").write_text("version: 1\ntargets: {a: {inventory: 'http://x/a.json'}, b: {}}\n")
    ran = cli("targets", "--status")
    assert (ran.code, "warning: a: " in ran.err, "b" in ran.out) == (1, True, True)


def test_a_config_without_targets_has_no_waves(cli: Cli, workspace: Path) -> None:
    (workspace / "igz-apply.yaml").write_text("version: 1\n")
    ran = cli("targets")
    assert (ran.code, ran.out, ran.err) == (0, "", "igz-apply.yaml has no targets.\n")
    assert waves(cli) == []
    assert cli("targets", "*").code == 3
    (workspace / "igz-apply.yaml").unlink()
    assert cli("targets", "--status", "--format", "json").code == 0


def test_a_target_of_a_single_run_is_no_argument(cli: Cli) -> None:
    ran = cli("targets", "--target", "prod-eu")
    assert (ran.code, "takes no --target" in ran.err) == (3, True)
    ran = cli("targets", "--endpoint", "embedded")
    assert (ran.code, "--endpoint is of one cluster" in ran.err) == (3, True)


@pytest.mark.full
def test_a_bucket_is_the_memory_of_a_fleet_that_every_machine_reads(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"c-{number}" for number in range(12)]
    targets = "".join(f"  {name}: {{endpoint: 'embedded:{name}.db'}}\n" for name in names)
    (workspace / "igz-apply.yaml").write_text(f"version: 1\ntargets:\n{targets}")
    with s3_server() as s3:
        bucket = s3.bucket()
        for name, value in {**s3.environ, "IGZ_PINNED": "inventory"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("IGZ_INVENTORY", f"s3://{bucket}/fleet/{{target}}.json")
        ran = cli("apply", "--targets", "c-1*", "-y")
        assert ran.code == 0, ran.err
        for path in workspace.glob("*.db"):
            path.unlink()  # nothing of the clusters is asked
        ran = cli("targets", "--status", "--format", "json")
        assert ran.code == 0, ran.err
        status = {each["target"]: each["status"] for each in json.loads(ran.out)["targets"]}
        assert {name: each["owned"] for name, each in status.items()} == {
            name: int(name.startswith("c-1")) for name in names
        }
        assert {name for name, each in status.items() if each["last_run"]} == {"c-1", "c-10", "c-11"}
        assert not list(workspace.glob("*.db"))
        s3.refuses = lambda _, path: path.endswith("/c-10.json")
        ran = cli("targets", "--status")
        assert (ran.code, "warning: c-10: " in ran.err, "cannot be read" in ran.out) == (1, True, True)
