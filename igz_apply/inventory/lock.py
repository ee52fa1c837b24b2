"""The lock beside the inventory: one apply at a time, also across machines.

The lock is a small JSON file that names its holder and says until when it counts. While it is held, a thread renews it.
Somebody else may break it once it has run out, or at once where the holder was a process of this machine that is gone.

In a local folder every look-then-write happens in a guarded block (`Files.guard`), so that of two who break the same
lock, or of a breaker and a holder that wakes up, one wins. An object store guards nothing: there a taker waits a moment
and reads back, and whoever wrote last has the lock. The clocks of machines that share an inventory must agree to within
the lease.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from igz_apply.core.problems import Problem
from igz_apply.errors import InventoryLost, Locked
from igz_apply.inventory.holder import Held, decode, encode, iso, nobody_known
from igz_apply.inventory.processes import describe_process, is_running, process_table
from igz_apply.inventory.storage import Storage

LEASE_SECONDS = 60.0
SUFFIX = ".lock"

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0
_READ_BACK_PAUSE = 0.5  # longer than the puts of two takers can lie apart
_BEATS_A_LEASE = 4  # so that two may fail in a row

logger = logging.getLogger(__name__)


class DatedClock(Protocol):
    """A clock to wait by that knows the date too, because leases are compared between machines."""

    def now(self) -> float:
        """Return seconds on a clock that never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait that long."""

    def utc(self) -> datetime:
        """Return the date and time, aware, in UTC."""


class Lock:
    """One taker's side of the lock of one inventory."""

    def __init__(self, storage: Storage, *, clock: DatedClock, holder: str, lease_seconds: float) -> None:
        self._storage = storage
        self._clock = clock
        self._holder = holder or describe_process()
        self._lease_seconds = lease_seconds
        self._mine: Held | None = None

    @property
    def is_taken(self) -> bool:
        """Whether this object has taken the lock and not given it back."""
        return self._mine is not None

    @contextmanager
    def held(self, timeout: float) -> Iterator[None]:
        """Hold the lock and keep it alive.

        Raises Locked after `timeout` seconds of waiting, InventoryLost when the lock file cannot be written.
        """
        self._acquire(timeout)
        try:
            with _beating(self.renew, self._lease_seconds / _BEATS_A_LEASE):
                yield
        finally:
            self._release()

    def renew(self) -> None:
        """Move the end of the lease away; does nothing once the lock is not ours. Raises OSError."""
        with self._storage.guard():
            if self._mine is not None and self._is_mine(self._read()):
                self._storage.replace(encode(self._signed(self._mine.token, self._mine.since)), SUFFIX)

    def check(self) -> None:
        """Raise InventoryLost when somebody broke our lock: they may be writing, so we must not. Raises OSError."""
        current = self._read()
        if not self._is_mine(current):
            by = f"{current.holder} holds it since {current.since}" if current else "nobody holds it"
            raise InventoryLost(
                f"The lock of {self._storage.place} is no longer ours: {by}.",
                hint="Was this machine asleep, or the lock removed? When no other run is left, run apply again.",
            )

    def remove(self) -> Held | None:
        """Remove the lock, whoever holds it; return what it said, None when there was none. Raises OSError."""
        with self._storage.guard():
            current = self._read()
            self._storage.remove(SUFFIX)
            return current

    def _acquire(self, timeout: float) -> None:
        deadline, pause = self._clock.now() + timeout, _FIRST_PAUSE
        while (other := self._take()) is not None:
            left = deadline - self._clock.now()
            if left <= 0:
                raise _locked(self._storage.place, other, timeout)
            self._clock.sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _take(self) -> Held | None:
        """Try once; return who holds the lock instead, None when we do."""
        wanted = self._signed(os.urandom(16).hex(), iso(self._clock.utc()))
        try:
            with self._storage.guard() as is_guarded:
                other = self._create(wanted, is_guarded=is_guarded)
                if other is None and not is_guarded:
                    other = self._overtaken_by(wanted)
        except OSError as error:
            hint = (
                "Check that its folder exists and can be written, or name another one with `inventory` in the config."
            )
            raise InventoryLost(f"{self._storage.place} cannot be locked: {error}.", hint=hint) from error
        self._mine = None if other else wanted
        return other

    def _create(self, wanted: Held, *, is_guarded: bool) -> Held | None:
        """Write our lock where there is none, or one that is over; return the one that is not over."""
        if self._storage.create(encode(wanted), SUFFIX):
            return None
        current = self._read()
        if current is not None:
            if not self._is_over(current, is_guarded=is_guarded):
                return current
            logger.warning("breaking the lock of %s, left by %s", self._storage.place, current.holder)
        self._storage.replace(encode(wanted), SUFFIX)
        return None

    def _overtaken_by(self, wanted: Held) -> Held | None:
        """Wait a moment and return who wrote the lock after us, None when nobody did."""
        self._clock.sleep(_READ_BACK_PAUSE)
        current = self._read()
        if current is not None and current.token == wanted.token:
            return None
        return current or nobody_known()

    def _release(self) -> None:
        """Give the lock back, unless somebody else has it by now. A failure only costs others the rest of the lease."""
        try:
            with self._storage.guard():
                if self._is_mine(self._read()):
                    self._storage.remove(SUFFIX)
        except OSError as error:
            logger.warning(
                "the lock of %s could not be removed and ends with its lease: %s", self._storage.place, error
            )
        finally:
            self._mine = None

    def _signed(self, token: str, since: str) -> Held:
        expires = iso(self._clock.utc() + timedelta(seconds=self._lease_seconds))
        return Held(token, self._holder, since, expires, process_table(), os.getpid())

    def _is_over(self, held: Held, *, is_guarded: bool) -> bool:
        if held.is_cut_off:
            return is_guarded  # then nobody is writing it: its writer died over it
        if held.expires and held.expires < iso(self._clock.utc()):
            return True
        return bool(held.machine) and held.machine == process_table() and not is_running(held.pid)

    def _is_mine(self, held: Held | None) -> bool:
        return self._mine is not None and held is not None and held.token == self._mine.token

    def _read(self) -> Held | None:
        content = self._storage.read(SUFFIX)
        return None if content is None else decode(content)


@contextmanager
def _beating(renew: Callable[[], None], interval: float) -> Iterator[None]:
    """Call `renew` every `interval` seconds, in a thread, until the block ends."""
    is_done = threading.Event()

    def beat() -> None:
        while not is_done.wait(interval):
            _try_to(renew)

    thread = threading.Thread(target=beat, name="inventory-lock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_done.set()
        thread.join()


def _try_to(renew: Callable[[], None]) -> None:
    try:
        renew()
    except OSError as error:
        logger.warning("the inventory's lock could not be renewed, trying again: %s", error)


def _locked(place: str, held: Held, timeout: float) -> Locked:
    until = f"; its lease runs until {held.expires}" if held.expires else ""
    waited = f" Waited {timeout:g} s." if timeout > 0 else ""
    problem = Problem(
        "Inventory is locked",
        f"{place} is held by {held.holder} since {held.since}{until}.{waited}",
        "Wait for that run to end, or give --lock-timeout more time. If it is surely dead: `igz-apply unlock`.",
    )
    return Locked(problem, holder=held.holder, since=held.since)
