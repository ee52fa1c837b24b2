"""Somebody leaves: what manifests say of a user that has to go, or to become somebody else's, as edits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.authoring.layering.origins import Origin, origin_of
from igz_apply.model.addresses import Address
from igz_apply.model.comparison import value_at
from igz_apply.model.edits import Edit, Listing, Put
from igz_apply.model.kind import Kinds, Shape
from igz_apply.model.problems import Problem
from igz_apply.model.references import Reference, all_references
from igz_apply.model.resources import DesiredState, LiveState, Path, Resource
from igz_apply.model.suggest import did_you_mean
from igz_apply.planning.namings import Naming, namings
from igz_apply.values import dataclass

_DEPENDS_ON: Path = ("lifecycle", "depends_on")


@dataclass(frozen=True, slots=True)
class Leaving:
    """What has to change in the manifests when somebody leaves."""

    edits: tuple[Edit, ...]
    handed_over: tuple[tuple[Address, str], ...] = ()  # who names her where only one name can stand: address, field
    about: frozenset[Address] = frozenset()  # whose manifests say something else afterwards
    is_declared: bool = False  # whether a manifest declares the user present, which goes


def leaving(address: Address, successor: str, desired: DesiredState, kinds: Kinds) -> Leaving:
    """Return the edits after which no manifest names a user.

    Lists lose the name; where one has to stand, it is the `successor`'s. What is declared absent stays as it is.
    """
    edits: list[Edit] = []
    handed_over: list[tuple[Address, str]] = []
    about: set[Address] = set()
    for resource in desired.resources.values():
        if not resource.is_present or resource.address == address:
            continue
        for reference in all_references(kinds[resource.address.kind], resource.address.name, resource.spec):
            if reference.target == address:
                edits.append(_edit(resource, reference, successor))
                edits += _lower_roles(resource, reference, successor, kinds)
                about.add(resource.address)
                if _is_alone(reference):
                    handed_over.append((resource.address, ".".join(map(str, reference.path))))
        if address in resource.lifecycle.depends_on:
            origin = origin_of(resource.positions, _DEPENDS_ON)
            edits.append(Listing(_document(origin), origin.path, frozenset({str(address)})))
            about.add(resource.address)
    own = desired.resources.get(address)
    is_declared = own is not None and own.is_present
    if own is not None and is_declared:
        edits.append(Put(_document(origin_of(own.positions, ("metadata", "name"))), ()))
        about.add(address)
    return Leaving(tuple(dict.fromkeys(edits)), tuple(handed_over), frozenset(about), is_declared)


def _edit(resource: Resource, reference: Reference, successor: str) -> Edit:
    if _is_alone(reference):
        origin = origin_of(resource.positions, reference.place)
        return Put(_document(origin), origin.path, successor)
    origin = origin_of(resource.positions, reference.place[:-1])
    return Listing(_document(origin), origin.path, frozenset({reference.target.name}))


def _lower_roles(resource: Resource, reference: Reference, successor: str, kinds: Kinds) -> Iterator[Edit]:
    """Take who becomes an owner out of the roles below it, where a member has one role and an owner counts as one."""
    for roles in kinds[resource.address.kind].fields:
        counts = {side.counts for role in roles.fields for side in role.fields}
        if not roles.roles or roles.several or reference.field.name not in counts:
            continue
        stated = resource.spec.get(roles.name) or {}
        for role in roles.fields:
            for side in role.fields:
                listed = (stated.get(role.name) or {}).get(side.name) or ()
                is_lower = side.refers_to == reference.field.refers_to and side.counts != reference.field.name
                if is_lower and successor in listed:
                    origin = origin_of(resource.positions, ("spec", roles.name, role.name, side.name))
                    yield Listing(_document(origin), origin.path, frozenset({successor}))


def _is_alone(reference: Reference) -> bool:
    return reference.field.shape is Shape.SCALAR


def _document(origin: Origin) -> Any:
    return origin.positions.value(())


def unfit_successor(
    address: Address, successor: Address, desired: DesiredState, live: LiveState | None, kinds: Kinds
) -> Problem | None:
    """Return why a user cannot take over what another leaves: the same one, unknown, going, or disabled."""
    declared = desired.resources.get(successor)
    there = live.resources.get(successor) if live is not None else None
    if successor == address:
        why = "is the one who leaves"
    elif declared is not None and not declared.is_present:
        why = "is declared absent"
    elif there is not None and there.is_deleting:
        why = "is being deleted"
    elif declared is None and there is None:
        known = [*desired.resources, *(live.resources if live is not None else ())]
        hint = did_you_mean(str(successor), (str(each) for each in known if each.kind == successor.kind))
        return _unfit(successor, "is neither declared nor seen on the cluster" if live else "is not declared", hint)
    elif _is_off(declared.spec if declared is not None else {}, there.spec if there is not None else {}, kinds):
        why = "is disabled"
    else:
        return None
    return _unfit(successor, why)


def _unfit(successor: Address, why: str, hint: str = "") -> Problem:
    hint = hint or "Name somebody else by --to."
    return Problem("Unfit successor", f"{successor} {why}, and can take nothing over.", hint, address=successor)


def _is_off(stated: Mapping[str, Any], lives: Mapping[str, Any], kinds: Kinds) -> bool:
    off = kinds.membership.off
    if off is None:
        return False
    field, value = off
    return bool((stated if field in stated else lives).get(field) == value)


def without_successor(address: Address, found: Leaving) -> Problem | None:
    """Return the problem that somebody has to take over what a user leaves, told with all of it."""
    if not found.handed_over:
        return None
    named = ", ".join(f"{by} ({field})" for by, field in found.handed_over)
    detail = f"{address} is named where somebody has to stand: {named}."
    return Problem("No successor", detail, "Say who takes it over: --to NAME.", address=address)


def only_living(address: Address, desired: DesiredState, live: LiveState, kinds: Kinds) -> Iterator[Naming]:
    """Yield what names a user on the cluster where no manifest states it: no plan changes it."""
    for naming in namings(address, desired, live, kinds):
        if naming.source is None and naming.field and not _is_stated(naming, desired):
            yield naming


def _is_stated(naming: Naming, desired: DesiredState) -> bool:
    resource = desired.resources.get(Address.parse(naming.by))
    if resource is None or not resource.is_present:
        return resource is not None
    return value_at(resource.spec, tuple(naming.field.split(".")))[0]
