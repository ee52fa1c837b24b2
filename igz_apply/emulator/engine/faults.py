"""Faults to act out: which request or job meets which one. How a file says so is in `faultfile.py`."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TypeVar

REQUEST_ACTS = (
    "status",
    "refuse",
    "cut",
    "hang",
    "delay",
    "truncate",
    "garbage",
    "empty",
    "drip",
    "drip-headers",
    "huge",
    "partial",
    "twice",
    "nan",
    "odd-id",
    "shift",
    "empty-list",
)
JOB_ACTS = ("fail", "stall", "vanish", "slow")


@dataclass(frozen=True, slots=True)
class Chance:
    """Which of the requests or jobs that match are hit; everything that is stated must hold."""

    nth: frozenset[int] = frozenset()  # of the matching ones, from 1; empty: any
    every: int = 1
    probability: float = 1.0
    times: int | None = None  # at most so often; None: no limit


@dataclass(frozen=True, slots=True)
class RequestFault:
    """One fault of requests. What a field means depends on `act`; see docs/emulator.md."""

    name: str
    act: str
    method: str = "*"
    path: str = "*"
    chance: Chance = Chance()
    after: bool = False  # the request takes effect first
    status: int = 503
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    seconds: float = 1.0
    bytes: int = 20
    by: int = 1


@dataclass(frozen=True, slots=True)
class JobFault:
    """One fault of jobs."""

    name: str
    act: str
    kind: str = "*"
    chance: Chance = Chance()
    result: str = ""
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class JobFate:
    """How one job will go. `seconds` None means the usual time; `failure` None means success."""

    seconds: float | None = None
    stalls: bool = False
    vanishes: bool = False
    failure: str | None = None

    def plain(self) -> dict[str, Any]:
        """Return what the end of the job must know, as plain data."""
        return {"vanishes": self.vanishes, "failure": self.failure}


Fault = TypeVar("Fault", RequestFault, JobFault)


@dataclass
class _Counter:
    """How often one fault has matched and hit so far."""

    random: random.Random
    matched: int = 0
    hit: int = 0
    draw: float = 0.0

    def count(self) -> None:
        """Note one more that matches. Each draws a number, so that what hits does not depend on other faults."""
        self.matched += 1
        self.draw = self.random.random()

    def hits(self, chance: Chance) -> bool:
        """Tell whether the last one counted is hit."""
        if chance.nth and self.matched not in chance.nth:
            return False
        if self.matched % chance.every or self.draw >= chance.probability:
            return False
        if chance.times is not None and self.hit >= chance.times:
            return False
        self.hit += 1
        return True


@dataclass
class Faults:
    """All faults of an emulator. It counts, so one value serves one emulator; threads may share it."""

    requests: Sequence[RequestFault] = ()
    jobs: Sequence[JobFault] = ()
    sections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # an API's own: name -> what goes wrong
    seed: int = 0

    def __post_init__(self) -> None:
        """Start counting from zero."""
        self._lock = threading.Lock()
        self._request_counters = [self._counter("request", each.name) for each in self.requests]
        self._job_counters = [self._counter("job", each.name) for each in self.jobs]

    def _counter(self, what: str, name: str) -> _Counter:
        return _Counter(random.Random(f"{self.seed}/{what}/{name}"))

    def request_fault(self, method: str, path: str) -> RequestFault | None:
        """Return the first fault that this request meets, or None. Each call counts as a request."""
        met = [
            (fault, counter)
            for fault, counter in zip(self.requests, self._request_counters, strict=True)
            if fnmatchcase(method, fault.method) and fnmatchcase(path, fault.path)
        ]
        return self._first_hit(met)

    def told(self, section: str, name: str) -> str | None:
        """Return what goes wrong with this name in a section of the API's own, or None."""
        return self.sections.get(section, {}).get(name)

    def job_fate(self, kind: str) -> JobFate:
        """Return how a new job of this kind will go. Each call counts as a job."""
        met = [
            (fault, counter)
            for fault, counter in zip(self.jobs, self._job_counters, strict=True)
            if fnmatchcase(kind, fault.kind)
        ]
        fault = self._first_hit(met)
        return JobFate() if fault is None else _fate(fault)

    def _first_hit(self, met: Sequence[tuple[Fault, _Counter]]) -> Fault | None:
        """Return the first fault that hits. All of those that match have counted, so `nth` means what it says."""
        with self._lock:
            for _, counter in met:
                counter.count()
            return next((fault for fault, counter in met if counter.hits(fault.chance)), None)


def _fate(fault: JobFault) -> JobFate:
    return JobFate(
        seconds=fault.seconds if fault.act == "slow" else None,
        stalls=fault.act == "stall",
        vanishes=fault.act == "vanish",
        failure=fault.result if fault.act == "fail" else None,
    )
