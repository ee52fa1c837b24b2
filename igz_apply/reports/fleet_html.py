"""The HTML report of a run over several targets: one page that needs nothing else, and no script to be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from igz_apply.model.changes import Plan
from igz_apply.model.fleets import Wave
from igz_apply.model.problems import errors_of
from igz_apply.planning.alike import (
    Alike,
    access_alike,
    drifts_alike,
    faults_alike,
    notes_alike,
    plan_told,
    plans_alike,
    warnings_alike,
)
from igz_apply.planning.fleet_report import FleetReport, TargetResult
from igz_apply.reports.access_tables import access_tables
from igz_apply.reports.cards import anchors, bare_cards
from igz_apply.reports.fleet_drawing import SIGNS, wave_picture, wave_style
from igz_apply.reports.page_parts import (
    asset,
    danger_items,
    delete_items,
    failure_items,
    framed,
    problem_item,
    section,
    shown_text,
)
from igz_apply.reports.words import counts_text, drift_lines
from igz_apply.wording.counting import counted
from igz_apply.wording.dangers import deletes
from igz_apply.wording.durations import spelled_duration
from igz_apply.wording.fleet_words import (
    headline,
    next_step,
    result_hint,
    status_words,
    stop_words,
    target_words,
    ways_back,
)
from igz_apply.wording.operation_words import why
from igz_apply.wording.remarks import remarks
from igz_apply.wording.unmanaged_words import TITLE, access_told

_VALUE_LIMIT = 2_000  # characters
_NO_IDS: dict[str, str] = {}  # of an account: what ended is on several clusters, and its change told once


def fleet_html_report(report: FleetReport) -> bytes:
    """Return the page; the same account gives the same bytes."""
    style = f"{asset('page.css')}{wave_style()}{asset('fleet.css')}"
    title = f"igz-apply: {shown_text(headline(report))}"
    return framed(title, "".join(_body(report)), style, asset("fleet.js"))


def _body(report: FleetReport) -> Iterator[str]:
    groups = plans_alike(report.results) if report.command != "drift" else drifts_alike(report.results)
    names = {result.name: f"t{index}" for index, result in enumerate(report.results)}
    yield '<a class="skip" href="#targets">Skip to the targets</a>'
    yield _header(report, has_groups=bool(groups))
    yield "<main>"
    yield _faults(report, names)
    picture = wave_picture(report, names)
    yield section("waves", "Waves", f'<div class="wide canvas" tabindex="0">{picture}</div>')
    yield _targets(report, names, {name: index for index, same in enumerate(groups) for name in same.targets})
    for index, same in enumerate(groups):
        yield _drift(same, index, names) if report.command == "drift" else _plan(same, index, names)
    yield _beside(report, names)
    yield "</main>"


def _header(report: FleetReport, *, has_groups: bool) -> str:
    is_well = all(result.status.is_well for result in report.results)
    tone = ("plain" if report.exit_code(is_detailed=True) else "good") if is_well else "bad"
    verdict, _, counts = headline(report).partition(": ")
    stop, step = shown_text(stop_words(report)), shown_text(next_step(report))
    why_stopped = f'<p class="bad">{stop}</p>' if stop else ""
    what_next = f"<p>Next: {step}</p>" if step else ""
    digest = f"<p>Digest: <code>{report.digest}</code></p>" if report.digest else ""
    changes = [("plan0", "Drift" if report.command == "drift" else "Changes")] if has_groups else []
    links = (("waves", "Waves"), ("targets", "Targets"), *changes, ("beside", "Everything else"))
    nav = "".join(f'<a href="#{anchor}">{text}</a>' for anchor, text in links)
    return (
        f'<header><h1><span class="{tone}">{shown_text(verdict)}</span> <small>igz-apply {report.command}</small></h1>'
        f"<p><strong>{shown_text(counts)}</strong></p>"
        f"{why_stopped}{what_next}{digest}"
        f'<nav>{nav}<button type="button" id="theme" hidden>Light or dark</button></nav></header>'
    )


def _faults(report: FleetReport, names: dict[str, str]) -> str:
    """Say what went wrong, once for all targets where it is the same, and what to do about it."""
    found = faults_alike(report.results)
    items = "".join(f"<li>{_fault(fault, names)}</li>" for fault in found)
    many = sum(len(fault.results) for fault in found)
    title = f"Not as it should be: {counted(many, 'target')}"
    return section("faults", title, f'<ul class="long">{items}</ul>', "danger") if items else ""


def _fault(fault: Alike, names: dict[str, str]) -> str:
    result = fault.first
    parts = [f'<b class="failed">{result.status.words}</b> {_links(fault.targets, names)}']
    parts += [f"<p>{shown_text(result.error)}</p>"] if result.error else []
    parts += [f"<p>{problem_item(problem)}</p>" for problem in errors_of(result.problems)]
    parts += [f"<ul>{failure_items(result.report, _NO_IDS)}</ul>"] if result.report is not None else []
    hint = "" if result.problems else result_hint(result)
    parts += [f"<p>Next: {shown_text(text)}</p>" for text in ((hint,) if hint else ())]
    parts += [f"<p>{shown_text(text)}</p>" for text in ways_back(fault.results)]
    return "".join(parts)


def _links(targets: Sequence[str], names: dict[str, str]) -> str:
    return ", ".join(f'<a href="#{names[name]}"><code>{shown_text(name)}</code></a>' for name in targets)


def _targets(report: FleetReport, names: dict[str, str], groups: dict[str, int]) -> str:
    """Name every target in its wave, with how it ended, how long it took, and what changes there."""
    whole = max([report.seconds, *(result.ended or 0.0 for result in report.results)])
    rows = "".join(
        row
        for wave in report.waves
        for result in report.of_wave(wave)
        for row in _row(result, wave, report, names[result.name], groups.get(result.name), whole)
    )
    statuses = dict.fromkeys(result.status for result in report.results)
    buttons = "".join(
        f'<button type="button" data-s="{it.value}" aria-pressed="false">{status_words(it, report.command)} '
        f"<small>{report.counts[it.value]:,}</small></button>"
        for it in statuses
    )
    controls = (
        '<form id="controls" role="search" hidden>'
        '<input type="search" id="q" aria-label="Search in targets and changes" '
        f'placeholder="Search  ( / )" autocomplete="off"><span role="group" aria-label="Status">{buttons}</span>'
        '<output id="count" aria-live="polite"></output></form>'
    )
    heads = "".join(f"<th>{text}" for text in ("Wave", "Target", "Status", "What", "When", "Cluster"))
    table = f'<table><thead><tr>{heads}</tr></thead><tbody id="rows">{rows}</tbody></table>'
    return section("targets", "Targets", f'{controls}<div class="wide" tabindex="0">{table}</div>')


def _row(
    result: TargetResult, wave: Wave, report: FleetReport, anchor: str, group: int | None, whole: float
) -> Iterator[str]:
    kind = "bad" if result.status.is_bad else result.status.value
    words, status = shown_text(target_words(result, report.command)), status_words(result.status, report.command)
    words = "" if words == status else words
    told = f'<a href="#plan{group}">{words}</a>' if group is not None else words
    endpoint = "" if result.plan is None else f"<code>{shown_text(result.plan.caller.endpoint)}</code>"
    canary = ", canary" if wave.is_canary else ""
    yield f'<tr id="{anchor}" class="t-{kind}" data-s="{result.status.value}"><td>{wave.number}{canary}'
    yield f"<td><strong>{shown_text(result.name)}</strong><td>{SIGNS[result.status]} {status}<td>{told}"
    yield f"<td>{_bar(result, whole)}<td>{endpoint}</tr>"


def _bar(result: TargetResult, whole: float) -> str:
    if result.started is None or result.ended is None or whole <= 0:
        return ""
    left, width = 100 * result.started / whole, 100 * (result.ended - result.started) / whole
    took = spelled_duration(result.ended - result.started)
    bar = f'<i style="left:{min(left, 99):.2f}%;width:{min(width, 100 - left):.2f}%"></i>'
    return f'<span class="when">{bar}</span> <small>{took}</small>'


def _plan(same: Alike, index: int, names: dict[str, str]) -> str:
    """Tell one plan for all targets that have it alike: dangers, deletes, access, and each change as a card."""
    plan = same.first.plan
    assert plan is not None, "results without a plan have been left out"
    told = plan_told(plan)
    ids = anchors(told, f"p{index}c")
    many = counted(len(same.results), "target")
    parts = [f'<p class="names">{_links(same.targets, names)}</p>']
    parts += [f'<h3>Look at this first</h3><ul class="long">{items}</ul>' for items in _found(danger_items(told, ids))]
    title = f"{len(deletes(told)):,} to delete"
    parts += [f'<h3>{title}</h3><ul class="flow">{items}</ul>' for items in _found(delete_items(told, ids))]
    parts.append(f"<h3>Access</h3>{access_tables(told.access_impact)}" if _gives_or_takes(told) else "")
    parts.append(f'<h3>Changes</h3><div class="list">{bare_cards(told, None, ids) or "<p>None.</p>"}</div>')
    said = [f"{it.operation} {it.address}: {why(it)}" for it in told.operations]
    said += [f"{it.text}: {', '.join(map(str, it.addresses))}" for it in remarks(told)]
    parts += [f"<p>{shown_text(text)}</p>" for text in said]
    danger = "danger" if deletes(told) else ""
    head = f"On {many}{' alike' if len(same.results) > 1 else ''}: {shown_text(counts_text(told))}"
    return section(f"plan{index}", head, "".join(parts), danger)


def _found(items: str) -> Iterator[str]:
    if items:
        yield items


def _gives_or_takes(plan: Plan) -> bool:
    impact = plan.access_impact
    return bool(impact.roles or impact.policies or impact.unseen or any(it.after is not None for it in impact.accounts))


def _drift(same: Alike, index: int, names: dict[str, str]) -> str:
    """Tell once what others changed on all targets where that is the same."""
    items = [
        "\n".join(f"{line.sign} {line.text}" for line in drift_lines(drift, _VALUE_LIMIT))
        for drift in same.first.drift
        if drift.origin.is_foreign
    ]
    plan = same.first.plan
    if plan is not None:
        items += [f"! {address} is not visible here: {reason}" for address, reason in plan.not_visible.items()]
        items += [f"! not every {kind} is seen: {reason}" for kind, reason in plan.partial.items()]
    told = "".join(f"<pre>{_lines(item)}</pre>" for item in items)
    head = f"Drift on {counted(len(same.results), 'target')}{' alike' if len(same.results) > 1 else ''}"
    return section(f"plan{index}", head, f'<p class="names">{_links(same.targets, names)}</p>{told or "<p>None.</p>"}')


def _lines(text: str) -> str:
    tags = {"+": "ins", "-": "del"}
    marked = ((tags.get(line[:1], "em"), shown_text(line)) for line in text.split("\n"))
    return "".join(f"<{tag}>{line}\n</{tag}>" for tag, line in marked)


def _beside(report: FleetReport, names: dict[str, str]) -> str:
    """Say who has access by no manifest, and what was warned of, once each."""
    parts = []
    for same in access_alike(report.results):
        assert same.first.plan is not None, "results without a plan have been left out"
        items = "".join(f"<li>{shown_text(text)}</li>" for text in access_told(same.first.plan.unmanaged))
        parts.append(f"<h3>{TITLE}, on {_links(same.targets, names)}</h3><ul>{items}</ul>")
    for problem, targets in warnings_alike(report.results):
        parts.append(f"<p>{problem_item(problem)}<br>{_links(targets, names)}</p>")
    for note, targets in notes_alike(report.results):
        parts.append(f"<p>note: {shown_text(note)}<br>{_links(targets, names)}</p>")
    return section("beside", "Everything else", "".join(parts) or "<p>Nothing.</p>")
