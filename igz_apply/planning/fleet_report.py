"""The account of a run over several targets: what each came to, and where the run stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from igz_apply.errors import CHANGES, COULD_NOT, INTERRUPTED, INVALID, PARTLY_APPLIED, REFUSED
from igz_apply.model.changes import Action, Plan
from igz_apply.model.fleets import FleetPace, StopCause, TargetStatus, Wave
from igz_apply.model.outcomes import Event, Report
from igz_apply.model.problems import Problem
from igz_apply.planning.drift import Drift
from igz_apply.values import dataclass

_WORST_FIRST = (
    (TargetStatus.INVALID, INVALID),
    (TargetStatus.REFUSED, REFUSED),
    (TargetStatus.FAILED, COULD_NOT),
)


@dataclass(frozen=True, slots=True)
class TargetResult:
    """What a run came to on one target. Times are seconds since the run over all targets began."""

    name: str
    status: TargetStatus
    exit_code: int | None = None  # what the command would have ended with on this target alone; None: not started
    plan: Plan | None = None  # None: none was made
    report: Report | None = None  # of `apply`; None: nothing was sent
    drift: tuple[Drift, ...] = ()  # of `drift`
    problems: tuple[Problem, ...] = ()  # faults in input, warnings, reasons for a refusal
    error: str = ""  # what stopped it, where no problem says so
    hint: str = ""  # what to do about the error
    notes: tuple[str, ...] = ()  # what a run of this target alone would have said on standard error
    started: float | None = None  # None: it never started
    ended: float | None = None

    @property
    def has_changed(self) -> bool:
        """True when something was sent, so that its cluster may be another than before."""
        return self.report is not None and any(outcome.status.may_have_changed for outcome in self.report.ends)

    @property
    def digest(self) -> str:
        """The digest of its plan, "" where there is none."""
        return "" if self.plan is None else self.plan.digest

    @property
    def seconds(self) -> float | None:
        """How long it took; None: it never started."""
        return None if self.started is None or self.ended is None else self.ended - self.started


@dataclass(frozen=True, slots=True)
class FleetStop:
    """Where a run stopped, or where `apply` would stop that goes by this plan."""

    cause: StopCause
    wave: int  # the number of the wave within which, or after which, it stopped; 0: before the first
    targets: tuple[str, ...] = ()  # which it was for; of CHANGED: those that were changed
    left: tuple[str, ...] = ()  # those that it did not come to, in the order of the waves


@dataclass(frozen=True, slots=True)
class FleetReport:
    """The account of a whole run: every target of every wave has a result, in the order of the waves."""

    command: str  # plan, apply, drift
    pace: FleetPace
    waves: tuple[Wave, ...]
    results: tuple[TargetResult, ...]
    stop: FleetStop | None = None  # None: it came to all of its targets
    seconds: float = 0.0
    digest: str = ""  # over all of their plans: see `planning.fleet_digest`; "": not worked out
    is_approved: bool = False  # what somebody approved before was applied: saved plans, or those of a digest

    @property
    def by_name(self) -> dict[str, TargetResult]:
        """The results, by the name of their target."""
        return {result.name: result for result in self.results}

    @property
    def counts(self) -> dict[str, int]:
        """How many targets ended in each status, every status named."""
        counted = Counter(result.status.value for result in self.results)
        return {status.value: counted[status.value] for status in TargetStatus}

    @property
    def totals(self) -> dict[str, int]:
        """How many changes of each action that writes, and how many operations, in all plans of targets that are well.

        None that is 0; in the order in which a plan counts them.
        """
        found: Counter[str] = Counter()
        for plan in (it.plan for it in self.results if it.plan is not None and it.status.is_well):
            found.update(change.action.value for change in plan.writes)
            found.update(plan.operation_counts)
        actions = [action.value for action in Action]
        return {verb: found[verb] for verb in (*actions, *sorted(found.keys() - actions)) if found[verb]}

    @property
    def is_interrupted(self) -> bool:
        """True when a signal ended it, or one of its targets."""
        if self.stop is not None and self.stop.cause is StopCause.INTERRUPTED:
            return True
        return any(result.status is TargetStatus.INTERRUPTED for result in self.results)

    def of_wave(self, wave: Wave) -> tuple[TargetResult, ...]:
        """Return the results of a wave, in its order."""
        known = self.by_name
        return tuple(known[name] for name in wave.targets)

    def exit_code(self, *, is_detailed: bool = False) -> int:
        """Return the one exit code of the run.

        130 when it was interrupted. 5 when something was sent anywhere, and not every target is well: one that was not
        started is not. Else the worst of its targets: 3 before 4 before 1, and, with `is_detailed`, 2 where there are
        changes or drift. A run stopped by nothing but its limit of changed targets has sent something.
        """
        statuses = {result.status for result in self.results}
        if self.is_interrupted:
            return INTERRUPTED
        has_sent = TargetStatus.PARTLY in statuses or any(result.has_changed for result in self.results)
        if has_sent and not all(status.is_well for status in statuses):
            return PARTLY_APPLIED
        for status, code in _WORST_FIRST:
            if status in statuses:
                return code
        return CHANGES if is_detailed and TargetStatus.CHANGES in statuses else 0


class FleetWatcher(Protocol):
    """Is told how a run goes, by one thread, and by the target's own of a plan that is about to be applied.

    It never raises and never waits.
    """

    def began(self, command: str, waves: Sequence[Wave], pace: FleetPace) -> None:
        """Learn which targets it is about."""

    def wave_began(self, wave: Wave) -> None:
        """Learn that a wave of an `apply` begins; what only reads goes through all targets without waves."""

    def started(self, name: str) -> None:
        """Learn that a target was begun."""

    def told(self, name: str, what: Plan | Event) -> None:
        """Learn what a target that runs has planned, or that its apply has moved."""

    def ended(self, result: TargetResult) -> None:
        """Learn what a target came to; of those that were never started, at the end."""

    def wave_ended(self, wave: Wave) -> None:
        """Learn that all of a wave have ended that were begun."""

    def stopped(self, stop: FleetStop) -> None:
        """Learn, once, that nothing new starts. The report's stop may name more targets."""

    def closed(self) -> None:
        """Learn that nothing more comes, whatever happened; it may be called twice."""
