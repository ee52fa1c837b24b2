"""Rules that every apply keeps: the executor over the simulated plane, where jobs take time and answers get lost."""

from __future__ import annotations

import random

from builders import plan_for, planned, steps
from fakes import FakeClock, FakeSecrets, InlinePool, MemoryInventory, SimulatedPlane
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from worlds import World, worlds

from igz_apply import workflow
from igz_apply.errors import PlaneError
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.steps import steps_of
from igz_apply.model.changes import Action, Plan
from igz_apply.model.outcomes import Report, Status

many = settings(max_examples=max(60, settings().max_examples // 2))


def applied(world: World, plane: SimulatedPlane, inventory: MemoryInventory, *, prune: bool) -> tuple[Plan, Report]:
    """Plan and apply, as the command does it."""
    live, owned = plane.live(), inventory.load()
    found = planned(world.manifests, live, owned, prune=prune)
    assume(found.plan is not None)
    assert found.plan is not None
    clock = FakeClock()
    outside = workflow.Ports(plane, plane, inventory, FakeSecrets(), clock, InlinePool(), lambda _: None, clock.inbox())
    return found.plan, workflow.apply(found.plan, live, owned, outside)


def start(world: World, looks: int = 0) -> tuple[SimulatedPlane, MemoryInventory]:
    plane = SimulatedPlane(*world.plane_resources, looks=looks)
    return plane, MemoryInventory(dict(world.entries))


@many
@given(worlds(), st.booleans(), st.integers(0, 3))
def test_an_apply_makes_its_plan_true_and_accounts_for_every_change(world: World, prune: bool, looks: int) -> None:
    plane, inventory = start(world, looks)
    plan, report = applied(world, plane, inventory, prune=prune)
    assert report.exit_code == 0, (report.outcomes, report.not_converged)
    assert [outcome.address for outcome in report.outcomes] == [change.address for change in plan.writes]
    expected = {step.key for step in steps_of(plan, KINDS) if step.needs_call}
    assert set(plane.sent) <= expected
    again = plan_for(world.manifests, plane.live(), inventory.load(), prune=prune)
    assert steps(again) == []
    assert all(change.action is Action.NO_CHANGE for change in again.changes)


@many
@given(worlds(), st.booleans(), st.randoms(use_true_random=False))
def test_after_any_failures_the_same_command_again_finishes_the_rest(
    world: World, prune: bool, draw: random.Random
) -> None:
    plane, inventory = start(world)
    found = planned(world.manifests, plane.live(), inventory.load(), prune=prune)
    assume(found.plan is not None and found.plan.writes)
    assert found.plan is not None
    for step in steps_of(found.plan, KINDS):
        match draw.choice(("well", "well", "fails", "lost before", "lost after")):
            case "fails":
                plane.fail(step.key, PlaneError("The server is out of order", status=500))
            case "lost before":
                plane.lose_answer(step.key, after=False)
            case "lost after":
                plane.lose_answer(step.key, after=True)
    _, report = applied(world, plane, inventory, prune=prune)
    failed = [outcome for outcome in report.outcomes if outcome.status is not Status.APPLIED]
    assert report.exit_code == (5 if failed else 0), (report.outcomes, report.not_converged)
    assert sum(report.counts.values()) == len(found.plan.writes)
    for _ in steps_of(
        found.plan, KINDS
    ):  # what a run left undone may have failures of its own waiting, one behind the other
        _, report = applied(world, plane, inventory, prune=prune)
    assert report.exit_code == 0, (report.outcomes, report.not_converged)
    again = plan_for(world.manifests, plane.live(), inventory.load(), prune=prune)
    assert steps(again) == []
