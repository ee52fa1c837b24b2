"""Rounds of reconciling, one after another: when the next one comes, who may run it, and who is told.

What a round does is handed in. A fault within one is told and counted, and the loop goes on: nothing but the word to
stop ends it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Protocol

from igz_apply.errors import (
    CHANGES,
    COULD_NOT,
    INTERRUPTED,
    INVALID,
    PARTLY_APPLIED,
    REFUSED,
    IgzApplyError,
    Interrupted,
    InvalidInput,
    Locked,
    PlanRefused,
    ProblemsFound,
)
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event, Report
from igz_apply.model.problems import Problem
from igz_apply.model.rounds import Cause, Ending, HeldBack, Revision, Round
from igz_apply.ports import Inbox, Leadership, RoundWatcher
from igz_apply.values import dataclass
from igz_apply.wording.fault_words import defect

STOP = object()
"""What a signal leaves in the inbox to end the loop."""

WAKE = object()
"""What lets the next round begin at once."""

SOON = 10.0
"""Seconds after which a round is tried again that found the inventory held."""

REST = 0.1
"""Which part of the interval lies at least between two rounds: others want the inventory too."""

_SOME = (Ending.REFUSED, Ending.INVALID, Ending.PARTLY)
"""What a person mends, in git or by a waiver, or what rests by itself (`planning.failing`): to wait for longer
than ever spares nobody, and heals the rest later.
"""

logger = logging.getLogger(__name__)


class DatedClock(Protocol):
    """Time to measure with, which never goes back, and the date, which may jump."""

    def now(self) -> float:
        """Return seconds since an arbitrary moment."""

    def utc(self) -> datetime:
        """Return the date and time, aware, in UTC."""


@dataclass(frozen=True, slots=True)
class Followed:
    """Where the manifests of a round are, and which they are."""

    revision: Revision = Revision()
    folder: str = ""  # what the config and its paths count from; "": the current one
    tree: str = ""  # of the manifests' own folders, as `Checkout.tree`; "": not known


@dataclass(frozen=True, slots=True)
class RoundResult:
    """What one round came to."""

    ending: Ending
    plan: Plan | None = None  # the whole of it; None: none was made
    held: Mapping[Address, HeldBack] = field(default_factory=dict)
    report: Report | None = None  # None: nothing was sent
    problems: tuple[Problem, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """When the next round comes; times in seconds."""

    interval: float  # from start to start
    delay: Callable[[int], float]  # after so many failures in a row, 1 at least
    soon: float = SOON  # where another held the inventory


class Alone:
    """Leadership where there is nobody else."""

    pause = 0.0

    def take(self) -> str:
        """Lead."""
        return ""

    def give_back(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class RoundPorts:
    """The edges that the loop works on."""

    clock: DatedClock
    inbox: Inbox
    watchers: Sequence[RoundWatcher]
    follow: Callable[[], Followed]
    one_round: Callable[[Followed], RoundResult]
    pace: Callable[[], Pace]  # as the config says by now
    leadership: Leadership = Alone()
    iso: Callable[[datetime], str] = datetime.isoformat


class Rounds:
    """The loop."""

    def __init__(self, ports: RoundPorts) -> None:
        self._ports = ports
        self._tell = Watchers(ports.watchers)
        self._number = 0
        self._failures = 0
        self._holder = ""  # who leads instead of us, as was told last
        self._is_asked = False  # whether it is to end

    def run(self) -> None:
        """Run rounds until STOP lies in the inbox."""
        try:
            self._wait(0.0)
            while not self._is_asked:
                self._wait(self._turn())
        finally:
            self._ports.leadership.give_back()
            self._tell.closed()

    def once(self) -> Round:
        """Run one round, whoever leads."""
        try:
            return self._round(self._came, is_last=True)
        finally:
            self._tell.closed()

    def _turn(self) -> float:
        """Run a round where it is ours to run; return how long to wait for the next turn."""
        try:
            holder = self._ports.leadership.take()
        except Exception as error:  # of whatever kind: it must not end the loop
            fault = error
            return self._round(lambda: (Revision(), result_of(fault))).next_in or 0.0
        self._hear()
        if self._is_asked:
            return 0.0  # while it was looked who leads
        if not holder:
            self._holder = ""
            return self._round(self._came).next_in or 0.0
        if holder != self._holder:
            self._holder = holder
            self._tell.standing_by(holder)
        return self._ports.leadership.pause

    def _came(self) -> tuple[Revision, RoundResult]:
        revision = Revision()
        try:
            followed = self._ports.follow()
            revision = followed.revision
            return revision, self._ports.one_round(followed)
        except (Exception, KeyboardInterrupt) as error:  # of whatever kind: it must not end the loop
            return revision, result_of(error)

    def _round(self, came: Callable[[], tuple[Revision, RoundResult]], *, is_last: bool = False) -> Round:
        """Run one round, and tell of it."""
        clock = self._ports.clock
        self._number += 1
        started, began = clock.now(), self._ports.iso(clock.utc())
        self._tell.began(self._number, began)
        revision, result = came()
        seconds = clock.now() - started
        self._failures = self._failures + 1 if result.ending.is_failure else 0
        self._hear()
        round_ = Round(
            number=self._number,
            began=began,
            seconds=seconds,
            ending=result.ending,
            revision=revision,
            plan=result.plan,
            held=result.held,
            report=result.report,
            problems=result.problems,
            error=result.error,
            failures_in_a_row=self._failures,
            next_in=None if is_last or self._is_asked else self._next_in(result.ending, seconds),
        )
        self._tell.ended(round_)
        return round_

    def _next_in(self, ending: Ending, took: float) -> float:
        """Return how long to wait: rounds that were missed meanwhile are not made up for."""
        pace = self._ports.pace()
        regular = max(pace.interval - took, REST * pace.interval)
        if ending is Ending.STANDBY:
            return min(pace.soon, pace.interval)
        if ending in _SOME:
            return min(pace.delay(self._failures), regular)
        return pace.delay(self._failures) if ending.is_failure else regular

    def _hear(self) -> None:
        """Take what lies in the inbox: what came in the middle of a round is answered by the next one."""
        while not self._is_asked and (message := self._ports.inbox.get(0.0)) is not None:
            self._is_asked = message is STOP

    def _wait(self, seconds: float) -> None:
        if not self._is_asked:
            self._is_asked = self._ports.inbox.get(seconds) is STOP


class Watchers:
    """Several, told one after another; a fault of one is logged, and keeps nobody else from hearing."""

    def __init__(self, watchers: Iterable[RoundWatcher]) -> None:
        self._watchers = tuple(watchers)

    def began(self, number: int, at: str) -> None:
        """Tell that a round begins."""
        self._each(lambda it: it.began(number, at))

    def event(self, event: Event) -> None:
        """Tell that the apply within it moved."""
        self._each(lambda it: it.event(event))

    def ended(self, round: Round) -> None:
        """Tell how it ended."""
        self._each(lambda it: it.ended(round))

    def standing_by(self, holder: str) -> None:
        """Tell that another replica leads."""
        self._each(lambda it: it.standing_by(holder))

    def closed(self) -> None:
        """Tell that no more rounds come."""
        self._each(lambda it: it.closed())

    def _each(self, tell: Callable[[RoundWatcher], None]) -> None:
        for watcher in self._watchers:
            _safely(tell, watcher)


def _safely(tell: Callable[[RoundWatcher], None], watcher: RoundWatcher) -> None:
    try:
        tell(watcher)
    except Exception as error:  # who watches must not stop what is watched
        logger.warning("%s failed: %s", type(watcher).__name__, defect(error))


def ending_of(plan: Plan, healing: Plan, held: Mapping[Address, HeldBack], report: Report) -> Ending:
    """Return how a round ended that came to its report; `healing` is what of the plan was to be made."""
    if report.interrupted:
        return Ending.INTERRUPTED
    if report.exit_code:
        return Ending.PARTLY
    causes = {it.cause for it in held.values()}
    if Cause.FAILING in causes:
        return Ending.PARTLY  # also while it is not tried: it is no drift that is left on purpose
    if healing.acts:
        return Ending.HEALED
    if not plan.acts:
        return Ending.IN_SYNC
    return Ending.REFUSED if Cause.RAIL in causes and causes <= {Cause.RAIL, Cause.WAITS} else Ending.DRIFTED


def result_of(error: BaseException) -> RoundResult:
    """Return what a round came to that an error ended."""
    problems = error.problems if isinstance(error, ProblemsFound) else ()
    match error:
        case Locked():
            return RoundResult(Ending.STANDBY, problems=problems, error=problems[0].detail)
        case InvalidInput():
            return RoundResult(Ending.INVALID, problems=problems)
        case PlanRefused():
            return RoundResult(Ending.REFUSED, problems=problems)
        case Interrupted() | KeyboardInterrupt():
            return RoundResult(Ending.INTERRUPTED)
        case IgzApplyError():
            return RoundResult(Ending.FAILED, error=_sentences(str(error), error.hint))
        case OSError():
            return RoundResult(Ending.FAILED, error=str(error))
    return RoundResult(Ending.FAILED, error=f"igz-apply itself failed ({defect(error)}); this is a defect.")


def _sentences(*texts: str) -> str:
    return " ".join(text if text.endswith((".", "!", "?", ":")) else f"{text}." for text in texts if text)


_CODES = {
    Ending.IN_SYNC: 0,
    Ending.HEALED: 0,
    Ending.DRIFTED: CHANGES,
    Ending.INVALID: INVALID,
    Ending.REFUSED: REFUSED,
    Ending.STANDBY: REFUSED,
    Ending.FAILED: COULD_NOT,
    Ending.PARTLY: PARTLY_APPLIED,
    Ending.INTERRUPTED: INTERRUPTED,
}


def exit_code_of(round: Round) -> int:
    """Return what a run of one round ends with: 2 where something that differs is left on purpose."""
    code = _CODES[round.ending]
    return CHANGES if code == 0 and round.held else code
