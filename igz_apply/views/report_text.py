"""The end of an apply as lines: what went wrong and why, what the cluster did not keep, and the counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from igz_apply.model.outcomes import NotConverged, Outcome, Report, Status
from igz_apply.views.cells import wrap
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.views.values import literal
from igz_apply.wording.counting import counted
from igz_apply.wording.durations import duration, stated_duration
from igz_apply.wording.operation_words import done_of
from igz_apply.wording.printable import printable

MARKS = {
    Status.APPLIED: Span("✓ ", Tone.GOOD),
    Status.FAILED: Span("✗ ", Tone.DANGER),
    Status.CONFLICT: Span("✗ ", Tone.DANGER),
    Status.TIMED_OUT: Span("? ", Tone.DANGER),
    Status.UNKNOWN: Span("? ", Tone.DANGER),
    Status.INTERRUPTED: Span("· ", Tone.WARNING),
    Status.SKIPPED: Span("· ", Tone.WARNING),
    Status.CANCELLED: Span("· ", Tone.WARNING),
}
_NEXT = {
    Status.FAILED: "Failed",
    Status.CONFLICT: "Conflict: changed by somebody else since the plan, and not sent",
    Status.TIMED_OUT: "Timed out: sent, and not seen to end",
    Status.INTERRUPTED: "Stopped half way: the same command again finishes it",
    Status.UNKNOWN: "Unknown: the answer was lost, and looking did not settle it",
    Status.SKIPPED: "Skipped",
    Status.CANCELLED: "Not started",
}


def report_lines(report: Report, width: int) -> Iterator[Line]:
    """Yield how an apply ended, laid out for `width` columns; every change that is not applied is named."""
    for status, title in _NEXT.items():
        yield from _group(title, [item for item in report.ends if item.status is status], width)
    yield from _not_kept(report)
    for failure in report.failures:
        for index, text in enumerate(wrap(printable(failure), width - 2)):
            yield line(Span(f"{'  ' if index else '! '}{text}", Tone.DANGER))
    yield _summary(report)
    yield from _next_step(report, width)


def outcome_line(outcome: Outcome) -> Line:
    """Return one ended change on one line, as it is told while an apply runs."""
    took = _took(outcome)
    detail = f": {printable(outcome.detail)}" if outcome.detail else ""
    return line(
        MARKS[outcome.status],
        f"{outcome.verb:<7} ",
        Span(printable(str(outcome.address)), Tone.STRONG),
        f" {outcome.status.words}{f' in {took}' if took else ''}{detail}",
    )


def _took(outcome: Outcome) -> str:
    if outcome.started is None or outcome.ended is None:
        return ""
    return duration(outcome.ended - outcome.started)


def _group(title: str, outcomes: Sequence[Outcome], width: int) -> Iterator[Line]:
    if not outcomes:
        return
    yield line(Span(f"{title} ({len(outcomes):,})", Tone.STRONG))
    for outcome in outcomes:
        yield line(
            "  ",
            MARKS[outcome.status],
            f"{outcome.verb:<7} ",
            Span(printable(str(outcome.address)), Tone.STRONG),
        )
        for text in wrap(printable(outcome.detail), width - 12):
            yield line(" " * 12, text)
        for index, text in enumerate(wrap(printable(outcome.remedy), width - 18)):
            yield line(" " * 12, Span(("      " if index else "Next: ") + text, Tone.HINT))
    yield BLANK


def _not_kept(report: Report) -> Iterator[Line]:
    if report.not_converged:
        yield line(Span(f"Not kept by the cluster ({len(report.not_converged):,})", Tone.DANGER))
        for kept in report.not_converged:
            yield from _differences(kept)
        yield BLANK
    for filled in report.filled:
        paths = ", ".join(printable(diff.dotted) for diff in filled.diff)
        address = printable(str(filled.address))
        yield line(Span(f"Cleared, and given a value by the platform: {address}: {paths}.", Tone.QUIET))


def _differences(kept: NotConverged) -> Iterator[Line]:
    yield line("  ", Span(printable(str(kept.address)), Tone.STRONG))
    for diff in kept.diff:
        shown = f"the cluster has {literal(diff.before)}, wanted {literal(diff.after)}"
        yield line(f"      {printable(diff.dotted)}  ", "could not be compared" if diff.sensitive else shown)


def _summary(report: Report) -> Line:
    counts = report.counts
    if report.adopted and not report.ends and not report.failures:
        adopted = f"{counted(report.adopted, 'resource')}, already as declared and owned from now on."
        return line(Span("Adopted: ", Tone.GOOD), adopted)
    title, tone = _title(report)
    others = [f", {counts[status.value]:,} {status.words}" for status in _NEXT if counts[status.value]]
    return line(
        Span(f"{title}: ", tone),
        f"{counts['applied']:,} of {done_of(len(report.outcomes), len(report.operated))} applied{''.join(others)}",
        f", {report.adopted:,} adopted" if report.adopted else "",
        f" in {duration(report.seconds)}." if report.seconds else ".",
    )


def _title(report: Report) -> tuple[str, Tone]:
    if report.exit_code == 0:
        return "Applied", Tone.GOOD
    if report.interrupted:
        return "Interrupted", Tone.DANGER
    if report.deadline is not None:
        return f"Deadline of {stated_duration(report.deadline)} reached", Tone.DANGER
    if not _is_all_applied(report):
        return "Not finished", Tone.DANGER
    return ("Applied, with a failure beside it" if _is_kept(report) else "Applied, not converged"), Tone.DANGER


def _is_kept(report: Report) -> bool:
    """Say whether what was touched was read back, and is as it was to be."""
    return report.read_back and not report.not_converged


def _is_all_applied(report: Report) -> bool:
    return all(outcome.status is Status.APPLIED for outcome in report.ends)


def _what_is_left(report: Report) -> str:
    """Return what finishes an apply that went as far as it could: it again, or somebody first."""
    left = [outcome for outcome in report.ends if outcome.status is not Status.APPLIED]
    if not left:
        return "All of it was applied before; nothing is left to do."
    refused = [outcome for outcome in left if outcome.remedy]
    others = [outcome for outcome in left if not outcome.remedy and outcome.status is not Status.SKIPPED]
    if refused and not others:
        said = "The same again would be refused again: first do what is said above."
    elif refused:
        said = "Another plan and apply finish the rest, but for what was refused: do first what is said there."
    else:
        said = "Another plan and apply finish the rest."
    return f"The inventory holds what was done. {said}"


def _next_step(report: Report, width: int) -> Iterator[Line]:
    if not report.read_back:
        said = "What was touched could not be read back, so nothing is known of how it looks now: run plan to see."
    elif report.exit_code == 0:
        return
    elif report.failures and _is_all_applied(report) and _is_kept(report):
        said = "All changes are applied. Once what is said above is mended, the same command again finds what was done."
    elif report.failures:
        said = "Once what is said above is mended, the same command again finds what was done and finishes the rest."
    elif report.not_converged and _is_all_applied(report):
        said = "Everything was accepted, but the values above did not stay: something on the cluster overrules them."
        if any(diff.after is None for kept in report.not_converged for diff in kept.diff):
            said += " What an app service has where null was to clear it counts as the platform's own from now on."
    else:
        said = _what_is_left(report)
    for text in wrap(f"{said}{_way_back(report)}", width):
        yield line(Span(text, Tone.HINT))


def _way_back(report: Report) -> str:
    """Return what undoes a run that has perhaps changed something, and did not end well."""
    if not report.run or not any(outcome.status.may_have_changed for outcome in report.outcomes):
        return ""
    return f" This was run {report.run}: `igz-apply undo {report.run} --out undo.json` plans the way back."
