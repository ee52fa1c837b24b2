"""The account of a run over several targets as lines: where it stopped and why, what went wrong and what to do next,
then every target in its wave, then what changes, told once for all targets that have it alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from igz_apply.model.changes import Plan, Unmanaged
from igz_apply.model.fleets import TargetStatus, Wave
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
from igz_apply.views.cells import cells, wrap
from igz_apply.views.drift_text import drift_lines
from igz_apply.views.fleet_marks import MARKS
from igz_apply.views.folding import folded
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.views.plan_text import plan_lines
from igz_apply.views.problem_text import SourceLines, no_lines, problem_lines
from igz_apply.views.report_text import report_lines
from igz_apply.wording.counting import counted
from igz_apply.wording.fleet_words import (
    headline,
    name_with_status,
    next_step,
    result_hint,
    status_words,
    stop_words,
    target_words,
    targets_told,
    wave_title,
    ways_back,
)
from igz_apply.wording.printable import printable
from igz_apply.wording.unmanaged_words import access_told

_BELOW = " " * 6
_LONG = 20  # lines after which the verdict at the top is out of sight, and said again
_TOLD = 10  # of those who have access by no manifest


def account_lines(
    report: FleetReport, width: int, sources: SourceLines = no_lines, *, shown: Collection[str] = ()
) -> Iterator[Line]:
    """Yield the account, laid out for `width` columns; without the plans of targets for which they have been shown."""
    return folded(_lines(report, width, sources, shown), width)


def plan_of_one(name: str, plan: Plan, width: int) -> Iterator[Line]:
    """Yield what is about to change on one target."""
    return folded(_plan([name], plan, line(Span("What changes on ", Tone.STRONG)), width), width)


def plan_as_before(name: str, before: str, width: int) -> Iterator[Line]:
    """Yield that what is about to change on one target is what `before` was shown for."""
    same = Span(f"the same as on {printable(before)}")
    return folded([line(Span("What changes on ", Tone.STRONG), f"{printable(name)}: ", same)], width)


def _lines(report: FleetReport, width: int, sources: SourceLines, shown: Collection[str]) -> Iterator[Line]:
    verdict = list(_verdict(report, width))
    body = [
        *_faults(report, width, sources),
        *_targets(report, width),
        *(_drifts(report, width) if report.command == "drift" else _plans(report, width, shown)),
        *_beside(report, width, sources),
    ]
    yield from (*verdict, BLANK, *body)
    if len(body) > _LONG:
        yield from verdict


def _verdict(report: FleetReport, width: int) -> Iterator[Line]:
    tone = _tone(report)
    yield from (line(Span(text, tone)) for text in wrap(headline(report), width))
    yield from (line(Span(text, Tone.WARNING)) for text in wrap(stop_words(report), width))
    yield from (line(Span(text, Tone.HINT)) for text in wrap(next_step(report), width))
    if report.digest and report.command == "plan" and report.totals:
        yield line(Span(f"Digest: {report.digest}", Tone.QUIET))


def _tone(report: FleetReport) -> Tone:
    if any(not result.status.is_well for result in report.results):
        return Tone.DANGER
    if any(result.is_first or result.is_partly_seen for result in report.results):
        return Tone.WARNING
    return Tone.STRONG if report.exit_code(is_detailed=True) else Tone.GOOD


def _faults(report: FleetReport, width: int, sources: SourceLines) -> Iterator[Line]:
    """Yield what went wrong, and what to do about it, once for all targets where it is the same."""
    found = faults_alike(report.results)
    if not found:
        return
    many = sum(len(fault.results) for fault in found)
    yield line(Span(f"Not as it should be ({counted(many, 'target')})", Tone.DANGER))
    for fault in found:
        status = fault.first.status
        yield from _named(line(MARKS[status], Span(f"{status.words}: ", Tone.STRONG)), fault.targets, width)
        yield from _indented(_fault(fault, width - len(_BELOW), sources))
    yield BLANK


def _fault(fault: Alike, room: int, sources: SourceLines) -> Iterator[Line]:
    result = fault.first
    for index, text in enumerate(wrap(printable(result.error), room)):
        yield line(Span("  " * bool(index) + text))
    if errors := errors_of(result.problems):
        yield from [*problem_lines(errors, room, sources)][:-2]  # without the count, which says little here
    if result.report is not None:
        yield from report_lines(replace(result.report, run=""), room)  # its way back would not name the target
    hint = result.hint or ("" if result.problems or result.report is not None else result_hint(result))
    for index, text in enumerate(wrap(printable(hint), room - 6)):
        yield line(Span(("      " if index else "Next: ") + text, Tone.HINT))
    for text in ways_back(fault.results):
        yield from (line(Span(part, Tone.HINT)) for part in wrap(text, room))


def _targets(report: FleetReport, width: int) -> Iterator[Line]:
    """Yield every target in its wave; what ended alike in a wave stands together, and so do waves that never began."""
    yield line(Span("Targets, in the order of the run", Tone.STRONG))
    many, left = len(report.waves), report.waves
    while left:
        together = _never_begun(left, report) or left[:1]
        title = wave_title(together[0], many)
        if len(together) > 1:
            title = f"waves {together[0].number} to {together[-1].number} of {many}"
        yield line("  ", Span(title, Tone.QUIET))
        results = [result for wave in together for result in report.of_wave(wave)]
        for status, words in dict.fromkeys((it.status, _words(it, report)) for it in results):
            same = [it.name for it in results if (it.status, _words(it, report)) == (status, words)]
            count = f" ({len(same):,})" if len(same) > 1 else ""
            yield from _named(line("    ", MARKS[status], f"{words}{count}: "), same, width)
        if report.stop is not None and any(wave.number == report.stop.wave for wave in together):
            yield line("  ", Span(_stopped_here(report), Tone.WARNING))
        left = left[len(together) :]
    yield BLANK


def _words(result: TargetResult, report: FleetReport) -> str:
    """Return how a target ended; of one that did not end well the reasons stand above."""
    is_bad = result.status.is_bad
    return status_words(result.status, report.command) if is_bad else target_words(result, report.command)


def _never_begun(waves: Sequence[Wave], report: FleetReport) -> Sequence[Wave]:
    """Return the waves at the begin of which no target was started."""
    for index, wave in enumerate(waves):
        if any(result.status is not TargetStatus.NOT_STARTED for result in report.of_wave(wave)):
            return waves[:index]
    return waves


def _stopped_here(report: FleetReport) -> str:
    return "─── apply would stop here" if report.command == "plan" else "─── stopped here"


def _plans(report: FleetReport, width: int, shown: Collection[str]) -> Iterator[Line]:
    """Yield what changes, or was to change: each plan once, with the targets that have it."""
    what = "What was to change on " if report.command == "apply" else "What changes on "
    for same in plans_alike(it for it in report.results if it.name not in shown):
        plan = same.first.plan
        assert plan is not None, "results without a plan have been left out"
        yield from _plan([name_with_status(it) for it in same.results], plan, _alike(same, what), width)


def _plan(names: Sequence[str], plan: Plan, label: Line, width: int) -> Iterator[Line]:
    yield from _named(label, names, width)
    yield from _indented(plan_lines(plan_told(plan), width - 2), 2)
    yield BLANK


def _drifts(report: FleetReport, width: int) -> Iterator[Line]:
    for same in drifts_alike(report.results):
        first, plan = same.first, same.first.plan
        yield from _named(_alike(same, "Drift on "), same.targets, width)
        if plan is None:
            yield from _indented(drift_lines(first.drift, {}, "", width=width - 2), 2)
        else:
            unseen = (Unmanaged(), plan.partial, plan.unknown)
            told = drift_lines(first.drift, plan.not_visible, plan.caller.username, *unseen, width=width - 2)
            yield from _indented(told, 2)
        yield BLANK


def _alike(same: Alike, what: str) -> Line:
    many = f"{len(same.results):,} targets alike" if len(same.results) > 1 else ""
    return line(Span(f"{what}{f'{many}: ' if many else ''}", Tone.STRONG))


def _beside(report: FleetReport, width: int, sources: SourceLines) -> Iterator[Line]:
    """Yield who has access by no manifest, warnings and notes, each once."""
    for same in access_alike(report.results):
        assert same.first.plan is not None, "results without a plan have been left out"
        yield from _named(_alike(same, "Not in git, and left alone, on "), same.targets, width)
        told = list(access_told(same.first.plan.unmanaged))
        more = [f"and {len(told) - _TOLD:,} more"] if len(told) > _TOLD else []
        for text in (*told[:_TOLD], *more):
            yield from (line("  ", Span(f"! {part}", Tone.WARNING)) for part in wrap(printable(text), width - 4))
        yield BLANK
    for problem, names in warnings_alike(report.results):
        yield from _named(line(Span("Of ", Tone.QUIET)), names, width)
        yield from [*problem_lines([problem], width, sources)][:-1]
    notes = notes_alike(report.results)
    for note, names in notes:
        text = f"{printable(note)} ({targets_told(names, report)})"
        yield from (line(Span("note: ", Tone.WARNING), part) for part in wrap(text, width - 6))
    if notes:
        yield BLANK


def _named(label: Line, names: Sequence[str], width: int) -> Iterator[Line]:
    """Yield a label and names after it, all of them; what has no room beside it goes on below, further in."""
    used = sum(cells(span.text) for span in label)
    told = [printable(name) for name in names]
    words = [f"{name}," for name in told[:-1]] + told[-1:]
    first = 0
    while first < len(words) and used + cells(" ".join(words[: first + 1])) <= width:
        first += 1
    yield (*label, Span(" ".join(words[:first])))
    for text in wrap(" ".join(words[first:]), width - len(_BELOW)):
        yield line(_BELOW, text)


def _indented(lines: Iterable[Line], by: int = len(_BELOW)) -> Iterator[Line]:
    return ((Span(" " * by), *spans) if spans else BLANK for spans in lines)
