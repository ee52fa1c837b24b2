"""What a process keeps between rounds: no secret, nothing that nobody asks for, and as much after many rounds."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from igz_apply.cli.memory import Memory
from igz_apply.iguazio3.decode import looker
from igz_apply.iguazio4.client import dialect
from igz_apply.local import heap
from igz_apply.manifests.loading import Loaded
from igz_apply.manifests.reader import Reading
from igz_apply.model.remembering import Remembering
from igz_apply.model.resources import DesiredState
from tests.remembered_world import World, world3, world4

NOTHING = Loaded(DesiredState({}), ())
ON_THE_CLUSTER, IN_THE_ENVIRONMENT = "hush-on-the-cluster", "Hush-in-the-environment-1!"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world3(tmp_path, 1) as found:
        yield found


def texts_held_by(root: object) -> str:
    """Return every text that an object refers to, whatever lies between."""
    seen, waiting, found = {id(root)}, [root], []
    while waiting:
        each = waiting.pop()
        if isinstance(each, str | bytes):
            found.append(each if isinstance(each, str) else each.decode("utf-8", "replace"))
        for below in gc.get_referents(each):
            if id(below) not in seen and not isinstance(below, type) and not callable(below):
                seen.add(id(below))
                waiting.append(below)
    return "\n".join(found)


def with_a_secret_setting(world: World) -> None:
    """Let a service on the cluster have a setting that may be a secret."""
    manifest = world.emulator.store.get("app_services_manifest", "0")
    for service in manifest.attributes["app_services"]:
        if service["spec"]["name"] == "s":
            service["spec"]["advanced"] = {"env": [{"name": "TOKEN", "value": ON_THE_CLUSTER}]}
    world.emulator.store.save(manifest)


def test_no_secret_is_kept_from_one_round_to_the_next(world: World) -> None:
    world.environ["SECRET"] = IN_THE_ENVIRONMENT
    world.round(None, heals=True)
    memory = Memory()
    assert [world.round(memory) for _ in range(3)] == [world.round(None)] * 3
    held = texts_held_by(memory)
    assert "u0@example.com" in held
    assert IN_THE_ENVIRONMENT not in held
    with_a_secret_setting(world)
    for _ in range(3):
        assert world.round(memory) == world.round(None)
        assert ON_THE_CLUSTER not in texts_held_by(memory)


def test_no_secret_that_an_iguazio_4_lists_is_kept_from_one_round_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = dialect._body

    def telling(content: bytes) -> Any:
        body = whole(content)
        for item in body.get("items", ()) if isinstance(body, dict) else ():
            item.setdefault("spec", {})["token"] = ON_THE_CLUSTER
        return body

    with world4(tmp_path, 1) as world:
        world.round(None, heals=True)
        memory = Memory()
        assert [world.round(memory) for _ in range(2)] == [world.round(None)] * 2
        assert len(memory.of_the_plane.part(Remembering)) > 0
        monkeypatch.setattr(dialect, "_body", telling)
        memory.forget()
        for _ in range(2):
            assert world.round(memory) == world.round(None)
            assert ON_THE_CLUSTER not in texts_held_by(memory)


def test_manifests_with_layers_are_not_checked_again_where_nothing_has_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[int] = []

    def noted(reading: Reading, *_: Any, **__: Any) -> Loaded:
        checked.append(reading.files)
        return NOTHING

    monkeypatch.setattr("igz_apply.cli.manifest_paths.checked", noted)
    patch = {"address": "User/*", "patch": {"spec": {"last_name": "elm"}}}
    world.config["patches"] = [patch]
    world.write()
    memory = Memory()
    for _ in range(3):
        world.round(memory)
    assert len(checked) == 1
    patch["patch"] = {"spec": {"last_name": "fir"}}
    world.write()
    world.round(memory)
    assert len(checked) == 2


def test_what_others_do_is_seen_in_the_next_round_whatever_is_remembered(world: World) -> None:
    world.round(None, heals=True)
    memory = Memory()
    before = world.round(memory)
    assert world.round(memory) == before
    for edit in (world._live_moved, world._another_text, world._secret, world._forgotten):
        edit()
        assert world.round(memory) == world.round(None)
    memory.forget()
    assert world.round(memory) == world.round(None)


def test_a_page_that_came_before_is_not_decoded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def counted(kind: Any) -> Any:
        look = looker(kind)

        def noted(item: Any) -> Any:
            looked.append(kind.name)
            return look(item)

        return noted

    monkeypatch.setattr("igz_apply.iguazio3.live_state.looker", counted)
    with world3(tmp_path, 1) as world:
        world.round(None, heals=True)
        memory = Memory()
        world.round(memory)
        assert {"User", "Group", "Project", "AppService"} <= set(looked)
        looked.clear()
        world.round(memory)
        assert set(looked) == {"AppService"}  # which may hold secrets
        looked.clear()
        world.emulator.load({"groups": [{"name": "another"}]})
        world.round(memory)
        assert set(looked) == {"AppService", "Group"}


def test_objects_of_a_list_are_the_very_same_where_its_page_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from igz_apply.iguazio4 import decode

    decoded: list[str] = []
    group = decode.group

    def noted(body: Any, policies: Any) -> Any:
        decoded.append(decode.path_of(body))
        return group(body, policies)

    monkeypatch.setattr(decode, "group", noted)
    with world4(tmp_path, 1) as world:
        world.round(None, heals=True)
        memory = Memory()
        world.round(memory)
        assert "g0" in decoded
        decoded.clear()
        world.round(memory)
        assert decoded == []
        world.emulator.load({"groups": [{"path": "another"}]})
        world.round(memory)
        assert "another" in decoded


def test_collecting_garbage_is_as_before_after_a_round_and_what_refers_to_itself_is_taken_apart() -> None:
    class Loop:
        ends: ClassVar[list[str]] = []

        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            self.ends.append("gone")

    memory = Memory()
    for is_on in (True, False):
        (gc.enable if is_on else gc.disable)()
        try:
            with memory.round():
                assert not gc.isenabled()
                Loop()
            assert gc.isenabled() is is_on
        finally:
            gc.enable()
    assert Loop.ends == ["gone", "gone"]
    gc.unfreeze()


def test_a_round_that_fails_ends_as_any_other() -> None:
    memory = Memory()

    def fails() -> None:
        with memory.round():
            memory.results.same("kept", ["it"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert len(memory.results) == 1
    with memory.round():
        pass
    assert len(memory.results) == 0
    assert gc.isenabled()


def test_a_system_that_says_nothing_of_its_heap_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        def __init__(self, name: None) -> None: ...

    monkeypatch.setattr("ctypes.CDLL", Other)
    heap.keep_together()
    heap.give_back()
