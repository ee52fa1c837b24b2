"""A lock that somebody else has taken meanwhile: who held it is told, and sends nothing more."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from igz_apply.cli.leadership import SUFFIX, LeaderLease
from igz_apply.errors import InventoryLost, Locked, PlaneError
from igz_apply.execution.fencing import NOT_SENT, FencedCalls, FencedWriter
from igz_apply.inventory import FsspecInventory
from igz_apply.inventory.lock import Lock
from igz_apply.inventory.places import storage_at
from igz_apply.local.files import Files
from igz_apply.model.addresses import Address
from igz_apply.model.step import Step
from igz_apply.ports import Done
from tests.inventory_clock import Clock


def inventory(path: Path, clock: Clock, holder: str = "ada@one") -> FsspecInventory:
    return FsspecInventory(str(path), clock=clock, holder=holder)


def test_a_lock_is_surely_ours_until_it_has_run_out_and_longer_where_nobody_took_it(tmp_path: Path) -> None:
    clock = Clock()
    store = inventory(tmp_path / "a.json", clock)
    assert not store.is_surely_locked()
    with store.locked(0):
        assert store.is_surely_locked()
        clock.seconds = 100  # asleep
        assert store.is_surely_locked()
        clock.seconds = 200
        with inventory(tmp_path / "a.json", clock, "bob@two").locked(0):
            assert not store.is_surely_locked()


def test_a_lock_that_was_seen_to_be_somebody_elses_is_not_ours_for_the_rest_of_its_lease(tmp_path: Path) -> None:
    clock = Clock()
    lock = Lock(storage_at(str(tmp_path / "a"), Files()), clock=clock, holder="ada", lease_seconds=60)
    with lock.held(0):
        (tmp_path / "a.lock").unlink()  # `igz-apply unlock`, and another may hold it
        assert not lock.renew()
        assert not lock.is_sure()
    assert not lock.is_sure()


def test_a_lock_has_run_out_though_the_date_was_set_back(tmp_path: Path) -> None:
    class Fake(Clock):
        set_back = 0

        def utc(self) -> datetime:
            return super().utc() - timedelta(seconds=self.set_back)

    clock = Fake()
    place = str(tmp_path / "a.json")
    store = inventory(tmp_path / "a.json", clock)
    with store.locked(0):
        clock.seconds, clock.set_back = 100, 3600  # asleep, and woken up with another date
        other = Clock()
        other.seconds = 100
        with FsspecInventory(place, clock=other, holder="bob@two").locked(0):
            assert not store.is_surely_locked()


def test_a_lock_that_cannot_be_looked_at_once_it_has_run_out_is_not_surely_ours(tmp_path: Path) -> None:
    class Away(Files):
        is_away = False

        def read(self, path: Path) -> bytes:
            if self.is_away:
                raise OSError("no route to host")
            return super().read(path)

    clock, files = Clock(), Away()
    store = FsspecInventory(str(tmp_path / "a.json"), clock=clock, holder="ada@one", files=files)
    with store.locked(0):
        files.is_away = True
        assert store.is_surely_locked()
        clock.seconds = 100
        assert not store.is_surely_locked()


class Sending:
    """A writer that says that all is done."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def perform(self, step: Step, ids: Mapping[Address, str]) -> Done:
        self.sent.append(f"{step} {dict(ids)}")
        return Done()

    def __getattr__(self, name: str) -> Any:
        return lambda *_: name


def test_a_step_is_sent_only_while_the_inventory_is_ours() -> None:
    answers, writer = iter([True, False]), Sending()
    fenced = FencedWriter(writer, lambda: next(answers))
    step: Any = "step"
    assert fenced.perform(step, {}) == Done()
    with pytest.raises(PlaneError, match="Was this machine asleep") as caught:
        fenced.perform(step, {})
    assert caught.value.status is None
    assert writer.sent == ["step {}"]


def test_a_call_that_writes_is_sent_only_while_the_inventory_is_ours(tmp_path: Path) -> None:
    clock = Clock()
    store = inventory(tmp_path / "a.json", clock)
    calls = FencedCalls(store.may_be_written)
    assert calls.began("PUT", "/api/users/{id}") == {}  # of what holds no inventory
    with store.locked(0):
        assert calls.began("PUT", "/api/users/{id}") == {}
        (tmp_path / "a.json.lock").unlink()
        clock.seconds = 100  # asleep
        assert calls.began("PUT", "/api/users/{id}") == NOT_SENT
        assert calls.began("GET", "/api/users/{id}") == {}


def test_what_only_looks_is_asked_for_whoever_holds_the_inventory() -> None:
    fenced = FencedWriter(Sending(), lambda: False)
    step: Any = "step"
    found: list[Any] = [fenced.settle(step, {}), fenced.job("1"), fenced.is_settled(step, {})]
    assert [*found, fenced.failures(step, "1", step)] == ["settle", "job", "is_settled", "failures"]


def test_whoever_holds_a_lock_is_told_that_it_is_lost(tmp_path: Path) -> None:
    lost = threading.Event()
    lock = Lock(storage_at(str(tmp_path / "a"), Files()), clock=Clock(), holder="ada", lease_seconds=0.02)
    with lock.held(0, lost.set):
        (tmp_path / "a.lock").unlink()
        assert lost.wait(10)


class Lease:
    """A lease in a folder, for as many replicas as are wanted."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.place = str(folder / "prod.json")
        self.lost: list[str] = []

    def replica(self) -> LeaderLease:
        return LeaderLease(lambda: self.place, self.clock, lambda: self.lost.append("lost"))


def test_one_replica_leads_until_it_gives_the_lease_back(tmp_path: Path) -> None:
    lease = Lease(tmp_path)
    one, two = lease.replica(), lease.replica()
    assert (one.take(), one.take()) == ("", "")
    assert "(pid " in two.take()
    assert [path.name for path in tmp_path.iterdir()] == [f"prod.json{SUFFIX}"]
    one.give_back()
    assert two.take() == ""
    two.give_back()
    assert list(tmp_path.iterdir()) == []


def test_a_lease_is_no_inventory_and_no_lock_of_one(tmp_path: Path) -> None:
    lease = Lease(tmp_path)
    assert lease.replica().take() == ""
    with inventory(tmp_path / "prod.json", lease.clock).locked(0):
        assert inventory(tmp_path / "other.json", lease.clock).neighbours() == ()


def test_a_lease_that_has_run_out_goes_to_whoever_looks_and_its_holder_notices(tmp_path: Path) -> None:
    lease = Lease(tmp_path)
    one, two = lease.replica(), lease.replica()
    assert one.take() == ""
    lease.clock.seconds = 60
    assert two.take() == ""
    assert "(pid " in one.take()


def test_another_inventory_has_another_lease(tmp_path: Path) -> None:
    lease = Lease(tmp_path)
    one = lease.replica()
    assert one.take() == ""
    lease.place = str(tmp_path / "other.json")
    assert one.take() == ""
    assert [path.name for path in tmp_path.iterdir()] == [f"other.json{SUFFIX}"]
    one.give_back()


def test_where_nobody_knows_yet_what_there_is_to_lead_nothing_is_held(tmp_path: Path) -> None:
    lease = Lease(tmp_path)
    lease.place = ""
    assert lease.replica().take() == ""
    assert list(tmp_path.iterdir()) == []


def test_a_lease_that_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    lease = Lease(tmp_path)
    one = lease.replica()
    assert one.take() == ""
    (tmp_path / f"prod.json{SUFFIX}").unlink()
    (tmp_path / f"prod.json{SUFFIX}").mkdir()
    with pytest.raises(InventoryLost, match="lease beside the inventory"):
        one.take()
    (tmp_path / f"prod.json{SUFFIX}").rmdir()
    one.give_back()


def test_a_lease_is_looked_at_often_enough_to_be_taken_over_in_time() -> None:
    clock = Clock()
    for seconds in (2.0, 60.0):
        lease = LeaderLease(str, clock, list, lease_seconds=seconds)
        assert seconds * 0.8 + lease.pause <= seconds


def test_a_lock_that_another_holds_is_not_taken(tmp_path: Path) -> None:
    clock = Clock()
    with inventory(tmp_path / "a.json", clock).locked(0), pytest.raises(Locked):
        inventory(tmp_path / "a.json", clock, "bob@two").locked(0).__enter__()
