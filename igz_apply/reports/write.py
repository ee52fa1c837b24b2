"""Choosing a report's form by its file's suffix, and writing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from igz_apply.errors import InvalidInput
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Report
from igz_apply.model.problems import Problem
from igz_apply.reports.atomic_files import write_atomically
from igz_apply.reports.drawing import svg_report
from igz_apply.reports.graph_text import dot_report, mermaid_report
from igz_apply.reports.html_report import html_report
from igz_apply.reports.json_report import json_report
from igz_apply.reports.junit import junit_report
from igz_apply.reports.markdown import markdown_report

Form = Callable[[Plan, Report | None, Sequence[Problem]], bytes]

FORMS: Mapping[str, Form] = {
    ".md": markdown_report,
    ".html": html_report,
    ".json": json_report,
    ".xml": junit_report,
    ".svg": lambda plan, _report, _problems: svg_report(plan),
    ".dot": lambda plan, _report, _problems: dot_report(plan),
    ".mmd": lambda plan, _report, _problems: mermaid_report(plan),
}


def form_of(path: Path) -> Form:
    """Return the form for a file. Raises InvalidInput for an unknown suffix: ask before an apply, not after."""
    form = FORMS.get(path.suffix.lower())
    if form is None:
        said = f"its suffix is {path.suffix}" if path.suffix else "it has no suffix"
        detail = f"The suffix of a report picks its form; {path} cannot be written, because {said}."
        raise InvalidInput([Problem("Unknown form of report", detail, f"Known are {', '.join(FORMS)}.")])
    return form


def holds_the_plan(path: Path) -> bool:
    """Say whether a report holds a whole plan, which can be applied as one that was saved."""
    return form_of(path) is json_report


def write_report(path: Path, plan: Plan, report: Report | None = None, problems: Sequence[Problem] = ()) -> None:
    """Write the report of a plan, or of its apply, in the form that the suffix picks.

    Raises InvalidInput for an unknown suffix, IgzApplyError when the file cannot be written.
    """
    write_atomically(path, form_of(path)(plan, report, problems))
