"""The page of features: each Yes is shown by its command, each other has a reason, and the count is right."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.docs import docs_shell
from tests.docs.docs_pages import steps
from tests.docs.feature_rows import PAGE, Row, Shown, counted, in_a_shell, in_this_process, needs_a_shell, rows

TEXT = PAGE.read_text(encoding="utf-8")
ROWS = list(rows(TEXT))
SIZES = {
    "A": 13,
    "B": 10,
    "C": 10,
    "D": 13,
    "E": 15,
    "F": 8,
    "G": 6,
    "H": 5,
    "I": 4,
    "J": 4,
    "K": 4,
    "L": 3,
    "M": 3,
    "N": 4,
}


def test_there_are_102_features_in_their_groups() -> None:
    assert [row.number for row in ROWS] == list(range(1, 103))
    assert Counter(row.group[0] for row in ROWS) == SIZES


def test_most_are_there() -> None:
    assert _count(ROWS)[1] >= 80


def test_each_is_there_or_has_a_reason() -> None:
    assert {row.here for row in ROWS} <= {"Yes", "Partly", "No"}
    assert [row.number for row in ROWS if row.here == "Yes" and not (row.command and row.word)] == []
    assert [row.number for row in ROWS if row.here != "Yes" and len(row.told.split()) < 4] == []


def test_the_count_at_the_end_is_right() -> None:
    found: dict[str, tuple[int, ...]] = {}
    for group in dict.fromkeys(row.group for row in ROWS):
        found[group] = _count([row for row in ROWS if row.group == group])
    assert counted(TEXT) == {**found, "all": _count(ROWS)}


def _count(those: list[Row]) -> tuple[int, ...]:
    return (len(those), *(sum(row.here == answer for row in those) for answer in ("Yes", "Partly", "No")))


@pytest.mark.full
def test_golden_commands_show_each_feature_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith(("IGZ_", "V3IO_"))]:
        monkeypatch.delenv(name)
    for name, value in {"IGZ_TARGET": "dev", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)
    made = tmp_path / "made"
    made.mkdir()
    assert [fault for ending in docs_shell.run(steps(TEXT), made) if (fault := docs_shell.fault(ending))] == []
    faults = []
    for row in ROWS:
        if row.here != "Yes":
            continue
        folder = tmp_path / str(row.number) / "site"
        shutil.copytree(made / "site", folder)
        if needs_a_shell(row.command):
            shown = in_a_shell(row.command, folder)
        else:
            monkeypatch.chdir(folder)
            capsys.readouterr()
            code = in_this_process(row.command)
            shown = Shown(code, "".join(capsys.readouterr()))
        if shown.code != row.code or row.word not in shown.said:
            faults.append(f"{row.number}: {row.command}\nended with {shown.code}, and said:\n{shown.said}")
    assert not faults, "\n\n".join(faults)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("igz-apply plan", False),
        ("IGZ_A=b igz-apply plan && cat p.md", False),
        ("igz-apply render | igz-apply validate -", True),
        ("igz-apply plan && sed -i s/a/b/ p.json", True),
        ("sh emulated.sh '' igz-apply plan", True),
    ],
)
def test_a_shell_is_started_where_it_takes_one(command: str, expected: bool) -> None:
    assert needs_a_shell(command) is expected
