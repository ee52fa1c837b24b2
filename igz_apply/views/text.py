"""The view for people: the result on standard output, progress and faults on standard error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event, Report
from igz_apply.model.problems import Problem
from igz_apply.views.cells import cells, wrap
from igz_apply.views.folding import folded
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.views.plan_text import plan_lines
from igz_apply.views.problem_text import SourceLines, no_lines, problem_lines
from igz_apply.views.report_text import report_lines
from igz_apply.views.sink import Sink
from igz_apply.wording.counting import counted
from igz_apply.wording.printable import printable
from igz_apply.wording.snapshot_words import snapshot_text


class ProgressView(Protocol):
    """Shows how an apply moves: as lines in a log, or drawn for a person."""

    def begin(self, total: int) -> None:
        """Learn how many changes there are to come."""

    def event(self, event: Event) -> None:
        """Show that something moved."""

    def close(self) -> None:
        """Stop and leave the terminal as it was; may be called at any time, also twice."""


class TextView:
    """Shows everything as text."""

    def __init__(self, output: Sink, errors: Sink, progress: ProgressView, *, sources: SourceLines = no_lines) -> None:
        self._output = output
        self._errors = errors
        self._progress = progress
        self._sources = sources

    def problems(self, problems: Sequence[Problem]) -> None:
        """Show faults in input, or the reasons for a refusal."""
        self._progress.close()
        self._errors.show(problem_lines(problems, self._errors.terminal.width, self._sources))

    def plan(self, plan: Plan) -> None:
        """Show a plan, whole."""
        self._output.show(_target(plan, self._output.terminal.width))
        self._output.show(plan_lines(plan, self._output.terminal.width))
        self._progress.begin(len(plan.writes) + len(plan.operations))

    def event(self, event: Event) -> None:
        """Show that an apply moved."""
        self._progress.event(event)

    def report(self, report: Report) -> None:
        """Show how an apply ended."""
        self._progress.close()
        self._output.show([BLANK, *report_lines(report, self._output.terminal.width)])
        if self._output.failure is not None:  # an outcome is told where it can be
            self._errors.show([BLANK, *report_lines(report, self._errors.terminal.width)])

    def error(self, message: str, hint: str = "") -> None:
        """Show what stopped the run."""
        self._progress.close()
        self._errors.show(error_lines(message, hint, self._errors.terminal.width))

    def close(self, exit_code: int) -> None:  # noqa: ARG002 (the text has said it already)
        """End; a progress display that still stands is taken down."""
        self._progress.close()


def error_lines(message: str, hint: str, width: int) -> Iterator[Line]:
    """Yield an error that has no place in a file: what is wrong, then what to do about it."""
    first, *others = wrap(printable(message), width - 7) or [""]
    yield line(Span("error: ", Tone.DANGER), first)
    for text in others:
        yield line(" " * 7, text)
    for index, text in enumerate(wrap(printable(hint), width - 8)):
        yield line("  ", Span(("      " if index else "Next: ") + text, Tone.HINT))


def _target(plan: Plan, width: int) -> Iterator[Line]:
    """Yield what the plan is for, and from how much it was made; the latter below where it has no room beside."""
    caller = plan.caller
    version = f" (version {printable(caller.version)})" if caller.version else ""
    tenant = f", tenant {printable(caller.tenant)}" if caller.tenant else ""
    where = f"{printable(caller.endpoint)}{version} as {printable(caller.username)}{tenant}"
    looked = f"{counted(len(plan.changes), 'resource')} looked at"
    texts = [f"{where}; {looked}"] if cells(f"{where}; {looked}") <= width else [f"{where};", looked]
    yield from folded((line(Span(text, Tone.QUIET)) for text in texts), width)
    if snapshot := snapshot_text(plan):
        yield from folded([line(Span(snapshot, Tone.WARNING))], width)
    yield BLANK
