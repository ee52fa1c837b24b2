"""Somebody leaves: what manifests say of a user that has to go, or to become somebody else's, as edits."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.comparison import value_at
from igz_apply.model.edits import Edit, Listing, Put, edited
from igz_apply.model.kind import Kinds, Shape
from igz_apply.model.problems import Problem
from igz_apply.model.references import Reference, all_references
from igz_apply.model.resources import DesiredState, LiveState, Owned, Path, Resource
from igz_apply.model.suggest import did_you_mean
from igz_apply.planning.namings import Naming, namings
from igz_apply.planning.ownership import may_be_pruned
from igz_apply.planning.places import NOWHERE
from igz_apply.planning.standing import MadeFor, leaving_profile, membership_of, own_document, standing
from igz_apply.values import dataclass

_DEPENDS_ON: Path = ("lifecycle", "depends_on")


@dataclass(frozen=True, slots=True)
class Leaving:
    """What has to change in the manifests when somebody leaves."""

    edits: tuple[Edit, ...]
    handed_over: tuple[tuple[Address, str], ...] = ()  # who names her where only one name can stand: address, field
    specs: Mapping[Address, Mapping[str, Any]] = field(default_factory=dict)  # of those that say something else then
    depending: frozenset[Address] = frozenset()  # those that came after the user
    gone: frozenset[Address] = frozenset()  # the user's own manifest, and what profiles make for the user
    is_declared: bool = False  # whether manifests declare the user present, who goes then

    @property
    def about(self) -> frozenset[Address]:
        """Whose manifests say something else afterwards, or nothing."""
        return frozenset((*self.specs, *self.depending, *self.gone))


def leaving(address: Address, successor: str, desired: DesiredState, kinds: Kinds) -> Leaving:
    """Return the edits after which no manifest names a user.

    Lists lose the name; where one has to stand, it is the `successor`'s. What is declared absent stays as it is. What a
    profile makes for the user goes with the membership.
    """
    edits: list[Edit] = []
    going: list[Edit] = []
    own: list[Edit] = []  # the last: a run that is killed midway takes nobody out whom others still name
    handed_over: list[tuple[Address, str]] = []
    specs: dict[Address, Mapping[str, Any]] = {}
    depending: set[Address] = set()
    gone: set[Address] = set()
    memberships = _memberships(address, desired, kinds)
    for resource in desired.resources.values():
        if not resource.is_present:
            continue
        if resource.address == address or membership_of(resource.positions) in memberships:
            (own if resource.address == address else going).extend(_going(resource))
            gone.add(resource.address)
            continue
        named = [it for it in _naming(resource, kinds) if it.target == address]
        if named:
            changes = [(_edit_of(it, successor), it) for it in named]
            edits += [_standing_edit(resource, edit, it) for edit, it in changes]
            lower = list(_lower_roles(resource, named, successor, kinds))
            edits += [_listing(resource, path, successor) for path in lower]
            within = [Listing(resource.source, path[1:], frozenset({successor})) for path in lower]
            specs[resource.address] = edited(resource.spec, [*(edit for edit, _ in changes), *within])
            handed_over += [(resource.address, it.dotted) for it in named if _is_alone(it)]
        if address in resource.lifecycle.depends_on:
            edits.append(_listing(resource, _DEPENDS_ON, str(address)))
            depending.add(resource.address)
    return Leaving(
        (*dict.fromkeys(edit for edit in (*edits, *going) if edit not in own), *own),
        tuple(handed_over),
        specs,
        frozenset(depending),
        frozenset(gone),
        is_declared=address in gone,
    )


def _memberships(address: Address, desired: DesiredState, kinds: Kinds) -> frozenset[MadeFor]:
    """Return which members of which profiles a user is.

    Those that the account is made for, by whatever name, and the same name in profiles that make no account; where no
    profile makes the account, its own name.
    """
    found: set[MadeFor] = set()
    accounts: dict[MadeFor, set[Address]] = {}
    by_name: dict[str, set[Address]] = {}
    for resource in desired.resources.values():
        made = membership_of(resource.positions) if resource.is_present else None
        if made is not None:
            found.add(made)
            if resource.address.kind == kinds.membership.user_kind:
                accounts.setdefault(made, set()).add(resource.address)
                by_name.setdefault(made.member, set()).add(resource.address)

    def is_theirs(made: MadeFor) -> bool:
        named = accounts.get(made) or (by_name.get(made.member) if made.is_listed else None)
        return address in named if named else made.member == address.name

    return frozenset(filter(is_theirs, found))


def _naming(resource: Resource, kinds: Kinds) -> Iterator[Reference]:
    return all_references(kinds[resource.address.kind], resource.address.name, resource.spec)


def _going(resource: Resource) -> Iterator[Edit]:
    """Yield what takes a resource out: its manifest, or the member out of the profile that makes it."""
    document = own_document(resource.positions)
    edit = Put(document, ()) if document is not None else leaving_profile(resource.positions)
    if edit is not None:  # else a group says who the members are, and loses the user too
        yield edit


def _edit_of(reference: Reference, successor: str) -> Edit:
    """Return what changes in the spec, wherever it stands."""
    if _is_alone(reference):
        return Put(NOWHERE, reference.path, successor)
    return Listing(NOWHERE, reference.path[:-1], frozenset({reference.target.name}))


def _standing_edit(resource: Resource, edit: Edit, reference: Reference) -> Edit:
    """Return the same change where it is stated.

    An item that a reference stands for goes with that, unless one stands for the whole list: then the list loses it.
    """
    if isinstance(edit, Put):
        place = standing(resource.positions, reference.place)
        return Put(place.document, place.path, edit.value)
    item = standing(resource.positions, reference.place)
    whole = standing(resource.positions, reference.place[:-1])
    if item.reference is not None and item.reference != whole.reference:
        return item.reference
    return Listing(whole.document, whole.path, frozenset({reference.target.name}))


def _listing(resource: Resource, path: Path, lost: str) -> Edit:
    place = standing(resource.positions, path)
    return Listing(place.document, place.path, frozenset({lost}))


def _lower_roles(resource: Resource, named: Sequence[Reference], successor: str, kinds: Kinds) -> Iterator[Path]:
    """Yield the roles below that of an owner in which the successor stands, where a member has one role alone."""
    taken_over = {it.field.name: it.field.refers_to for it in named if _is_alone(it)}
    for roles in kinds[resource.address.kind].fields:
        counts = {side.counts for role in roles.fields for side in role.fields}
        if not roles.roles or roles.several or not counts & taken_over.keys():
            continue
        stated = resource.spec.get(roles.name) or {}
        for role in roles.fields:
            for side in role.fields:
                is_lower = side.refers_to in taken_over.values() and side.counts not in taken_over
                if is_lower and successor in ((stated.get(role.name) or {}).get(side.name) or ()):
                    yield ("spec", roles.name, role.name, side.name)


def _is_alone(reference: Reference) -> bool:
    return reference.field.shape is Shape.SCALAR


def unfit_successor(
    address: Address,
    successor: Address,
    desired: DesiredState,
    live: LiveState | None,
    kinds: Kinds,
    gone: Container[Address] = (),
) -> Problem | None:
    """Return why a user cannot take over what another leaves: the same one, unknown, going, or disabled.

    What is `gone` goes with who leaves.
    """
    declared = desired.resources.get(successor)
    there = live.resources.get(successor) if live is not None else None
    if successor == address:
        why = "is the one who leaves"
    elif successor in gone:
        why = f"goes with {address}, by the same membership of a Profile"
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
    switch, value = off
    return bool((stated if switch in stated else lives).get(switch) == value)


def without_successor(address: Address, found: Leaving) -> Problem | None:
    """Return the problem that somebody has to take over what a user leaves, told with all of it."""
    if not found.handed_over:
        return None
    named = ", ".join(f"{by} ({field})" for by, field in found.handed_over)
    detail = f"{address} is named where somebody has to stand: {named}."
    return Problem("No successor", detail, "Say who takes it over: --to NAME.", address=address)


def pruned(desired: DesiredState, live: LiveState, owned: Owned, kinds: Kinds) -> frozenset[Address]:
    """Return what the next prune deletes, as nothing declares it."""
    return frozenset(
        address
        for address, entry in owned.entries.items()
        if address not in desired.resources
        and entry.on_removal == "delete"
        and address in live.resources
        and may_be_pruned(entry, live.resources[address], kinds[address.kind])
    )


def only_living(
    address: Address, desired: DesiredState, live: LiveState, kinds: Kinds, gone: Container[Address] = ()
) -> Iterator[Naming]:
    """Yield what names a user on the cluster where no manifest states it: no plan changes it. What is `gone` goes."""
    for naming in namings(address, desired, live, kinds):
        is_ours = naming.source is not None or not naming.field or Address.parse(naming.by) in gone
        if not is_ours and not _is_stated(naming, desired):
            yield naming


def _is_stated(naming: Naming, desired: DesiredState) -> bool:
    resource = desired.resources.get(Address.parse(naming.by))
    if resource is None or not resource.is_present:
        return resource is not None
    return value_at(resource.spec, tuple(naming.field.split(".")))[0]
