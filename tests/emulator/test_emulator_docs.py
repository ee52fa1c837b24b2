"""The page about the emulator says what is so: its examples run, its tables are complete."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import yaml

from igz_apply.emulator import Emulator, Options
from igz_apply.emulator.engine.faultfile import read_faults
from igz_apply.emulator.engine.faults import JOB_ACTS, REQUEST_ACTS
from igz_apply.emulator.engine.serving import connection_lines, serving
from igz_apply.emulator.iguazio3.emulator import CHARACTER
from tests.contract.contract_plane import Plane

PAGE = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")
YAML = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_every_option_is_described_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `--([a-z-]+)` \| (.*?) \|", PAGE, re.MULTILINE))
    for each in fields(Options):
        if each.name not in ("faults", "log"):
            shown = {True: "on", False: "off"}[each.default] if isinstance(each.default, bool) else each.default
            assert rows[each.name.replace("_", "-")] == ("" if shown is None else str(shown))
    assert len(rows) == len(fields(Options)) - 2


def test_every_act_is_described() -> None:
    rows = re.findall(r"^\| `([a-z][a-z-]*)` \|", PAGE, re.MULTILINE)
    assert rows == [*REQUEST_ACTS_IN_ORDER, *JOB_ACTS]
    assert set(REQUEST_ACTS_IN_ORDER) == set(REQUEST_ACTS)


REQUEST_ACTS_IN_ORDER = (
    "status",
    "refuse",
    "cut",
    "hang",
    "delay",
    "drip",
    "drip-headers",
    "truncate",
    "garbage",
    "empty",
    "huge",
    "partial",
    "twice",
    "nan",
    "odd-id",
    "shift",
    "empty-list",
)


def test_the_documents_of_the_page_are_accepted(plane: Plane) -> None:
    load, faults = YAML
    plane.emulator.load(yaml.safe_load(load))
    assert plane.get("/projects").data[0]["attributes"]["name"] == "churn"
    held = read_faults(yaml.safe_load(faults), CHARACTER.fault_sections)
    assert (len(held.requests), len(held.jobs)) == (4, 2)
    assert held.told("services", "jupyter-ada") == "no such image"


def test_the_programs_of_the_page_run(tmp_path: Path) -> None:
    for program in PYTHON:
        exec(compile(program.replace('"emulator.db"', repr(str(tmp_path / "emulator.db"))), "page", "exec"), {})


def test_the_page_shows_the_lines_that_the_command_prints() -> None:
    emulator = Emulator()
    with serving(emulator) as server:
        lines = connection_lines(server)
    for line in lines[1:]:
        assert line in PAGE
    assert lines[0].startswith("export IGZ_ENDPOINT=http://127.0.0.1:")


def test_the_kinds_of_jobs_are_all_named(plane: Plane) -> None:
    ada, group, project = plane.add_user("ada"), plane.add_group("g"), plane.add_project("p")
    plane.write_role(project, "Viewer", [ada])
    plane.put_services([])
    plane.delete(f"/user_groups/{group}")
    plane.delete(f"/users/{ada}")
    plane.delete("/containers/1024")
    kinds = {each["attributes"]["kind"] for each in plane.get("/jobs").data}
    assert len(kinds) == 7
    for kind in kinds:
        assert f"`{kind}`" in PAGE
