"""Saves the inventory beside the calls of an apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future

from igz_apply.errors import InvalidInput, InventoryLost
from igz_apply.model.addresses import Address
from igz_apply.model.resources import Entry
from igz_apply.ports import InventoryStore

_REST = 9  # times as long as a save took nothing is saved after it, so that calls have nine tenths of the time
_LONGEST_REST = 1.0  # seconds

Done = Future[None]


class InventoryWriter:
    """One save at a time, and not all the time: what changes meanwhile shares the next one.

    Whatever is lost between two saves is found again: a create stands in the inventory as pending before it is sent,
    and what was updated or deleted shows in live state.
    """

    def __init__(
        self,
        store: InventoryStore,
        pool: Executor,
        entries: Mapping[Address, Entry],
        post: Callable[[Done], None],
        seconds: Callable[[], float],
    ) -> None:
        """Save `entries`, as they are at that moment. `post` is called by a worker when a save has ended; `seconds`
        tells the time, from whatever beginning.
        """
        self.failure: InventoryLost | InvalidInput | None = None
        self._store = store
        self._pool = pool
        self._entries = entries
        self._post = post
        self._seconds = seconds
        self._is_saving = False
        self._is_stale = False  # something has changed since the last save began
        self._begun = 0.0
        self._due = 0.0  # when the next save may begin

    @property
    def is_busy(self) -> bool:
        """True while there is something to save."""
        return self._is_saving or (self._is_stale and self.failure is None)

    @property
    def due(self) -> float | None:
        """When the next save may begin, None where no other is wanted, or can begin yet."""
        return self._due if self._is_stale and self.failure is None and not self._is_saving else None

    def save(self) -> None:
        """Bring what the entries say now to the store, soon; nothing more is written once that has failed."""
        self._is_stale = True
        self.go_on()

    def go_on(self, *, is_last: bool = False) -> None:
        """Begin the next save if its time has come, or if it `is_last`: nothing else is awaited that could share it."""
        if self.due is not None and (is_last or self._seconds() >= self._due):
            self._is_saving, self._is_stale = True, False
            self._begun = self._seconds()
            self._pool.submit(self._store.save, dict(self._entries)).add_done_callback(self._post)

    def settle(self, done: Done) -> BaseException | None:
        """Settle a save that has ended; return what went wrong: the `failure` that stops all saving, or a defect."""
        self._is_saving = False
        now = self._seconds()
        self._due = now + min(_REST * (now - self._begun), _LONGEST_REST)
        error = done.exception()
        if isinstance(error, InventoryLost | InvalidInput):
            self.failure = error
        elif error is not None:
            self._is_stale = False  # a defect: what is in flight comes to its end, and nothing else begins
        self.go_on()
        return error
