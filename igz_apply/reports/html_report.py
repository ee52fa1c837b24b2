"""The HTML report: one page that needs nothing else, and no script to be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from igz_apply.model.changes import Plan
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.outcomes import Outcome, Report
from igz_apply.model.problems import Problem
from igz_apply.reports.access_tables import access_tables
from igz_apply.reports.cards import anchors, cards
from igz_apply.reports.drawing import drawing_of, svg_body
from igz_apply.reports.graph import Node, graph_of
from igz_apply.reports.page_parts import (
    asset,
    dangers_section,
    deletes_section,
    failures_section,
    framed,
    problem_item,
    resource_link,
    section,
    shown_text,
    subject_of_outcome,
)
from igz_apply.reports.timeline_html import timeline_section
from igz_apply.reports.words import (
    counts_text,
    headline,
    report_text,
    shown,
    target_text,
)
from igz_apply.wording.operation_words import TITLE as OPERATIONS
from igz_apply.wording.operation_words import subject_of, why
from igz_apply.wording.remarks import remarks
from igz_apply.wording.snapshot_words import snapshot_text
from igz_apply.wording.unmanaged_words import TITLE, access_told, names_told, unread_told

_MOST_DRAWN = 4_000  # nodes; more are slow to look at, and nobody would


def html_report(plan: Plan, report: Report | None, problems: Sequence[Problem]) -> bytes:
    """Return the page; the same inputs give the same bytes."""
    title = f"igz-apply: {headline(plan, report, problems)}"
    return framed(title, "".join(_body(plan, report, problems)), asset("page.css"), asset("page.js"))


def _body(plan: Plan, report: Report | None, problems: Sequence[Problem]) -> Iterator[str]:
    ids = anchors(plan)
    yield '<a class="skip" href="#changes">Skip to the changes</a>'
    yield _header(plan, report, problems)
    yield "<main>"
    yield _problems(problems)
    if report is not None:
        yield failures_section(report, ids)
    yield dangers_section(plan, ids)
    yield deletes_section(plan, ids)
    yield section("access", "Access", access_tables(plan.access_impact))
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
    digest = f"<p>Digest: <code>{plan.digest}</code></p>" if plan.digest else ""
    links = [("changes", "Changes"), ("access", "Access"), ("graph", "Graph")]
    links += [("timeline", "Timeline")] if report is not None else []
    nav = "".join(f'<a href="#{anchor}">{text}</a>' for anchor, text in links)
    return (
        f'<header><h1><span class="{tone}">{escape(verdict)}</span> <small>igz-apply</small></h1>'
        f"<p><strong>{escape(counts_text(plan))}</strong></p>{result}"
        f"<p>{escape(target_text(plan))}</p>"
        f"{f'<p>{escape(snapshot)}</p>' if (snapshot := snapshot_text(plan)) else ''}{digest}"
        f'<nav>{nav}<button type="button" id="theme" hidden>Light or dark</button></nav></header>'
    )


def _problems(problems: Sequence[Problem]) -> str:
    if not problems:
        return ""
    items = "".join(f"<li>{problem_item(problem)}</li>" for problem in problems)
    refused = any(problem.severity == "error" for problem in problems)
    title = "Why it was refused" if refused else "Warnings"
    return section("problems", title, f"<ul>{items}</ul>", "danger" if refused else "")


def _operations(plan: Plan, report: Report | None, ids: dict[str, str]) -> str:
    """Name what is done beside changes, what brings it about, and how it ended."""
    ends = {subject_of_outcome(it): it for it in report.operated} if report is not None else {}
    items = "".join(_operation(item, ends.get(subject_of(item)), ids) for item in plan.operations)
    return section("operations", OPERATIONS, f'<ul class="long">{items}</ul>') if items else ""


def _operation(item: PlannedOperation, outcome: Outcome | None, ids: dict[str, str]) -> str:
    status = f' <i class="s {outcome.status.value}">{outcome.status.words}</i>' if outcome is not None else ""
    words = shown_text(why(item))
    name = resource_link(item.address, ids)
    return f'<li id="{ids[str(subject_of(item))]}"><b>{shown_text(item.operation)}</b> {name}{status}: {words}</li>'


def _graph(plan: Plan, ids: dict[str, str]) -> str:
    graph = graph_of(plan)
    if not graph.nodes:
        return section("graph", "Graph", "<p>Nothing to do, so nothing waits.</p>")
    if len(graph.nodes) > _MOST_DRAWN:
        return section("graph", "Graph", f"<p>{len(graph.nodes):,} changes are too many to draw here.</p>")
    drawing = drawing_of(graph)

    def frame(node: Node, box: str) -> str:
        return f'<a href="#{ids[str(node.address)]}" class="{node.verb}">{box}</a>'

    svg = (
        f'<svg width="{drawing.width}" height="{drawing.height}" viewBox="0 0 {drawing.width} {drawing.height}" '
        f'data-links="{_links(graph.links, ids)}">{svg_body(drawing, frame)}</svg>'
    )
    words = "<p>What stands to the right waits for what it is linked to on its left.</p>"
    zoom = '<p id="zoom" hidden><button type="button">−</button> <button type="button">+</button></p>'
    return section("graph", "Graph", f'{words}{zoom}<div class="wide canvas" tabindex="0">{svg}</div>')


def _links(links: Sequence[tuple[object, object]], ids: dict[str, str]) -> str:
    return " ".join(f"{ids[str(source)][1:]}-{ids[str(target)][1:]}" for source, target in links)


def _others(plan: Plan) -> str:
    parts = []
    for remark in remarks(plan):
        names = " ".join(f"<li><code>{shown_text(str(address))}</code></li>" for address in remark.addresses)
        parts.append(f'<p>{shown_text(remark.text)} ({len(remark.addresses):,}):</p><ul class="flow">{names}</ul>')
    parts.append(_unmanaged(plan))
    unchanged = len(plan.changes) - len(shown(plan))
    parts.append(f"<p>{unchanged:,} declared and unchanged.</p>")
    return section("others", "Everything else", "".join(parts))


def _unmanaged(plan: Plan) -> str:
    """Name what is not in git, and count what else was seen and is not ours."""
    found = plan.unmanaged
    access = "".join(f"<li>{shown_text(text)}</li>" for text in access_told(found))
    parts = [f"<p><strong>{TITLE}:</strong></p><ul>{access}</ul>" if access else ""]
    for kind, each in names_told(found).items():
        names = " ".join(f"<li><code>{shown_text(name)}</code></li>" for name in each)
        parts.append(f'<p>{TITLE}: {len(each):,} {shown_text(kind)}</p><ul class="flow">{names}</ul>')
    foreign = ", ".join(f"{count:,} {shown_text(kind)}" for kind, count in plan.foreign.items())
    parts.append(f"<p>Seen, not ours and left alone, the platform's own included: {foreign}.</p>" if foreign else "")
    parts.append(f"<p>{shown_text(unread_told(plan.unread))}.</p>" if plan.unread else "")
    return "".join(parts)
