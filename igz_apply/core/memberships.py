"""Memberships: the statements of both sides become wanted edges, and each edge that must change has one holder."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from igz_apply.core.addresses import Address
from igz_apply.core.changes import EdgeChange, FieldDiff
from igz_apply.core.kind import Membership
from igz_apply.core.resources import Edge, LiveState, Resource


@dataclass(frozen=True, slots=True)
class Statements:
    """What the manifests say of memberships."""

    edges: frozenset[Edge] = frozenset()  # stated by either side, or implied by a stated primary group
    asked: frozenset[Edge] = frozenset()  # those of them that the selected resources state
    exact_users: frozenset[str] = frozenset()  # selected users whose groups are stated, exactly
    exact_groups: frozenset[str] = frozenset()  # selected groups whose roster is stated, exactly


def statements(
    resources: Iterable[Resource],
    membership: Membership,
    live: Container[Address],
    is_wanted: Callable[[Address], bool] = lambda _: True,
) -> Statements:
    """Collect what is stated; a side under `ignore_changes` speaks only while its resource is not `live` yet.

    What a run leaves out (`is_wanted`) asks for nothing, and is still heard: nobody removes what it states.
    """
    edges: set[Edge] = set()
    asked: set[Edge] = set()
    exact: dict[str, set[str]] = {membership.user_kind: set(), membership.group_kind: set()}
    for resource in resources:
        kind, name = resource.address
        if kind not in exact:
            continue
        is_selected = is_wanted(resource.address)
        found = [edge for edge in _edges(resource, membership, live) if edge.group not in membership.implied]
        edges.update(found)
        if is_selected:
            asked.update(found)
        field = membership.user_field if kind == membership.user_kind else membership.group_field
        if is_selected and resource.lifecycle.membership == "exact" and _speaks(resource, field, live):
            exact[kind].add(name)
    return Statements(
        edges=frozenset(edges),
        asked=frozenset(asked),
        exact_users=frozenset(exact[membership.user_kind]),
        exact_groups=frozenset(exact[membership.group_kind]),
    )


def _edges(resource: Resource, membership: Membership, live: Container[Address]) -> Iterator[Edge]:
    """Yield the edges that one side states; null says that there is nobody."""
    kind, name = resource.address
    if kind == membership.group_kind:
        if _speaks(resource, membership.group_field, live):
            yield from (Edge(user, name) for user in resource.spec[membership.group_field] or ())
        return
    if _speaks(resource, membership.user_field, live):
        yield from (Edge(name, group) for group in resource.spec[membership.user_field] or ())
    if _speaks(resource, membership.primary_field, live) and resource.spec[membership.primary_field]:
        yield Edge(name, resource.spec[membership.primary_field])


def _speaks(resource: Resource, field: str, live: Container[Address]) -> bool:
    is_ignored = field in resource.lifecycle.ignore_changes and resource.address in live
    return field in resource.spec and not is_ignored


def standing(live: LiveState, membership: Membership) -> frozenset[Edge]:
    """Return the memberships that count: not those of users and groups that are on their way out.

    A resource that is made again under such a name begins without any.
    """
    leaving = {address for address, resource in live.resources.items() if resource.is_deleting}
    return without(live.edges, leaving, membership)


def without(edges: frozenset[Edge], gone: Container[Address], membership: Membership) -> frozenset[Edge]:
    """Return the memberships whose two sides are not among the `gone`."""
    if not gone:
        return edges
    users, groups = membership.user_kind, membership.group_kind
    return frozenset(
        edge for edge in edges if Address(users, edge.user) not in gone and Address(groups, edge.group) not in gone
    )


def edge_changes(
    said: Statements,
    live: frozenset[Edge],
    membership: Membership,
    declared: Container[Address],
    going: Container[Address],
) -> Mapping[Address, tuple[EdgeChange, ...]]:
    """Return the edges that must change, by holder: the user where it is declared, else the group.

    `declared` holds the selected addresses that are declared present, `going` those that this plan deletes: a
    membership of a deleted user goes with it, and one of a deleted group unless its user states its own list.
    """
    changes: dict[Address, list[EdgeChange]] = {}
    removable = (edge for edge in live if edge.user in said.exact_users or edge.group in said.exact_groups)
    for edge, adds in [
        *((edge, True) for edge in said.asked - live),
        *((edge, False) for edge in removable if edge not in said.edges and edge.group not in membership.implied),
    ]:
        user = Address(membership.user_kind, edge.user)
        if user not in going:
            holder = user if user in declared else Address(membership.group_kind, edge.group)
            changes.setdefault(holder, []).append(EdgeChange(edge, adds))
    return {holder: tuple(sorted(found, key=lambda change: change.edge)) for holder, found in changes.items()}


def edge_diff(membership: Membership, holder: Address, edges: Iterable[EdgeChange], before: Iterable[str]) -> FieldDiff:
    """Show the memberships that a change holds as the list on its side.

    `before` are the names on the other side that live has; those that everybody has are left out.
    """
    is_user = holder.kind == membership.user_kind
    names = {change.edge.group if is_user else change.edge.user: change.adds for change in edges}
    was = frozenset(before) - (membership.implied if is_user else frozenset())
    will = (was | {name for name, adds in names.items() if adds}) - {n for n, adds in names.items() if not adds}
    path = membership.user_field if is_user else membership.group_field
    return FieldDiff(path, sorted(was) or None, sorted(will) or None)
