"""Memberships: the statements of both sides become wanted edges, and each edge that must change has one holder."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from igz_apply.core.addresses import Address
from igz_apply.core.changes import EdgeChange
from igz_apply.core.kind import Membership
from igz_apply.core.resources import Edge, Resource


@dataclass(frozen=True, slots=True)
class Statements:
    """What the manifests say of memberships."""

    edges: frozenset[Edge]  # stated by either side, or implied by a stated primary group
    exact_users: frozenset[str]  # users whose groups are stated, exactly
    exact_groups: frozenset[str]  # groups whose roster is stated, exactly


def statements(resources: Iterable[Resource], membership: Membership, live: Container[Address]) -> Statements:
    """Collect what is stated; a side under `ignore_changes` speaks only while its resource is not `live` yet."""
    edges: set[Edge] = set()
    exact_users: set[str] = set()
    exact_groups: set[str] = set()
    for resource in resources:
        kind, name = resource.address
        exact = {name} if resource.lifecycle.membership == "exact" else set()
        if kind == membership.user_kind:
            stated = _stated(resource, membership.user_field, live)
            if stated is not None:
                edges.update(Edge(name, group) for group in stated)
                exact_users |= exact
            if primary := resource.spec.get(membership.primary_field):
                edges.add(Edge(name, primary))
        elif kind == membership.group_kind:
            stated = _stated(resource, membership.group_field, live)
            if stated is not None:
                edges.update(Edge(user, name) for user in stated)
                exact_groups |= exact
    return Statements(
        edges=frozenset(edge for edge in edges if edge.group not in membership.implied),
        exact_users=frozenset(exact_users),
        exact_groups=frozenset(exact_groups),
    )


def _stated(resource: Resource, field: str, live: Container[Address]) -> Iterable[str] | None:
    """Return what one side states, None when it is silent; null says that there is nobody."""
    if field not in resource.spec:
        return None
    if field in resource.lifecycle.ignore_changes and resource.address in live:
        return None
    return resource.spec[field] or ()


def edge_changes(
    said: Statements,
    live: frozenset[Edge],
    membership: Membership,
    declared: frozenset[Address],
    going: frozenset[Address],
) -> Mapping[Address, tuple[EdgeChange, ...]]:
    """Return the edges that must change, by holder: the user where it is declared, else the group.

    `declared` holds the addresses that are declared present, `going` those that this plan deletes: a membership of a
    deleted user goes with it, and one of a deleted group unless its user states its own list.
    """
    changes: dict[Address, list[EdgeChange]] = {}
    removable = (edge for edge in live if edge.user in said.exact_users or edge.group in said.exact_groups)
    for edge, adds in [
        *((edge, True) for edge in said.edges - live),
        *((edge, False) for edge in removable if edge not in said.edges and edge.group not in membership.implied),
    ]:
        user = Address(membership.user_kind, edge.user)
        group = Address(membership.group_kind, edge.group)
        if user in going:
            continue
        holder = user if user in declared else group
        changes.setdefault(holder, []).append(EdgeChange(edge, adds))
    return {holder: tuple(sorted(found, key=lambda change: change.edge)) for holder, found in changes.items()}
