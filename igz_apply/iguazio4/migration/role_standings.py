"""Who may do what on projects, before and after.

Whether members of a group count in the groups around it is unknown (wire reference, section 7): both readings are
looked at, and what is higher in either is told.
"""

from __future__ import annotations

from collections.abc import Iterator

from igz_apply.iguazio4.migration.holding import (
    DIRECT,
    NOBODY,
    OWNER,
    RANKS,
    Documents,
    Held,
    Holding,
    UsersOf,
    held_on,
    users_of_documents,
    within,
)
from igz_apply.iguazio4.migration.naming import GROUP, PROJECT, ROLES, USER, Named
from igz_apply.iguazio4.migration.projects import NEW_ROLES, Projects, new_role
from igz_apply.iguazio4.migration.reasons import NESTED
from igz_apply.model.addresses import Address
from igz_apply.model.migration import NameMapping, OldObject, Standing


class RoleStandings:
    """Compares who holds what on projects."""

    def __init__(self, named: Named, mapping: NameMapping, projects: Projects, documents: Documents) -> None:
        """Hold what they are read from: the new ones from the new manifests."""
        self._named = named
        self._mapping = mapping
        self._projects = projects
        self._specs = {document["metadata"]["name"]: document["spec"] for document in documents[PROJECT]}
        self._users_of = users_of_documents(documents)
        self._within = within(self._users_of) if any("/" in path for path in self._users_of) else None
        self._olds = {new.name: old.name for old, new in named.names.items() if new.kind == USER}
        self._ups = frozenset(
            new for role in ROLES if RANKS[new := new_role(role, mapping)] < RANKS[role]
        )  # the new roles that the mapping raises somebody to

    def on(self, old: OldObject, users_of: UsersOf) -> Iterator[Standing]:
        """Yield what everybody held or holds on a project."""
        before = held_on(old.spec, ROLES, users_of)
        new = self._named.names.get(old.address)
        spec = self._specs[new.name] if new is not None else {}
        after = self._by_old(held_on(spec, NEW_ROLES, self._users_of))
        perhaps = after if self._within is None else self._by_old(held_on(spec, NEW_ROLES, self._within))
        for user in sorted(before.keys() | perhaps.keys()):
            yield self._standing(user, old, (before.get(user), after.get(user), perhaps.get(user)))

    def _by_old(self, held: Holding) -> Holding:
        return {self._olds[user]: each for user, each in held.items()}

    def _standing(self, user: str, old: OldObject, held: tuple[Held | None, Held | None, Held | None]) -> Standing:
        before, after, perhaps = held
        was, will, may = map(_rank, held)
        new = self._named.new(USER, user) or ""
        before_role, before_ways = (before.role, before.ways) if before is not None else ("", ())
        after_role, after_ways = (after.role, after.ways) if after is not None else ("", ())
        project = old.address.name
        if was == will == may:
            return Standing(user, new, project, before_role, after_role, before_ways, after_ways)
        why, is_stated = self._why(user, old, held)
        more = perhaps.role if perhaps is not None and may < will else ""
        return Standing(
            user,
            new,
            project,
            before_role,
            after_role,
            before_ways,
            after_ways,
            is_higher=min(will, may) < was,
            is_lower=will > was,
            is_stated=is_stated,
            why=why,
            perhaps=more,
            is_system=not new and self._named.why_gone(USER, user).is_system,
        )

    def _why(self, user: str, old: OldObject, held: tuple[Held | None, Held | None, Held | None]) -> tuple[str, bool]:
        """Return why a standing is another, and whether the mapping says so."""
        before, after, _ = held
        was, will, may = map(_rank, held)
        if after is not None and will < was:
            return self._why_higher(old, after)
        if may < was:
            return NESTED.why, NESTED.is_stated
        assert before is not None  # else nothing would be another
        return self._why_lower(user, old, before)

    def _why_higher(self, old: OldObject, after: Held) -> tuple[str, bool]:
        if after.role == OWNER:
            return "the mapping gives the project to them", self._projects.said(old).owner is not None
        return f"the mapping makes somebody {after.role}", after.role in self._ups

    def _why_lower(self, user: str, old: OldObject, before: Held) -> tuple[str, bool]:
        for address, told in ((old.address, "the project"), (Address(USER, user), "the user")):
            if address not in self._named.names:  # told without its name, so that those alike are told together
                reason = self._named.why_gone(*address)
                return f"{told} is not carried: {reason.why}", reason.is_stated
        if before.role == OWNER:
            owner = self._projects.said(old).owner
            return f"the mapping gives the project to {self._projects.owner(old)}", owner is not None
        new = new_role(before.role, self._mapping)
        if RANKS[new] > before.rank:
            return f"the mapping makes {before.role} {new}", True
        groups = [way.partition(" ")[2] for way in before.ways if way != DIRECT]
        found = [(group, self._named.why_gone(GROUP, group)) for group in groups]
        why = "; ".join(f"the group {group} is not carried: {reason.why}" for group, reason in found)
        return why, bool(found) and all(reason.is_stated for _, reason in found)


def _rank(held: Held | None) -> int:
    return NOBODY if held is None else held.rank
