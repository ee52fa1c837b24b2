"""The inventory's document: what is read, what is written, and what is refused."""

from __future__ import annotations

import errno
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema
import jsonschema_rs
import pytest

from igz_apply.clock import SystemClock
from igz_apply.core.addresses import Address
from igz_apply.core.resources import Entry, Owned
from igz_apply.errors import InvalidInput, InventoryLost
from igz_apply.files import Files
from igz_apply.inventory import FsspecInventory
from igz_apply.inventory.storage import without_credentials

ADA = Address("User", "ada")
OPS = Address("Group", "ops")
ENTRIES = {
    ADA: Entry("u-1", values={"email": "ada@x.org", "groups": ["ops"]}, secrets={"password": "scrypt$1"}),
    OPS: Entry("g-1", is_pending=True, prevent_destroy=True, deletion_strategy="cascading"),
}
SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "inventory.schema.json").read_text())


def inventory(url: object, **more: Any) -> FsspecInventory:
    return FsspecInventory(str(url), clock=SystemClock(), **more)


@pytest.fixture(params=["local", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return (
        str(tmp_path / "deep" / "inventory.json") if request.param == "local" else f"memory://{uuid4().hex}/prod.json"
    )


def test_a_missing_inventory_is_empty(url: str) -> None:
    assert inventory(url).load() == Owned({})


def test_what_was_saved_is_loaded_by_the_next_process(url: str) -> None:
    inventory(url).save(ENTRIES)
    assert inventory(url).load() == Owned(ENTRIES)


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
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(text))


@pytest.mark.parametrize("name", ["ada", "a/b", "\r", "\n", "a\nb\n", "\u2028"])
def test_a_name_in_an_address_may_hold_any_character(name: str, tmp_path: Path) -> None:
    store = inventory(tmp_path / "a.json")
    store.save({Address("User", name): Entry("u-1")})
    assert store.load() == Owned({Address("User", name): Entry("u-1")})
    for validator in (jsonschema.Draft202012Validator, jsonschema_rs.Draft202012Validator):
        validator(SCHEMA).validate(json.loads((tmp_path / "a.json").read_text()))


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


def test_an_unknown_url_is_refused() -> None:
    with pytest.raises(InvalidInput, match="nosuch://bucket/x"):
        inventory("nosuch://bucket/x.json")


def test_a_backend_that_is_not_installed_is_named() -> None:
    with pytest.raises(InvalidInput, match="s3fs"):
        inventory("s3://bucket/x.json")


def test_credentials_in_a_url_are_not_shown() -> None:
    assert without_credentials("sftp://ada:secret@host/x.json?token=t") == "sftp://host/x.json"


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
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem

    class ClientError(Exception):
        pass

    class Broken(MemoryFileSystem):  # type: ignore[misc]
        protocol = "broken"

        def cat_file(self, *_: Any, **__: Any) -> bytes:
            raise ClientError("no credentials")

    fsspec.register_implementation("broken", Broken, clobber=True)
    with pytest.raises(InventoryLost, match="ClientError: no credentials"):
        inventory("broken://bucket/x.json").load()


def test_an_inventory_remembers_whose_it_is_and_which_plans_were_applied_in_order(tmp_path: Path) -> None:
    store = inventory(tmp_path / "a.json")
    store.claim("tenant-1")
    store.use_plan("sha256:one")
    store.use_plan("sha256:two")
    again = inventory(tmp_path / "a.json").load()
    assert (again.tenant, again.used_plans) == ("tenant-1", ("sha256:one", "sha256:two"))


@pytest.mark.parametrize("damage", [{"used_plans": 5}, {"used_plans": [1]}, {"tenant": 5}])
def test_a_damaged_memory_of_plans_or_tenant_is_an_error(damage: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"format_version": 1, "entries": {}, **damage}))
    with pytest.raises(InvalidInput, match="holds something else than text"):
        inventory(tmp_path / "a.json").load()
