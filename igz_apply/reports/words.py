"""How reports say things: values made safe to read, differences as signed lines, counts as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.outcomes import Report, Status
from igz_apply.model.problems import Problem
from igz_apply.planning.drift import Drift
from igz_apply.wording.diff_lines import DiffLine, diff_lines
from igz_apply.wording.durations import spelled_duration, stated_duration
from igz_apply.wording.operation_words import to_do
from igz_apply.wording.origins import origin_mark
from igz_apply.wording.places import all_elsewhere_text
from igz_apply.wording.printable import printable


def change_lines(change: Change, limit: int) -> Iterator[DiffLine]:
    """Yield all differences of a change as lines; where they are of several origins, each says its own.

    What another document than the manifest states has its place after the last of its lines: what it comes to.
    """
    for item in change.diff:
        mark, place = origin_mark(change, item), all_elsewhere_text(change, item)
        lines = diff_lines(item, limit)
        yield from _noted(list(lines), mark, place) if mark or place else lines


def _noted(lines: Sequence[DiffLine], mark: str, place: str) -> Iterator[DiffLine]:
    for index, found in enumerate(lines):
        said = "; ".join(part for part in (mark, place if index == len(lines) - 1 else "") if part)
        yield replace(found, text=f"{found.text}  ({said})") if said else found


def drift_lines(drift: Drift, limit: int) -> Iterator[DiffLine]:
    """Yield what others changed in one resource: what was applied goes, what the cluster has comes."""
    note = "was deleted on the cluster" if drift.action is Action.CREATE else drift.note
    yield DiffLine("~", printable(f"{drift.address} {note}".rstrip()))
    for found in drift.fields:
        if found.origin.is_foreign and drift.action is not Action.CREATE:
            diff = found.diff
            yield from diff_lines(replace(diff, before=found.applied, after=diff.before), limit)


def counts_text(plan: Plan) -> str:
    """Return the one-line account of the plan; what it does not touch is counted too."""
    counts = plan.counts
    parts = [f"{counts[name]:,} to {name}" for name in ("create", "update", "delete")]
    parts += to_do(plan)
    if counts["adopt"]:
        parts.append(f"{counts['adopt']:,} to adopt")
    parts.append(f"{counts['no_change']:,} unchanged")
    if plan.kept:
        parts.append(f"{len(plan.kept):,} kept though no longer declared")
    if plan.not_visible:
        parts.append(f"{len(plan.not_visible):,} not visible")
    if plan.partial:
        parts.append(f"not every {' or '.join(map(printable, plan.partial))} seen")
    if plan.unknown:
        parts.append(f"{len(plan.unknown):,} not seen in full")
    if foreign := sum(plan.foreign.values()):
        parts.append(f"{foreign:,} not ours")
    if plan.unread:
        parts.append(f"{' and '.join(map(printable, plan.unread))} not looked at")
    return ", ".join(parts)


def report_text(report: Report) -> str:
    """Return the one-line account of an apply."""
    counts = [
        f"{count:,} {Status(status).words}" for status, count in report.counts.items() if count or status == "applied"
    ]
    if report.not_converged:
        counts.append(f"{len(report.not_converged):,} not kept by the cluster")
    if report.failures:
        counts.append(f"{len(report.failures):,} failed beside the changes")
    if not report.read_back:
        counts.append("result not read back")
    run = f"; run {report.run}" if report.run else ""
    return f"{', '.join(counts)} in {spelled_duration(report.seconds)}{run}"


def headline(plan: Plan, report: Report | None, problems: Iterable[Problem]) -> str:
    """Return the verdict in a few words."""
    if report is not None:
        if report.interrupted:
            return "Interrupted"
        if report.deadline is not None:
            return f"Deadline of {stated_duration(report.deadline)} reached"
        return "Applied" if report.exit_code == 0 else "Applied in part"
    if any(problem.severity == "error" for problem in problems):
        return "Plan refused"
    if plan.acts:
        return "Plan"
    if plan.not_visible or plan.partial or plan.unknown:
        return "No changes in what is visible"
    return "No changes to what is declared" if plan.doubtful or plan.unmanaged.gives_access else "No changes"


def target_text(plan: Plan) -> str:
    """Say which cluster the plan is for, and as whom."""
    caller = plan.caller
    version = f", version {caller.version}" if caller.version else ""
    tenant = f", tenant {caller.tenant}" if caller.tenant else ""
    return printable(f"{caller.endpoint} as {caller.username}{tenant}{version}")


def problem_place(problem: Problem) -> str:
    """Say where a problem lies, "" when nowhere in particular."""
    return printable(str(problem.source or problem.address or ""))


def shown(plan: Plan) -> tuple[Change, ...]:
    """Return the changes that a reader looks at: all but those that are none."""
    return tuple(change for change in plan.changes if change.action is not Action.NO_CHANGE)
