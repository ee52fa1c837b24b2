"""What a run owns: the inventory of its target, or, once, the one that all targets shared before they had their own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from igz_apply.cli.pins import inventory_place
from igz_apply.cli.session import Session
from igz_apply.cli.wiring import inventory_of
from igz_apply.errors import InventoryLost
from igz_apply.inventory import DEFAULT_PLACE, FsspecInventory
from igz_apply.inventory.storage import records_of
from igz_apply.local.clock import SystemClock
from igz_apply.local.files import Files
from igz_apply.manifests.config import Config
from igz_apply.model.addresses import Address
from igz_apply.model.resources import LiveState, Neighbour, Owned
from igz_apply.model.urls import is_url, without_credentials
from igz_apply.planning.homes import held_elsewhere, is_about, placed
from igz_apply.planning.ownership import is_owned
from igz_apply.workflow import Claims


class Inventory(Protocol):
    """What a run has to know of where its inventory lies, when it writes nothing there."""

    @property
    def place(self) -> str:
        """Where it lies, without credentials."""

    @property
    def is_new(self) -> bool:
        """Whether nothing was there when it was loaded."""

    def load(self) -> Owned:
        """Return what it holds."""

    def neighbours(self) -> tuple[Neighbour, ...]:
        """Return the other inventories beside it."""


PATIENCE = 5.0  # seconds after which a place that does not answer is spoken of


def open_inventory(session: Session, config: Config) -> tuple[FsspecInventory, Owned]:
    """Return the inventory that the config names, and what it holds. Raises what its `load` raises, or InvalidInput."""
    with _spoken_of(session, inventory_place(session.environ, config) or "", PATIENCE):
        store = inventory_of(session, config)
        return store, store.load()


def known_inventory(session: Session, config: Config) -> tuple[Inventory, Owned]:
    """Return what `open_inventory` does; with a snapshot, what was found when it was taken."""
    if not session.global_flags.live:
        return open_inventory(session, config)
    from igz_apply.cli.snapshots import snapshot_of  # both here, as most runs have none
    from igz_apply.snapshots.reading import SnapshotInventory

    store = SnapshotInventory(snapshot_of(session, config))
    return store, store.load()


def shared_before(session: Session, config: Config, store: Inventory) -> FsspecInventory | None:
    """Return the inventory that a target without a file of its own may take over; None when there is none."""
    if session.global_flags.live:
        return None  # whoever took the snapshot settled that
    is_own = bool(config.target) and not inventory_place(session.environ, config)
    if not is_own or not store.is_new or not Path(DEFAULT_PLACE).exists():
        return None
    return FsspecInventory(DEFAULT_PLACE, clock=SystemClock())


def owned_here(session: Session, config: Config, store: Inventory, owned: Owned, live: LiveState) -> Owned:
    """Return what is owned on this cluster, be it by the inventory that was shared, of which nothing is said.

    `owned` is what `store` holds. Its home tells when that is another cluster: see `homes.placed`.
    """
    if not store.is_new:
        return placed(owned, live)
    before = shared_before(session, config, store)
    held = before.load() if before is not None else owned
    return held if is_about(held, live) else owned


def settle(session: Session, config: Config, store: Inventory, owned: Owned, live: LiveState) -> Owned:
    """Return what is owned on this cluster, and say so where that is not what the target's own inventory holds."""
    found = owned_here(session, config, store, owned, live)
    if not store.is_new:
        return found
    before = shared_before(session, config, store)
    if before is not None and found is not owned:
        session.say(f"{before.place} is of this cluster: apply takes it over as {store.place}.")
        return found
    if before is not None and before.load().entries:
        session.say(
            f"{before.place} is not known to be of this cluster, and is left alone; if it is, move it to {store.place}."
        )
    session.say(f"No inventory at {store.place} yet: igz-apply owns nothing here.")
    return owned


def claims_of(
    session: Session,
    config: Config,
    store: Inventory,
    declared: Collection[Address],
    live: LiveState,
    owned: Owned,
) -> Claims:
    """Return who owns what, beside the inventory.

    Other inventories are looked for only where this run may take over what lives and is not ours, or delete what it
    declares no more: a listing and some reads, which a run that owns and declares the same is spared.
    """
    neighbours = _neighbours(session, store, declared, live, owned)
    for each in neighbours:
        if each.fault:
            session.warn(f"{each.place} {each.fault}; if an inventory is there, nobody can tell what it owns.")
    return Claims(config.owner, held_elsewhere(neighbours, live.caller.home))


def _neighbours(
    session: Session, store: Inventory, declared: Collection[Address], live: LiveState, owned: Owned
) -> tuple[Neighbour, ...]:
    """Return the other inventories where they matter; with a snapshot they are at hand, and mostly there are none."""
    if session.global_flags.live and not store.neighbours():
        return ()
    entries = owned.entries
    kinds = {kind.name: kind for kind in session.platform.kinds}
    is_needed = any(address not in declared and address in live.resources for address in entries) or any(
        not is_owned(entries.get(address), lives, kinds[address.kind])
        for address in declared
        if (lives := live.resources.get(address)) is not None and address.kind in kinds
    )
    return store.neighbours() if is_needed else ()


def take_over(store: FsspecInventory, before: FsspecInventory) -> None:
    """Make the inventory that was shared that of one target, by one rename: no crash leaves two. Raises InventoryLost.

    Hold the locks of both from before `before` was loaded.
    """
    files, old, new = Files(), Path(before.place), Path(store.place)
    try:
        files.replace(old, new)
        files.sync_folder(new.parent)
    except OSError as error:
        hint = f"Move {old} to {new} by hand, or make the folder writable."
        raise InventoryLost(f"{old} cannot be taken over: {error}.", hint=hint) from error
    records = old.with_name(records_of(old.name)), new.with_name(records_of(new.name))
    with contextlib.suppress(OSError):  # where they lie is told by `history` of the one that was shared
        if not records[1].exists():
            files.replace(*records)
    store.load()


@contextmanager
def _spoken_of(session: Session, place: str, seconds: float) -> Iterator[None]:
    """Say it when a place elsewhere does not answer: some backends look for credentials for half a minute."""
    text = f"{without_credentials(place)} has not answered for {seconds:g} s: are credentials and address right?"
    timer = threading.Timer(seconds, session.warn, [text])
    timer.daemon = True
    if is_url(place):
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
