"""What figures mean: the exponent of a growth, and the shortest time in which an apply could have been done.

Nothing here asks igz-apply: the bound is worked out anew from the JSON report, whose plan says what waits for what and
whose timeline says how long each call and each job took.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

# The steps of one change, in their order; the last two follow what makes the resource itself.
_RANKS = {"await": 0, "create": 1, "update": 1, "delete": 1, "document": 1, "roles": 2, "memberships": 3}
_AFTERWARDS = ("roles", "memberships")


@dataclass(frozen=True)
class Bound:
    """How long an apply took, and the least that it could have taken. Times are seconds."""

    makespan: float  # from the start of the apply to the end of its last change
    path: float  # the longest chain of changes that wait for each other, jobs included
    work: float  # all calls, divided by the slots that they may use

    @property
    def seconds(self) -> float:
        """The lower bound: the longer of critical path and work divided by slots."""
        return max(self.path, self.work)

    @property
    def ratio(self) -> float:
        """The makespan in units of the bound."""
        return self.makespan / self.seconds


def bound_of(report: Mapping[str, Any], *, slots: int, job_seconds: float | None = None) -> Bound:
    """Return the bound of an apply, from its JSON report.

    A call holds a slot, a job holds none. A job counts as long as it was seen to run; with `job_seconds`, as what a job
    of that cluster takes, at most: then to see its end late is no excuse. Looks at jobs and at what is being made have
    no bars, and so count in no bound: they could only make it longer.
    """
    bars, outcomes = report["report"]["timeline"], report["report"]["outcomes"]
    most = math.inf if job_seconds is None else job_seconds
    lengths: dict[str, float] = {}
    for bar in bars:
        took = bar["ended"] - bar["started"]
        lengths[bar["step"]] = lengths.get(bar["step"], 0.0) + (min(took, most) if bar["job"] else took)
    ends = [*(bar["ended"] for bar in bars), *(each["ended"] for each in outcomes if each["ended"] is not None)]
    calls = sum(bar["ended"] - bar["started"] for bar in bars if not bar["job"])
    return Bound(max(ends), _longest(lengths, _needs(report["changes"], bars)), calls / slots)


def _needs(changes: Sequence[Mapping[str, Any]], bars: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Return the steps that each step has to wait for.

    A change waits for the steps that make what it depends on; one that deletes waits for all of their steps.
    """
    steps: dict[str, set[str]] = {}  # by address
    for bar in bars:
        for address in bar["addresses"]:
            steps.setdefault(address, set()).add(bar["step"])
    needs: dict[str, set[str]] = {step: set() for found in steps.values() for step in found}
    for change in changes:
        before = {step for address in change["depends_on"] for step in steps.get(address, ())}
        if change["action"] != "delete":
            before = {step for step in before if _verb(step) not in _AFTERWARDS}
        mine = steps.get(change["address"], set())
        for step in mine:
            earlier = {other for other in mine if _RANKS[_verb(other)] < _RANKS[_verb(step)]}
            needs[step] |= (before | earlier) - {step}
    return needs


def _verb(step: str) -> str:
    return step.split(" ", 1)[0]


def _longest(lengths: Mapping[str, float], needs: Mapping[str, set[str]]) -> float:
    """Return the length of the longest chain of steps."""

    @cache
    def end(step: str) -> float:
        return lengths[step] + max(map(end, needs[step]), default=0.0)

    return max(map(end, lengths), default=0.0)


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """Return the exponent of the power law through (size, seconds), by least squares through their logarithms.

    Raises ValueError for a size or a time that has no logarithm, and for fewer than two sizes.
    """
    logs = [(math.log(size), math.log(seconds)) for size, seconds in points]
    middle = [sum(values) / len(logs) for values in zip(*logs, strict=True)]
    spread = sum((x - middle[0]) ** 2 for x, _ in logs)
    if not spread:
        raise ValueError("a growth needs two sizes at least")
    slope: float = sum((x - middle[0]) * (y - middle[1]) for x, y in logs) / spread
    return slope
