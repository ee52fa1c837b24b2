"""The Markdown report: a pull-request comment that a reviewer can decide by.

Hosting services limit a comment's length. Sections therefore get their room by importance (the verdict, why it was
refused, who loses access, every delete, the dangers, what failed) and then stand in the order in which they are read. A
section that was cut says by how much, and losses for which there is no room at all are told at the top. All that comes
from people stands in code spans and fences, where it is text and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Report
from igz_apply.model.problems import Problem
from igz_apply.planning.approval import has_effect
from igz_apply.reports.access_lines import AccessLines
from igz_apply.reports.comment_layout import MAX_LENGTH, RESERVE, code, folded, listed, word
from igz_apply.reports.comment_sections import (
    all_details,
    dangers_told,
    deletes_told,
    failures_told,
    gains_told,
    losses_told,
    losses_within,
    operations_told,
    problem_lines,
)
from igz_apply.reports.words import counts_text, headline, report_text, target_text
from igz_apply.values import dataclass
from igz_apply.wording.counting import counted
from igz_apply.wording.printable import printable
from igz_apply.wording.snapshot_words import snapshot_text
from igz_apply.wording.unmanaged_words import TITLE, access_told, names_told

_LOUD = 300  # kept free for what has to be said at the top of losses that have no room
_DETAILED = 5


@dataclass(frozen=True, slots=True)
class _Section:
    """A part of the comment: what it says in about so many characters, "" when there is nothing to say."""

    rank: int  # who gets room first; what is below _DETAILED must not be cut while there is any
    text: Callable[[int], str]


def marker(plan: Plan) -> str:
    """Return the hidden line by which CI finds its comment again: one for each target."""
    target = re.sub(r"[^A-Za-z0-9:/._@]", "_", plan.caller.endpoint)
    return f"<!-- igz-apply {target} -->"


def markdown_report(plan: Plan, report: Report | None, problems: Sequence[Problem]) -> bytes:
    """Return the comment, of at most MAX_LENGTH characters; the same inputs give the same text."""
    head = _head(plan, report, problems)
    room = MAX_LENGTH - 1 - len(head) - _LOUD
    refusal = _problems(problems, room // 3)
    lost = losses_within(plan, room - len(refusal) - 2)
    sections = list(_sections(plan, report, refusal, lost))
    texts: dict[int, str] = {}
    for index in sorted(range(len(sections)), key=lambda index: sections[index].rank):
        texts[index] = sections[index].text(room - (RESERVE if sections[index].rank < _DETAILED else 0))
        room -= len(texts[index]) + 2
    body = "\n\n".join([f"{head}{_loud(lost)}", *(texts[index] for index in range(len(sections)) if texts[index])])
    return f"{body}\n".encode("utf-8", "backslashreplace")


def _sections(plan: Plan, report: Report | None, refusal: str, lost: AccessLines) -> Iterator[_Section]:
    """Yield the sections as they are read."""
    yield _Section(1, lambda _: refusal)
    if report is not None:
        yield _Section(5, lambda room: failures_told(report, room))
    yield _Section(4, lambda room: dangers_told(plan, room))
    yield _Section(3, lambda room: deletes_told(plan, room))
    yield _Section(2, lambda _: losses_told(plan, lost))
    yield _Section(6, lambda room: gains_told(plan, room // 3))
    yield _Section(6, lambda room: _unmanaged(plan, room))
    yield _Section(6, lambda room: operations_told(plan, room))
    yield _Section(7, lambda room: all_details(plan, room))


def _head(plan: Plan, report: Report | None, problems: Sequence[Problem]) -> str:
    lines = [marker(plan), f"### igz-apply: {headline(plan, report, problems)}", f"**{counts_text(plan)}**"]
    if report is not None:
        lines.append(f"Result: **{report_text(report)}**")
    lines.append(f"Target: {code(target_text(plan)[:500])}")
    if snapshot := snapshot_text(plan)[:500]:
        lines.append(code(snapshot))
    if plan.digest:
        is_hashed = plan.made_of is not None and plan.made_of.is_sanitised
        is_to_come = report is None and not problems and has_effect(plan) and not is_hashed
        saved = "" if plan.undo is None else "--plan FILE "  # what manifests do not say, they do not make again
        how = f"; to apply exactly this: `igz-apply apply {saved}--expect {plan.digest}`" if is_to_come else ""
        lines.append(f"Digest: `{plan.digest}`{how}")
    return "\n\n".join(lines)


def _problems(problems: Sequence[Problem], room: int) -> str:
    lines = [line for problem in problems for line in problem_lines(problem)]
    errors = sum(problem.severity == "error" for problem in problems)
    title = f"> [!CAUTION]\n> **{counted(errors, 'reason')} to refuse this plan**" if errors else "**Warnings**"
    return listed(title, lines, room)


def _loud(lost: AccessLines) -> str:
    """Say at the very top that a reader does not see all losses."""
    if not lost.missing:
        return ""
    said = counted(lost.missing, "loss", "losses")
    return f"\n\n> [!CAUTION]\n> **{said} of access have no room in this comment: see another report.**"


def _unmanaged(plan: Plan, room: int) -> str:
    """Say what is not in git: who has access by no manifest, and the names of what is foreign, folded."""
    found = plan.unmanaged
    access = listed(f"**{TITLE}**", [f"! {printable(text)}" for text in access_told(found)], room)
    names = [
        f"{printable(kind)} ({len(each):,}): {' '.join(map(word, each))}" for kind, each in names_told(found).items()
    ]
    others = folded(f"{TITLE}: {counted(len(found.resources), 'resource')}", names, room - len(access))
    return "\n\n".join(part for part in (access, others) if part)
