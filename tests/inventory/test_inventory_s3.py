"""The inventory in S3: against a server that keeps its word on conditional writes, and one that ignores conditions."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from igz_apply.cli.leadership import LeaderLease
from igz_apply.errors import InvalidInput, InventoryLost, Locked
from igz_apply.inventory import FsspecInventory
from igz_apply.inventory.objects import ObjectStorage, s3_conditions
from igz_apply.model.addresses import Address
from igz_apply.model.resources import Entry, Home, Neighbour, Owned
from tests.inventory_clock import Clock
from tests.s3_server import S3, s3_server

pytestmark = pytest.mark.full

ADA = {Address("User", "ada"): Entry("u-1")}
BOB = {Address("User", "bob"): Entry("u-2")}
EXPIRED = json.dumps(
    {
        "token": "theirs",
        "holder": "bob@elsewhere",
        "since": "2026-03-01",
        "expires": "2026-03-01",
        "machine": "",
        "pid": 0,
    }
).encode()


@pytest.fixture(scope="module", params=[False, True], ids=["conditional", "ignores-conditions"])
def any_s3(request: pytest.FixtureRequest) -> Iterator[S3]:
    with s3_server(ignores_conditions=request.param) as s3:
        yield s3


@pytest.fixture(scope="module")
def keeping() -> Iterator[S3]:
    with s3_server() as s3:
        yield s3


@pytest.fixture
def s3(keeping: S3) -> Iterator[S3]:
    """The server that keeps its word."""
    yield keeping
    keeping.refuses = None
    keeping.before = None


class Place:
    """One inventory's place in a bucket of its own."""

    def __init__(self, s3: S3) -> None:
        self.s3, self.bucket = s3, s3.bucket()

    def inventory(self, holder: str = "ada@one", clock: Any = None, name: str = "prod.json") -> FsspecInventory:
        path = f"{self.bucket}/{name}"
        storage = ObjectStorage(self.s3.client, path, f"s3://{path}", conditions=s3_conditions(), needs=self.bucket)
        return FsspecInventory(clock=clock or Clock(), holder=holder, storage=storage)

    def lease(self, clock: Any) -> LeaderLease:
        path = f"{self.bucket}/prod.json"

        def storage(place: str) -> ObjectStorage:
            return ObjectStorage(self.s3.client, path, place, conditions=s3_conditions(), needs=self.bucket)

        return LeaderLease(lambda: f"s3://{path}", clock, list, storage=storage)

    def put(self, content: bytes, name: str = "prod.json.lock") -> None:
        self.s3.client.pipe_file(f"{self.bucket}/{name}", content)

    def held_by(self) -> str:
        return str(json.loads(self.s3.client.cat_file(f"{self.bucket}/prod.json.lock"))["holder"])


@pytest.fixture
def place(s3: S3) -> Place:
    return Place(s3)


@pytest.fixture
def any_place(any_s3: S3) -> Place:
    return Place(any_s3)


# On any server


def test_what_was_saved_is_loaded_by_the_next_run(any_place: Place) -> None:
    store = any_place.inventory()
    assert (store.load(), store.is_new) == (Owned({}), True)
    with store.locked(0):
        store.load()
        store.claim(Home("t", "https://one.test", "blue"))
        store.save(ADA)
        store.use_plan("digest")
        store.save({**ADA, **BOB})
    assert any_place.inventory().load() == Owned(
        {**ADA, **BOB}, used_plans=("digest",), home=Home("t", "https://one.test", "blue")
    )


def test_a_second_taker_is_told_who_holds_the_lock_until_it_is_given_back(any_place: Place) -> None:
    with any_place.inventory().locked(0):
        with pytest.raises(Locked) as caught, any_place.inventory("bob@two").locked(3):
            pass
        assert caught.value.holder == "ada@one"
    with any_place.inventory("bob@two").locked(0):
        assert any_place.held_by() == "bob@two"
    assert any_place.inventory().unlock() is None


def test_a_lock_that_was_given_back_holds_nobody_out_and_is_not_spoken_of(
    any_place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    for holder in ("ada@one", "bob@two", "eve@three"):
        with any_place.inventory(holder).locked(0):
            pass
    assert caplog.messages == []


def test_an_expired_lock_is_broken_and_spoken_of(any_place: Place, caplog: pytest.LogCaptureFixture) -> None:
    any_place.put(EXPIRED)
    with any_place.inventory().locked(0):
        assert any_place.held_by() == "ada@one"
    assert [f"left by {each}" for each in ("bob@elsewhere",)] == [each.partition(", ")[2] for each in caplog.messages]


@pytest.mark.parametrize("content", [b"", b'{"token": "x'])
def test_a_cut_off_lock_is_respected_until_it_is_removed(content: bytes, any_place: Place) -> None:
    """In an object store a put is whole: nobody of ours has written this."""
    any_place.put(content)
    with pytest.raises(Locked, match="unknown holder"), any_place.inventory().locked(0):
        pass
    assert any_place.inventory().unlock() is not None
    with any_place.inventory().locked(0):
        pass


def test_renewing_moves_the_end_of_the_lease(any_place: Place) -> None:
    clock = Clock()
    store = any_place.inventory(clock=clock)
    with store.locked(0):
        clock.seconds = 50
        store._lock.renew()
        clock.seconds = 100
        with pytest.raises(Locked), any_place.inventory("bob@two", clock).locked(0):
            pass


def test_of_takers_that_know_of_each_other_one_wins(any_place: Place) -> None:
    any_place.put(EXPIRED)
    takers, done = threading.Barrier(4), threading.Barrier(4)

    def take(name: int) -> bool:
        store = any_place.inventory(str(name), PatientClock())
        with ExitStack() as stack:
            takers.wait()
            try:
                stack.enter_context(store.locked(0))
                return True
            except Locked:
                return False
            finally:
                done.wait()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, range(4))) == 1


class PatientClock(Clock):
    """A clock whose sleep is a real one: others write meanwhile."""

    def sleep(self, seconds: float) -> None:
        threading.Event().wait(seconds)


def test_a_bucket_that_does_not_exist_is_told_at_once(any_s3: S3) -> None:
    place = Place(any_s3)
    place.bucket = "no-such-bucket"
    for attempt in (place.inventory().load, place.inventory().locked(0).__enter__):
        with pytest.raises(InvalidInput) as caught:
            attempt()
        [problem] = caught.value.problems
        assert problem.summary == "No place for the inventory"
        assert "there is no bucket or folder no-such-bucket" in problem.detail


def test_the_other_inventories_under_the_prefix_are_its_neighbours(any_s3: S3) -> None:
    place = Place(any_s3)
    other = place.inventory(name="teams/other.json")
    other.claim(Home("t", "https://one.test"))
    other.save({**ADA, Address("User", "eve"): Entry("", is_pending=True)})
    place.inventory(name="teams/below/third.json").save(BOB)
    place.put(b"{}", "teams/package.json")
    place.put(EXPIRED, "teams/other.json.lock")
    ours = place.inventory(name="teams/ours.json")
    ours.save(BOB)
    any_s3.requests.clear()
    assert ours.neighbours() == (
        Neighbour(f"s3://{place.bucket}/teams/other.json", Home("t", "https://one.test"), frozenset(ADA)),
    )
    assert [path.rpartition("/")[2] for method, path in any_s3.requests if method == "GET"][1:] == [
        "other.json",
        "package.json",
    ]


def test_a_place_that_may_not_be_listed_says_so(s3: S3, place: Place) -> None:
    store = place.inventory()
    store.save(ADA)
    s3.refuses = lambda method, path: method == "GET" and path == f"/{place.bucket}"
    (neighbour,) = store.neighbours()
    assert neighbour.fault.startswith("has neighbours that cannot be listed: ")


# On one that keeps its word


def test_taking_a_lock_that_was_given_back_waits_for_nothing(place: Place) -> None:
    clock = Clock()
    for _ in range(2):
        with place.inventory(clock=clock).locked(0):
            pass
    assert clock.seconds == 0


def test_who_breaks_a_lock_too_late_is_told(s3: S3, place: Place) -> None:
    """Both have seen the expired lock; the second is quicker."""
    place.put(EXPIRED)
    second = place.inventory("bob@two")
    with ExitStack() as stack:

        def overtake(method: str, path: str) -> None:
            if method == "PUT" and path.endswith(".lock"):
                s3.before = None
                stack.enter_context(second.locked(0))

        s3.before = overtake
        with pytest.raises(Locked) as caught, place.inventory().locked(0):
            pass
        assert caught.value.holder == "bob@two"


def test_of_two_who_create_the_first_lock_the_late_one_is_told(s3: S3, place: Place) -> None:
    second = place.inventory("bob@two")
    with ExitStack() as stack:

        def overtake(method: str, path: str) -> None:
            if method == "PUT" and path.endswith(".lock"):
                s3.before = None
                stack.enter_context(second.locked(0))

        s3.before = overtake
        with pytest.raises(Locked) as caught, place.inventory().locked(0):
            pass
        assert caught.value.holder == "bob@two"


def test_a_holder_that_slept_through_its_lease_writes_nothing_over_its_successor(s3: S3, place: Place) -> None:
    """Its last look was before the lock was broken: renewing, saving and giving back are all too late."""
    clock = Clock()
    first, second = place.inventory(clock=clock), place.inventory("bob@two", clock)
    with first.locked(0), ExitStack() as stack:
        first.load()
        first.save(ADA)
        clock.seconds = 100

        def succeed(method: str, _: str) -> None:
            if method == "PUT":
                s3.before = None
                stack.enter_context(second.locked(0))
                second.load()
                second.save({**ADA, **BOB})

        s3.before = succeed
        first._lock.renew()
        assert place.held_by() == "bob@two"
        with pytest.raises(InventoryLost, match="bob@two holds it"):
            first.save({})
    assert place.inventory().load() == Owned({**ADA, **BOB})


def test_a_save_that_was_overtaken_on_its_way_is_refused(s3: S3, place: Place) -> None:
    clock = Clock()
    first, second = place.inventory(clock=clock), place.inventory("bob@two", clock)
    with first.locked(0), ExitStack() as stack:
        first.load()
        clock.seconds = 100

        def succeed(method: str, _: str) -> None:
            if method == "PUT":
                s3.before = None
                stack.enter_context(second.locked(0))
                second.load()
                second.save(BOB)

        s3.before = succeed
        with pytest.raises(InventoryLost, match="was written by somebody else"):
            first.save(ADA)
    assert place.inventory().load() == Owned(BOB)


def test_a_lock_is_not_given_back_once_it_is_somebody_elses(s3: S3, place: Place) -> None:
    clock = Clock()
    first, second = place.inventory(clock=clock), place.inventory("bob@two", clock)
    with ExitStack() as stack:
        with first.locked(0):
            clock.seconds = 100

            def succeed(method: str, _: str) -> None:
                if method == "PUT":
                    s3.before = None
                    stack.enter_context(second.locked(0))

            s3.before = succeed
        assert place.held_by() == "bob@two"
        second.save(BOB)


@pytest.mark.parametrize("suffix", [".lock", ""])
def test_a_write_whose_answer_was_lost_and_that_was_sent_again_counts(suffix: str, s3: S3, place: Place) -> None:
    """The client below repeats it, and its own first write is what refuses the second."""
    store = place.inventory()
    with store.locked(0):
        store.save({})
    s3.loses_answer_of = f"/{place.bucket}/prod.json{suffix}"
    with store.locked(0):
        store.load()
        store.save(ADA)
        assert place.held_by() == "ada@one"
    assert s3.loses_answer_of == ""
    assert place.inventory().load() == Owned(ADA)


def test_a_store_that_denies_writing_is_named(s3: S3, place: Place) -> None:
    s3.refuses = lambda method, _: method == "PUT"
    with pytest.raises(InventoryLost, match=r"prod\.json cannot be locked"), place.inventory().locked(0):
        pass


def test_a_store_that_denies_reading_is_not_empty(s3: S3, place: Place) -> None:
    place.inventory().save(ADA)
    s3.refuses = lambda method, _: method in ("GET", "HEAD")
    with pytest.raises(InventoryLost, match="cannot be read"):
        place.inventory().load()


# On one that ignores them


def test_a_store_that_ignores_conditions_is_found_out() -> None:
    with s3_server(ignores_conditions=True) as s3:
        clock = Clock()
        with Place(s3).inventory(clock=clock).locked(0):
            assert clock.seconds == 0.5


def test_a_store_that_ignores_the_condition_of_new_objects_alone_is_found_out() -> None:
    with s3_server() as s3:
        s3.ignored = ("HTTP_IF_NONE_MATCH",)
        clock = Clock()
        with Place(s3).inventory(clock=clock).locked(0):
            assert clock.seconds == 0.5


def test_a_store_that_refuses_to_know_of_conditions_is_written_without() -> None:
    with s3_server() as s3:
        s3.implements_conditions = False
        clock, place = Clock(), Place(s3)
        with place.inventory(clock=clock).locked(0):
            assert clock.seconds == 0.5
            with pytest.raises(Locked), place.inventory("bob@two", clock).locked(0):
                pass


def test_a_lease_of_replicas_lies_beside_the_inventory_and_is_no_other_one(any_place: Place) -> None:
    clock = Clock()
    inventory, one, two = any_place.inventory(clock=clock), any_place.lease(clock), any_place.lease(clock)
    assert (one.take(), one.take()) == ("", "")
    assert "(pid " in two.take()
    with inventory.locked(0):  # which is another lock
        inventory.load()
        inventory.save(ADA)
    assert [it.place for it in any_place.inventory(name="other.json").neighbours()] == [inventory.place]
    one.give_back()
    assert two.take() == ""
    clock.seconds += 60  # it dies
    assert one.take() == ""
    assert "(pid " in two.take()
    one.give_back()
