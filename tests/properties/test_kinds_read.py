"""A plan that looked only at the kinds that it takes is the plan of one that looked at all."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.resources import DesiredState, LiveState, Owned
from igz_apply.planning.access_impact import access_impact
from igz_apply.planning.lockout import unguarded
from igz_apply.planning.planner import Planned
from igz_apply.planning.rail_facts import RailFacts
from igz_apply.planning.rails import refusals
from igz_apply.planning.reach import kinds_about, kinds_to_read
from tests.builders import planned
from tests.properties.worlds import World, worlds


def told(found: Planned, live: LiveState, owned: Owned) -> object:
    """Return all that a plan decides and says, but for what is foreign."""
    if found.plan is None:
        return found.problems
    plan = found.plan
    facts = RailFacts(live, owned, KINDS, is_pruning=True)
    return (
        plan.changes,
        plan.warnings,
        (plan.kept, plan.dropped, plan.doubtful, plan.tombstones),
        access_impact(plan, live, KINDS),
        refusals(plan, facts),
        tuple(unguarded(plan, live, KINDS)),
        found.problems,
    )


@given(worlds(), st.integers(0, 2**32), st.booleans())
def test_what_is_not_read_changes_nothing(world: World, seed: int, prune: bool) -> None:
    rng = random.Random(seed)
    about = set(rng.sample(KINDS.names, rng.randint(1, 2)))
    desired = DesiredState({it: each for it, each in world.manifests.resources.items() if it.kind in about})
    owned = Owned({address: entry for address, entry in world.owned.entries.items() if address.kind in about})
    wanted = kinds_to_read(KINDS, kinds_about(desired, owned, (), KINDS))
    unread = frozenset(KINDS.names) - (wanted if wanted is not None else frozenset(KINDS.names))
    whole = world.seen
    left = {address: it for address, it in whole.resources.items() if address.kind not in unread}
    narrow = replace(whole, resources=left, unread=unread)
    one, other = (planned(desired, live, owned, prune=prune) for live in (whole, narrow))
    assert told(one, whole, owned) == told(other, narrow, owned)
    if other.plan is not None and one.plan is not None:
        assert set(other.plan.unread) == unread
        assert {kind: n for kind, n in one.plan.foreign.items() if kind not in unread} == other.plan.foreign
