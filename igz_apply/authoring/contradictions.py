"""What manifests say against each other, or against a rule of the platform that they alone can break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from igz_apply.authoring.renamings import unclear_renamings
from igz_apply.model.addresses import Address, Source
from igz_apply.model.kind import Field, Kinds, Membership, Shape
from igz_apply.model.problems import Problem
from igz_apply.model.resources import DesiredState, Path, Resource
from igz_apply.model.roles import carriers_of


def contradictions(desired: DesiredState, kinds: Kinds) -> Iterator[Problem]:
    """Yield what no cluster could make true, each at its place and naming the other one; a doubt is a warning."""
    present: dict[str, list[Resource]] = {kind.name: [] for kind in kinds}
    for address, resource in desired.resources.items():
        if resource.is_present:
            present[address.kind].append(resource)
    yield from _stated_twice(present, kinds)
    for kind, field in carriers_of(kinds).items():
        for resource in present[kind] if not field.several else ():
            if field.name in resource.spec:
                yield from _two_roles(resource, field)
                yield from _owners_in_lower_roles(resource, field)
    yield from _left_primaries(present, desired, kinds.membership)
    yield from _implied_members(desired, kinds.membership)
    yield from unclear_renamings(desired, kinds)
    if [it for it in desired.resources.values() if it.lifecycle.depends_on]:
        from igz_apply.authoring.orders import unclear_orders  # which most runs do without

        yield from unclear_orders(desired, kinds)
    yield from _holders_apart(desired, kinds)


def meaning_of(field: Field, value: Any) -> Any:
    """Return what two values have in common that the platform, or its readers, take for one."""
    return str(value).casefold() if field.shape is Shape.FOLDED else value


def listed(resource: Resource, field: Field) -> Iterator[tuple[str, str, int, str]]:
    """Yield role, side, index and name of every member that a manifest lists."""
    for role, sides in (resource.spec[field.name] or {}).items():
        for side, members in (sides or {}).items():
            for index, member in enumerate(members or ()):
                yield role, side, index, member


def _stated_twice(present: Mapping[str, list[Resource]], kinds: Kinds) -> Iterator[Problem]:
    for kind in kinds:
        for field in kind.fields:
            if field.distinct or field.unique:
                yield from _with_one_value(field, present[kind.name])


def _with_one_value(field: Field, resources: list[Resource]) -> Iterator[Problem]:
    """Yield the resources of a kind that state a value of the field that one before them states."""
    stating = [(it, value) for it in resources if (value := it.spec.get(field.name)) is not None]
    meanings = [meaning_of(field, value) for _, value in stating]
    if len(set(meanings)) == len(meanings):
        return
    first: dict[Any, Resource] = {}
    for (resource, value), meaning in zip(stating, meanings, strict=True):
        other = first.setdefault(meaning, resource)
        if other is not resource:
            yield Problem(
                summary="Stated twice",
                detail=f"{resource.address} states the {field.name} {value}, and so does {other.address} "
                f"at {_place(other, (field.name,))}.",
                hint=f"Give one of them another {field.name}"
                + (", or leave it out: the platform gives one by itself." if field.filled else "."),
                severity="error" if field.unique else "warning",
                source=_place(resource, (field.name,)),
                address=resource.address,
            )


def _two_roles(resource: Resource, field: Field) -> Iterator[Problem]:
    """A member has one role a project (wire reference, section 11.2)."""
    seen: dict[tuple[str, str], tuple[str, Path]] = {}
    for role, side, index, member in listed(resource, field):
        path: Path = (field.name, role, side, index)
        first, there = seen.setdefault((side, member), (role, path))
        if first != role:
            yield Problem(
                summary="Two roles",
                detail=f"{member} is in {side} of both {first} and {role} of {resource.address}: "
                f"here and at {_place(resource, there)}.",
                hint="A member has one role a project: keep the higher one.",
                source=_place(resource, path),
                address=resource.address,
            )


def _owners_in_lower_roles(resource: Resource, field: Field) -> Iterator[Problem]:
    """An owner counts as a member of one role, and cannot be listed in another; what is ignored may be another now."""
    counting = [(role.name, side) for role in field.fields for side in role.fields if side.counts]
    for counts_as, side in counting:
        owner = resource.spec.get(side.counts)
        if owner is None or side.counts in resource.lifecycle.ignore_changes:
            continue
        for role, where, index, member in listed(resource, field):
            if member == owner and where == side.name and role != counts_as:
                yield Problem(
                    summary="Two roles",
                    detail=f"{member} is in {where} of {role} of {resource.address}, and counts as its {counts_as}: "
                    f"it is the {side.counts}, as {_place(resource, (side.counts,))} says.",
                    hint=f"Take {member} out of {role}.",
                    source=_place(resource, (field.name, role, where, index)),
                    address=resource.address,
                )


def _left_primaries(
    present: Mapping[str, list[Resource]], desired: DesiredState, membership: Membership
) -> Iterator[Problem]:
    """A list that leaves somebody out of the primary group: nobody would be taken out (wire reference, section 6.4)."""
    primary_field = membership.primary_field
    for user in present.get(membership.user_kind, ()):
        primary = user.spec.get(primary_field)
        groups = _list(user, membership.user_field) if primary else None
        if not primary or primary in (groups or ()) or primary_field in user.lifecycle.ignore_changes:
            continue
        group = desired.resources.get(Address(membership.group_kind, primary))
        users = _list(group, membership.group_field)
        if user.address.name in (users or ()):
            continue
        if groups is not None and user.lifecycle.membership == "exact":
            other, field, name = user, membership.user_field, primary
        elif group is not None and users is not None and group.lifecycle.membership == "exact":
            other, field, name = group, membership.group_field, user.address.name
        else:
            continue
        yield Problem(
            summary="Primary group left out",
            detail=f"{primary} is stated as the {primary_field} of {user.address}, and {field} of {other.address}, "
            f"at {_place(other, (field,))}, lack {name}.",
            hint=f"Add {name} to {field} of {other.address}, or state another {primary_field}: null for none.",
            source=_place(user, (primary_field,)),
            address=user.address,
        )


def _implied_members(desired: DesiredState, membership: Membership) -> Iterator[Problem]:
    """Nobody chooses who is in a group that everybody is in (wire reference, section 18.3)."""
    for name in sorted(membership.implied):
        group = desired.resources.get(Address(membership.group_kind, name))
        if group is not None and group.is_present and membership.group_field in group.spec:
            yield Problem(
                summary="Implied members",
                detail=f"Everybody is in {group.address}, whatever {membership.group_field} says.",
                hint=f"Take {membership.group_field} out.",
                source=_place(group, (membership.group_field,)),
                address=group.address,
            )


def _holders_apart(desired: DesiredState, kinds: Kinds) -> Iterator[Problem]:
    """Yield where those who hold something and a list of its holders, both stated, leave each other out."""
    listing = {kind.name: kind for kind in kinds if kind.holders_of}
    for listed in desired.resources.values() if listing else ():
        kind = listing.get(listed.address.kind)
        if kind is None:
            continue
        for side in kind.referring:
            names = _list(listed, side.name) if listed.is_present else ()
            if names is not None:
                held_in = [it for it in kinds[side.refers_to].looking_up if it.looked_up == kind.holders_of]
                for field in held_in:
                    yield from _sides_apart(listed, side, names, field, desired)


def _sides_apart(
    listed: Resource, side: Field, names: Sequence[str], field: Field, desired: DesiredState
) -> Iterator[Problem]:
    """Yield who is listed and states `field` without it, and who states it and is not listed.

    A list that is to be gone takes it from everybody.
    """
    what, is_exact = listed.address.name, not listed.is_present or listed.lifecycle.membership == "exact"
    for address, holder in desired.resources.items():
        held = _list(holder, field.name) if address.kind == side.refers_to else None
        if held is None:
            continue
        if what in held and address.name not in names and is_exact:
            there = f"{side.name} of {listed.address}, at {_place(listed, (side.name,))}, lack {address.name}"
            if not listed.is_present:
                there = f"{listed.address}, at {listed.source}, is declared absent, which takes it from everybody"
            yield Problem(
                summary="Holder left out",
                detail=f"{address} states {what} in {field.name}, and {there}.",
                hint=f"Take {what} out here, or "
                + (f"add {address.name} to {side.name} there." if listed.is_present else "declare the other present."),
                source=_place(holder, (field.name, list(held).index(what))),
                address=address,
            )
        if address.name in names and what not in held and holder.lifecycle.membership == "exact":
            yield Problem(
                summary="Holder left out",
                detail=f"{address.name} is in {side.name} of {listed.address}, and {field.name} of {address}, "
                f"at {_place(holder, (field.name,))}, lack {what}.",
                hint=f"Add {what} to {field.name} of {address}, or take {address.name} out here.",
                source=_place(listed, (side.name, list(names).index(address.name))),
                address=listed.address,
            )


def _list(resource: Resource | None, field: str) -> Sequence[str] | None:
    """Return the list that a resource states, None where it states none that holds after its creation."""
    if resource is None or not resource.is_present or field not in resource.spec:
        return None
    return None if field in resource.lifecycle.ignore_changes else resource.spec[field] or ()


def _place(resource: Resource, path: Path) -> Source:
    return resource.positions.value(("spec", *path))
