"""The lock beside the inventory: one apply at a time, also across machines.

The lock is a small JSON file that names its holder and says until when it counts. While it is held, a thread renews it.
Somebody else may break it once it has run out, or at once where the holder was a process of this machine that is gone.

Of two who break the same lock, or of a breaker and a holder that wakes up, one wins. In a local folder every
look-then-write happens in a guarded block (`Files.guard`). In an object store every write is on the condition that the
file is still the one that was looked at; whether the store keeps to that is tried out with each lock that is taken. One
that does not keeps what was put last: there a taker waits a moment and reads back, so that two can hold the lock where
a put takes longer than that. The clocks of machines that share an inventory must agree to within the lease.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from datetime import datetime, timedelta
from typing import Protocol

from igz_apply.errors import InvalidInput, InventoryLost, Locked
from igz_apply.inventory.holder import Held, decode, encode, iso, nobody_known
from igz_apply.inventory.storage import Seen, Storage, nowhere
from igz_apply.local.processes import describe_process, is_running, process_table
from igz_apply.model.problems import Problem

LEASE_SECONDS = 60.0
SUFFIX = ".lock"

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0
_READ_BACK_PAUSE = 0.5  # longer than the puts of two takers lie apart, where the store is quick
_LONGEST_READ_BACK = 10.0  # where it is not
_BEATS_A_LEASE = 4  # so that two may fail in a row

logger = logging.getLogger(__name__)


def _nobody_minds() -> None:
    """Do nothing."""


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

    def __init__(
        self, storage: Storage, *, clock: DatedClock, holder: str, lease_seconds: float, suffix: str = SUFFIX
    ) -> None:
        self._storage = storage
        self._suffix = suffix
        self._clock = clock
        self._holder = holder or describe_process()
        self._lease_seconds = lease_seconds
        self._mine: Held | None = None
        self._expires = ""  # when what we wrote last runs out, by the date; "": it is not ours
        self._lasts_until = 0.0  # the same, by the clock that nobody sets
        self._is_told = True  # whether we would certainly be told if somebody else wrote the lock

    @property
    def is_taken(self) -> bool:
        """Whether this object has taken the lock and not given it back."""
        return self._mine is not None

    @contextmanager
    def held(self, timeout: float, lost: Callable[[], object] = _nobody_minds) -> Iterator[None]:
        """Hold the lock and keep it alive; `lost` is called, in another thread, once it is seen to be somebody else's.

        Raises Locked after `timeout` seconds of waiting, InventoryLost when the lock file cannot be written, and
        InvalidInput when there is no such bucket.
        """
        self._acquire(timeout)
        try:
            with _beating(self.renew, self._lease_seconds / _BEATS_A_LEASE, lost):
                yield
        finally:
            self._release()

    def renew(self) -> bool:
        """Move the end of the lease away; say whether the lock is still ours, else nothing is done. Raises OSError."""
        with self._storage.guard():
            seen = self._storage.look(self._suffix)
            if self._mine is None or not self._may_write_over(_held(seen)):
                self._expires = ""
                return False
            now, renewed = self._clock.now(), self._signed(self._mine.token, self._mine.since)
            if self._storage.swap(encode(renewed), seen, self._suffix) is not None:
                self._lasts_until, self._expires = now + self._lease_seconds, renewed.expires
            return True

    def is_sure(self) -> bool:
        """Say whether the lock is ours for certain: it has not run out, or was renewed just now. Raises OSError.

        It runs out where this machine was asleep, or could not write for long; somebody else may hold it then. Both
        clocks have to agree: the date may be set back, and the other may stand still while a machine sleeps.
        """
        return self._lasts() or (self.renew() and self._lasts())

    def _lasts(self) -> bool:
        return iso(self._clock.utc()) < self._expires and self._clock.now() < self._lasts_until

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
            self._storage.remove(self._suffix)
            return None if current is not None and current.is_given_back else current

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
        now, wanted = self._clock.now(), self._signed(os.urandom(16).hex(), iso(self._clock.utc()))
        try:
            with self._storage.guard() as is_guarded:
                other = self._write(wanted, is_guarded=is_guarded)
        except OSError as error:
            raise self._unlockable(error) from error
        self._mine = None if other else wanted
        self._lasts_until, self._expires = now + self._lease_seconds, "" if other else wanted.expires
        return other

    def _write(self, wanted: Held, *, is_guarded: bool) -> Held | None:
        """Write our lock where there is none, or one that is over; return who holds it instead, None when we do."""
        started, content, seen = self._clock.now(), encode(wanted), self._storage.look(self._suffix)
        current = _held(seen)
        if current is not None and not self._is_over(current, is_guarded=is_guarded):
            return current
        if current is not None and not current.is_given_back:
            logger.warning("breaking the lock of %s, left by %s", self._storage.place, current.holder)
        if (is_guarded or not self._storage.overwrites(content, self._suffix)) and not self._swapped(content, seen):
            return self._unless_ours(wanted)  # what refused our write may be our own, sent twice by the client below
        self._is_told = is_guarded or not self._storage.is_blind
        return None if self._is_told else self._overtaken_by(wanted, self._clock.now() - started)

    def _swapped(self, content: bytes, seen: Seen) -> bool:
        if seen.content is None:
            return self._storage.create(content, self._suffix)
        return self._storage.swap(content, seen, self._suffix) is not None

    def _overtaken_by(self, wanted: Held, took: float) -> Held | None:
        """Return who wrote the lock after us, None when nobody did; `took` seconds is what writing it took."""
        self._clock.sleep(min(max(_READ_BACK_PAUSE, 2 * took), _LONGEST_READ_BACK))
        return self._unless_ours(wanted)

    def _unless_ours(self, wanted: Held) -> Held | None:
        current = self._read()
        if current is not None and current.token == wanted.token:
            return None
        return current or nobody_known()

    def _unlockable(self, error: OSError) -> InvalidInput | InventoryLost:
        with suppress(OSError):
            if (lost := nowhere(self._storage)) is not None:
                return lost
        hint = "Check that its folder exists and can be written, or name another one with `inventory` in the config."
        return InventoryLost(f"{self._storage.place} cannot be locked: {error}.", hint=hint)

    def _release(self) -> None:
        """Give the lock back, unless somebody else has it by now. A failure only costs others the rest of the lease."""
        try:
            with self._storage.guard() as is_guarded:
                seen = self._storage.look(self._suffix)
                current = _held(seen)
                if current is not None and self._may_write_over(current):
                    if is_guarded:
                        self._storage.remove(self._suffix)
                    else:
                        self._storage.swap(encode(current.given_back()), seen, self._suffix)
        except OSError as error:
            logger.warning(
                "the lock of %s could not be removed and ends with its lease: %s", self._storage.place, error
            )
        finally:
            self._mine, self._expires = None, ""

    def _may_write_over(self, held: Held | None) -> bool:
        """Say whether the lock is ours and, where nobody would tell us that it was broken, cannot have been."""
        return self._is_mine(held) and (self._is_told or not self._has_run_out(held))

    def _signed(self, token: str, since: str) -> Held:
        expires = iso(self._clock.utc() + timedelta(seconds=self._lease_seconds))
        return Held(token, self._holder, since, expires, process_table(), os.getpid())

    def _is_over(self, held: Held, *, is_guarded: bool) -> bool:
        if held.is_cut_off:
            return is_guarded  # then nobody is writing it: its writer died over it
        if self._has_run_out(held):
            return True
        return bool(held.machine) and held.machine == process_table() and not is_running(held.pid)

    def _has_run_out(self, held: Held | None) -> bool:
        return held is not None and bool(held.expires) and held.expires < iso(self._clock.utc())

    def _is_mine(self, held: Held | None) -> bool:
        return self._mine is not None and held is not None and held.token == self._mine.token

    def _read(self) -> Held | None:
        return _held(self._storage.look(self._suffix))


def _held(seen: Seen) -> Held | None:
    return None if seen.content is None else decode(seen.content)


@contextmanager
def _beating(renew: Callable[[], bool], interval: float, lost: Callable[[], object]) -> Iterator[None]:
    """Call `renew` every `interval` seconds, in a thread, until the block ends; `lost` each time that it says no."""
    is_done = threading.Event()

    def beat() -> None:
        while not is_done.wait(interval):
            if not _is_renewed(renew):
                lost()

    thread = threading.Thread(target=copy_context().run, args=(beat,), name="inventory-lock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_done.set()
        thread.join()


def _is_renewed(renew: Callable[[], bool]) -> bool:
    """Say whether the lock is still ours, as far as anybody can tell."""
    try:
        return renew()
    except OSError as error:
        logger.warning("the inventory's lock could not be renewed, trying again: %s", error)
        return True


def _locked(place: str, held: Held, timeout: float) -> Locked:
    until = f"; its lease runs until {held.expires}" if held.expires else ""
    waited = f" Waited {timeout:g} s." if timeout > 0 else ""
    problem = Problem(
        "Inventory is locked",
        f"{place} is held by {held.holder} since {held.since}{until}.{waited}",
        "Wait for that run to end, or give --lock-timeout more time. If it is surely dead: `igz-apply unlock`.",
    )
    return Locked(problem, holder=held.holder, since=held.since)
