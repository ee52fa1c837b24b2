"""The digest of the plans of several targets, and which targets have the same to say."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace

from igz_apply.model.changes import Plan
from igz_apply.model.fleets import TargetStatus
from igz_apply.model.problems import Problem
from igz_apply.planning.digest import plan_digest
from igz_apply.planning.fleet_report import TargetResult

_VERSION = "igz-apply fleet 1"  # another one wherever the same plans would have another digest
_LINE_END = "\n"


def fleet_digest(results: Iterable[TargetResult]) -> str:
    """Return `sha256:` and 64 hex digits over the targets, in the order of a run, each with the digest of its plan.

    In the place of a plan that there is not stands what the target came to: nobody has approved what it may have later.
    """
    rows = (f"{result.name} {result.digest or result.status.value}" for result in results)
    return f"sha256:{hashlib.sha256(_LINE_END.join((_VERSION, *rows)).encode()).hexdigest()}"


def unexpected_fleet(results: Sequence[TargetResult], expected: str) -> Iterator[Problem]:
    """Yield why plans must not be applied where those of another digest were approved; nothing where they are those."""
    made = fleet_digest(results)
    if made == expected:
        return
    many = "1 target" if len(results) == 1 else f"{len(results):,} targets"
    yield Problem(
        "Not the approved plan",
        f"The plans made now for {many} have the digest {made}; what was approved has {expected}.",
        "Targets, manifests, what lives, or what is owned have moved since, or a part was applied already. "
        f"Have the plans above approved, and apply them with --expect {made}",
    )


def same_ends(results: Iterable[TargetResult]) -> tuple[tuple[TargetResult, ...], ...]:
    """Return the results in groups of which one is told for all: as the same plan of 17 targets is.

    What is in one has the same status, does the same, on whatever cluster, and has the same to say of it. What was
    partly applied is alone: how far each came is its own. Groups stand in the order of their first.
    """
    groups: dict[tuple[Hashable, ...], list[TargetResult]] = {}
    for result in results:
        groups.setdefault(_told_of(result), []).append(result)
    return tuple(map(tuple, groups.values()))


def _told_of(result: TargetResult) -> tuple[Hashable, ...]:
    """Return what a reader is told of a target, its name and its cluster apart."""
    if result.status is TargetStatus.PARTLY:
        return (result.name,)
    content = "" if result.plan is None else _content(result.plan)
    return result.status, result.problems, result.error, repr(result.drift), content


def _content(plan: Plan) -> str:
    """Return a digest of what a plan does, whatever cluster it is for."""
    caller = replace(plan.caller, endpoint="", tenant="")
    return plan_digest(replace(plan, caller=caller, fingerprints={}))
