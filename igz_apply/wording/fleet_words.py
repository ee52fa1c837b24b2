"""What is said of a run over several targets: how it went, where it stopped and why, and what each target came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from igz_apply.model.changes import Action, Plan
from igz_apply.model.fleets import StopCause, TargetStatus, Wave
from igz_apply.model.outcomes import Report, Status
from igz_apply.model.problems import errors_of
from igz_apply.model.suggest import some
from igz_apply.planning.fleet_report import FleetReport, FleetStop, TargetResult
from igz_apply.planning.staleness import HINT as MAKE_ANEW
from igz_apply.wording.counting import counted
from igz_apply.wording.durations import duration, stated_duration
from igz_apply.wording.operation_words import done_of
from igz_apply.wording.printable import printable
from igz_apply.wording.problem_words import titled

_WORDS = {
    ("plan", TargetStatus.CHANGES): "with changes",
    ("drift", TargetStatus.CHANGES): "drifted",
    ("drift", TargetStatus.UNCHANGED): "without drift",
}
_WENT = {  # of one, of several
    TargetStatus.PARTLY: ("was partly applied", "were partly applied"),
    TargetStatus.REFUSED: ("was refused", "were refused"),
    TargetStatus.INVALID: ("is invalid", "are invalid"),
    TargetStatus.FAILED: ("failed", "failed"),
}
_WOULD_GO = {
    TargetStatus.REFUSED: ("is refused", "are refused"),
    TargetStatus.FAILED: ("could not be planned", "could not be planned"),
}
FROM_THE_FIRST_WAVE = "The same command again goes by what is there now, from the first wave on."
"""What helps where manifests have moved under a run: a target by itself would get what no canary has tried."""

_MOST_NAMES = 5
_FIRST = "nothing to compare"
_FEW = 6  # times as many are named by those that are none of them


def status_words(status: TargetStatus, command: str) -> str:
    """Return what a command calls a status: `unchanged`, `with changes`, `drifted`."""
    return _WORDS.get((command, status), status.words)


def wave_title(wave: Wave, of: int) -> str:
    """Return `wave 2 of 11`, or `wave 1 of 11 (canary)`."""
    return f"wave {wave.number:,} of {of:,}{' (canary)' if wave.is_canary else ''}"


def counts_words(report: FleetReport) -> str:
    """Return how many targets ended how, those alone of which there are any: `12 applied, 1 failed, 2 not started`."""
    counts = report.counts
    found = [(status_words(status, report.command), counts[status.value]) for status in TargetStatus]
    same = Counter(_unchanged(it, report.command) for it in report.results if it.status is TargetStatus.UNCHANGED)
    found[:1] = sorted(same.items(), key=lambda it: (it[0] == _FIRST, it[0]))
    return ", ".join(f"{many:,} {'with ' * (words == _FIRST)}{words}" for words, many in found if many)


def headline(report: FleetReport) -> str:
    """Return how it went, in a sentence: `Stopped: of 20 targets 3 applied, 1 failed, 16 not started; 2m05s.`"""
    took = f"; {duration(report.seconds)}" if report.seconds else ""
    return f"{_title(report)}: of {counted(len(report.results), 'target')} {counts_words(report)}{took}."


def _title(report: FleetReport) -> str:
    if report.is_interrupted:
        return "Interrupted"
    if report.command != "apply":
        return report.command.capitalize()
    if report.stop is not None:
        return "Stopped"
    if any(not result.status.is_well for result in report.results):
        return "Not finished"
    return "Applied" if any(result.status is TargetStatus.APPLIED for result in report.results) else "Nothing to do"


def stop_words(report: FleetReport) -> str:
    """Return why it stopped, and what it left; of a plan, where `apply` would stop. "" where it comes to all."""
    stop = report.stop
    if stop is None:
        return ""
    is_foretold = report.command == "plan" and stop.cause is not StopCause.INTERRUPTED
    left = counted(len(stop.left), "target")
    verb = "would not be started" if is_foretold else "was not started" if len(stop.left) == 1 else "were not started"
    names = some([printable(name) for name in stop.left], _MOST_NAMES)
    rest = f" {left} {verb}: {names}." if stop.left else ""
    return f"{_where(report, stop, is_foretold=is_foretold)}{_why(report, stop, is_foretold=is_foretold)}.{rest}"


def _where(report: FleetReport, stop: FleetStop, *, is_foretold: bool) -> str:
    begun = "apply would stop" if is_foretold else "The run stopped"
    if stop.cause is StopCause.INTERRUPTED:
        begun = "The run was interrupted"
    wave = next((it for it in report.waves if it.number == stop.wave), None)
    if wave is None:
        return begun
    is_within = stop.cause is StopCause.INTERRUPTED or not set(wave.targets).isdisjoint(stop.left)
    return f"{begun} {'within' if is_within else 'after'} {wave_title(wave, len(report.waves))}"


def _why(report: FleetReport, stop: FleetStop, *, is_foretold: bool) -> str:
    if stop.cause is StopCause.INTERRUPTED:
        return ""
    if stop.cause is StopCause.CHANGED:
        verb = "would be changed" if is_foretold else "was changed" if len(stop.targets) == 1 else "were changed"
        return f": {counted(len(stop.targets), 'target')} {verb}, as many as one run may (max_changed)"
    bad = _went(report, stop, {**_WENT, **_WOULD_GO} if is_foretold else _WENT)
    if stop.cause is StopCause.CANARY:
        return f": {bad}, and a canary that does not end well ends it"
    most = report.pace.max_failures
    return f": {bad}, and {counted(most, 'failure')} {'ends' if most == 1 else 'end'} it (max_failures)"


def _went(report: FleetReport, stop: FleetStop, words: Mapping[TargetStatus, tuple[str, str]]) -> str:
    """Return how those ended that it stopped for: `a and b were refused, c failed`."""
    statuses = {name: report.by_name[name].status for name in stop.targets}
    return ", ".join(
        f"{_together(same)} {words[status][len(same) > 1]}"
        for status in dict.fromkeys(statuses.values())
        if (same := [name for name, its in statuses.items() if its is status])
    )


def target_words(result: TargetResult, command: str) -> str:
    """Return what a target came to, as a clause without its name.

    `create 3, update 1`, `refused: Too many deletes [IGZ-616] and 1 more`, `partly applied: 3 of 5 changes applied`.
    """
    match result.status:
        case TargetStatus.UNCHANGED:
            return _unchanged(result, command)
        case TargetStatus.CHANGES if command == "drift":
            return f"{counted(sum(it.origin.is_foreign for it in result.drift), 'resource')} changed by others"
        case TargetStatus.CHANGES:
            return _does(result.plan)
        case TargetStatus.APPLIED:
            return f"applied: {_does(result.plan)}" if _does(result.plan) else "applied"
        case TargetStatus.PARTLY | TargetStatus.INTERRUPTED if result.report is not None:
            return f"{result.status.words}: {_made(result.report)}"
        case TargetStatus.FAILED if result.report is not None and result.report.deadline is not None:
            limit = stated_duration(result.report.deadline)
            return f"failed: the deadline of {limit} was reached before anything was sent"
    why = _reason(result)
    words = status_words(result.status, command)
    return f"{words}: {why}" if why else words


def name_with_status(result: TargetResult) -> str:
    """Name a target, and say where it did not go well there."""
    return result.name if result.status.is_well else f"{result.name} ({result.status.words})"


def result_hint(result: TargetResult) -> str:
    """Return what to do about how a target ended; "" where nothing is known, or nothing has to be done."""
    if result.status.is_well:
        return ""
    hints = (problem.hint for problem in errors_of(result.problems))
    return printable(result.hint or next((hint for hint in hints if hint), ""))


def ways_back(results: Iterable[TargetResult]) -> Iterator[str]:
    """Yield how what was sent to each target is taken back, where it did not end well and left a record."""
    for result in results:
        run = "" if result.report is None else printable(result.report.run)
        if run and result.has_changed and not result.status.is_well:
            name = printable(result.name)
            way = f"`igz-apply undo {run} --target {name} --out undo.json` plans the way back"
            yield f"On {name} this was run {run}: {way}."


def _is_helped_by(hint: str, result: TargetResult) -> bool:
    """Say whether a target ended badly by something against which this helps: nothing is to be mended there."""
    return any(problem.hint == hint for problem in errors_of(result.problems))


def _unchanged(result: TargetResult, command: str) -> str:
    """Return what is true of a target on which nothing differs: perhaps that nobody knows of all there is."""
    if result.is_first:
        return _FIRST
    words = status_words(TargetStatus.UNCHANGED, command)
    return f"{words} as far as it can be seen" if result.is_partly_seen else words


def _reason(result: TargetResult) -> str:
    errors = errors_of(result.problems)
    if errors:
        more = f" and {len(errors) - 1:,} more" if len(errors) > 1 else ""
        return f"{printable(titled(errors[0]))}{more}"
    return printable(result.error).rstrip(".")


def _does(plan: Plan | None) -> str:
    """Return what a plan does, by how much of each: `create 3, adopt 1`; "" for nothing."""
    if plan is None:
        return ""
    counts = {action.value: plan.counts[action.value] for action in Action if action is not Action.NO_CHANGE}
    return _listed({**counts, **plan.operation_counts})


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{verb} {many:,}" for verb, many in counts.items() if many)


def _made(report: Report) -> str:
    counts = report.counts
    others = (f"{counts[it.value]:,} {it.words}" for it in Status if it is not Status.APPLIED and counts[it.value])
    kept = [f"{len(report.not_converged):,} not kept by the cluster"] if report.not_converged else []
    read = [] if report.read_back else ["not read back"]
    beside = [printable(failure).rstrip(".") for failure in report.failures]
    done = f"{counts['applied']:,} of {done_of(len(report.outcomes), len(report.operated))} applied"
    return ", ".join((done, *others, *kept, *read, *beside))


def question(report: FleetReport) -> str:
    """Return what is asked before plans are applied: `Create 30, update 2 on 12 of 20 targets, in 5 waves?`

    One target alone is named, as in `Create 2 on prod-eu?`.
    """
    changing = [result.name for result in report.results if result.status is TargetStatus.CHANGES]
    what = _listed(report.totals).capitalize()
    if len(changing) == 1:
        return f"{what} on {printable(changing[0])}?"
    waves = counted(len(report.waves), "wave")
    return f"{what} on {len(changing):,} of {counted(len(report.results), 'target')}, in {waves}?"


def next_step(report: FleetReport) -> str:
    """Return what to do next; "" where nothing has to be done."""
    bad = [result.name for result in report.results if result.status.is_bad]
    spent = {result.name for result in report.results if report.is_approved and _is_helped_by(MAKE_ANEW, result)}
    overtaken = {result.name for result in report.results if _is_helped_by(FROM_THE_FIRST_WAVE, result)}
    faulty = [name for name in bad if name not in spent | overtaken]
    mend = f"Mend what is said of {_names(faulty)}" if faulty else ""
    if report.command != "apply":
        again = "the same command again looks at all of them"
    elif report.is_approved and any(result.has_changed for result in report.results):
        again = "what was approved is used up: plan again what is left, and have that approved"
    elif spent:
        again = "what was approved can no longer be applied: plan again, and have that approved"
    elif overtaken:
        again = FROM_THE_FIRST_WAVE[0].lower() + FROM_THE_FIRST_WAVE[1:-1]
    elif report.is_interrupted or report.stop is not None:
        again = "the same command again goes on: it changes nothing where all is as declared already"
    else:
        again = f"the same command again, or --targets {','.join(map(printable, bad))}, finishes the rest"
    if mend:
        return f"{mend}; {again}."
    is_left = bad or report.is_interrupted or (report.stop is not None and report.command == "apply")
    return f"{again[0].upper()}{again[1:]}." if is_left else ""


def targets_told(names: Sequence[str], report: FleetReport) -> str:
    """Return which targets something is true of: `all targets`, `all targets but a, b`, or each of them."""
    others = [result.name for result in report.results if result.name not in set(names)]
    if not others:
        return "all targets"
    if len(others) * _FEW <= len(names):
        return f"all targets but {', '.join(map(printable, others))}"
    return ", ".join(map(printable, names))


def _together(names: Sequence[str]) -> str:
    """Return names as what a sentence is about: `a, b and c`."""
    told = [printable(name) for name in names]
    return " and ".join((", ".join(told[:-1]), told[-1])) if 1 < len(told) <= _MOST_NAMES else _names(names)


def _names(names: Sequence[str]) -> str:
    return some([printable(name) for name in names], _MOST_NAMES)
