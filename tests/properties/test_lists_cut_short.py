"""Nothing that lives is taken for gone: random worlds, lists that are cut short at random, random callers."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hypothesis import event, given
from hypothesis import strategies as st

from igz_apply.errors import PlaneError
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.resources import LiveResource, LiveState, Owned
from igz_apply.planning.identity import under_owned_names
from igz_apply.planning.ownership import opened
from igz_apply.planning.planner import PlanOptions, make_plan
from igz_apply.planning.presence import with_absence_confirmed
from igz_apply.ports import Pool, Presence, Sighting
from tests.fakes import InlinePool
from tests.properties.worlds import World, world_of, worlds


@dataclass
class Lists:
    """A reader whose lists leave out what lives: `unlisted` wrongly, `unseen` because this caller may not see it."""

    true: LiveState
    unlisted: set[Address] = field(default_factory=set)
    unseen: dict[Address, Presence] = field(default_factory=dict)  # what a look for it answers

    def live(self, pool: Pool | None = None, kinds: frozenset[str] | None = None) -> LiveState:  # noqa: ARG002 - the port's signature
        left_out = self.unlisted | self.unseen.keys()
        users = {address.name for address in self.true.resources.keys() - left_out if address.kind == "User"}
        return replace(
            self.true,
            resources={address: each for address, each in self.true.resources.items() if address not in left_out},
            groups_of={user: groups for user, groups in self.true.groups_of.items() if user in users},
        )

    def sightings(self, kind: Kind, ids: Mapping[str, str], live: LiveState, pool: Pool) -> Mapping[str, Sighting]:
        del live, pool
        return {name: self._look(kind, name, identity) for name, identity in ids.items()}

    def _look(self, kind: Kind, name: str, identity: str) -> Sighting:
        found = next((it for it in self.true.resources.values() if _is_meant(it, kind, name, identity)), None)
        if found is None:
            return Sighting(Presence.GONE)
        hidden = self.unseen.get(found.address)
        if hidden is None and kind.has_ids:
            return Sighting(Presence.THERE, found.address.name, found.id)
        return Sighting(hidden or Presence.HIDDEN, why="403" if hidden else "another view alone shows it")

    def listed_at(self, kind: Kind) -> str:
        return kind.name

    def own_keys(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        return ()


def _is_meant(it: LiveResource, kind: Kind, name: str, identity: str) -> bool:
    by_id = kind.has_ids and identity
    return it.address.kind == kind.name and (it.id == identity if by_id else it.address.name == name)


def cut_short(lists: Lists, draw: random.Random, *, hides: bool) -> None:
    """Let lists leave out what is there: wrongly, or because this caller may not see it."""
    for address in sorted(lists.true.resources):
        if draw.random() < 0.3:
            if hides and KINDS[address.kind].has_ids:
                lists.unseen[address] = draw.choice((Presence.HIDDEN, Presence.GONE))
            elif not hides:
                lists.unlisted.add(address)


def seen_by(lists: Lists, draw: random.Random) -> LiveState:
    """What a caller fetches who may see all of some kinds only."""
    live = lists.live()
    hidden = {address.kind for address, how in lists.unseen.items() if how is Presence.GONE}
    partial = {kind for kind in KINDS.names if kind in hidden or draw.random() < 0.2}
    return replace(live, partial=dict.fromkeys(sorted(partial), "no policy shows all of it"))


@given(worlds(), st.booleans(), st.booleans(), st.randoms(use_true_random=False))
def test_what_is_owned_and_lives_is_never_dropped_deleted_or_made_again(
    world: World, prune: bool, hides: bool, draw: random.Random
) -> None:
    lists = Lists(world.seen)
    true = lists.true
    cut_short(lists, draw, hides=hides)
    live = seen_by(lists, draw)
    try:
        confirmed = with_absence_confirmed(live, world.owned, lists, KINDS, InlinePool())
    except PlaneError:
        is_caller_there = Address("User", live.caller.username) in live.resources
        assert (
            not is_caller_there
            or {address for address in world.owned.entries if address in true.resources} & lists.unlisted
        )
        event("a list was not trusted")
        return
    assert not wrongly_gone(world, true, confirmed, prune=prune)


def wrongly_gone(world: World, true: LiveState, seen: LiveState, *, prune: bool, kinds: Kinds = KINDS) -> set[Address]:
    """Return what we own, what lives, and what a plan of what was seen takes for gone all the same."""
    known = under_owned_names(seen, world.owned, kinds, world.manifests.declared)
    plan = make_plan(world.manifests, known, world.owned, kinds, PlanOptions(prune)).plan
    if plan is None:
        return set()
    unseen = {address for address in ours(world, true) if address not in seen.resources}
    kept = opened(world.owned.entries, plan)
    made_again = {change.address for change in plan.writes if change.action is not Action.UPDATE}
    forgotten = {address for address in unseen if address not in kept or kept[address] != world.owned.entries[address]}
    return (unseen & made_again) | forgotten


def test_what_lives_and_is_refused_to_who_sees_its_kind_by_half_is_never_made() -> None:
    met = 0
    for seed in range(200):
        world = world_of(12, seed)
        lists = Lists(world.seen)
        hidden = {address for address in lists.true.resources if address.kind == "Project"}
        lists.unseen.update(dict.fromkeys(hidden, Presence.HIDDEN))
        live = replace(lists.live(), partial={"Project": "no policy shows all of it"})
        declared = world.manifests.declared
        seen = with_absence_confirmed(live, Owned(), lists, KINDS, InlinePool(), declared)
        assert seen.hidden.keys() == declared.keys() & hidden
        plan = make_plan(world.manifests, seen, Owned(), KINDS, PlanOptions()).plan
        if plan is not None:
            met += bool(plan.not_visible)
            assert plan.not_visible.keys() == declared.keys() & hidden
            assert not hidden & {change.address for change in plan.writes}
    assert met > 20


@given(worlds(), st.booleans(), st.randoms(use_true_random=False))
def test_ids_outlive_whatever_becomes_of_names(world: World, prune: bool, draw: random.Random) -> None:
    true = world.seen
    entries = {
        address: replace(entry, id=true.resources[address].id)
        if address in true.resources and KINDS[address.kind].has_ids and not entry.is_pending
        else entry
        for address, entry in world.owned.entries.items()
    }
    owned = replace(world.owned, entries=entries)
    now = with_names_dealt_anew(true, draw)
    seen = under_owned_names(now, owned, KINDS, world.manifests.declared)
    assert {it.id for it in seen.resources.values()} == {it.id for it in now.resources.values()}
    plan = make_plan(world.manifests, seen, owned, KINDS, PlanOptions(prune)).plan
    if plan is None:
        event("no plan")
        return
    names = {(it.address.kind, it.id): it.address for it in now.resources.values()}
    ids = {(address.kind, entry.id): address for address, entry in entries.items() if not entry.is_pending}
    kept = opened(entries, plan)
    for change in plan.writes:
        key = (change.address.kind, change.live.id if change.live is not None else "")
        if change.action is Action.DELETE and change.desired is None:
            assert key in ids
        if change.action is Action.CREATE and change.address in entries and KINDS[change.address.kind].has_ids:
            assert (change.address.kind, entries[change.address].id) not in names
    for (kind, identity), address in ids.items():
        there = names.get((kind, identity))
        if there is not None and KINDS[kind].has_ids and not world.manifests.declared.get(there, False):
            event("renamed" if there != address else "as it was")
            assert kept[address].id == identity


def with_names_dealt_anew(live: LiveState, draw: random.Random) -> LiveState:
    """Return what lives with the names of some users and groups exchanged, handed on, or new."""
    names: dict[Address, Address] = {}
    for kind in ("User", "Group"):
        some = sorted(it for it in live.resources if it.kind == kind and draw.random() < 0.5)
        pool = [it.name for it in some] + [f"new{number}" for number in range(2)]
        draw.shuffle(pool)
        names |= {old: Address(kind, new) for old, new in zip(some, pool, strict=False)}

    def now(kind: str, name: str) -> str:
        return names.get(Address(kind, name), Address(kind, name)).name

    return replace(
        live,
        resources={
            (new := names.get(old, old)): replace(resource, address=new) for old, resource in live.resources.items()
        },
        groups_of={
            now("User", user): frozenset(now("Group", group) for group in groups)
            for user, groups in live.groups_of.items()
        },
    )


def ours(world: World, true: LiveState) -> Iterable[Address]:
    """Yield what an entry stands for that has an id which lives, whether it is shown or not."""
    for address, entry in world.owned.entries.items():
        lives = true.resources.get(address)
        if lives is not None and (entry.is_pending or entry.id == lives.id):
            yield address


def test_the_property_notices_when_nobody_looks() -> None:
    """It can fail: without the look for what is missing, it finds what was forgotten in some of the worlds."""
    found = 0
    for seed in range(200):
        draw = random.Random(seed)
        world = world_of(6, seed)
        lists = Lists(world.seen)
        cut_short(lists, draw, hides=False)
        found += bool(wrongly_gone(world, lists.true, lists.live(), prune=True))
    assert found > 20


def test_absence_is_confirmed_without_a_call_where_nothing_is_missing() -> None:
    world = world_of(6, 1)
    live = world.seen
    owned = replace(world.owned, entries={it: e for it, e in world.owned.entries.items() if it in live.resources})
    known = {address: replace(entry, id=live.resources[address].id) for address, entry in owned.entries.items()}
    pool = InlinePool(is_held=True)
    assert with_absence_confirmed(live, replace(owned, entries=known), Lists(live), KINDS, pool) is live
    assert pool.held == 0
