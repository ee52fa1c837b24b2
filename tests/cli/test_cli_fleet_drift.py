"""The drift of several targets in one run, over emulators inside the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.cli_world import Cli
from tests.cli.fleet_world import embedded, write_fleet


def test_a_target_that_nothing_was_applied_to_is_not_without_drift(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded("a", "b"))
    assert cli("apply", "-y", "--targets", "a").code == 0
    ran = cli("drift", "--all-targets")
    assert ran.out.startswith("Drift: of 2 targets 1 without drift, 1 with nothing to compare")
    assert "= nothing to compare: b" in ran.out
    assert cli("drift", "--all-targets", "--detailed-exitcode").code == 3


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
