"""Carries out a plan without the executor: one step after the other, in an order that the schedule allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from igz_apply.execution.schedule import Schedule
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.steps import Verb, steps_of
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.model.resources import LiveState, Owned
from igz_apply.model.step import Step
from igz_apply.planning.ownership import applied, opened
from igz_apply.ports import Blocked
from tests.emulated import EmulatedPlane


def carry_out(
    plan: Plan,
    plane: EmulatedPlane,
    live: LiveState,
    owned: Owned,
    watch: Callable[[Step], None] = lambda _: None,
) -> tuple[Owned, LiveState]:
    """Make a plan true on the plane; return the inventory and what lives after it. What the plane refuses is raised.

    `live` is what the plan was made from.
    """
    ids = {address: resource.id for address, resource in live.resources.items() if not resource.is_deleting}
    steps = steps_of(plan, KINDS)
    schedule = Schedule(steps)
    done = []
    while (step := schedule.start_next()) is not None:
        watch(step)
        _perform(step, plane, ids)
        schedule.applied(step.key)
        done.append(step.key)
    assert sorted(done) == sorted(step.key for step in steps), "a step has never been able to start"
    after = plane.live() if done else live
    return _remembered(plan, owned, after), after


def _perform(step: Step, plane: EmulatedPlane, ids: dict[Address, str]) -> None:
    if step.verb == Verb.AWAIT:
        return
    answer = plane.perform(step, ids)
    assert not isinstance(answer, Blocked)
    ids.update(answer.ids)


def _remembered(plan: Plan, owned: Owned, after: LiveState) -> Owned:
    entries = opened(owned.entries, plan)
    for change in plan.writes:
        if change.action is Action.DELETE:
            entries.pop(change.address, None)
        else:
            found = entries.get(change.address)
            lives = after.resources[change.address]
            entries[change.address] = replace(applied(change, found, lives.id, {}), born=lives.born)
    return Owned(entries)
