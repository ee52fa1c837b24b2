"""The records of runs beside an inventory: one object a run, written whole, never over another's, 200 kept."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from igz_apply.errors import InvalidInput, InventoryLost
from igz_apply.inventory import FsspecInventory
from igz_apply.inventory.objects import ObjectStorage, s3_conditions
from igz_apply.inventory.records import KEPT, FsspecRecords
from igz_apply.inventory.storage import LocalStorage, Storage
from igz_apply.local.files import Files
from igz_apply.model.records import RunFacts
from tests.inventory_clock import Clock
from tests.s3_server import S3, s3_server


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with s3_server() as server:
        yield server


@pytest.fixture(params=["local", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, s3: S3) -> Storage:
    if request.param == "local":
        return LocalStorage(tmp_path / "deep" / "prod.json", Files())
    path = f"{s3.bucket()}/deep/prod.json"
    return ObjectStorage(s3.client, path, f"s3://{path}", conditions=s3_conditions(), needs=path.partition("/")[0])


@pytest.fixture
def records(storage: Storage) -> FsspecRecords:
    return FsspecRecords(storage, Clock())


def test_a_record_is_begun_ended_and_read(records: FsspecRecords) -> None:
    run = records.begin(lambda run: f"{run} begins".encode())
    place, content = records.read(run)
    assert content == f"{run} begins".encode()
    assert place.endswith(f"deep/prod.runs/{run}.json")
    records.end(run, b"ended")
    assert records.read(run) == (place, b"ended")
    assert records.listed() == [run]


def test_the_newest_run_comes_first_and_is_the_last(storage: Storage) -> None:
    clock = Clock()
    records = FsspecRecords(storage, clock)
    runs = []
    for _ in range(3):
        runs.append(records.begin(str.encode))
        clock.sleep(60)
    assert records.listed() == runs[::-1]
    assert records.named("last") == runs[-1]
    assert records.named(runs[0]) == runs[0]


def test_runs_that_begin_in_the_same_moment_come_one_after_the_other(storage: Storage) -> None:
    records = FsspecRecords(storage, Clock())
    runs = [records.begin(str.encode) for _ in range(4)]
    assert records.listed() == runs[::-1]
    assert records.named("last") == runs[-1]


@pytest.mark.parametrize(
    ("there", "then"),
    [
        ("20990101-000000-00aa", "20990101-000000-00ab"),
        ("20991231-235959-ffff", "21000101-000000-0000"),
    ],
)
def test_a_run_comes_after_one_of_a_clock_that_is_ahead_and_outlives_it(
    there: str, then: str, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runners of CI do not agree to the second: what began last is last."""
    storage.record(there).create_whole(b"ahead")
    records = FsspecRecords(storage, Clock())
    assert records.begin(str.encode) == then
    monkeypatch.setattr("igz_apply.inventory.records.KEPT", 1)
    records.end(then, b"ended")
    assert records.listed() == [then]


def test_a_record_that_the_client_sent_twice_is_one(s3: S3) -> None:
    path = f"{s3.bucket()}/prod.json"
    storage = ObjectStorage(s3.client, path, f"s3://{path}", conditions=s3_conditions(), needs=path.partition("/")[0])
    records = FsspecRecords(storage, Clock())

    def lose(method: str, path: str) -> None:
        if method == "PUT" and "prod.runs" in path and not lost:
            lost.append(path)
            s3.loses_answer_of = path

    lost: list[str] = []
    s3.before = lose
    try:
        run = records.begin(str.encode)
    finally:
        s3.before, s3.loses_answer_of = None, ""
    assert lost
    assert records.listed() == [run]


def test_where_records_cannot_be_listed_the_time_alone_names_a_run(tmp_path: Path) -> None:
    class Files_(Files):
        def names(self, folder: Path) -> list[str]:
            raise PermissionError(13, "denied", str(folder))

    records = FsspecRecords(LocalStorage(tmp_path / "prod.json", Files_()), Clock())
    assert records.begin(str.encode).startswith("20")


def test_a_record_is_never_written_over_another(storage: Storage) -> None:
    record = storage.record("20260301-120000-00aa")
    assert record.create_whole(b"one")
    assert not storage.record("20260301-120000-00aa").create_whole(b"two")
    assert record.look().content == b"one"


def test_a_record_that_sent_nothing_is_taken_back(records: FsspecRecords) -> None:
    records.discard(records.begin(str.encode))
    assert records.listed() == []


def test_two_hundred_are_kept_and_the_oldest_go(storage: Storage) -> None:
    records = FsspecRecords(storage, Clock())
    for number in range(KEPT + 2):
        storage.record(f"20250101-000000-{number:04x}").create_whole(b"old")
    run = records.begin(str.encode)
    assert len(records.listed()) == KEPT + 3
    records.end(run, b"ended")
    kept = records.listed()
    assert len(kept) == KEPT
    assert kept[0] == run
    assert kept[-1] == "20250101-000000-0003"


def test_what_is_no_record_is_left_alone(storage: Storage, records: FsspecRecords) -> None:
    storage.record("notes").create_whole(b"mine")
    run = records.begin(str.encode)
    records.end(run, b"ended")
    assert records.listed() == [run]
    assert storage.record("notes").look().content == b"mine"


def test_records_are_no_neighbours_of_an_inventory(storage: Storage, records: FsspecRecords) -> None:
    records.begin(lambda _: json.dumps({"format_version": 1, "entries": {}}).encode())
    assert FsspecInventory(clock=Clock(), storage=storage).neighbours() == ()


def test_the_beginning_of_a_run_is_enough_where_it_is_one_alone(storage: Storage, records: FsspecRecords) -> None:
    for run in ("20260301-120000-00aa", "20260301-120000-00bb", "20260302-120000-00cc"):
        storage.record(run).create_whole(b"")
    assert records.named("20260302") == "20260302-120000-00cc"
    with pytest.raises(InvalidInput, match=r"20260301 begins 2 runs: 20260301-120000-00bb, 20260301-120000-00aa\."):
        records.named("20260301")
    with pytest.raises(InvalidInput, match="has no record of a run 20260303"):
        records.named("20260303-120000-00cc")


@pytest.mark.parametrize("text", ["last", "20260301", ""])
def test_where_there_is_none_that_is_said(text: str, records: FsspecRecords) -> None:
    with pytest.raises(InvalidInput, match="has no record of any run"):
        records.named(text)


def test_facts_are_asked_for_once_they_are_wanted(storage: Storage) -> None:
    asked: list[str] = []

    def facts() -> RunFacts:
        asked.append("now")
        return RunFacts("apply")

    records = FsspecRecords(storage, Clock(), facts)
    assert asked == []
    assert (records.facts, asked) == (RunFacts("apply"), ["now"])


def test_the_owner_alone_can_read_a_record(tmp_path: Path) -> None:
    records = FsspecRecords(LocalStorage(tmp_path / "prod.json", Files()), Clock())
    run = records.begin(str.encode)
    records.end(run, b"ended")
    path = tmp_path / "prod.runs" / f"{run}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == [path.name]


class Failing(Files):
    """Files whose next call of a name fails."""

    name = ""

    def __getattribute__(self, name: str) -> object:
        if name == object.__getattribute__(self, "name"):
            raise OSError(28, "No space left on device")
        return object.__getattribute__(self, name)


@pytest.mark.parametrize("call", ["make_folder", "create", "write", "sync", "replace", "sync_folder"])
def test_a_record_that_cannot_be_begun_stops_the_run(call: str, tmp_path: Path) -> None:
    files = Failing()
    records = FsspecRecords(LocalStorage(tmp_path / "prod.json", files), Clock())
    files.name = call
    with pytest.raises(
        InventoryLost, match=r"prod\.runs cannot take the record of this run: .*No space left"
    ) as raised:
        records.begin(str.encode)
    assert raised.value.hint.startswith("Nothing was sent.")


def test_a_record_that_cannot_be_ended_is_as_it_began(tmp_path: Path) -> None:
    files = Failing()
    records = FsspecRecords(LocalStorage(tmp_path / "prod.json", files), Clock())
    run = records.begin(str.encode)
    files.name = "write"
    with pytest.raises(InventoryLost, match="cannot be written"):
        records.end(run, b"ended")
    files.name = ""
    assert records.read(run)[1] == run.encode()


@pytest.mark.parametrize("call", ["names", "remove"])
def test_to_fail_to_let_the_oldest_go_is_no_failure(call: str, tmp_path: Path) -> None:
    files = Failing()
    storage = LocalStorage(tmp_path / "prod.json", files)
    records = FsspecRecords(storage, Clock())
    for number in range(KEPT):
        storage.record(f"20250101-000000-{number:04x}").create_whole(b"old")
    run = records.begin(str.encode)
    files.name = "names" if call == "names" else ""
    records.end(run, b"ended")
    files.name = ""
    assert records.read(run)[1] == b"ended"


def test_what_cannot_be_listed_or_read_is_told(tmp_path: Path) -> None:
    files = Failing()
    records = FsspecRecords(LocalStorage(tmp_path / "prod.json", files), Clock())
    run = records.begin(str.encode)
    files.name = "names"
    with pytest.raises(InventoryLost, match="cannot be listed"):
        records.listed()
    files.name = "read"
    with pytest.raises(InventoryLost, match="cannot be read"):
        records.read(run)


def test_a_store_that_denies_writing_is_named(s3: S3) -> None:
    path = f"{s3.bucket()}/prod.json"
    storage = ObjectStorage(s3.client, path, f"s3://{path}", conditions=s3_conditions())
    s3.refuses = lambda method, _: method == "PUT"
    try:
        with pytest.raises(InventoryLost, match=r"prod\.runs cannot take the record of this run"):
            FsspecRecords(storage, Clock()).begin(str.encode)
    finally:
        s3.refuses = None
