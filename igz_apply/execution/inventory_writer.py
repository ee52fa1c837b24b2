"""Saves the inventory beside the calls of an apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future

from igz_apply.errors import InvalidInput, InventoryLost
from igz_apply.model.addresses import Address
from igz_apply.model.resources import Entry
from igz_apply.ports import InventoryStore

Done = Future[None]


class InventoryWriter:
    """One save at a time; what changes while it runs shares the next one.

    Whatever is lost between two saves is found again: a create stands in the inventory as pending before it is sent,
    and what was updated or deleted shows in live state.
    """

    def __init__(
        self,
        store: InventoryStore,
        pool: Executor,
        entries: Mapping[Address, Entry],
        post: Callable[[Done], None],
    ) -> None:
        """Save `entries`, as they are at that moment. `post` is called by a worker when a save has ended."""
        self.failure: InventoryLost | InvalidInput | None = None
        self._store = store
        self._pool = pool
        self._entries = entries
        self._post = post
        self._is_saving = False
        self._is_stale = False  # something has changed since the running save began

    @property
    def is_busy(self) -> bool:
        """True while a save runs."""
        return self._is_saving

    def save(self) -> None:
        """Bring what the entries say now to the store; nothing more is written once that has failed."""
        if self._is_saving or self.failure is not None:
            self._is_stale = True
            return
        self._is_saving, self._is_stale = True, False
        self._pool.submit(self._store.save, dict(self._entries)).add_done_callback(self._post)

    def settle(self, done: Done) -> BaseException | None:
        """Settle a save that has ended, and begin the next if one is wanted.

        Returns what went wrong: the `failure` that stops all saving, or a defect.
        """
        self._is_saving = False
        error = done.exception()
        if isinstance(error, InventoryLost | InvalidInput):
            self.failure = error
        elif error is None and self._is_stale:
            self.save()
        return error
