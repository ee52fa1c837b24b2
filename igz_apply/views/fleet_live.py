"""A run over several targets for a person who watches: what has ended scrolls by, what runs is drawn below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from igz_apply.model.changes import Plan
from igz_apply.model.fleets import TargetStatus, Wave
from igz_apply.model.outcomes import Event
from igz_apply.planning.fleet_report import TargetResult
from igz_apply.views.cells import cells, cut, pad
from igz_apply.views.fleet_progress import FleetStanding, ended_line, failures_in
from igz_apply.views.folding import folded
from igz_apply.views.lines import Line, Span, Tone, line, render
from igz_apply.views.live import as_far_as_it_goes, print_above
from igz_apply.views.progress import Progress
from igz_apply.views.report_text import outcome_line
from igz_apply.views.sink import Sink
from igz_apply.wording.durations import duration
from igz_apply.wording.printable import printable

_WIDEST_NAME = 30
_BAR = 20  # columns
_ROWS = 12  # of what runs; more than that cannot be followed anyway
_REDRAWS_A_SECOND = 8


class FleetLive:
    """Draws a run on a terminal. `now` gives seconds on a clock that only rises."""

    def __init__(self, sink: Sink, now: Callable[[], float]) -> None:
        self._sink = sink
        self._now = now
        self._begun = now()
        self._course = FleetStanding()
        self._lock = RLock()  # the drawing thread reads what others write
        self._spinner = Spinner("dots")
        self._live = self._drawing()

    def began(self, command: str, waves: Sequence[Wave]) -> None:
        """Learn what is to come, and begin to draw."""
        with self._lock:
            self._course.began(command, waves)
            self._begun = self._now()
        self._draw()

    def wave_began(self, wave: Wave) -> None:
        """Take in that a wave begins."""
        with self._lock:
            self._course.wave = wave

    def started(self, name: str) -> None:
        """Take in that a target is worked on."""
        with self._lock:
            self._course.running[name] = Progress()

    def told(self, name: str, what: Plan | Event) -> None:
        """Take in what moved; what went wrong is shown at once."""
        with self._lock:
            self._course.told(name, what)
        for outcome in failures_in(what):
            self._print(line(Span(printable(name), Tone.STRONG), "  ", *outcome_line(outcome)))

    def ended(self, result: TargetResult) -> None:
        """Show how a target ended."""
        with self._lock:
            self._course.finish(result)
        if result.status is not TargetStatus.NOT_STARTED:  # the account names them
            self._print(ended_line(result, self._course.command))

    def say(self, spans: Line) -> None:
        """Show a line above what is drawn."""
        self._print(spans)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Draw nothing while the block runs; go on afterwards where anything was drawn before."""
        was_drawn = self._live.is_started
        self.close()
        try:
            yield
        finally:
            if was_drawn:
                self._draw()

    def close(self) -> None:
        """Stop drawing and leave the terminal as it was."""
        with as_far_as_it_goes(self._sink):
            self._live.stop()

    def frame(self) -> Group:
        """Return what is to be seen at this moment."""
        with self._lock:
            elapsed, width = self._now() - self._begun, self._sink.terminal.width
            rows = [self._text(row) for row in frame_lines(self._course, elapsed, width)]
        self._spinner.update(text=rows[0])
        return Group(self._spinner, *rows[1:])

    def _draw(self) -> None:
        """Begin to draw below whatever was written meanwhile: rich would draw where it has stopped, over that."""
        self.close()
        self._live = self._drawing()
        with as_far_as_it_goes(self._sink):
            self._live.start()

    def _drawing(self) -> Live:
        terminal = self._sink.terminal
        console = Console(file=self._sink.stream, width=terminal.width, no_color=not terminal.colour)
        return Live(console=console, get_renderable=self.frame, refresh_per_second=_REDRAWS_A_SECOND, transient=True)

    def _print(self, spans: Line) -> None:
        with as_far_as_it_goes(self._sink):
            print_above(self._live, [self._text(part) for part in folded([spans], self._sink.terminal.width)])

    def _text(self, spans: Line) -> Text:
        return Text.from_ansi(render([spans], colour=self._sink.terminal.colour).rstrip("\n"))


def frame_lines(course: FleetStanding, elapsed: float, width: int) -> Iterator[Line]:
    """Yield what is drawn `elapsed` seconds after the begin: where the run stands, then a line for each that runs."""
    yield line(
        Span(course.words, Tone.STRONG),
        Span(f", {course.bad:,} bad", Tone.DANGER) if course.bad else "",
        f"; {len(course.ended):,} of {course.total:,} targets" if course.wave is not None else "",
        Span(f"  {duration(elapsed)}", Tone.QUIET),
    )
    names = [printable(name) for name in course.running][:_ROWS]
    column = min(_WIDEST_NAME, max(map(cells, names), default=0))
    for name, progress in zip(names, course.running.values(), strict=False):
        yield _row(pad(cut(name, column), column), progress, width)
    if len(course.running) > _ROWS:
        yield line(Span(f"  and {len(course.running) - _ROWS:,} more", Tone.QUIET))


def _row(name: str, progress: Progress, width: int) -> Line:
    if not progress.total:
        return line(f"  {name}  ", Span("is being read", Tone.QUIET))
    filled = _BAR * progress.done // progress.total
    bar = f"{'━' * filled}{'·' * (_BAR - filled)}"
    head = f"  {progress.done:,} of {progress.total:,}"
    doing = ", ".join(
        f"{it.verb} {printable(str(it.addresses[0]))}" for it in progress.running.values() if it.addresses
    )
    room = width - 2 - cells(name) - 2 - _BAR - cells(head) - 3
    bad = progress.done - progress.ended_well
    return line(
        f"  {name}  ",
        Span(bar, Tone.DANGER if bad else Tone.GOOD),
        head,
        Span(f"  {cut(doing, room)}" if doing and room > 8 else "", Tone.QUIET),
    )
