"""What an execution is handed: what its caller may say, and its outside."""

from __future__ import annotations

from concurrent.futures import Executor as Pool

from igz_apply.execution.deadline import Deadline
from igz_apply.ports import Clock, InventoryStore, Observer, Writer
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """What a caller may say about applying."""

    parallelism: int = 10  # calls in flight
    job_timeout: float | None = None  # seconds; None: what the kind allows
    fail_fast: bool = False  # start nothing new after the first failure
    deadline: Deadline | None = None  # start nothing new after it; None: there is none


@dataclass(frozen=True, slots=True)
class ExecutionPorts:
    """The outside of an execution. The pool needs one worker more than there may be calls, for the inventory."""

    writer: Writer
    store: InventoryStore
    clock: Clock
    pool: Pool
    observe: Observer
