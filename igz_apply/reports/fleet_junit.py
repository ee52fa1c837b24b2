"""The JUnit report of a run over several targets: a suite a wave, a test case a target."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from igz_apply.model.fleets import TargetStatus
from igz_apply.model.outcomes import Status
from igz_apply.model.problems import errors_of
from igz_apply.planning.fleet_report import FleetReport, TargetResult
from igz_apply.reports.words import problem_place
from igz_apply.wording.fleet_words import headline, stop_words, target_words, wave_title
from igz_apply.wording.printable import printable
from igz_apply.wording.problem_words import titled

_TAGS = {
    TargetStatus.PARTLY: "failure",
    TargetStatus.REFUSED: "failure",
    TargetStatus.INVALID: "failure",
    TargetStatus.FAILED: "error",
    TargetStatus.INTERRUPTED: "skipped",
    TargetStatus.NOT_STARTED: "skipped",
}


def fleet_junit_report(report: FleetReport) -> bytes:
    """Return the report's bytes."""
    root = Element("testsuites", name=f"igz-apply {report.command}", time=f"{report.seconds:.3f}")
    for wave in report.waves:
        suite = SubElement(root, "testsuite", name=wave_title(wave, len(report.waves)))
        if report.stop is not None and report.stop.wave == wave.number:
            properties = SubElement(suite, "properties")
            said = printable(f"{headline(report)} {stop_words(report)}")
            SubElement(properties, "property", name="stopped", value=said)
        for result in report.of_wave(wave):
            _case(suite, result, report.command)
    for suite in (*root, root):
        suite.set("tests", str(len(list(suite.iter("testcase")))))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(attribute, str(len(list(suite.iter(tag)))))
    indent(root)
    body: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'.encode("utf-8", "backslashreplace")


def _case(suite: Element, result: TargetResult, command: str) -> None:
    case = SubElement(suite, "testcase", classname=f"igz-apply.{command}", name=printable(result.name))
    if result.seconds is not None:
        case.set("time", f"{result.seconds:.3f}")
    words = target_words(result, command)
    if tag := _TAGS.get(result.status):
        SubElement(case, tag, message=words, type=result.status.words).text = "\n".join(_why(result))
    else:
        SubElement(case, "system-out").text = words


def _why(result: TargetResult) -> list[str]:
    """Return what went wrong on a target, and what to do about it, a line each."""
    said = [result.error, result.hint]
    for problem in errors_of(result.problems):
        place = problem_place(problem)
        said += [titled(problem) + (f" ({place})" if place else ""), problem.detail, problem.hint]
    if result.report is not None:
        bad = (it for it in result.report.ends if it.status is not Status.APPLIED)
        said += [f"{it.status.words}: {it.verb} {it.address}: {it.detail} {it.remedy}" for it in bad]
        said += [
            f"not kept: {it.address}: {', '.join(diff.dotted for diff in it.diff)}"
            for it in result.report.not_converged
        ]
        said += result.report.failures
    return [printable(text.strip()) for text in said if text]
