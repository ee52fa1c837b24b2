"""The lock beside the inventory: one holder at a time, and nobody locked out for long."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from igz_apply.errors import InventoryLost, Locked
from igz_apply.inventory import FsspecInventory
from igz_apply.inventory.objects import ObjectStorage
from igz_apply.local.clock import SystemClock
from igz_apply.local.files import Files
from igz_apply.local.processes import is_running, process_table
from igz_apply.model.addresses import Address
from igz_apply.model.resources import Entry, Owned
from tests.inventory_clock import Clock

ADA = {Address("User", "ada"): Entry("u-1")}


def inventory(url: object, clock: Any = None, holder: str = "ada@one", **more: Any) -> FsspecInventory:
    return FsspecInventory(str(url), clock=clock or Clock(), holder=holder, **more)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return str(tmp_path / "deep" / "inventory.json")


def foreign(**changed: Any) -> bytes:
    """The lock of a machine that we know nothing of."""
    held = {
        "token": "theirs",
        "holder": "bob@elsewhere (pid 7)",
        "since": "2026-03-01T11:59:00.000Z",
        "expires": "2026-03-01T12:01:00.000Z",
        "machine": "elsewhere",
        "pid": 7,
    }
    return json.dumps({**held, **changed}).encode()


def test_the_lock_is_there_while_it_is_held_and_gone_after(tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    with inventory(path).locked(0):
        held = json.loads((tmp_path / "inventory.json.lock").read_text())
        assert (held["holder"], held["pid"]) == ("ada@one", os.getpid())
        assert (held["since"], held["expires"]) == ("2026-03-01T12:00:00.000Z", "2026-03-01T12:01:00.000Z")
    assert list(tmp_path.iterdir()) == []


def test_the_default_holder_is_user_host_and_pid(tmp_path: Path) -> None:
    with inventory(tmp_path / "a.json", holder="").locked(0):
        held = json.loads((tmp_path / "a.json.lock").read_text())
    assert held["holder"].endswith(f"(pid {os.getpid()})")
    assert "@" in held["holder"]


def test_a_second_taker_waits_and_is_told_who_holds_it(url: str) -> None:
    clock = Clock()
    with inventory(url, clock).locked(0), pytest.raises(Locked) as caught, inventory(url, clock, "bob@two").locked(30):
        pass
    assert (caught.value.holder, caught.value.since) == ("ada@one", "2026-03-01T12:00:00.000Z")
    assert caught.value.exit_code == 4
    [problem] = caught.value.problems
    assert "Waited 30 s" in problem.detail
    assert "igz-apply unlock" in problem.hint
    assert 30 <= clock.seconds < 31.5


def test_the_lock_is_free_again_after_an_error_in_the_block(url: str) -> None:
    with pytest.raises(ZeroDivisionError), inventory(url).locked(0):
        raise ZeroDivisionError
    with inventory(url, holder="bob@two").locked(0):
        pass


def test_a_waiting_taker_gets_the_lock_when_it_is_released(tmp_path: Path) -> None:
    class Releasing(Clock):
        def sleep(self, seconds: float) -> None:
            first.close()
            super().sleep(seconds)

    first = ExitStack()
    first.enter_context(inventory(tmp_path / "a.json").locked(0))
    with inventory(tmp_path / "a.json", Releasing(), "bob@two").locked(10):
        held = json.loads((tmp_path / "a.json.lock").read_text())
    assert held["holder"] == "bob@two"


def test_a_lease_that_has_run_out_is_broken(tmp_path: Path) -> None:
    lock, clock = tmp_path / "a.json.lock", Clock()
    lock.write_bytes(foreign())
    clock.seconds = 59
    with pytest.raises(Locked), inventory(tmp_path / "a.json", clock).locked(0):
        pass
    clock.seconds = 61
    with inventory(tmp_path / "a.json", clock).locked(0):
        assert json.loads(lock.read_text())["holder"] == "ada@one"


def test_a_waiting_taker_breaks_the_lease_as_it_runs_out(tmp_path: Path) -> None:
    (tmp_path / "a.json.lock").write_bytes(foreign())
    clock = Clock()
    with inventory(tmp_path / "a.json", clock).locked(300):
        assert 60 <= clock.seconds <= 62


def test_a_dead_process_of_this_machine_holds_nothing(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "a.json.lock").write_bytes(foreign(machine=process_table(), pid=gone.pid))
    with inventory(tmp_path / "a.json").locked(0):
        pass


def test_a_dead_process_that_nobody_has_collected_counts_as_dead() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert gone.stdout is not None
    gone.stdout.read()
    os.waitid(os.P_PID, gone.pid, os.WEXITED | os.WNOWAIT)
    assert not is_running(gone.pid)
    gone.wait()


def test_the_same_pid_in_another_process_table_is_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "a.json.lock").write_bytes(foreign(machine="another container", pid=2**22 + 1))
    with pytest.raises(Locked), inventory(tmp_path / "a.json").locked(0):
        pass


@pytest.mark.parametrize("pid", [1, 0, -1, 2**70, pytest.param(os.getpid(), id="own")])
def test_what_cannot_be_told_counts_as_running(pid: int) -> None:
    assert is_running(pid)


@pytest.mark.parametrize("content", [b"", b'{"token": "x', b"\x00\x00"])
def test_a_lock_file_that_its_writer_did_not_complete_is_broken(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.json.lock").write_bytes(content)
    with inventory(tmp_path / "a.json").locked(0):
        pass


@pytest.mark.parametrize("content", [b"[]", b'{"token": 1}', b'{"owner": "a later version"}'])
def test_a_lock_that_we_do_not_understand_is_respected(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.json.lock").write_bytes(content)
    with pytest.raises(Locked, match="unknown holder"), inventory(tmp_path / "a.json").locked(0):
        pass


def test_renewing_moves_the_end_of_the_lease(tmp_path: Path) -> None:
    clock = Clock()
    store = inventory(tmp_path / "a.json", clock)
    with store.locked(0):
        clock.seconds = 50
        store._lock.renew()
        held = json.loads((tmp_path / "a.json.lock").read_text())
    assert (held["since"], held["expires"]) == ("2026-03-01T12:00:00.000Z", "2026-03-01T12:01:50.000Z")


def test_the_lock_is_renewed_while_it_is_held(tmp_path: Path) -> None:
    renewed = threading.Event()

    class Watched(Files):
        def replace(self, source: Path, target: Path) -> None:
            super().replace(source, target)
            renewed.set()

    with inventory(tmp_path / "a.json", lease_seconds=0.02, files=Watched()).locked(0):
        assert renewed.wait(10)


def test_a_failing_renewal_is_tried_again(tmp_path: Path) -> None:
    renewed, failed = threading.Event(), threading.Event()

    class Moody(Files):
        def replace(self, source: Path, target: Path) -> None:
            if not failed.is_set():
                failed.set()
                raise OSError("no route to host")
            super().replace(source, target)
            renewed.set()

    with inventory(tmp_path / "a.json", lease_seconds=0.02, files=Moody()).locked(0):
        assert renewed.wait(10)


def test_whose_lock_was_broken_writes_nothing_more_and_leaves_the_new_lock_alone(tmp_path: Path) -> None:
    path, clock = tmp_path / "a.json", Clock()
    first, second = inventory(path, clock), inventory(path, clock, "bob@two")
    with ExitStack() as ours:
        ours.enter_context(first.locked(0))
        first.save(ADA)
        clock.seconds = 100
        with second.locked(0):
            with pytest.raises(InventoryLost, match="bob@two holds it") as caught:
                first.save({})
            assert "apply again" in caught.value.hint
            first._lock.renew()
            ours.close()
            assert json.loads((tmp_path / "a.json.lock").read_text())["holder"] == "bob@two"
    assert inventory(path).load() == Owned(ADA)


def test_a_lock_that_was_removed_stops_its_holder(tmp_path: Path) -> None:
    store = inventory(tmp_path / "a.json")
    with store.locked(0):
        held = inventory(tmp_path / "a.json").unlock()
        assert held is not None
        assert held.holder == "ada@one"
        with pytest.raises(InventoryLost, match="nobody holds it"):
            store.save(ADA)


def test_unlocking_what_is_not_locked_says_so(url: str) -> None:
    assert inventory(url).unlock() is None


def test_loading_needs_no_lock_and_creates_nothing(tmp_path: Path) -> None:
    inventory(tmp_path / "deep" / "a.json").load()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_locked_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InventoryLost, match=r"file/a\.json cannot be locked"),
        inventory(tmp_path / "file" / "a.json").locked(0),
    ):
        pass


def test_a_descriptor_shortage_does_not_remove_somebody_elses_lock(tmp_path: Path) -> None:
    class Short(Files):
        def create(self, *_: Any, **__: Any) -> int:
            raise OSError(24, "Too many open files")

    lock = foreign(expires="2026-01-01T00:00:00.000Z")
    (tmp_path / "a.json.lock").write_bytes(lock)
    with pytest.raises(InventoryLost), inventory(tmp_path / "a.json", files=Short()).locked(0):
        pass
    assert (tmp_path / "a.json.lock").read_bytes() == lock


@pytest.mark.parametrize("left", ["nothing", "an expired lock", "a cut-off lock"])
def test_of_many_takers_at_once_one_wins(left: str, tmp_path: Path) -> None:
    takers, rounds = 8, 15
    for number in range(rounds):
        path = tmp_path / f"{number}.json"
        if left != "nothing":
            lock = path.with_name(f"{path.name}.lock")
            lock.write_bytes(foreign(expires="2026-01-01T00:00:00.000Z") if left == "an expired lock" else b"{")
        together, all_tried = threading.Barrier(takers), threading.Barrier(takers)

        def take(name: int, path: Path = path, together: Any = together, all_tried: Any = all_tried) -> bool:
            with ExitStack() as stack:
                together.wait()
                try:
                    stack.enter_context(inventory(path, holder=str(name)).locked(0))
                    return True
                except Locked:
                    return False
                finally:
                    all_tried.wait()

        with ThreadPoolExecutor(takers) as pool:
            assert sorted(pool.map(take, range(takers))) == [False] * (takers - 1) + [True]


def test_where_the_system_guards_no_folder_a_taker_waits_and_reads_back(tmp_path: Path) -> None:
    class Unguarded(Files):
        @contextmanager
        def guard(self, folder: Path) -> Iterator[bool]:  # noqa: ARG002 - as the system's
            yield False

    path, clock = tmp_path / "a.json", Clock()
    for holder in ("ada@one", "eve@three"):
        with inventory(path, clock, holder, files=Unguarded()).locked(0):
            with pytest.raises(Locked, match=holder), inventory(path, clock, "bob@two", files=Unguarded()).locked(0):
                pass
            inventory(path, clock, files=Unguarded()).save(ADA)
    assert clock.seconds == 1
    assert inventory(path).unlock() is None


# Where nothing is conditional: a file server, or an object store that ignores conditions


def plain(clock: Any = None, holder: str = "ada@one", name: str = "") -> FsspecInventory:
    """An inventory on a backend that knows no conditions."""
    from fsspec.implementations.memory import MemoryFileSystem

    path = f"/{name or uuid4().hex}/prod.json"
    storage = ObjectStorage(MemoryFileSystem(), path, f"plain:/{path}")
    return FsspecInventory(clock=clock or Clock(), holder=holder, storage=storage)


def test_where_nothing_is_conditional_a_taker_waits_and_reads_back() -> None:
    clock, name = Clock(), uuid4().hex
    first = plain(clock, name=name)
    with first.locked(0):
        assert clock.seconds == 0.5
        with pytest.raises(Locked, match="ada@one"), plain(clock, "bob@two", name).locked(0):
            pass
        first.save(ADA)
    with plain(clock, "bob@two", name).locked(0):
        assert plain(name=name).load() == Owned(ADA)
    assert plain(name=name).unlock() is None


def test_a_backend_that_creates_exclusively_tells_the_second_of_two_who_saw_nothing() -> None:
    """As Google's does, which offers no other condition."""
    storage = plain()._storage
    assert storage.create(b"{}", ".lock")
    assert not storage.create(b"{}", ".lock")
    assert not storage.overwrites(b"[]", ".lock")
    assert storage.look(".lock").content == b"{}"
    assert storage.is_blind


def test_where_puts_are_slow_a_taker_waits_the_longer() -> None:
    class Slow(Clock):
        """A clock on which every look at it takes a second, as if the store had taken it."""

        def now(self) -> float:
            self.seconds += 1
            return self.seconds

        def sleep(self, seconds: float) -> None:
            slept.append(seconds)

    slept: list[float] = []
    clock = Slow()
    with plain(clock).locked(0):
        assert slept == [2]


def test_where_nothing_is_conditional_the_last_of_two_breakers_to_write_wins() -> None:
    class Racing(Clock):
        """While the first waits to read back, the second, who saw the same expired lock, overwrites."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            storage.replace(foreign(token="second", holder="bob@two"), ".lock")

    first = plain(Racing())
    storage = first._storage
    storage.replace(foreign(expires="2026-01-01T00:00:00.000Z"), ".lock")
    with pytest.raises(Locked) as caught, first.locked(0):
        pass
    assert caught.value.holder == "bob@two"


def test_where_nothing_is_conditional_a_lease_that_ran_out_is_not_renewed_nor_given_back() -> None:
    """Somebody may be breaking it at this moment, and nobody would tell."""
    clock = Clock()
    store = plain(clock)
    with store.locked(0):
        before = store._storage.look(".lock").content
        clock.seconds = 100
        store._lock.renew()
        assert store._storage.look(".lock").content == before
    assert store._storage.look(".lock").content == before


class Broken(Files):
    """Files of which one call fails, as on a full disk."""

    def __init__(self, call: str) -> None:
        self._failing = call

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name == self._failing:
            return self._fail
        return super().__getattribute__(name)

    def _fail(self, *_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("call", ["guard", "create", "write", "sync"])
def test_a_lock_that_cannot_be_written_is_not_left_half_there(call: str, tmp_path: Path) -> None:
    with (
        pytest.raises(InventoryLost, match="No space left"),
        inventory(tmp_path / "a.json", files=Broken(call)).locked(0),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_cannot_be_removed_ends_with_its_lease(tmp_path: Path) -> None:
    clock = Clock()
    with inventory(tmp_path / "a.json", clock, files=Broken("remove")).locked(0):
        pass
    with pytest.raises(Locked), inventory(tmp_path / "a.json", clock).locked(0):
        pass
    with inventory(tmp_path / "a.json", clock).locked(100):
        pass


def test_unlocking_that_fails_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.json.lock").write_bytes(foreign())
    with pytest.raises(InventoryLost, match="cannot be unlocked") as caught:
        inventory(tmp_path / "a.json", files=Broken("remove")).unlock()
    assert "by hand" in caught.value.hint


def test_killed_at_any_call_of_taking_or_giving_back_nobody_is_locked_out_beyond_the_lease(tmp_path: Path) -> None:
    from tests.inventory.test_inventory_store import Killed, MortalFiles

    for calls in range(100):
        path, clock = tmp_path / str(calls) / "a.json", Clock()
        try:
            with inventory(path, clock, files=MortalFiles(calls)).locked(0):
                pass
        except Killed:
            with inventory(path, clock, "bob@two").locked(61):
                assert clock.seconds <= 62
        else:
            break
    assert 5 <= calls < 100


HOLD = """
import sys
from igz_apply.local.clock import SystemClock
from igz_apply.inventory import FsspecInventory
from igz_apply.inventory.objects import ObjectStorage
with FsspecInventory(sys.argv[1], clock=SystemClock()).locked(0):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_holder_that_was_killed_locks_nobody_out(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Locked, match=rf"\(pid {holder.pid}\)"), inventory(path, SystemClock()).locked(0):
            pass
        holder.kill()
    with inventory(path, SystemClock()).locked(0):
        pass
