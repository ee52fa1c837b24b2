"""Memberships, from both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from igz_apply.model.resources import Edge
from igz_apply.values import dataclass

Names = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Sides:
    """Who is in which group."""

    users_of: Names  # group -> its users
    groups_of: Names  # user -> its groups


def sides_of(memberships: Iterable[Edge]) -> Sides:
    """Return the users of each group, and the groups of each user; who has none is left out."""
    users: dict[str, list[str]] = {}
    groups: dict[str, list[str]] = {}
    for user, group in memberships:
        users.setdefault(group, []).append(user)
        groups.setdefault(user, []).append(group)
    return Sides(_frozen(users), _frozen(groups))


def _frozen(found: Mapping[str, Iterable[str]]) -> Names:
    return {name: frozenset(others) for name, others in found.items()}
