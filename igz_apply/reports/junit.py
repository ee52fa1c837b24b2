"""The JUnit report: one test case a change, one suite a kind, for the test views of CI systems."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Change, Plan
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.outcomes import NotConverged, Outcome, Report, Status
from igz_apply.model.problems import Problem
from igz_apply.reports.words import change_lines, problem_place
from igz_apply.wording.diff_lines import diff_lines
from igz_apply.wording.operation_words import why
from igz_apply.wording.printable import printable
from igz_apply.wording.problem_words import titled

_TAGS = {Status.FAILED: "failure", Status.CONFLICT: "failure", Status.TIMED_OUT: "error", Status.UNKNOWN: "error"}
_LIMIT = 500  # characters of a value


def junit_report(plan: Plan, report: Report | None, problems: Sequence[Problem]) -> bytes:
    """Return the report's bytes. Of a plan alone every change passes; a problem that stops us is a failure."""
    root = Element("testsuites", name="igz-apply")
    outcomes = {outcome.address: outcome for outcome in report.outcomes} if report else {}
    lost = {item.address: item for item in report.not_converged} if report else {}
    operated = {(outcome.operation, outcome.address): outcome for outcome in report.operated} if report else {}
    failures = report.failures if report else ()
    if problems or failures:
        _problem_suite(root, problems, failures)
    for kind in sorted({change.address.kind for change in plan.changes}):
        suite = SubElement(root, "testsuite", name=kind)
        for change in plan.changes:
            if change.address.kind == kind:
                _case(suite, change, outcomes.get(change.address), lost.get(change.address))
        for item in plan.operations:
            if item.address.kind == kind:
                _ended(_operation(suite, item), operated.get((item.operation, item.address)))
    if plan.digest:
        _say_digest(root, plan.digest)
    _count(root, report)
    indent(root)
    body: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'.encode()


def _say_digest(root: Element, digest: str) -> None:
    """Say of which plan each suite is: only they may have properties."""
    for suite in root:
        properties = Element("properties")
        SubElement(properties, "property", name="digest", value=digest)
        suite.insert(0, properties)


def _problem_suite(root: Element, problems: Sequence[Problem], failures: Sequence[str]) -> None:
    """Give a place to what belongs to no change."""
    suite = SubElement(root, "testsuite", name="problems")
    for failure in failures:
        case = SubElement(suite, "testcase", classname="problems", name="apply")
        SubElement(case, "failure", message=printable(failure))
    for problem in problems:
        place = problem_place(problem)
        name = printable(f"{problem.summary}: {place}" if place else problem.summary)
        case = SubElement(suite, "testcase", classname="problems", name=name)
        if problem.severity == "error":
            text = printable(f"{problem.detail} {problem.hint}".strip())
            SubElement(case, "failure", message=printable(problem.detail), type=printable(titled(problem))).text = text


def _case(suite: Element, change: Change, outcome: Outcome | None, lost: NotConverged | None) -> None:
    address: Address = change.address
    case = SubElement(suite, "testcase", classname=address.kind, name=printable(f"{change.action.value} {address}"))
    if not _ended(case, outcome) and lost is not None:
        failure = SubElement(case, "failure", message="the cluster did not keep it", type="not converged")
        failure.text = "\n".join(f"{it.sign} {it.text}" for diff in lost.diff for it in diff_lines(diff, _LIMIT))
    if change.diff:
        text = "\n".join(f"{line.sign} {line.text}" for line in change_lines(change, _LIMIT))
        SubElement(case, "system-out").text = text


def _operation(suite: Element, item: PlannedOperation) -> Element:
    case = SubElement(
        suite, "testcase", classname=item.address.kind, name=printable(f"{item.operation} {item.address}")
    )
    SubElement(case, "system-out").text = printable(why(item))
    return case


def _ended(case: Element, outcome: Outcome | None) -> bool:
    """Say how long it took, and how it ended where it did not go well; return whether it did not."""
    if outcome is not None and outcome.started is not None and outcome.ended is not None:
        case.set("time", f"{outcome.ended - outcome.started:.3f}")
    if outcome is None or outcome.status is Status.APPLIED:
        return False
    tag = _TAGS.get(outcome.status, "skipped")
    message = printable(f"{outcome.status.words}: {outcome.detail}" if outcome.detail else outcome.status.words)
    SubElement(case, tag, message=message)
    return True


def _count(root: Element, report: Report | None) -> None:
    for suite in (*root, root):
        suite.set("tests", str(len(list(suite.iter("testcase")))))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(attribute, str(len(list(suite.iter(tag)))))
    if report is not None:
        root.set("time", f"{report.seconds:.3f}")
