"""Problems in the forms that CI systems read: JSON, GitHub annotations, JUnit, SARIF."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from igz_apply.model.problems import Problem
from igz_apply.version import __version__
from igz_apply.wording.problem_words import problem_data, titled

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_json(problems: Sequence[Problem], resources: int) -> str:
    """Return the document of contract section 7."""
    data = {"resources": resources, "problems": [problem_data(problem) for problem in problems]}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def as_github(problems: Sequence[Problem], resources: int) -> str:  # noqa: ARG001 (one signature for all forms)
    """Return workflow commands, which GitHub shows at the line of the pull request."""
    return "".join(f"::{problem.severity} {_github_place(problem)}::{_github_text(problem)}\n" for problem in problems)


def as_junit(problems: Sequence[Problem], resources: int) -> str:
    """Return a JUnit document: one test case a problem, warnings passing, and one that says that the rest is fine."""
    from xml.etree import ElementTree

    errors = sum(problem.severity == "error" for problem in problems)
    suite = ElementTree.Element(
        "testsuite", name="igz-apply validate", tests=str(len(problems) + 1), failures=str(errors), errors="0"
    )
    ElementTree.SubElement(suite, "testcase", classname="igz-apply", name=f"{resources} resources were read")
    for problem in problems:
        place = str(problem.source or problem.address or "igz-apply")
        case = ElementTree.SubElement(suite, "testcase", classname=_xml(place), name=_xml(problem.summary))
        if problem.source is not None:
            case.set("file", _xml(problem.source.path))
            case.set("line", str(problem.source.line))
        text = _xml(f"{place}: {problem.severity}: {problem.detail} {problem.hint}".strip())
        if problem.severity == "error":
            ElementTree.SubElement(case, "failure", message=_xml(problem.detail), type=problem.code).text = text
        else:
            ElementTree.SubElement(case, "system-out").text = text
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def as_sarif(problems: Sequence[Problem], resources: int) -> str:  # noqa: ARG001 (one signature for all forms)
    """Return a SARIF 2.1.0 log, which code scanning reads."""
    rules = sorted({(problem.code, problem.summary) for problem in problems})
    driver = {"name": "igz-apply", "version": __version__, "rules": [_rule(code, summary) for code, summary in rules]}
    run = {"tool": {"driver": driver}, "results": [_result(problem) for problem in problems]}
    log = {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[Sequence[Problem], int], str]] = {
    "json": as_json,
    "github": as_github,
    "junit": as_junit,
    "sarif": as_sarif,
}


def _github_place(problem: Problem) -> str:
    properties = {"title": titled(problem)}
    if problem.source is not None:
        properties |= {
            "file": problem.source.path,
            "line": str(problem.source.line),
            "col": str(problem.source.column),
        }
    return ",".join(f"{name}={_github_escaped(value, ':,')}" for name, value in properties.items())


def _github_text(problem: Problem) -> str:
    about = f"{problem.address}: " if problem.address and not problem.source else ""
    return _github_escaped(f"{about}{problem.detail} {problem.hint}".strip(), "")


def _github_escaped(text: str, more: str) -> str:
    """Escape as the runner's own toolkit does; property values also lose what separates them."""
    for char in "%\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text


def _rule(code: str, summary: str) -> dict[str, Any]:
    from igz_apply.model.catalogue import rule_of  # here: it is the one form that tells of rules

    rule = rule_of(summary)
    meaning = rule.meaning if rule is not None else summary
    return {"id": code, "name": summary, "shortDescription": {"text": summary}, "fullDescription": {"text": meaning}}


def _result(problem: Problem) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "level": problem.severity,
        "message": {"text": f"{problem.detail} {problem.hint}".strip()},
    }
    if problem.source is not None:
        region = {"startLine": problem.source.line, "startColumn": problem.source.column}
        artifact = {"uri": quote(problem.source.path)}
        result["locations"] = [{"physicalLocation": {"artifactLocation": artifact, "region": region}}]
    return result


def _xml(text: str) -> str:
    """Drop what XML 1.0 cannot hold, control characters above all."""
    return "".join(
        char
        for char in text
        if char in "\t\n\r" or (char >= " " and not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff")
    )
