"""Which step may start now, and what a failure strands: a state machine without threads, clock or calls."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from igz_apply.core.steps import Step


class Schedule:
    """Turned by one thread: it is told how steps end and says which may start.

    A step starts when all that it needs has been applied and its lock is free; among those, in plan order.
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

    @property
    def running(self) -> frozenset[str]:
        """The keys of the steps that have started and not ended."""
        return frozenset(self._running)

    def start_next(self) -> Step | None:
        """Return a step that may start now, which it then has; None when none may."""
        while self._ready:
            rank, key = heappop(self._ready)
            step = self._steps[key]
            if step.lock and step.lock in self._locks:
                self._locks[step.lock].append((rank, key))
                continue
            if step.lock:
                self._locks[step.lock] = []
            self._running.add(key)
            return step
        return None

    def applied(self, key: str) -> None:
        """Note that a running step has succeeded."""
        self._release(key)
        for dependant in self._dependants[key]:
            self._missing[dependant].discard(key)
            if not self._missing[dependant] and dependant in self._waiting:
                self._waiting.remove(dependant)
                heappush(self._ready, (self._rank[dependant], dependant))

    def failed(self, key: str) -> list[tuple[Step, str]]:
        """Note that a running step has not succeeded; return the steps that can now never run, each with its cause.

        The cause is the key of the need that stranded it, so that the reasons form a chain.
        """
        self._release(key)
        stranded: list[tuple[Step, str]] = []
        causes = [key]
        while causes:
            cause = causes.pop(0)
            for dependant in self._dependants[cause]:
                if dependant in self._waiting:
                    self._waiting.remove(dependant)
                    stranded.append((self._steps[dependant], cause))
                    causes.append(dependant)
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

    def _release(self, key: str) -> None:
        self._running.remove(key)
        for entry in self._locks.pop(self._steps[key].lock, ()):
            heappush(self._ready, entry)
