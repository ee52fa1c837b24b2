"""What the workflow needs from the outside, as protocols. The wiring in `cli/` chooses the implementations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field
from enum import Enum
from typing import Any, Protocol, TypeVar

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.kind import Kind
from igz_apply.model.outcomes import Event, Report
from igz_apply.model.problems import Problem
from igz_apply.model.records import RunFacts
from igz_apply.model.resources import Entry, Home, LiveState, Owned, SecretRef
from igz_apply.model.rounds import Round
from igz_apply.model.step import Step
from igz_apply.values import dataclass


class Presence(Enum):
    """What one look for a single resource showed."""

    THERE = "there"
    LEAVING = "leaving"  # its deletion runs
    HIDDEN = "hidden"  # the caller may not see it, or whether it is there
    GONE = "gone"  # the cluster knows it not, as far as it tells this caller


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one look showed."""

    presence: Presence
    name: str = ""  # what it is called now; "" where it was not seen
    id: str = ""
    why: str = ""  # for a hidden one: what the cluster said


T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Pending(Protocol[T_co]):
    """Work that is under way."""

    def result(self) -> T_co:
        """Wait for it, and return what it made, or raise what it raised."""


class Pool(Protocol):
    """Workers, as those of `concurrent.futures`."""

    def submit(self, work: Callable[..., T], /, *arguments: Any) -> Pending[T]:
        """Let a worker do it."""


class Reader(Protocol):
    """Reads a cluster. It has no method that writes."""

    def live(self, pool: Pool, kinds: frozenset[str] | None = None) -> LiveState:
        """Return all that the cluster has of these kinds, of every kind where it is None, and who we are there.

        More may be read along; what was not, the state names as `unread`. Raises PlaneError when the connection or the
        credentials do not work, and when any list could not be read to its end.
        """

    def sightings(self, kind: Kind, ids: Mapping[str, str], live: LiveState, pool: Pool) -> Mapping[str, Sighting]:
        """Return what a look for each name of a kind shows. Raises PlaneError.

        `ids` holds the names, each with its id, "" where that is not known; `live` is what the lists have shown.
        """

    def listed_at(self, kind: Kind) -> str:
        """Return where the cluster lists the kind, to name it in an error."""

    def own_keys(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Return label and uses of the caller's own access keys, by label; no key itself. Raises PlaneError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """What a write that has been sent carried, and what came of it at once."""

    ids: Mapping[Address, str] = field(default_factory=dict)  # of what the call created
    secrets: Mapping[Address, Mapping[str, str]] = field(default_factory=dict)  # salted hashes of what was sent
    conflicts: Mapping[Address, str] = field(default_factory=dict)  # changes that were not sent, as theirs moved -> how
    faults: Mapping[Address, str] = field(default_factory=dict)  # changes that were made otherwise than sent -> how


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(_Sent):
    """It has happened, or nothing had to be sent: there is nothing to await."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(_Sent):
    """It was sent, and its end has to be awaited: that of its job, or what it was to bring about, or both."""

    job: str = ""  # "": none, so that only what it was to bring about is looked at
    probes: bool = False  # whether that has to be looked for, after the job: readiness, or absence


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Nothing was sent: something else is in the way. Await it, then perform again."""

    job: str = ""  # what is in the way; "": no job
    why: str = ""  # what others wrote, right before we would have; "": it was not that


Answer = Done | Accepted | Blocked
"""What comes of a step's call."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What stands under the name of a create whose answer was lost is not what was sent."""

    why: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """Something has happened since, and nothing tells whether it was what was sent: it is not sent again."""

    why: str


Found = Done | Accepted | Taken | Unsure
"""What a look after a lost answer can find; that nothing has happened is told by None."""


@dataclass(frozen=True, slots=True)
class Running:
    """A job that has not ended, be it that it has not begun yet."""

    state: str
    message: str = ""  # the platform's own words, "" when it has none


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that has ended."""

    ok: bool
    words: str  # how, for a person: the state, and the platform's own words where it has any
    seconds: float | None = None  # how long it ran; None: the platform does not say


@dataclass(frozen=True, slots=True)
class Unknown:
    """A job that the cluster does not know any more: it has ended, and how is seen on what it was to make.

    A job of which there is nothing to see yet is none of these: it is Running.
    """


JobSeen = Running | Ended | Unknown
"""What a look at a job shows."""


class Writer(Protocol):
    """Makes the calls of an apply: those of one step, or one look, and returns. It never waits for a job."""

    def perform(self, step: Step, ids: Mapping[Address, str]) -> Answer:
        """Send the step. Raises PlaneError; AnswerLost when it is not known whether it happened."""

    def settle(self, step: Step, ids: Mapping[Address, str]) -> Found | None:
        """After a lost answer: look whether the step happened. None: it did not, so it may be sent again."""

    def job(self, job: str) -> JobSeen:
        """Look at a job once."""

    def is_settled(self, step: Step, ids: Mapping[Address, str]) -> bool:
        """Look once whether what the step made may be used by others, or what it deleted is gone."""

    def failures(self, step: Step, job: str, end: Ended | Unknown) -> Mapping[Address, str]:
        """Return which of the step's changes failed and why, after its job has come to that end, be it well."""


class Inbox(Protocol):
    """Where workers leave what they have done, and a signal leaves its mark."""

    def put(self, message: Any) -> None:
        """Leave something; safe from threads and from signal handlers."""

    def get(self, seconds: float | None) -> Any:
        """Take the oldest message; None when none came in time. Waits without end when `seconds` is None."""


class Clock(Protocol):
    """Time, as a port, so that a test of a ten-minute timeout takes a millisecond."""

    def now(self) -> float:
        """Return seconds on a clock that never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait that long."""

    def inbox(self) -> Inbox:
        """Return a new inbox whose waiting is measured by this clock."""


class Secrets(Protocol):
    """Secrets by reference. Only the adapter asks for a value, as it encodes a call."""

    def look(self, refs: Iterable[SecretRef]) -> None:
        """Look at all of these places now, each once and those that have to be asked at the same time.

        What is missing is no fault here. Raises InvalidInput where what asks a place is broken.
        """

    def value(self, ref: SecretRef) -> str:
        """Return the secret. Raises InvalidInput when there is none at that place."""

    def is_available(self, ref: SecretRef) -> bool:
        """Say whether there is one, without keeping it."""

    def fault(self, ref: SecretRef) -> str:
        """Say why there is none, as a clause: `the command ended with exit code 1`; "" where nothing is there."""

    def matches(self, ref: SecretRef, salted_hash: str) -> bool:
        """Say whether the secret is the one that was hashed."""

    def is_invented(self, ref: SecretRef) -> bool:
        """Say whether there is none, and `value` makes one up: on an emulator, for what is created there."""

    def hashed(self, ref: SecretRef) -> str | None:
        """Return a salted hash for the inventory; None for a value that is made up, which must not be remembered."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A secret that could not be had: why, as a clause, without a word of what it may be."""

    why: str

    @classmethod
    def missing(cls) -> Unread:
        """Say that the store has none under its key."""
        return cls("the store has nothing there")

    @classmethod
    def denied(cls) -> Unread:
        """Say that the store does not show it to this caller."""
        return cls("the store does not let this caller read it")

    @classmethod
    def unreachable(cls, reason: str) -> Unread:
        """Say that the store could not be asked."""
        return cls(f"the store cannot be asked: {reason}")


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How a store is to be asked. More may come."""

    timeout: float  # seconds, that it may take to answer one question
    parallelism: int  # questions at once


class SecretStore(Protocol):
    """Where secrets lie under keys; what a manifest calls `from_store`.

    A package offers one by an entry point of the group `igz_apply.secrets`: under the store's name a callable that
    takes the environment (a mapping) and `StoreOptions`, and returns this. It is imported when a manifest names it.
    """

    def read(self, keys: Sequence[str]) -> Mapping[str, str | Unread]:
        """Return what lies under each of the keys, asking once for all that the run needs of this store.

        What cannot be had is `Unread`; nothing that happens on the way is raised, and no secret is ever logged.
        """


class InventoryStore(Protocol):
    """Where the inventory lies."""

    def load(self) -> Owned:
        """Return it, empty when there is none yet. Raises InvalidInput when it is corrupt or too new."""

    def save(self, entries: Mapping[Address, Entry]) -> None:
        """Replace it atomically. Raises InventoryLost when that fails; the old one is then intact."""

    def claim(self, home: Home) -> None:
        """Note whose resources the entries of the next save are."""

    def use_plan(self, seal: str) -> None:
        """Remember that a saved plan is applied now, durably, so that it is never applied twice.

        It leaves the entries as they are; a save before or after it leaves the plan remembered.
        """

    def locked(self, timeout: float) -> AbstractContextManager[None]:
        """Hold the lock. Raises Locked when another holder does not let go within `timeout` seconds."""


class RunRecords(Protocol):
    """Where each run leaves a record of itself."""

    @property
    def facts(self) -> RunFacts:
        """What is known of this run from outside."""

    def now(self) -> str:
        """Return the date and time in UTC, ISO 8601."""

    def begin(self, content_of: Callable[[str], bytes]) -> str:
        """Write a new record, durably, and return its run, of which `content_of` makes it. Raises InventoryLost."""

    def end(self, run: str, content: bytes) -> None:
        """Write what the record says at last. Raises InventoryLost."""

    def discard(self, run: str) -> None:
        """Take a record back of a run that sent nothing, if that can be done."""


class View(Protocol):
    """Is told what happens and shows it. It returns nothing and decides nothing."""

    def problems(self, problems: Sequence[Problem]) -> None:
        """Show faults in input, or the reasons for a refusal."""

    def plan(self, plan: Plan) -> None:
        """Show a plan, whole."""

    def event(self, event: Event) -> None:
        """Show that an apply moved."""

    def report(self, report: Report) -> None:
        """Show how an apply ended."""


Observer = Callable[[Event], None]


class RoundWatcher(Protocol):
    """Is told of every round of reconciling. It never raises and never waits: it is called from the loop's thread."""

    def began(self, number: int, at: str) -> None:
        """Learn that a round begins; `at` is UTC, ISO 8601."""

    def event(self, event: Event) -> None:
        """Learn that the apply within it moved."""

    def ended(self, round: Round) -> None:
        """Learn how it ended. What is kept of it must not grow with the rounds."""

    def standing_by(self, holder: str) -> None:
        """Learn that another replica leads, so that no rounds are run here until the next `began`."""

    def closed(self) -> None:
        """Learn that no more rounds come."""


class Leadership(Protocol):
    """Which one of several replicas runs the rounds."""

    @property
    def pause(self) -> float:
        """How many seconds to wait before it is tried again."""

    def take(self) -> str:
        """Lead where nobody else does; return who does instead, "" when we do. Raises InventoryLost, InvalidInput."""

    def give_back(self) -> None:
        """Let another lead."""
