"""Changes that fail each time they are tried: when each is tried again, so that nothing else waits for it.

What is remembered is what rounds have tried and not brought about, by a hash of what was to be made. Without it the
worst is that something is tried once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Outcome, Status
from igz_apply.model.plain_values import hashed, tagged
from igz_apply.model.reconciling import Backoff
from igz_apply.model.rounds import Cause, HeldBack
from igz_apply.planning.backing_off import delay
from igz_apply.values import dataclass

AT_ONCE = 3
"""How often something may fail before it waits."""

MOST = 10_000  # of what is remembered; the oldest goes first
_LONGEST = 300  # characters of what is told of a failure
_FAILED = frozenset((Status.FAILED, Status.TIMED_OUT, Status.UNKNOWN))


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried, and failed; times are seconds since the epoch."""

    sought: str  # what was to be made, as a hash
    failures: int  # in a row
    failed_at: float
    detail: str  # of the last failure


FailedChanges = Mapping[Address, Tried]


def after_trying(memory: FailedChanges, plan: Plan, ends: Iterable[Outcome], now: float) -> FailedChanges:
    """Return what is known once some of a whole plan was tried, which came to these ends."""
    ended: defaultdict[Address, list[Outcome]] = defaultdict(list)
    for end in ends:
        ended[end.address].append(end)
    failed = {it: [end for end in each if end.status in _FAILED] for it, each in ended.items()}
    sought = _sought(plan, {address for address, each in failed.items() if each})
    found = dict(memory)
    for address, each in ended.items():
        if address in sought:
            known, last = found.pop(address, None), failed[address][-1]
            before = known.failures if known is not None and known.sought == sought[address] else 0
            detail = " ".join((last.detail or last.status.words).split())[:_LONGEST].rstrip(".")
            found[address] = Tried(sought[address], before + 1, now, detail)
        elif all(end.status is Status.APPLIED for end in each):
            found.pop(address, None)
    return dict([*found.items()][-MOST:]) if len(found) > MOST else found


def seen(memory: FailedChanges, plan: Plan) -> FailedChanges:
    """Return what is known after a look at all that differs: what is to be made otherwise is another matter.

    What is not seen, or not ready yet, has not come to be as it should.
    """
    if not memory:
        return memory
    sought = _sought(plan, memory)
    open_ = {it.address for it in plan.changes if it.awaits}.union(plan.not_visible)
    return {
        it: known for it, known in memory.items() if sought.get(it, known.sought if it in open_ else "") == known.sought
    }


def resting(
    memory: FailedChanges, backoff: Backoff, now: float, shown: Callable[[float], str]
) -> Mapping[Address, HeldBack]:
    """Return what is not tried now; `shown` writes a moment for a person."""
    found: dict[Address, HeldBack] = {}
    for address, known in memory.items():
        wait = delay(known.failures - AT_ONCE + 1, backoff, 1.0)
        if abs(now - known.failed_at) < wait:  # either way: a date that was put back holds nothing for longer
            again = shown(known.failed_at + wait)
            why = (
                f"failed {known.failures} times in a row: {known.detail}; tried again at {again}, or once its manifest "
                "or the cluster's side changes"
            )
            found[address] = HeldBack(Cause.FAILING, why)
    return found


def _sought(plan: Plan, addresses: Collection[Address]) -> Mapping[Address, str]:
    """Return what a plan is to make of some of what it is about, as hashes; nothing of what it leaves as it is."""
    parts: defaultdict[Address, list[Any]] = defaultdict(list)
    for change in plan.writes:
        if change.address in addresses:
            spec = change.desired.spec if change.desired is not None else None
            diff = [[it.path, it.before, it.after] for it in change.diff]
            edges = [[*it.edge, it.adds] for it in change.edges]
            parts[change.address].append([change.action.value, spec, diff, edges])
    for item in plan.operations:
        if item.address in addresses:
            parts[item.address].append([item.operation])
    return {address: hashed(tagged(each)) for address, each in parts.items()}
