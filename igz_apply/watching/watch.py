"""Watches rounds, and keeps what the pages show of them.

The loop's thread tells of rounds, those of the server look: what they look at is replaced, and never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from igz_apply.model.outcomes import Event
from igz_apply.model.rounds import Ending, Revision, Round
from igz_apply.ports import Leadership
from igz_apply.values import dataclass
from igz_apply.watching import table
from igz_apply.watching.calls import CallMeter
from igz_apply.watching.figures import PLANNED, SUCCESSES, PlanFigures, plan_figures, refusals
from igz_apply.watching.jobs import Jobs
from igz_apply.watching.meters import Meters
from igz_apply.watching.pulse import Pulse
from igz_apply.watching.watched import Delivered, Watched


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time to measure with, and time of day."""

    now: Callable[[], float]  # seconds on a clock that never goes back
    today: Callable[[], float]  # seconds since 1970


@dataclass(frozen=True, slots=True)
class LastRound:
    """What is kept of the last round."""

    number: int
    ending: Ending
    failures_in_a_row: int
    next_in: float | None  # seconds until the next; None: there is none


class Watch:
    """A watcher of rounds, and all that the pages show."""

    def __init__(self, watched: Watched, clocks: Clocks) -> None:
        self.watched, self.clocks = watched, clocks
        self.meters = Meters(watched.target)
        self.pulse = Pulse(clocks.now, watched.quiet)
        self.calls = CallMeter(self.meters, self.pulse.moved)
        self.jobs = Jobs(clocks.now)
        self.started = clocks.today()
        self.last: LastRound | None = None  # None: there was none, or another replica leads since
        self.last_at: float | None = None  # when the last round ended, in seconds since 1970
        self.last_success: float | None = None  # in seconds since 1970
        self.due: float | None = None  # when the next round is, in seconds since 1970; None: it runs, or none is
        self.plan: PlanFigures | None = None  # of the last round; None: it made none, or it no longer counts
        self.revision = Revision()
        self.kinds: tuple[str, ...] = ()
        self.delivered: Callable[[], Iterable[Delivered]] = tuple  # notifications; asked whenever somebody looks
        self.is_deposed: Callable[[], bool] = lambda: False  # asked whenever somebody looks; see `leads`
        self._leads: bool | None = None
        self._stands_by = False
        self._planned = False  # whether a round has come as far as a plan
        self._is_closed = False  # whether none comes any more
        self._began = clocks.now()
        self._applying: float | None = None  # since when; None: nothing has been sent in this round
        self._learn(watched.kinds)

    def began(self, number: int, at: str) -> None:  # noqa: ARG002 - the port's signature
        """Hear that a round begins: it is ours to run."""
        self._stands_by, self.due = False, None
        self._began, self._applying = self.clocks.now(), None
        self.pulse.works(f"in round {number}")

    def event(self, event: Event) -> None:
        """Hear that the apply moved."""
        self.pulse.moved()
        if self._applying is None:
            self._applying = self.clocks.now()
        waited = self.jobs.event(event)
        if waited is not None:
            self.meters.took(table.JOB_SECONDS, waited)

    def ended(self, round: Round) -> None:
        """Hear how a round ended, and keep its numbers."""
        self.plan, self.revision = plan_figures(round), round.revision
        if round.plan is not None:
            self._learn(change.address.kind for change in round.plan.changes)
        self.jobs.none()
        self._count(round)
        today = self.clocks.today()
        self.last = LastRound(
            number=round.number,
            ending=round.ending,
            failures_in_a_row=round.failures_in_a_row,
            next_in=round.next_in,
        )
        self.last_at = today
        self.due = None if round.next_in is None else today + round.next_in
        if round.ending in SUCCESSES:
            self.last_success = today
        self._planned = self._planned or round.ending in PLANNED
        self.pulse.waits(f"waiting after round {round.number}", round.next_in)

    def standing_by(self, holder: str) -> None:  # noqa: ARG002 - the port's signature
        """Hear that another replica leads: what ours found last is no longer what is."""
        self._stands_by, self._leads = True, False
        self.last, self.plan, self.revision, self.due = None, None, Revision(), None

    def closed(self) -> None:
        """Hear that no more rounds come."""
        self._is_closed, self.due = True, None
        self.jobs.none()
        self.pulse.waits("ending", None)

    def leading(self, leadership: Leadership) -> Leadership:
        """Return the same leadership, watched."""
        return _WatchedLeadership(leadership, self)

    @property
    def leads(self) -> bool | None:
        """Whether the rounds are ours to make; None: not settled.

        Another may have taken over long before our next round would begin, and nobody tells us of it.
        """
        return False if self.is_deposed() else self._leads

    def tried(self, leads: bool | None) -> None:
        """Hear whether we lead, None where that could not be told."""
        self._leads = leads

    def readiness(self) -> tuple[bool, str]:
        """Return whether it does what it is for, and a line that says why."""
        if self._is_closed:
            return False, "not ready: it ends"
        if self._stands_by:
            return True, "ready: standing by, another replica leads"
        if self._planned:
            return True, "ready: its rounds have come as far as a plan"
        if self.last is None:
            return False, "not ready: the first round has not ended yet"
        ended = f"round {self.last.number} ended as {self.last.ending.value}"
        if self.last.ending is Ending.STANDBY:
            return True, f"ready: {ended}, as somebody else holds the inventory"
        return False, f"not ready: no round has come as far as a plan yet, and {ended}; its log says why"

    def _learn(self, kinds: Iterable[str]) -> None:
        """Show these kinds from now on, be it with 0: what was never shown cannot be seen to rise."""
        new = sorted({*kinds} - {*self.kinds})
        for kind in new:
            self.meters.add(table.HEALED, kind, by=0)
        self.kinds = (*self.kinds, *new)

    def _count(self, round: Round) -> None:
        self.meters.add(table.ROUNDS, round.ending.value)
        self.meters.took(table.ROUND_SECONDS, round.seconds)
        now = self.clocks.now()
        begun = now if self._applying is None else self._applying
        self.meters.took(table.PHASE_SECONDS, begun - self._began, "plan")
        if self._applying is not None:
            self.meters.took(table.PHASE_SECONDS, now - begun, "apply")
        for address in round.healed:
            self.meters.add(table.HEALED, address.kind)
        for code in refusals(round):
            self.meters.add(table.REFUSALS, code)


class _WatchedLeadership:
    """Says each time whether we lead, which is a sign of life too."""

    def __init__(self, inner: Leadership, watch: Watch) -> None:
        self._inner, self._watch = inner, watch

    @property
    def pause(self) -> float:
        return self._inner.pause

    def take(self) -> str:
        leads: bool | None = None  # where that cannot be told
        try:
            holder = self._inner.take()
            leads = not holder
        finally:
            self._watch.tried(leads)
        if holder:
            self._watch.pulse.waits("standing by", self.pause)
        return holder

    def give_back(self) -> None:
        self._inner.give_back()
