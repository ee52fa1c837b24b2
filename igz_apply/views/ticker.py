"""Progress where nobody watches: one plain line each time that something moved."""

from __future__ import annotations

from collections.abc import Iterator

from igz_apply.model.outcomes import Event, Job, JobWaiting, StepEnded, StepStarted
from igz_apply.views.lines import Line, Span, Tone, line
from igz_apply.views.progress import Progress, Running
from igz_apply.views.report_text import outcome_line
from igz_apply.views.sink import Sink
from igz_apply.wording.durations import duration
from igz_apply.wording.printable import printable

_NAMED = 3
_PATIENCE_SECONDS = 2.0  # what ends sooner is not said to wait
_REMIND_SECONDS = 30.0


class Ticker:
    """Tells of an apply in lines that suit a log."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._progress = Progress()
        self._spoken: dict[str, float] = {}  # step -> when it was last said that it waits

    def begin(self, total: int) -> None:
        """Learn how many changes there are to come."""
        self._progress = Progress(total)

    def event(self, event: Event) -> None:
        """Write what ended, and from time to time what is still waited for."""
        self._progress.note(event)
        if lines := list(self._lines(event)):
            self._sink.show(lines)

    def close(self) -> None:
        """Stop; nothing has to be put back."""

    def _lines(self, event: Event) -> Iterator[Line]:
        match event:
            case StepStarted(step=step, at=at):
                self._spoken[step] = at - _REMIND_SECONDS + _PATIENCE_SECONDS
            case JobWaiting(step=step, at=at, job=job):
                if at - self._spoken.get(step, at) >= _REMIND_SECONDS:
                    self._spoken[step] = at
                    yield self._line(event, *_waiting(self._progress.running[step], job))
            case StepEnded(outcomes=outcomes):
                for outcome in outcomes:
                    yield self._line(event, *outcome_line(outcome))

    def _line(self, event: Event, *parts: str | Span) -> Line:
        total = self._progress.total
        count = f"{self._progress.done:>{len(str(total))}}/{total}"
        return line(Span(f"{duration(event.at):>7} {count}  ", Tone.QUIET), *parts)


def _waiting(running: Running, job: Job) -> Line:
    named = ", ".join(printable(str(address)) for address in running.addresses[:_NAMED])
    more = f" and {len(running.addresses) - _NAMED} more" if len(running.addresses) > _NAMED else ""
    return line("… ", f"{running.verb:<7} ", Span(named + more, Tone.STRONG), f" {job_words(job)}")


def job_words(job: Job) -> str:
    """Return what a step waits for, with the platform's own words where it has some."""
    if not job.id:
        return "waits until the cluster is done with it"
    message = f": {printable(job.message)}" if job.message else ""
    return f"waits for job {printable(job.id)} ({printable(job.state)}{message})"
