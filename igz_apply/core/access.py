"""What a plan does to people's access: effective roles on projects and tenant policies, before and after.

The effective role of a user is the highest of the direct role, the roles of the user's groups, and ownership; policies
are a user's own and those of all groups (wire reference, sections 11.2 and 18.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from igz_apply.core.changes import AccessImpact, Plan, PolicyChange, RoleChange
from igz_apply.core.kind import Field, Kinds, Membership, Via
from igz_apply.core.outlook import Outlook, as_it_is, as_planned, policies_in
from igz_apply.core.resources import LiveState


@dataclass(frozen=True, slots=True)
class _Grant:
    """A role that a principal holds on a project; the lower the rank, the higher the role."""

    rank: int
    role: str
    project: str


@dataclass(frozen=True, slots=True)
class _Access:
    """Who may do what, in one state; users and groups by name."""

    users: Mapping[str, frozenset[str]]  # own policies
    groups: Mapping[str, frozenset[str]]
    groups_of: Mapping[str, frozenset[str]]
    owned: Mapping[str, tuple[_Grant, ...]]  # by owner
    direct: Mapping[str, tuple[_Grant, ...]]  # by user
    through: Mapping[str, tuple[_Grant, ...]]  # by group

    def roles(self, user: str) -> Mapping[str, tuple[int, str, str]]:
        """Return project -> (rank, role, through) of the user's effective roles."""
        found: dict[str, tuple[int, str, str]] = {}
        if user not in self.users:
            return found
        for through, grants in self._sources(user):
            for grant in grants:
                if grant.project not in found or grant.rank < found[grant.project][0]:
                    found[grant.project] = (grant.rank, grant.role, through)
        return found

    def policies(self, user: str) -> Mapping[str, str]:
        """Return policy -> through of the user's own and inherited policies."""
        found = dict.fromkeys(sorted(self.users.get(user, ())), "direct")
        for group in sorted(self.groups_of.get(user, ())) if user in self.users else ():
            for policy in sorted(self.groups.get(group, ())):
                found.setdefault(policy, f"group {group}")
        return found

    def _sources(self, user: str) -> Iterator[tuple[str, tuple[_Grant, ...]]]:
        yield "owner", self.owned.get(user, ())
        yield "direct", self.direct.get(user, ())
        for group in sorted(self.groups_of.get(user, ())):
            yield f"group {group}", self.through.get(group, ())


def access_impact(plan: Plan, live: LiveState, kinds: Kinds) -> AccessImpact:
    """Return whose effective roles and policies the plan changes; those who gain most come first."""
    membership = kinds.membership
    if membership is None or not _touches_access(plan, kinds, membership):
        return AccessImpact()
    before = _access(as_it_is(live, membership), kinds, membership)
    after = _access(as_planned(live, plan, kinds, membership), kinds, membership)
    users = sorted(_affected(plan, membership, before, after))
    roles = sorted((change for user in users for change in _role_changes(user, before, after)), key=_danger)
    policies = tuple(change for user in users for change in _policy_changes(user, before, after))
    return AccessImpact(tuple(change for _, change in roles), policies)


def _touches_access(plan: Plan, kinds: Kinds, membership: Membership) -> bool:
    relevant = {kind.name for kind in kinds if any(field.via is Via.ROLES for field in kind.fields)}
    relevant |= {membership.user_kind, membership.group_kind}
    return any(change.address.kind in relevant for change in plan.writes)


def _access(outlook: Outlook, kinds: Kinds, membership: Membership) -> _Access:
    grants = list(_grants(outlook, kinds))
    specs = outlook.specs.items()
    return _Access(
        users={name: policies_in(spec) for (kind, name), spec in specs if kind == membership.user_kind},
        groups={name: policies_in(spec) for (kind, name), spec in specs if kind == membership.group_kind},
        groups_of=outlook.groups_of,
        owned=_granted(grants, "owner"),
        direct=_granted(grants, membership.user_kind),
        through=_granted(grants, membership.group_kind),
    )


def _grants(outlook: Outlook, kinds: Kinds) -> Iterator[tuple[str, str, _Grant]]:
    """Yield (how, principal, grant) for every role on every project: how is "owner" or the principal's kind."""
    carriers = {kind.name: field for kind in kinds for field in kind.fields if field.via is Via.ROLES}
    for address, spec in outlook.specs.items():
        field = carriers.get(address.kind)
        if field is not None:
            yield from _project_grants(address.name, spec, field)


def _project_grants(project: str, spec: Mapping[str, Any], field: Field) -> Iterator[tuple[str, str, _Grant]]:
    members = spec.get(field.name) or {}
    for rank, role in enumerate(field.fields):
        grant = _Grant(rank, role.wire, project)
        for side in role.fields:
            if side.counts and spec.get(side.counts):
                yield "owner", spec[side.counts], grant
            for principal in (members.get(role.name) or {}).get(side.name) or ():
                yield side.refers_to, principal, grant


def _granted(grants: Iterable[tuple[str, str, _Grant]], how: str) -> Mapping[str, tuple[_Grant, ...]]:
    found: dict[str, list[_Grant]] = {}
    for kind, principal, grant in grants:
        if kind == how:
            found.setdefault(principal, []).append(grant)
    return {principal: tuple(held) for principal, held in found.items()}


def _affected(plan: Plan, membership: Membership, before: _Access, after: _Access) -> set[str]:
    """Return the users whose access can differ at all, so that only they are compared."""
    users = {item.edge.user for change in plan.writes for item in change.edges}
    groups: set[str] = set()
    projects: set[str] = set()
    for change in plan.writes:
        if change.address.kind == membership.user_kind:
            users.add(change.address.name)
        elif change.address.kind == membership.group_kind:
            groups.add(change.address.name)
        else:
            projects.add(change.address.name)
    for access in (before, after):
        for holders, found in ((access.owned, users), (access.direct, users), (access.through, groups)):
            found |= {name for name, grants in holders.items() if any(grant.project in projects for grant in grants)}
        users |= {user for user, held in access.groups_of.items() if held & groups}
    return users


def _role_changes(user: str, before: _Access, after: _Access) -> Iterator[tuple[int, RoleChange]]:
    old, new = before.roles(user), after.roles(user)
    for project in sorted(old.keys() | new.keys()):
        was, will = old.get(project), new.get(project)
        if (was and was[1]) == (will and will[1]):
            continue
        better = will if will is not None and (was is None or will[0] < was[0]) else was
        assert better is not None
        change = RoleChange(user, project, was[1] if was else None, will[1] if will else None, better[2])
        yield (will[0] if better is will else 99), change


def _danger(ranked: tuple[int, RoleChange]) -> tuple[int, str, str]:
    rank, change = ranked
    return rank, change.project, change.user


def _policy_changes(user: str, before: _Access, after: _Access) -> Iterator[PolicyChange]:
    old, new = before.policies(user), after.policies(user)
    gained, lost = sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys())
    if gained or lost:
        through = sorted({*(new[policy] for policy in gained), *(old[policy] for policy in lost)})
        yield PolicyChange(user, tuple(gained), tuple(lost), ", ".join(through))
