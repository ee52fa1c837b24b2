from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from igz_apply.model.addresses import Source
from igz_apply.model.problems import Problem
from igz_apply.views.lines import render
from igz_apply.views.problem_formats import FORMATS
from igz_apply.views.problem_text import no_lines, problem_lines
from tests.views.views_builders import address

TYPO = Problem(
    "Unknown field",
    "User/ada has no field firstname.",
    "Did you mean first_name?",
    source=Source("manifests/users.yaml", 3, 9),
    address=address("User/ada"),
)
DANGLING = Problem("Unknown reference", "Group/ops names User/alcie.", severity="warning", address=address("Group/ops"))
FILE = ["kind: User", "spec:", "  first: firstname: Ada"]


def text_of(*problems: Problem, lines: list[str] | None = None, width: int = 80) -> str:
    return render(problem_lines(problems, width, (lambda _: lines) if lines else no_lines), colour=False)


def test_a_problem_reads_like_one_of_a_good_compiler() -> None:
    assert text_of(TYPO, DANGLING, lines=FILE) == (
        "manifests/users.yaml:3:9: error: Unknown field [IGZ-203]\n"
        "     3 |   first: firstname: Ada\n"
        "       |         ^\n"
        "  User/ada has no field firstname.\n"
        "  Next: Did you mean first_name?\n"
        "\n"
        "Group/ops: warning: Unknown reference [IGZ-306]\n"
        "  Group/ops names User/alcie.\n"
        "\n"
        "1 error, 1 warning.\n"
    )


def test_nothing_is_said_of_no_problems() -> None:
    assert text_of() == ""


@pytest.mark.parametrize("lines", [["a:", "  password: hunter2", "  x"], ["a: {token:", "", "  hunter2}"]])
def test_a_line_that_may_hold_a_secret_is_not_quoted(lines: list[str]) -> None:
    assert "hunter2" not in text_of(TYPO, lines=lines)


def test_the_caret_of_a_far_column_stays_on_the_screen() -> None:
    problem = Problem("Wrong type", "It is.", source=Source("x.yaml", 1, 301))
    quoted = text_of(problem, lines=["x" * 300 + "HERE" + "y" * 100], width=80).splitlines()[1:3]
    assert quoted[0][quoted[1].index("^") :].startswith("HERE")
    assert max(map(len, quoted)) <= 80


def test_a_file_that_cannot_be_read_again_costs_the_excerpt_alone() -> None:
    assert " | " not in text_of(TYPO)


def test_json_is_the_contracts_form() -> None:
    assert json.loads(FORMATS["json"]([TYPO, DANGLING], 14)) == {
        "resources": 14,
        "problems": [
            {
                "severity": "error",
                "code": "IGZ-203",
                "summary": "Unknown field",
                "detail": "User/ada has no field firstname.",
                "hint": "Did you mean first_name?",
                "file": "manifests/users.yaml",
                "line": 3,
                "column": 9,
                "address": "User/ada",
            },
            {
                "severity": "warning",
                "code": "IGZ-306",
                "summary": "Unknown reference",
                "detail": "Group/ops names User/alcie.",
                "hint": None,
                "file": None,
                "line": None,
                "column": None,
                "address": "Group/ops",
            },
        ],
    }


def test_github_gets_one_annotation_a_problem_with_everything_escaped() -> None:
    odd = Problem("A, b", "100%\nsure", source=Source("a,b:c.yaml", 1, 2))
    assert FORMATS["github"]([odd], 1) == "::error title=A%2C b,file=a%2Cb%3Ac.yaml,line=1,col=2::100%25%0Asure\n"


def test_junit_fails_for_errors_alone_and_survives_control_characters() -> None:
    odd = Problem("Odd\x00", "It holds \x1b and <&>.", source=Source("x.yaml", 1, 1))
    suite = ElementTree.fromstring(FORMATS["junit"]([TYPO, DANGLING, odd], 2))
    assert (suite.get("tests"), suite.get("failures"), len(suite.findall("*/failure"))) == ("4", "2", 2)
    assert suite.findall("testcase")[1].get("line") == "3"


def test_sarif_names_rule_level_and_place() -> None:
    (run,) = json.loads(FORMATS["sarif"]([TYPO, DANGLING], 2))["runs"]
    assert [result["level"] for result in run["results"]] == ["error", "warning"]
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 3, "startColumn": 9}
    (odd,) = json.loads(FORMATS["sarif"]([replace(TYPO, source=Source("m/a b#1%20.yaml", 3, 9))], 1))["runs"]
    artifact = odd["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact["uri"] == "m/a%20b%231%2520.yaml"
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} == rules
