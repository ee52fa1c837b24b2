"""An apply whose record cannot be kept: nothing is sent, or it is told."""

from __future__ import annotations

import json

import pytest

from igz_apply import workflow
from igz_apply.errors import InventoryLost
from igz_apply.model.changes import Plan
from igz_apply.model.resources import LiveState
from tests.builders import group, manifests, plan_for
from tests.emulated import EmulatedPlane
from tests.fakes import MemoryInventory, MemoryRecords


@pytest.fixture
def plane() -> EmulatedPlane:
    return EmulatedPlane()


def planned(plane: EmulatedPlane) -> tuple[Plan, LiveState]:
    live = plane.live()
    return plan_for(manifests(group("ops", description="d")), live), live


def test_a_record_is_begun_before_the_first_call_and_ended_with_the_report(plane: EmulatedPlane) -> None:
    plan, live = planned(plane)
    records, inventory = MemoryRecords(), MemoryInventory()
    seen: list[object] = []
    plane.watched(lambda send: (seen.append(json.loads(next(iter(records.contents.values())))["ended"]), send())[1])
    report = workflow.apply(plan, live, inventory.load(), plane.ports(inventory, records))
    assert seen == [None]
    [(run, content)] = records.contents.items()
    assert (report.run, report.exit_code, json.loads(content)["exit_code"]) == (run, 0, 0)


def test_where_it_cannot_be_begun_nothing_is_sent_or_remembered(plane: EmulatedPlane) -> None:
    plan, live = planned(plane)
    inventory = MemoryInventory()
    with pytest.raises(InventoryLost, match="no space left"):
        workflow.apply(plan, live, inventory.load(), plane.ports(inventory, MemoryRecords(fails="begin")), seal="s")
    assert (plane.sent, inventory.saves, inventory.used_plans) == ([], [], [])


def test_where_it_cannot_be_ended_that_is_a_failure_of_the_run(plane: EmulatedPlane) -> None:
    plan, live = planned(plane)
    inventory, records = MemoryInventory(), MemoryRecords(fails="end")
    report = workflow.apply(plan, live, inventory.load(), plane.ports(inventory, records))
    assert report.exit_code == 5
    assert report.failures == ("The record could not be written: no space left. Make room.",)
    assert report.run in records.contents


def test_where_the_inventory_cannot_be_written_the_record_is_taken_back(plane: EmulatedPlane) -> None:
    plan, live = planned(plane)
    inventory, records = MemoryInventory(fails_at=1), MemoryRecords()
    with pytest.raises(InventoryLost):
        workflow.apply(plan, live, inventory.load(), plane.ports(inventory, records))
    assert records.contents == {}
    with pytest.raises(InventoryLost):
        workflow.forget(inventory, records, inventory.load(), ())
    assert records.contents == {}
