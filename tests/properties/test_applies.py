"""Rules that every apply keeps: the executor over an emulated cluster, where jobs take time and answers get lost."""

from __future__ import annotations

import random

from hypothesis import assume, given
from hypothesis import strategies as st

from igz_apply import workflow
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.steps import steps_of
from igz_apply.model.changes import Action, Plan
from igz_apply.model.outcomes import Report, Status
from igz_apply.model.resources import LiveState
from tests.builders import plan_for, planned, steps
from tests.emulated import EmulatedPlane
from tests.fakes import MemoryInventory
from tests.properties.worlds import World, worlds


def plan_of(world: World, live: LiveState, inventory: MemoryInventory, *, prune: bool) -> Plan:
    """Plan a world, and leave out those that cannot be planned."""
    found = planned(world.manifests, live, inventory.load(), prune=prune)
    assume(found.plan is not None)
    assert found.plan is not None
    return found.plan


def applied(plan: Plan, live: LiveState, plane: EmulatedPlane, inventory: MemoryInventory) -> Report:
    """Apply a plan, as the command does it."""
    return workflow.apply(plan, live, inventory.load(), plane.ports(inventory))


def start(world: World, job_seconds: float = 0.0) -> tuple[EmulatedPlane, LiveState, MemoryInventory]:
    plane = world.plane(job_seconds)
    live = plane.live()
    return plane, live, MemoryInventory(world.remembered(live).entries)


@given(worlds(), st.booleans(), st.sampled_from([0.0, 1.0, 5.0]))
def test_an_apply_makes_its_plan_true_and_accounts_for_every_change(
    world: World, prune: bool, job_seconds: float
) -> None:
    plane, live, inventory = start(world, job_seconds)
    plan = plan_of(world, live, inventory, prune=prune)
    report = applied(plan, live, plane, inventory)
    assert report.exit_code == 0, (report.outcomes, report.not_converged)
    assert [outcome.address for outcome in report.outcomes] == [change.address for change in plan.writes]
    expected = {step.key for step in steps_of(plan, KINDS) if step.needs_call}
    assert set(plane.sent) <= expected
    again = plan_for(world.manifests, plane.live(), inventory.load(), prune=prune)
    assert steps(again) == []
    assert all(change.action is Action.NO_CHANGE for change in again.changes)


@given(worlds(), st.booleans(), st.randoms(use_true_random=False))
def test_after_any_failures_the_same_command_again_finishes_the_rest(
    world: World, prune: bool, draw: random.Random
) -> None:
    plane, live, inventory = start(world)
    plan = plan_of(world, live, inventory, prune=prune)
    assume(plan.writes)
    for step in steps_of(plan, KINDS):
        match draw.choice(("well", "well", "fails", "lost before", "lost after")):
            case "well":
                continue
            case trouble:
                plane.trouble(step.key, trouble)
    report = applied(plan, live, plane, inventory)
    failed = [outcome for outcome in report.outcomes if outcome.status is not Status.APPLIED]
    assert report.exit_code == (5 if failed else 0), (report.outcomes, report.not_converged)
    assert sum(report.counts.values()) == len(plan.writes)
    # What a run left undone may have failures of its own waiting, one behind the other.
    for _ in steps_of(plan, KINDS):
        live = plane.live()
        report = applied(plan_of(world, live, inventory, prune=prune), live, plane, inventory)
        if report.exit_code == 0:
            break
    assert report.exit_code == 0, (report.outcomes, report.not_converged)
    again = plan_for(world.manifests, plane.live(), inventory.load(), prune=prune)
    assert steps(again) == []
