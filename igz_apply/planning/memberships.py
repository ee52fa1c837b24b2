"""Memberships: the statements of both sides become wanted edges, and each edge that must change has one holder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping

from igz_apply.model.addresses import Address
from igz_apply.model.changes import EdgeChange, FieldDiff
from igz_apply.model.kind import Membership
from igz_apply.model.resources import Edge, GroupsOf, LiveState, Resource
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Statements:
    """What the manifests say of memberships, as far as it can lead to a change."""

    edges: frozenset[Edge] = frozenset()  # stated by either side, or implied by a stated primary group
    asked: frozenset[Edge] = frozenset()  # those of them that the selected resources state
    exact_users: frozenset[str] = frozenset()  # selected users whose groups are stated, exactly
    exact_groups: frozenset[str] = frozenset()  # selected groups whose roster is stated, exactly
    settled: frozenset[str] = frozenset()  # users whose groups are stated, all of them, and need no further look


def statements(
    resources: Iterable[Resource],
    membership: Membership,
    live: Container[Address],
    groups_of: GroupsOf,
    is_wanted: Callable[[Address], bool] = lambda _: True,
) -> Statements:
    """Collect what is stated; a side under `ignore_changes` speaks only while its resource is not `live` yet.

    What a run leaves out (`is_wanted`) asks for nothing, and is still heard: nobody removes what it states. Of a user
    who is in the right groups already, as most are, only what a roster could contradict is collected.
    """
    kinds, user_kind = membership.kinds, membership.user_kind
    declared = [resource for resource in resources if resource.address.kind in kinds]
    rosters = {each.address.name for each in declared if _states_roster(each, membership, live)}
    edges: set[Edge] = set()
    asked: set[Edge] = set()
    exact: dict[str, set[str]] = {membership.user_kind: set(), membership.group_kind: set()}
    settled: set[str] = set()
    for resource in declared:
        kind, name = resource.address
        if not rosters and kind == user_kind and _is_all_right(resource, membership, groups_of):
            settled.add(name)
            continue
        is_selected = is_wanted(resource.address)
        if kind == membership.group_kind:
            is_exact = is_selected and resource.lifecycle.membership == "exact" and name in rosters
            users = resource.spec[membership.group_field] if name in rosters else None
            found = [Edge(user, name) for user in users or () if name not in membership.implied]
        else:
            stated = _groups_stated(resource, membership, live)
            have = groups_of.get(name, _NONE) - membership.implied
            is_exact = is_selected and _is_exact_user(resource, membership, live)
            is_settled = stated == have if is_exact else stated <= have
            found = [Edge(name, group) for group in (stated & rosters if is_settled else stated)]
            is_exact = is_exact and not is_settled
        edges.update(found)
        if is_selected:
            asked.update(found)
        if is_exact:
            exact[kind].add(name)
    return Statements(
        edges=frozenset(edges),
        asked=frozenset(asked),
        exact_users=frozenset(exact[membership.user_kind]),
        exact_groups=frozenset(exact[membership.group_kind]),
        settled=frozenset(settled),
    )


_NONE: frozenset[str] = frozenset()


def _is_all_right(resource: Resource, membership: Membership, groups_of: GroupsOf) -> bool:
    """Say of a user that states all its groups whether they are the very ones that it is in, as those of most are."""
    spec, implied = resource.spec, membership.implied
    if resource.lifecycle.ignore_changes or membership.user_field not in spec:
        return False
    named, primary = spec[membership.user_field] or (), spec.get(membership.primary_field)
    have = groups_of.get(resource.address.name, _NONE)
    wanted = implied.union(named, (primary,)) if primary else implied.union(named)
    return wanted == have or wanted == have | implied


def _states_roster(resource: Resource, membership: Membership, live: Container[Address]) -> bool:
    return resource.address.kind == membership.group_kind and _speaks(resource, membership.group_field, live)


def _is_exact_user(resource: Resource, membership: Membership, live: Container[Address]) -> bool:
    return resource.lifecycle.membership == "exact" and _speaks(resource, membership.user_field, live)


def _groups_stated(resource: Resource, membership: Membership, live: Container[Address]) -> frozenset[str]:
    """Return the groups that a user states, with its primary one; null says that there is none."""
    named = resource.spec[membership.user_field] if _speaks(resource, membership.user_field, live) else None
    primary = resource.spec[membership.primary_field] if _speaks(resource, membership.primary_field, live) else None
    return frozenset([*(named or ()), primary] if primary else named or ()) - membership.implied


def _speaks(resource: Resource, field: str, live: Container[Address]) -> bool:
    return field in resource.spec and not (field in resource.lifecycle.ignore_changes and resource.address in live)


def standing(live: LiveState, membership: Membership) -> GroupsOf:
    """Return the memberships that count: not those of users and groups that are on their way out.

    A resource that is made again under such a name begins without any.
    """
    leaving = {address for address, resource in live.resources.items() if resource.is_deleting}
    return without(live.groups_of, leaving, membership)


def without(groups_of: GroupsOf, gone: Collection[Address], membership: Membership) -> GroupsOf:
    """Return the memberships whose two sides are not among the `gone`."""
    if not gone:
        return groups_of
    users = {name for kind, name in gone if kind == membership.user_kind}
    groups = {name for kind, name in gone if kind == membership.group_kind}
    return {user: held - groups for user, held in groups_of.items() if user not in users}


def users_of(groups_of: GroupsOf) -> Mapping[str, frozenset[str]]:
    """Return the same memberships from the other side, by group."""
    found: dict[str, set[str]] = {}
    for user, groups in groups_of.items():
        for group in groups:
            found.setdefault(group, set()).add(user)
    return {group: frozenset(users) for group, users in found.items()}


def edge_changes(
    said: Statements,
    groups_of: GroupsOf,
    membership: Membership,
    is_declared: Callable[[Address], bool],
    going: Container[Address],
) -> Mapping[Address, tuple[EdgeChange, ...]]:
    """Return the edges that must change, by holder: the user where it is declared, else the group.

    `groups_of` is what stands. What the run declares present `is_declared`. `going` is what this plan deletes: a
    membership of a deleted user goes with it, and one of a deleted group unless its user states its own list.
    """
    changes: dict[Address, list[EdgeChange]] = {}
    missing = (edge for edge in said.asked if edge.group not in groups_of.get(edge.user, _NONE))
    unwanted = (edge for edge in _removable(said, groups_of) if edge not in said.edges)
    for edge, adds in [
        *((edge, True) for edge in missing),
        *((edge, False) for edge in unwanted if edge.group not in membership.implied),
    ]:
        user = Address(membership.user_kind, edge.user)
        if user not in going:
            holder = user if is_declared(user) else Address(membership.group_kind, edge.group)
            changes.setdefault(holder, []).append(EdgeChange(edge, adds))
    return {holder: tuple(sorted(found, key=lambda change: change.edge)) for holder, found in changes.items()}


def _removable(said: Statements, groups_of: GroupsOf) -> Iterator[Edge]:
    """Yield the standing memberships one of whose sides has stated its list."""
    for user in said.exact_users:
        yield from (Edge(user, group) for group in groups_of.get(user, _NONE))
    for user, groups in groups_of.items() if said.exact_groups else ():
        if user not in said.exact_users:
            yield from (Edge(user, group) for group in groups & said.exact_groups)


def edge_diff(membership: Membership, holder: Address, edges: Iterable[EdgeChange], before: Iterable[str]) -> FieldDiff:
    """Show the memberships that a change holds as the list on its side.

    `before` are the names on the other side that live has; those that everybody has are left out.
    """
    is_user = holder.kind == membership.user_kind
    names = {change.edge.group if is_user else change.edge.user: change.adds for change in edges}
    was = frozenset(before) - (membership.implied if is_user else frozenset())
    will = (was | {name for name, adds in names.items() if adds}) - {n for n, adds in names.items() if not adds}
    path = membership.user_field if is_user else membership.group_field
    return FieldDiff((path,), sorted(was) or None, sorted(will) or None)
