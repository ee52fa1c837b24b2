"""Changes that are each fine and together impossible on the platform: found before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from igz_apply.authoring.contradictions import listed
from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import Change
from igz_apply.model.comparison import is_below
from igz_apply.model.ignoring import compared
from igz_apply.model.kind import Field, Kind, Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.references import Reference, all_references, all_that_name, is_inside, references
from igz_apply.model.resources import DesiredState, LiveResource, LiveState, Resource


def conflicts(
    chosen: Mapping[Address, Change],
    desired: DesiredState,
    live: LiveState,
    kinds: Kinds,
    going: frozenset[Address],
) -> Iterator[Problem]:
    """Yield what the platform would refuse half way through, or would never make true."""
    if going:
        yield from _held(chosen, desired, live, kinds, going)
        yield from _taken_back(chosen, kinds, going)
    yield from _primaries(chosen, live, kinds)
    for change in chosen.values():
        if change.action.makes and change.desired is not None:
            yield from _double_roles(change, change.desired, kinds)
            yield from _disabled(change, change.desired, chosen, live, kinds)


def _held(
    chosen: Mapping[Address, Change],
    desired: DesiredState,
    live: LiveState,
    kinds: Kinds,
    going: frozenset[Address],
) -> Iterator[Problem]:
    """What is deleted but still named by something that nobody changes (wire reference, sections 6.5 and 21)."""
    for resource in live.resources.values():
        if resource.address in going or resource.is_deleting:
            continue
        for reference in all_references(kinds[resource.address.kind], resource.cluster_name, resource.spec):
            if reference.target not in going or not reference.field.holds:
                continue
            field = ".".join(map(str, reference.path))
            change = chosen.get(resource.address)
            if not _changes(change, field) and not _states(change, reference, kinds):
                how, way_out = f"names it as {field}", f"Declare {resource.address} with another {field}"
                if is_inside(reference):
                    how, way_out = "is inside it, and might go with it", f"Move {resource.address} elsewhere"
                yield Problem(
                    summary="Still in use",
                    detail=f"{reference.target} is to be deleted, but {resource.address} {how}.",
                    hint=f"{way_out}, or delete it too. {all_that_name(reference.target)}",
                    source=_source(desired, reference.target),
                    address=reference.target,
                )


def _taken_back(chosen: Mapping[Address, Change], kinds: Kinds, going: frozenset[Address]) -> Iterator[Problem]:
    """Yield who states what a list of its holders, which goes as no manifest declares it, takes from everybody."""
    ending = {(sort, it.name): it for it in going if (sort := kinds[it.kind].holders_of)}
    for change in chosen.values() if ending else ():
        resource = change.desired
        if resource is None or not resource.is_present:
            continue
        for field in kinds[change.address.kind].looking_up:
            stated = () if _is_ignored(field.name, resource, change.live) else resource.spec.get(field.name) or ()
            for index, name in enumerate(stated):
                if listed_by := ending.get((field.looked_up, name)):
                    yield Problem(
                        summary="Holder left out",
                        detail=f"{change.address} states {name} in {field.name}, and {listed_by}, which takes it from "
                        "everybody, is to be deleted: no manifest declares it any more.",
                        hint=f"Take {name} out here, or declare {listed_by}. To keep what they hold without that "
                        f"list: igz-apply forget {listed_by}",
                        source=resource.positions.value(("spec", field.name, index)),
                        address=change.address,
                    )


def _changes(change: Change | None, field: str) -> bool:
    """Whether a change writes that field: then it names something else, or is an unknown reference by itself."""
    return change is not None and any(is_below(field, item.dotted) for item in change.diff)


def _states(change: Change | None, reference: Reference, kinds: Kinds) -> bool:
    """Whether a manifest says the same: then it is an unknown reference, which is told with its line, and once."""
    desired = change.desired if change is not None else None
    if desired is None or not desired.is_present:
        return False
    stated = all_references(kinds[desired.address.kind], desired.address.name, desired.spec)
    return any((it.target, it.path) == (reference.target, reference.path) for it in stated)


def _primaries(chosen: Mapping[Address, Change], live: LiveState, kinds: Kinds) -> Iterator[Problem]:
    """A user cannot leave its primary group without getting another first (wire reference, section 6.4)."""
    membership = kinds.membership
    for change in chosen.values():
        for item in change.edges:
            user = live.resources.get(Address(membership.user_kind, item.edge.user))
            if item.adds or user is None or user.spec.get(membership.primary_field) != item.edge.group:
                continue
            if not _changes(chosen.get(user.address), membership.primary_field):
                yield Problem(
                    summary="Primary group",
                    detail=f"{user.address} is to leave {membership.group_kind}/{item.edge.group}, its primary group.",
                    hint=f"State {membership.primary_field} for {user.address}: another group, or null for none.",
                    source=change.desired.source if change.desired is not None else None,
                    address=change.address,
                )


def _disabled(
    change: Change, resource: Resource, chosen: Mapping[Address, Change], live: LiveState, kinds: Kinds
) -> Iterator[Problem]:
    """Who is switched off gets nothing to own; what is owned already stays owned."""
    heads = {item.path[0].partition(".")[0] for item in change.diff}
    if heads.isdisjoint(_naming(kinds[resource.address.kind])):  # it writes no name at all
        return
    for reference in references(kinds[resource.address.kind], resource.spec):
        switch, target = kinds[reference.target.kind].disabled_by, reference.target
        field = ".".join(map(str, reference.path))
        if switch is None or not reference.field.holds or not _changes(change, field):
            continue
        declared, lives = chosen.get(target), live.resources.get(target)
        wanted = declared.desired if declared is not None else None
        is_stated = wanted is not None and switch[0] in wanted.spec and not _is_ignored(switch[0], wanted, lives)
        spec: Mapping[str, Any] = lives.spec if lives is not None and not lives.is_deleting else {}
        if wanted is not None and wanted.is_leaver:
            spec, why = wanted.spec, "this plan disables it (lifecycle.on_removal)"
        elif wanted is not None and is_stated:
            spec, why = wanted.spec, f"{switch[0]}, at {wanted.positions.value(('spec', switch[0]))}, says {switch[1]}"
        else:
            why = "is disabled on the cluster"
        if spec.get(switch[0]) == switch[1]:
            yield Problem(
                summary="Disabled owner",
                detail=f"{target} is to be the {field} of {resource.address}, and {why}.",
                hint=f"Name another {field}, or switch {target} on again.",
                source=resource.positions.value(("spec", *reference.path)),
                address=resource.address,
            )


@lru_cache(maxsize=64)  # one for each kind
def _naming(kind: Kind) -> frozenset[str]:
    """Return how the paths of what names others begin."""
    return frozenset(field.name.partition(".")[0] for field in kind.referring)


def _is_ignored(field: str, wanted: Resource, lives: LiveResource | None) -> bool:
    return lives is not None and not lives.is_deleting and field in wanted.lifecycle.ignore_changes


def _double_roles(change: Change, resource: Resource, kinds: Kinds) -> Iterator[Problem]:
    """A member has one role a project (wire reference, section 11.2); twice in the lists was refused before."""
    for field in kinds[resource.address.kind].fields:
        is_stated = field.roles and not field.several and field.name in resource.spec
        if is_stated and any(item.path[0] == field.name for item in change.diff):
            yield from _listed_owners(change, resource, field, kinds[resource.address.kind])


def _listed_owners(change: Change, resource: Resource, field: Field, kind: Kind) -> Iterator[Problem]:
    """An owner counts as a member of one role; lists of others that are to be written cannot hold the owner."""
    live = change.live.spec if change.live is not None else {}
    wanted = compared(kind, resource, live if change.live is not None else None)
    spec = {**live, **wanted}
    owners = {
        (inner.name, spec.get(inner.counts)): role.name
        for role in field.fields
        for inner in role.fields
        if inner.counts
    }
    for role, side, index, member in listed(resource, field):
        counted = owners.get((side, member), role)
        if counted != role and any(item.path == (field.name, role, side) for item in change.diff):
            yield Problem(
                summary="Two roles",
                detail=f"{member} is to be in {side} of {role} of {resource.address}, and counts as its {counted}.",
                hint=f"Take {member} out of {role}.",
                source=resource.positions.value(("spec", field.name, role, side, index)),
                address=resource.address,
            )


def _source(desired: DesiredState, address: Address) -> Source | None:
    declared = desired.resources.get(address)
    return declared.source if declared is not None else None
