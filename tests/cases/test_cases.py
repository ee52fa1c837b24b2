"""Whole plans: each folder here is a case, and its point is its name. `make golden` rewrites what is expected."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema_rs
import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.manifests.schemas import form_schema
from igz_apply.planning.plan_document import from_data, parse, to_data
from tests.cases.golden_cases import golden_of

HERE = Path(__file__).parent
CASES = sorted(path.parent.name for path in HERE.glob("*/manifests.yaml"))
WRITES = os.environ.get("IGZ_GOLDEN") == "write"


@pytest.mark.parametrize("name", CASES)
def test_golden_case(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = HERE / name
    monkeypatch.chdir(case)
    found = golden_of(case)
    if WRITES:
        (case / "plan.txt").write_text(found.text, encoding="utf-8")
        (case / "plan.json").unlink(missing_ok=True)
        if found.data is not None:
            (case / "plan.json").write_text(found.data, encoding="utf-8")
    assert found.text == (case / "plan.txt").read_text(encoding="utf-8")
    expected = case / "plan.json"
    assert found.data == (expected.read_text(encoding="utf-8") if expected.exists() else None)


@pytest.mark.parametrize("name", [name for name in CASES if (HERE / name / "plan.json").exists()])
def test_a_cases_plan_is_valid_and_comes_back_as_it_was(name: str) -> None:
    data = parse((HERE / name / "plan.json").read_bytes())
    jsonschema_rs.validator_for(dict(form_schema("plan"))).validate(data)
    assert to_data(from_data(data, KINDS), tool_version="0") == data


def test_there_are_enough_cases_and_each_says_its_point() -> None:
    assert len(CASES) >= 60
    for name in CASES:
        assert (HERE / name / "manifests.yaml").read_text(encoding="utf-8").startswith("# "), name


def test_inventories_are_readable_json() -> None:
    for path in HERE.glob("*/inventory.json"):
        assert json.loads(path.read_text(encoding="utf-8"))
