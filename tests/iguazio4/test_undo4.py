"""Undo on an Iguazio 4: renames in a tree of groups, bindings, projects; cut off anywhere: `torture`."""

from __future__ import annotations

import pytest

from igz_apply.emulator import Options4
from tests.fakes import MemoryRecords
from tests.iguazio4.site4 import group, user
from tests.properties.undone import entries_of
from tests.torture.test_torture_undo4 import begun, changed, state, undone
from tests.torture.tortured_site4 import TorturedSite, after


def test_undo_gives_back_a_whole_world() -> None:
    site = begun()
    then, entries = state(site.live()), entries_of(site.inventory.load(), site.live())
    assert site.applied(after()).code == 0
    assert undone(site).exit_code == 0
    assert changed(state(site.live()), then) == {}
    assert changed(entries_of(site.inventory.load(), site.live()), entries) == {}


@pytest.mark.parametrize("new", ["c/d", "d"])
def test_a_group_goes_back_to_its_place_with_what_is_inside(new: str) -> None:
    site = TorturedSite(options=Options4())
    site.records = MemoryRecords()
    site.converged([group("a"), group("c"), group("a/b"), group("a/b/in"), user("ada", groups=["a/b"])])
    then = state(site.live())
    moved = {**group(new), "lifecycle": {"renamed_from": "a/b"}}
    manifests = [
        group("a"),
        group("c"),
        moved,
        group(f"{new}/in", users=["ada"]),
        user("ada", groups=[new, f"{new}/in"]),
    ]
    assert site.applied(manifests).code == 0
    assert undone(site).exit_code == 0
    assert changed(state(site.live()), then) == {}
