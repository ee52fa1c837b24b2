"""The Markdown report: a pull-request comment that a reviewer can decide by.

Hosting services limit a comment's length. Sections therefore get their room by importance (the verdict, why it was
refused, who loses access, every delete, the dangers, what failed) and then stand in the order in which they are read. A
section that was cut says by how much, and losses for which there is no room at all are told at the top. All that comes
from people stands in code spans and fences, where it is text and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape

from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.outcomes import Report, Status
from igz_apply.model.problems import Problem
from igz_apply.planning.approval import has_effect
from igz_apply.reports.access_lines import AccessLines, gains, losses
from igz_apply.reports.words import (
    change_lines,
    counts_text,
    headline,
    problem_place,
    report_text,
    shown,
    target_text,
)
from igz_apply.values import dataclass
from igz_apply.wording.counting import counted
from igz_apply.wording.dangers import Danger, dangers, deletes
from igz_apply.wording.operation_words import TITLE as OPERATIONS
from igz_apply.wording.operation_words import why
from igz_apply.wording.places import manifest_place
from igz_apply.wording.printable import printable
from igz_apply.wording.problem_words import titled
from igz_apply.wording.snapshot_words import snapshot_text
from igz_apply.wording.unmanaged_words import TITLE, access_told, names_told

MAX_LENGTH = 60_000
"""Characters of a comment; GitHub takes 65,536."""

_VALUE_LIMIT = 160  # characters
_DETAIL_LIMIT = 400  # characters of what failed
_LISTED = 200  # up to so many deletes stand on a line each, more side by side
_LONGEST_DANGER = 15_000  # characters of what it concerns
_MARGIN = 150  # kept free by each section for its own frame
_RESERVE = 1_500  # kept free by the important sections, so that the others can say what was left out
_LEAST = 600  # with less room than this details are not begun
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
    lost = _losses_within(plan, room - len(refusal) - 2)
    sections = list(_sections(plan, report, refusal, lost))
    texts: dict[int, str] = {}
    for index in sorted(range(len(sections)), key=lambda index: sections[index].rank):
        texts[index] = sections[index].text(room - (_RESERVE if sections[index].rank < _DETAILED else 0))
        room -= len(texts[index]) + 2
    body = "\n\n".join([f"{head}{_loud(lost)}", *(texts[index] for index in range(len(sections)) if texts[index])])
    return f"{body}\n".encode("utf-8", "backslashreplace")


def _sections(plan: Plan, report: Report | None, refusal: str, lost: AccessLines) -> Iterator[_Section]:
    """Yield the sections as they are read."""
    yield _Section(1, lambda _: refusal)
    if report is not None:
        yield _Section(5, lambda room: _failures(report, room))
    yield _Section(4, lambda room: _dangers(dangers(plan), room))
    yield _Section(3, lambda room: _deletes(plan, room))
    yield _Section(2, lambda _: _losses(plan, lost))
    yield _Section(6, lambda room: _gains(plan, room // 3))
    yield _Section(6, lambda room: _unmanaged(plan, room))
    yield _Section(6, lambda room: _operations(plan, room))
    yield _Section(7, lambda room: _all_details(plan, room))


def _head(plan: Plan, report: Report | None, problems: Sequence[Problem]) -> str:
    lines = [marker(plan), f"### igz-apply: {headline(plan, report, problems)}", f"**{counts_text(plan)}**"]
    if report is not None:
        lines.append(f"Result: **{report_text(report)}**")
    lines.append(f"Target: {_code(target_text(plan)[:500])}")
    if snapshot := snapshot_text(plan)[:500]:
        lines.append(_code(snapshot))
    if plan.digest:
        is_hashed = plan.made_of is not None and plan.made_of.is_sanitised
        is_to_come = report is None and not problems and has_effect(plan) and not is_hashed
        saved = "" if plan.undo is None else "--plan FILE "  # what manifests do not say, they do not make again
        how = f"; to apply exactly this: `igz-apply apply {saved}--expect {plan.digest}`" if is_to_come else ""
        lines.append(f"Digest: `{plan.digest}`{how}")
    return "\n\n".join(lines)


def _problems(problems: Sequence[Problem], room: int) -> str:
    lines = [line for problem in problems for line in _problem_lines(problem)]
    errors = sum(problem.severity == "error" for problem in problems)
    title = f"> [!CAUTION]\n> **{counted(errors, 'reason')} to refuse this plan**" if errors else "**Warnings**"
    return _listed(title, lines, room)


def _problem_lines(problem: Problem) -> Iterator[str]:
    place = problem_place(problem)
    yield printable(f"{problem.severity}: {titled(problem)}") + (f" ({place})" if place else "")
    yield f"  {printable(problem.detail)}"
    if problem.hint:
        yield f"  {printable(problem.hint)}"


def _failures(report: Report, room: int) -> str:
    """Say what did not go as planned, by how it ended."""
    bad = [it for status in Status if status is not Status.APPLIED for it in report.ends if it.status is status]
    lines = [f"failed: {printable(failure)}" for failure in report.failures]
    lines += [
        f"{it.status.words}: {it.verb} {printable(str(it.address))}"
        + (f": {printable(it.detail)[:_DETAIL_LIMIT]}" if it.detail else "")
        for it in bad
    ]
    lines += [
        printable(f"not kept: {it.address}: {', '.join(diff.dotted for diff in it.diff)}")
        for it in report.not_converged
    ]
    return _listed("**Not as planned**", lines, room)


def _dangers(found: Sequence[Danger], room: int) -> str:
    return _listed("**Look at this first**", [f"! {_danger_line(danger)}" for danger in found], room)


def _danger_line(danger: Danger) -> str:
    words = [_word(str(address)) for address in danger.addresses]
    shown = _fitting(words, _LONGEST_DANGER, 1)
    names = " ".join(shown) + (f" and {len(words) - len(shown):,} more" if len(shown) < len(words) else "")
    text = printable(danger.text)
    if len(danger.addresses) > 1:
        return f"{text} ({len(danger.addresses):,}): {names}"
    return f"{names}: {text}" if names else text


def _deletes(plan: Plan, room: int) -> str:
    found = deletes(plan)
    title = f"**{len(found):,} to delete**"
    if len(found) <= _LISTED:
        return _listed(title, [f"- {printable(str(change.address))}" for change in found], room, language="diff")
    words: list[str] = []
    for kind in sorted({change.address.kind for change in found}):
        names = [_word(change.address.name) for change in found if change.address.kind == kind]
        words += [f"{kind} ({len(names):,}): {names[0]}", *names[1:]]
    return _listed(title, words, room, separator=" ")


def _losses_within(plan: Plan, room: int) -> AccessLines:
    """Return what people lose, so short that all deletes can be named, or else in half of the room."""
    named = sum(len(change.address.name) + 1 for change in deletes(plan))
    return losses(plan.access_impact, max(room // 8, room - named - 2 * _RESERVE), room // 2)


def _losses(plan: Plan, lost: AccessLines) -> str:
    """Say who loses what; never folded away, as it is what a reviewer has to see."""
    unseen = [f"! {printable(f'not every {kind} is seen: {why}')}" for kind, why in plan.access_impact.unseen.items()]
    return _listed("**Who loses access**", [*unseen, *lost.lines], MAX_LENGTH, language="diff")


def _loud(lost: AccessLines) -> str:
    """Say at the very top that a reader does not see all losses."""
    if not lost.missing:
        return ""
    said = counted(lost.missing, "loss", "losses")
    return f"\n\n> [!CAUTION]\n> **{said} of access have no room in this comment: see another report.**"


def _gains(plan: Plan, room: int) -> str:
    """Say who gains what, in less room than there is: most of it is what new accounts and projects are made with."""
    found = gains(plan.access_impact, room // 2 - _MARGIN, room - _MARGIN)
    more = f"**… and {found.missing:,} more, for which there is no room here; see the other reports.**"
    text = _listed("**Who gains access**", found.lines, room + _MARGIN, language="diff")
    return f"{text}\n\n{more}" if found.missing else text


def _unmanaged(plan: Plan, room: int) -> str:
    """Say what is not in git: who has access by no manifest, and the names of what is foreign, folded."""
    found = plan.unmanaged
    access = _listed(f"**{TITLE}**", [f"! {printable(text)}" for text in access_told(found)], room)
    names = [
        f"{printable(kind)} ({len(each):,}): {' '.join(map(_word, each))}" for kind, each in names_told(found).items()
    ]
    folded = _folded(f"{TITLE}: {counted(len(found.resources), 'resource')}", names, room - len(access))
    return "\n\n".join(part for part in (access, folded) if part)


def _operations(plan: Plan, room: int) -> str:
    """Say what is done beside changes, and why."""
    said = [printable(f"{item.operation} {item.address} ({why(item)})") for item in plan.operations]
    return _listed(f"**{OPERATIONS}**", said, room)


def _all_details(plan: Plan, room: int) -> str:
    """Fold the changes of each action and kind; say at the end how many there was no room for."""
    texts: list[str] = []
    left = 0
    for changes in _groups(plan):
        kept = _fitting(list(map(_block, changes)), room - _LEAST, 1)
        left += len(changes) - len(kept)
        if kept:
            title = f"{counted(len(changes), changes[0].address.kind)} to {changes[0].action.value}"
            texts.append(_folded(title, kept, room, language="diff"))
            room -= len(texts[-1]) + 2
    if left:
        texts.append(f"**The details of {counted(left, 'change')} have no room here; see the other reports.**")
    return "\n\n".join(texts)


def _groups(plan: Plan) -> Iterator[list[Change]]:
    changes = shown(plan)
    for action in (Action.UPDATE, Action.CREATE, Action.DELETE, Action.ADOPT):
        for kind in sorted({change.address.kind for change in changes}):
            if found := [it for it in changes if (it.action, it.address.kind) == (action, kind)]:
                yield found


def _block(change: Change) -> str:
    head = f"@@ {printable(str(change.address))} @@ {manifest_place(change)}"
    return "\n".join([head.rstrip(), *_change_lines(change)])


def _change_lines(change: Change) -> Iterator[str]:
    yield f"# {printable(change.reason)}"
    yield from (f"{line.sign.replace('~', '!')} {line.text}" for line in change_lines(change, _VALUE_LIMIT))


def _folded(title: str, items: Sequence[str], room: int, *, language: str = "text") -> str:
    frame = f"<details><summary>{escape(title)}</summary>\n\n", "\n\n</details>"
    inner = _listed("", items, room - len("".join(frame)), language=language)
    return f"{frame[0]}{inner}{frame[1]}" if inner else ""


def _listed(title: str, items: Sequence[str], room: int, *, language: str = "text", separator: str = "\n") -> str:
    """Return the items in a fence below the title, as many as there is room for; "" for none."""
    kept = _fitting(items, room - len(title) - _MARGIN, len(separator))
    if not items:
        return ""
    fence = "`" * max(3, 1 + _longest_ticks(kept))
    left = len(items) - len(kept)
    more = f"\n\n**… and {left:,} more, for which there is no room here; see the other reports.**" if left else ""
    block = f"{fence}{language}\n{separator.join(kept)}\n{fence}" if kept else ""
    return "\n\n".join(part for part in (title, f"{block}{more}") if part)


def _fitting(items: Sequence[str], room: int, separator: int) -> Sequence[str]:
    used = 0
    for index, item in enumerate(items):
        used += len(item) + separator
        if used > room:
            return items[:index]
    return items


def _longest_ticks(items: Iterable[str]) -> int:
    return max((len(run) for item in items for run in re.findall("`+", item)), default=0)


def _code(text: str) -> str:
    ticks = "`" * (1 + _longest_ticks([text]))
    return f"{ticks} {text} {ticks}" if "`" in text else f"{ticks}{text}{ticks}"


def _word(name: str) -> str:
    """Return a name that stands among others, in quotes where it could be taken for several."""
    return f'"{printable(name)}"' if " " in name else printable(name)
