"""What becomes of a step that has started: one table, which the loop of the executor obeys.

Read a line of it as: in this phase, when that comes, the step is in that phase next, and this is to be done. So what
happens when the answer to a POST is lost stands under SENDING, LOST: it is looked whether it happened (CHECKING), and
only where it did not (NOT_HAPPENED) is it sent again, after a pause. What the table does not state cannot happen.

It ends: but for the moves that wait or pause, of which time and the number of sends allow only so many, no path through
it comes back to where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from igz_apply.model.outcomes import Status


class Phase(str, Enum):
    """What a step that has started is about, and how it can end."""

    SENDING = "sending"  # its call is out
    CHECKING = "checking"  # its answer was lost, and we look whether it happened
    TURN = "turn"  # nothing was sent yet, or it did not happen: something else is in the way, or a pause is
    JOB = "job"  # its job runs
    JUDGING = "judging"  # its job is over, and we ask which of its changes went through
    READY = "ready"  # what it made is not usable yet, or what it deleted is still there

    DONE = "done"  # it went through, apart from changes that are known not to have
    REFUSED = "refused"  # it failed, and certainly nothing was changed by it
    FAILED = "failed"
    CONFLICT = "conflict"  # others wrote, so it was not sent
    TIMED_OUT = "timed out"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"  # it was not sent before nothing new started any more

    @property
    def is_end(self) -> bool:
        """True where the step is over."""
        return self is Phase.DONE or self in STATUSES

    @property
    def is_untouched(self) -> bool:
        """True for an end at which it certainly has changed nothing."""
        return self in (Phase.REFUSED, Phase.CONFLICT, Phase.CANCELLED)


STATUSES: Mapping[Phase, Status] = MappingProxyType(
    {
        Phase.REFUSED: Status.FAILED,
        Phase.FAILED: Status.FAILED,
        Phase.CONFLICT: Status.CONFLICT,
        Phase.TIMED_OUT: Status.TIMED_OUT,
        Phase.UNKNOWN: Status.UNKNOWN,
        Phase.CANCELLED: Status.CANCELLED,
    }
)
"""How a change is told to have ended whose step ended so."""


class StepEvent(Enum):
    """What can come to a step. Which it is of those that look alike is told by what the step remembers."""

    # Its call is answered, or a look has found that it had happened
    DONE = "there is nothing to await"
    JOB_BEGUN = "its job runs"
    ACCEPTED = "what it brings about has to be awaited"
    BLOCKED = "nothing was sent, as something else is in the way"
    OUTRUN = "nothing was sent, as others wrote right before it, once too often"
    OUTRUN_UNSURE = "the same, and the answer to an earlier send of it was lost"
    # Its call failed
    LOST = "the answer was lost, or its name is taken, perhaps by itself"
    LOST_TOO_OFTEN = "the same, once too often"
    ONLY_READ = "it came no further than to read what it was to change"
    REFUSED = "it was refused"
    REFUSED_UNSURE = "it was refused, and whether an earlier send of it happened is not known"
    # A look whether it happened
    NOT_HAPPENED = "it has not happened, as far as can be seen"
    TAKEN = "what has its name is not what was sent"
    UNSURE = "something has happened since, and nothing tells whether it was this"
    # A look at a job: its own, or the one in its way
    RUNNING = "the job runs"
    JOB_OVER = "its job went well, and there is nothing more to look at"
    JOB_OVER_UNPROBED = "its job went well or is forgotten; what it was to bring about will show"
    JOB_OVER_UNTOLD = "the same, and only the cluster can tell of each change whether it went through"
    JOB_FAILED = "its job failed"
    JUDGED = "it is told which of its changes went through"
    OBSTACLE_GONE = "the job in its way is over"
    # A look at what it brings about
    SETTLED = "it is usable, or gone"
    UNSETTLED = "it is not usable yet, or still there"
    # A look that failed
    LOOK_FAILED = "it says nothing of what was looked at"
    LOOK_REFUSED = "it was refused for longer than what is new takes to be seen"
    VANISHED = "what it made has not been there for that long"
    HOPELESS = "what it waits for will not come"
    # Time
    DUE = "it is time to look again"
    PAUSE_OVER = "it is time to send it again: no job is known to be in its way"
    LATE = "its time is up"
    LATE_UNSENT = "its time is up, and certainly nothing of it was sent"
    # The whole apply
    CLOSED = "nothing new starts any more"
    CLOSED_UNSENT = "nothing new starts any more, and certainly nothing of it was sent"
    DEFECT = "igz-apply itself failed"


class Command(Enum):
    """What is to be done with a step that has come to a phase."""

    SEND = "send it"
    LOOK = "look now: at what the phase is about"
    LOOK_SOON = "look now, or when its like were usable"
    LOOK_LATER = "look when its like were over"
    WAIT = "look later, unless its time is up"
    PAUSE = "send it again after a pause"
    ASK = "ask which of its changes went through"
    STAY = "do nothing: what is out comes to its end"
    END = "account for its end"


class Move(NamedTuple):
    """Where a step goes, and what is done there."""

    phase: Phase
    command: Command


class Unstated(Exception):
    """The table states nothing for what has come: a defect."""


def next_move(phase: Phase, event: StepEvent) -> Move:
    """Return where a step goes. Raises Unstated for what cannot happen."""
    move = TABLE.get(phase, {}).get(event)
    if move is None:
        raise Unstated(f"{event.name} in {phase.name}")
    return move


def _end(phase: Phase) -> Move:
    return Move(phase, Command.END)


def _looking(phase: Phase, late: Phase) -> dict[StepEvent, Move]:
    """What holds wherever something is looked at until it has ended, or its time is up."""
    return {
        StepEvent.DUE: Move(phase, Command.LOOK),
        # A look that fails is borne for a while: it says nothing about what we look at.
        StepEvent.LOOK_FAILED: Move(phase, Command.WAIT),
        StepEvent.LOOK_REFUSED: _end(Phase.UNKNOWN),
        StepEvent.VANISHED: _end(Phase.FAILED),
        StepEvent.HOPELESS: _end(Phase.FAILED),
        StepEvent.LATE: _end(late),
        StepEvent.CLOSED: Move(phase, Command.STAY),
        StepEvent.DEFECT: _end(Phase.UNKNOWN),
    }


_ANSWERS = {
    StepEvent.DONE: _end(Phase.DONE),
    StepEvent.JOB_BEGUN: Move(Phase.JOB, Command.LOOK_LATER),
    StepEvent.ACCEPTED: Move(Phase.READY, Command.LOOK_LATER),
}

TABLE: Mapping[Phase, Mapping[StepEvent, Move]] = MappingProxyType(
    {
        Phase.SENDING: {
            **_ANSWERS,
            StepEvent.BLOCKED: Move(Phase.TURN, Command.WAIT),
            StepEvent.OUTRUN: _end(Phase.CONFLICT),
            StepEvent.OUTRUN_UNSURE: _end(Phase.UNKNOWN),
            # A create that is sent twice makes two, or is refused for its own name: so we look before it is repeated.
            StepEvent.LOST: Move(Phase.CHECKING, Command.LOOK),
            StepEvent.LOST_TOO_OFTEN: _end(Phase.UNKNOWN),
            StepEvent.ONLY_READ: Move(Phase.TURN, Command.PAUSE),
            StepEvent.REFUSED: _end(Phase.REFUSED),
            StepEvent.REFUSED_UNSURE: _end(Phase.UNKNOWN),
            StepEvent.CLOSED: Move(Phase.SENDING, Command.STAY),
            StepEvent.DEFECT: _end(Phase.UNKNOWN),
        },
        Phase.CHECKING: {
            **_looking(Phase.CHECKING, late=Phase.UNKNOWN),
            **_ANSWERS,
            StepEvent.NOT_HAPPENED: Move(Phase.TURN, Command.PAUSE),
            # A pending entry would let the next run take what stands there for ours.
            StepEvent.TAKEN: _end(Phase.REFUSED),
            StepEvent.UNSURE: _end(Phase.UNKNOWN),
        },
        Phase.TURN: {
            StepEvent.DUE: Move(Phase.TURN, Command.LOOK),
            StepEvent.PAUSE_OVER: Move(Phase.SENDING, Command.SEND),
            StepEvent.RUNNING: Move(Phase.TURN, Command.WAIT),
            StepEvent.OBSTACLE_GONE: Move(Phase.SENDING, Command.SEND),
            # Whether something is in the way is seen without its job too: the next send tells.
            StepEvent.LOOK_FAILED: Move(Phase.TURN, Command.WAIT),
            StepEvent.LATE: _end(Phase.TIMED_OUT),
            StepEvent.LATE_UNSENT: _end(Phase.REFUSED),
            StepEvent.CLOSED: Move(Phase.TURN, Command.STAY),
            StepEvent.CLOSED_UNSENT: _end(Phase.CANCELLED),
            StepEvent.DEFECT: _end(Phase.UNKNOWN),
        },
        Phase.JOB: {
            **_looking(Phase.JOB, late=Phase.TIMED_OUT),
            StepEvent.RUNNING: Move(Phase.JOB, Command.WAIT),
            StepEvent.JOB_OVER: _end(Phase.DONE),
            # A finished job vanishes after a while (section 5): how one went that is forgotten is seen on what it made.
            StepEvent.JOB_OVER_UNPROBED: Move(Phase.READY, Command.LOOK_SOON),
            StepEvent.JOB_OVER_UNTOLD: Move(Phase.JUDGING, Command.ASK),
            StepEvent.JOB_FAILED: Move(Phase.JUDGING, Command.ASK),
        },
        Phase.JUDGING: {
            StepEvent.JUDGED: _end(Phase.DONE),
            StepEvent.LOOK_FAILED: Move(Phase.JOB, Command.WAIT),
            StepEvent.LOOK_REFUSED: _end(Phase.UNKNOWN),
            StepEvent.VANISHED: _end(Phase.FAILED),
            StepEvent.HOPELESS: _end(Phase.FAILED),
            StepEvent.CLOSED: Move(Phase.JUDGING, Command.STAY),
            StepEvent.DEFECT: _end(Phase.UNKNOWN),
        },
        Phase.READY: {
            **_looking(Phase.READY, late=Phase.TIMED_OUT),
            StepEvent.SETTLED: _end(Phase.DONE),
            StepEvent.UNSETTLED: Move(Phase.READY, Command.WAIT),
            # Of a step that makes no call, and waits until what exists already becomes usable:
            StepEvent.CLOSED_UNSENT: _end(Phase.CANCELLED),
        },
    }
)
