"""Rules that every narrowed plan keeps: what is held back is not touched, and the rest is a plan of its own."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from igz_apply import workflow
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.manifests.loading import Loaded
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.model.operations import OperationRule
from igz_apply.model.reconciling import Mode
from igz_apply.model.resources import LiveState
from igz_apply.model.rounds import Cause, HeldBack
from igz_apply.planning.digest import plan_digest
from igz_apply.planning.holding import Restraints
from igz_apply.planning.rails import refusals
from igz_apply.planning.resting import Resting
from igz_apply.workflow import Limits
from igz_apply.workflow.healing import Healing, healing
from igz_apply.workflow.proposing import Proposal
from tests.builders import edges_of, restart
from tests.fakes import FakeSecrets, MemoryInventory
from tests.properties.worlds import World, worlds

GENEROUS = Limits(delete=dict.fromkeys(KINDS.names, 99), cascade=dict.fromkeys(KINDS.names, 99))
RULES = (restart("AppService/*", "jupyter", "Group/*", "User/ada#job_title"),)
EVERYTHING = Restraints(lambda _: Mode.HEAL)
NOTHING = Restraints(lambda _: Mode.TELL)


class Site:
    """A cluster, its manifests and its inventory, to be planned and healed again and again."""

    def __init__(self, world: World, *, prune: bool, limits: Limits, rules: tuple[OperationRule, ...] = ()) -> None:
        self.plane = world.plane()
        live = self.plane.live()
        self.inventory = MemoryInventory(world.remembered(live).entries)
        self._loaded = Loaded(world.manifests, (), operations=rules)
        self._options: dict[str, Any] = {"prune": prune, "limits": limits, "secrets": FakeSecrets()}

    def proposal(self) -> Proposal:
        found = workflow.plan(self._loaded, self.plane.live(), self.inventory.load(), **self._options)
        assume(found.plan is not None)
        return found

    def heal(self, proposal: Proposal) -> None:
        report = workflow.apply(
            proposal.approved(),
            proposal.live or self.plane.live(),
            self.inventory.load(),
            self.plane.ports(self.inventory),
        )
        assert report.exit_code == 0, (report.outcomes, report.not_converged)


def plan_of(proposal: Proposal) -> Plan:
    assert proposal.plan is not None
    return proposal.plan


def drawn(seed: int, plan: Plan) -> Restraints:
    """Draw what rests of a plan: kinds that are told of, addresses that are paused, fields that flap."""
    draw = random.Random(seed)
    told = {kind for kind in KINDS.names if draw.random() < 0.2}
    known = sorted({*(it.address for it in plan.changes), Address("Group", "ds"), Address("User", "ada")})
    paused = tuple(str(it) for it in known if draw.random() < 0.15)
    flapping = {
        it.address: {draw.choice([item.dotted for item in it.diff] or [""]): "somebody else writes it"}
        for it in plan.writes
        if draw.random() < 0.1
    }
    held = HeldBack(Cause.PAUSED, "paused: moved by hand")
    resting = (Resting(paused, held),) if paused else ()
    return Restraints(lambda kind: Mode.TELL if kind in told else Mode.HEAL, resting, flapping)


def made(plan: Plan) -> Mapping[Address, Action]:
    return {it.address: it.action for it in plan.changes if it.action is not Action.NO_CHANGE}


def written(plan: Plan) -> set[Address]:
    return {it.address for it in plan.writes}


def state_of(live: LiveState) -> Mapping[Address, Any]:
    return {it: (each.id, each.spec) for it, each in live.resources.items()}


@given(worlds(), st.booleans(), st.booleans(), st.integers(0, 2**32))
def test_what_is_left_is_a_plan_of_its_own(world: World, prune: bool, is_limited: bool, seed: int) -> None:
    site = Site(world, prune=prune, limits=Limits() if is_limited else GENEROUS, rules=RULES)
    proposal = site.proposal()
    whole = plan_of(proposal)
    found = healing(proposal, drawn(seed, whole))
    left, held = plan_of(found.proposal), found.held
    assert proposal.facts is not None
    assert refusals(left, proposal.facts) == () == found.proposal.refusals
    assert [it for it in left.changes if it not in whole.changes] == []
    kept = {it.address for it in left.changes}
    writes = written(left)
    assert {it.address for it in whole.writes} == {it.address for it in left.writes} | (held.keys() & written(whole))
    assert not kept & held.keys()
    assert all(need in kept for it in left.changes for need in it.depends_on)
    assert all(need in writes for it in left.operations for need in it.depends_on)
    for change in left.writes:
        sides = {Address("User", it.edge.user) for it in change.edges}
        sides |= {Address("Group", it.edge.group) for it in change.edges}
        assert not sides & {it for it, each in held.items() if each.cause is not Cause.MODE}
    assert all(it.is_left_over or it.triggers for it in left.operations)
    assert not {*left.dropped, *left.forgotten, *left.given_up} & held.keys()
    assert left.digest == plan_digest(left)
    again = healing(found.proposal, EVERYTHING)
    assert again.proposal == found.proposal


@given(worlds(), st.booleans())
def test_with_nothing_held_it_is_the_same_plan_and_with_all_only_told_it_is_empty(world: World, prune: bool) -> None:
    site = Site(world, prune=prune, limits=GENEROUS)
    proposal = site.proposal()
    whole = plan_of(proposal)
    if not proposal.refusals:
        found = healing(proposal, EVERYTHING)
        assert found == Healing(proposal, {})
        assert plan_of(found.proposal).digest == whole.digest
    told = healing(proposal, NOTHING)
    left = plan_of(told.proposal)
    assert (left.writes, left.operations, left.dropped, left.forgotten, left.learns) == (
        (),
        (),
        {},
        frozenset(),
        frozenset(),
    )
    assert made(left) == {}
    assert told.held.keys() == written(whole)
    assert {it.cause for it in told.held.values()} <= {Cause.MODE}


@given(worlds(), st.booleans(), st.integers(0, 2**32))
def test_healing_makes_that_part_true_and_what_is_left_then_is_what_was_held(
    world: World, prune: bool, seed: int
) -> None:
    site = Site(world, prune=prune, limits=GENEROUS)
    proposal = site.proposal()
    before, entries = site.plane.live(), site.inventory.load().entries
    found = healing(proposal, drawn(seed, plan_of(proposal)))
    site.heal(found.proposal)
    after = site.plane.live()
    writes = written(plan_of(found.proposal))
    gone = {it.address for it in plan_of(found.proposal).writes if it.action is Action.DELETE}
    for address, was in state_of(before).items():
        if address not in writes and not (address.kind == "Project" and gone):
            assert state_of(after)[address] == was
    for address in found.held:
        assert site.inventory.load().entries.get(address) == entries.get(address)
    changed = edges_of(before) ^ edges_of(after)
    whole_again = plan_of(site.proposal())
    done = made(plan_of(found.proposal)).keys()
    assert made(whole_again) == {it: how for it, how in made(plan_of(proposal)).items() if it not in done}
    assert all(Address("User", it.user) in writes or Address("Group", it.group) in writes for it in changed)
    assert whole_again.dropped.keys() == plan_of(proposal).dropped.keys() - plan_of(found.proposal).dropped.keys()
