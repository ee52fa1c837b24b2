"""Choosing the form of a report of several targets by its file's suffix, and writing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from igz_apply.errors import InvalidInput
from igz_apply.model.problems import Problem
from igz_apply.planning.fleet_report import FleetReport
from igz_apply.reports.atomic_files import spare_inventory, write_atomically
from igz_apply.reports.fleet_drawing import fleet_svg_report
from igz_apply.reports.fleet_html import fleet_html_report
from igz_apply.reports.fleet_json import fleet_json_report
from igz_apply.reports.fleet_junit import fleet_junit_report
from igz_apply.reports.fleet_markdown import fleet_markdown_report
from igz_apply.reports.write import FORMS

FleetForm = Callable[[FleetReport], bytes]

FLEET_FORMS: Mapping[str, FleetForm] = {
    ".md": fleet_markdown_report,
    ".html": fleet_html_report,
    ".json": fleet_json_report,
    ".xml": fleet_junit_report,
    ".svg": fleet_svg_report,
}


def check_fleet_report(path: Path) -> None:
    """Raise InvalidInput for a report that cannot be written, before anything is done that it would tell of."""
    _form_of(path)
    spare_inventory(path)


def write_fleet_report(path: Path, report: FleetReport) -> None:
    """Write the account of a run in the form that the suffix picks.

    Raises InvalidInput for an unknown suffix, IgzApplyError when the file cannot be written.
    """
    write_atomically(path, _form_of(path)(report))


def _form_of(path: Path) -> FleetForm:
    suffix = path.suffix.lower()
    form = FLEET_FORMS.get(suffix)
    if form is None:
        why = f"its suffix is {path.suffix}" if path.suffix else "it has no suffix"
        if suffix in FORMS:
            why = f"{suffix} is the graph of one plan, and several targets have one each"
        detail = f"The suffix of a report picks its form; {path} cannot be written, because {why}."
        hint = f"Of several targets there are {', '.join(FLEET_FORMS)}."
        raise InvalidInput([Problem("Unknown form of report", detail, hint)])
    return form
