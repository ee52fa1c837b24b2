"""Rounds of reconciling as lines: one where nothing is new, and what differs, what was made and what was not, else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, EdgeChange, FieldDiff, Plan
from igz_apply.model.checkout import SHORT
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.outcomes import Event, Outcome, Report, Status
from igz_apply.model.problems import Problem
from igz_apply.model.rounds import Ending, HeldBack, Revision, Round
from igz_apply.values import dataclass
from igz_apply.views.cells import wrap
from igz_apply.views.change_text import change_lines, operation_lines
from igz_apply.views.folding import folded
from igz_apply.views.lines import Line, Span, Tone, line
from igz_apply.views.problem_text import SourceLines, no_lines, problem_lines
from igz_apply.views.report_text import MARKS, outcome_line
from igz_apply.views.sink import Sink
from igz_apply.views.text import error_lines
from igz_apply.wording.counting import counted
from igz_apply.wording.durations import duration
from igz_apply.wording.printable import printable

_MOST = 50  # changes that one round shows
_MOST_NAMES = 10  # of what is as before
_INDENT = " " * 4
_BELOW = " " * 6  # as the fields of a change
_TONES = {
    Ending.IN_SYNC: Tone.GOOD,
    Ending.HEALED: Tone.GOOD,
    Ending.DRIFTED: Tone.WARNING,
    Ending.STANDBY: Tone.WARNING,
    Ending.INTERRUPTED: Tone.WARNING,
}


@dataclass(frozen=True, slots=True)
class _Said:
    """What of a round is said once, and not again while it stays so."""

    ending: Ending
    digest: str
    held: tuple[tuple[Address, HeldBack], ...]
    problems: tuple[Problem, ...]
    error: str


@dataclass(frozen=True, slots=True)
class _Shown:
    """What was said of one change that differs."""

    action: Action
    diff: tuple[FieldDiff, ...]
    edges: tuple[EdgeChange, ...]
    held: HeldBack | None


class RoundsText:
    """Shows rounds as text, each when it has ended."""

    def __init__(self, output: Sink, errors: Sink, *, sources: SourceLines = no_lines) -> None:
        self._output = output
        self._errors = errors
        self._sources = sources
        self._said: _Said | None = None  # of the round before
        self._notes: frozenset[str] = frozenset()  # of the round before
        self._new_notes: set[str] = set()  # of this one
        self._standing_by_to = ""  # who leads instead; "": nobody
        self._shown: dict[Address, _Shown] = {}  # what differed when it was last known, and what was said of it
        self._rounds = 0
        self._goes_on = False  # whether another round was to come

    def began(self, number: int, at: str) -> None:  # noqa: ARG002 - the protocol's signature
        """Say that it is ours to lead now, where it was not."""
        if self._standing_by_to:
            self._output.show([line(Span(f"{at}  ", Tone.QUIET), "leading: runs the rounds from now on")])
            self._standing_by_to = ""

    def note(self, text: str) -> None:
        """Show a warning, unless the round before had the same."""
        is_new = text not in self._notes | self._new_notes
        self._new_notes.add(text)
        if is_new:
            self._errors.show([line(Span("note: ", Tone.WARNING), printable(text))])

    def problems(self, problems: Sequence[Problem]) -> None:
        """Show warnings about the input, unless the round before had the same."""
        new = [problem for problem in problems if str(problem) not in self._notes | self._new_notes]
        self._new_notes.update(map(str, problems))
        self._errors.show(problem_lines(new, self._errors.terminal.width, self._sources))

    def plan(self, plan: Plan) -> None:
        """Show nothing yet."""

    def event(self, event: Event) -> None:
        """Show nothing yet."""

    def report(self, report: Report) -> None:
        """Show nothing yet."""

    def ended(self, round: Round) -> None:
        """Show how a round ended."""
        width = self._output.terminal.width
        said = _said(round)
        is_news = said != self._said
        self._said, self._notes = said, notes_after(round, self._notes, self._new_notes)
        self._new_notes = set()
        self._rounds += 1
        self._goes_on = self._goes_on or round.next_in is not None
        self._output.show([_head(round), *(self._below(round, width) if is_news or round.report is not None else ())])

    def standing_by(self, holder: str) -> None:
        """Say who leads instead."""
        self._standing_by_to, self._goes_on = holder, True
        self._output.show([line("standing by: ", printable(holder), " runs the rounds, and this replica waits")])

    def closed(self) -> None:
        """Say that it was asked to end, where rounds would have come without one."""
        if self._goes_on:
            self._output.show([line(f"ended: asked to, after {counted(self._rounds, 'round')}")])

    def error(self, message: str, hint: str = "") -> None:
        """Show what stopped the command."""
        self._errors.show(error_lines(message, hint, self._errors.terminal.width))

    def close(self, exit_code: int) -> None:
        """Show nothing more."""

    def _differences(self, round: Round, plan: Plan, width: int) -> Iterator[Line]:
        """Yield all that differs, each with what became of it; what is as it was shown before, by name alone."""
        ended = {(it.operation, it.address): it for it in round.report.ends} if round.report is not None else {}
        known = {it.address: _Shown(it.action, it.diff, it.edges, round.held.get(it.address)) for it in plan.writes}
        same = [
            address
            for address, it in known.items()
            if it == self._shown.get(address) and it.held is not None and ("", address) not in ended
        ]
        of_old = frozenset(same)
        items: list[Change | PlannedOperation] = [it for it in plan.writes if it.address not in of_old]
        items += plan.operations
        self._shown = {
            address: known[address] for address in (*same, *(it.address for it in items[:_MOST])) if address in known
        }
        for item in items[:_MOST]:
            if isinstance(item, Change):
                yield from change_lines(item, width)
                outcome = ended.get(("", item.address))
            else:
                yield from operation_lines(item, width)
                outcome = ended.get((item.operation, item.address))
            yield from _became(outcome, round.held.get(item.address), width)
        more = len(items) - _MOST
        if more > 0:
            yield line("  ", Span(f"and {more:,} more; `igz-apply plan` shows them all", Tone.QUIET))
        if same:
            yield from _as_before(same, width)

    def _below(self, round: Round, width: int) -> Iterator[Line]:
        for text in wrap(printable(round.error), width - len(_INDENT)) if round.error else ():
            yield line(_INDENT, text)
        if round.plan is not None:
            yield from folded(self._differences(round, round.plan, width), width)
        if round.ending is not Ending.STANDBY:  # it says no more than the error
            yield from problem_lines(round.problems, width, self._sources)
        for failure in round.report.failures if round.report is not None else ():
            yield from _wrapped(failure, width, Tone.DANGER)


def _as_before(addresses: Sequence[Address], width: int) -> Iterator[Line]:
    """Yield the names of what was shown already, as many as a glance takes in."""
    names = ", ".join(map(str, addresses[:_MOST_NAMES]))
    more = f" and {len(addresses) - _MOST_NAMES:,} more" if len(addresses) > _MOST_NAMES else ""
    for text in wrap(printable(f"as before: {names}{more}"), width - 2):
        yield line("  ", Span(text, Tone.QUIET))


def notes_after(round: Round, before: frozenset[str], new: Collection[str]) -> frozenset[str]:
    """Return the notes that need not be said again: a round that came to no plan may not have come to all of them."""
    return frozenset(new) if round.plan is not None else before | frozenset(new)


def _said(round: Round) -> _Said:
    digest = round.plan.digest if round.plan is not None and round.plan.acts else ""
    return _Said(round.ending, digest, tuple(sorted(round.held.items())), round.problems, round.error)


def _head(round: Round) -> Line:
    plan = round.plan
    parts = [
        f"commit {_commit(round.revision)}" if round.revision.commit else "",
        counted(len(plan.changes), "resource") if plan is not None else "",
        duration(round.seconds),
        f"next in {duration(round.next_in)}" if round.ending.is_failure and round.next_in is not None else "",
        f"{round.failures_in_a_row} failures in a row" if round.failures_in_a_row > 1 else "",
    ]
    return line(
        Span(f"{round.began}  ", Tone.QUIET),
        Span(_words(round), _TONES.get(round.ending, Tone.DANGER)),
        Span("  " + ", ".join(filter(None, parts)), Tone.QUIET),
    )


def _words(round: Round) -> str:
    """Say in a few words how a round ended."""
    held = len(round.held)
    match round.ending:
        case Ending.IN_SYNC:
            return "in sync"
        case Ending.DRIFTED:
            return f"{counted(held, 'difference')} left alone"
        case Ending.HEALED:
            return f"healed {len(round.healed):,}" + (f", {held:,} left alone" if held else "")
        case Ending.PARTLY:
            ends = len(round.report.ends) if round.report is not None else 0
            return f"healed {len(round.healed):,} of {ends:,}" + (f", {held:,} left alone" if held else "")
        case Ending.STANDBY:
            return "put off"
    return str(round.ending.value)


def _became(outcome: Outcome | None, held: HeldBack | None, width: int) -> Iterator[Line]:
    if outcome is not None:
        yield line(_BELOW, *(outcome_line(outcome) if outcome.status is not Status.APPLIED else _made(outcome)))
        if outcome.remedy:
            yield from _wrapped(f"Next: {outcome.remedy}", width, Tone.HINT, _BELOW)
    elif held is not None:
        code = f" [{held.code}]" if held.code else ""
        yield from _wrapped(f"left alone: {held.why}{code}", width, Tone.QUIET, _BELOW)


def _made(outcome: Outcome) -> Line:
    return line(MARKS[outcome.status], Span(outcome.status.words, Tone.QUIET))


def _wrapped(text: str, width: int, tone: Tone, indent: str = _INDENT) -> Iterator[Line]:
    for part in wrap(printable(text), width - len(indent)):
        yield line(indent, Span(part, tone))


def _commit(revision: Revision) -> str:
    return printable(revision.commit[:SHORT]) + ("+" if revision.is_dirty else "")
