"""Progress for a person who watches: what has ended scrolls by, what runs is drawn below it again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from igz_apply.model.outcomes import Event, Job, StepEnded
from igz_apply.views.cells import cells, cut, pad
from igz_apply.views.change_text import action_span
from igz_apply.views.lines import Line, Span, Tone, line, render
from igz_apply.views.progress import Progress, Running
from igz_apply.views.report_text import outcome_line
from igz_apply.views.sink import Sink, silence
from igz_apply.wording.counting import counted
from igz_apply.wording.durations import duration
from igz_apply.wording.printable import printable

_WIDEST_NAME = 36
_ROWS = 12  # of what runs; more than that cannot be followed anyway
_REDRAWS_A_SECOND = 8


class LiveProgress:
    """Draws an apply on a terminal. `now` gives seconds on the clock by which steps are drawn as ageing."""

    def __init__(self, sink: Sink, now: Callable[[], float]) -> None:
        self._sink = sink
        self._now = now
        self._progress = Progress()
        self._offset = now()  # what `now` showed when the apply began
        self._lock = Lock()  # the drawing thread reads what the apply's thread writes
        self._spinner = Spinner("dots")
        console = Console(file=sink.stream, width=sink.terminal.width, no_color=not sink.terminal.colour)
        self._live = Live(
            console=console, get_renderable=self.frame, refresh_per_second=_REDRAWS_A_SECOND, transient=True
        )

    def begin(self, total: int) -> None:
        """Learn how many changes there are to come."""
        self._progress = Progress(total)

    def event(self, event: Event) -> None:
        """Take the event in; the first one starts the drawing."""
        with self._lock:
            self._progress.note(event)
            self._offset = self._now() - event.at
        with as_far_as_it_goes(self._sink):
            self._live.start()
            if isinstance(event, StepEnded):
                print_above(self._live, [self._text(outcome_line(outcome)) for outcome in event.outcomes])

    def close(self) -> None:
        """Stop drawing and leave the terminal as it was."""
        with as_far_as_it_goes(self._sink):
            self._live.stop()

    def frame(self) -> Group:
        """Return what is to be seen at this moment."""
        with self._lock:
            now = self._now() - self._offset
            rows = [self._text(row) for row in frame_lines(self._progress, now, self._sink.terminal.width)]
        self._spinner.update(text=rows[0])
        return Group(self._spinner, *rows[1:])

    def _text(self, spans: Line) -> Text:
        return Text.from_ansi(render([spans], colour=self._sink.terminal.colour).rstrip("\n"))


def print_above(live: Live, texts: Iterable[Text]) -> None:
    """Print lines above what is drawn, and draw it anew with them: what has ended is not to run below its end."""
    with live.console:  # is written at once
        for text in texts:
            live.console.print(text, soft_wrap=True)
        live.refresh()


@contextmanager
def as_far_as_it_goes(sink: Sink) -> Iterator[None]:
    """Draw on a terminal, which may have been closed meanwhile: then into nothing from now on."""
    try:
        yield
    except OSError:
        silence(sink.stream)


def frame_lines(progress: Progress, now: float, width: int) -> Iterator[Line]:
    """Yield what is drawn at `now` (seconds since the apply began): one line of counts, then what runs."""
    yield _counts(progress, now)
    running = sorted(progress.running.values(), key=lambda each: each.since)
    names = [_name(each) for each in running[:_ROWS]]
    column = min(_WIDEST_NAME, max(map(cells, names), default=0))
    for name, each in zip(names, running, strict=False):
        yield _row(cut(name, column), column, each, now, width)
    if len(running) > _ROWS:
        yield line(Span(f"    and {len(running) - _ROWS} more", Tone.QUIET))


def _counts(progress: Progress, now: float) -> Line:
    estimate = progress.estimate(now)
    bad = progress.done - progress.ended_well
    return line(
        Span(f"{progress.done:,} of {counted(progress.total, 'change')}", Tone.STRONG),
        Span(f", {bad:,} not applied", Tone.DANGER) if bad else "",
        f", {len(progress.running):,} running, {progress.left:,} to start",
        Span(f"  {duration(now)}", Tone.QUIET),
        Span(f", {_left(estimate)} left" if estimate is not None else "", Tone.QUIET),
    )


def _left(seconds: float) -> str:
    """Return an estimate as it deserves: what ends soon is not counted."""
    return "a few seconds" if seconds < 10 else f"about {duration(seconds)}"


def _name(running: Running) -> str:
    first = printable(str(running.addresses[0])) if running.addresses else ""
    return first + (f" and {len(running.addresses) - 1} more" if len(running.addresses) > 1 else "")


def _row(name: str, column: int, running: Running, now: float, width: int) -> Line:
    head = f" {pad(name, column)} {duration(now - running.since):>6}  "
    room = width - 2 - 9 - cells(head) - 1
    return line(
        "  ", action_span(running.action, running.operation), head, Span(cut(_state(running.job), room), Tone.QUIET)
    )


def _state(job: Job | None) -> str:
    """Return what a step is at: the job's state and words first, since its id is what may be cut."""
    if job is None:
        return "is being sent"
    if not job.id:
        return "waits until the cluster is done with it"
    message = f": {printable(job.message)}" if job.message else ""
    return f"{printable(job.state)}{message}, job {printable(job.id)}"
