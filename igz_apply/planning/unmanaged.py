"""What lives and no manifest says: resources that are not ours, and above all who has access that git does not give.

A membership or a policy that a manifest states, or leaves out of a list that it states, is git's: the plan makes it so.
What no list speaks of stays as it is, and nobody who reads the manifests would know of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cached_property
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import ForeignAdministrator, ForeignMember, Unmanaged
from igz_apply.model.comparison import is_below
from igz_apply.model.kind import Field
from igz_apply.model.resources import Edge, Lifecycle, Resource
from igz_apply.model.roles import carriers_of
from igz_apply.planning.actions import World
from igz_apply.values import dataclass

OWNER = "owner"
_OWN = Address("", "")
_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Said:
    """What git says of a resource whose manifest a run does not read: what was applied from it."""

    spec: Mapping[str, Any]
    lifecycle: Lifecycle = Lifecycle()


def _states(said: _Said | Resource, path: str) -> bool:
    """Say whether git speaks of a field, be it to leave it to others."""
    field = path.partition(".")[0]
    return field in said.spec or any(is_below(path, ignored) for ignored in said.lifecycle.ignore_changes)


def unmanaged(world: World, foreign: Iterable[Address], caller: str) -> Unmanaged:
    """Return what is not in git; `foreign` is what lives and is neither declared nor ours.

    The platform's own accounts and services are everybody's and are not told, nor is what this plan deletes.
    """
    finding = _Finding(world, caller)
    told = (it for it in foreign if not world.live[it].is_system and not world.live[it].is_deleting)
    return Unmanaged(
        resources=tuple(sorted(told)),
        members=tuple(sorted({*finding.of_groups(), *finding.of_projects()}, key=_place)),
        administrators=tuple(sorted(finding.administrators(), key=lambda it: (it.user, it.through or _OWN))),
    )


def _place(member: ForeignMember) -> tuple[Address, Address, str]:
    return member.of, member.member, member.role


@dataclass(frozen=True, slots=True)
class _LeftOpen:
    """Whose memberships git leaves to others on purpose: `ignore_changes` names the list."""

    users: frozenset[str]
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Bound:
    """What lists of holders say of policies."""

    given: Mapping[Address, frozenset[str]]  # by who is listed
    ruled: frozenset[tuple[str, str]]  # kind of holder and policy: the list speaks of all of that kind

    def leaves(self, address: Address, held: Iterable[str]) -> frozenset[str]:
        """Return which of the policies that somebody holds no list speaks of."""
        given = self.given.get(address, _NOBODY)
        return frozenset(it for it in held if it not in given and (address.kind, it) not in self.ruled)


class _Finding:
    """Looks at one world."""

    def __init__(self, world: World, caller: str) -> None:
        self._world = world
        self._caller = caller
        self._membership = world.kinds.membership
        self._moved = {item.edge for edges in world.edges.values() for item in edges}

    @cached_property
    def _said(self) -> Mapping[Address, _Said | Resource]:
        """What git says of each resource: its manifest, or, where a run reads only some, what was applied from it."""
        world = self._world
        entries, desired = world.owned.entries, world.desired
        applied = {it: _Said(entries[it].values) for it in world.loose if it.kind in world.kinds and world.owns(it)}
        if not applied and not world.absent:  # as nearly always
            return desired
        return {**applied, **{address: resource for address, resource in desired.items() if resource.is_present}}

    def of_groups(self) -> Iterator[ForeignMember]:
        """Yield who is in a group of ours by no manifest."""
        membership, settled = self._membership, self._world.settled
        for user, groups in self._world.groups_of.items():
            if user in settled:
                continue
            others = self._unstated(user, groups)
            if not others:  # as nearly always
                continue
            member = Address(membership.user_kind, user)
            if not self._is_told(member):
                continue
            for name in others:
                group = Address(membership.group_kind, name)
                if group in self._said and self._stays(group) and not self._is_in_git(Edge(user, name)):
                    yield ForeignMember(member, group)

    def of_projects(self) -> Iterator[ForeignMember]:
        """Yield who has a role in a project of ours by no manifest."""
        carriers = carriers_of(self._world.kinds)
        for address, said in self._said.items():
            if address.kind in carriers and self._stays(address):
                yield from self._in_roles(address, said, carriers[address.kind])

    def _in_roles(self, project: Address, said: _Said | Resource, field: Field) -> Iterator[ForeignMember]:
        live = self._world.live[project].spec
        stated = said.spec.get(field.name) or {}
        held = live.get(field.name) or {}
        is_exact = said.lifecycle.membership == "exact"
        nothing_open = field.name in said.spec and said.spec[field.name] is None and is_exact
        for role in field.fields:
            for side in role.fields:
                owners = {live.get(side.counts), said.spec.get(side.counts)} if side.counts else set()
                if side.counts and not _states(said, side.counts):
                    yield from self._owner(project, live.get(side.counts), side)
                if nothing_open or (role.name in stated and is_exact) or (field.several and side.counts):
                    continue
                if any(is_below(f"{field.name}.{role.name}", it) for it in said.lifecycle.ignore_changes):
                    continue
                saying = (stated.get(role.name),) if field.several else stated.values()
                named = {name for each in saying for name in (each or {}).get(side.name) or ()}
                for name in (held.get(role.name) or {}).get(side.name) or ():
                    member = Address(side.refers_to, name)
                    is_group = member.kind == self._membership.group_kind
                    if name not in named and name not in owners and (is_group or self._is_told(member)):
                        yield ForeignMember(member, project, role.called)

    def _owner(self, project: Address, name: str | None, side: Field) -> Iterator[ForeignMember]:
        """Yield who owns a project whose manifest leaves that open, unless it is whoever works from git."""
        owner = Address(side.refers_to, name or "")
        if name and name != self._caller and self._is_told(owner):
            yield ForeignMember(owner, project, OWNER)

    def administrators(self) -> Iterator[ForeignAdministrator]:
        """Yield who holds an administrative policy by no manifest, directly or through a group."""
        membership, live = self._membership, self._world.live
        if not self._world.kinds.powers.rules:
            return
        mighty = self._perhaps_mighty()
        groups = {a.name: held for a in mighty if a.kind == membership.group_kind and (held := self._power(a))}
        users = {a for a in mighty if a.kind == membership.user_kind}
        if groups:
            through_one = (it for it, held in self._world.groups_of.items() if not held.isdisjoint(groups))
            users.update(Address(membership.user_kind, it) for it in through_one)
        for user in users & live.keys():
            held, through = self._power(user), self._world.groups_of.get(user.name, _NOBODY) & groups.keys()
            if not (held or through) or not self._is_told(user):
                continue
            if own := self._not_in_git(user, held):
                yield ForeignAdministrator(user, own, None)
            for name in through:
                group, edge = Address(membership.group_kind, name), Edge(user.name, name)
                is_implied = name in membership.implied
                if edge in self._moved:
                    continue
                is_stated = is_implied or self._is_in_git(edge)
                if given := self._not_in_git(group, groups[name]) if is_stated else groups[name]:
                    yield ForeignAdministrator(user, given, group)

    def _perhaps_mighty(self) -> Set[Address]:
        """Return who lives and may hold an administrative policy, now or by what git says: nearly nobody does."""
        rules, held_in = self._world.kinds.powers.rules, self._world.kinds.powers.held_in
        live, kinds = self._world.live, self._membership.kinds
        found = {
            it
            for each in (live, self._said)
            for it, has in each.items()
            if (held := has.spec.get(held_in)) and it.kind in kinds and not rules.isdisjoint(held)
        }
        found |= {it for it, names in self._bound.given.items() if not rules.isdisjoint(names)}
        return {it for it in found if it in live}

    def _power(self, address: Address) -> tuple[str, ...]:
        """Return the administrative policies of a user or a group, as the plan leaves them."""
        said, powers, lives = self._said.get(address), self._world.kinds.powers, self._world.live[address].spec
        bound = self._bound
        stated = powers.held_by(said.spec) if said is not None and powers.held_in in said.spec else None
        held = powers.held_by(lives)
        if stated is not None:
            held = stated | held if said is not None and self._only_adds(said) else stated
        if bound.ruled or bound.given:
            held = bound.leaves(address, held) | bound.given.get(address, _NOBODY)
        held &= powers.rules
        return tuple(sorted(held)) if held and self._stays(address) else ()

    def _not_in_git(self, address: Address, held: tuple[str, ...]) -> tuple[str, ...]:
        """Return which of the policies that somebody holds no manifest states, of whichever side."""
        said, powers = self._said.get(address), self._world.kinds.powers
        if held and said is not None and _states(said, powers.held_in):
            if not self._only_adds(said) or powers.held_in in said.lifecycle.ignore_changes:
                return ()
            held = tuple(it for it in held if it not in powers.held_by(said.spec))
        return tuple(sorted(self._bound.leaves(address, held)))

    def _only_adds(self, said: _Said | Resource) -> bool:
        """Say whether a manifest states policies beside which others may stay: those are looked up."""
        return said.lifecycle.membership == "additive" and self._looks_up

    @cached_property
    def _looks_up(self) -> bool:
        kinds = self._world.kinds
        return any(it.name == kinds.powers.held_in for it in kinds[kinds.membership.user_kind].looking_up)

    @cached_property
    def _bound(self) -> _Bound:
        """What lists of holders say of who holds what."""
        kinds, going = self._world.kinds, self._world.going
        giving = {kind.name: kind for kind in kinds if kind.holders_of}
        given: defaultdict[Address, set[str]] = defaultdict(set)
        ruled: set[tuple[str, str]] = set()
        for address, said in self._said.items() if giving else ():
            for side in giving[address.kind].referring if address.kind in giving else ():
                if _states(said, side.name):
                    for name in said.spec.get(side.name) or ():
                        given[Address(side.refers_to, name)].add(address.name)
                    if said.lifecycle.membership == "exact" or side.name in said.lifecycle.ignore_changes:
                        ruled.add((side.refers_to, address.name))
        ruled.update(
            (side.refers_to, it.name) for it in going if it.kind in giving for side in giving[it.kind].referring
        )
        return _Bound({holder: frozenset(held) for holder, held in given.items()}, frozenset(ruled))

    def _is_in_git(self, edge: Edge) -> bool:
        """Say whether git speaks of a membership: states it, is about to end it, or leaves it to others."""
        if edge in self._moved or not self._unstated(edge.user, frozenset((edge.group,))):
            return True
        return edge.user in self._left_open.users or edge.group in self._left_open.groups

    def _unstated(self, user: str, groups: frozenset[str]) -> frozenset[str]:
        """Return into which of the groups git does not put a user; everybody is in some."""
        membership, said, rosters = self._membership, self._users_said.get(user), self._rosters.get(user, _NOBODY)
        if said is None:
            return groups.difference(membership.implied, rosters)
        named, primary = said.spec.get(membership.user_field) or (), said.spec.get(membership.primary_field)
        return groups.difference(membership.implied, rosters, named, (primary,))

    @cached_property
    def _users_said(self) -> Mapping[str, _Said | Resource]:
        """What git says of each user, by name."""
        return {it.name: said for it, said in self._said.items() if it.kind == self._membership.user_kind}

    @cached_property
    def _rosters(self) -> Mapping[str, Set[str]]:
        """The groups whose rosters list a user, by user."""
        membership = self._membership
        found: defaultdict[str, set[str]] = defaultdict(set)
        for (kind, name), said in self._said.items():
            if kind == membership.group_kind:
                for user in said.spec.get(membership.group_field) or ():
                    found[user].add(name)
        return found

    @cached_property
    def _left_open(self) -> _LeftOpen:
        membership = self._membership
        users: set[str] = set()
        groups: set[str] = set()
        for (kind, name), said in self._said.items():
            if kind == membership.user_kind and membership.user_field in said.lifecycle.ignore_changes:
                users.add(name)
            elif kind == membership.group_kind and membership.group_field in said.lifecycle.ignore_changes:
                groups.add(name)
        return _LeftOpen(frozenset(users), frozenset(groups))

    def _is_told(self, address: Address) -> bool:
        """Say whether somebody is worth telling of: not the platform's own, nor whoever goes with this plan."""
        live = self._world.live.get(address)
        is_leaving = address in self._world.leaving.disabled
        return live is not None and not live.is_system and not is_leaving and self._stays(address)

    def _stays(self, address: Address) -> bool:
        live = self._world.live.get(address)
        return live is not None and not live.is_deleting and address not in self._world.going
