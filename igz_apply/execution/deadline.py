"""A moment after which a command begins nothing new."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from igz_apply.errors import DeadlineReached
from igz_apply.model.kind import Kind
from igz_apply.model.resources import LiveState
from igz_apply.ports import Clock, Inbox, Pending, Pool, Reader, Sighting
from igz_apply.values import dataclass
from igz_apply.wording.durations import stated_duration

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long a command may take, from its start."""

    seconds: float
    ends: float  # when that is over, on the clock
    clock: Clock

    @property
    def left(self) -> float:
        """Seconds until it is reached, none once it is."""
        return max(0.0, self.ends - self.clock.now())

    @property
    def is_reached(self) -> bool:
        """Whether nothing new begins any more."""
        return not self.left

    def reached(self, meanwhile: str, hint: str = "") -> DeadlineReached:
        """Return the error of a command that comes no further; nothing was changed yet, `meanwhile` something was."""
        told = f"The deadline of {stated_duration(self.seconds)} was reached while {meanwhile}. Nothing was changed."
        return DeadlineReached(
            told, hint=hint or "Run it again with more time: --deadline, or `deadline` in the config."
        )

    def check(self, meanwhile: str) -> None:
        """Raise DeadlineReached once it is."""
        if self.is_reached:
            raise self.reached(meanwhile)

    def awaited(self, pool: Pool, meanwhile: str, work: Callable[..., T], *arguments: Any) -> T:
        """Let a worker do it, and return what it made. Raises DeadlineReached, and leaves the worker to itself."""
        inbox = self.clock.inbox()
        pending: Pending[T] = pool.submit(_told, inbox, work, *arguments)
        if inbox.get(self.left) is None:
            raise self.reached(meanwhile)
        found = pending.result()
        self.check(meanwhile)
        return found

    def over(self, reader: Reader) -> Reader:
        """Return what reads as `reader` does, and no longer: its looks raise DeadlineReached."""
        return _TimelyReader(reader, self)


def _told(inbox: Inbox, work: Callable[..., T], *arguments: Any) -> T:
    try:
        return work(*arguments)
    finally:
        inbox.put(work)


_READING = "the cluster was read"


@dataclass(frozen=True, slots=True)
class _TimelyReader:
    """A reader that reads no longer than a deadline allows."""

    reader: Reader
    deadline: Deadline

    def live(self, pool: Pool, kinds: frozenset[str] | None = None) -> LiveState:
        """Return what the cluster has of these kinds; None: of all."""
        return self.deadline.awaited(pool, _READING, self.reader.live, pool, kinds)

    def sightings(self, kind: Kind, ids: Mapping[str, str], live: LiveState, pool: Pool) -> Mapping[str, Sighting]:
        """Return what a look for each name of a kind shows."""
        return self.deadline.awaited(pool, _READING, self.reader.sightings, kind, ids, live, pool)

    def listed_at(self, kind: Kind) -> str:
        """Return where the cluster lists the kind."""
        return self.reader.listed_at(kind)

    def own_keys(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Return label and uses of the caller's own access keys."""
        return self.reader.own_keys()
