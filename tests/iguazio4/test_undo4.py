"""Undo on an Iguazio 4: renames in a tree of groups, bindings, projects; cut off anywhere: `torture`."""

from __future__ import annotations

import json

import pytest

from igz_apply.emulator import Options4
from igz_apply.errors import PlanRefused
from tests.fakes import MemoryRecords
from tests.iguazio4.site4 import Manifest, group, manifest, spec_of, user
from tests.iguazio4.test_renames4 import cut_after, ids_of, renamed
from tests.properties.undone import entries_of
from tests.torture.test_torture_undo4 import begun, changed, state, undo_plan, undone
from tests.torture.tortured_site4 import TorturedSite, after


def begun_with(*manifests: Manifest) -> TorturedSite:
    site = TorturedSite(options=Options4())
    site.records = MemoryRecords()
    site.converged(list(manifests))
    return site


def test_undo_gives_back_a_whole_world() -> None:
    site = begun()
    then, entries = state(site.live()), entries_of(site.inventory.load(), site.live())
    assert site.applied(after()).code == 0
    assert undone(site).exit_code == 0
    assert changed(state(site.live()), then) == {}
    assert changed(entries_of(site.inventory.load(), site.live()), entries) == {}


@pytest.mark.parametrize("new", ["c/d", "d"])
def test_a_group_goes_back_to_its_place_with_what_is_inside(new: str) -> None:
    site = begun_with(group("a"), group("c"), group("a/b"), group("a/b/in"), user("ada", groups=["a/b"]))
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


def test_a_name_that_somebody_gave_back_by_hand_is_left_out_and_the_rest_undone() -> None:
    site = begun_with(group("research"))
    then, entries = state(site.live()), entries_of(site.inventory.load(), site.live())
    assert site.applied([renamed("science", "research", policies=["oris-viewer"])]).code == 0
    site.client.rename_group(ids_of(site.live())["science"], "research")
    writes = [(str(it.address), [diff.dotted for diff in it.diff]) for it in undo_plan(site).writes]
    assert writes == [("Group/research", ["policies"])]
    assert undone(site).exit_code == 0
    assert changed(state(site.live()), then) == {}
    assert changed(entries_of(site.inventory.load(), site.live()), entries) == {}


def test_a_group_that_was_cut_off_between_its_name_and_its_place_gets_the_name_back() -> None:
    site = begun_with(group("research"), group("research/language"), group("lab"))
    then, entries = state(site.live()), entries_of(site.inventory.load(), site.live())
    cut_after(site, "/rename")
    assert site.applied([group("research"), group("lab"), renamed("lab/nlp", "research/language")]).code != 0
    site.line.interfere = None
    assert "research/nlp" in ids_of(site.live())
    assert undone(site).exit_code == 0
    assert changed(state(site.live()), then) == {}
    assert changed(entries_of(site.inventory.load(), site.live()), entries) == {}


def test_a_binding_that_lost_somebody_who_was_deleted_since_has_not_moved() -> None:
    people = [user(name) for name in ("ada", "bob", "cy")]
    site = begun_with(*people, manifest("PolicyBinding", "oris-viewer", {"users": ["ada"]}))
    assert site.applied([*people, manifest("PolicyBinding", "oris-viewer", {"users": ["bob", "cy"]})]).code == 0
    site.client.delete_user("bob")
    assert undone(site).exit_code == 0
    assert spec_of(site.live(), "PolicyBinding/oris-viewer")["users"] == ["ada"]


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
    site = begun_with(group("a"))
    assert site.applied([group("a"), group("b")]).code == 0
    cut(site)
    records, site.records = site.records, None
    foreign = [group("a"), group("b"), manifest("PolicyBinding", "oris-viewer", {"groups": ["b"]})]
    assert site.applied(foreign).code == 0
    site.records = records
    with pytest.raises(PlanRefused, match=r"Group/b, which the run made, was changed since: policies was not set"):
        undo_plan(site)
