"""What takes the place of what no call can rename: made anew, given all that the old one held, and then that goes.

`lifecycle.renamed_from` says so. What the manifests state they state of the new one; what they leave open and names the
old one, or the old one has, is handed on by the plan, shown as any other difference, and owned by nobody after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field as attribute
from dataclasses import replace
from typing import Any

from igz_apply.authoring.renamings import Renaming, replacements, unclear
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
from igz_apply.model.comparison import is_below, with_value
from igz_apply.model.hidden import hidden_in
from igz_apply.model.kind import Field, Kind, Kinds, Shape
from igz_apply.model.problems import Problem
from igz_apply.model.references import Reference, all_references, orders_after
from igz_apply.model.resources import DesiredState, LiveResource, LiveState, Owned, Resource
from igz_apply.planning.identity import Names, named_in, with_names
from igz_apply.planning.memberships import standing
from igz_apply.planning.ownership import may_be_pruned
from igz_apply.values import dataclass

Needs = Mapping[Address, frozenset[Address]]
Path = tuple[str, ...]
Part = tuple[Path, Field, Any]
"""A part of a spec that its manifest does not state: where it stands, what it is, what lives there."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a plan puts in the place of something else, and what goes over with it."""

    olds: Mapping[Address, Address] = attribute(default_factory=dict)  # what comes -> whose place it takes
    filled: Mapping[Address, Resource] = attribute(default_factory=dict)  # what is declared, with what goes over to it
    carried: Mapping[Address, tuple[Path, ...]] = attribute(default_factory=dict)  # the paths that do
    kept_back: Mapping[Address, tuple[str, ...]] = attribute(
        default_factory=dict
    )  # what is hidden, and goes over to none
    problems: tuple[Problem, ...] = ()

    def __bool__(self) -> bool:
        """Say whether anything is replaced, or was meant to be."""
        return bool(self.olds or self.problems)

    @property
    def news(self) -> Mapping[Address, Address]:
        """What goes -> what takes its place."""
        return {old: new for new, old in self.olds.items()}


NO_REPLACEMENT = Replaced()


def replaced(
    desired: DesiredState,
    stating: Iterable[Resource],
    live: LiveState,
    owned: Owned,
    kinds: Kinds,
    is_wanted: Callable[[Address], bool],
) -> Replaced:
    """Return what of the manifests that state an old name takes the place of what lives under that."""
    pairs, problems = {}, []
    for renaming in replacements(desired.resources, stating, kinds):
        if not is_wanted(renaming.address):
            continue
        problem = _obstacle(renaming, live, owned, kinds, is_wanted)
        if problem is not None:
            problems.append(problem)
        elif renaming.old in live.resources:
            pairs[renaming.address] = renaming.old
    if not pairs:
        return replace(NO_REPLACEMENT, problems=tuple(problems))
    going_over = _GoingOver(desired, live, kinds, pairs, is_wanted)
    filled = dict(going_over.found())
    return Replaced(
        pairs,
        {it: resource for it, (resource, _) in filled.items()},
        {it: paths for it, (_, paths) in filled.items()},
        going_over.kept_back,
        tuple(problems),
    )


def _obstacle(
    renaming: Renaming, live: LiveState, owned: Owned, kinds: Kinds, is_wanted: Callable[[Address], bool]
) -> Problem | None:
    """Return why one cannot take the place of the other, None where it can, or has."""
    address, old = renaming.address, renaming.old
    there, here = live.resources.get(old), live.resources.get(address)
    if old in live.hidden:
        return _not_seen(renaming, live.hidden[old])
    if there is None:
        return _nothing_there(renaming) if here is None and address not in live.hidden else None
    if not is_wanted(old):
        return unclear(
            renaming,
            f"{address} is to take the place of {old}, which this run leaves out.",
            f"Let the run be about {old} too, or leave out {address} as well.",
        )
    if here is not None and not here.is_deleting and address not in owned.entries:
        return unclear(
            renaming,
            f"{address} was called {old.name}, as it says, and both live; {address} is not owned by this inventory.",
            f"If {address} is to take the place of {old}, take the line `renamed_from` out, apply, so that it is "
            f"owned, and put the line back. If it is something else, state another name.",
        )
    if not may_be_pruned(owned.entries.get(old), there, kinds[old.kind]):
        return _not_ours(renaming)
    return None


def _not_seen(renaming: Renaming, why: str) -> Problem:
    found = unclear(
        renaming,
        f"{renaming.address} is to take the place of {renaming.old}, which the cluster does not show: {why}.",
        "Run as somebody who may see it.",
    )
    return replace(found, summary="Not visible")


def _nothing_there(renaming: Renaming) -> Problem:
    address, old = renaming.address, renaming.old
    found = unclear(
        renaming,
        f"Nothing on the cluster is called {old.name} or {address.name}: {address} is created.",
        "If it is there under another name, state that one. If it is to be new, take the line `renamed_from` out.",
    )
    return replace(found, summary="Nothing to rename", severity="warning")


def _not_ours(renaming: Renaming) -> Problem:
    address, old = renaming.address, renaming.old
    found = unclear(
        renaming,
        f"{address} is to take the place of {old}, which would be deleted, and is not known to be owned by this "
        "inventory.",
        f"Declare it as {old} and apply, so that it is owned, and rename it then. Or take the line `renamed_from` out, "
        f"and let whoever owns {old} delete it.",
    )
    return replace(found, summary="Not ours to replace")


class _GoingOver:
    """Finds what goes over to whom."""

    def __init__(
        self,
        desired: DesiredState,
        live: LiveState,
        kinds: Kinds,
        pairs: Mapping[Address, Address],
        is_wanted: Callable[[Address], bool],
    ) -> None:
        self.kept_back: dict[Address, tuple[str, ...]] = {}
        self._desired = desired.resources
        self._live = live.resources
        self._groups_of = standing(live, kinds.membership)
        self._kinds = kinds
        # What is on its way out has handed on what it had, or nobody knows any more what that was.
        self._olds = {new: old for new, old in pairs.items() if not live.resources[old].is_deleting}
        self._names = with_names((old, new) for new, old in self._olds.items())
        self._is_wanted = is_wanted

    def found(self) -> Iterator[tuple[Address, tuple[Resource, tuple[Path, ...]]]]:
        """Yield what is declared and gets something, with that in its spec, and the paths of it."""
        for address, resource in self._desired.items() if self._olds else ():
            if resource.is_present and self._is_wanted(address):
                parts = self._from_old(resource) if address in self._olds else self._named_anew(resource)
                if parts:
                    yield address, (_with_parts(resource, parts), tuple(path for path, _, _ in parts))

    def _from_old(self, resource: Resource) -> Sequence[Part]:
        """Return what the old one has, its manifest does not state, and a call can carry."""
        kind, old = self._kinds[resource.address.kind], self._live[self._olds[resource.address]]
        there = {name: value for name, value in old.spec.items() if name not in old.unknown}
        parts = []
        hidden = set(old.unknown - resource.spec.keys())
        for part in _unstated(kind.fields_of(there), resource.spec, there):
            if any(True for _ in hidden_in(part[2])):
                hidden.add(".".join(part[0]))
            elif (value := self._held(part, resource.address)) is not None:
                parts.append((part[0], part[1], value))
        if hidden:
            self.kept_back[resource.address] = tuple(sorted(hidden))
        parts = _one_role_each(parts, kind, resource.spec)
        return [*parts, *self._memberships(resource, old, kind)] if kind.name in self._kinds.membership.kinds else parts

    def _held(self, part: Part, new: Address) -> Any:
        """Return what goes over of a part, None for nothing: not whom the manifests declare absent."""
        _, field, value = part
        if field.looked_up:
            said = self._said_by_lists(field.looked_up, new)
            held = {name for name in value if said.get(name, True)} | {
                name for name, is_held in said.items() if is_held
            }
            return sorted(held) or None
        return self._present(field, _named(field, value, self._names))

    def _said_by_lists(self, sort: str, new: Address) -> Mapping[str, bool]:
        """Return what of a sort the manifests list the holders of, each with whether the new one is among them."""
        found = {}
        for giving in (kind for kind in self._kinds if kind.holders_of == sort):
            sides = [it.name for it in giving.referring if it.refers_to == new.kind]
            for address, listed in self._desired.items():
                if address.kind == giving.name and self._is_wanted(address):
                    stated = [names for side in sides if (names := listed.spec.get(side)) is not None]
                    if stated or not listed.is_present:
                        found[address.name] = listed.is_present and any(new.name in names for names in stated)
        return found

    def _present(self, field: Field, value: Any) -> Any:
        if field.refers_to and field.shape is Shape.SET:
            return [name for name in value if not self._is_absent(Address(field.refers_to, name))] or None
        if field.referring and isinstance(value, Mapping):
            inner = {it.name: it for it in field.referring}
            sides = {key: self._present(inner[key], below) if key in inner else below for key, below in value.items()}
            return {key: below for key, below in sides.items() if below} or None
        return value

    def _is_absent(self, address: Address) -> bool:
        stated = self._desired.get(address)
        return stated is not None and not stated.is_present

    def _memberships(self, resource: Resource, old: LiveResource, kind: Kind) -> Iterator[Part]:
        """Yield the groups of the old user, but those whose manifest says who is in them."""
        membership = self._kinds.membership
        side = next((it for it in kind.fields if it.membership and not it.mirrored), None)
        if side is None or side.name in resource.spec:
            return
        held = self._groups_of.get(old.address.name, frozenset()) - membership.implied
        new = self._groups_of.get(resource.address.name, frozenset()) - membership.implied
        groups = {name for name in held if not self._says_who_is_in(Address(membership.group_kind, name))} | new
        if groups:
            yield (side.name,), side, sorted(groups)

    def _says_who_is_in(self, group: Address) -> bool:
        stated, membership = self._desired.get(group), self._kinds.membership
        if stated is None or not self._is_wanted(group):
            return False
        is_exact = membership.group_field in stated.spec and stated.lifecycle.membership == "exact"
        return not stated.is_present or (is_exact and membership.group_field not in stated.lifecycle.ignore_changes)

    def _named_anew(self, resource: Resource) -> Sequence[Part]:
        """Return what a resource leaves open and names old ones, with the new ones in their place."""
        kind, lives = self._kinds[resource.address.kind], self._live.get(resource.address)
        if lives is None or lives.is_deleting or kind.holders_of or not kind.referring:
            return ()
        parts = [
            it for it in _unstated(kind.referring, resource.spec, lives.spec) if it[1].refers_to or it[1].referring
        ]
        named = [(path, field, _named(field, value, self._names)) for path, field, value in parts]
        before = {path: value for path, _, value in parts}
        return [it for it in _one_role_each(named, kind, resource.spec) if _adds(it[2], before[it[0]])]


def _with_parts(resource: Resource, parts: Iterable[Part]) -> Resource:
    spec = resource.spec
    for path, _, value in parts:
        spec = with_value(spec, path, value)
    return replace(resource, spec=spec)


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


def _named(field: Field, value: Any, names: Names) -> Any:
    """Return a value with the new names; who stands in a list twice by that stands there once."""
    found = named_in((field,), {field.name: value}, names)[field.name]
    if field.refers_to and field.shape is Shape.SET:
        return sorted(set(found))
    if field.referring and isinstance(found, Mapping):
        inner = {it.name: it for it in field.referring}
        return {key: _named(inner[key], below, {}) if key in inner else below for key, below in found.items()}
    return found


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


def held_back(chosen: Mapping[Address, Change], needs: Needs, it: Replaced, kinds: Kinds) -> Needs:
    """Return what each change waits for: what is replaced goes after all that puts the new one in its place."""
    found = dict(needs)
    for new, old in it.olds.items():
        if old not in chosen:
            continue
        naming = {each.address for each in chosen.values() if each.action.makes and _names(each, new, kinds)}
        own = chosen.get(new)
        if own is not None and (own.action.writes or own.awaits):
            naming.add(new)
        found[old] = found.get(old, frozenset()) | (naming - {old})
    return found


def _names(change: Change, new: Address, kinds: Kinds) -> bool:
    spec = change.desired.spec if change.desired is not None else {}
    return tuple(new) in map(tuple, orders_after(kinds[change.address.kind], change.address.name, spec)) or any(
        tuple(new) in ((kinds.membership.user_kind, item.edge.user), (kinds.membership.group_kind, item.edge.group))
        for item in change.edges
    )


def told(changes: Iterable[Change], it: Replaced, live: LiveState, kinds: Kinds) -> tuple[Change, ...]:
    """Return the changes, with what belongs together named on both sides, and with what is lost by it."""
    known = {change.address: change for change in changes}
    news, lost = it.news, _lost_roles(known, it, live, kinds)
    return tuple(_told(change, it, news, lost, kinds) for change in known.values())


def _told(
    change: Change, it: Replaced, news: Mapping[Address, Address], lost: Mapping[Address, Sequence[str]], kinds: Kinds
) -> Change:
    address = change.address
    if (new := news.get(address)) is not None and change.action is Action.DELETE:
        gone = "; ".join(kinds[address.kind].lost_by_replacing)
        said = (
            f"goes for good, as {new} takes its place; lost with it: {gone}"
            if gone
            else f"goes, as {new} takes its place"
        )
        kept = it.kept_back.get(new, ())
        more = (f"does not go over to {new}, as it may be secret or cannot be seen: {', '.join(kept)}",) if kept else ()
        roles = tuple(
            f"{each}: {new} does not get it, as no manifest that is applied says so" for each in lost.get(address, ())
        )
        return change.but(
            replaced_by=new,
            warnings=(*change.warnings, said, *more, *roles),
        )
    old, carried = it.olds.get(address), it.carried.get(address, ())
    if old is None and not carried:
        return change
    reason = (
        f"{change.reason}; replaces {old}" if old is not None else f"{change.reason}; names what takes another's place"
    )
    return change.but(replaces=old, carried=carried, reason=reason)


def _lost_roles(
    chosen: Mapping[Address, Change], it: Replaced, live: LiveState, kinds: Kinds
) -> Mapping[Address, Sequence[str]]:
    """Return the roles of what is replaced that go with it, as nothing gives them to the new one."""
    lost: dict[Address, list[str]] = {}
    for by, reference in _roles_of(it, live, kinds):
        new = it.news[reference.target]
        if not _is_handed_on(chosen.get(by.address), by, reference, new):
            field = kinds[by.address.kind].field_named(str(reference.path[0]))
            role = next((each.called for each in field.fields if each.name == reference.path[1]), "") if field else ""
            lost.setdefault(reference.target, []).append(f"is {role} of {by.address}")
    return lost


def _roles_of(it: Replaced, live: LiveState, kinds: Kinds) -> Iterator[tuple[LiveResource, Reference]]:
    """Yield where something that is replaced holds a role."""
    olds = {old for old in it.olds.values() if not live.resources[old].is_deleting}
    referred = {old.kind for old in olds}
    carriers = {kind.name for kind in kinds if any(field.roles for field in kind.fields)} if referred else set()
    for by in live.resources.values() if carriers else ():
        if by.address.kind not in carriers or by.is_deleting or by.address in olds:
            continue
        for reference in all_references(kinds[by.address.kind], by.cluster_name, by.spec):
            field = kinds[by.address.kind].field_named(str(reference.path[0]))
            if reference.target in olds and field is not None and field.roles:
                yield by, reference


def _is_handed_on(change: Change | None, by: LiveResource, reference: Reference, new: Address) -> bool:
    if change is not None and change.action is Action.DELETE:
        return True
    *path, _ = reference.path
    holding: Any = by.spec
    for key in path:
        holding = holding[key]
    if new.name in holding:
        return True
    dotted = ".".join(map(str, reference.path))
    return change is not None and any(is_below(dotted, item.dotted) for item in change.diff)


def left_out(
    chosen: Mapping[Address, Change], desired: DesiredState, it: Replaced, live: LiveState, kinds: Kinds
) -> Iterator[Problem]:
    """Yield what is declared, names what is replaced, and is not part of the run: it would lose that for a while."""
    for by, reference in _roles_of(it, live, kinds):
        stated = desired.resources.get(by.address)
        if stated is not None and by.address not in chosen:
            new = it.news[reference.target]
            yield Problem(
                summary="Left out of a rename",
                detail=f"{new} takes the place of {reference.target}, and {by.address}, which names that as "
                f"{'.'.join(map(str, reference.path[:-1]))}, is not part of this run.",
                hint=f"Select {by.address} too, or rename it in a run about everything.",
                source=stated.source,
                address=new,
            )


def look_alikes(changes: Iterable[Change], kinds: Kinds) -> Mapping[Address, str]:
    """Return creates that look like what the same plan deletes, each with a warning that says so."""
    found: dict[Address, str] = {}
    writes = [change for change in changes if change.action in (Action.CREATE, Action.DELETE)]
    comes = [it for it in writes if it.action is Action.CREATE and it.desired is not None and it.replaces is None]
    goes = [it for it in writes if it.action is Action.DELETE and it.live is not None and it.replaced_by is None]
    if not comes or not goes:
        return found
    for names in ((kind.name, names) for kind in kinds for names in kind.known_by):
        old = _by_values([it for it in goes if it.address.kind == names[0]], names[1], kinds)
        new = _by_values([it for it in comes if it.address.kind == names[0]], names[1], kinds)
        for values, (one, *others) in new.items():
            meant = old.get(values, [])
            if not others and len(meant) == 1:
                alike = f"the same {' and '.join(names[1])}"
                found.setdefault(one.address, _looks_like(meant[0].address, alike, kinds))
    return found


def _looks_like(old: Address, alike: str, kinds: Kinds) -> str:
    keeps = "it keeps what it has" if kinds[old.kind].renames else "what it has is handed on before it goes"
    return (
        f"looks like a rename of {old}, which this plan deletes: {alike}. If it is one, add "
        f"lifecycle.renamed_from: {old.name}, and {keeps}"
    )


def _by_values(changes: Iterable[Change], names: Sequence[str], kinds: Kinds) -> Mapping[Any, list[Change]]:
    found: dict[Any, list[Change]] = {}
    for change in changes:
        state = change.desired if change.action is Action.CREATE else change.live
        spec = state.spec if state is not None else {}
        values = tuple(_meaning(kinds[change.address.kind], name, spec.get(name)) for name in names)
        if all(value not in (None, "") for value in values):
            found.setdefault(values, []).append(change)
    return found


def _meaning(kind: Kind, name: str, value: Any) -> Any:
    field = kind.field_named(name)
    return str(value).casefold() if field is not None and field.shape is Shape.FOLDED and value is not None else value
