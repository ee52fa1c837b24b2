"""Groups: a tree by the mapping's word, flat by themselves; who is in them; those that have to be around others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from igz_apply.iguazio4.kinds import KINDS
from igz_apply.iguazio4.migration import reasons
from igz_apply.iguazio4.migration.fields import FIELDS
from igz_apply.iguazio4.migration.lifecycles import lifecycle_of
from igz_apply.iguazio4.migration.making import Manifest, by_table, field_fate, manifest, object_fate
from igz_apply.iguazio4.migration.naming import EVERYBODY, GROUP, OWN_GROUPS, USER, Named
from igz_apply.iguazio4.migration.policies import Policies
from igz_apply.model.addresses import Address
from igz_apply.model.migration import Fate, FieldFate, NameMapping, ObjectFate, OldObject
from igz_apply.model.references import parent_of

_ORDER = ("users",)
_KIND = KINDS[GROUP]
ADDITIVE = {"membership": "additive"}

_EVERYBODY = "the mapping lists everybody in it"
_UNSEEN = "the mapping names it, and it was not seen itself: those who were seen to be in it are listed"

UsersOf = Mapping[str, Collection[str]]
"""Old group -> its old users."""


class Groups:
    """Makes the manifests of groups."""

    def __init__(self, named: Named, mapping: NameMapping, policies: Policies, users_of: UsersOf) -> None:
        """Hold what they are made of."""
        self._named = named
        self._mapping = mapping
        self._policies = policies
        self._users_of = users_of

    def made(self, old: OldObject) -> tuple[Manifest, ObjectFate]:
        """Return the manifest of a group, and what becomes of the old one."""
        new = self._named.names[old.address]
        spec: dict[str, Any] = {}
        fates = [*by_table(old, spec), *self._roster(old, spec), *self._policies.fates(old)]
        lifecycle, more = lifecycle_of(old, self._named, self._mapping, spec)
        if new.name in _KIND.system_names and "users" in spec:
            lifecycle = {**lifecycle, **ADDITIVE}  # the platform's own there: nobody is taken out of it
        return manifest(new, spec, _ORDER, lifecycle), object_fate(old, new, (*fates, *more))

    def only_named(self, *, lives: bool) -> Iterator[tuple[Manifest, ObjectFate]]:
        """Yield the groups that the mapping names, and that something is in or names, and that are not there.

        Of manifests those are the old platform's own, which nobody declares. Of what lives it is any that was not seen:
        those who were seen to be in it still are, and nobody is taken out of it.
        """
        for old in sorted(self._named.referenced):
            new = self._named.names.get(old)
            is_everybody = old.name == EVERYBODY
            if new is None or old.kind != GROUP or not (lives or old.name in OWN_GROUPS):
                continue
            users, _ = carried_names(self._users_of.get(old.name, ()), USER, self._named)
            row = FIELDS[GROUP]["users"].reason
            fate = ObjectFate(None, new, Fate.ADDED, _EVERYBODY if is_everybody else _UNSEEN, row.section, row.mark)
            yield manifest(new, {"users": users}, _ORDER, {} if is_everybody else ADDITIVE), fate

    def _roster(self, old: OldObject, spec: dict[str, Any]) -> Iterator[FieldFate]:
        """State the members of what lives, and of what is declared where it does that itself."""
        if old.source is None or "users" in old.spec or old.is_system:
            yield from memberships_fate(old, spec, USER, self._named, self._users_of.get(old.address.name, ()))


def memberships_fate(
    old: OldObject, spec: dict[str, Any], other: str, named: Named, members: Iterable[str]
) -> Iterator[FieldFate]:
    """State a user's groups or a group's users by their new names, and yield what becomes of them."""
    path = "users" if other == USER else "groups"
    before = sorted(members)
    spec[path], why = carried_names(before, other, named)
    if not before:
        return
    fate = Fate.CARRIED if not why else Fate.CHANGED if spec[path] else Fate.LOST
    yield field_fate(path, fate, before, spec[path] or None, FIELDS[old.address.kind][path].reason, why)


def carried_names(before: Iterable[str], kind: str, named: Named) -> tuple[list[str], str]:
    """Return the new names of users or groups in order, and why some do not go along, "" where all do."""
    found: set[str] = set()
    missing: list[str] = []
    for name in before:
        new = named.new(kind, name)
        if new is None:
            missing.append(name)
        else:
            found.add(new)
    return sorted(found), "; ".join(_missing(name, kind, named) for name in missing)


def _missing(name: str, kind: str, named: Named) -> str:
    return f"{name} is not carried: {named.why_gone(kind, name).why}"


def added_groups(named: Named) -> Mapping[str, str]:
    """Return the paths of groups that have to be there around others and that nothing is carried to, each with one."""
    paths = {new.name: new.name for old, new in named.names.items() if new.kind == GROUP}
    added: dict[str, str] = {}
    for path in sorted(paths):
        parent = parent_of(_KIND, path)
        while parent is not None and parent.name not in paths:
            added.setdefault(parent.name, path)
            parent = parent_of(_KIND, parent.name)
    return dict(sorted(added.items()))


def added_group(path: str, inner: str) -> tuple[Manifest, ObjectFate]:
    """Return the manifest of a group that is added, and why it is."""
    new = Address(GROUP, path)
    reason = reasons.AROUND
    fate = ObjectFate(None, new, Fate.ADDED, f"{reason.why}: {inner}", reason.section, reason.mark)
    return manifest(new, {}, _ORDER, {}), fate
