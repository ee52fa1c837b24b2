"""Choosing a report's form by its file's suffix, and writing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from igz_apply.errors import IgzApplyError, InvalidInput
from igz_apply.local.entry_points import REPORTS_OFFERED, entry_points_of, loaded, package_of
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

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

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
    suffix = path.suffix.lower()
    form = FORMS.get(suffix) or (_of_plugin(suffix) if suffix else None)
    if form is None:
        said = f"its suffix is {path.suffix}" if path.suffix else "it has no suffix"
        detail = f"The suffix of a report picks its form; {path} cannot be written, because {said}."
        raise InvalidInput([Problem("Unknown form of report", detail, f"Known are {', '.join(suffixes())}.")])
    return form


def suffixes() -> Sequence[str]:
    """Return the suffixes of all forms, ours first. Raises InvalidInput for a plug-in that offers one of ours."""
    return (*FORMS, *_offered())


def _offered() -> Mapping[str, EntryPoint]:
    """Return the forms that packages offer, by suffix. Raises InvalidInput for one that is ours."""
    points = {f".{name.lower().lstrip('.')}": point for name, point in entry_points_of(REPORTS_OFFERED).items()}
    for suffix, point in points.items():
        if suffix in FORMS:
            detail = f"{package_of(point)} offers a report for {suffix}, a form of igz-apply's own."
            raise InvalidInput([Problem("Broken plug-in", detail, "Uninstall it, or tell its authors.")])
    return points


def _of_plugin(suffix: str) -> Form | None:
    """Return the form that a package offers; None where none does. Raises InvalidInput for one that is broken."""
    point = _offered().get(suffix)
    if point is None:
        return None
    form, package = loaded(point), package_of(point)
    if not callable(form):
        detail = f"{point.value}, the report {suffix} of {package}, cannot be called."
        raise InvalidInput([Problem("Broken plug-in", detail, f"Tell the authors of {package}.")])

    def written(plan: Plan, report: Report | None, problems: Sequence[Problem]) -> bytes:
        fault = "returned no bytes"
        try:
            content = form(plan, report, tuple(problems))
        except (Exception, SystemExit) as error:  # code of others
            fault = f"failed: {type(error).__name__}: {error}".rstrip(". :")
        else:
            if isinstance(content, bytes):
                return content
        hint = f"This is about the plug-in: tell the authors of {package}."
        raise IgzApplyError(f"The report {suffix} of {package} {fault}.", hint=hint)

    return written


def holds_the_plan(path: Path) -> bool:
    """Say whether a report holds a whole plan, which can be applied as one that was saved."""
    return form_of(path) is json_report


def write_report(path: Path, plan: Plan, report: Report | None = None, problems: Sequence[Problem] = ()) -> None:
    """Write the report of a plan, or of its apply, in the form that the suffix picks.

    Raises InvalidInput for an unknown suffix, IgzApplyError when the file cannot be written.
    """
    write_atomically(path, form_of(path)(plan, report, problems))
