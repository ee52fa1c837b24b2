"""The account of a run over several targets: what each came to, and where the run stopped."""

from __future__ import annotations

from igz_apply.model.changes import Plan
from igz_apply.model.fleets import FleetPace, StopCause, TargetStatus, Wave
from igz_apply.model.outcomes import Report
from igz_apply.model.problems import Problem
from igz_apply.planning.drift import Drift
from igz_apply.values import dataclass


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


@dataclass(frozen=True, slots=True)
class FleetStop:
    """Where a run stopped, or where `apply` would stop that goes by this plan."""

    cause: StopCause
    wave: int  # the number of the wave within which, or after which, it stopped
    targets: tuple[str, ...] = ()  # which it was for; of CHANGED: those that were changed


@dataclass(frozen=True, slots=True)
class FleetReport:
    """The account of a whole run: every target of every wave has a result, in the order of the waves."""

    command: str  # plan, apply, drift
    pace: FleetPace
    waves: tuple[Wave, ...]
    results: tuple[TargetResult, ...]
    stop: FleetStop | None = None  # None: it came to all of its targets
    seconds: float = 0.0
