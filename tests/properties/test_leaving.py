"""Who leaves is switched off and has nothing left in what is ours, and what broke off comes to the same."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import assume, given

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.steps import steps_of
from igz_apply.model.addresses import Address
from igz_apply.model.resources import Resource
from tests.builders import entry, plan_for, planned, steps
from tests.emulated import EmulatedPlane
from tests.fakes import MemoryInventory
from tests.properties.test_applies import applied
from tests.properties.worlds import Artist, World, seeds, sizes


def world_without_some(size: int, seed: int) -> tuple[World, frozenset[Address]]:
    """Draw a world of which all was applied, and whose manifests have lost some people, and services, since."""
    draw = random.Random(seed)
    live = [each for each in Artist(size, seed).cluster() if each.address.name not in ("admin", "all_users")]
    ends = [it.address for it in live if it.address.kind in ("User", "AppService")]
    leaving = frozenset(draw.sample(ends, draw.randint(0, len(ends))))
    lifecycle = {it: replace(each.lifecycle, on_removal="disable") for each in live if (it := each.address) in leaving}
    before = [replace(each, lifecycle=lifecycle.get(each.address, each.lifecycle)) for each in live]
    names = {it.name for it in leaving if it.kind == "User"}
    declared = [_without(each, names, draw) for each in before if each.address not in leaving]
    entries = tuple((each.address, entry(each)) for each in before)
    return World(tuple(declared), tuple(live), entries), leaving


def _without(resource: Resource, names: set[str], draw: random.Random) -> Resource:
    """Take people out of the lists of a manifest, or the list, or a part of it."""
    spec: dict[str, Any] = dict(resource.spec)
    if spec.get("users"):
        spec["users"] = [name for name in spec["users"] if name not in names]
    if spec.get("members"):
        spec["members"] = {
            role: sides and {**sides, "users": [it for it in sides.get("users") or () if it not in names]}
            for role, sides in spec["members"].items()
            if draw.random() < 0.6
        }
    for name in ("users", "members", "owner"):
        if name in spec and draw.random() < 0.3:
            del spec[name]
    is_additive = resource.address.kind == "Project" and draw.random() < 0.3
    lifecycle = replace(resource.lifecycle, membership="additive") if is_additive else resource.lifecycle
    return replace(resource, spec=spec, lifecycle=lifecycle)


def assert_left(world: World, plane: EmulatedPlane, inventory: MemoryInventory, leaving: frozenset[Address]) -> None:
    live = plane.live()
    for address in leaving:
        spec = live.resources[address].spec
        if address.kind == "AppService":
            assert spec["desired_state"] == "disabled"
            continue
        assert spec["admin_status"] == "down"
        assert live.groups_of.get(address.name, frozenset()) <= {"all_users"}
        assert not spec.get("assigned_policies")
        assert not spec.get("primary_group")
        for declared in world.desired:
            if declared.address.kind == "Project":
                project = live.resources[declared.address].spec
                listed = [it for sides in (project.get("members") or {}).values() for it in sides.get("users") or ()]
                assert project.get("owner") == address.name or address.name not in listed
    entries = inventory.load().entries
    assert {address for address, known in entries.items() if known.is_removed} == leaving
    again = plan_for(world.manifests, live, inventory.load(), prune=True)
    assert steps(again) == []


def start(size: int, seed: int) -> tuple[World, frozenset[Address], EmulatedPlane, MemoryInventory]:
    world, leaving = world_without_some(size, seed)
    plane = world.plane()
    return world, leaving, plane, MemoryInventory(world.remembered(plane.live()).entries)


@given(sizes, seeds)
def test_who_leaves_has_nothing_left_in_what_is_ours(size: int, seed: int) -> None:
    world, leaving, plane, inventory = start(size, seed)
    live = plane.live()
    found = planned(world.manifests, live, inventory.load(), prune=True)
    assume(found.plan is not None)
    assert found.plan is not None
    report = applied(found.plan, live, plane, inventory)
    assert report.exit_code == 0, (report.outcomes, report.not_converged)
    assert_left(world, plane, inventory, leaving)


@given(sizes, seeds)
def test_after_any_failures_the_same_command_makes_it_so(size: int, seed: int) -> None:
    world, leaving, plane, inventory = start(size, seed)
    live, draw = plane.live(), random.Random(seed)
    found = planned(world.manifests, live, inventory.load(), prune=True)
    assume(found.plan is not None and found.plan.writes)
    assert found.plan is not None
    for step in steps_of(found.plan, KINDS):
        trouble = draw.choice(("well", "fails", "lost before", "lost after"))
        if trouble != "well":
            plane.trouble(step.key, trouble)
    report = applied(found.plan, live, plane, inventory)
    for _ in range(2 + len(steps_of(found.plan, KINDS))):
        if report.exit_code == 0:
            break
        live = plane.live()
        report = applied(plan_for(world.manifests, live, inventory.load(), prune=True), live, plane, inventory)
    assert report.exit_code == 0, (report.outcomes, report.not_converged)
    assert_left(world, plane, inventory, leaving)


@given(sizes, seeds)
def test_a_manifest_that_comes_back_has_everything_back_that_it_states(size: int, seed: int) -> None:
    world, leaving, plane, inventory = start(size, seed)
    live = plane.live()
    found = planned(world.manifests, live, inventory.load(), prune=True)
    assume(found.plan is not None)
    assert found.plan is not None
    applied(found.plan, live, plane, inventory)
    all_of_it = World(world.live, world.live, ())
    live = plane.live()
    back = planned(all_of_it.manifests, live, inventory.load(), prune=True)
    assume(back.plan is not None)
    assert back.plan is not None
    report = applied(back.plan, live, plane, inventory)
    assert report.exit_code == 0, (report.outcomes, report.not_converged)
    after = plane.live()
    for address in leaving:
        name, off = KINDS[address.kind].disabled_by or ("", "")
        is_off = all_of_it.manifests.resources[address].spec.get(name) == off
        assert (after.resources[address].spec[name] == off) == is_off
    assert not [it for it, known in inventory.load().entries.items() if known.is_removed]
