"""Several targets in one run, over emulators inside the command and over real HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from igz_apply.manifests import config, reader
from igz_apply.manifests.documents import FileReading
from tests.cli.cli_world import Cli
from tests.cli.fleet_world import ADMIN, GROUP, clusters, embedded, password_of, write_fleet

NAMES = ("prod-a", "prod-b", "staging")


def test_a_fleet_is_planned_applied_and_found_as_declared(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded(*NAMES))
    assert cli("plan", "--all-targets", "--detailed-exitcode").code == 2
    applied = cli("apply", "-y", "--all-targets")
    assert applied.code == 0, applied.err
    assert cli("plan", "--all-targets", "--detailed-exitcode").code == 0
    assert cli("drift", "--targets", "prod-*, staging", "--detailed-exitcode").code == 0
    assert sorted(path.name for path in (workspace / ".igz-apply").glob("inventory.*.json")) == [
        f"inventory.{name}.json" for name in NAMES
    ]


def test_a_target_that_nothing_was_applied_to_is_not_without_drift(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded("a", "b"))
    assert cli("apply", "-y", "--targets", "a").code == 0
    ran = cli("drift", "--all-targets")
    assert ran.out.startswith("Drift: of 2 targets 1 without drift, 1 with nothing to compare")
    assert "= nothing to compare: b" in ran.out
    assert cli("drift", "--all-targets", "--detailed-exitcode").code == 3


@pytest.mark.full
def test_a_target_in_the_environment_is_overruled(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_fleet(workspace, embedded(*NAMES))
    monkeypatch.setenv("IGZ_TARGET", "staging")
    assert cli("apply", "-y", "--targets", "prod-*").code == 0
    assert not (workspace / ".igz-apply" / "inventory.staging.json").exists()
    assert (workspace / ".igz-apply" / "inventory.prod-b.json").exists()


@pytest.mark.full
def test_a_fleet_of_one_target_is_one_too(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded(*NAMES))
    assert cli("apply", "-y", "--targets", "staging").code == 0
    assert cli("plan", "--target", "staging", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--targets", "prod-*", "--target", "staging"), "exclude each other"),
        (("--targets", "prod-*", "--all-targets"), "exclude each other"),
        (("--all-targets", "--endpoint", "embedded"), "--endpoint is of one cluster"),
        (("--all-targets", "--access-key-file", "k", "--token-name", "n"), "--access-key-file, --token-name are of"),
        (("--all-targets", "--password-stdin"), "--password-stdin is of one cluster"),
        (("--all-targets", "--offline-token-file", "t"), "--offline-token-file is of one cluster"),
        (("--all-targets", "-"), "Standard input"),
        (("--wave", "2"), "--wave is about several targets"),
        (("--canary", "0"), "--canary is about several targets"),
        (("--max-changed", "1"), "--max-changed is about several targets"),
        (("--max-failures", "1"), "--max-failures is about several targets"),
        (("--all-targets", "--max-failures", "0"), "not in the range"),
    ],
)
def test_what_is_of_one_cluster_is_not_said_for_all(
    arguments: tuple[str, ...], words: str, cli: Cli, workspace: Path
) -> None:
    write_fleet(workspace, embedded(*NAMES))
    for command in (("plan",), ("apply", "-y"), ("drift",)):
        if command == ("drift",) and arguments[-2] in ("--canary", "--max-changed", "--max-failures"):
            continue  # it has none of them
        ran = cli(*command, *arguments)
        assert (ran.code, words in ran.err) == (3, True), ran.err


@pytest.mark.parametrize("option", ["--canary", "--max-changed", "--max-failures"])
def test_nothing_stops_a_look_for_drift_so_that_it_has_no_option_for_that(
    option: str, cli: Cli, workspace: Path
) -> None:
    write_fleet(workspace, embedded("a"), fleet={"max_failures": 1, "max_changed": 1, "canary": 1})
    ran = cli("drift", "--all-targets", option, "1")
    assert (ran.code, f"No such option '{option}'" in ran.err) == (3, True)


def test_the_drift_of_several_is_reported_in_every_form(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded("a", "b"))
    assert cli("apply", "-y", "--targets", "a").code == 0
    forms = [f"drift.{form}" for form in ("md", "html", "json", "xml", "svg")]
    ran = cli("drift", "--all-targets", *(word for form in forms for word in ("--report", form)))
    assert ran.code == 0, ran.err
    assert json.loads((workspace / "drift.json").read_text())["counts"]["unchanged"] == 2
    for form in forms:
        assert "nothing to compare" in (workspace / form).read_text() or form == "drift.json"
    assert cli("drift", "--targets", "a", "--report", "one.md").code == 0
    assert (workspace / "one.md").exists()
    assert (cli("drift", "--all-targets", "--report", "drift.dot").code, (workspace / "drift.dot").exists()) == (
        3,
        False,
    )


@pytest.mark.parametrize("more", [(), ("--across", "a,b", "--mapping", "m.yaml")])
def test_a_report_of_drift_is_of_targets_that_are_chosen_as_several(
    more: tuple[str, ...], cli: Cli, workspace: Path
) -> None:
    write_fleet(workspace, embedded("a", "b"))
    ran = cli("drift", *more, "--report", "drift.md")
    assert (ran.code, "--targets or --all-targets" in " ".join(ran.err.split())) == (3, True)
    assert not (workspace / "drift.md").exists()


@pytest.mark.parametrize("option", ["--targets", "--all-targets"])
def test_a_command_of_one_target_says_how_to_go_over_several(option: str, cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded(*NAMES))
    ran = cli("validate", option)
    assert (ran.code, "targets --format names lists them" in " ".join(ran.err.split())) == (3, True)
    assert "--format names" not in cli("validate", "--all-target").err


def test_manifests_of_standard_input_are_not_for_several(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded("a"))
    file = workspace / "igz-apply.yaml"
    file.write_text('manifests: ["-"]\n' + file.read_text())
    ran = cli("plan", "--all-targets")
    assert (ran.code, "standard input" in ran.err.replace("\n  ", " ")) == (3, True)


def test_a_snapshot_is_of_one_cluster(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded("a"))
    ran = cli("plan", "--all-targets", "--live", "x.json")
    assert (ran.code, "--live is of one cluster" in ran.err) == (3, True)


@pytest.mark.parametrize("pattern", ["prd-*", "stagign", ""])
def test_a_pattern_without_a_target_is_refused(pattern: str, cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded(*NAMES))
    ran = cli("plan", "--targets", "prod-*", "--targets", pattern)
    assert (ran.code, "IGZ-401" in ran.err) == (3, True)
    assert bool(pattern) == ("Did you mean" in ran.err)
    assert "igz-apply.yaml:4:1: error" in ran.err


def test_a_config_without_targets_has_none_for_a_fleet(cli: Cli, workspace: Path) -> None:
    (workspace / "igz-apply.yaml").write_text("version: 1\n")
    ran = cli("plan", "--all-targets")
    assert (ran.code, "IGZ-401" in ran.err) == (3, True)


@pytest.mark.parametrize("command", [("plan", "--all-targets"), ("targets",), ("targets", "--status")])
def test_the_config_is_read_as_often_for_one_target_as_for_many(
    command: tuple[str, ...], cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []

    def read_file(path: str, **named: Any) -> FileReading:
        reads.append(path)
        return reader.read_file(path, **named)

    monkeypatch.setattr(config, "read_file", read_file)
    monkeypatch.setenv("IGZ_INVENTORY", "same.json")  # so that a plan ends where its targets have been read
    counts = []
    for many in (1, 12):
        write_fleet(workspace, embedded(*(f"t{number}" for number in range(many))))
        cli(*command)
        counts.append(len(reads))
        reads.clear()
    assert counts[0] == counts[1] > 0


@pytest.mark.full
@pytest.mark.parametrize("name", ["IGZ_ENDPOINT", "V3IO_API", "IGZ_INVENTORY"])
def test_a_place_is_not_said_for_all(name: str, cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_fleet(workspace, embedded("prod-eu", "dev"))
    for place in ("embedded:x.db", *(["embedded:{target}.db"] if name != "IGZ_INVENTORY" else [])):
        monkeypatch.setenv(name, place)  # a target's name can stand in the place of an inventory alone
        ran = cli("plan", "--all-targets")
        assert (ran.code, "IGZ-682" in ran.err, f"{name}__PROD_EU" in ran.err) == (3, True, True)
    monkeypatch.setenv(f"{name}__PROD_EU", "embedded:eu.db" if name != "IGZ_INVENTORY" else "eu.json")
    ran = cli("plan", "--all-targets")
    assert (ran.code, f"{name}__DEV" in ran.err) == (3, True)
    assert cli("plan", "--targets", "prod-eu").code == 0


def test_an_inventory_for_all_names_the_target(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_fleet(workspace, embedded("a", "b"))
    monkeypatch.setenv("IGZ_INVENTORY", "state.json")
    assert "put {target} into it, or set it for each target: IGZ_INVENTORY__A" in cli("plan", "--all-targets").err
    monkeypatch.setenv("IGZ_INVENTORY", "{target}.json")
    assert cli("plan", "--all-targets").code == 0


def test_what_is_pinned_is_asked_for_by_the_name_that_a_target_takes_it_from(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_fleet(workspace, embedded("prod-eu"))
    for pin, variable, place in (
        ("endpoint", "IGZ_ENDPOINT__PROD_EU", "embedded:eu.db"),
        ("inventory", "IGZ_INVENTORY", "{target}.json"),
    ):
        monkeypatch.setenv("IGZ_PINNED", pin)
        ran = cli("plan", "--all-targets")
        told = " ".join((ran.out + ran.err).split())
        assert (ran.code, f"Set {variable}" in told, "{target}" in told or pin != "inventory") == (3, True, True)
        monkeypatch.setenv(variable, place)
        assert cli("plan", "--all-targets").code == 0


@pytest.mark.full
@pytest.mark.parametrize(
    "inventories",
    [
        ("same.json", "./same.json"),
        ("same.json", "link.json"),
        ("s3://bucket/x.json", "s3a://bucket//x.json"),
        ("s3://user:pw@bucket/x.json", "S3://bucket/x.json?y"),
    ],
)
def test_two_targets_with_one_inventory_are_refused(inventories: tuple[str, str], cli: Cli, workspace: Path) -> None:
    (workspace / "link.json").symlink_to(workspace / "same.json")
    targets = embedded("a", "b", "c")
    targets["a"]["inventory"], targets["c"]["inventory"] = inventories
    write_fleet(workspace, targets)
    ran = cli("apply", "-y", "--all-targets")
    assert (ran.code, "IGZ-684" in ran.err, "a and c have" in ran.err) == (3, True, True)
    assert "pw" not in ran.err
    assert not list(workspace.glob("*.db"))
    assert cli("plan", "--targets", "b").code == 0


# Credentials, over real HTTP


def test_what_a_target_lacks_is_told_as_a_fleet_takes_it(cli: Cli, workspace: Path) -> None:
    nowhere = {"endpoint": "https://127.0.0.1:1"}
    four = {**nowhere, "platform": "iguazio4"}
    write_fleet(
        workspace,
        {
            "a": nowhere,
            "b": nowhere,
            "c": four,
            "prod-d": {},
            "e": {**nowhere, "access_key_file": "none.key"},
            "f": {**nowhere, "platform": "auto"},
        },
    )
    text = " ".join(cli("plan", "--all-targets").out.split())
    assert "invalid: a, b, f error" in text  # told once
    assert "Set V3IO_ACCESS_KEY__TARGET (of prod-eu: V3IO_ACCESS_KEY__PROD_EU)" in text
    assert "Set IGZ_OFFLINE_TOKEN__TARGET (of prod-eu: IGZ_OFFLINE_TOKEN__PROD_EU)" in text
    assert "Set IGZ_ENDPOINT__PROD_D, or give the target prod-d of igz-apply.yaml one" in text
    assert "Correct `access_key_file` in igz-apply.yaml" in text
    assert "for an Iguazio 4: note: `platform: iguazio4` of the target" in text
    for option in ("--access-key-file", "--offline-token-file", "--endpoint", "--platform", "IGZ_OFFLINE_TOKEN "):
        assert option not in text


def test_no_credential_of_a_target_reaches_another_cluster(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clusters(*NAMES) as found:
        write_fleet(workspace, {name: {"endpoint": server.url} for name, (_, server) in found.items()})
        monkeypatch.setenv("V3IO_USERNAME", ADMIN)
        for name in NAMES:
            monkeypatch.setenv(f"V3IO_PASSWORD__{name.upper().replace('-', '_')}", password_of(name))
        for command in (("plan",), ("apply", "-y"), ("drift",)):
            ran = cli(*command, "--all-targets")
            assert ran.code == 0, ran.err
            assert not any(password_of(name) in ran.out + ran.err for name in NAMES)
        sessions = {}
        for name, (emulator, _) in found.items():
            assert password_of(name) in emulator.text
            assert len(emulator.writes) == 1
            assert not any(password_of(other) in emulator.text for other in NAMES if other != name)
            sessions[name] = {it.headers["cookie"] for it in emulator.heard if "cookie" in it.headers}
        assert all(sessions.values())
        assert not sessions["prod-a"] & sessions["prod-b"]
        assert not sessions["prod-a"] & sessions["staging"]


@pytest.mark.parametrize("name", ["V3IO_PASSWORD", "V3IO_ACCESS_KEY"])
def test_a_credential_that_is_of_no_target_is_sent_nowhere(
    name: str, cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clusters("prod", "dev") as found:
        write_fleet(workspace, {each: {"endpoint": server.url} for each, (_, server) in found.items()})
        monkeypatch.setenv("V3IO_USERNAME", ADMIN)
        monkeypatch.setenv(name, "plain-secret")
        monkeypatch.setenv("V3IO_ACCESS_KEY__DEV", "of-dev")
        for command in (("plan",), ("apply", "-y"), ("drift",)):
            ran = cli(*command, "--all-targets")
            assert (ran.code, "IGZ-683" in ran.err, f"{name}__PROD" in ran.err) == (3, True, True)
            assert "plain-secret" not in ran.err
        assert not any(emulator.heard for emulator, _ in found.values())


@pytest.mark.full
def test_a_credential_may_be_said_to_be_of_all(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with clusters("prod", "dev") as found:
        write_fleet(workspace, {each: {"endpoint": server.url} for each, (_, server) in found.items()})
        monkeypatch.setenv("V3IO_ACCESS_KEY", found["prod"][1].access_key)
        monkeypatch.setenv("IGZ_SHARED", "V3IO_PASSWORD, V3IO_ACCESS_KEY")
        assert cli("plan", "--all-targets").code == 0
        assert all(emulator.heard for emulator, _ in found.values())


def test_a_token_is_of_one_target_too(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_fleet(workspace, {"a": {"endpoint": "https://127.0.0.1:1"}}, defaults={"platform": "iguazio4"})
    for name in ("IGZ_OFFLINE_TOKEN", "IGZ_SERVICE_ACCOUNT_TOKEN_FILE"):
        monkeypatch.setenv(name, "plain-secret")
        ran = cli("plan", "--all-targets")
        assert (ran.code, "IGZ-683" in ran.err, f"{name}__A" in ran.err) == (3, True, True)
        monkeypatch.delenv(name)


@pytest.mark.full
def test_the_usual_token_file_is_of_no_target(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = workspace / "home"
    home.mkdir()
    (home / ".igz.yml").write_text("secretTokens: []\n")
    monkeypatch.setenv("HOME", str(home))
    for more in ({}, {"platform": "iguazio4"}):
        write_fleet(workspace, {"a": {"endpoint": "https://127.0.0.1:1", **more}}, defaults={"prune": False})
        ran = cli("plan", "--all-targets")
        assert (ran.code, "~/.igz.yml" in ran.err, "IGZ-683" in ran.err) == (3, True, True)
        monkeypatch.setenv("IGZ_SHARED", "~/.igz.yml")
        assert "IGZ-683" not in cli("plan", "--all-targets").err
        monkeypatch.delenv("IGZ_SHARED")
    for own in ({"platform": "iguazio3"}, {"platform": "iguazio4", "token_name": "ci"}):
        write_fleet(workspace, {"a": {"endpoint": "https://127.0.0.1:1", **own}}, defaults={"prune": False})
        assert "IGZ-683" not in cli("plan", "--all-targets", "--retries", "0").err


# Plans that are saved


@pytest.mark.full
def test_saved_plans_of_a_fleet_are_applied_as_they_are(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded(*NAMES))
    assert cli("plan", "--all-targets", "--out", "plans").code == 0
    assert sorted(path.name for path in (workspace / "plans").iterdir()) == [f"{name}.json" for name in NAMES]
    (workspace / "manifests" / "all.yaml").write_text("")
    assert cli("apply", "-y", "--all-targets", "--plan", "plans").code == 0
    again = cli("apply", "-y", "--all-targets", "--plan", "plans", "--max-failures", "9")
    assert (again.code, "Used plan [IGZ-705]" in again.out) == (4, True)
    assert "What was approved can no longer be applied: plan again, and have that approved." in again.out
    assert "the same command again" not in again.out
    (workspace / "manifests" / "all.yaml").write_text(GROUP)
    assert cli("plan", "--all-targets", "--out", "plans").code == 0
    assert cli("apply", "-y", "--all-targets", "--plan", "plans").code == 0


def test_one_plan_is_shown_and_not_a_folder_of_them(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded("a", "b"))
    (workspace / "empty").mkdir()
    assert cli("plan", "--all-targets", "--out", "plans").code == 0
    for folder, hint in (("plans", "name one of them, such as plans/a.json"), ("empty", "name a file")):
        ran = cli("show", folder)
        assert (ran.code, f"{folder} is a folder" in ran.err, hint in " ".join(ran.err.split())) == (3, True, True)
    assert cli("show", "plans/a.json").code == 0


@pytest.mark.full
def test_a_target_without_a_saved_plan_stops_the_whole_before_anything_is_sent(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded(*NAMES))
    assert cli("plan", "--targets", "prod-*", "--out", "plans").code == 0
    ran = cli("apply", "-y", "--all-targets", "--plan", "plans")
    assert (ran.code, "IGZ-738" in ran.err, "staging" in ran.err) == (3, True, True)
    assert not list((workspace / ".igz-apply").glob("inventory.*"))
    assert cli("apply", "-y", "--all-targets", "--plan", "nowhere").code == 3


@pytest.mark.full
def test_a_plan_that_is_refused_leaves_none_of_before(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded("a", "b"))
    assert cli("plan", "--all-targets", "--out", "plans").code == 0
    (workspace / "manifests" / "all.yaml").write_text("kind: Nothing\n")
    assert cli("plan", "--all-targets", "--out", "plans").code == 3
    assert not list((workspace / "plans").iterdir())


def test_a_folder_is_for_several_targets_alone(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded("a"))
    (workspace / "plans").mkdir()
    for command in (("plan", "--out", "plans"), ("apply", "-y", "--plan", "plans")):
        ran = cli(*command, "--target", "a")
        assert (ran.code, "is a folder" in ran.err) == (3, True)
    assert cli("plan", "--all-targets", "--out", "igz-apply.yaml").code == 3


# What was approved


def approved_digest(cli: Cli) -> str:
    ran = cli("plan", "--all-targets", "--format", "json")
    found = json.loads(ran.out)["digest"]
    assert isinstance(found, str)
    return found


@pytest.mark.full
def test_a_fleet_is_held_to_what_was_approved(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded(*NAMES))
    digest = approved_digest(cli)
    refused = cli("apply", "-y", "--all-targets", "--expect", "sha256:" + "0" * 64)
    assert (refused.code, "Not the approved plan" in refused.err) == (4, True)
    assert not list((workspace / ".igz-apply").glob("inventory.*"))
    assert cli("apply", "-y", "--targets", "prod-*", "--expect", digest).code == 4
    assert cli("apply", "-y", "--all-targets", "--expect", digest).code == 0
    assert cli("plan", "--all-targets", "--detailed-exitcode").code == 0


def test_nothing_is_asked_without_a_terminal(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded("a"))
    ran = cli("apply", "--all-targets")
    assert (ran.code, "no terminal to ask on" in ran.err) == (3, True)
