"""An old cluster as the new platform would show it, so that both sides of a move can be held against each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.kind import Field, Kind, Kinds
from igz_apply.model.migration import Fate, Migration, ObjectFate
from igz_apply.model.resources import GroupsOf, LiveResource, LiveState
from igz_apply.planning.diff import is_holding
from igz_apply.values import dataclass

_PARTLY = (Fate.LOST, Fate.CHANGED)


@dataclass(frozen=True, slots=True)
class _Stated:
    """One manifest of the move, with what became of the object that it is made of."""

    address: Address
    spec: Mapping[str, Any]
    is_additive: bool
    is_exact: bool  # whether what it does not state is empty: it is made of what lives, not of a manifest
    fate: ObjectFate | None  # None: it is made of several
    old: LiveResource | None = None  # what lives there; None: nothing does, or it is declared

    @property
    def is_added(self) -> bool:
        """Whether it is there for the sake of others alone."""
        return self.fate is not None and self.fate.fate is Fate.ADDED

    @property
    def unsure(self) -> frozenset[str]:
        """The fields of which its silence means nothing: they are lost on purpose, or the old cluster does not tell."""
        fates = self.fate.fields if self.fate is not None else ()
        lost = {each.path.partition(".")[0] for each in fates if each.fate in _PARTLY}
        return frozenset(lost) | (self.old.unknown if self.old is not None else frozenset())


@dataclass(frozen=True, slots=True)
class Carried:
    """The old side in the words of the new one."""

    state: LiveState
    old_names: Mapping[Address, Address] = field(default_factory=dict)  # new -> old, where they differ
    said: Mapping[str, frozenset[str]] = field(default_factory=dict)  # new kind -> the fields that the move states
    left: Mapping[str, int] = field(default_factory=dict)  # old kind -> how many do not go along, in the old order

    def old_name(self, new: Address) -> Address | None:
        """Return what something was called before, where that was something else."""
        return self.old_names.get(new)

    def speaks_of(self, untold: str) -> bool:
        """Say whether the move states a field, told as `KIND/NAME#FIELD`, for anything of that kind."""
        field_name = untold.rpartition("#")[2].partition(".")[0]
        return field_name in self.said.get(untold.partition("/")[0], frozenset())


def carried_over(migration: Migration, other: LiveState, kinds: Kinds, old: LiveState | None = None) -> Carried:
    """Return what a move makes of the old side, filled up from the new one, `other`, wherever the move says nothing.

    Held against `other`, what differs is then what has to be explained: not what the move loses or changes on purpose,
    nor the platform's own, nor who holds what no mapping speaks of. `old` is what lives on the old side; None: the move
    is made of manifests, which do not tell of what they leave out.
    """
    stated = list(_stated(migration, old))
    stated += _held_by_nobody(migration, stated, other, kinds)
    said: dict[str, set[str]] = {}
    for each in stated:
        said.setdefault(each.address.kind, set()).update(each.spec)
    going = frozenset(new for new in migration.names.values()) | {each.address for each in stated}
    filling = _Filling(kinds, said, going, other)
    resources = dict(_as_they_are(other, kinds, going))
    resources.update((each.address, filling.of(each)) for each in stated)
    state = LiveState(
        resources,
        _groups_of(stated, other, kinds),
        other.caller,
        partial={kind: why for kind, why in migration.partial.items() if kind in kinds},
        hidden=_hidden(migration, old),
    )
    renamed = {new: before for before, new in migration.names.items() if new != before}
    return Carried(state, renamed, {kind: frozenset(names) for kind, names in said.items()}, _left(migration))


def _stated(migration: Migration, old: LiveState | None) -> Iterator[_Stated]:
    fates = {each.new: each for each in migration.objects if each.new is not None}
    lives = all(each.source is None for each in migration.objects)
    for documents in migration.documents.values():
        for document in documents:
            address = Address(document["kind"], document["metadata"]["name"])
            fate = fates.get(address)
            before = old.resources.get(fate.old) if old is not None and fate is not None and fate.old else None
            is_additive = document.get("lifecycle", {}).get("membership") == "additive"
            yield _Stated(address, document["spec"], is_additive, lives, fate, before)


def _held_by_nobody(
    migration: Migration, stated: Collection[_Stated], other: LiveState, kinds: Kinds
) -> Iterator[_Stated]:
    """Yield what the move carries, nobody held on the old side, and somebody holds on the new one."""
    known = {each.address for each in stated}
    lives = all(each.source is None for each in migration.objects)
    new = sorted({name for names in migration.policies.values() for name in names})
    for address in (kind.address(name) for kind in kinds if kind.holders_of for name in new):
        if lives and address not in known and address in other.resources:
            yield _Stated(address, {}, is_additive=True, is_exact=True, fate=None)


def _as_they_are(other: LiveState, kinds: Kinds, going: frozenset[Address]) -> Iterator[tuple[Address, LiveResource]]:
    """Yield what the new side has by itself, which nobody has to account for."""
    for address, resource in other.resources.items():
        is_holding_alone = bool(kinds[address.kind].holders_of) and address not in going
        if resource.is_system or is_holding_alone:
            yield address, resource


class _Filling:
    """Makes whole what manifests state in part."""

    def __init__(self, kinds: Kinds, said: Mapping[str, set[str]], going: frozenset[Address], other: LiveState) -> None:
        """`said` are the fields that any manifest of a kind states, `going` is all that is carried, by new names."""
        self._kinds = kinds
        self._said = said
        self._going = going
        self._other = other

    def of(self, stated: _Stated) -> LiveResource:
        """Return a resource as the new side has it, but for what is stated."""
        kind = self._kinds[stated.address.kind]
        there = self._other.resources.get(stated.address)
        live = there.spec if there is not None else {}
        unsure = stated.unsure
        spec = {
            name: value
            for name, value in live.items()
            if value == stated.address.name or self._is_theirs(kind.name, name, stated, unsure)
        }  # a platform may take the name for what nobody states: an address for the e-mail of an account
        for name, value in self._said_of(kind, stated).items():
            spec[name] = self._value(kind, kind.field_named(name), value, live.get(name), stated)
        unknown = stated.old.unknown if stated.old is not None else frozenset[str]()
        names = frozenset(each.name for each in kind.fields)
        return LiveResource(stated.address, "", spec, unknown=unknown & names)

    def _is_theirs(self, kind: str, name: str, stated: _Stated, unsure: frozenset[str]) -> bool:
        """Say whether only the new side speaks of a field: of the others, silence says that it is empty."""
        return stated.is_added or not stated.is_exact or name in unsure or name not in self._said[kind]

    def _said_of(self, kind: Kind, stated: _Stated) -> Mapping[str, Any]:
        """Return what is stated, and of what only holds that nobody else who goes along holds it."""
        if not (kind.holders_of and stated.is_exact):
            return stated.spec
        return {**{each.name: [] for each in kind.fields if is_holding(kind, each)}, **stated.spec}

    def _value(self, kind: Kind, known: Field | None, value: Any, live: Any, stated: _Stated) -> Any:
        assert known is not None, "manifests of a move state what there is"
        if known.roles and not stated.is_exact:
            return {**(live or {}), **(value or {})} if value is not None else None
        if stated.is_additive and is_holding(kind, known):
            own = {name for name in live or () if Address(known.refers_to, name) not in self._going}
            return sorted({*(value or ()), *own})
        return value


def _groups_of(stated: list[_Stated], other: LiveState, kinds: Kinds) -> GroupsOf:
    """Return who is in which group: as either side of it states, and as on the new side where neither does."""
    membership = kinds.membership
    rosters = {
        each.address.name: frozenset(each.spec[membership.group_field] or ())
        for each in stated
        if each.address.kind == membership.group_kind and membership.group_field in each.spec
    }
    found = dict(other.groups_of)
    people = {each.address.name: each for each in stated if each.address.kind == membership.user_kind}
    for name in {*people, *(name for members in rosters.values() for name in members)}:
        of = people.get(name)  # None: who is there already
        own = of.spec.get(membership.user_field) if of is not None else None
        listed = frozenset(group for group, members in rosters.items() if name in members)
        is_whole = of is not None and (of.is_exact or own is not None)
        others = frozenset(own or ()) if is_whole else other.groups_of.get(name, frozenset()) - rosters.keys()
        found[name] = listed | others
    return found


def _hidden(migration: Migration, old: LiveState | None) -> Mapping[Address, str]:
    hidden = old.hidden if old is not None else {}
    return {migration.names[address]: why for address, why in hidden.items() if address in migration.names}


def _left(migration: Migration) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for each in migration.objects:
        if each.fate is Fate.LOST and not each.is_system and each.old is not None:
            found[each.old.kind] = found.get(each.old.kind, 0) + 1
    return found
