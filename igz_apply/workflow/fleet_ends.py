"""How a target of a run over several ended, as a result: by its plan, its report, its drift, or by what was raised."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from igz_apply.errors import (
    COULD_NOT,
    INTERRUPTED,
    PARTLY_APPLIED,
    REFUSED,
    IgzApplyError,
    Interrupted,
    InvalidInput,
    PlanRefused,
    ProblemsFound,
)
from igz_apply.model.changes import Plan
from igz_apply.model.fleets import TargetStatus
from igz_apply.model.outcomes import Report
from igz_apply.model.problems import Problem, errors_of
from igz_apply.planning.approval import has_effect
from igz_apply.planning.drift import Drift
from igz_apply.planning.fleet_report import TargetResult
from igz_apply.wording.fault_words import defect, frames_of, lack_of

logger = logging.getLogger(__name__)

_BY_CODE = {
    INTERRUPTED: TargetStatus.INTERRUPTED,
    PARTLY_APPLIED: TargetStatus.PARTLY,
    COULD_NOT: TargetStatus.FAILED,  # a deadline came before anything was sent
}


def planned(name: str, plan: Plan, problems: Sequence[Problem] = ()) -> TargetResult:
    """Return what a plan came to; an error among the problems is a reason for a refusal."""
    if errors_of(problems):
        return TargetResult(name, TargetStatus.REFUSED, REFUSED, plan, problems=tuple(problems))
    status = TargetStatus.CHANGES if plan.acts else TargetStatus.UNCHANGED
    return TargetResult(name, status, 0, plan, problems=tuple(problems))


def applied(name: str, report: Report, problems: Sequence[Problem] = ()) -> TargetResult:
    """Return what an apply came to. Also one that only the inventory learned of something from is applied."""
    well = TargetStatus.APPLIED if report.ends or has_effect(report.plan) else TargetStatus.UNCHANGED
    status = _BY_CODE.get(report.exit_code, well)
    return TargetResult(name, status, report.exit_code, report.plan, report, problems=tuple(problems))


def drifted(
    name: str, plan: Plan, drift: Sequence[Drift], problems: Sequence[Problem] = (), *, is_first: bool = False
) -> TargetResult:
    """Return what a look for drift came to: there is some where others have changed something.

    With `is_first` nothing was applied there before, so that nothing was compared.
    """
    has_drifted = any(item.origin.is_foreign for item in drift)
    status = TargetStatus.CHANGES if has_drifted else TargetStatus.UNCHANGED
    return TargetResult(name, status, 0, plan, drift=tuple(drift), problems=tuple(problems), is_first=is_first)


def ended_by(name: str, error: BaseException, plan: Plan | None = None) -> TargetResult:
    """Return what a target came to that this error ended, as a run of it alone would have told it.

    What nobody foresaw is a failure too, named by type and place: its text could quote a secret. `plan` is what had
    been planned by then.
    """
    problems = error.problems if isinstance(error, ProblemsFound) else ()
    match error:
        case InvalidInput():
            return TargetResult(name, TargetStatus.INVALID, error.exit_code, plan, problems=problems)
        case PlanRefused():
            return TargetResult(name, TargetStatus.REFUSED, error.exit_code, plan, problems=problems)
        case Interrupted() | KeyboardInterrupt():
            return TargetResult(name, TargetStatus.INTERRUPTED, INTERRUPTED, plan)
        case IgzApplyError():
            return _failed(name, plan, str(error), error.hint)
        case OSError():
            return _failed(
                name, plan, str(error), "This is about a file or a connection of this machine, not about manifests."
            )
    if isinstance(error.__cause__, KeyboardInterrupt):  # what Python made of it while a class was being made
        return TargetResult(name, TargetStatus.INTERRUPTED, INTERRUPTED, plan)
    lacks = lack_of(error)
    if lacks is not None:
        return _failed(name, plan, *lacks)
    logger.debug("the defect, of target %s:\n%s", name, frames_of(error))
    said = f"igz-apply itself failed ({defect(error)}); this is a defect."
    return _failed(name, plan, said, "Run the same command with -vv for the traceback, and report it.")


def _failed(name: str, plan: Plan | None, error: str, hint: str) -> TargetResult:
    return TargetResult(name, TargetStatus.FAILED, COULD_NOT, plan, error=error, hint=hint)
