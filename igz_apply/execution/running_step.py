"""One step on its way: what it waits for, since when, and until when at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from igz_apply.model.addresses import Address
from igz_apply.model.step import Step
from igz_apply.ports import Accepted, Blocked, Done


class Phase(str, Enum):
    """What a step that has started is about."""

    SENDING = "sending"  # its call is out
    CHECKING = "checking"  # its answer was lost, and we look whether it happened
    TURN = "turn"  # nothing was sent yet: something else is in the way
    JOB = "job"  # its job runs
    READY = "ready"  # what it made is not usable yet, or what it deleted is still there


@dataclass(slots=True)
class RunningStep:
    """A step that has started and not ended. Times are seconds since the apply began."""

    step: Step
    timeout: float  # seconds for each thing that it waits for
    phase: Phase = Phase.SENDING
    sent: Done | Accepted = field(default_factory=Done)  # the answer to the call that went through
    blocked: Blocked = field(default_factory=Blocked)  # what is in the way, while it waits for its turn
    called: float = 0.0  # when its last call went out
    since: float = 0.0  # when the waiting of this phase began
    unfinished: float = 0.0  # how long it had been waited for when it was last seen unfinished; 0: never
    deadline: float = 0.0  # of the waiting
    turn_began: float | None = None  # since when something is in the way; None: nothing is
    troubled: float | None = None  # since when it cannot be looked at; None: it can
    turns: int = 0  # how often it could not be sent because what it writes to was just written by others
    losses: int = 0  # how many of its calls went wrong
    is_out: bool = False  # whether a call of it is in flight
    is_unsure: bool = False  # an answer was lost, and whether it happened has not been found out
    lost: frozenset[Address] = frozenset()  # changes that a write has carried whose answer was lost
    spared: Mapping[Address, str] = field(default_factory=dict)  # changes that its last write left out -> why

    @property
    def key(self) -> str:
        """The key of its step."""
        return self.step.key

    @property
    def job(self) -> str:
        """The id of its job; "" for none."""
        return self.sent.job if isinstance(self.sent, Accepted) else ""

    @property
    def probes(self) -> bool:
        """Whether what it brings about has to be looked for, after its job."""
        return isinstance(self.sent, Accepted) and self.sent.probes

    @property
    def sort(self) -> str:
        """What it waits for, to learn how long such things take."""
        return f"{self.step.verb} {self.step.target.kind}: {self.phase.value}"

    @property
    def is_unsent(self) -> bool:
        """True while certainly nothing of it has been sent."""
        sends = self.phase is not Phase.TURN and self.step.needs_call
        return not (sends or self.is_unsure or self.is_out)

    def wait(self, phase: Phase, since: float, deadline: float) -> None:
        """Begin to wait for something."""
        self.phase, self.since, self.deadline = phase, since, deadline
        self.unfinished, self.troubled = 0.0, None
