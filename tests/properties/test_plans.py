"""Rules that every plan keeps, over worlds drawn at random."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import assume, event, given
from hypothesis import strategies as st

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address, globs_of
from igz_apply.model.changes import Action, Plan
from igz_apply.model.problems import errors_of
from igz_apply.model.resources import DesiredState, Edge, LiveState, Owned, Resource
from igz_apply.model.step import Step
from igz_apply.planning.ownership import is_owned
from igz_apply.planning.plan_document import canonical, to_data
from igz_apply.views.plan_text import plan_text
from tests.builders import edges_of, plan_for, planned, steps
from tests.emulated import EmulatedPlane
from tests.properties.applying import carry_out
from tests.properties.worlds import World, clusters, world_after, worlds


def plan_of(world: World, live: LiveState, owned: Owned, *, prune: bool) -> Plan:
    """Plan a world, and leave out those that cannot be planned."""
    found = planned(world.manifests, live, owned, prune=prune)
    assume(found.plan is not None)
    assert found.plan is not None
    return found.plan


@given(worlds(), st.booleans())
def test_a_plan_after_an_apply_is_empty_and_a_third_one_too(world: World, prune: bool) -> None:
    plane = world.plane()
    live = plane.live()
    first = plan_of(world, live, world.remembered(live), prune=prune)
    event(f"{len(first.writes)} writes")
    owned, live = carry_out(first, plane, live, world.remembered(live))
    for _ in range(2):
        again = plan_for(world.manifests, live, owned, prune=prune)
        assert steps(again) == [], again.writes
        assert all(change.action is Action.NO_CHANGE for change in again.changes)
        assert again.dropped == {}
        owned, live = carry_out(again, plane, live, owned)


@given(worlds(), st.booleans())
def test_no_step_precedes_what_it_needs(world: World, prune: bool) -> None:
    plane = world.plane()
    live = plane.live()
    plan = plan_of(world, live, world.remembered(live), prune=prune)
    place = {change.address: index for index, change in enumerate(plan.changes)}
    for change in plan.changes:
        assert all(place[need] < place[change.address] for need in change.depends_on)
    ended: set[str] = set()

    def watch(step: Step) -> None:
        assert step.needs <= ended
        ended.add(step.key)

    carry_out(plan, plane, live, world.remembered(live), watch=watch)


def shuffled(value: Any, draw: random.Random) -> Any:
    """Return mappings with their keys, and nothing else, in another order."""
    if isinstance(value, Mapping):
        items = [(key, shuffled(below, draw)) for key, below in value.items()]
        draw.shuffle(items)
        return dict(items)
    return value


def mixed(world: World, live: LiveState, draw: random.Random) -> tuple[DesiredState, LiveState, Owned]:
    desired = [replace(each, spec=shuffled(each.spec, draw)) for each in world.desired]
    draw.shuffle(desired)
    resources = [replace(each, spec=shuffled(each.spec, draw)) for each in live.resources.values()]
    draw.shuffle(resources)
    return (
        DesiredState({each.address: each for each in desired}),
        replace(
            live,
            resources={each.address: each for each in resources},
            groups_of=dict(reversed(tuple(live.groups_of.items()))),
        ),
        Owned(dict(draw.sample(list(world.entries), len(world.entries)))),
    )


@given(worlds(), st.booleans(), st.randoms(use_true_random=False))
def test_a_plan_does_not_depend_on_the_order_of_anything(world: World, prune: bool, draw: random.Random) -> None:
    live = world.seen
    one = planned(world.manifests, live, world.owned, prune=prune)
    other = planned(*mixed(world, live, draw), prune=prune)
    assert one.problems == other.problems
    if one.plan is None or other.plan is None:
        assert one.plan is other.plan
        return
    assert canonical(to_data(one.plan, tool_version="1")) == canonical(to_data(other.plan, tool_version="1"))
    assert plan_text(one.plan) == plan_text(other.plan)


@given(worlds(), st.booleans())
def test_an_apply_changes_what_the_plan_listed_and_nothing_else(world: World, prune: bool) -> None:
    plane = world.plane()
    before = plane.live()
    owned = world.remembered(before)
    plan = plan_of(world, before, owned, prune=prune)
    _, after = carry_out(plan, plane, before, owned)
    listed = {change.address: change for change in plan.writes}
    assert {key.split(" ")[0] for key in plane.sent} <= {
        "create", "update", "delete", "roles", "memberships", "document"
    }  # fmt: skip
    for address in before.resources.keys() | after.resources.keys():
        was, now = before.resources.get(address), after.resources.get(address)
        change = listed.get(address)
        if was is None:
            assert change is not None
            assert change.action is Action.CREATE
        elif now is None:
            assert change is not None
            assert change.action is Action.DELETE
        else:
            shown = {item.dotted.split(".")[0] for item in change.diff} if change is not None else set()
            assert fields_that_moved(was.spec, now.spec, gone(plan)) <= shown | labels(shown)
    moved = edges_of(before) ^ edges_of(after)
    held = {item.edge for change in plan.writes for item in change.edges}
    mine = {edge for edge in moved if not {("User", edge.user), ("Group", edge.group)} & gone(plan)}
    created = {name for kind, name in listed if listed[Address(kind, name)].action is Action.CREATE}
    assert {edge for edge in mine if not (edge.group == "all_users" and edge.user in created)} == {
        edge for edge in held if not {("User", edge.user), ("Group", edge.group)} & gone(plan)
    }


def gone(plan: Plan) -> set[tuple[str, str]]:
    return {(change.address.kind, change.address.name) for change in plan.writes if change.action is Action.DELETE}


def labels(shown: set[str]) -> set[str]:
    return {"metadata.labels"} if "metadata" in shown else set()


def fields_that_moved(was: Mapping[str, Any], now: Mapping[str, Any], left: set[tuple[str, str]]) -> set[str]:
    """Return the fields whose value is another; members that were deleted, and owners that stay, do not count."""
    moved = set()
    for name in was.keys() | now.keys():
        one, other = was.get(name), now.get(name)
        if name == "members":
            one, other = without(one, left, was, now), without(other, left, was, now)
        if one != other:
            moved.add(name)
    return moved


def without(members: Any, left: set[tuple[str, str]], *specs: Mapping[str, Any]) -> Any:
    owners = {spec.get("owner") for spec in specs}
    return {
        (role, side): kept
        for role, sides in (members or {}).items()
        for side, names in sides.items()
        if (
            kept := {
                name
                for name in names
                if ("User" if side == "users" else "Group", name) not in left
                and not (role == "admin" and side == "users" and name in owners)
            }
        )
    }


@given(clusters(), st.data())
def test_dropping_an_optional_key_of_what_is_as_declared_plans_nothing(live: Any, data: st.DataObject) -> None:
    """Every key of a spec is optional, down to those of nested objects; a role of a project is one value."""
    plane = EmulatedPlane(*live)
    desired = data.draw(world_after(live))
    before = plane.live()
    first = planned(DesiredState({each.address: each for each in desired}), before)
    assume(first.plan is not None)
    assert first.plan is not None
    owned, after = carry_out(first.plan, plane, before, Owned())
    present = [each for each in desired if each.is_present and each.spec]
    assume(present)
    victim = data.draw(st.sampled_from(present))
    path = data.draw(st.sampled_from(list(paths(victim.spec))))
    less = [replace(each, spec=dropped(each.spec, path)) if each is victim else each for each in desired]
    found = planned(DesiredState({each.address: each for each in less}), after, owned)
    if found.plan is None:  # the one way: who keeps a list of groups cannot forget which one is the primary
        assert {problem.summary for problem in found.problems} == {"Primary group"}
        return
    for change in found.plan.writes:  # the other side of a membership may state its list, and goes by that alone now
        assert path[0] in ("groups", "users", "primary_group")
        assert {item.dotted for item in change.diff} <= {"groups", "users"}
        for item in change.edges:
            assert not item.adds
            assert states_its_list(less, item.edge, but=victim.address)


def states_its_list(desired: Sequence[Resource], edge: Edge, *, but: Address) -> bool:
    sides = {Address("User", edge.user): "groups", Address("Group", edge.group): "users"}
    return any(
        each.lifecycle.membership == "exact" and sides[each.address] in each.spec
        for each in desired
        if each.address in sides and (each.address != but or sides[each.address] == "groups")
    )


def paths(spec: Mapping[str, Any], above: tuple[str, ...] = ()) -> Any:
    for key, value in spec.items():
        yield (*above, key)
        whole = key in ("labels", "annotations", "metadata.labels", "node_selector", "extra_environment_vars", "odd")
        if isinstance(value, Mapping) and not whole and above != ("members",):
            yield from paths(value, (*above, key))


def dropped(spec: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    key, *below = path
    if not below:
        return {name: value for name, value in spec.items() if name != key}
    return {**spec, key: dropped(spec[key], tuple(below))}


@given(worlds(), st.booleans())
def test_what_is_not_owned_is_deleted_only_where_a_manifest_says_absent(world: World, prune: bool) -> None:
    live = world.seen
    plan = plan_of(world, live, world.owned, prune=prune)
    said = {each.address for each in world.desired if not each.is_present}
    for change in plan.writes:
        if change.action is Action.DELETE and change.address not in said:
            entry = world.owned.entries[change.address]
            assert prune
            assert not entry.is_pending
            assert is_owned(entry, live.resources[change.address], KINDS[change.address.kind])
            assert entry.id == live.resources[change.address].id or entry.values["kind"] == "jupyter"


@given(worlds())
def test_losing_the_inventory_never_causes_a_delete(world: World) -> None:
    known = plan_of(world, world.seen, world.owned, prune=True)
    lost = plan_of(world, world.seen, Owned(), prune=True)
    deletes = [{change.address for change in each.writes if change.action is Action.DELETE} for each in (known, lost)]
    assert deletes[1] <= deletes[0]
    said = {each.address for each in world.desired if not each.is_present}
    assert deletes[1] <= said


@given(worlds(), st.booleans())
def test_everything_that_was_seen_is_counted_once(world: World, prune: bool) -> None:
    plan = plan_of(world, world.seen, world.owned, prune=prune)
    live = world.seen.resources
    listed = {change.address for change in plan.changes if change.live is not None}
    assert len(listed) + len(plan.kept) + len(plan.doubtful) + sum(plan.foreign.values()) == len(live)
    assert not listed & {*plan.kept, *plan.doubtful}
    assert sum(plan.counts.values()) == len(plan.changes)


@given(worlds(), st.lists(st.sampled_from(["User/a*", "Group", "Project/churn", "AppService", "User"]), max_size=2))
def test_a_partial_run_changes_nothing_outside_its_selection_and_prunes_nothing(
    world: World, exclude: list[str]
) -> None:
    plane = world.plane()
    live = plane.live()
    found = planned(world.manifests, live, world.remembered(live), prune=True, exclude=exclude)
    assume(found.plan is not None)
    assert found.plan is not None
    said = {each.address for each in world.desired if not each.is_present}
    left_out = globs_of(exclude, ())
    for change in found.plan.changes:
        assert not left_out.select(change.address)
        assert change.action is not Action.DELETE or not exclude or change.address in said
    owned, after = carry_out(found.plan, plane, live, world.remembered(live))
    again = plan_for(world.manifests, after, owned, prune=True, exclude=exclude)
    assert steps(again) == []


@given(worlds())
def test_problems_have_a_place_and_say_what_to_do(world: World) -> None:
    found = planned(world.manifests, world.seen, world.owned, prune=True)
    for problem in errors_of(found.problems):
        assert problem.summary
        assert problem.detail.endswith(".")
        assert problem.hint
        assert problem.address is not None
