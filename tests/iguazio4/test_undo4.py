"""Undo on an Iguazio 4: renames in a tree of groups, bindings, projects; cut off anywhere: `torture`."""

from __future__ import annotations

import json

import pytest

from igz_apply.emulator import Options4
from igz_apply.errors import PlanRefused
from tests.fakes import MemoryRecords
from tests.iguazio4.site4 import group, manifest, user
from tests.properties.undone import entries_of
from tests.torture.test_torture_undo4 import begun, changed, state, undo_plan, undone
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


def cut(site: TorturedSite) -> None:
    """Make of the newest record one of a run that was killed after its last call."""
    assert isinstance(site.records, MemoryRecords)
    run = list(site.records.contents)[-1]
    record = json.loads(site.records.contents[run])
    rest = {key: value for key, value in record.items() if key not in ("outcomes", "left", "counts")}
    site.records.contents[run] = json.dumps({**rest, "ended": None, "exit_code": None}).encode()


def test_what_a_killed_run_gave_from_the_other_side_is_not_held_against_what_it_made() -> None:
    site = begun()
    then = state(site.live())
    assert site.applied(after()).code == 0
    cut(site)
    assert undone(site).exit_code == 0
    assert changed(state(site.live()), then) == {}


def test_a_policy_that_somebody_else_gave_to_what_a_killed_run_made_is() -> None:
    site = TorturedSite(options=Options4())
    site.records = MemoryRecords()
    site.converged([group("a")])
    assert site.applied([group("a"), group("b")]).code == 0
    cut(site)
    records, site.records = site.records, None
    foreign = [group("a"), group("b"), manifest("PolicyBinding", "oris-viewer", {"groups": ["b"]})]
    assert site.applied(foreign).code == 0
    site.records = records
    with pytest.raises(PlanRefused, match=r"Group/b, which the run made, was changed since: policies was not set"):
        undo_plan(site)
