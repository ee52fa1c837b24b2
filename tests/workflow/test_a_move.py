"""A move from one emulated cluster to another, by the commands that a person gives: nothing is left to explain.

Small, with every oddity, by default; IGZ_TORTURE=whole moves a thousand people, and prints what was seen.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from igz_apply.cli.main import run
from tests.moved_world import MAPPING, Size, write

pytestmark = pytest.mark.full

IS_WHOLE = os.environ.get("IGZ_TORTURE") == "whole"
SIZE = Size(1000, 100, 100, 40) if IS_WHOLE else Size()
COMPARE = ("compare", "old", "new", "--mapping", "mapping.yaml", "--detailed-exitcode")
API = "apiVersion: iguazio.com/v4"

Manifest = dict[str, Any]


class World:
    """A folder with both sides, and the command line in it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """Run a command, and return its standard output; it ends with `code`."""
        self._capsys.readouterr()
        begun = time.monotonic()
        ended = run(arguments)
        took, told = time.monotonic() - begun, self._capsys.readouterr()
        if IS_WHOLE:
            with self._capsys.disabled():
                print(f"\n  {' '.join(arguments[:2]):20} {took:6.1f} s   {told.err.strip().splitlines()[-1:]}")
        assert ended == code, told.out[-3000:] + told.err[-3000:]
        return told.out

    def differences(self, *sides: str, code: int) -> list[dict[str, Any]]:
        """Return what differs between the old and the new side."""
        found: list[dict[str, Any]] = json.loads(self(*(sides or COMPARE), "-o", "json", code=code))["differences"]
        return found


@pytest.fixture(name="moved")
def a_moved_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> World:
    """What there is once everything has gone over."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, SIZE)
    world = World(capsys)
    world("apply", "-y", "--target", "old")
    world("migrate", "old", "new", "--mapping", "mapping.yaml", "--out-dir", "new")
    world("apply", "-y", "--target", "new")
    return world


def test_nothing_differs_after_a_move_and_nothing_is_left_to_do(moved: World, tmp_path: Path) -> None:
    assert moved.differences(code=0) == []
    assert "No changes" in moved("plan", "--target", "new", "--detailed-exitcode")
    left = json.loads(moved(*COMPARE, "-o", "json"))
    assert {"AppService", "User", "Project"} == left["left_behind"].keys()
    written = {each.name: each.read_bytes() for each in (tmp_path / "new").iterdir()}
    moved("migrate", "old", "new", "--mapping", "mapping.yaml", "--out-dir", "new")
    assert {each.name: each.read_bytes() for each in (tmp_path / "new").iterdir()} == written
    # Manifests and snapshots of the old side are held against the new one as the old side itself is.
    moved("snapshot", "old.snapshot", "--target", "old")
    for one in ("old/", "old.snapshot"):
        assert moved.differences(*("compare", one, *COMPARE[2:]), code=0) == []


def test_what_is_changed_on_either_side_later_is_told_by_its_new_name(moved: World, tmp_path: Path) -> None:
    old = tmp_path / "old" / "all.yaml"
    texts = [json.loads(each) for each in old.read_text().split("\n---\n")]
    for each in texts:
        if each["metadata"]["name"] == "Mixed.Case":
            each["spec"]["last_name"] = "Kase"
        if each["metadata"]["name"] == "p1":
            each["spec"]["members"]["editor"] = {}
            each["spec"]["description"] = "As ever"
    old.write_text("\n---\n".join(map(json.dumps, texts)))
    moved("apply", "-y", "--target", "old")
    (tmp_path / "more.yaml").write_text(
        f"{API}\nkind: User\nmetadata: {{name: eve@example.com}}\n"
        "spec: {first_name: Eve, last_name: E, email: eve@example.com}\n---\n"
        f"{API}\nkind: Group\nmetadata: {{name: people}}\nspec: {{users: [eve@example.com, uni@example.com]}}\n"
    )
    moved("apply", "-y", "--target", "new", "--no-prune", "more.yaml")
    found = {(it["address"], it["only_in"], it["path"]) for it in moved.differences(code=2)}
    assert found == {
        ("User/eve@example.com", "other", None),
        ("User/uni@example.com", None, "groups"),
        ("Project/p1", None, "description"),
        ("Project/p1", None, "members.builder.groups"),  # as editors are called there
    }
    text = moved(*COMPARE, code=2)
    assert "User/uni@example.com (User/uni)" in text


def test_a_mapping_that_does_not_fit_any_more_is_refused_at_its_place(moved: World, tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING.replace("loners:", "lonely:"))
    moved(*COMPARE, code=3)


def _behind_our_back(moved: World, folder: Path, side: str, change: Callable[[str, str, Manifest], None]) -> None:
    """Apply changed manifests to a side, and let neither its inventory nor its manifests know of it."""
    kept = folder.parent / f"{folder.name}-kept"
    shutil.copytree(folder, kept)
    for file in (folder / side).glob("*.yaml"):
        documents = [each for each in yaml.safe_load_all(file.read_text()) if each]
        for each in documents:
            change(each["kind"], each["metadata"]["name"], each["spec"])
        left = (json.dumps(each) for each in documents if "gone" not in each["spec"])
        file.write_text("\n---\n".join(left))
    moved("apply", "-y", "--target", side, "--prune", "--allow", "delete:User=1")
    for name in (side, f"{side}.json"):
        there = folder / name
        shutil.rmtree(there) if there.is_dir() else there.unlink()
        shutil.move(kept / name, there)
    shutil.rmtree(kept)


def _on_old(kind: str, name: str, spec: Manifest) -> None:
    if name == "u1":
        spec.update(last_name="Old")
    elif name == "u2":
        spec.update(first_name="Olden")
    elif name == "p1":
        spec.update(description="By both")
    elif name == "uni":
        spec.update(gone=True)
    elif kind == "Group" and name == "ops-night":
        spec.update(description="By day too")


def _on_new(kind: str, name: str, spec: Manifest) -> None:
    if name == "u1@example.com":
        spec.update(last_name="New", active=False)
    elif name == "p1":
        spec.update(description="By both")
    elif kind == "Group" and name == "team/g2":
        spec.update(users=[])


def test_what_others_change_on_either_side_is_told_together(moved: World, tmp_path: Path) -> None:
    drift = ("drift", "--across", "old,new", "--mapping", "mapping.yaml", "--detailed-exitcode")
    assert "No drift" in moved(*drift)
    _behind_our_back(moved, tmp_path, "old", _on_old)
    _behind_our_back(moved, tmp_path, "new", _on_new)
    told = json.loads(moved(*drift, "--format", "json", code=2))["changes"]
    found = {(it["changed_on"], it["address"], it["path"]) for it in told if it["path"] != "groups"}
    assert found == {
        ("old", "Group/operations/night", "description"),
        ("old", "User/uni@example.com", None),
        ("old", "User/u2@example.com", "first_name"),
        ("new", "User/u1@example.com", "active"),
        ("alike", "Project/p1", "description"),
        ("apart", "User/u1@example.com", "last_name"),
    }
    assert {it["changed_on"] for it in told if it["path"] == "groups"} == {"new"}
    text = moved(*drift, code=2)
    assert "Changed on old and new, and not to the same\n~ User/u1@example.com (User/u1)\n" in text
    assert "description  Night shift was applied, old has By day too; it does not go along" in text
    for wrong in (["old"], ["old,nowhere"], ["old,new", "--only", "User"], ["old,new", "--unmanaged"]):
        moved("drift", "--mapping", "mapping.yaml", "--across", *wrong, code=3)
    moved("drift", "--across", "old,new", code=3)
    (tmp_path / "new.json").unlink()
    moved(*drift, code=3)
