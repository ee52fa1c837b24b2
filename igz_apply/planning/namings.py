"""Everything that names a resource: other manifests and other live resources, and in which way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from igz_apply.authoring.renamings import KEY, old_name
from igz_apply.model.addresses import Address, Source
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.references import Reference, all_references, is_inside, put_before
from igz_apply.model.resources import DesiredState, LiveState
from igz_apply.model.suggest import did_you_mean
from igz_apply.values import dataclass

MEMBER, ITSELF, INSIDE, BEFORE, RENAMED = "member", "itself", "inside", "comes after it", "was called so"
"""How something is named beside by a field: as one side of a membership; by its manifest; by what is inside it; by what
is put after it; by what had its name."""


@dataclass(frozen=True, slots=True)
class Naming:
    """One place that names a resource."""

    by: str  # an address, or what has none: `AccessKey ci`
    how: str  # "owner", "Editor", MEMBER, ...
    field: str = ""  # dotted, below the spec; "" where no field of a manifest says it
    source: Source | None = None  # None: it lives, on the cluster
    is_declared: bool = True  # of what lives: whether any manifest declares it
    holds: bool = False  # whether what is named cannot be deleted meanwhile


def namings(address: Address, desired: DesiredState, live: LiveState | None, kinds: Kinds) -> tuple[Naming, ...]:
    """Return all that names the address: manifests by file and line, then what lives, each sorted by who names it."""
    stated = sorted(_in_manifests(address, desired, kinds), key=_order)
    found = sorted(_on_cluster(address, desired, live, kinds), key=_order) if live is not None else ()
    return (*_itself(address, desired), *stated, *found)


def not_known(address: Address, desired: DesiredState, live: LiveState | None, kinds: Kinds) -> Problem | None:
    """Return the problem that nothing is called so: it is neither declared nor live, and nothing names it."""
    specs = [(it.address, it.spec) for it in desired.resources.values()]
    specs += [(it.address, it.spec) for it in live.resources.values()] if live is not None else []
    known = {each for each, _ in specs} | {
        target for it in desired.resources.values() for target in it.lifecycle.depends_on
    }
    known |= {old for it in desired.resources.values() if (old := old_name(it)) is not None}
    known |= {it.target for each, spec in specs for it in all_references(kinds[each.kind], each.name, spec)}
    if address in known:
        return None
    where = "neither declared nor seen on the cluster" if live is not None else "not declared"
    hint = did_you_mean(str(address), map(str, known)) or "Correct the address; the name is that of the cluster."
    return Problem("Unknown address", f"{address} is {where}, and nothing names it.", hint)


def _order(naming: Naming) -> tuple[str, str, str]:
    return naming.by, naming.field, naming.how


def _itself(address: Address, desired: DesiredState) -> Iterator[Naming]:
    declared = desired.resources.get(address)
    if declared is not None:
        yield Naming(str(address), ITSELF if declared.is_present else "declared absent", "", declared.source)


def _in_manifests(address: Address, desired: DesiredState, kinds: Kinds) -> Iterator[Naming]:
    """Find the manifests that state the name; of what is declared absent nothing but its own name counts."""
    for resource in desired.resources.values():
        if resource.is_present:
            for how, reference in _referring(address, resource.address, resource.spec, kinds):
                place = resource.positions.value(reference.place)
                yield Naming(str(resource.address), how, reference.dotted, place)
            if old_name(resource) == address:
                yield Naming(str(resource.address), RENAMED, ".".join(KEY), resource.positions.value(KEY))
            for reference in put_before(resource):
                if reference.target == address:
                    place = resource.positions.value(reference.place)
                    yield Naming(str(resource.address), BEFORE, reference.dotted, place)


def _on_cluster(address: Address, desired: DesiredState, live: LiveState, kinds: Kinds) -> Iterator[Naming]:
    for resource in live.resources.values():
        is_declared = _is_declared(resource.address, desired)
        for how, reference in _referring(address, resource.address, resource.spec, kinds):
            yield Naming(str(resource.address), how, reference.dotted, None, is_declared, holds=reference.field.holds)
    for other in _fellows(address, live, kinds):
        yield Naming(str(other), MEMBER, "", None, _is_declared(other, desired))


def _is_declared(address: Address, desired: DesiredState) -> bool:
    declared = desired.resources.get(address)
    return declared is not None and declared.is_present


def _fellows(address: Address, live: LiveState, kinds: Kinds) -> Iterable[Address]:
    """Return the groups that a user is in, or the users that are in a group; not those that everybody is in."""
    membership = kinds.membership
    if address.kind == membership.user_kind:
        groups = live.groups_of.get(address.name, frozenset()) - membership.implied
        return [Address(membership.group_kind, group) for group in groups]
    if address.kind != membership.group_kind:
        return ()
    return [Address(membership.user_kind, user) for user, groups in live.groups_of.items() if address.name in groups]


def _referring(address: Address, by: Address, spec: Mapping[str, Any], kinds: Kinds) -> Iterator[tuple[str, Reference]]:
    for reference in all_references(kinds[by.kind], by.name, spec):
        if reference.target == address:
            yield _how(reference, by, kinds), reference


def _how(reference: Reference, by: Address, kinds: Kinds) -> str:
    """Say in a word what a field makes of what it names."""
    if is_inside(reference):
        return INSIDE
    field, membership = kinds[by.kind].field_named(str(reference.path[0])), kinds.membership
    if reference.field.membership:
        return MEMBER
    if field is not None and field.roles:
        return next(role.called for role in field.fields if role.name == reference.path[1])
    if by.kind == membership.user_kind and reference.path[0] == membership.primary_field:
        return "primary group"
    return reference.dotted
