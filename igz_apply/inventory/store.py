"""The inventory, behind the `InventoryStore` port."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace

from igz_apply.core.addresses import Address
from igz_apply.core.resources import Entry, Owned
from igz_apply.errors import InventoryLost
from igz_apply.files import Files
from igz_apply.inventory.document import Encoder, Remembered, damaged, decode
from igz_apply.inventory.holder import Held
from igz_apply.inventory.lock import LEASE_SECONDS, DatedClock, Lock
from igz_apply.inventory.storage import storage_at

DEFAULT_PLACE = ".igz-apply/inventory.json"
USED_PLANS = "used_plans"
TENANT = "tenant"
MOST_USED_PLANS = 1000  # the oldest are forgotten: what they would touch has moved on long since


class FsspecInventory:
    """An inventory in a local file, or behind any URL that fsspec knows.

    Load inside `locked`, or what another run has written in between is lost.
    """

    def __init__(
        self,
        url: str = DEFAULT_PLACE,
        *,
        clock: DatedClock,
        holder: str = "",  # "": this process, as user@host (pid)
        lease_seconds: float = LEASE_SECONDS,
        files: Files | None = None,  # None: the operating system's
    ) -> None:
        """Find the place. Raises InvalidInput when no installed backend knows the URL."""
        self._storage = storage_at(url, files or Files())
        self._lock = Lock(self._storage, clock=clock, holder=holder, lease_seconds=lease_seconds)
        self._encoder = Encoder()
        self._remembered: Remembered | None = None  # None: not read yet

    @property
    def place(self) -> str:
        """Where it lies, for a person to read; without credentials."""
        return self._storage.place

    def load(self) -> Owned:
        """Return it, empty when there is none yet.

        Raises InvalidInput when it is damaged or too new, InventoryLost when it cannot be read.
        """
        try:
            content = self._storage.read()
        except OSError as error:
            hint = "Check that it may be read, and that credentials and address are right."
            raise InventoryLost(f"{self.place} cannot be read: {error}.", hint=hint) from error
        self._remembered = Remembered() if content is None else decode(content, self.place)
        top = self._remembered.top
        used, tenant = top.get(USED_PLANS, []), top.get(TENANT, "")
        if not _is_texts(used) or not isinstance(tenant, str):
            raise damaged(self.place, f"`{USED_PLANS}` or `{TENANT}` holds something else than text")
        return Owned(
            self._remembered.entries,
            used_plans=tuple(used),
            tenant=tenant,
        )

    def save(self, entries: Mapping[Address, Entry]) -> None:
        """Replace it atomically, keeping keys of this format that we do not know.

        Raises InventoryLost when that fails, or when the lock that was taken is no longer ours; the old one is then
        intact. Raises InvalidInput when what is there now is damaged: it is never overwritten unread.
        """
        if self._remembered is None:
            self.load()
        content = self._encoder.encode(entries, self._remembered or Remembered())
        try:
            with self._storage.guard():
                if self._lock.is_taken:
                    self._lock.check()
                self._storage.replace(content)
        except OSError as error:
            hint = "The one before is intact. Make room or grant access, then run apply again: it finds what was done."
            raise InventoryLost(f"{self.place} cannot be written: {error}.", hint=hint) from error

    def claim(self, tenant: str) -> None:
        """Note whose resources the entries of the next save are. Raises what `load` raises."""
        if self._remembered is None:
            self.load()
        known = self._remembered or Remembered()
        self._remembered = replace(known, top={**known.top, TENANT: tenant})

    def use_plan(self, digest: str) -> None:
        """Remember that a saved plan is applied now. Raises what `save` raises."""
        known = self._remembered if self._remembered is not None else Remembered()
        used = [*(known.top.get(USED_PLANS) or []), digest][-MOST_USED_PLANS:]
        self._remembered = replace(known, top={**known.top, USED_PLANS: used})
        self.save(known.entries)

    def locked(self, timeout: float) -> AbstractContextManager[None]:
        """Hold the lock. Raises Locked when another holder does not let go within `timeout` seconds."""
        return self._lock.held(timeout)

    def unlock(self) -> Held | None:
        """Remove the lock, whoever holds it; return who did, None when nobody. Raises InventoryLost."""
        try:
            return self._lock.remove()
        except OSError as error:
            hint = f"Delete {self.place}.lock by hand."
            raise InventoryLost(f"{self.place} cannot be unlocked: {error}.", hint=hint) from error


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
