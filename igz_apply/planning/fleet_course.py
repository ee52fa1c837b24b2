"""How far a run over several targets goes: which of them begin together, and what keeps the rest from beginning.

The rules are one piece for the run itself and for the plan that foretells it. Targets begin in batches, and the next
one is asked for when all of a batch have ended: so what begins hangs on how targets end, and never on who is quicker.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile

from igz_apply.model.fleets import FleetPace, StopCause, TargetStatus, Wave
from igz_apply.planning.fleet_report import FleetStop, TargetResult


class FleetCourse:
    """Where a run is. Whoever drives it asks for a batch, and tells of each target that begins, and that ends."""

    def __init__(self, waves: Sequence[Wave], pace: FleetPace) -> None:
        self._pace = pace
        self._wave_of = {name: wave for wave in waves for name in wave.targets}
        self._left = list(self._wave_of)  # what has not begun, in order
        self._ended: dict[str, TargetStatus] = {}
        self._changed: set[str] = set()
        self._cause: StopCause | None = None
        self.wave: Wave | None = None  # that of what was begun last; None: nothing was

    @property
    def stop(self) -> FleetStop | None:
        """Why nothing more begins, with all that it is for by now; None: it goes on, or has come to all."""
        if self._cause is None:
            return None
        number = self.wave.number if self.wave is not None else 0
        return FleetStop(self._cause, number, self._in_order(self._about(self._cause)), tuple(self._left))

    def next_batch(self) -> tuple[str, ...]:
        """Return the targets that begin next, all at once: those of one wave, as many as may still change something.

        Nothing where it has stopped, or has come to all. What began before has to have ended.
        """
        if self._cause is None and self._left:
            self._cause = self._cause_to_stop()
        if self._cause is not None or not self._left:
            return ()
        wave = self._wave_of[self._left[0]]
        batch = tuple(takewhile(lambda name: self._wave_of[name] is wave, self._left))
        return batch if self._pace.max_changed is None else batch[: self._pace.max_changed - len(self._changed)]

    def begin(self, name: str) -> None:
        """Learn that the next target begins."""
        self._left.remove(name)
        self.wave = self._wave_of[name]

    def end(self, name: str, status: TargetStatus, *, has_changed: bool) -> None:
        """Learn how a target ended, and whether anything was sent to it."""
        self._ended[name] = status
        if has_changed:
            self._changed.add(name)
        if status is TargetStatus.INTERRUPTED:
            self.interrupt()

    def interrupt(self) -> None:
        """Let nothing more begin: this counts for more than any other cause."""
        self._cause = StopCause.INTERRUPTED

    def _cause_to_stop(self) -> StopCause | None:
        if self._bad_canaries:
            return StopCause.CANARY
        if len(self._bad) >= self._pace.max_failures:
            return StopCause.FAILURES
        most = self._pace.max_changed
        return StopCause.CHANGED if most is not None and len(self._changed) >= most else None

    def _about(self, cause: StopCause) -> Iterable[str]:
        match cause:
            case StopCause.CANARY:
                return self._bad_canaries
            case StopCause.FAILURES:
                return self._bad
            case StopCause.CHANGED:
                return self._changed
        return [name for name, status in self._ended.items() if status is TargetStatus.INTERRUPTED]

    @property
    def _bad(self) -> list[str]:
        return [name for name, status in self._ended.items() if status.is_bad]

    @property
    def _bad_canaries(self) -> list[str]:
        return [name for name in self._bad if self._wave_of[name].is_canary]

    def _in_order(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return names in the order of the waves, whichever ended first."""
        found = frozenset(names)
        return tuple(name for name in self._wave_of if name in found)


def simulated(waves: Sequence[Wave], pace: FleetPace, results: Iterable[TargetResult]) -> FleetStop | None:
    """Return where `apply` would stop, were every target to end as its plan says; None: it would come to all.

    A target with changes would be changed, and one that cannot be planned, or is refused, would fail again.
    """
    planned = {result.name: result for result in results}
    course = FleetCourse(waves, pace)
    while batch := course.next_batch():
        for name in batch:
            course.begin(name)
        for name in batch:
            status = planned[name].status
            course.end(name, status, has_changed=status is TargetStatus.CHANGES)
    return course.stop
