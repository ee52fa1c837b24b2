"""Users: names, e-mail addresses, whether they are switched on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.iguazio4.migration.fields import USER
from igz_apply.iguazio4.migration.groups import ADDITIVE, carried_names, memberships_fate
from igz_apply.iguazio4.migration.lifecycles import lifecycle_of
from igz_apply.iguazio4.migration.making import Manifest, by_table, field_fate, manifest, object_fate, says_nothing
from igz_apply.iguazio4.migration.naming import EVERYBODY, GROUP, OWN_GROUPS, Named, email_of
from igz_apply.iguazio4.migration.patterns import Keys
from igz_apply.iguazio4.migration.policies import Policies
from igz_apply.iguazio4.migration.reasons import Reason
from igz_apply.model.migration import Fate, FieldFate, NameMapping, ObjectFate, OldObject, PersonMapping
from igz_apply.model.resources import GroupsOf

_ORDER = ("first_name", "last_name", "email", "active", "groups")
_ROBOT = "it has no e-mail address that could be its name, so that it keeps the one that it has"
_STATED = "the mapping says so"
_LOWER = Reason("the identity store keeps it in lower case", "18", "[INFERRED]")
_NO_ADDRESS = Reason("Iguazio 4 takes addresses of the form x@y.z alone", "6", "[SDK]")
_NOBODY = PersonMapping()
_PRIMARY = "primary_group"


class Users:
    """Makes the manifests of users."""

    def __init__(self, named: Named, mapping: NameMapping, policies: Policies, groups_of: GroupsOf) -> None:
        """Hold what they are made of."""
        self._named = named
        self._mapping = mapping
        self._keys = Keys(mapping.users)
        self._policies = policies
        self._groups_of = groups_of

    def made(self, old: OldObject) -> tuple[Manifest, ObjectFate]:
        """Return the manifest of a user, and what becomes of the old one."""
        new = self._named.names[old.address]
        spec: dict[str, Any] = {}
        fates = [*by_table(old, spec), *self._fields(old, spec)]
        lifecycle, more = lifecycle_of(old, self._named, self._mapping, spec)
        if "groups" in spec and "groups" not in old.spec:
            lifecycle = {**lifecycle, **ADDITIVE}  # its primary group alone was stated: it is taken out of none
        fate = object_fate(old, new, (*sorted(fates, key=_place), *more), self._why(old))
        return manifest(new, spec, _ORDER, lifecycle), fate

    def _why(self, old: OldObject) -> str:
        return "" if email_of(old.spec) or old.address in self._named.stated else _ROBOT

    def person(self, old: OldObject) -> PersonMapping:
        """Return what the mapping says of a user."""
        return self._mapping.users.get(self.key(old), _NOBODY)

    def key(self, old: OldObject) -> str:
        """Return the key of the mapping that speaks of a user, "" for none."""
        match = self._keys.match(old.address.name, by_name_only=old.is_system)
        return match.key if match is not None else ""

    def _fields(self, old: OldObject, spec: dict[str, Any]) -> Iterator[FieldFate]:
        person = self.person(old)
        for name, stated in (("first_name", person.first_name), ("last_name", person.last_name)):
            yield from _name(name, old.spec.get(name), stated, spec)
        yield from _email(old.spec, spec)
        if (status := old.spec.get("admin_status")) is not None:
            spec["active"] = status != "down"
            yield field_fate("admin_status", Fate.CARRIED, status, spec["active"], USER["admin_status"].reason)
        if "groups" in old.spec or old.spec.get(_PRIMARY):
            yield from memberships_fate(old, spec, GROUP, self._named, self._groups(old))
        else:
            yield from self._own_groups(old)
        yield from self._policies.fates(old)

    def _own_groups(self, old: OldObject) -> Iterator[FieldFate]:
        """Yield that somebody is no longer in the platform's own groups: those list nobody, as they are not carried."""
        if gone := [group for group in self._groups(old) if group in OWN_GROUPS and not self._named.new(GROUP, group)]:
            _, why = carried_names(sorted(gone), GROUP, self._named)
            yield field_fate("groups", Fate.LOST, sorted(gone), None, USER["groups"].reason, why)

    def _groups(self, old: OldObject) -> Iterator[str]:
        """Yield all groups of a user, whoever states them; not that of everybody where it has no path."""
        for group in self._groups_of.get(old.address.name, ()):
            if group != EVERYBODY or self._named.new(GROUP, group) is not None:
                yield group


def _name(name: str, before: Any, stated: str, spec: dict[str, Any]) -> Iterator[FieldFate]:
    after = stated or before
    if says_nothing(after):
        return
    spec[name] = after
    is_same = after == before
    why = "" if is_same else _STATED
    yield field_fate(name, Fate.CARRIED if is_same else Fate.CHANGED, before, after, USER[name].reason, why)


def _email(old: Mapping[str, Any], spec: dict[str, Any]) -> Iterator[FieldFate]:
    before, after = old.get("email"), email_of(old)
    if after:
        spec["email"] = after
        yield field_fate("email", Fate.CARRIED, before, after, USER["email"].reason if before == after else _LOWER)
    elif not says_nothing(before):
        yield field_fate("email", Fate.LOST, before, None, _NO_ADDRESS)


def _place(fate: FieldFate) -> int:
    return _PLACES.get(fate.path, len(_PLACES))


_PLACES = {name: index for index, name in enumerate(USER)}
