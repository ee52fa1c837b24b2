"""The inventory, behind the `InventoryStore` port."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from igz_apply.errors import InvalidInput, InventoryLost
from igz_apply.inventory.document import Encoder, Remembered, damaged, decode, is_something_else
from igz_apply.inventory.holder import Held
from igz_apply.inventory.lock import LEASE_SECONDS, DatedClock, Lock
from igz_apply.inventory.places import storage_at
from igz_apply.inventory.records import FsspecRecords
from igz_apply.inventory.storage import Seen, Storage, nowhere
from igz_apply.local.files import Files
from igz_apply.model.addresses import Address
from igz_apply.model.records import RunFacts
from igz_apply.model.remembering import ANEW, Remembering
from igz_apply.model.resources import Entry, Home, Neighbour, Owned
from igz_apply.planning.homes import address_of

DEFAULT_PLACE = ".igz-apply/inventory.json"
USED_PLANS = "used_plans"
TENANT, ENDPOINT, CLUSTER = "tenant", "endpoint", "cluster"
MOST_USED_PLANS = 1000  # the oldest are forgotten: what they would touch has moved on long since
MOST_NEIGHBOURS = 50


def default_place(target: str) -> str:
    """Return where the inventory of a target lies unless the config says otherwise; "" is a run without a target."""
    return f".igz-apply/inventory.{target}.json" if target else DEFAULT_PLACE


class Beside:
    """A small document beside an inventory."""

    def __init__(self, storage: Storage, suffix: str) -> None:
        self._storage = storage
        self._suffix = suffix

    def read(self) -> bytes | None:
        """Return it, None where there is none. Raises OSError."""
        return self._storage.look(self._suffix).content

    def write(self, content: bytes) -> None:
        """Write it, whole; a local folder is made for it. Raises OSError."""
        with self._storage.guard():
            self._storage.replace(content, self._suffix)


class FsspecInventory:
    """An inventory in a local file, or behind a URL that fsspec knows.

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
        storage: Storage | None = None,  # None: the one that the URL names
        results: Remembering = ANEW,  # what was read of it before
    ) -> None:
        """Find the place. Raises InvalidInput when an inventory cannot lie there."""
        self._storage = storage or storage_at(url, files or Files())
        self._lock = Lock(self._storage, clock=clock, holder=holder, lease_seconds=lease_seconds)
        self._encoder = Encoder()
        self._results = results
        self._seen: Seen | None = None  # None: not read yet
        self._remembered = Remembered()  # what was read or written last
        self._writing = threading.Lock()
        self._clock = clock

    def records(self, facts: Callable[[], RunFacts] = RunFacts) -> FsspecRecords:
        """Return the records of runs that lie beside it; `facts` tells those of the run that will leave one."""
        return FsspecRecords(self._storage, self._clock, facts)

    def beside(self, suffix: str) -> Beside:
        """Return the place of a small document beside it, of its name and a suffix: a cache, which needs no lock."""
        return Beside(self._storage, suffix)

    @property
    def place(self) -> str:
        """Where it lies, for a person to read; without credentials."""
        return self._storage.place

    @property
    def is_new(self) -> bool:
        """Whether nothing was there when it was loaded."""
        return self._seen is not None and self._seen.content is None

    def load(self) -> Owned:
        """Return it, empty when there is none yet.

        Raises InvalidInput when it is damaged or too new, or when there is no such bucket; InventoryLost when it cannot
        be read.
        """
        try:
            seen = self._storage.look()
            lost = nowhere(self._storage) if seen.content is None else None
        except OSError as error:
            hint = "Check that it may be read, and that credentials and address are right."
            raise InventoryLost(f"{self.place} cannot be read: {error}.", hint=hint) from error
        if lost is not None:
            raise lost
        self._remembered = Remembered() if seen.content is None else self._decoded(seen.content, self.place)
        self._seen = seen
        used = self._remembered.top.get(USED_PLANS, [])
        if not _is_texts(used):
            raise damaged(self.place, f"`{USED_PLANS}` holds something else than text")
        return Owned(self._remembered.entries, used_plans=tuple(used), home=_home(self._remembered, self.place))

    def _decoded(self, content: bytes, place: str) -> Remembered:
        return self._results.once(("inventory", place), decode, content, place)

    def save(self, entries: Mapping[Address, Entry]) -> None:
        """Replace it atomically, keeping keys of this format that we do not know.

        Raises InventoryLost when that fails, or when the lock that was taken is no longer ours, or somebody else has
        written it; what is there is then intact. Raises InvalidInput when what is there now is damaged: it is never
        overwritten unread.
        """
        self._loaded()
        with self._writing:
            self._write(replace(self._remembered, entries=dict(entries)))

    def claim(self, home: Home) -> None:
        """Note whose resources the entries of the next save are. Raises what `load` raises."""
        told = {TENANT: home.tenant, ENDPOINT: address_of(home.endpoint), CLUSTER: home.cluster}
        self._loaded()
        with self._writing:
            kept = {key: value for key, value in self._remembered.top.items() if key not in told}
            known = {key: value for key, value in told.items() if value}
            self._remembered = replace(self._remembered, top={**kept, **known})

    def use_plan(self, seal: str) -> None:
        """Remember that a saved plan is applied now, beside whatever was saved last. Raises what `save` raises."""
        self._loaded()
        with self._writing:
            top = self._remembered.top
            used = [*(each for each in top.get(USED_PLANS) or [] if each != seal), seal][-MOST_USED_PLANS:]
            self._write(replace(self._remembered, top={**top, USED_PLANS: used}))

    def neighbours(self) -> tuple[Neighbour, ...]:
        """Return the other inventories in the same folder or under the same prefix; what cannot be read is a fault.

        Costs one listing, and a read of each `.json` file there, 50 at most.
        """
        return tuple(self._neighbours())

    def locked(self, timeout: float) -> AbstractContextManager[None]:
        """Hold the lock. Raises Locked when another holder does not let go within `timeout` seconds."""
        return self._lock.held(timeout)

    def is_surely_locked(self) -> bool:
        """Say whether the lock that was taken is ours for certain; what cannot be told is not. See `Lock.is_sure`."""
        try:
            return self._lock.is_sure()
        except OSError:
            return False

    def may_be_written(self) -> bool:
        """Say whether nothing is against a call that writes: the lock is ours for certain, or was never taken."""
        return not self._lock.is_taken or self.is_surely_locked()

    def unlock(self) -> Held | None:
        """Remove the lock, whoever holds it; return who did, None when nobody. Raises InventoryLost."""
        try:
            return self._lock.remove()
        except OSError as error:
            hint = f"Delete {self.place}.lock by hand."
            raise InventoryLost(f"{self.place} cannot be unlocked: {error}.", hint=hint) from error

    def _loaded(self) -> None:
        if self._seen is None:
            self.load()

    def _write(self, document: Remembered) -> None:
        """Bring a document to where it lies, and remember it once it is there."""
        content = self._encoder.encode(document.entries, document)
        try:
            with self._storage.guard():
                if self._lock.is_taken:
                    self._lock.check()
                self._seen = self._swapped(content)
        except OSError as error:
            hint = "The one before is intact. Make room or grant access, then run apply again: it finds what was done."
            raise InventoryLost(f"{self.place} cannot be written: {error}.", hint=hint) from error
        self._remembered = document

    def _swapped(self, content: bytes) -> Seen:
        """Write over what we know, and over nothing else. Raises InventoryLost and OSError."""
        assert self._seen is not None, "it was loaded before"
        written = self._storage.swap(content, self._seen)
        if written is not None:
            return written
        there = self._storage.look()
        if there.content != content:  # else it is our own, sent twice by the client below us
            hint = "What is there is intact. When no other run is left, run apply again: it finds what was done."
            raise InventoryLost(f"{self.place} was written by somebody else meanwhile.", hint=hint)
        return there

    def _neighbours(self) -> Iterator[Neighbour]:
        try:
            for place, content in self._storage.neighbours(MOST_NEIGHBOURS):
                found = _unread(place, content) if isinstance(content, str) else _neighbour(place, content)
                if found is not None:
                    yield found
        except OSError as error:
            yield _unread(self.place, f"has neighbours that cannot be listed: {error}")


def _unread(place: str, why: str) -> Neighbour:
    return Neighbour(place, Home(), frozenset(), why)


def _neighbour(place: str, content: bytes) -> Neighbour | None:
    """Return the inventory that a file holds, None when it holds something else."""
    try:
        found = decode(content, place)
        home = _home(found, place)
    except InvalidInput as error:
        why = error.problems[0].detail.removeprefix(f"{place} ").removesuffix(".")
        return None if is_something_else(content) else _unread(place, why)
    owned = frozenset(address for address, entry in found.entries.items() if not entry.is_pending)
    return Neighbour(place, home, owned)


def _home(document: Remembered, place: str) -> Home:
    """Return the cluster that a document is about. Raises InvalidInput."""

    def told(key: str) -> str:
        value: Any = document.top.get(key, "")
        if not isinstance(value, str):
            raise damaged(place, f"`{key}` holds something else than text")
        return value

    return Home(told(TENANT), told(ENDPOINT), told(CLUSTER))


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
