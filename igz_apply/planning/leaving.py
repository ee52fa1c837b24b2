"""What is not deleted once no manifest declares it: it is switched off and kept, or forgotten.

Who is switched off is planned as if a manifest said so: off, in no group, without a policy. The roles that it has in
projects are taken by updates of those. What a manifest still names it by contradicts that, and is a problem.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import field as attribute
from dataclasses import replace
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.ignoring import as_told, is_ignored
from igz_apply.model.kind import Field, Kind, Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.references import Reference, all_that_name, references
from igz_apply.model.resources import DesiredState, Entry, Lifecycle, LiveResource, LiveState, Owned, Resource
from igz_apply.model.roles import carriers_of
from igz_apply.model.suggest import some
from igz_apply.planning.ownership import may_be_pruned
from igz_apply.planning.places import NOWHERE, SavedPositions
from igz_apply.planning.projection import as_planned
from igz_apply.values import dataclass

_NAMED = 10  # of what names somebody who is switched off


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a plan takes leave of, and does not delete."""

    disabled: Mapping[Address, Resource] = attribute(default_factory=dict)  # as they are to be
    forgotten: frozenset[Address] = frozenset()
    left_alone: tuple[Address, ...] = ()  # what a deletion would end so, and is not ours
    spared: frozenset[Address] = frozenset()  # all of which anything but a delete is wanted


NOBODY = Leaving()


def wishes(
    desired: DesiredState,
    loose: Iterable[Address],
    absent: Iterable[Address],
    owned: Owned,
    *,
    prunes: bool,
    holds: bool,
) -> dict[Address, str]:
    """Return of what is declared no more, or to be destroyed, how it ends, where that is not by a delete.

    With `prunes` it is as the inventory remembers; a manifest that is to be destroyed says so itself. With `holds`
    what was switched off before is held to that, though nothing prunes.
    """
    entries, resources = owned.entries, desired.resources
    found: dict[Address, str] = {}
    for address in loose:
        entry = entries[address]
        if prunes and entry.on_removal != "delete":
            found[address] = entry.on_removal
        elif holds and entry.is_removed:
            found[address] = "disable"
    found.update((it, how) for it in absent if (how := resources[it].lifecycle.on_removal) != "delete")
    return found


def leaving(
    wished: Mapping[Address, str],
    desired: DesiredState,
    live: LiveState,
    owned: Owned,
    kinds: Kinds,
    is_wanted: Callable[[Address], bool],
) -> Leaving:
    """Return what becomes of what is wished to end otherwise than by a delete.

    Only of what is ours beyond doubt, as of what is deleted.
    """
    disabled: dict[Address, Resource] = {}
    forgotten: set[Address] = set()
    left_alone: list[Address] = []
    for address, how in sorted(wished.items()):
        there = live.resources.get(address)
        if there is None or there.is_deleting or address in live.hidden or not is_wanted(address):
            continue
        entry, kind = owned.entries.get(address), kinds[address.kind]
        if entry is None or not may_be_pruned(entry, there, kind):
            if address in desired.resources:
                left_alone.append(address)
        elif how == "forget":
            forgotten.add(address)
        elif kind.disabled_by is not None:
            off = _switched_off(address, entry, kind.disabled_by, desired.resources.get(address), kinds)
            disabled[address] = as_told(off, there)
    return Leaving(disabled, frozenset(forgotten), tuple(left_alone), frozenset(wished))


def _switched_off(
    address: Address, entry: Entry, off: tuple[str, Any], stated: Resource | None, kinds: Kinds
) -> Resource:
    """Return what is to be switched `off` as it is to be then; `stated` is its manifest, if it still has one."""
    membership, spec = kinds.membership, dict[str, Any]((off,))
    if address.kind == membership.user_kind:
        emptied: dict[str, Any] = {membership.user_field: [], kinds.powers.held_in: [], membership.primary_field: None}
        spec |= {item.name: emptied[item.name] for item in kinds[address.kind].fields if item.name in emptied}
    return Resource(
        address,
        spec,
        stated.positions if stated is not None else SavedPositions(NOWHERE),
        stated.source if stated is not None else NOWHERE,
        Lifecycle(prevent_destroy=entry.prevent_destroy, on_removal="disable"),
        is_leaver=True,
    )


def come_back(resource: Resource, entry: Entry | None, live: LiveResource, kind: Kind) -> Resource:
    """Return a manifest of what was switched off when it had none: unless it says otherwise, it is on again."""
    if entry is None or not entry.is_removed or resource.is_leaver or kind.disabled_by is None:
        return resource
    name, off = kind.disabled_by
    switch = kind.field_named(name)
    if name in resource.spec or live.spec.get(name) != off or switch is None:
        return resource
    return replace(resource, spec={**resource.spec, name: switch.default})


def without_roles(
    leavers: Collection[Address], desired: Iterable[Resource], live: Mapping[Address, LiveResource], kinds: Kinds
) -> Mapping[Address, Resource]:
    """Return the declared projects in which somebody who leaves has a role that no list of theirs takes away.

    Each is returned with lists that do, to be compared with what lives.
    """
    names = frozenset(name for kind, name in leavers if kind == kinds.membership.user_kind)
    carriers = carriers_of(kinds) if names else {}
    found: dict[Address, Resource] = {}
    for resource in desired if carriers else ():
        field, there = carriers.get(resource.address.kind), live.get(resource.address)
        if field is not None and there is not None and resource.is_present and not there.is_deleting:
            less = stripped(field, resource, there.spec, names)
            if less is not resource:
                found[resource.address] = less
    return found


def stripped(field: Field, resource: Resource, live: Mapping[str, Any], names: Collection[str]) -> Resource:
    """Return a project whose lists of members hold nobody of these users, be they stated or not.

    What is stated exactly is so already. An owner keeps the role that comes with it, and one who is no longer the owner
    would stay listed.
    """
    is_additive = resource.lifecycle.membership == "additive"
    stated = resource.spec.get(field.name) or {}
    if field.name in resource.spec and resource.spec[field.name] is None and not is_additive:
        return resource  # that empties every role
    roles, is_less = dict(stated), False
    for role in field.fields:
        if role.name in stated and not is_additive:
            continue
        sides = {side.name: _listed(field, role, side, {**live, **resource.spec}, live) for side in role.fields}
        kept = {side: sorted(it for it in held if it not in names) for side, held in sides.items()}
        has_gone = any(len(kept[side]) < len(held) for side, held in sides.items())
        is_less = is_less or has_gone
        if has_gone or role.name in stated:
            own = stated.get(role.name) or {}
            elsewhere = {side: _stated_in(stated, role.name, side) for side in kept}
            roles[role.name] = {
                side: sorted({*own.get(side, ()), *(it for it in held if it not in elsewhere[side])})
                for side, held in kept.items()
            }
    if not is_less:
        return resource
    exact = replace(resource.lifecycle, membership="exact")
    return replace(resource, spec={**resource.spec, field.name: roles}, lifecycle=exact)


def _listed(
    field: Field, role: Field, side: Field, after: Mapping[str, Any], live: Mapping[str, Any]
) -> frozenset[str]:
    """Return who is listed on a side of a role, as far as a list of members is what is written there."""
    if field.several and side.counts:
        return frozenset()
    listed = frozenset(((live.get(field.name) or {}).get(role.name) or {}).get(side.name) or ())
    if side.counts and live.get(side.counts) and live.get(side.counts) != after.get(side.counts):
        listed |= {live[side.counts]}
    return listed


def _stated_in(stated: Mapping[str, Any], role: str, side: str) -> frozenset[str]:
    """Return whom other stated roles list on that side."""
    others = ((sides or {}).get(side) or () for name, sides in stated.items() if name != role)
    return frozenset(name for names in others for name in names)


def still_named(leavers: Collection[Address], desired: Iterable[Resource], kinds: Kinds) -> Iterator[Problem]:
    """Yield a problem for each manifest that gives something to somebody who is no longer declared.

    What somebody owns stays theirs: the plan tells of it.
    """
    for resource in desired if leavers else ():
        kind = kinds[resource.address.kind]
        if not (resource.is_present and kind.referring):
            continue
        for reference in references(kind, resource.spec):
            if reference.target in leavers and _gives(kind, reference):
                path = reference.dotted
                if not is_ignored(path, resource.lifecycle.ignore_changes):
                    yield Problem(
                        summary="Named, and leaving",
                        detail=f"{reference.target}, which no manifest declares any more and whose "
                        f"lifecycle.on_removal says disable, is named by {resource.address} in {path}.",
                        hint=f"Take the name out here, or keep {reference.target}. {all_that_name(reference.target)}",
                        source=resource.positions.value(reference.place),
                        address=resource.address,
                    )


def _gives(kind: Kind, reference: Reference) -> bool:
    """Say whether who is named so gets something by it: a membership, a role or a policy."""
    head = kind.field_named(str(reference.path[0]))
    return bool(kind.holders_of) or (head is not None and (head.membership or head.roles))


def leavers_told(plan: Plan, leaving: Leaving, live: LiveState, kinds: Kinds) -> Iterator[str]:
    """Say what still names somebody whom the plan switches off, and what is left as it is, not being ours."""
    for address in leaving.left_alone:
        yield f"{address} is not owned by this inventory, so lifecycle.on_removal leaves it as it is"
    going = {change.address for change in plan.writes if change.address in leaving.disabled}
    specs = as_planned(live, plan, kinds, kinds.membership).specs if going else {}
    found: defaultdict[Address, dict[Address, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    for holder, spec in specs.items():
        kind = kinds[holder.kind]
        for reference in references(kind, spec) if kind.referring and not kind.holders_of else ():
            if reference.target in going and not reference.field.membership:
                found[reference.target][holder][reference.dotted] = None
    for address, holders in sorted(found.items()):
        named = [f"{holder} ({', '.join(paths)})" for holder, paths in sorted(holders.items())]
        yield f"{address} is disabled and stays named by {some(named, _NAMED)}"
