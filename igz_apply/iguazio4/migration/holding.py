"""Who holds a role on a project, and who is in a group: on either platform, from manifests' form.

The highest of several roles counts, and the owner's is above all. On Iguazio 3 an owner acts as an admin (11.2 of
its wire reference), so that who owns a project before and after gains nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from igz_apply.iguazio4.kinds import KINDS
from igz_apply.iguazio4.migration.making import Manifest
from igz_apply.iguazio4.migration.naming import GROUP, USER, members_of
from igz_apply.model.references import parent_of
from igz_apply.values import dataclass

OWNER, DIRECT = "owner", "direct"
RANKS: Mapping[str, int] = {OWNER: 0, "admin": 1, "editor": 2, "builder": 2, "curator": 3, "viewer": 4}
"""The lower, the higher; a builder may what an editor may (section 9.2)."""
NOBODY = 9

UsersOf = Mapping[str, Iterable[str]]
"""Group -> its users."""


@dataclass(frozen=True, slots=True)
class Held:
    """The highest role that somebody has on a project, and all ways by which it comes."""

    role: str
    ways: tuple[str, ...]

    @property
    def rank(self) -> int:
        """How high it is: the lower, the higher."""
        return RANKS[self.role]


Holding = Mapping[str, Held]
"""User -> the highest role on one project."""


def held_on(spec: Mapping[str, Any], roles: Sequence[str], users_of: UsersOf) -> Holding:
    """Return who holds what on the project of a spec, by its roles, the highest first."""
    found: dict[str, tuple[str, list[str]]] = {}
    if owner := spec.get("owner"):
        found[owner] = (OWNER, [OWNER])
    for role in roles:
        for name in members_of(spec, role, "users"):
            _hold(found, name, role, DIRECT)
        for group in sorted(members_of(spec, role, "groups")):
            way = f"group {group}"
            for name in users_of.get(group, ()):
                _hold(found, name, role, way)
    return {name: Held(role, tuple(ways)) for name, (role, ways) in found.items()}


def _hold(found: dict[str, tuple[str, list[str]]], name: str, role: str, way: str) -> None:
    held = found.get(name)
    if held is None:
        found[name] = (role, [way])
    elif held[0] == role:
        held[1].append(way)


def within(users_of: UsersOf) -> UsersOf:
    """Return who is in each group if members of a group count in those around it."""
    found: dict[str, set[str]] = {group: set(users) for group, users in users_of.items()}
    for path, users in users_of.items():
        parent = parent_of(KINDS[GROUP], path)
        while parent is not None:
            found.setdefault(parent.name, set()).update(users)
            parent = parent_of(KINDS[GROUP], parent.name)
    return found


Documents = Mapping[str, Sequence[Manifest]]
"""New manifests by kind."""


def users_of_documents(documents: Documents) -> UsersOf:
    """Return who is in each group by the new manifests, whichever side states it."""
    found: dict[str, set[str]] = {}
    for document in documents[GROUP]:
        found.setdefault(document["metadata"]["name"], set()).update(document["spec"].get("users", ()))
    for document in documents[USER]:
        for group in document["spec"].get("groups", ()):
            found.setdefault(group, set()).add(document["metadata"]["name"])
    return {group: sorted(users) for group, users in found.items()}
