"""A writer that answers as a test says, and one call that runs a plan against it: no threads, and no time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from igz_apply.errors import AnswerLost, PlaneError
from igz_apply.execution.executor import INTERRUPT, Execution
from igz_apply.execution.options import ApplyOptions, ExecutionPorts
from igz_apply.execution.tracker import ChangeTracker
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.steps import steps_of
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event, Outcome, Status
from igz_apply.model.step import Step
from igz_apply.ports import Accepted, Blocked, Done, Ended, Running, Taken, Unknown, Unsure
from tests.builders import cluster, group, manifests, plan_for, user
from tests.fakes import FakeClock, InlinePool, MemoryInventory

T = TypeVar("T")

LOST = AnswerLost("the answer was lost")
REFUSED = PlaneError("no", status=400)
DOWN = PlaneError("it is down", status=503)
GONE = None

Answer = Any  # what a call returns, an exception that it raises, or a function that makes one of them


class ScriptedWriter:
    """Answers each call with what the test has laid down for it, in turn; the last answer of a list stays.

    Keys are a step's key for its sends, `settle <key>`, `ready <key>`, `failures <key>` and `job <id>` for looks.
    What is not laid down succeeds at once.
    """

    def __init__(self, script: Mapping[str, Answer | list[Answer]]) -> None:
        self.calls: list[str] = []
        self.times: list[float] = []
        self.now: Callable[[], float] = lambda: 0.0
        self.most = 0  # the most calls that were in flight at once
        self._script = {key: deque(it if isinstance(it, list) else [it]) for key, it in script.items()}

    def perform(self, step: Step, ids: Mapping[Address, str]) -> Done | Accepted | Blocked:  # noqa: ARG002 - the port's signature
        return self._answer(step.key, Done(ids={step.target: f"id-{step.target.name}"}))

    def settle(
        self,
        step: Step,
        ids: Mapping[Address, str],  # noqa: ARG002 - the port's signature
    ) -> Done | Accepted | Taken | Unsure | None:
        return self._answer(f"settle {step.key}", None)

    def job(self, job: str) -> Running | Ended | Unknown:
        """A text is a state of the platform's."""
        answer: str | Running | Ended | Unknown = self._answer(f"job {job}", "completed")
        if isinstance(answer, str):
            return Ended(answer == "completed", answer) if answer in ("completed", "failed") else Running(answer)
        return answer

    def is_settled(self, step: Step, ids: Mapping[Address, str]) -> bool:  # noqa: ARG002 - the port's signature
        return self._answer(f"ready {step.key}", True)

    def failures(self, step: Step, job: str, end: Ended | Unknown) -> Mapping[Address, str]:
        said = f"its job {job} {end.words if isinstance(end, Ended) else 'vanished'}"
        usual = {} if isinstance(end, Ended) and end.ok else dict.fromkeys(step.addresses, said)
        return self._answer(f"failures {step.key}", usual)

    def count(self, call: str) -> int:
        return Counter(self.calls)[call]

    def _answer(self, call: str, usual: T) -> T:
        self.calls.append(call)
        self.times.append(self.now())
        said = self._script.get(call)
        answer: Any = usual if not said else said.popleft() if len(said) > 1 else said[0]
        if callable(answer):
            answer = answer()
        if isinstance(answer, BaseException):
            raise answer
        given: T = answer
        return given


@dataclass
class Ran:
    """How a run went."""

    execution: Execution
    tracker: ChangeTracker
    writer: ScriptedWriter
    store: MemoryInventory
    clock: FakeClock
    plan: Plan
    events: list[Event] = field(default_factory=list)

    @property
    def outcomes(self) -> list[Outcome]:
        return [self.tracker.outcomes[change.address] for change in self.plan.writes]

    @property
    def statuses(self) -> dict[str, str]:
        return {str(outcome.address): outcome.status.value for outcome in self.outcomes}

    def detail(self, address: str) -> str:
        return self.tracker.outcomes[Address.parse(address)].detail

    @property
    def pending(self) -> list[str]:
        return sorted(str(address) for address, entry in self.store.entries.items() if entry.is_pending)

    @property
    def kept(self) -> list[str]:
        return sorted(str(address) for address, entry in self.store.entries.items() if not entry.is_pending)


def run_plan(
    plan: Plan,
    script: Mapping[str, Answer | list[Answer]] | None = None,
    *,
    options: ApplyOptions = ApplyOptions(),
    store: MemoryInventory | None = None,
    entries: Mapping[Address, Any] | None = None,
    pool: Executor | None = None,
    interrupted_at: float | None = None,
    observe: Callable[[Event], None] | None = None,
    then: Callable[[Ran], None] | None = None,
    writer: ScriptedWriter | None = None,
) -> Ran:
    """Run a plan to its end. `then` is called right before the start, to hook into clock and inbox."""
    clock = FakeClock()
    writer = writer or ScriptedWriter(script or {})
    writer.now = clock.now
    inbox = clock.inbox()
    held = store or MemoryInventory(entries)
    tracker = ChangeTracker(plan, dict(entries or {}))
    held.save(tracker.entries)
    ids = {change.address: change.live.id for change in plan.changes if change.live is not None}
    events: list[Event] = []
    ports = ExecutionPorts(writer, held, clock, pool or InlinePool(), observe or events.append)
    execution = Execution(ports, KINDS, tracker, ids, options, inbox)
    ran = Ran(execution, tracker, writer, held, clock, plan, events)
    if interrupted_at is not None:
        clock.at(interrupted_at, lambda: inbox.put(INTERRUPT))
    if then is not None:
        then(ran)
    execution.run(steps_of(plan, KINDS))
    return ran


def three_users() -> Plan:
    """Return a plan that creates a group, two users of it, and one that needs nothing."""
    return plan_for(
        manifests(group("ops"), user("ada", groups=["ops"]), user("bob", groups=["ops"]), user("cleo")), cluster()
    )


def all_of(status: Status, names: Iterable[str]) -> dict[str, str]:
    return dict.fromkeys(names, status.value)
