"""Which step may start now, and what a failure strands: a state machine without threads, clock or calls."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Change
from igz_apply.model.step import Step


class Stranded(NamedTuple):
    """What can now never run: a whole step, or the changes of one that goes on without them."""

    step: Step  # with the changes that are lost
    cause: str  # the key of the step that it needs, so that the reasons form a chain


class Schedule:
    """Turned by one thread: it is told how steps end and says which may start.

    A step starts when all that it needs has been applied and its lock is free; among those, in plan order. A step of
    several changes loses only those that need what was lost.
    """

    def __init__(self, steps: Iterable[Step]) -> None:
        self._steps = {step.key: step for step in steps}
        self._rank = {key: rank for rank, key in enumerate(self._steps)}
        self._missing = {key: set(step.needs & self._steps.keys()) for key, step in self._steps.items()}
        self._dependants: dict[str, list[str]] = {key: [] for key in self._steps}
        for key, missing in self._missing.items():
            for need in missing:
                self._dependants[need].append(key)
        self._ready = [(self._rank[key], key) for key, missing in self._missing.items() if not missing]
        heapify(self._ready)
        self._locks: dict[str, list[tuple[int, str]]] = {}  # held lock -> steps that wait for it
        self._running: set[str] = set()
        self._waiting = {key for key, missing in self._missing.items() if missing}

    @property
    def is_finished(self) -> bool:
        """True when nothing runs and nothing can start any more."""
        return not self._running and not self._ready

    def start_next(self) -> Step | None:
        """Return a step that may start now, which it then has; None when none may."""
        while self._ready:
            rank, key = heappop(self._ready)
            step = self._steps[key]
            if step.lock in self._locks:
                self._locks[step.lock].append((rank, key))
                continue
            self._locks[step.lock] = []
            self._running.add(key)
            return step
        return None

    def applied(self, key: str) -> None:
        """Note that a running step has succeeded."""
        self._release(key)
        for dependant in self._dependants[key]:
            self._satisfied(dependant, key)

    def failed(self, key: str, lost: Collection[Address] | None = None) -> list[Stranded]:
        """Note that a running step has ended without success; return what can now never run.

        `lost` names the changes of it that did not succeed; None means all of them.
        """
        self._release(key)
        addresses = frozenset(self._steps[key].addresses if lost is None else lost)
        stranded: list[Stranded] = []
        causes = [(key, addresses)]
        while causes:
            cause, addresses = causes.pop(0)
            for dependant in self._dependants[cause]:
                if dependant in self._waiting and (gone := self._without(dependant, addresses)):
                    stranded.append(Stranded(gone, cause))
                    causes.append((dependant, frozenset(gone.addresses)))
        for over in [key, *(it.step.key for it in stranded if it.step.key not in self._waiting)]:
            for dependant in self._dependants[over]:
                self._satisfied(dependant, over)
        return stranded

    def abandon(self) -> list[Step]:
        """Give up all that has not started, and return it in plan order."""
        held = [key for waiters in self._locks.values() for _, key in waiters]
        left = {*self._waiting, *(key for _, key in self._ready), *held}
        self._waiting.clear()
        self._ready.clear()
        for lock in self._locks:
            self._locks[lock] = []
        return [self._steps[key] for key in sorted(left, key=self._rank.__getitem__)]

    def _without(self, key: str, lost: frozenset[Address]) -> Step | None:
        """Take out of a waiting step what needs the lost; return that, None for nothing."""
        step = self._steps[key]
        gone = tuple(change for change in step.changes if _needs(change, lost))
        if len(gone) == len(step.changes):
            self._waiting.remove(key)
            return step
        kept = tuple(change for change in step.changes if change not in gone)
        self._steps[key] = replace(step, changes=kept, target=kept[0].address)
        return replace(step, changes=gone, target=gone[0].address) if gone else None

    def _satisfied(self, key: str, need: str) -> None:
        missing = self._missing[key]
        missing.discard(need)
        if not missing and key in self._waiting:
            self._waiting.remove(key)
            heappush(self._ready, (self._rank[key], key))

    def _release(self, key: str) -> None:
        self._running.remove(key)
        for entry in self._locks.pop(self._steps[key].lock):
            heappush(self._ready, entry)


def _needs(change: Change, lost: frozenset[Address]) -> bool:
    """Whether a change has an earlier step among the lost, or depends on one of them."""
    return change.address in lost or not lost.isdisjoint(change.depends_on)
