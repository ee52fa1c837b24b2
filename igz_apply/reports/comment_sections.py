"""What a comment says of one plan and of its apply, a section each, in about so many characters."""

from __future__ import annotations

from collections.abc import Iterator

from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.outcomes import Report, Status
from igz_apply.model.problems import Problem
from igz_apply.reports.access_lines import AccessLines, gains, losses
from igz_apply.reports.comment_layout import MAX_LENGTH, RESERVE, fitting, folded, listed, word
from igz_apply.reports.words import change_lines, problem_place, shown
from igz_apply.wording.counting import counted
from igz_apply.wording.dangers import Danger, dangers, deletes
from igz_apply.wording.operation_words import TITLE as OPERATIONS
from igz_apply.wording.operation_words import why
from igz_apply.wording.places import manifest_place
from igz_apply.wording.printable import printable
from igz_apply.wording.problem_words import titled

_VALUE_LIMIT = 160  # characters
_DETAIL_LIMIT = 400  # characters of what failed
_LISTED = 200  # up to so many deletes stand on a line each, more side by side
_LONGEST_DANGER = 15_000  # characters of what it concerns
_LEAST = 600  # with less room than this details are not begun
_FRAME = 150  # kept free for the frame of a section


def problem_lines(problem: Problem) -> Iterator[str]:
    """Yield a problem as lines: what is wrong and where, why, and what to do."""
    place = problem_place(problem)
    yield printable(f"{problem.severity}: {titled(problem)}") + (f" ({place})" if place else "")
    yield f"  {printable(problem.detail)}"
    if problem.hint:
        yield f"  {printable(problem.hint)}"


def failures_told(report: Report, room: int) -> str:
    """Say what did not go as planned, by how it ended."""
    return listed("**Not as planned**", failure_lines(report), room)


def failure_lines(report: Report) -> list[str]:
    """Return a line for each thing that did not go as planned, by how it ended."""
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
    return lines


def dangers_told(plan: Plan, room: int) -> str:
    """Say what must not be overlooked."""
    found = dangers(plan)
    return listed("**Look at this first**", [f"! {_danger_line(danger)}" for danger in found], room)


def _danger_line(danger: Danger) -> str:
    words = [word(str(address)) for address in danger.addresses]
    shown = fitting(words, _LONGEST_DANGER, 1)
    names = " ".join(shown) + (f" and {len(words) - len(shown):,} more" if len(shown) < len(words) else "")
    text = printable(danger.text)
    if len(danger.addresses) > 1:
        return f"{text} ({len(danger.addresses):,}): {names}"
    return f"{names}: {text}" if names else text


def deletes_told(plan: Plan, room: int) -> str:
    """Name what is deleted."""
    found = deletes(plan)
    title = f"**{len(found):,} to delete**"
    if len(found) <= _LISTED:
        return listed(title, [f"- {printable(str(change.address))}" for change in found], room, language="diff")
    words: list[str] = []
    for kind in sorted({change.address.kind for change in found}):
        names = [word(change.address.name) for change in found if change.address.kind == kind]
        words += [f"{kind} ({len(names):,}): {names[0]}", *names[1:]]
    return listed(title, words, room, separator=" ")


def losses_within(plan: Plan, room: int) -> AccessLines:
    """Return what people lose, so short that all deletes can be named, or else in half of the room."""
    named = sum(len(change.address.name) + 1 for change in deletes(plan))
    return losses(plan.access_impact, max(room // 8, room - named - 2 * RESERVE), room // 2)


def losses_told(plan: Plan, lost: AccessLines) -> str:
    """Say who loses what; never folded away, as it is what a reviewer has to see."""
    unseen = [f"! {printable(f'not every {kind} is seen: {why}')}" for kind, why in plan.access_impact.unseen.items()]
    return listed("**Who loses access**", [*unseen, *lost.lines], MAX_LENGTH, language="diff")


def gains_told(plan: Plan, room: int) -> str:
    """Say who gains what, in less room than there is: most of it is what new accounts and projects are made with."""
    found = gains(plan.access_impact, room // 2 - _FRAME, room - _FRAME)
    more = f"**… and {found.missing:,} more, for which there is no room here; see the other reports.**"
    text = listed("**Who gains access**", found.lines, room + _FRAME, language="diff")
    return f"{text}\n\n{more}" if found.missing else text


def all_details(plan: Plan, room: int) -> str:
    """Fold the changes of each action and kind; say at the end how many there was no room for."""
    texts: list[str] = []
    left = 0
    for changes in _groups(plan):
        kept = fitting(list(map(_block, changes)), room - _LEAST, 1)
        left += len(changes) - len(kept)
        if kept:
            title = f"{counted(len(changes), changes[0].address.kind)} to {changes[0].action.value}"
            texts.append(folded(title, kept, room, language="diff"))
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


def operations_told(plan: Plan, room: int) -> str:
    """Say what is done beside changes, and why."""
    said = [printable(f"{item.operation} {item.address} ({why(item)})") for item in plan.operations]
    return listed(f"**{OPERATIONS}**", said, room)
