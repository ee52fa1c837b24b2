"""When the inventory is saved while an apply runs."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from igz_apply.execution.inventory_writer import InventoryWriter
from igz_apply.model.addresses import Address
from igz_apply.model.resources import Entry
from tests.fakes import FakeClock, InlinePool, MemoryInventory


class Saving:
    """A writer whose saves take as long as the test says, and what it has saved."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.pool = InlinePool(is_held=True)
        self.store = MemoryInventory()
        self.entries: dict[Address, Entry] = {}
        self._ended: list[Future[Any]] = []
        self.writer = InventoryWriter(self.store, self.pool, self.entries, self._ended.append, self.clock.now)

    def change(self) -> None:
        """Let one more entry be there, and ask for a save."""
        self.entries[Address("User", str(len(self.entries)))] = Entry("1")
        self.writer.save()

    def take(self, seconds: float) -> None:
        """Let the save that runs end after so long."""
        self.clock.sleep(seconds)
        self.pool.run_next()
        self.writer.settle(self._ended.pop())


def test_the_first_change_is_saved_at_once() -> None:
    saving = Saving()
    saving.change()
    saving.take(0.01)
    assert [len(each) for each in saving.store.saves] == [1]
    assert not saving.writer.is_busy
    assert saving.writer.due is None


def test_after_a_save_nothing_is_saved_for_nine_times_as_long() -> None:
    saving = Saving()
    saving.change()
    saving.take(0.01)
    for _ in range(5):
        saving.change()
        saving.clock.sleep(0.01)
    assert saving.pool.held == 0
    assert saving.writer.is_busy
    saving.clock.sleep(saving.writer.due - saving.clock.now() if saving.writer.due is not None else 0)
    saving.writer.go_on()
    saving.take(0.01)
    assert [len(each) for each in saving.store.saves] == [1, 6]


def test_a_slow_save_is_followed_by_the_next_within_a_second() -> None:
    saving = Saving()
    saving.change()
    saving.change()
    saving.take(30.0)
    assert saving.writer.due is not None
    assert saving.writer.due <= saving.clock.now() + 1.0


def test_when_nothing_else_is_awaited_the_rest_is_saved_at_once() -> None:
    saving = Saving()
    saving.change()
    saving.change()
    saving.take(0.5)
    assert saving.pool.held == 0
    saving.writer.go_on(is_last=True)
    saving.take(0.5)
    assert [len(each) for each in saving.store.saves] == [1, 2]
    assert not saving.writer.is_busy
