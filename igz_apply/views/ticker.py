"""Progress where nobody watches: one plain line each time that something moved."""

from __future__ import annotations

from collections.abc import Iterator

from igz_apply.core.outcomes import Event, Job, JobWaiting, StepEnded, StepStarted
from igz_apply.views.cells import printable
from igz_apply.views.lines import Line, Span, Tone, line
from igz_apply.views.progress import Progress
from igz_apply.views.report_text import outcome_line
from igz_apply.views.sink import Sink
from igz_apply.views.words import duration

_NAMED = 3


class Ticker:
    """Tells of an apply in lines that suit a log."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._progress = Progress()

    def begin(self, total: int) -> None:
        """Learn how many changes there are to come."""
        self._progress = Progress(total)

    def event(self, event: Event) -> None:
        """Write what is new; a job that is looked at again and has not moved is not."""
        before = self._job(event.step)
        self._progress.note(event)
        self._sink.show(self._lines(event, before))

    def close(self) -> None:
        """Stop; nothing has to be put back."""

    def _job(self, step: str) -> Job | None:
        running = self._progress.running.get(step)
        return running.job if running is not None else None

    def _lines(self, event: Event, before: Job | None) -> Iterator[Line]:
        match event:
            case JobWaiting(job=job, step=step) if job != before:
                running = self._progress.running[step]
                named = ", ".join(printable(str(address)) for address in running.addresses[:_NAMED])
                more = f" and {len(running.addresses) - _NAMED} more" if len(running.addresses) > _NAMED else ""
                yield self._line(event, "… ", f"{running.action.value:<7} ", named + more, f" {job_words(job)}")
            case StepEnded(outcomes=outcomes):
                for outcome in outcomes:
                    yield self._line(event, *outcome_line(outcome))
            case StepStarted() | JobWaiting():
                return

    def _line(self, event: Event, *parts: str | Span) -> Line:
        total = self._progress.total
        count = f"{self._progress.done:>{len(str(total))}}/{total}"
        return line(Span(f"{duration(event.at):>7} {count}  ", Tone.QUIET), *parts)


def job_words(job: Job) -> str:
    """Return what a step waits for, with the platform's own words where it has some."""
    if not job.id:
        return "waits until the cluster is done with it"
    message = f": {printable(job.message)}" if job.message else ""
    return f"waits for job {printable(job.id)} ({printable(job.state)}{message})"
