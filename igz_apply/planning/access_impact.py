"""Who may do what: effective roles on projects and tenant policies, in one state and in the difference of two.

The effective role of a user is the highest of the direct role, the roles of the user's groups, and ownership; policies
are a user's own and those of all groups (wire reference, sections 11.2 and 18.1). A disabled account keeps all that it
holds, and can use none of it, since it cannot log in (section 6.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import (
    DISABLED,
    ENABLED,
    AccessImpact,
    AccountChange,
    Change,
    Plan,
    PolicyChange,
    RoleChange,
)
from igz_apply.model.kind import Field, Kinds, Membership, Powers
from igz_apply.model.resources import LiveState
from igz_apply.model.roles import carriers_of
from igz_apply.planning.projection import Projection, as_it_is, as_planned, moving_rights
from igz_apply.values import dataclass

OWNER, DIRECT = "owner", "direct"
"""How somebody comes by something; beside these `group NAME`."""


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that a user or a group may do."""

    who: Address
    what: str  # a role, or a policy where there is nothing that it is on
    on: Address | None  # a project; None for a policy of the tenant
    ways: tuple[str, ...]  # all by which it comes; of a role, those by which none lower does
    rank: int = 0  # of a role: the lower, the higher


@dataclass(frozen=True, slots=True)
class _Grant:
    """A role that a principal holds on a project."""

    rank: int
    role: str
    project: Address


Grants = Mapping[str, tuple[_Grant, ...]]
Policies = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Access:
    """Who may do what, in one state; users and groups by name."""

    membership: Membership
    users: Policies  # own policies
    groups: Policies
    groups_of: Policies
    owned: Grants  # by owner
    direct: Grants  # by user
    through: Grants  # by group
    disabled: frozenset[str]  # users
    projects: frozenset[Address]  # all on which somebody can hold a role
    powers: Powers

    def of_user(self, user: str) -> tuple[Held, ...]:
        """Return what a user holds, disabled or not: roles by project, then policies."""
        if user not in self.users:
            return ()
        who = Address(self.membership.user_kind, user)
        return (*self._roles(who), *self._policies(who))

    def of_group(self, group: str) -> tuple[Held, ...]:
        """Return what a group gives to its members."""
        if group not in self.groups:
            return ()
        who = Address(self.membership.group_kind, group)
        grants = _highest([(DIRECT, self.through.get(group, ()))])
        roles = (_held(who, project, found) for project, found in sorted(grants.items()))
        return (*roles, *(Held(who, policy, None, (DIRECT,)) for policy in sorted(self.groups[group])))

    def of_everybody(self) -> Iterator[Held]:
        """Yield what all users hold, then what all groups give."""
        for user in sorted(self.users):
            yield from self.of_user(user)
        for group in sorted(self.groups):
            yield from self.of_group(group)

    def _roles(self, who: Address) -> Iterator[Held]:
        found = _highest(self._sources(who.name))
        return (_held(who, project, grants) for project, grants in sorted(found.items()))

    def _policies(self, who: Address) -> Iterator[Held]:
        ways = {policy: [DIRECT] for policy in self.users[who.name]}
        for group in sorted(self.groups_of.get(who.name, ())):
            for policy in self.groups.get(group, ()):
                ways.setdefault(policy, []).append(f"group {group}")
        return (Held(who, policy, None, tuple(ways[policy])) for policy in sorted(ways))

    def _sources(self, user: str) -> Iterator[tuple[str, tuple[_Grant, ...]]]:
        yield OWNER, self.owned.get(user, ())
        yield DIRECT, self.direct.get(user, ())
        for group in sorted(self.groups_of.get(user, ())):
            yield f"group {group}", self.through.get(group, ())


Highest = tuple[_Grant, list[str]]


def _highest(sources: Iterable[tuple[str, tuple[_Grant, ...]]]) -> Mapping[Address, Highest]:
    """Return project -> the highest role there, with the ways by which it comes.

    An owner may be listed besides, and stays listed when somebody else becomes the owner: that is no way of its own.
    """
    found: dict[Address, Highest] = {}
    for way, grants in sources:
        for grant in grants:
            best = found.get(grant.project)
            if best is None or grant.rank < best[0].rank:
                found[grant.project] = grant, [way]
            elif grant.rank == best[0].rank and way not in best[1] and not (way == DIRECT and OWNER in best[1]):
                best[1].append(way)
    return found


def _held(who: Address, project: Address, found: Highest) -> Held:
    grant, ways = found
    return Held(who, grant.role, project, tuple(ways), grant.rank)


def access_now(live: LiveState, kinds: Kinds) -> Access:
    """Return who may do what in a live state."""
    return _access(as_it_is(live, kinds.membership), kinds, kinds.membership)


def access_after(live: LiveState, plan: Plan, kinds: Kinds) -> Access:
    """Return who may do what once the plan has been applied."""
    return _access(as_planned(live, plan, kinds, kinds.membership), kinds, kinds.membership)


def access_impact(plan: Plan, live: LiveState, kinds: Kinds) -> AccessImpact:
    """Return whose effective roles and policies the plan changes; those who gain most come first."""
    membership = kinds.membership
    if not _touches_access(plan, kinds, membership):
        return AccessImpact()
    writes = moving_rights(plan, kinds)
    if not writes:
        return AccessImpact(unseen=_unseen(live, kinds))
    before = _access(as_it_is(live, membership), kinds, membership)
    after = _access(as_planned(live, plan, kinds, membership), kinds, membership)
    affected = _affected(writes, membership, before, after)
    if any(kinds[change.address.kind].holders_of for change in writes):
        affected |= before.users.keys() | after.users.keys()
    found = difference(before, after, affected, _unseen(live, kinds))
    inside = kinds[membership.group_kind].inside if membership.group_kind else ""
    return replace(found, below=tuple(_reaching(before, after, inside))) if inside else found


def _reaching(before: Access, after: Access, inside: str) -> Iterator[Address]:
    """Yield the groups whose members gain or lose something, and that have others inside them which have members.

    Whether the platform counts those as theirs is not known.
    """
    populated = {group for access in (before, after) for held in access.groups_of.values() for group in held}
    above: set[str] = set()
    for name in populated:
        while name := name.rpartition(inside)[0]:
            above.add(name)
    for name in sorted(above):
        if before.of_group(name) != after.of_group(name):
            yield Address(after.membership.group_kind, name)


def difference(
    before: Access, after: Access, users: Iterable[str] | None = None, unseen: Mapping[str, str] | None = None
) -> AccessImpact:
    """Return what changes for these users, None: for all, between two states; those who gain most come first."""
    compared = sorted(before.users.keys() | after.users.keys() if users is None else users)
    roles = sorted((change for user in compared for change in _role_changes(user, before, after)), key=_danger)
    policies = tuple(change for user in compared for change in _policy_changes(user, before, after))
    accounts = tuple(change for user in compared for change in _account_changes(user, before, after))
    return AccessImpact(tuple(change for _, change in roles), policies, accounts, unseen or {})


def _unseen(live: LiveState, kinds: Kinds) -> Mapping[str, str]:
    carriers = carriers_of(kinds)
    return {kind: why for kind, why in live.partial.items() if kind in carriers}


def _touches_access(plan: Plan, kinds: Kinds, membership: Membership) -> bool:
    giving = (kind.name for kind in kinds if kind.holders_of)
    relevant = {*carriers_of(kinds), membership.user_kind, membership.group_kind, *giving}
    return any(change.address.kind in relevant for change in plan.writes)


def _access(projection: Projection, kinds: Kinds, membership: Membership) -> Access:
    carriers = carriers_of(kinds)
    grants = list(_grants(projection, carriers))
    specs = projection.specs.items()
    off = membership.off
    users = {name: spec for (kind, name), spec in specs if kind == membership.user_kind}
    return Access(
        membership=membership,
        users={name: kinds.powers.held_by(spec) for name, spec in users.items()},
        groups={name: kinds.powers.held_by(spec) for (kind, name), spec in specs if kind == membership.group_kind},
        groups_of=projection.groups_of,
        owned=_granted(grants, OWNER),
        direct=_granted(grants, membership.user_kind),
        through=_granted(grants, membership.group_kind),
        disabled=frozenset(name for name, spec in users.items() if off is not None and spec.get(off[0]) == off[1]),
        projects=frozenset(address for address in projection.specs if address.kind in carriers),
        powers=kinds.powers,
    )


def _grants(projection: Projection, carriers: Mapping[str, Field]) -> Iterator[tuple[str, str, _Grant]]:
    """Yield (how, principal, grant) for every role on every project: how is OWNER or the principal's kind."""
    for address, spec in projection.specs.items():
        field = carriers.get(address.kind)
        if field is not None:
            yield from _project_grants(address, spec, field)


def _project_grants(project: Address, spec: Mapping[str, Any], field: Field) -> Iterator[tuple[str, str, _Grant]]:
    members = spec.get(field.name) or {}
    for rank, role in enumerate(field.fields):
        grant = _Grant(rank, role.called, project)
        for side in role.fields:
            if side.counts and spec.get(side.counts):
                yield OWNER, spec[side.counts], grant
            listed = () if field.several and side.counts else (members.get(role.name) or {}).get(side.name) or ()
            for principal in listed:
                yield side.refers_to, principal, grant


def _granted(grants: Iterable[tuple[str, str, _Grant]], how: str) -> Grants:
    found: dict[str, list[_Grant]] = {}
    for kind, principal, grant in grants:
        if kind == how:
            found.setdefault(principal, []).append(grant)
    return {principal: tuple(held) for principal, held in found.items()}


def _affected(writes: Sequence[Change], membership: Membership, before: Access, after: Access) -> set[str]:
    """Return the users whose access can differ at all, so that only they are compared."""
    users = {item.edge.user for change in writes for item in change.edges}
    groups: set[str] = set()
    projects: set[Address] = set()
    for change in writes:
        if change.address.kind == membership.user_kind:
            users.add(change.address.name)
        elif change.address.kind == membership.group_kind:
            groups.add(change.address.name)
        else:
            projects.add(change.address)
    for access in (before, after):
        for holders, found in ((access.owned, users), (access.direct, users), (access.through, groups)):
            found |= {name for name, grants in holders.items() if any(grant.project in projects for grant in grants)}
        users |= {user for user, held in access.groups_of.items() if held & groups}
    return users


def _sides(user: str, before: Access, after: Access) -> tuple[tuple[Held, ...], tuple[Held, ...], bool]:
    """Return what a user can use before and after, or, disabled both times, what the account holds."""
    is_dormant = user in before.disabled and user in after.disabled
    old = () if user in before.disabled and not is_dormant else before.of_user(user)
    new = () if user in after.disabled and not is_dormant else after.of_user(user)
    return old, new, is_dormant


def _role_changes(user: str, before: Access, after: Access) -> Iterator[tuple[int, RoleChange]]:
    held, holds, is_dormant = _sides(user, before, after)
    old = {each.on: each for each in held if each.on is not None}
    new = {each.on: each for each in holds if each.on is not None}
    for project in sorted(old.keys() | new.keys()):
        was, will = old.get(project), new.get(project)
        if (was and was.what) == (will and will.what):
            continue
        better = will if will is not None and (was is None or will.rank < was.rank) else was
        assert better is not None
        loses = better is was
        through = ", ".join(better.ways)
        roles = (was.what if was else None, will.what if will else None)
        who = Address(after.membership.user_kind, user)
        gives_power = not loses and roles[1] in after.powers.roles
        change = RoleChange(who, project, *roles, through, loses, is_dormant, gives_power)
        yield 99 if loses else better.rank, change


def _danger(ranked: tuple[int, RoleChange]) -> tuple[int, Address, Address]:
    rank, change = ranked
    return rank, change.project, change.user


def _policy_changes(user: str, before: Access, after: Access) -> Iterator[PolicyChange]:
    """Yield one change for each way by which policies come or go."""
    held, holds, is_dormant = _sides(user, before, after)
    who = Address(after.membership.user_kind, user)
    old = {each.what: ", ".join(each.ways) for each in held if each.on is None}
    new = {each.what: ", ".join(each.ways) for each in holds if each.on is None}
    gained, lost = sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys())
    for through in dict.fromkeys((*(new[policy] for policy in gained), *(old[policy] for policy in lost))):
        by_this = tuple(policy for policy in gained if new[policy] == through)
        no_more = tuple(policy for policy in lost if old[policy] == through)
        powers = tuple(policy for policy in by_this if policy in after.powers.over_others)
        yield PolicyChange(who, by_this, no_more, through, is_dormant, powers)


def _account_changes(user: str, before: Access, after: Access) -> Iterator[AccountChange]:
    was, will = _standing(user, before), _standing(user, after)
    if was is not None and was != will:
        yield AccountChange(Address(after.membership.user_kind, user), was, will)


def _standing(user: str, access: Access) -> str | None:
    """Return whether an account can be used; None where there is none."""
    if user not in access.users:
        return None
    return DISABLED if user in access.disabled else ENABLED
