"""The parts of a page: its frame, which fetches nothing, and the sections that a page has of any plan."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from pathlib import Path

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Outcome, Report, Status
from igz_apply.model.problems import Problem
from igz_apply.reports.words import problem_place
from igz_apply.wording.dangers import Danger, dangers, deletes
from igz_apply.wording.operation_words import subject
from igz_apply.wording.printable import printable
from igz_apply.wording.problem_words import titled


def framed(title: str, body: str, style: str, script: str) -> bytes:
    """Return a page; the same inputs give the same bytes."""
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_content_policy(script)}">'
        f'<link rel="icon" href="data:,"><title>{title}</title><style>{style}</style></head>'
        f"<body>{body}<script>{script}</script></body></html>\n"
    )
    return page.encode("utf-8", "backslashreplace")


def _content_policy(script: str) -> str:
    """Nothing is fetched, and of scripts only ours runs: a second wall behind the escaping."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'"


def asset(name: str) -> str:
    """Return a style or a script of ours."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def section(anchor: str, title: str, content: str, tone: str = "") -> str:
    """Return a section with a heading; content and title are markup already."""
    heading = f'<h2 id="{anchor}-h">{title}</h2>'
    return f'<section id="{anchor}" class="{tone}" aria-labelledby="{anchor}-h">{heading}{content}</section>'


def problem_item(problem: Problem) -> str:
    """Return a problem: what is wrong and where, why, and what to do."""
    place = problem_place(problem)
    parts = [f"<strong>{shown_text(titled(problem))}</strong>", f"<code>{escape(place)}</code>" if place else ""]
    hint = f"<br><code>{shown_text(problem.hint)}</code>" if problem.hint else ""
    return f"{' '.join(filter(None, parts))}<br>{shown_text(problem.detail)}{hint}"


def failures_section(report: Report, ids: dict[str, str]) -> str:
    """Say what did not go as planned, by how it ended."""
    items = failure_items(report, ids)
    return section("failures", "Not as planned", f'<ul class="long">{items}</ul>', "danger") if items else ""


def failure_items(report: Report, ids: dict[str, str]) -> str:
    """Return what did not go as planned as items of a list, by how it ended."""
    items = [f"<li>{shown_text(failure)}</li>" for failure in report.failures]
    items += [
        f'<li><b class="{it.status.value}">{it.status.words}</b> {resource_link(subject_of_outcome(it), ids)} '
        f"{shown_text(it.detail)}</li>"
        for status in Status
        if status is not Status.APPLIED
        for it in report.ends
        if it.status is status
    ]
    items += [
        f'<li><b class="failed">not kept</b> {resource_link(it.address, ids)} '
        f"{shown_text(', '.join(diff.dotted for diff in it.diff))}</li>"
        for it in report.not_converged
    ]
    return "".join(items)


def dangers_section(plan: Plan, ids: dict[str, str]) -> str:
    """Say what must not be overlooked."""
    items = danger_items(plan, ids)
    return section("dangers", "Look at this first", f'<ul class="long">{items}</ul>', "danger") if items else ""


def danger_items(plan: Plan, ids: dict[str, str]) -> str:
    """Return what must not be overlooked as items of a list."""
    return "".join(f"<li>{_danger(danger, ids)}</li>" for danger in dangers(plan))


def _danger(danger: Danger, ids: dict[str, str]) -> str:
    if len(danger.addresses) == 1:
        return f"{resource_link(danger.addresses[0], ids)}: {shown_text(danger.text)}"
    links = "".join(f"<li>{resource_link(address, ids)}</li>" for address in danger.addresses)
    return (
        f'{shown_text(danger.text)} ({len(danger.addresses):,})<ul class="flow">{links}</ul>'
        if links
        else shown_text(danger.text)
    )


def deletes_section(plan: Plan, ids: dict[str, str]) -> str:
    """Name what is deleted."""
    items = delete_items(plan, ids)
    title, found = f"{len(deletes(plan)):,} to delete", f'<ul class="flow">{items}</ul>'
    return section("deletes", title, found, "danger") if items else ""


def delete_items(plan: Plan, ids: dict[str, str]) -> str:
    """Return what is deleted as items of a list."""
    return " ".join(f"<li>{resource_link(change.address, ids)}</li>" for change in deletes(plan))


def subject_of_outcome(outcome: Outcome) -> Address:
    """Return what stands on the page for what has ended: a change or an operation."""
    return subject(outcome.operation, outcome.address) if outcome.operation else outcome.address


def resource_link(address: Address, ids: dict[str, str]) -> str:
    """Name the resource, and lead to its change where the plan has one."""
    name = f"<code>{shown_text(str(address))}</code>"
    return f'<a href="#{ids[str(address)]}">{name}</a>' if str(address) in ids else name


def shown_text(text: str) -> str:
    """Return text as markup that shows it, and does nothing else."""
    return escape(printable(text))
