"""The changes on the page: one card each, that opens without a script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from igz_apply.model.changes import Change, Plan
from igz_apply.model.outcomes import NotConverged, Outcome, Report
from igz_apply.reports.words import change_lines, shown
from igz_apply.wording.diff_lines import DiffLine, diff_lines
from igz_apply.wording.durations import spelled_duration
from igz_apply.wording.operation_words import subject_of
from igz_apply.wording.places import manifest_place
from igz_apply.wording.printable import printable

_FEW = 300  # changes up to which values are shown at length
_LONG, _SHORT = 2_000, 240  # characters of a value
_NAMED_FIELDS = 4
_TAGS = {"+": "ins", "-": "del", "~": "em"}


def anchors(plan: Plan, prefix: str = "c") -> dict[str, str]:
    """Return the page's name for each change, by address, and for each operation; `prefix` where it has many plans."""
    changes = [*(change.address for change in plan.changes), *map(subject_of, plan.operations)]
    return {str(address): f"{prefix}{index}" for index, address in enumerate(changes)}


def cards(plan: Plan, report: Report | None, ids: dict[str, str]) -> str:
    """Return the section of all changes, with the controls to search and filter it."""
    changes, found = shown(plan), bare_cards(plan, report, ids)
    statuses = [outcome.status.value for outcome in report.outcomes] if report else []
    filters = (
        ("a", "Action", [it.action.value for it in changes]),
        ("k", "Kind", [it.address.kind for it in changes]),
    )
    return (
        '<section id="changes" aria-labelledby="changes-h"><h2 id="changes-h">Changes</h2>'
        f"{controls('changes', (*filters, ('s', 'Status', statuses)))}"
        f'<div id="list">{found or "<p>None.</p>"}</div></section>'
    )


def bare_cards(plan: Plan, report: Report | None, ids: dict[str, str]) -> str:
    """Return the cards alone."""
    outcomes = {outcome.address: outcome for outcome in report.outcomes} if report else {}
    lost = {item.address: item for item in report.not_converged} if report else {}
    changes = shown(plan)
    limit = _LONG if len(changes) <= _FEW else _SHORT
    return "".join(
        "".join(_card(change, outcomes.get(change.address), lost.get(change.address), ids, limit)) for change in changes
    )


def controls(what: str, filters: Iterable[tuple[str, str, Sequence[str]]]) -> str:
    """Return the bar to search and filter cards; hidden, because without a script it could do nothing.

    Each filter has its letter in the page's script, a label, and the value of each card.
    """
    groups = "".join(_buttons(name, label, values) for name, label, values in filters if values)
    return (
        '<form id="controls" role="search" hidden>'
        f'<input type="search" id="q" aria-label="Search in the {what}" placeholder="Search  ( / )" autocomplete="off">'
        f'{groups}<button type="button" id="open">Open all</button>'
        '<output id="count" aria-live="polite"></output></form>'
    )


def _buttons(name: str, label: str, values: Sequence[str]) -> str:
    counts = sorted(Counter(values).items())
    buttons = "".join(
        f'<button type="button" data-f="{name}" data-v="{escape(value)}" aria-pressed="false">'
        f"{escape(value)} <small>{count:,}</small></button>"
        for value, count in counts
    )
    return f'<span role="group" aria-label="{label}">{buttons}</span>'


def _card(
    change: Change, outcome: Outcome | None, lost: NotConverged | None, ids: dict[str, str], limit: int
) -> Iterator[str]:
    action, status = change.action.value, outcome.status.value if outcome else ""
    mark = f' data-s="{status}"' if status else ""
    warned = ' <b class="warn" title="has a warning">!</b>' if change.warnings else ""
    said = f' <i class="s {status}">{status}</i>' if status else ""
    yield f'<details id="{ids[str(change.address)]}" class="{action}" data-k="{escape(change.address.kind)}"{mark}>'
    yield f"<summary><b>{action}</b> <code>{_text(str(change.address))}</code>{warned}{said} "
    yield f"<span>{_fields(change)}</span></summary><p>{_text(change.reason)}{_place(change)}</p>"
    yield from (f"<p><strong>! {_text(warning)}</strong></p>" for warning in change.warnings)
    yield _differences(change, limit)
    yield _needs(change, ids)
    if outcome is not None:
        yield _ending(outcome)
    if lost is not None:
        yield f"<p>Not kept by the cluster:</p>{_lines(_not_kept(lost, limit))}"
    yield "</details>"


def _fields(change: Change) -> str:
    """Name the fields, as far as they fit beside the address."""
    paths = list(dict.fromkeys(item.dotted for item in change.diff))
    more = f" and {len(paths) - _NAMED_FIELDS} more" if len(paths) > _NAMED_FIELDS else ""
    return _text(", ".join(paths[:_NAMED_FIELDS])) + more


def _place(change: Change) -> str:
    """Name where the manifest stands, after the reason; nothing where there is none."""
    place = manifest_place(change)
    return f", <code>{escape(place)}</code>" if place else ""


def _differences(change: Change, limit: int) -> str:
    lines = list(change_lines(change, limit))
    return _lines(lines) if lines else ""


def _not_kept(lost: NotConverged, limit: int) -> Iterator[DiffLine]:
    return (line for item in lost.diff for line in diff_lines(item, limit))


def _lines(lines: Iterable[DiffLine]) -> str:
    return f"<pre>{''.join(map(_signed, lines))}</pre>"


def _signed(line: DiffLine) -> str:
    tag = _TAGS[line.sign]
    return f"<{tag}>{line.sign} {escape(line.text)}\n</{tag}>"


def _needs(change: Change, ids: dict[str, str]) -> str:
    links = ", ".join(
        f'<a href="#{ids[str(address)]}">{_text(str(address))}</a>' if str(address) in ids else _text(str(address))
        for address in change.depends_on
    )
    return f"<p>Waits for {links}.</p>" if links else ""


def _ending(outcome: Outcome) -> str:
    took = ""
    if outcome.started is not None and outcome.ended is not None:
        took = f" from {outcome.started:.1f} s on, for {spelled_duration(outcome.ended - outcome.started)}"
    job = f", job {_text(outcome.job)}" if outcome.job else ""
    detail = f": {_text(outcome.detail)}" if outcome.detail else ""
    return f"<p>{outcome.status.value.capitalize()}{took}{job}{detail}</p>"


def _text(text: str) -> str:
    return escape(printable(text))
