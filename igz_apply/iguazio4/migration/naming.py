"""What everything is called on Iguazio 4, and what does not go along, each with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from igz_apply.iguazio4.emails import is_email
from igz_apply.iguazio4.migration import reasons
from igz_apply.iguazio4.migration.fields import FIELDS
from igz_apply.iguazio4.migration.patterns import Keys, Match
from igz_apply.iguazio4.migration.reasons import Reason
from igz_apply.model.addresses import Address, Globs, Source, globs_of
from igz_apply.model.migration import NameMapping, OldObject, Origin, Stated
from igz_apply.values import dataclass

USER, GROUP, PROJECT = "User", "Group", "Project"
ADMIN = Address(USER, "admin")
"""The account that both platforms have."""
EVERYBODY = "all_users"
OWN_GROUPS = frozenset({EVERYBODY, "admins"})
"""The groups that Iguazio 3 makes itself, which manifests name without declaring them."""
ROLES = ("admin", "editor", "viewer")
"""The roles of Iguazio 3, the highest first."""


@dataclass(frozen=True, slots=True)
class Named:
    """What things are called there."""

    names: Mapping[Address, Address]  # old -> new, of all that goes along, declared or only named
    gone: Mapping[Address, Reason]  # of all others that were there, and of what is named and left behind
    stated: Mapping[Address, Source | None]  # old -> where the mapping says the new name, of those of which it does
    rivals: Mapping[tuple[str, str, str], str]  # (part of the mapping, key, key that says as much) -> a name
    referenced: Mapping[Address, tuple[Address, ...]]  # named by something, and not there -> by what

    def new(self, kind: str, name: str) -> str | None:
        """Return the new name of a user, group or project; None where it does not go along."""
        found = self.names.get(Address(kind, name))
        return None if found is None else found.name

    def is_own(self, old: OldObject) -> bool:
        """Say whether it is the platform's own, which the mapping does not carry as one of ours."""
        return (old.is_system or old.address == ADMIN) and old.address not in self.stated

    def is_as_it_is(self, old: OldObject) -> bool:
        """Say whether it is there already, and nothing of it is written."""
        return old.address == ADMIN and self.is_own(old)

    def why_gone(self, kind: str, name: str) -> Reason:
        """Return why something does not go along."""
        own = _OWN.get(name, reasons.UNSEEN) if kind == GROUP else reasons.UNSEEN
        return self.gone.get(Address(kind, name), own)


_OWN = {name: reasons.EVERYBODY if name == EVERYBODY else reasons.SYSTEM for name in OWN_GROUPS}
"""Why the groups go that Iguazio 3 makes itself, where nothing else is known of them."""


def email_of(spec: Mapping[str, Any]) -> str:
    """Return the e-mail address of a user, in lower case; "" where there is none of the form that is taken there."""
    email = str(spec.get("email") or "").strip()
    return email.lower() if is_email(email) else ""


def named(origin: Origin, mapping: NameMapping) -> Named:
    """Return what everything is called there."""
    maker = _Maker(mapping)
    referenced = _referenced(origin)
    leaving = _leaving(origin, mapping, referenced)
    names: dict[Address, Address] = {}
    gone: dict[Address, Reason] = {}
    for address in sorted(origin.objects):
        old = origin.objects[address]
        why = _why_not(old, maker, leaving)
        if why is None:
            names[address] = maker.address(old)
        else:
            gone[address] = why
    for address in sorted(referenced):
        if (reason := _left(address, leaving)) is not None:
            gone[address] = reason
        elif address == ADMIN or maker.says_name(address, is_own=address.name in OWN_GROUPS):
            names[address] = maker.address(OldObject(address, {}, is_system=address == ADMIN))
    return Named(names, gone, maker.stated, maker.rivals, referenced)


class _Maker:
    """Makes new names, and notes which of them the mapping states."""

    def __init__(self, mapping: NameMapping) -> None:
        self._mapping = mapping
        self._keys = {USER: Keys(mapping.users), GROUP: Keys(mapping.groups), PROJECT: Keys(())}
        self.stated: dict[Address, Source | None] = {}
        self.rivals: dict[tuple[str, str, str], str] = {}

    def says_name(self, address: Address, *, is_own: bool) -> bool:
        """Say whether the mapping says a new name for it."""
        match = self._keys[address.kind].match(address.name, by_name_only=is_own)
        return self._said(address.kind, match) is not None

    def address(self, old: OldObject) -> Address:
        kind, name = old.address
        match = self._keys[kind].match(name, by_name_only=old.is_system)
        if match is not None and match.rival:
            self.rivals.setdefault((kind, match.key, match.rival), name)
        stated = self._said(kind, match)
        if match is not None and stated is not None:
            self.stated[old.address] = stated.source
            text = match.filled(stated.value)
            return Address(kind, text.lower() if kind == USER else text)
        return Address(kind, self._by_itself(old))

    def _said(self, kind: str, match: Match | None) -> Stated | None:
        if match is None:
            return None
        return self._mapping.users[match.key].name if kind == USER else self._mapping.groups[match.key]

    def _by_itself(self, old: OldObject) -> str:
        """Return the new name of what the mapping says none for."""
        kind, name = old.address
        if kind == USER:
            return name if old.address == ADMIN else email_of(old.spec) or name.lower()
        separator = self._mapping.separator
        return name.replace(separator, "/") if kind == GROUP and separator else name


Leaving = list[tuple[Globs, Reason]]


def _leaving(origin: Origin, mapping: NameMapping, referenced: Iterable[Address]) -> Leaving:
    known = {*origin.objects, *referenced}
    return [(globs_of([each.pattern], known), Reason(each.reason, is_stated=True)) for each in mapping.leave]


def _left(address: Address, leaving: Leaving) -> Reason | None:
    """Return why the mapping leaves something behind, None if it does not."""
    return next((reason for globs, reason in leaving if globs.select(address)), None)


def _why_not(old: OldObject, maker: _Maker, leaving: Leaving) -> Reason | None:
    """Return why an object does not go along, None if it does."""
    kind = old.address.kind
    if (reason := _left(old.address, leaving)) is not None:
        return reason
    if old.lifecycle.state == "absent":
        return reasons.ABSENT
    if kind not in FIELDS:
        return reasons.SYSTEM if old.is_system else reasons.WHOLE.get(kind, reasons.NO_KIND)
    if old.is_system and old.address != ADMIN and not maker.says_name(old.address, is_own=True):
        return reasons.EVERYBODY if old.address == Address(GROUP, EVERYBODY) else reasons.SYSTEM
    return None


def _referenced(origin: Origin) -> Mapping[Address, tuple[Address, ...]]:
    """Return the users and groups that something names and that are not there, each with what names it."""
    found: dict[Address, set[Address]] = {}
    users, groups = ({name for kind, name in origin.objects if kind == each} for each in (USER, GROUP))
    for user, group in origin.memberships:
        if user not in users:
            found.setdefault(Address(USER, user), set()).add(Address(GROUP, group))
        if group not in groups:
            found.setdefault(Address(GROUP, group), set()).add(Address(USER, user))
    for old in origin.objects.values():
        for target, by in _of_project(old) if old.address.kind == PROJECT else ():
            if target not in origin.objects:
                found.setdefault(target, set()).add(by)
    return {target: tuple(sorted(by)) for target, by in found.items()}


def _of_project(old: OldObject) -> Iterator[tuple[Address, Address]]:
    if owner := old.spec.get("owner"):
        yield Address(USER, owner), old.address
    for role in ROLES:
        for side, kind in SIDES.items():
            yield from ((Address(kind, name), old.address) for name in members_of(old.spec, role, side))


SIDES: Mapping[str, str] = {"users": USER, "groups": GROUP}
"""The sides of a role, each with the kind of its members."""


def members_of(spec: Mapping[str, Any], role: str, side: str) -> Iterable[str]:
    """Return whom a project's spec lists on a side of a role."""
    return ((spec.get("members") or {}).get(role) or {}).get(side) or ()
