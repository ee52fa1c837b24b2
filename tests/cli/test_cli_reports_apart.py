"""Reports lie apart from what else a run reads and writes: no approved plan is ever written over by one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.cli_world import Cli
from tests.cli.fleet_world import embedded, write_fleet


def told(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("report", ["a.json", "./a.json", "link/a.json", "hard.json"])
def test_a_report_is_never_written_over_a_saved_plan(cli: Cli, workspace: Path, report: str) -> None:
    write_fleet(workspace, embedded("a"))
    (workspace / "link").symlink_to(".")
    assert cli("plan", "--target", "a", "--out", "a.json").code == 0
    os.link(workspace / "a.json", workspace / "hard.json")
    before = (workspace / "a.json").read_bytes()
    for role, command in (
        ("--out", ("plan", "--target", "a", "--out")),
        ("--plan", ("apply", "--target", "a", "-y", "--plan")),
        ("FILE", ("show",)),
        ("--out", ("undo", "last", "--target", "a", "--out")),
    ):
        ran = cli(*command, "a.json", "--report", report)
        assert (ran.code, "Two paths to one file [IGZ-778]" in ran.err) == (3, True), ran.err
        assert f"--report {report} is the same as {role} a.json" in told(ran.err)
        assert (workspace / "a.json").read_bytes() == before
    assert not (workspace / ".igz-apply" / "inventory.a.json").exists()


def test_nor_over_one_of_several(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded("a", "b"))
    assert cli("plan", "--all-targets", "--out", "plans", "--report", "plans/all.json").code == 0
    before = {path.name: path.read_bytes() for path in (workspace / "plans").iterdir()}
    for role, command in (("--out", ("plan", "--out")), ("--plan", ("apply", "-y", "--plan"))):
        ran = cli(*command, "plans", "--all-targets", "--report", "fleet.md", "--report", "plans/b.json")
        assert (ran.code, "Two paths to one file [IGZ-778]" in ran.err) == (3, True), ran.err
        assert f"--report plans/b.json is the same as {role} plans/b.json" in told(ran.err)
    assert {path.name: path.read_bytes() for path in (workspace / "plans").iterdir()} == before
    assert not (workspace / "fleet.md").exists()


@pytest.mark.parametrize("choice", [("--target", "a"), ("--all-targets",)])
def test_two_reports_are_two_files(cli: Cli, workspace: Path, choice: tuple[str, ...]) -> None:
    write_fleet(workspace, embedded("a"))
    ran = cli("plan", *choice, "--report", "r.md", "--report", "./r.md")
    assert (ran.code, "--report ./r.md is the same as --report r.md" in told(ran.err)) == (3, True), ran.err
    assert not (workspace / "r.md").exists()
