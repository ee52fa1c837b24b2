"""A plan of a snapshot is the plan of the cluster that it was taken of, over worlds drawn at random."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from igz_apply import workflow
from igz_apply.errors import InvalidInput, PlaneError
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.manifests.loading import Loaded
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.model.hidden import Hidden
from igz_apply.model.resources import DesiredState, Entry, Home, LiveState, Owned, Resource, SecretRef
from igz_apply.planning.presence import with_absence_confirmed
from igz_apply.planning.selection import Selection
from igz_apply.ports import Reader, Secrets
from igz_apply.snapshots.document import decode, encode
from igz_apply.snapshots.doubts import unsought
from igz_apply.snapshots.reading import NotingReader, PresumedSecrets, SnapshotReader
from igz_apply.snapshots.snapshot import Ownership, Snapshot
from igz_apply.workflow import Claims, Limits
from tests.builders import restart, steps
from tests.fakes import FakeSecrets, InlinePool
from tests.properties.test_lists_cut_short import Lists, cut_short
from tests.properties.worlds import World, world_after, worlds

pytestmark = pytest.mark.full

RULES = (restart("AppService/*", "jupyter.image_name", "User/ada#first_name"),)
POOL = InlinePool()
PRESENT = FakeSecrets(P="one", Q="two")


class Twist:
    """What a world has beside: all that an inventory remembers, hidden values, secrets, other names."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw

    def chance(self, likely: float = 0.3) -> bool:
        return self.draw.random() < likely

    def manifests(self, world: World) -> DesiredState:
        return DesiredState({each.address: self.declared(each) for each in world.desired})

    def declared(self, each: Resource) -> Resource:
        spec = dict(each.spec)
        if each.address.kind == "User" and self.chance(0.4):
            spec["password"] = SecretRef(from_env="P")
        if each.address.kind == "AppService" and self.chance(0.4):
            spec["jupyter"] = {**(spec.get("jupyter") or {}), "settings": self.settings(each.address)}
        life = each.lifecycle
        if self.chance(0.2):
            life = replace(life, on_removal=self.draw.choice(["delete", "disable", "forget"]))
        if self.chance(0.2) and each.is_present:
            life = replace(life, ignore_changes=("description",))
        return replace(each, spec=spec, lifecycle=life)

    def settings(self, address: Address) -> Mapping[str, Any]:
        place = f"{address}#jupyter.settings.token"
        return {"token": Hidden(place, "same"), "free": self.draw.choice(["a", "b"]), "deep": [{"x": 1}]}

    def seen(self, world: World) -> LiveState:
        found = {}
        for address, each in world.seen.resources.items():
            spec = dict(each.spec)
            more: dict[str, Any] = {}
            if address.kind == "AppService" and self.chance(0.5):
                spec["jupyter"] = {**(spec.get("jupyter") or {}), "settings": self.settings(address)}
            if self.chance(0.1):
                more["is_ready"] = False
            if self.chance(0.1):
                more["is_deleting"] = True
            if self.chance(0.1):
                more["is_broken"] = True
            if self.chance(0.2):
                more["mark"] = self.draw.choice(["ours", "theirs"])
            if self.chance(0.2):
                more["born"] = self.draw.choice(["t1", "t2"])
            if self.chance(0.1):
                more["unknown"] = frozenset({"description"})
            if self.chance(0.2) and address.kind == "Project":
                more["contents"] = self.draw.choice(["", "2 functions"])
            if self.chance(0.1):
                spec["$odd"] = {"$secret": {"from_env": "x"}, "$literal": [{"$hidden": 1}]}
            found[address] = replace(each, spec=spec, **more)
        return replace(world.seen, resources=found, looked_up={"Policy": frozenset({"Data", "Developer"})})

    def owned(self, world: World, seen: LiveState) -> Owned:
        return Owned(
            {it: self.entry(it, each, seen) for it, each in world.owned.entries.items()},
            home=Home(seen.caller.tenant, seen.caller.endpoint) if self.chance() else Home(),
        )

    def entry(self, address: Address, each: Entry, seen: LiveState) -> Entry:
        lives = seen.resources.get(address)
        more: dict[str, Any] = {}
        if lives is not None and self.chance(0.5):
            more["born"] = lives.born
        if self.chance(0.3):
            more["mark"] = self.draw.choice(["ours", "theirs"])
        if address.kind == "User" and self.chance(0.6):
            more["secrets"] = {"password": PRESENT.hashed(SecretRef(from_env="P"))}
        if address.kind == "AppService" and self.chance(0.5):
            more["due"] = ("restart",)
        if self.chance(0.2):
            more["ignored"] = ("description",)
        if self.chance(0.2):
            more["on_removal"] = self.draw.choice(["delete", "disable", "forget"])
        if self.chance(0.1):
            more["is_removed"] = True
        if self.chance(0.2):
            more["filled"] = {"description": self.draw.choice(["0123", "4567"])}
        if self.chance(0.2):
            more["depends_on"] = (Address("Group", "ds"),)
        if address.kind == "AppService" and self.chance(0.5):
            more["values"] = {**each.values, "jupyter": {"settings": self.settings(address)}}
        return replace(each, **more)


def planned(desired: DesiredState, live: LiveState, owned: Owned, secrets: Secrets, options: Mapping[str, Any]) -> Plan:
    loaded = Loaded(desired, (), operations=options["operations"])
    more = {name: value for name, value in options.items() if name != "operations"}
    made = workflow.plan(loaded, live, owned, secrets=secrets, limits=Limits(), **more).plan
    assume(made is not None)
    assert made is not None
    return made


def confirmed(live: LiveState, owned: Owned, reader: Reader, declared: Iterable[Address]) -> LiveState:
    return with_absence_confirmed(live, owned, reader, KINDS, POOL, declared)


def snapshot_of(live: LiveState, owned: Owned, reader: Reader, declared: Iterable[Address]) -> Snapshot:
    noting = NotingReader(reader)
    confirmed(live, owned, noting, declared)
    taken = Snapshot("2026-11-30T15:00:00Z", "iguazio3", live, Ownership(owned), noting.noted)
    return decode(encode(taken), "x")


def by_half(lists: Lists, draw: random.Random) -> LiveState:
    live = lists.live()
    return replace(live, partial={it: "why" for it in KINDS.names if draw.random() < 0.4})


@given(worlds(), st.data(), st.randoms(use_true_random=False))
def test_a_plan_of_a_snapshot_has_the_digest_of_the_plan_of_the_cluster(
    world: World, data: st.DataObject, draw: random.Random
) -> None:
    twist = Twist(draw)
    lists = Lists(twist.seen(world))
    if twist.chance(0.5):
        cut_short(lists, draw, hides=True)
    live, owned = by_half(lists, draw), twist.owned(world, lists.true)
    before = DesiredState({each.address: each for each in data.draw(world_after(world.live))})
    desired = twist.manifests(world)
    options = {
        "prune": twist.chance(0.5),
        "operations": RULES if twist.chance(0.7) else (),
        "claims": Claims("ours", {Address("User", "bob"): "other.json"} if twist.chance() else {}),
        "selection": Selection(("User/*",), ()) if twist.chance(0.2) else Selection(),
    }
    try:
        trusted = planned(desired, confirmed(live, owned, lists, desired.resources), owned, PRESENT, options)
        taken = snapshot_of(live, owned, lists, before.resources)
    except (PlaneError, InvalidInput):
        assume(False)
    found = taken.ownership.owned
    reader = SnapshotReader(taken, "x")
    seen = confirmed(taken.live, found, reader, desired.resources)
    told = planned(desired, seen, found, PresumedSecrets(taken.live.caller.endpoint), options)
    missing = {*unsought(desired.resources, taken.live, taken)}
    event(f"sought {not missing}")
    if missing:
        assert made(told) - made(trusted) <= missing
        assert told.dropped.keys() <= trusted.dropped.keys()
        return
    event(f"{len(trusted.writes)} writes")
    assert steps(told) == steps(trusted)
    assert told.operations == trusted.operations
    assert told.digest == trusted.digest


def made(plan: Plan) -> set[Address]:
    return {it.address for it in plan.changes if it.action is Action.CREATE}
