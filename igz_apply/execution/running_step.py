"""One step on its way: what it waits for and until when, and what it remembers, which tells alike events apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from igz_apply.errors import AnswerLost, Conflict, InvalidInput, Missing, PlaneError
from igz_apply.execution.lifecycle import Phase, StepEvent
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action
from igz_apply.model.outcomes import Status
from igz_apply.model.step import Step
from igz_apply.ports import Accepted, Answer, Blocked, Done, Ended, JobSeen, Running, Unknown
from igz_apply.values import dataclass

LOST = "the answer to a write of it was lost"
SENDS = 5  # how often a step may be sent when answers get lost; before each repetition we look
PAUSE = 0.5  # seconds before the first repetition; doubled for each further one
CHECK_SECONDS = 60.0  # how long we try to look whether something happened, while looking fails
MOST_TURNS = 12  # how often what is to be written may move right before we write it, until we leave it to the others
# Rights spread after what they are about is there: for a minute these statuses mean nothing (section 3.8).
PATIENCE = 60.0  # seconds
REFUSALS = (401, 403, 404, 405)


@dataclass(slots=True)
class RunningStep:
    """A step that has started and not ended. Times are seconds since the apply began.

    What its `note_` methods are told, it remembers, and says which event that is.
    """

    step: Step
    timeout: float  # seconds for each thing that it waits for
    phase: Phase = Phase.SENDING
    sent: Done | Accepted = field(default_factory=Done)  # the answer to the call that went through
    blocked: Blocked = field(default_factory=Blocked)  # what is in the way, while it waits for its turn
    end: Ended | Unknown = field(default_factory=Unknown)  # how its job has ended
    failures: Mapping[Address, str] | None = None  # which changes its job did not make; None: nobody was asked
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
    def sort(self) -> str:
        """What it waits for, to learn how long such things take."""
        return f"{self.step.verb} {self.step.target.kind}: {self.phase.value}"

    @property
    def is_unsent(self) -> bool:
        """True while certainly nothing of it has been sent."""
        sends = self.phase is not Phase.TURN and self.step.needs_call
        return not (sends or self.is_unsure or self.is_out)

    @property
    def pause(self) -> float:
        """Seconds until it may be sent again."""
        return PAUSE * 2.0 ** (self.losses - 1)

    @property
    def went_through(self) -> bool:
        """Whether all of it has, as far as it is known; to be asked once it is done."""
        return self.failures is None and not self.sent.conflicts and not self.sent.faults

    @property
    def left_out(self) -> Mapping[Address, str]:
        """The changes that certainly were never sent, as theirs had moved -> how."""
        return {address: why for address, why in self.spared.items() if address not in self.lost}

    @property
    def unmade(self) -> Mapping[Status, Mapping[Address, str]]:
        """The changes that have not gone through though it is done, by how they ended -> why."""
        conflicts = self.sent.conflicts
        failures = self.failures or {}
        failed = {address: why for address, why in failures.items() if address not in conflicts}
        return {
            Status.CONFLICT: {address: why for address, why in conflicts.items() if address not in self.lost},
            Status.UNKNOWN: {it: f"{LOST}, and then: {why}" for it, why in conflicts.items() if it in self.lost},
            Status.FAILED: {**failed, **self.sent.faults},
        }

    @property
    def outrun(self) -> str:
        """How others kept it from being sent; where an answer was lost before, it may have been."""
        said = f"others kept writing to it, {self.turns} times right before it was sent: {self.blocked.why}"
        return f"{LOST}, and then: {said}" if self.lost else said

    def enter(self, phase: Phase, now: float) -> None:
        """Begin what a phase is about, with the time that there is for it; nothing where the step stays in it."""
        before = self.phase
        if phase is before:
            return
        if phase is Phase.SENDING:
            self.phase = phase
        elif Phase.JUDGING in (phase, before):
            self.phase = phase  # the time of its job goes on
        elif phase is Phase.CHECKING:
            self.wait(phase, now, now + CHECK_SECONDS)
        elif phase is Phase.READY and before is Phase.JOB:
            self.wait(phase, now, self.deadline)
        elif phase is Phase.TURN and self.turn_began is not None:
            # The time for a turn does not begin anew with each send that finds something in the way.
            self.wait(phase, self.turn_began, self.turn_began + self.timeout)
        else:
            self.wait(phase, now, now + self.timeout)

    def wait(self, phase: Phase, since: float, deadline: float) -> None:
        """Begin to wait for something."""
        self.phase, self.since, self.deadline = phase, since, deadline
        self.unfinished, self.troubled = 0.0, None

    def note_answer(self, answer: Answer, now: float) -> StepEvent:
        """Its call was answered, or has been found to have gone through."""
        if isinstance(answer, Blocked):
            self.blocked = answer
            self.turn_began = now if self.turn_began is None else self.turn_began
            self.turns = self.turns + 1 if answer.why else 0
            if self.turns < MOST_TURNS:
                return StepEvent.BLOCKED
            return StepEvent.OUTRUN_UNSURE if self.lost else StepEvent.OUTRUN
        self.sent = answer
        self.is_unsure, self.turn_began, self.spared = False, None, answer.conflicts
        if isinstance(answer, Done):
            return StepEvent.DONE
        return StepEvent.JOB_BEGUN if answer.job else StepEvent.ACCEPTED

    def note_not_sent(self, error: PlaneError | InvalidInput) -> StepEvent:
        """Its call was refused, or its answer was lost."""
        self.losses += 1
        if isinstance(error, AnswerLost):
            # Not those that this write left out: they are no more in doubt than before it.
            self.spared = error.conflicts
            self.lost |= frozenset(self.step.addresses) - error.conflicts.keys()
        # A create whose answer was lost, and that is sent again, may find its name taken by itself: the first send may
        # still have been on its way when we looked and found nothing.
        if isinstance(error, AnswerLost) or (isinstance(error, Conflict) and self._may_have_taken_its_name):
            if self.losses >= SENDS:
                return StepEvent.LOST_TOO_OFTEN
            self.is_unsure = True
            return StepEvent.LOST
        # Nothing was sent, so that a cluster in trouble may simply be asked again.
        if self.losses < SENDS and _only_read(error):
            self.blocked = Blocked()
            return StepEvent.ONLY_READ
        # An update that was lost may have happened: that it is refused now does not say that nothing was changed.
        return StepEvent.REFUSED_UNSURE if self.is_unsure else StepEvent.REFUSED

    def note_not_happened(self) -> StepEvent:
        """It was looked for after a lost answer, and is not there."""
        # That an update, unlike a create or a delete, has not happened cannot be seen: it is just sent again.
        self.is_unsure = not self.step.may_be_seen
        self.blocked = Blocked()
        return StepEvent.NOT_HAPPENED

    def note_not_seen(self, error: PlaneError | InvalidInput, now: float) -> StepEvent:
        """A look failed, be it at the job in its way."""
        if self.troubled is None:
            self.troubled = now
        if self.phase is Phase.TURN:
            self.blocked = Blocked()
            return StepEvent.LOOK_FAILED
        if isinstance(error, Conflict):
            return StepEvent.HOPELESS
        status = error.status if isinstance(error, PlaneError) else None
        if status not in REFUSALS or now - self.troubled < PATIENCE:
            return StepEvent.LOOK_FAILED
        return StepEvent.VANISHED if isinstance(error, Missing) else StepEvent.LOOK_REFUSED

    def note_job(self, seen: JobSeen) -> StepEvent:
        """Its own job was looked at."""
        if isinstance(seen, Running):
            return StepEvent.RUNNING
        self.end = seen
        if isinstance(seen, Ended) and not seen.ok:
            return StepEvent.JOB_FAILED
        # Of what is written together each may fail by itself; of a job that went well only what is made is looked at,
        # whether it has the name that it was sent.
        makes = any(change.action is Action.CREATE for change in self.step.changes)
        if self.step.tells_failures and (makes or isinstance(seen, Unknown)):
            return StepEvent.JOB_OVER_UNTOLD
        probes = isinstance(self.sent, Accepted) and self.sent.probes
        return StepEvent.JOB_OVER_UNPROBED if probes or isinstance(seen, Unknown) else StepEvent.JOB_OVER

    @property
    def _may_have_taken_its_name(self) -> bool:
        """Whether its name may be taken by itself: only what was sent before can have made it, and no mere read."""
        return bool(self.lost) and self.step.may_be_seen and not self.step.is_delete


def _only_read(error: PlaneError | InvalidInput) -> bool:
    """Whether a step came no further than to read what it was to change, and the cluster was in trouble."""
    is_trouble = isinstance(error, PlaneError) and (error.status is None or error.status >= 500 or error.status < 300)
    return is_trouble and isinstance(error, PlaneError) and error.method == "GET"
