"""The page about the emulator of Iguazio 4 says what is so: its examples run, its table is complete."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from igz_apply.emulator import Description, Emulator4, Options4, describe, serving
from igz_apply.emulator.engine.faultfile import read_faults
from igz_apply.emulator.engine.serving import connection_lines
from igz_apply.emulator.iguazio4.emulator import CHARACTER
from tests.emulator.plane4 import Plane4

PAGE = (Path(__file__).parents[2] / "docs" / "emulator-4.md").read_text(encoding="utf-8")
YAML = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def row(switch: Description) -> str:
    """Return the row of the page's table for a switch."""
    values = ", ".join(switch.values) or ("text" if switch.form is str else "number")
    shown = {True: "on", False: "off", None: ""}.get(switch.default) if switch.form is bool else switch.default
    return f"| `{switch.name}` | {values} | {'' if shown is None else shown} | {switch.help} | {switch.evidence} |"


def test_every_switch_is_in_the_table() -> None:
    assert [line for line in PAGE.splitlines() if re.match(r"\| `\w+` \| .* \| .* \| .* \| ", line)] == [
        row(each) for each in describe(Options4)
    ]


def test_the_documents_of_the_page_are_accepted(plane4: Plane4) -> None:
    load, faults = YAML
    plane4.emulator.load(yaml.safe_load(load))
    assert plane4.members("churn", "admin") == ["bob"]
    held = read_faults(yaml.safe_load(faults), CHARACTER.fault_sections)
    assert (len(held.requests), len(held.jobs)) == (2, 1)
    assert set(held.sections) == {"followers", "edits", "tokens"}


def test_the_programs_of_the_page_run() -> None:
    for program in PYTHON:
        exec(compile(program, "page", "exec"), {})


def test_the_page_names_the_lines_that_the_command_prints() -> None:
    emulator = Emulator4()
    with serving(emulator) as server:
        lines = connection_lines(server)
    emulator.close()
    assert lines == [f"export IGZ_ENDPOINT={server.url}", f"export IGZ_OFFLINE_TOKEN={Emulator4.offline_token}"]
    for line in lines:
        assert line.partition("=")[0] in PAGE
