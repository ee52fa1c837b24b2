"""The inventory in Azure's blob store, against Azure's own emulator. Skipped where npm cannot provide it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest

from igz_apply.errors import InvalidInput, InventoryLost, Locked
from igz_apply.inventory import FsspecInventory
from igz_apply.inventory.objects import ObjectStorage, azure_conditions
from igz_apply.model.addresses import Address
from igz_apply.model.resources import Entry, Home, Neighbour, Owned
from tests.azure_server import NoAzurite, azure_server
from tests.inventory_clock import Clock

pytestmark = pytest.mark.full

ADA = {Address("User", "ada"): Entry("u-1")}
BOB = {Address("User", "bob"): Entry("u-2")}


@pytest.fixture(scope="module")
def filesystem() -> Iterator[Any]:
    from adlfs import AzureBlobFileSystem

    with ExitStack() as stack:
        try:
            connection = stack.enter_context(azure_server())
        except NoAzurite as error:
            pytest.skip(str(error))
        yield AzureBlobFileSystem(connection_string=connection, skip_instance_cache=True)


class Place:
    """One inventory's place in a container of its own."""

    def __init__(self, filesystem: Any) -> None:
        self.filesystem, self.container = filesystem, f"c{uuid4().hex}"
        filesystem.mkdir(self.container)

    def inventory(self, holder: str = "ada@one", clock: Any = None, name: str = "prod.json") -> FsspecInventory:
        path = f"{self.container}/{name}"
        storage = ObjectStorage(
            self.filesystem, path, f"az://{path}", conditions=azure_conditions(), needs=self.container
        )
        return FsspecInventory(clock=clock or Clock(), holder=holder, storage=storage)

    def put(self, held: dict[str, Any]) -> None:
        self.filesystem.pipe_file(f"{self.container}/prod.json.lock", json.dumps(held).encode())


@pytest.fixture
def place(filesystem: Any) -> Place:
    return Place(filesystem)


def test_locking_saving_and_loading(place: Place) -> None:
    clock = Clock()
    for entries in (ADA, {**ADA, **BOB}):
        store = place.inventory(clock=clock)
        with store.locked(0):
            store.load()
            store.claim(Home("t", "https://one.test"))
            store.save(entries)
            store._lock.renew()
            with pytest.raises(Locked, match="ada@one"), place.inventory("bob@two", clock).locked(0):
                pass
    assert place.inventory().load() == Owned({**ADA, **BOB}, home=Home("t", "https://one.test"))
    assert clock.seconds == 0  # it keeps its word: nobody had to wait and read back


def test_a_lock_that_was_broken_while_its_holder_slept_is_not_written_over(place: Place) -> None:
    clock = Clock()
    first, second = place.inventory(clock=clock), place.inventory("bob@two", clock)
    with first.locked(0), ExitStack() as stack:
        first.load()
        seen = first._storage.look(".lock")
        clock.seconds = 100
        stack.enter_context(second.locked(0))
        assert first._storage.swap(b"{}", seen, ".lock") is None
        second.load()
        second.save(BOB)
        with pytest.raises(InventoryLost, match="bob@two holds it"):
            first.save(ADA)
    assert place.inventory().load() == Owned(BOB)


def test_what_was_written_by_somebody_else_is_not_overwritten(place: Place) -> None:
    first = place.inventory()
    first.load()
    place.inventory().save(BOB)
    with pytest.raises(InventoryLost, match="was written by somebody else"):
        first.save(ADA)
    assert place.inventory().load() == Owned(BOB)


def test_an_expired_lock_is_broken(place: Place) -> None:
    place.put({"token": "theirs", "holder": "bob", "since": "2026", "expires": "2026-01-01", "machine": "", "pid": 0})
    with place.inventory().locked(0), pytest.raises(Locked), place.inventory("bob@two").locked(0):
        pass


def test_a_container_that_does_not_exist_is_told(place: Place) -> None:
    place.container = "no-such-container"
    for attempt in (place.inventory().load, place.inventory().locked(0).__enter__):
        with pytest.raises(InvalidInput, match="there is no bucket or folder no-such-container"):
            attempt()


def test_the_other_inventories_of_the_container_are_its_neighbours(place: Place) -> None:
    place.inventory(name="other.json").save(BOB)
    ours = place.inventory()
    ours.save(ADA)
    assert ours.neighbours() == (Neighbour(f"az://{place.container}/other.json", Home(), frozenset(BOB)),)
