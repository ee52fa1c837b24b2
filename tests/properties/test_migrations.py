"""Moves of whatever an Iguazio 3 may have, by whatever a person says: counts add up, and nobody gains by accident."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from hypothesis import given

from igz_apply.iguazio3.kinds import KINDS as OLD
from igz_apply.iguazio4.kinds import KINDS as NEW
from igz_apply.model.addresses import Address
from igz_apply.model.migration import Fate, Migration, NameMapping, Origin
from igz_apply.model.problems import errors_of
from igz_apply.model.resources import LiveResource, LiveState, Resource
from igz_apply.planning.access_impact import Access, access_now
from igz_apply.planning.origins import origin_of_live
from tests.builders import CALLER, cluster, live
from tests.iguazio4.moves import declared, loaded_problems, mapping, move, owned_by
from tests.properties.worlds import BASE, GROUPS, POLICIES, PROJECTS, USERS, Artist, seeds, sizes

K = TypeVar("K")
V = TypeVar("V")
NONE = "none"
OLD_RANKS = {"Admin": 1, "Editor": 2, "Viewer": 4, NONE: 9}
NEW_RANKS = {"Owner": 1, "Admin": 1, "Editor": 2, "Builder": 2, "Curator": 3, "Viewer": 4, NONE: 9}
"""Owners act as admins on Iguazio 3: an owner there is no more than an owner or an admin here."""


class Sayer(Artist):
    """Draws what a person says of a move."""

    def mapping(self, resources: Sequence[Resource]) -> NameMapping:
        """Draw a mapping that speaks of what is there, and rarely of what is not."""
        there = {each.address for each in resources}
        users, groups, projects = (
            [name for name in names if Address(kind, name) in there or self.chance(0.02)]
            for kind, names in (("User", USERS), ("Group", GROUPS), ("Project", PROJECTS))
        )
        leave = [str(address) for address in (*map(_user, users), *map(_group, groups)) if self.chance(0.1)]
        return mapping(
            users={name: f"{name}@x.test" for name in self.some(users) if str(_user(name)) not in leave}
            | self._patterns(),
            groups={
                name: self.pick((f"ds/{name}", f"lab/{name}/in", name, "ds/x"))
                for name in self.some(groups)
                if str(_group(name)) not in leave
            }
            | ({"all_users": "everybody"} if self.chance(0.3) else {}),
            policies={
                name: self.pick(("nothing is like it", ["new-a"], ["new-b", "new-a"])) for name in self.some(POLICIES)
            },
            projects={name: owned_by(self.pick(users)) for name in projects if users and self.chance(0.2)},
            roles={
                role: self.pick(("admin", "editor", "builder", "curator", "viewer"))
                for role in ("admin", "editor", "viewer")
                if self.chance(0.2)
            },
            leave=leave,
            separator=self.pick(("", "", "p")),
            node_selectors=self.chance(0.5),
        )

    def _patterns(self) -> dict[str, str]:
        return {"b*": "robot-*"} if self.chance(0.1) else {}


def _user(name: str) -> Address:
    return Address("User", name)


def _group(name: str) -> Address:
    return Address("Group", name)


def world(size: int, seed: int) -> tuple[Origin, Origin, NameMapping]:
    """Draw what there was, as it lives and as manifests say it, and what a person says of it."""
    artist = Sayer(size, seed)
    resources = [_whole(each) for each in artist.cluster()]
    system = [replace(live(each), is_system=True) for each in BASE]
    living = origin_of_live(cluster(*system, *resources), OLD, "old")
    return living, declared(*resources), artist.mapping(resources)


def _whole(resource: Resource) -> Resource:
    """Give people the names that they need, and half of them an address."""
    if resource.address.kind != "User":
        return resource
    name = resource.address.name
    address = {"email": f"{name.upper()}@x.test"} if name in USERS[::2] else {}
    return replace(resource, spec={**resource.spec, "first_name": "A", "last_name": "B", **address})


@given(sizes, seeds)
def test_counts_add_up_and_what_is_told_is_what_is_written(size: int, seed: int) -> None:
    alive, stated, said = world(size, seed)
    for origin in (alive, stated):
        moved = move(origin=origin, said=said)
        assert [each.old for each in moved.objects if each.fate is not Fate.ADDED] == sorted(origin.objects)
        written = {
            Address(each["kind"], each["metadata"]["name"]) for found in moved.documents.values() for each in found
        }
        there = {each.new for each in moved.objects if each.new is not None and not each.is_system}
        assert {each for each in written if each.kind != "PolicyBinding"} == there
        for each in moved.objects:
            assert (each.new is None) == (each.fate is Fate.LOST)
            assert each.fate is Fate.CARRIED or each.fields or each.why
            assert all(field.why for field in each.fields if field.fate is not Fate.CARRIED), each
            assert len({field.path for field in each.fields}) == len(each.fields)


@given(sizes, seeds)
def test_nobody_may_do_more_than_before_unless_the_mapping_says_so(size: int, seed: int) -> None:
    for origin in world(size, seed)[:2]:
        plain = move(origin=origin)
        assert not any(each.is_higher or each.is_stated for each in plain.standings)
    alive, stated, said = world(size, seed)
    for origin in (alive, stated):
        moved = move(origin=origin, said=said)
        if not errors_of(moved.problems):
            assert all(each.is_stated for each in moved.standings if each.is_higher)
            assert all(each.why for each in moved.standings if each.is_higher or each.is_lower)


@given(sizes, seeds)
def test_standings_are_what_is_worked_out_from_both_states(size: int, seed: int) -> None:
    alive, _, said = world(size, seed)
    moved = move(origin=alive, said=said)
    if errors_of(moved.problems):
        return
    before, after = access_now(_old_state(alive), OLD), access_now(_new_state(moved), NEW)
    for each in moved.standings:
        if each.project:
            was, will = _role(before, each.user, each.project), _role(after, each.new_user, each.project)
            assert OLD_RANKS[was] == {"owner": 1, "admin": 1, "editor": 2, "viewer": 4, "": 9}[each.before], each
            assert will.lower() == (each.after or NONE), each
            assert each.is_lower == (NEW_RANKS[will] > OLD_RANKS[was]) or "owner" in (each.before, each.after), each
            assert each.is_higher or NEW_RANKS[will] >= OLD_RANKS[was], each
        else:
            assert _policies(before, each.user) == each.before
            assert _policies(after, each.new_user) == each.after
    assert {(each.user, each.project) for each in moved.standings} >= {
        (user, held.on.name)
        for user in before.users
        if user != "admin"
        for held in before.of_user(user)
        if held.on is not None
    }


def _old_state(origin: Origin) -> LiveState:
    found = {address: LiveResource(address, "x", old.spec) for address, old in origin.objects.items()}
    groups: dict[str, set[str]] = {}
    for edge in origin.memberships:
        groups.setdefault(edge.user, set()).add(edge.group)
    return LiveState(found, {user: frozenset(held) for user, held in groups.items()}, CALLER)


def _new_state(moved: Migration) -> LiveState:
    """Return what lives once the new manifests have been applied to a cluster that has nothing but its own."""
    found: dict[Address, dict[str, object]] = {Address("User", "admin"): {}}
    groups: dict[str, set[str]] = {}
    policies: dict[Address, set[str]] = {}
    for document in (each for documents in moved.documents.values() for each in documents):
        address, spec = Address(document["kind"], document["metadata"]["name"]), document["spec"]
        if address.kind == "PolicyBinding":
            for side, kind in (("users", "User"), ("groups", "Group")):
                for name in spec.get(side, ()):
                    policies.setdefault(Address(kind, name), set()).add(address.name)
            continue
        found[address] = {name: value for name, value in spec.items() if name not in ("users", "groups")}
        for user in spec.get("users", ()):
            groups.setdefault(user, set()).add(address.name)
        if address.kind == "User":
            groups.setdefault(address.name, set()).update(spec.get("groups", ()))
    resources = {
        address: LiveResource(address, "x", {**spec, "policies": sorted(policies.get(address, ()))})
        for address, spec in found.items()
    }
    return LiveState(resources, {user: frozenset(held) for user, held in groups.items()}, CALLER)


def _role(access: Access, user: str, project: str) -> str:
    return next((held.what for held in access.of_user(user) if held.on == Address("Project", project)), NONE)


def _policies(access: Access, user: str) -> str:
    return ", ".join(sorted({held.what for held in access.of_user(user) if held.on is None}))


@given(sizes, seeds)
def test_the_same_inputs_give_the_same_value_whatever_their_order(size: int, seed: int) -> None:
    for origin in world(size, seed)[:2]:
        said = world(size, seed)[2]
        mixed = replace(origin, objects=_mixed(origin.objects, seed), memberships=frozenset([*origin.memberships]))
        mixed_said = replace(said, users=_mixed(said.users, seed), groups=_mixed(said.groups, seed))
        assert move(origin=origin, said=said) == move(origin=mixed, said=mixed_said)


def _mixed(items: Mapping[K, V], seed: int) -> Mapping[K, V]:
    found: Sequence[tuple[K, V]] = random.Random(seed).sample([*items.items()], len(items))
    return dict(found)


@given(sizes, seeds)
def test_what_is_written_without_an_error_passes_validate(size: int, seed: int) -> None:
    alive, stated, said = world(size, seed)
    for origin in (alive, stated):
        moved = move(origin=origin, said=said)
        if not errors_of(moved.problems):
            assert errors_of(loaded_problems(moved)) == ()
