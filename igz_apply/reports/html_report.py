"""The HTML report: one page that needs nothing else, and no script to be read."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.outcomes import Outcome, Report, Status
from igz_apply.model.problems import Problem
from igz_apply.reports.access_tables import access_tables
from igz_apply.reports.cards import anchors, cards
from igz_apply.reports.drawing import drawing_of, svg_body
from igz_apply.reports.graph import Node, graph_of
from igz_apply.reports.timeline_html import timeline_section
from igz_apply.reports.words import (
    counts_text,
    headline,
    problem_place,
    report_text,
    shown,
    target_text,
)
from igz_apply.wording.dangers import Danger, dangers, deletes
from igz_apply.wording.operation_words import TITLE as OPERATIONS
from igz_apply.wording.operation_words import subject, subject_of, why
from igz_apply.wording.printable import printable
from igz_apply.wording.problem_words import titled
from igz_apply.wording.remarks import remarks
from igz_apply.wording.snapshot_words import snapshot_text
from igz_apply.wording.unmanaged_words import TITLE, access_told, names_told, unread_told

_MOST_DRAWN = 4_000  # nodes; more are slow to look at, and nobody would


def html_report(plan: Plan, report: Report | None, problems: Sequence[Problem]) -> bytes:
    """Return the page; the same inputs give the same bytes."""
    style, script = _asset("page.css"), _asset("page.js")
    title = f"igz-apply: {headline(plan, report, problems)}"
    body = "".join(_body(plan, report, problems))
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


def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _body(plan: Plan, report: Report | None, problems: Sequence[Problem]) -> Iterator[str]:
    ids = anchors(plan)
    yield '<a class="skip" href="#changes">Skip to the changes</a>'
    yield _header(plan, report, problems)
    yield "<main>"
    yield _problems(problems)
    if report is not None:
        yield _failures(report, ids)
    yield _dangers(plan, ids)
    yield _deletes(plan, ids)
    yield _section("access", "Access", access_tables(plan.access_impact))
    yield cards(plan, report, ids)
    yield _operations(plan, report, ids)
    yield _graph(plan, ids)
    if report is not None:
        yield timeline_section(report, ids)
    yield _others(plan)
    yield "</main>"


def _header(plan: Plan, report: Report | None, problems: Sequence[Problem]) -> str:
    verdict = headline(plan, report, problems)
    tone = "good" if verdict in ("Applied", "No changes") else "plain" if verdict == "Plan" else "bad"
    result = f"<p>Result: {escape(report_text(report))}</p>" if report is not None else ""
    links = [("changes", "Changes"), ("access", "Access"), ("graph", "Graph")]
    links += [("timeline", "Timeline")] if report is not None else []
    nav = "".join(f'<a href="#{anchor}">{text}</a>' for anchor, text in links)
    return (
        f'<header><h1><span class="{tone}">{escape(verdict)}</span> <small>igz-apply</small></h1>'
        f"<p><strong>{escape(counts_text(plan))}</strong></p>{result}"
        f"<p>{escape(target_text(plan))}</p>"
        f"{f'<p>{escape(snapshot)}</p>' if (snapshot := snapshot_text(plan)) else ''}"
        f'<nav>{nav}<button type="button" id="theme" hidden>Light or dark</button></nav></header>'
    )


def _section(anchor: str, title: str, content: str, tone: str = "") -> str:
    heading = f'<h2 id="{anchor}-h">{title}</h2>'
    return f'<section id="{anchor}" class="{tone}" aria-labelledby="{anchor}-h">{heading}{content}</section>'


def _problems(problems: Sequence[Problem]) -> str:
    if not problems:
        return ""
    items = "".join(f"<li>{_problem(problem)}</li>" for problem in problems)
    refused = any(problem.severity == "error" for problem in problems)
    title = "Why it was refused" if refused else "Warnings"
    return _section("problems", title, f"<ul>{items}</ul>", "danger" if refused else "")


def _problem(problem: Problem) -> str:
    place = problem_place(problem)
    parts = [f"<strong>{_text(titled(problem))}</strong>", f"<code>{escape(place)}</code>" if place else ""]
    hint = f"<br><code>{_text(problem.hint)}</code>" if problem.hint else ""
    return f"{' '.join(filter(None, parts))}<br>{_text(problem.detail)}{hint}"


def _failures(report: Report, ids: dict[str, str]) -> str:
    """Say what did not go as planned, by how it ended."""
    items = [f"<li>{_text(failure)}</li>" for failure in report.failures]
    items += [
        f'<li><b class="{it.status.value}">{it.status.words}</b> {_link(_subject(it), ids)} {_text(it.detail)}</li>'
        for status in Status
        if status is not Status.APPLIED
        for it in report.ends
        if it.status is status
    ]
    items += [
        f'<li><b class="failed">not kept</b> {_link(it.address, ids)} '
        f"{_text(', '.join(diff.dotted for diff in it.diff))}</li>"
        for it in report.not_converged
    ]
    return _section("failures", "Not as planned", f'<ul class="long">{"".join(items)}</ul>', "danger") if items else ""


def _dangers(plan: Plan, ids: dict[str, str]) -> str:
    items = "".join(f"<li>{_danger(danger, ids)}</li>" for danger in dangers(plan))
    return _section("dangers", "Look at this first", f'<ul class="long">{items}</ul>', "danger") if items else ""


def _danger(danger: Danger, ids: dict[str, str]) -> str:
    if len(danger.addresses) == 1:
        return f"{_link(danger.addresses[0], ids)}: {_text(danger.text)}"
    links = "".join(f"<li>{_link(address, ids)}</li>" for address in danger.addresses)
    return (
        f'{_text(danger.text)} ({len(danger.addresses):,})<ul class="flow">{links}</ul>'
        if links
        else _text(danger.text)
    )


def _deletes(plan: Plan, ids: dict[str, str]) -> str:
    found = deletes(plan)
    links = " ".join(f"<li>{_link(change.address, ids)}</li>" for change in found)
    title = f"{len(found):,} to delete"
    return _section("deletes", title, f'<ul class="flow">{links}</ul>', "danger") if found else ""


def _operations(plan: Plan, report: Report | None, ids: dict[str, str]) -> str:
    """Name what is done beside changes, what brings it about, and how it ended."""
    ends = {_subject(it): it for it in report.operated} if report is not None else {}
    items = "".join(_operation(item, ends.get(subject_of(item)), ids) for item in plan.operations)
    return _section("operations", OPERATIONS, f'<ul class="long">{items}</ul>') if items else ""


def _operation(item: PlannedOperation, outcome: Outcome | None, ids: dict[str, str]) -> str:
    status = f' <i class="s {outcome.status.value}">{outcome.status.words}</i>' if outcome is not None else ""
    words = _text(why(item))
    name = _link(item.address, ids)
    return f'<li id="{ids[str(subject_of(item))]}"><b>{_text(item.operation)}</b> {name}{status}: {words}</li>'


def _subject(outcome: Outcome) -> Address:
    return subject(outcome.operation, outcome.address) if outcome.operation else outcome.address


def _link(address: Address, ids: dict[str, str]) -> str:
    """Name the resource, and lead to its change where the plan has one."""
    name = f"<code>{_text(str(address))}</code>"
    return f'<a href="#{ids[str(address)]}">{name}</a>' if str(address) in ids else name


def _graph(plan: Plan, ids: dict[str, str]) -> str:
    graph = graph_of(plan)
    if not graph.nodes:
        return _section("graph", "Graph", "<p>Nothing to do, so nothing waits.</p>")
    if len(graph.nodes) > _MOST_DRAWN:
        return _section("graph", "Graph", f"<p>{len(graph.nodes):,} changes are too many to draw here.</p>")
    drawing = drawing_of(graph)

    def frame(node: Node, box: str) -> str:
        return f'<a href="#{ids[str(node.address)]}" class="{node.verb}">{box}</a>'

    svg = (
        f'<svg width="{drawing.width}" height="{drawing.height}" viewBox="0 0 {drawing.width} {drawing.height}" '
        f'data-links="{_links(graph.links, ids)}">{svg_body(drawing, frame)}</svg>'
    )
    words = "<p>What stands to the right waits for what it is linked to on its left.</p>"
    zoom = '<p id="zoom" hidden><button type="button">−</button> <button type="button">+</button></p>'
    return _section("graph", "Graph", f'{words}{zoom}<div class="wide canvas" tabindex="0">{svg}</div>')


def _links(links: Sequence[tuple[object, object]], ids: dict[str, str]) -> str:
    return " ".join(f"{ids[str(source)][1:]}-{ids[str(target)][1:]}" for source, target in links)


def _others(plan: Plan) -> str:
    parts = []
    for remark in remarks(plan):
        names = " ".join(f"<li><code>{_text(str(address))}</code></li>" for address in remark.addresses)
        parts.append(f'<p>{_text(remark.text)} ({len(remark.addresses):,}):</p><ul class="flow">{names}</ul>')
    parts.append(_unmanaged(plan))
    unchanged = len(plan.changes) - len(shown(plan))
    parts.append(f"<p>{unchanged:,} declared and unchanged.</p>")
    return _section("others", "Everything else", "".join(parts))


def _unmanaged(plan: Plan) -> str:
    """Name what is not in git, and count what else was seen and is not ours."""
    found = plan.unmanaged
    access = "".join(f"<li>{_text(text)}</li>" for text in access_told(found))
    parts = [f"<p><strong>{TITLE}:</strong></p><ul>{access}</ul>" if access else ""]
    for kind, each in names_told(found).items():
        names = " ".join(f"<li><code>{_text(name)}</code></li>" for name in each)
        parts.append(f'<p>{TITLE}: {len(each):,} {_text(kind)}</p><ul class="flow">{names}</ul>')
    foreign = ", ".join(f"{count:,} {_text(kind)}" for kind, count in plan.foreign.items())
    parts.append(f"<p>Seen, not ours and left alone, the platform's own included: {foreign}.</p>" if foreign else "")
    parts.append(f"<p>{_text(unread_told(plan.unread))}.</p>" if plan.unread else "")
    return "".join(parts)


def _text(text: str) -> str:
    return escape(printable(text))
