"""Undo of an apply gives back the world before it, wherever that was cut off, and whatever others did since."""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from igz_apply import workflow
from igz_apply.errors import PlanRefused
from igz_apply.model.changes import Action
from igz_apply.model.outcomes import Report
from igz_apply.model.resources import DesiredState, LiveResource, LiveState, Owned, Resource
from igz_apply.planning.places import NOWHERE, SavedPositions
from igz_apply.planning.undoing_state import MOVED
from tests.builders import plan_for
from tests.emulated import EmulatedPlane
from tests.fakes import MemoryInventory, MemoryRecords
from tests.properties.test_applies import plan_of
from tests.properties.undone import GENEROUS, Doom, Killed, Mortal, entries_of, saved, state_of, undo_plan
from tests.properties.worlds import World, worlds

pytestmark = pytest.mark.full


def undoable(world: World) -> World:
    """Return a world whose users can be made anew, as all on a cluster can, and in which nothing is protected."""

    def person(it: Resource) -> Resource:
        if it.address.kind == "AppService":
            return replace(it, spec={"owner": "admin", **it.spec})
        if it.address.kind != "User":
            return it
        named = {"first_name": "A", "last_name": "B", "email": f"{it.address.name}@example.com"}
        return replace(
            it, spec={**named, **{key: value for key, value in it.spec.items() if value or key not in named}}
        )

    def loose(it: Resource) -> Resource:
        return replace(it, lifecycle=replace(it.lifecycle, prevent_destroy=False))

    return replace(world, live=tuple(map(person, world.live)), desired=tuple(map(loose, world.desired)))


def changed(now: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return what differs, but for what the platform put into services that were made anew."""
    found = {}
    for address in sorted({*now, *before}):
        one, other = now.get(address), before.get(address)
        if address.startswith("AppService/") and one is not None and other is not None:
            one = {key: value for key, value in one.items() if key in other}
        if one != other:
            found[address] = (one, other)
    return found


def remembered(inventory: MemoryInventory, live: LiveState, before: dict[str, Any]) -> dict[str, Any]:
    """Return what an inventory says, but for what stood for something that had gone before the run."""
    return {address: it for address, it in entries_of(inventory.load(), live).items() if address in before or it["id"]}


def ran(
    world: World, *, prune: bool, doom: Doom | None
) -> tuple[EmulatedPlane, MemoryInventory, MemoryRecords, dict[str, object], dict[str, object], Report | None]:
    """Apply a world, until its end or its doom; return the plane and how all was before."""
    world = undoable(world)
    plane = world.plane()
    live = plane.live()
    inventory = Mortal(doom, world.remembered(live).entries)
    plan = plan_of(world, live, inventory, prune=prune)
    assume(plan.writes)
    deleted = {change.address for change in plan.writes if change.action is Action.DELETE}
    kept = {
        address: entry
        for address, entry in inventory.entries.items()
        if address not in plan.dropped  # what it stood for has gone
        and not (address in deleted and entry.id != live.resources[address].id)  # and so here
    }
    before = state_of(live), entries_of(Owned(kept), live)
    records, report = MemoryRecords(), None
    if doom is not None:
        plane.watched(doom)
    with contextlib.suppress(Killed):
        report = workflow.apply(plan, live, inventory.load(), plane.ports(inventory, records))
    plane.watched(lambda send: send())
    inventory.doom = None
    return plane, inventory, records, *before, report


def undone(plane: EmulatedPlane, inventory: MemoryInventory, records: MemoryRecords) -> Report | None:
    """Undo the newest run: plan, save, apply."""
    try:
        proposal = undo_plan(records, plane, inventory)
    except PlanRefused as error:
        if {it.summary for it in error.problems} != {"Disabled owner"}:
            raise
        reject()
    assert proposal.plan is not None, proposal.problems
    assert proposal.refusals == (), proposal.refusals
    plan, digest = saved(proposal.plan)
    live = plane.live()
    again = workflow.reopen(plan, digest, live, inventory.load(), limits=GENEROUS)
    return workflow.apply(again.approved(), again.live or live, inventory.load(), plane.ports(inventory, records))


@given(worlds(), st.booleans())
def test_undo_of_an_apply_gives_back_the_world_before_it(world: World, prune: bool) -> None:
    plane, inventory, records, state, entries, report = ran(world, prune=prune, doom=None)
    assert report is not None
    assert report.exit_code == 0
    back = undone(plane, inventory, records)
    assert back is None or back.exit_code == 0, (back.outcomes, back.not_converged)
    live = plane.live()
    assert changed(state_of(live), state) == {}
    assert remembered(inventory, live, entries) == entries


@given(worlds(), st.booleans(), st.integers(0, 12), st.booleans())
def test_undo_of_an_apply_that_was_cut_off_gives_back_the_world_before_it(
    world: World, prune: bool, at: int, is_after: bool
) -> None:
    doom = Doom(at, is_after)
    plane, inventory, records, state, entries, report = ran(world, prune=prune, doom=doom)
    assume(doom.is_dead)
    assert report is None
    back = undone(plane, inventory, records)
    assert back is None or back.exit_code == 0, (back.outcomes, back.not_converged)
    live = plane.live()
    assert changed(state_of(live), state) == {}
    assert remembered(inventory, live, entries) == entries


@given(worlds(), st.integers(0, 2**32))
def test_what_others_did_since_is_refused_by_name_and_stays_while_the_rest_is_undone(world: World, seed: int) -> None:
    """Somebody describes a thing that the run has written; whatever hangs on it may have to be left out too."""
    plane, inventory, records, state, _, report = ran(world, prune=False, doom=None)
    assert report is not None
    run = list(records.contents)[-1]
    live = plane.live()
    touched = [
        it.address
        for it in report.outcomes
        if it.action is not Action.DELETE and it.address.kind in ("User", "Group", "Project")
    ]
    assume(touched)
    address = random.Random(seed).choice(touched)
    there = live.resources[address]
    foreign = edited(there)
    left = applied_by_somebody(plane, foreign)
    try:
        proposal = undo_plan(records, plane, inventory, run=run)
        refusals = proposal.refusals
    except PlanRefused as error:
        refusals = error.problems
    is_about = any(it.address == address and it.summary == MOVED for it in refusals)
    stated = report.plan.changes[[it.address for it in report.plan.changes].index(address)]
    wrote = stated.action is Action.CREATE or any(item.path == ("description",) for item in stated.diff)
    assert is_about == wrote, (address, refusals)
    if not wrote:
        return
    excepted = [str(address)]
    for _ in range(9):  # what names it, or is named by it, may have to stay as well
        try:
            proposal = undo_plan(records, plane, inventory, *excepted, run=run)
            break
        except PlanRefused as error:
            excepted += sorted({str(it.address) for it in error.problems if it.address is not None} - set(excepted))
    assert proposal.plan is not None
    assert proposal.refusals == ()
    plan, seal = saved(proposal.plan)
    again = workflow.reopen(plan, seal, left, inventory.load(), limits=GENEROUS)
    back = workflow.apply(again.approved(), again.live or left, inventory.load(), plane.ports(inventory, records))
    assert back.exit_code == 0, (back.outcomes, back.not_converged)
    now = state_of(plane.live())
    assert now[str(address)].get("description") == SOMEBODY
    undone_too = {str(change.address) for change in plan.writes}
    wrong = {key: it for key, it in changed(now, state).items() if key in undone_too and not _hangs_on(it, excepted)}
    assert wrong == {}


SOMEBODY = "by somebody else"


def edited(there: LiveResource) -> Resource:
    """Return what somebody else declares: another description."""
    return Resource(there.address, {"description": SOMEBODY}, SavedPositions(NOWHERE), NOWHERE)


def applied_by_somebody(plane: EmulatedPlane, resource: Resource) -> LiveState:
    """Apply it past our inventory, and return what lives then."""
    live, theirs = plane.live(), MemoryInventory({})
    plan = plan_for(DesiredState({resource.address: resource}), live, Owned())
    workflow.apply(plan, live, Owned(), plane.ports(theirs))
    return plane.live()


def _hangs_on(difference: tuple[Any, Any], excepted: list[str]) -> bool:
    """Say whether a difference names what was left out: a role or a membership of it."""
    return any(f"'{name.partition('/')[2]}'" in str(difference) for name in excepted)
