"""What goes over from what is replaced to what takes its place, and to what names it, where no manifest says it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.comparison import Path, value_at, with_value
from igz_apply.model.hidden import may_hold_secret
from igz_apply.model.ignoring import is_ignored
from igz_apply.model.kind import Field, Kind, Kinds, Shape
from igz_apply.model.resources import DesiredState, LiveResource, LiveState, Owned, Resource
from igz_apply.planning.diff import is_holding
from igz_apply.planning.identity import with_names
from igz_apply.planning.memberships import standing

Part = tuple[Path, Field, Any]
"""A part of a spec that its manifest does not state: where it stands, what it is, what it is to be."""


class GoingOver:
    """Finds what goes over to whom."""

    def __init__(
        self,
        desired: DesiredState,
        live: LiveState,
        owned: Owned,
        kinds: Kinds,
        pairs: Mapping[Address, Address],
        is_wanted: Callable[[Address], bool],
        leaves: Callable[[Address], bool],
    ) -> None:
        """Look at what is `is_wanted` of the run; what `leaves` with it is handed on to nobody."""
        self.kept_back: dict[Address, tuple[str, ...]] = {}  # what does not go over, as it may be secret or is not seen
        self.never_shared: dict[Address, tuple[str, ...]] = {}  # nor does this, which only one can have at a time
        self.leaving: dict[Address, tuple[tuple[str, Address], ...]] = {}  # who would be named, where, and leaves
        self._desired = desired.resources
        self._live = live.resources
        self._entries = owned.entries
        self._groups_of = standing(live, kinds.membership)
        self._kinds = kinds
        # What is on its way out has handed on what it had, or nobody knows any more what that was.
        self._olds = {new: old for new, old in pairs.items() if not live.resources[old].is_deleting}
        self._names = with_names((old, new) for new, old in self._olds.items())
        self._is_wanted = is_wanted
        self._leaves = leaves

    def found(self) -> Iterator[tuple[Address, tuple[Resource, tuple[Path, ...]]]]:
        """Yield what is declared and gets something, with that in its spec, and the paths of it."""
        for address, resource in self._desired.items() if self._olds else ():
            if resource.is_present and self._is_wanted(address):
                parts = self._from_old(resource) if address in self._olds else self._named_anew(resource)
                if parts or self._is_begun(address):
                    yield address, (self._with_parts(resource, parts), tuple(path for path, _, _ in parts))

    def _is_begun(self, address: Address) -> bool:
        """Say whether something that takes another's place is there already, by a run that was cut off."""
        return address in self._olds and address in self._live

    def _with_parts(self, resource: Resource, parts: Iterable[Part]) -> Resource:
        """Return a resource that states these too.

        Of what was begun all is looked at, be it ignored from then on: what has not gone over would be lost.
        """
        spec, lifecycle = resource.spec, resource.lifecycle
        for path, _, value in parts:
            spec = with_value(spec, path, _joined(value_at(spec, path)[1], value))
        if self._is_begun(resource.address):
            lifecycle = replace(lifecycle, ignore_changes=())
        return replace(resource, spec=spec, lifecycle=lifecycle)

    def _from_old(self, resource: Resource) -> Sequence[Part]:
        """Return what the old one has, its manifest does not state, and a call can carry."""
        kind, old = self._kinds[resource.address.kind], self._live[self._olds[resource.address]]
        apart = {*old.unknown, *self._of_another(kind, resource, old)}
        there = {name: value for name, value in old.spec.items() if name not in apart}
        parts, hidden = [], set(old.unknown - resource.spec.keys())
        for path, field, value in _unstated(kind.fields_of(there), _left_open(resource, kind), there):
            if may_hold_secret(value):
                hidden.add(".".join(path))
            elif (held := self._held(field, value, resource.address)) is not None:
                parts.append((path, field, held))
        if hidden:
            self.kept_back[resource.address] = tuple(sorted(hidden))
        alone = [it.name for it in kind.fields if it.unique and not it.filled and it.name not in resource.spec]
        if lost := tuple(name for name in alone if there.get(name)):
            self.never_shared[resource.address] = lost
        goes_over: Sequence[Part] = _one_role_each(parts, kind, resource.spec)
        if kind.name == self._kinds.membership.user_kind:
            goes_over = self._with_memberships(goes_over, resource, old)
        return self._staying(goes_over, resource.address)

    def _staying(self, parts: Iterable[Part], new: Address) -> Sequence[Part]:
        """Return the parts but those that name somebody alone who leaves: their manifest has to name another."""
        staying, leaving = [], []
        for part in parts:
            path, field, value = part
            if field.refers_to and isinstance(value, str) and self._leaves(Address(field.refers_to, value)):
                leaving.append((".".join(path), Address(field.refers_to, value)))
            else:
                staying.append(part)
        if leaving:
            self.leaving[new] = tuple(leaving)
        return staying

    def _of_another(self, kind: Kind, resource: Resource, old: LiveResource) -> Iterator[str]:
        """Yield the fields of the old one that say nothing of the new one.

        Settings of another sort of it, and that a prune has switched it off: with a manifest it is on again.
        """
        stated, was = (it.spec.get(kind.named_by) for it in (resource, old))
        if was is not None and stated not in (None, was):
            yield was
        if self._entries[old.address].is_removed and kind.disabled_by is not None:
            yield kind.disabled_by[0]

    def _held(self, field: Field, value: Any, new: Address) -> Any:
        """Return what goes over of a value, None for nothing."""
        if not field.looked_up:
            return self._named(field, value)
        said = self._said_by_lists(field.looked_up, value, new)
        kept = {name for name in value if name not in said}
        return sorted(kept | {name for name, is_held in said.items() if is_held}) or None

    def _said_by_lists(self, sort: str, held: Iterable[str], new: Address) -> Mapping[str, bool]:
        """Return of what of a sort it is settled whether the new one holds it, by lists of holders or their end."""
        found = {}
        for giving in (kind for kind in self._kinds if kind.holders_of == sort):
            sides = [it.name for it in giving.referring if it.refers_to == new.kind]
            found.update({name: False for name in held if self._leaves(giving.address(name))})
            for address, listed in self._desired.items():
                if address.kind != giving.name or not listed.is_present or not self._is_wanted(address):
                    continue
                stated = [listed.spec[side] or () for side in sides if side in listed.spec]
                is_among = any(new.name in names for names in stated)
                if is_among or (stated and not any(_is_open(listed, side) for side in sides)):
                    found[address.name] = is_among
        return found

    def _named(self, field: Field, value: Any) -> Any:
        """Return a value with the new names, None where nobody is left in it: not those who leave."""
        if field.refers_to and field.shape is Shape.SET:
            names = self._names.get(field.refers_to, {})
            staying = {
                names.get(it, it) for it in value if it in names or not self._leaves(Address(field.refers_to, it))
            }
            return sorted(staying) or None
        if not field.refers_to and field.referring and isinstance(value, Mapping):
            inner = {it.name: it for it in field.referring}
            found = {key: self._named(inner[key], below) if key in inner else below for key, below in value.items()}
            return {key: below for key, below in found.items() if below} or None
        return self._names.get(field.refers_to, {}).get(value, value) if field.refers_to else value

    def _with_memberships(self, parts: Sequence[Part], resource: Resource, old: LiveResource) -> Sequence[Part]:
        """Return the parts with the groups of the old user, and without a primary group that is not among them.

        Where the manifest of a group says who is in it, that alone counts.
        """
        membership, name = self._kinds.membership, resource.address.name
        side = next(it for it in self._kinds[resource.address.kind].fields if it.membership)
        held = self._groups_of.get(old.address.name, _NONE) | self._groups_of.get(name, _NONE)
        groups = {it for it in held - membership.implied if self._takes(Address(membership.group_kind, it), name)}
        stated, is_open = resource.spec.get(side.name), resource.lifecycle.membership == "additive"
        carried = []
        if groups and (is_open or side.name not in resource.spec):
            carried.append(((side.name,), side, sorted(groups)))
        among = {*(stated or ()), *(groups if carried else ())}
        kept = [it for it in parts if it[0] != (membership.primary_field,) or it[2] in among]
        return [*kept, *carried]

    def _takes(self, group: Address, user: str) -> bool:
        """Say whether somebody may come into a group: not where it goes, or lists others alone."""
        stated, listed = self._desired.get(group), self._kinds.membership.group_field
        if self._leaves(group):
            return False
        if stated is None or not self._is_wanted(group) or listed not in stated.spec:
            return True
        return _is_open(stated, listed) or user in (stated.spec[listed] or ())

    def _named_anew(self, resource: Resource) -> Sequence[Part]:
        """Return what a resource leaves open and names old ones, with the new ones in their place."""
        kind, lives = self._kinds[resource.address.kind], self._live.get(resource.address)
        if lives is None or lives.is_deleting or kind.holders_of or not kind.referring:
            return ()
        ignored = resource.lifecycle.ignore_changes
        parts = [
            (path, field, value)
            for path, field, value in _unstated(kind.referring, _left_open(resource, kind), lives.spec)
            if (field.refers_to or field.referring) and not is_ignored(".".join(path), ignored)
        ]
        named = [(path, field, self._named(field, value) or {}) for path, field, value in parts]
        before = {path: value for path, _, value in parts}
        return [it for it in _one_role_each(named, kind, resource.spec) if _adds(it[2], before[it[0]])]


_NONE: frozenset[str] = frozenset()


def _is_open(resource: Resource, listed: str) -> bool:
    """Say whether a list may have others than those that a manifest states in it."""
    return resource.lifecycle.membership == "additive" or listed in resource.lifecycle.ignore_changes


def _left_open(resource: Resource, kind: Kind) -> Mapping[str, Any]:
    """Return what a manifest states for good: where it only adds to who holds what, the rest of that stays open."""
    if resource.lifecycle.membership == "exact":
        return resource.spec
    adding = {it.name for it in kind.fields if it.roles or is_holding(kind, it)}
    return {name: value for name, value in resource.spec.items() if name not in adding}


def _joined(stated: Any, value: Any) -> Any:
    """Return what goes over with what is stated beside it, where a manifest only adds."""
    if isinstance(value, Mapping):
        sides = stated if isinstance(stated, Mapping) else {}
        return {**sides, **{key: _joined(sides.get(key), below) for key, below in value.items()}}
    return sorted({*(stated or ()), *value}) if isinstance(value, list) and stated else value


def _unstated(fields: Iterable[Field], stated: Mapping[str, Any], there: Mapping[str, Any]) -> Iterator[Part]:
    """Yield the parts that live and that a spec, or a part of one, does not state: objects key by key."""
    for field in fields:
        value = there.get(field.name)
        if value in (None, "", [], {}) or value == field.default or _stays(field):
            continue
        said = stated.get(field.name, {})
        is_open = field.shape is Shape.OBJECT and not field.whole and isinstance(value, Mapping)
        if is_open and isinstance(said, Mapping):
            for path, inner, below in _unstated(_inner(field, value), said, value):
                yield (field.name, *path), inner, below
        elif field.name not in stated:
            yield (field.name,), field, value


def _inner(field: Field, value: Mapping[str, Any]) -> Iterator[Field]:
    """Yield the fields of an object; a role is stated whole, and of one that counts others nobody is listed."""
    if field.roles:
        roles = (it for it in field.fields if not (field.several and any(side.counts for side in it.fields)))
        yield from (replace(it, whole=True) for it in roles)
        return
    known = {it.name for it in field.fields}
    yield from field.fields
    yield from (Field(key, shape=Shape.OBJECT) for key in value if key not in known)


def _stays(field: Field) -> bool:
    """Say whether what a field holds is of one resource alone, or of the platform, or goes over by another way."""
    of_one = field.unique or field.filled or field.write_only
    return of_one or field.create_only or field.steers or field.membership


def _adds(value: Any, before: Any) -> bool:
    """Say whether a value names what it did not name before: whom it names no more goes by itself."""
    if isinstance(value, Mapping):
        return any(_adds(below, (before or {}).get(key)) for key, below in value.items())
    return not set(value) <= set(before or ()) if isinstance(value, list) else bool(value != before)


def _one_role_each(parts: Sequence[Part], kind: Kind, stated: Mapping[str, Any]) -> list[Part]:
    """Return the parts without those who have a higher role, or one that is stated, where a member has one alone."""
    single = {it.name: it for it in kind.fields if it.roles and not it.several}
    taken: dict[str, set[str]] = {}
    for carrier in single.values():
        spec = {**stated, **{path[0]: value for path, _, value in parts if len(path) == 1}}
        for side in (side for role in carrier.fields for side in role.fields if side.counts):
            taken.setdefault(side.name, set()).add(spec.get(side.counts, ""))
        for sides in (stated.get(carrier.name) or {}).values():
            for name, listed in (sides or {}).items():
                taken.setdefault(name, set()).update(listed or ())
    found = []
    for path, field, value in parts:
        if path[0] in single:
            value = {
                side: [it for it in names if it not in taken.setdefault(side, set())] for side, names in value.items()
            }
            for side, names in value.items():
                taken[side].update(names)
        found.append((path, field, value))
    return found
