"""Where a run over several targets stands, worked out from what it tells; and told in lines that suit a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from igz_apply.model.changes import Plan
from igz_apply.model.fleets import TargetStatus, Wave
from igz_apply.model.outcomes import Event, Outcome, Status, StepEnded
from igz_apply.planning.fleet_report import TargetResult
from igz_apply.views.fleet_marks import MARKS
from igz_apply.views.folding import folded
from igz_apply.views.lines import Line, Span, Tone, line
from igz_apply.views.progress import Progress
from igz_apply.views.report_text import outcome_line
from igz_apply.views.sink import Sink
from igz_apply.wording.durations import duration
from igz_apply.wording.fleet_words import target_words, wave_title
from igz_apply.wording.printable import printable

_REMIND_SECONDS = 30.0  # of silence, after which it is said again what runs


class FleetProgress(Protocol):
    """Shows how a run goes from target to target: as lines in a log, or drawn for a person."""

    def began(self, command: str, waves: Sequence[Wave]) -> None:
        """Learn what is to come."""

    def wave_began(self, wave: Wave) -> None:
        """Show that a wave begins."""

    def started(self, name: str) -> None:
        """Show that a target is worked on."""

    def told(self, name: str, what: Plan | Event) -> None:
        """Show that something moved there."""

    def ended(self, result: TargetResult) -> None:
        """Show how a target ended."""

    def say(self, spans: Line) -> None:
        """Show a line beside."""

    def paused(self) -> AbstractContextManager[None]:
        """Leave the terminal to others while the block runs."""

    def close(self) -> None:
        """Stop and leave the terminal as it was; may be called at any time, also twice."""


class FleetStanding:
    """What runs, in which wave, and how many targets have ended."""

    def __init__(self) -> None:
        self.command = ""
        self.waves: Sequence[Wave] = ()
        self.wave: Wave | None = None  # None: there are no waves, or none has begun
        self.running: dict[str, Progress] = {}  # in the order in which they were started
        self.ended: dict[str, TargetStatus] = {}

    def began(self, command: str, waves: Sequence[Wave]) -> None:
        """Begin anew."""
        self.command, self.waves, self.wave = command, waves, None
        self.running, self.ended = {}, {}

    def told(self, name: str, what: Plan | Event) -> None:
        """Take in what moved on a target."""
        if isinstance(what, Plan):
            self.running[name] = Progress(len(what.writes) + len(what.operations))
        else:
            self.running.setdefault(name, Progress()).note(what)

    def finish(self, result: TargetResult) -> None:
        """Take in how a target ended."""
        self.running.pop(result.name, None)
        self.ended[result.name] = result.status

    @property
    def total(self) -> int:
        """How many targets there are."""
        return sum(len(wave.targets) for wave in self.waves)

    @property
    def bad(self) -> int:
        """How many targets have ended bad."""
        return sum(status.is_bad for status in self.ended.values())

    @property
    def words(self) -> str:
        """Where it stands, such as `wave 2 of 11: 3 of 5 ended`."""
        wave = self.wave
        if wave is None:
            return f"{len(self.ended):,} of {self.total:,} targets ended"
        done = sum(name in self.ended for name in wave.targets)
        return f"{wave_title(wave, len(self.waves))}: {done:,} of {len(wave.targets):,} ended"


class FleetTicker:
    """Tells of a run over several targets in lines that suit a log. `now` gives seconds on a clock that only rises."""

    def __init__(self, sink: Sink, now: Callable[[], float]) -> None:
        self._sink = sink
        self._now = now
        self._course = FleetStanding()
        self._begun = self._spoken = now()

    def began(self, command: str, waves: Sequence[Wave]) -> None:
        """Learn what is to come."""
        self._course.began(command, waves)
        self._begun = self._spoken = self._now()

    def wave_began(self, wave: Wave) -> None:
        """Say that a wave begins, and with which targets."""
        self._course.wave = wave
        names = ", ".join(map(printable, wave.targets))
        self._say(Span(wave_title(wave, len(self._course.waves)), Tone.STRONG), f": {names}")

    def started(self, name: str) -> None:
        """Say nothing: the wave has named it."""
        self._course.running[name] = Progress()

    def told(self, name: str, what: Plan | Event) -> None:
        """Say what went wrong as it happens, and from time to time what still runs."""
        self._course.told(name, what)
        for outcome in failures_in(what):
            self._say(Span(printable(name), Tone.STRONG), "  ", *outcome_line(outcome))
        if self._now() - self._spoken >= _REMIND_SECONDS:
            self._say("… ", self._course.words, "; ", ", ".join(map(_far, self._course.running.items())), " run")

    def ended(self, result: TargetResult) -> None:
        """Say how a target ended."""
        self._course.finish(result)
        if result.status is not TargetStatus.NOT_STARTED:  # the account names them
            self._say(*ended_line(result, self._course.command))

    def say(self, spans: Line) -> None:
        """Show a line beside."""
        self._sink.show(folded([spans], self._sink.terminal.width))

    def paused(self) -> AbstractContextManager[None]:
        """Do nothing: lines stand where they are."""
        return nullcontext()

    def close(self) -> None:
        """Stop; nothing has to be put back."""

    def _say(self, *parts: str | Span) -> None:
        total = self._course.total
        count = f"{len(self._course.ended):>{len(str(total))}}/{total}"
        self._spoken = self._now()
        self._sink.show([line(Span(f"{duration(self._spoken - self._begun):>7} {count}  ", Tone.QUIET), *parts)])


def failures_in(what: Plan | Event) -> Iterator[Outcome]:
    """Yield what has just gone wrong."""
    if isinstance(what, StepEnded):
        yield from (outcome for outcome in what.outcomes if outcome.status is not Status.APPLIED)


def ended_line(result: TargetResult, command: str) -> Line:
    """Return how a target ended, on one line."""
    took = "" if result.seconds is None else f" in {duration(result.seconds)}"
    return line(
        MARKS[result.status], Span(printable(result.name), Tone.STRONG), f"  {target_words(result, command)}{took}"
    )


def _far(running: tuple[str, Progress]) -> str:
    name, progress = running
    return f"{printable(name)} ({progress.done:,} of {progress.total:,})" if progress.total else printable(name)
