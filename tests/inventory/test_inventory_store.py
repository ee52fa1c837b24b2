"""The inventory's document: what is read, what is written, and what is refused."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from igz_apply.errors import InvalidInput, InventoryLost
from igz_apply.inventory import FsspecInventory
from igz_apply.inventory.objects import ObjectStorage
from igz_apply.inventory.storage import LARGEST_NEIGHBOUR
from igz_apply.local.clock import SystemClock
from igz_apply.local.files import Files
from igz_apply.model.addresses import Address
from igz_apply.model.resources import Entry, Home, Neighbour, Owned

ADA = Address("User", "ada")
OPS = Address("Group", "ops")
ENTRIES = {
    ADA: Entry("u-1", values={"email": "ada@x.org", "groups": ["ops"]}, secrets={"password": "scrypt$1"}),
    OPS: Entry("g-1", is_pending=True, prevent_destroy=True, deletion_strategy="cascading"),
}
SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "inventory.schema.json").read_text())


def inventory(url: object, **more: Any) -> FsspecInventory:
    return FsspecInventory(str(url), clock=SystemClock(), **more)


def validate(document: str | bytes) -> None:
    for validator in (jsonschema.Draft202012Validator, jsonschema_rs.Draft202012Validator):
        validator(SCHEMA).validate(json.loads(document))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return str(tmp_path / "deep" / "inventory.json")


def test_a_missing_inventory_is_empty(url: str) -> None:
    assert inventory(url).load() == Owned({})


def test_what_was_saved_is_loaded_by_the_next_process(url: str) -> None:
    inventory(url).save(ENTRIES)
    assert inventory(url).load() == Owned(ENTRIES)


@pytest.mark.parametrize("how", ["delete", "disable", "forget"])
@pytest.mark.parametrize("is_removed", [False, True])
def test_how_a_resource_ends_is_remembered(how: Any, is_removed: bool, tmp_path: Path) -> None:
    store, entries = inventory(tmp_path / "a.json"), {ADA: Entry("u-1", on_removal=how, is_removed=is_removed)}
    store.save(entries)
    assert store.load() == Owned(entries)
    validate((tmp_path / "a.json").read_bytes())
    [said] = json.loads((tmp_path / "a.json").read_text())["entries"].values()
    assert said.get("on_removal", "delete") == how
    assert said.keys() == {"id", "values"} | ({"removed"} if is_removed else set()) | (
        set() if how == "delete" else {"on_removal"}
    )


def test_a_way_to_end_that_is_not_known_is_never_taken_for_a_delete(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    entry = {"id": "u-1", "values": {}, "on_removal": "archive"}
    path.write_text(json.dumps({"format_version": 1, "entries": {"User/ada": entry}}))
    with pytest.raises(InvalidInput, match='`on_removal` of User/ada is "archive"'):
        inventory(path).load()


def test_saving_replaces_all_entries(url: str) -> None:
    inventory(url).save(ENTRIES)
    inventory(url).save({OPS: ENTRIES[OPS]})
    assert inventory(url).load() == Owned({OPS: ENTRIES[OPS]})


def test_a_file_url_is_a_local_path(tmp_path: Path) -> None:
    inventory(f"file://{tmp_path}/inventory.json").save(ENTRIES)
    assert (tmp_path / "inventory.json").exists()


def test_the_bytes_do_not_depend_on_the_order_of_entries(tmp_path: Path) -> None:
    inventory(tmp_path / "a.json").save(ENTRIES)
    inventory(tmp_path / "b.json").save(dict(reversed(ENTRIES.items())))
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_the_document_is_sorted_indented_json(tmp_path: Path) -> None:
    inventory(tmp_path / "a.json").save(ENTRIES)
    text = (tmp_path / "a.json").read_text()
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"
    validate(text)


@pytest.mark.parametrize("name", ["ada", "a/b", "\r", "\n", "a\nb\n", "\u2028"])
def test_a_name_in_an_address_may_hold_any_character(name: str, tmp_path: Path) -> None:
    store = inventory(tmp_path / "a.json")
    store.save({Address("User", name): Entry("u-1")})
    assert store.load() == Owned({Address("User", name): Entry("u-1")})
    validate((tmp_path / "a.json").read_bytes())


def test_an_empty_inventory_is_written_as_one(tmp_path: Path) -> None:
    inventory(tmp_path / "a.json").save({})
    assert json.loads((tmp_path / "a.json").read_text()) == {"format_version": 1, "entries": {}}
    assert inventory(tmp_path / "a.json").load() == Owned({})


def test_a_second_save_writes_changed_entries_and_only_them_anew(tmp_path: Path) -> None:
    store = inventory(tmp_path / "a.json")
    store.save(ENTRIES)
    store.save({**ENTRIES, ADA: Entry("u-2")})
    fresh = inventory(tmp_path / "b.json")
    fresh.save({**ENTRIES, ADA: Entry("u-2")})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_unknown_keys_of_the_same_format_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    entry = {"id": "u-1", "values": {}, "note": "theirs"}
    path.write_text(json.dumps({"format_version": 1, "future": [1], "entries": {"User/ada": entry}}))
    store = inventory(path)
    owned = store.load()
    store.save({**owned.entries, OPS: Entry("g-1")})
    data = json.loads(path.read_text())
    assert (data["future"], data["entries"]["User/ada"]) == ([1], entry)


def test_unknown_keys_are_kept_by_a_save_without_a_load(tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    path.write_text('{"format_version": 1, "future": 1, "entries": {}}')
    inventory(path).save(ENTRIES)
    assert json.loads(path.read_text())["future"] == 1


DAMAGED = {
    "empty": "",
    "blank": "\n",
    "cut off": '{"format_version": 1, "entr',
    "no object": "[]",
    "null": "null",
    "no version": '{"entries": {}}',
    "version zero": '{"format_version": 0, "entries": {}}',
    "version true": '{"format_version": true, "entries": {}}',
    "no entries": '{"format_version": 1}',
    "entries list": '{"format_version": 1, "entries": []}',
    "bad address": '{"format_version": 1, "entries": {"ada": {"id": "1"}}}',
    "entry no object": '{"format_version": 1, "entries": {"User/ada": "1"}}',
    "no id": '{"format_version": 1, "entries": {"User/ada": {}}}',
    "id number": '{"format_version": 1, "entries": {"User/ada": {"id": 1}}}',
    "pending text": '{"format_version": 1, "entries": {"User/ada": {"id": "1", "pending": "no"}}}',
    "secret number": '{"format_version": 1, "entries": {"User/ada": {"id": "1", "secrets": {"p": 1}}}}',
    "secret no place": '{"format_version": 1, "entries": {"User/ada": {"id": "1", "values": {"p": {"$secret": 1}}}}}',
    "key twice": '{"format_version": 1, "entries": {"User/ada": {"id": "1"}, "User/ada": {"id": "2"}}}',
    "not a number": '{"format_version": 1, "entries": {"User/ada": {"id": "1", "values": {"a": NaN}}}}',
    "conflict": '<<<<<<< HEAD\n{"format_version": 1, "entries": {}}',
    "deep": "[" * 100_000,
    "binary": "\x00\x01",
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_inventory_is_refused_and_left_alone(text: str, tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    path.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        inventory(path).load()
    [problem] = caught.value.problems
    assert (problem.summary, caught.value.exit_code) == ("Damaged inventory", 3)
    assert str(path) in problem.detail
    assert "backup" in problem.hint
    with pytest.raises(InvalidInput):
        inventory(path).save(ENTRIES)
    assert path.read_text() == text


def test_every_truncation_of_an_inventory_is_refused(tmp_path: Path) -> None:
    whole, path = tmp_path / "whole.json", tmp_path / "part.json"
    inventory(whole).save(ENTRIES)
    content = whole.read_bytes().rstrip()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(InvalidInput):
            inventory(path).load()


def test_a_newer_format_is_refused_with_both_versions(tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    path.write_text('{"format_version": 2, "entries": "whatever"}')
    with pytest.raises(InvalidInput) as caught:
        inventory(path).load()
    [problem] = caught.value.problems
    assert problem.summary == "Inventory is too new"
    assert "format 2" in problem.detail
    assert "up to 1" in problem.detail


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("simplecache::s3://bucket/x.json", "leads through another file system"),
        ("filecache::s3://bucket/x.json", "leads through another file system"),
        ("blockcache::file:///tmp/x.json", "leads through another file system"),
        ("zip://x.json::s3://bucket/a.zip", "leads through another file system"),
        ("dir::s3://bucket/x.json", "leads through another file system"),
        ("memory://inv/x.json", "memory: keeps nothing after the run"),
        ("MEMORY://inv/x.json", "memory: keeps nothing after the run"),
        ("data:application/json;base64,e30=", "data: keeps nothing after the run"),
        ("file://host/etc/x.json", "host stands where a host would"),
        ("local://host/etc/x.json", "host stands where a host would"),
        ("https://example.com/x.json", "https: is no place where a file can be written"),
        ("s3:bucket/x.json", "there is no // after s3:"),
        ("~nobody-at-all/x.json", "home directory"),
    ],
)
def test_a_url_that_keeps_no_inventory_is_refused_with_what_does(url: str, why: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        inventory(url)
    [problem] = caught.value.problems
    assert (problem.summary, caught.value.exit_code) == ("Unusable inventory URL", 3)
    assert why in problem.detail
    if not url.startswith(("file", "local", "~")):
        assert "s3://, s3a://, gs://" in problem.hint


@pytest.mark.skipif(os.name == "nt", reason="no such files there")
def test_what_is_no_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", Path(os.devnull)):
        with pytest.raises(InvalidInput, match="a device, a pipe or a socket"):
            FsspecInventory(str(place), clock=SystemClock())


def test_every_protocol_of_fsspec_is_either_refused_or_asks_for_its_package() -> None:
    """What fsspec learns is refused until somebody has looked at it."""
    from fsspec.registry import known_implementations

    assert {protocol for protocol in {*known_implementations} - {"file", "local"} if is_taken(protocol)} == {
        *("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss", "oci", "tos"),
        *("sftp", "ssh", "ftp", "smb", "hdfs", "webhdfs", "webdav"),
    }


def is_taken(protocol: str) -> bool:
    """Whether it is refused for what it is, rather than for a package or a server that is not here."""
    try:
        inventory(f"{protocol}://127.0.0.1:1/bucket/x.json")
    except InvalidInput as error:
        return not any(words in str(error) for words in ("is no place", "keeps nothing"))
    except InventoryLost as error:
        return "cannot be reached" in str(error)
    return True


def test_a_bucket_alone_is_no_place_for_an_inventory() -> None:
    with pytest.raises(InvalidInput, match="names a bucket and no file") as caught:
        inventory("s3://bucket")
    assert "s3://bucket/prod.json" in caught.value.problems[0].hint


def test_a_local_name_with_a_colon_is_written_with_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput):
        inventory("state:prod.json")
    inventory("./state:prod.json").save(ENTRIES)
    assert (tmp_path / "state:prod.json").exists()


def test_a_backend_that_is_not_installed_is_named() -> None:
    with pytest.raises(InvalidInput, match="gcsfs") as caught:
        inventory("gs://bucket/x.json")
    assert "Install the package" in caught.value.problems[0].hint


def test_a_new_inventory_is_for_its_owner_alone_and_a_shared_one_stays_shared(tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    inventory(path).save(ENTRIES)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o660)
    inventory(path).save(ENTRIES)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "inventory.json"
    link.symlink_to(tmp_path / "real" / "prod.json")
    inventory(link).save(ENTRIES)
    assert link.is_symlink()
    assert inventory(tmp_path / "real" / "prod.json").load() == Owned(ENTRIES)


class Killed(BaseException):
    """The process is gone: nothing after this runs, clean-up included."""


class MortalFiles(Files):
    """Files that end the world at the k-th call; a write that is hit gets half of its bytes out."""

    def __init__(self, calls: int) -> None:
        self.left = calls
        self.log: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_") or name not in vars(Files):
            return super().__getattribute__(name)
        return self._mortal(name, super().__getattribute__(name))

    def _mortal(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            if self.left <= 0:
                if name == "write" and self.left == 0:
                    call(args[0], args[1][: len(args[1]) // 2])
                self.left = -1
                raise Killed
            self.left -= 1
            self.log.append(name)
            return call(*args, **named)

        return run


def test_killed_at_any_call_of_a_save_the_inventory_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    path, new = tmp_path / "inventory.json", {ADA: Entry("u-9")}
    found = []
    for calls in range(100):
        inventory(path).save(ENTRIES)
        store = inventory(path, files=(files := MortalFiles(calls)))
        try:
            store.save(new)
        except Killed:
            found.append(inventory(path).load().entries)
        else:
            break
    assert [ENTRIES] * found.count(ENTRIES) + [new] * found.count(new) == found
    assert found.count(ENTRIES) >= 7
    assert found.count(new) >= 1
    order = [name for name in files.log if name in ("write", "sync", "replace", "sync_folder")]
    assert order == ["write", "sync", "replace", "sync_folder"]


class FailingFiles(Files):
    """Files of a disk on which one call fails."""

    def __init__(self, call: str, code: int) -> None:
        self._failing, self._code = call, code

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name == self._failing:
            return self._fail
        return super().__getattribute__(name)

    def _fail(self, *_: Any, **__: Any) -> Any:
        raise OSError(self._code, "No space left on device" if self._code == errno.ENOSPC else "Permission denied")


@pytest.mark.parametrize("call", ["guard", "create", "write", "sync", "change_mode", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_save_that_fails_leaves_the_old_inventory_and_nothing_beside_it(call: str, code: int, tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    inventory(path).save(ENTRIES)
    with pytest.raises(InventoryLost, match=r"inventory\.json cannot be written") as caught:
        inventory(path, files=FailingFiles(call, code)).save({})
    assert caught.value.hint
    assert inventory(path).load() == Owned(ENTRIES)
    assert [item.name for item in tmp_path.iterdir()] == ["inventory.json"]


def test_an_inventory_that_cannot_be_read_is_lost_not_empty(tmp_path: Path) -> None:
    with pytest.raises(InventoryLost, match="cannot be read"):
        inventory(tmp_path).load()  # a folder


def test_a_short_write_is_continued(tmp_path: Path) -> None:
    class Slow(Files):
        def write(self, descriptor: int, content: bytes) -> int:
            return super().write(descriptor, content[:7])

    inventory(tmp_path / "a.json", files=Slow()).save(ENTRIES)
    assert inventory(tmp_path / "a.json").load() == Owned(ENTRIES)


def test_a_foreign_error_of_a_backend_is_an_inventory_lost() -> None:
    class ClientError(Exception):
        pass

    class Broken:
        def invalidate_cache(self) -> None:
            raise ClientError("no credentials")

    with pytest.raises(InventoryLost, match="ClientError: no credentials"):
        inventory("", storage=ObjectStorage(Broken(), "bucket/x.json", "x://bucket/x.json")).load()


def test_an_inventory_remembers_whose_it_is_and_which_plans_were_applied_in_order(tmp_path: Path) -> None:
    store = inventory(tmp_path / "a.json")
    store.claim(Home("tenant-1", "https://ada:secret@one.test/api", "blue"))
    store.use_plan("sha256:one")
    store.use_plan("sha256:two")
    again = inventory(tmp_path / "a.json").load()
    assert (again.home, again.used_plans) == (
        Home("tenant-1", "https://one.test", "blue"),
        ("sha256:one", "sha256:two"),
    )
    validate((tmp_path / "a.json").read_bytes())


def test_what_is_not_known_of_a_cluster_is_not_written(tmp_path: Path) -> None:
    store = inventory(tmp_path / "a.json")
    store.claim(Home("tenant-1", "https://one.test", "blue"))
    store.save({})
    store.claim(Home("tenant-1", "https://two.test"))
    store.save({})
    data = json.loads((tmp_path / "a.json").read_text())
    assert data == {"format_version": 1, "entries": {}, "tenant": "tenant-1", "endpoint": "https://two.test"}


def test_using_a_plan_and_saving_do_not_undo_each_other(tmp_path: Path) -> None:
    inventory(tmp_path / "a.json").save(ENTRIES)
    store = inventory(tmp_path / "a.json")
    store.use_plan("one")  # before anything was loaded, and before the first call of an apply
    assert inventory(tmp_path / "a.json").load() == Owned(ENTRIES, used_plans=("one",))
    store.save({ADA: Entry("u-2")})
    store.use_plan("two")
    assert inventory(tmp_path / "a.json").load() == Owned({ADA: Entry("u-2")}, used_plans=("one", "two"))
    store.use_plan("one")
    assert inventory(tmp_path / "a.json").load().used_plans == ("two", "one")


def test_a_plan_that_could_not_be_remembered_is_not_written_by_the_next_save(tmp_path: Path) -> None:
    inventory(tmp_path / "a.json").save(ENTRIES)
    files = FailingFiles("replace", errno.ENOSPC)
    store = inventory(tmp_path / "a.json", files=files)
    with pytest.raises(InventoryLost):
        store.use_plan("one")
    files._failing = ""
    store.save(ENTRIES)
    assert inventory(tmp_path / "a.json").load() == Owned(ENTRIES)


def test_saving_and_using_plans_at_once_loses_neither(tmp_path: Path) -> None:
    store = inventory(tmp_path / "a.json")
    store.load()
    digests = [f"plan {number}" for number in range(20)]
    with ThreadPoolExecutor(4) as pool:
        saves = [pool.submit(store.save, ENTRIES) for _ in digests]
        for future in [*(pool.submit(store.use_plan, digest) for digest in digests), *saves]:
            future.result()
    found = inventory(tmp_path / "a.json").load()
    assert (found.entries, sorted(found.used_plans)) == (ENTRIES, sorted(digests))


@pytest.mark.parametrize(
    "damage", [{"used_plans": 5}, {"used_plans": [1]}, {"tenant": 5}, {"endpoint": None}, {"cluster": []}]
)
def test_a_damaged_memory_of_plans_or_cluster_is_an_error(damage: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"format_version": 1, "entries": {}, **damage}))
    with pytest.raises(InvalidInput, match="holds something else than text"):
        inventory(tmp_path / "a.json").load()


def test_an_older_inventory_knows_its_tenant_alone(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"format_version": 1, "entries": {}, "tenant": "t"}')
    assert inventory(tmp_path / "a.json").load() == Owned({}, home=Home("t"))


def test_whether_there_was_an_inventory_is_known(tmp_path: Path) -> None:
    store = inventory(tmp_path / "a.json")
    store.load()
    assert store.is_new
    store.save({})
    assert not store.is_new
    again = inventory(tmp_path / "a.json")
    again.load()
    assert not again.is_new


# Neighbours


def test_the_other_inventories_of_the_folder_are_its_neighbours(tmp_path: Path) -> None:
    other = inventory(tmp_path / "other.json")
    other.claim(Home("t", "https://one.test", "blue"))
    other.save(ENTRIES)
    inventory(tmp_path / "third.json").save({})
    ours = inventory(tmp_path / "ours.json")
    ours.save(ENTRIES)
    assert ours.neighbours() == (
        Neighbour(str(tmp_path / "other.json"), Home("t", "https://one.test", "blue"), frozenset({ADA})),
        Neighbour(str(tmp_path / "third.json"), Home(), frozenset()),
    )


def test_an_inventory_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{broken")
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "newer.json").write_text('{"format_version": 2, "entries": {}}')
    (tmp_path / "odd.json").write_text('{"format_version": 1, "entries": {}, "tenant": 5}')
    found = inventory(tmp_path / "ours.json").neighbours()
    assert {Path(each.place).name: each.fault.partition(" (")[0] for each in found} == {
        "broken.json": "cannot be used: it is no JSON",
        "empty.json": "cannot be used: it is empty",
        "newer.json": "has format 2; this igz-apply knows formats up to 1",
        "odd.json": "cannot be used: `tenant` holds something else than text",
    }
    assert not any(each.addresses for each in found)


def test_what_is_no_inventory_is_no_neighbour(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "package.json").write_text('{"name": "x"}')
    (tmp_path / "dangling.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "device.json").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.json")
    with (tmp_path / "huge.json").open("wb") as huge:
        huge.truncate(LARGEST_NEIGHBOUR + 1)
    inventory(tmp_path / "notes.txt").save(ENTRIES)
    ours = inventory(tmp_path / "ours.json")
    with ours.locked(0):
        ours.save(ENTRIES)
        assert ours.neighbours() == ()


def test_a_link_to_our_own_inventory_is_no_neighbour(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "ours.json")
    inventory(tmp_path / "ours.json").save(ENTRIES)
    assert inventory(tmp_path / "link.json").neighbours() == ()


def test_where_there_is_no_folder_there_are_no_neighbours(tmp_path: Path) -> None:
    assert inventory(tmp_path / "deep" / "ours.json").neighbours() == ()


def test_of_very_many_neighbours_the_first_fifty_are_read(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"{number:02}.json").write_text('{"format_version": 1, "entries": {}}')
    *read, rest = inventory(tmp_path / "00.json").neighbours()
    assert [Path(each.place).name for each in read] == [f"{number:02}.json" for number in range(1, 51)]
    assert (rest.place, rest.fault) == (str(tmp_path), "has 9 more .json files than the 50 that were looked at")
