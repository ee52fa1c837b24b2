"""The Markdown report of a run over several targets: one comment that a reviewer can decide by.

Room is given by importance, as in the comment of one plan: where it stopped and why, what went wrong, every target,
then, for each plan that targets have alike, its dangers, deletes and losses of access, and at last the details. What
has no room is counted. All that comes from people stands in code spans and fences.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os.path import commonprefix
from re import sub

from igz_apply.model.changes import Plan
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
from igz_apply.reports.access_lines import losses
from igz_apply.reports.comment_layout import MAX_LENGTH, RESERVE, code, fitting, folded, listed
from igz_apply.reports.comment_sections import (
    all_details,
    dangers_told,
    deletes_told,
    failure_lines,
    gains_told,
    losses_told,
    operations_told,
    problem_lines,
)
from igz_apply.reports.words import counts_text, drift_lines
from igz_apply.values import dataclass
from igz_apply.wording.counting import counted
from igz_apply.wording.dangers import dangers, deletes
from igz_apply.wording.fleet_words import (
    headline,
    name_with_status,
    next_step,
    result_hint,
    status_words,
    stop_words,
    target_words,
    wave_title,
    ways_back,
)
from igz_apply.wording.printable import printable
from igz_apply.wording.unmanaged_words import TITLE, access_told

_NAMES = 1_500  # characters of the names in a heading; every target has been named before
_LEAST = 2_000  # with less room than this, nothing is said of another plan
_VALUE_LIMIT = 160  # characters
_LOUD = 400  # kept free for what has to be said at the top of what has no room


@dataclass(frozen=True, slots=True)
class _Grave:
    """What of a plan must not be overlooked: its text, and how many losses of access that does not name."""

    same: Alike
    plan: Plan
    text: str
    missing: int


def fleet_marker(report: FleetReport) -> str:
    """Return the hidden line by which CI finds its comment again: one for all targets whose names begin alike.

    A target that is added, or left out, must not make it another comment.
    """
    begin = commonprefix([result.name for result in report.results])  # noqa: RUF071 - of texts, which is what it is for
    return f"<!-- igz-apply fleet {sub(r'[^A-Za-z0-9:/._]', '_', begin)[:100] or 'all'} -->"


def fleet_markdown_report(report: FleetReport) -> bytes:
    """Return the comment, of at most MAX_LENGTH characters; the same account gives the same text."""
    head = _head(report)
    room = MAX_LENGTH - 1 - len(head) - _LOUD
    parts = [_faults(report, room // 3)]
    parts.append(_targets(report, (room - len(parts[0])) // 2))
    room -= sum(map(len, parts)) + 4
    grave = list(_all_grave(report, room))
    room -= sum(len(each.text) + 2 for each in grave)
    beside = _beside(report, max(0, room // 4))
    room -= len(beside) + 2
    bare = 0
    for each in grave:
        rest = _rest(each.plan, room - RESERVE)
        bare += room < 2 * RESERVE
        room -= len(rest) + 2 if rest else 0
        parts += [each.text, rest]
    if bare:
        parts.append(f"**The details of {counted(bare, 'plan')} have no room here; see the other reports.**")
    loud = _loud(report, grave)
    return ("\n\n".join(part for part in (head, loud, *parts, beside) if part) + "\n").encode(
        "utf-8", "backslashreplace"
    )


def _head(report: FleetReport) -> str:
    lines = [fleet_marker(report), f"### igz-apply: {headline(report)}"]
    if said := stop_words(report):
        lines.append(f"> [!CAUTION]\n> {code(said[:2_000])}")
    if step := next_step(report):
        lines.append(f"Next: {code(step[:2_000])}")
    if report.digest and report.command == "plan" and report.totals:
        how = f"to apply exactly this: `igz-apply apply` of the same targets with `--expect {report.digest}`"
        lines.append(f"Digest: `{report.digest}`; {how}")
    return "\n\n".join(lines)


def _loud(report: FleetReport, grave: Sequence[_Grave]) -> str:
    """Say at the very top what has no room at all though nobody should overlook it."""
    told = {name for each in grave for name in each.same.targets}
    left = [same for same in _groups(report) if not told.issuperset(same.targets)]
    missing = sum(each.missing for each in grave)
    said = [f"{counted(missing, 'loss', 'losses')} of access"] if missing else []
    if left and report.command == "drift":
        said.append(f"the drift of {counted(sum(len(same.results) for same in left), 'target')}")
    elif left:
        gone = sum(len(deletes(plan)) for plan in _plans_of(left))
        lost = sum(len(losses(plan.access_impact, MAX_LENGTH).lines) for plan in _plans_of(left))
        many = sum(len(same.results) for same in left)
        said.append(f"the plans of {counted(many, 'target')}, with {gone:,} deletes and {lost:,} losses of access,")
    have = "has" if left and report.command == "drift" else "have"
    return (
        f"> [!CAUTION]\n> **{' and '.join(said)} {have} no room in this comment: see another report.**" if said else ""
    )


def _groups(report: FleetReport) -> tuple[Alike, ...]:
    """Return what the comment is about: drift has plans too, which are told by `plan` alone."""
    return (drifts_alike if report.command == "drift" else plans_alike)(report.results)


def _plans_of(groups: Sequence[Alike]) -> Iterator[Plan]:
    return (same.first.plan for same in groups if same.first.plan is not None)


def _faults(report: FleetReport, room: int) -> str:
    """Say what went wrong, once for all targets where it is the same, and what to do about it."""
    found = faults_alike(report.results)
    many = sum(len(fault.results) for fault in found)
    items = ["\n".join(_fault(fault)) for fault in found]
    return listed(f"**Not as it should be: {counted(many, 'target')}**", items, room)


def _fault(fault: Alike) -> Iterator[str]:
    result = fault.first
    yield f"✗ {result.status.words}: {_few(fault.targets)}"
    said = [printable(result.error)] if result.error else []
    said += [line for problem in errors_of(result.problems) for line in problem_lines(problem)]
    said += failure_lines(result.report) if result.report is not None else []
    if not result.problems and (hint := result_hint(result)):
        said.append(f"Next: {hint}")
    yield from (f"    {line}" for line in (*said, *ways_back(fault.results)))


def _few(names: Sequence[str]) -> str:
    """Name as many as have room on a line; the others are counted."""
    told = [printable(name) for name in names]
    kept = fitting(told, _NAMES, 2)
    return ", ".join(kept) + (f" and {len(told) - len(kept):,} more" if len(kept) < len(told) else "")


def _targets(report: FleetReport, room: int) -> str:
    """Name every target in its wave; where that has no room, those that ended well are counted."""
    lines = list(_target_lines(report, is_whole=True))
    if sum(map(len, lines)) + len(lines) > room - RESERVE:
        lines = list(_target_lines(report, is_whole=False))
    return listed("**Targets, in the order of the run**", lines, room)


def _target_lines(report: FleetReport, *, is_whole: bool) -> Iterator[str]:
    for wave in report.waves:
        yield f"{wave_title(wave, len(report.waves))}:"
        results = report.of_wave(wave)
        for words in dict.fromkeys(_ended(it, report) for it in results):
            names = [printable(it.name) for it in results if _ended(it, report) == words]
            is_named = is_whole or any(it.status.is_bad for it in results if _ended(it, report) == words)
            yield f"  {words}: {', '.join(names) if is_named else counted(len(names), 'target')}"
        if report.stop is not None and report.stop.wave == wave.number:
            yield f"--- {'apply would stop' if report.command == 'plan' else 'stopped'} here"


def _ended(result: TargetResult, report: FleetReport) -> str:
    is_bad = result.status.is_bad
    return f"✗ {status_words(result.status, report.command)}" if is_bad else target_words(result, report.command)


def _all_grave(report: FleetReport, room: int) -> Iterator[_Grave]:
    """Yield what must not be overlooked in each plan, or in each drift, as long as there is room, the gravest first."""
    groups = tuple(sorted(_groups(report), key=_harmless))
    for index, same in enumerate(groups):
        share = max(_LEAST, (room - RESERVE) // (len(groups) - index))
        if share > room - RESERVE:
            return
        grave = _drift(same, share) if report.command == "drift" else _grave(same, share)
        if grave is not None:
            room -= len(grave.text) + 2
            yield grave


def _harmless(same: Alike) -> bool:
    """Say whether a plan takes nothing away, and has nothing that must not be overlooked."""
    plan = same.first.plan
    return plan is None or not (deletes(plan) or dangers(plan) or losses(plan.access_impact, MAX_LENGTH).lines)


def _grave(same: Alike, room: int) -> _Grave | None:
    plan = same.first.plan
    if plan is None:
        return None
    told = plan_told(plan)
    title = f"#### {counted(len(same.results), 'target')}{' alike' if same.results[1:] else ''}: {counts_text(told)}"
    parts = [title, code(_few([name_with_status(it) for it in same.results]))]
    room -= sum(map(len, parts)) + 8
    lost = losses(told.access_impact, room // 3, room // 2)
    taken = losses_told(told, lost)
    gone = deletes_told(told, (room - len(taken)) * 2 // 3)
    parts += [dangers_told(told, room - len(taken) - len(gone)), gone, taken]
    return _Grave(same, told, "\n\n".join(part for part in parts if part), lost.missing)


def _drift(same: Alike, room: int) -> _Grave | None:
    """Say what others changed; where nothing but something unseen is told, that."""
    plan = same.first.plan
    if plan is None:
        return None
    title = f"#### Drift on {counted(len(same.results), 'target')}{' alike' if same.results[1:] else ''}"
    unseen = [f"! {printable(f'{address} is not visible here: {why}')}" for address, why in plan.not_visible.items()]
    unseen += [f"! not every {printable(kind)} is seen: {printable(why)}" for kind, why in plan.partial.items()]
    lines = [*unseen, *_moved(same)]
    names = code(_few(same.targets))
    found = listed("", lines, room - len(title) - len(names), language="diff")
    return _Grave(same, plan, "\n\n".join((title, names, found)), 0)


def _moved(same: Alike) -> Iterator[str]:
    for drift in same.first.drift:
        if drift.origin.is_foreign:
            yield from (f"{line.sign.replace('~', '@@')} {line.text}" for line in drift_lines(drift, _VALUE_LIMIT))


def _rest(plan: Plan, room: int) -> str:
    """Say who gains what, what is done beside, and the details, in what is left."""
    if room < RESERVE:
        return ""  # which is said at the end
    gained = gains_told(plan, room // 3)
    beside = operations_told(plan, (room - len(gained)) // 2)
    details = all_details(plan, room - len(gained) - len(beside))
    return "\n\n".join(part for part in (gained, beside, details) if part)


def _beside(report: FleetReport, room: int) -> str:
    """Say who has access by no manifest, and what was warned of, once each."""
    if room < RESERVE:
        return ""
    access = [
        f"{_few(same.targets)}:\n"
        + "\n".join(f"  ! {printable(text)}" for text in access_told(same.first.plan.unmanaged))
        for same in access_alike(report.results)
        if same.first.plan is not None
    ]
    told = listed(f"**{TITLE}**", access, room // 2)
    said = ["\n".join((*problem_lines(it), f"  ({_few(names)})")) for it, names in warnings_alike(report.results)]
    said += [f"note: {printable(note)} ({_few(names)})" for note, names in notes_alike(report.results)]
    warned = folded(f"{counted(len(said), 'warning or note', 'warnings and notes')}", said, room - len(told))
    return "\n\n".join(part for part in (told, warned) if part)
