"""All that is wrong with a move, or needs somebody's eye: errors, with which nothing is to be written, and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from igz_apply.iguazio4.migration.mapping_faults import mapping_faults
from igz_apply.iguazio4.migration.name_faults import TWO, name_faults
from igz_apply.iguazio4.migration.naming import ADMIN, GROUP, OWN_GROUPS, PROJECT, USER, Named
from igz_apply.iguazio4.migration.places import Places
from igz_apply.iguazio4.migration.policies import Policies
from igz_apply.iguazio4.migration.power_faults import power_faults
from igz_apply.iguazio4.migration.projects import Projects
from igz_apply.iguazio4.migration.users import Users
from igz_apply.model.addresses import Address
from igz_apply.model.migration import NameMapping, OldObject, Origin, Standing
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import some


def faults(
    origin: Origin,
    named: Named,
    mapping: NameMapping,
    policies: Policies,
    users: Users,
    projects: Projects,
    standings: Sequence[Standing],
) -> Iterator[Problem]:
    """Yield all that is wrong, and all that somebody has to look at."""
    places = Places(origin, mapping, named)
    of_names = tuple(name_faults(origin, named, places, users))
    yield from of_names
    yield from mapping_faults(origin, mapping, named, places, policies)
    for old in origin.objects.values():
        if old.address.kind == PROJECT and old.address in named.names:
            yield from _ownerless(old, named, places, projects)
            yield from _disabled(old, named, places, projects)
    yield from power_faults(origin, named, places, policies)
    yield from _unseen(named, origin)
    yield from _unmapped(mapping, policies, places)
    yield from _perhaps_higher(standings, places, is_mixed=any(it.summary == TWO for it in of_names))


def _ownerless(old: OldObject, named: Named, places: Places, projects: Projects) -> Iterator[Problem]:
    owner = projects.owner(old)
    if not owner:
        yield Problem(
            "Project without an owner",
            f"Nothing says who owns {old.address}: it would belong to whoever applies what is written.",
            f"Say who is to own it in the mapping: `projects: {{{old.address.name}: {{owner: NAME}}}}`.",
            "warning",
            source=places.declared(old.address),
            address=old.address,
        )
        return
    said = projects.said(old).owner
    if named.new(USER, owner) is not None or (said is not None and not places.may_be_there(Address(USER, owner))):
        return  # a name of the mapping that is not there is told as that
    yield Problem(
        "Owner that is left behind",
        f"{old.address} belongs to {owner}, who is not carried: {named.why_gone(USER, owner).why}.",
        f"Say who is to own it in the mapping: `projects: {{{old.address.name}: {{owner: NAME}}}}`.",
        source=places.declared(old.address) if said is None else said.source,
        address=old.address,
    )


def _disabled(old: OldObject, named: Named, places: Places, projects: Projects) -> Iterator[Problem]:
    """Tell of an owner who is switched off, and stays so: no plan would take what is written."""
    owner, said = projects.owner(old), projects.said(old).owner
    there = places.origin.objects.get(Address(USER, owner))
    if there is None or there.address not in named.names or there.spec.get("admin_status") != "down":
        return
    yield Problem(
        "Disabled owner",
        f"{old.address} would belong to {owner}, who is switched off: nobody who is may own a project there.",
        f"Say who is to own it in the mapping: `projects: {{{old.address.name}: {{owner: NAME}}}}`.",
        source=places.declared(old.address) if said is None else said.source,
        address=old.address,
    )


def _unseen(named: Named, origin: Origin) -> Iterator[Problem]:
    """Yield each user and group that something names and that is neither there nor in the mapping."""
    for address, by in named.referenced.items():
        is_own = address == ADMIN or (address.kind == GROUP and address.name in OWN_GROUPS)
        if address in named.names or address in named.gone or is_own:
            continue
        kinds = " is named by " + some([str(each) for each in by])
        why = origin.partial.get(address.kind)
        yield Problem(
            "Name that was not seen",
            f"{address}{kinds}, and was not seen{f': {why}' if why else ''}. It goes along nowhere.",
            "Say its new name in the mapping if it is there, or look at more than was looked at.",
            "warning",
            source=next((each.source for it in by if (each := origin.objects.get(it)) is not None), None),
            address=address,
            about=by,
        )


def _unmapped(mapping: NameMapping, policies: Policies, places: Places) -> Iterator[Problem]:
    for policy, holders in policies.holders.items():
        if policy in mapping.policies:
            continue
        yield Problem(
            "Policy that nobody maps",
            f"{policy} is held by {some([str(each) for each in holders])}, and the mapping says nothing of it: "
            "nobody holds anything in its place.",
            "Say under `policies` what it becomes, or why it is left behind.",
            "warning",
            source=places.declared(holders[0]),
            about=holders,
        )


def _perhaps_higher(standings: Sequence[Standing], places: Places, *, is_mixed: bool) -> Iterator[Problem]:
    """Yield one for each project on which somebody may have more than before, by where groups lie.

    Where two become one (`is_mixed`), nobody can tell what either holds.
    """
    found: dict[str, list[Standing]] = {}
    for each in standings if not is_mixed else ():
        if each.is_higher and each.perhaps:
            found.setdefault(each.project, []).append(each)
    for project, raised in sorted(found.items()):
        address = Address(PROJECT, project) if project else Address(USER, raised[0].user)
        what = f"on {address}" if project else "by a policy"
        who = some([f"{each.user} ({each.perhaps})" for each in raised])
        yield Problem(
            "Perhaps a higher role",
            f"{who} may have more {what} than before, if members of a group count in the groups around it: "
            "nobody knows whether they do.",
            "Give the groups other paths in the mapping, or see to it that they may.",
            "warning",
            source=places.declared(address),
            address=address,
        )
