"""Which of several replicas runs the rounds: a lease beside the inventory, held for as long as the process lives.

It keeps replicas from taking turns. What keeps two from writing at once is the inventory's own lock, which every round
takes, as any other apply does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack

from igz_apply.errors import InventoryLost, Locked
from igz_apply.inventory.lock import LEASE_SECONDS, DatedClock, Lock
from igz_apply.inventory.places import storage_at
from igz_apply.inventory.storage import Storage
from igz_apply.local.files import Files

SUFFIX = ".leader"
"""What the lease's file is called, after the inventory's: no inventory ends so."""

SIGNED = 0.8
"""Which part of a lease is signed for: with what a replica in waiting looks apart, a lease is over within its time."""

_LOOKS = 10  # in a lease
_LONGEST_PAUSE = 5.0


class LeaderLease:
    """One replica's side of the lease."""

    def __init__(
        self,
        place: Callable[[], str],
        clock: DatedClock,
        lost: Callable[[], object],
        *,
        lease_seconds: float = LEASE_SECONDS,
        storage: Callable[[str], Storage] = lambda place: storage_at(place, Files()),
    ) -> None:
        """`place` tells where the inventory lies, "" while nobody knows; `lost` is told, in a thread of its own."""
        self._place_of = place
        self._clock = clock
        self._lost = lost
        self._lease_seconds = lease_seconds
        self._storage_at = storage
        self._place = ""  # whose lease we hold
        self._lock: Lock | None = None
        self._held = ExitStack()
        self._is_lost = threading.Event()

    @property
    def pause(self) -> float:
        """How many seconds to wait before it is tried again."""
        return min(self._lease_seconds / _LOOKS, _LONGEST_PAUSE)

    @property
    def is_lost(self) -> bool:
        """Whether somebody else was seen to have taken what we held."""
        return self._lock is not None and self._is_lost.is_set()

    def take(self) -> str:
        """Lead where nobody else does; return who does instead, "" when we do. Raises InventoryLost, InvalidInput."""
        place = self._place_of()
        if self._lock is not None and not self._still_leads(place):
            self.give_back()
        if self._lock is not None or not place:
            return ""  # where it is not known what there is to lead, the inventory's own lock has to do
        lock = Lock(
            self._storage_at(place),
            clock=self._clock,
            holder="",
            lease_seconds=self._lease_seconds * SIGNED,
            suffix=SUFFIX,
        )
        self._is_lost.clear()
        try:
            self._held.enter_context(lock.held(0.0, self._tell_lost))
        except Locked as error:
            return error.holder
        self._lock, self._place = lock, place
        return ""

    def give_back(self) -> None:
        """Let another lead."""
        self._lock = None
        self._held.close()

    def _still_leads(self, place: str) -> bool:
        assert self._lock is not None, "it was taken"
        if self._is_lost.is_set() or place != self._place:
            return False
        try:
            self._lock.check()
        except InventoryLost:
            return False
        except OSError as error:
            hint = "Check that it may be read, and that credentials and address are right."
            raise InventoryLost(f"The lease beside the inventory cannot be read: {error}.", hint=hint) from error
        return True

    def _tell_lost(self) -> None:
        if not self._is_lost.is_set():
            self._is_lost.set()
            self._lost()
