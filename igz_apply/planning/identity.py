"""What an inventory's entries stand for now: an id outlives a name, and a name says nothing about an id.

Somebody may rename on the cluster what we own, or delete it and make another of its name. So what is owned is looked
for by its id: where that lives under another name it was *renamed*, and is planned under the name that we own it by;
where it lives no more and another id has the name it was *replaced*, and that other one is not ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from igz_apply.authoring.renamings import brought_along
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Field, Kinds, Shape
from igz_apply.model.resources import Entry, LiveResource, LiveState, Owned

Names = Mapping[str, Mapping[str, str]]
"""Kind -> name on the cluster -> the name that we own it by."""


def lacking(live: LiveState, owned: Owned, kinds: Kinds) -> tuple[Address, ...]:
    """Return what the inventory holds and no list shows, whether by its id or, where it has none, by its name."""
    elsewhere = [
        address
        for address, entry in owned.entries.items()
        if address.kind in kinds and not _is_in_its_place(address, entry, live, kinds)
    ]
    if not elsewhere:
        return ()
    ids = {(address.kind, resource.id) for address, resource in live.resources.items() if resource.id}
    return tuple(it for it in elsewhere if not kinds[it.kind].has_ids or (it.kind, owned.entries[it].id) not in ids)


def _is_in_its_place(address: Address, entry: Entry, live: LiveState, kinds: Kinds) -> bool:
    there = live.resources.get(address)
    return there is not None and (there.id == entry.id or not entry.id or not kinds[address.kind].has_ids)


def called_otherwise(live: Mapping[Address, LiveResource], owned: Owned, kinds: Kinds) -> Mapping[Address, str]:
    """Return what we own and the cluster calls otherwise: the address that we own it by -> its name there."""
    away = {
        (address.kind, entry.id): address
        for address, entry in owned.entries.items()
        if (there := live.get(address)) is None or there.id != entry.id
        if entry.id and not entry.is_pending and address.kind in kinds and kinds[address.kind].has_ids
    }
    if not away:
        return {}
    return {
        away[key]: address.name for address, resource in live.items() if (key := (address.kind, resource.id)) in away
    }


def renamed(live: LiveState, owned: Owned, kinds: Kinds, declared: Mapping[Address, bool]) -> Mapping[Address, str]:
    """Return what was renamed on the cluster, and is to be planned under the name that we own it by.

    `declared` says of each declared address whether it is to be present. Not what is declared by the name that it has
    there, and by the old one no more: then git has followed. Unless something else of ours was called that: who
    exchanges names on the cluster leaves no doubt about which is which.
    """
    called = called_otherwise(live.resources, owned, kinds)

    def has_followed(ours: Address, name: str) -> bool:
        there = Address(ours.kind, name)
        return there in declared and there not in called and not declared.get(ours, False)

    return {ours: name for ours, name in called.items() if not has_followed(ours, name)}


def under_owned_names(live: LiveState, owned: Owned, kinds: Kinds, declared: Mapping[Address, bool]) -> LiveState:
    """Return what lives with everything that was renamed under the name that we own it by, wherever it is named.

    What stands under such a name now, and is not ours, makes way: it is called `NAME (not ours)`, which nobody can
    declare.
    """
    called = renamed(live, owned, kinds, declared)
    if not called:
        return live
    names = with_names((Address(ours.kind, there), ours) for ours, there in called.items())
    for kind, name in called:
        if Address(kind, name) in live.resources and name not in names[kind]:
            names[kind][name] = _free(kind, f"{name} (not ours)", live)
    return named_so(live, names, kinds)


def with_names(pairs: Iterable[tuple[Address, Address]]) -> dict[str, dict[str, str]]:
    """Return pairs of what something is called and is to be called as names by kind."""
    names: dict[str, dict[str, str]] = {}
    for there, ours in pairs:
        names.setdefault(there.kind, {})[there.name] = ours.name
    return names


def named_so(live: LiveState, names: Names, kinds: Kinds) -> LiveState:
    """Return what lives with other names, wherever it is named; what lies in it has the new name in its own."""
    if not names:
        return live
    names = {kind: _with_those_inside(kind, known, live, kinds) for kind, known in names.items()}
    resources = {}
    for each in live.resources.values():
        resource = _ours(each, names)
        fields = kinds[resource.address.kind].referring
        resources[resource.address] = replace(resource, spec=named_in(fields, resource.spec, names))
    membership = kinds.membership
    users, groups = names.get(membership.user_kind, {}), names.get(membership.group_kind, {})
    groups_of = {
        users.get(user, user): frozenset(groups.get(group, group) for group in held)
        for user, held in live.groups_of.items()
    }
    return replace(live, resources=resources, groups_of=groups_of)


def _with_those_inside(kind: str, names: Mapping[str, str], live: LiveState, kinds: Kinds) -> Mapping[str, str]:
    sep = kinds[kind].inside
    if not sep:
        return names
    inside = {it.name: brought_along(it.name, names, sep) for it in live.resources if it.kind == kind}
    return {**{name: new for name, new in inside.items() if new != name}, **names}


def is_brought_along(resource: LiveResource, live: Mapping[Address, LiveResource], sep: str) -> bool:
    """Say whether a resource gets its name with what it lies in: by no call of its own.

    So it is where it lies in the same one as on the cluster, whatever that is called, and its own part of the name is
    the same.
    """
    if not sep or not resource.called:
        return False
    (above, _, name), (there, _, called) = resource.address.name.rpartition(sep), resource.called.rpartition(sep)
    holder = live.get(Address(resource.address.kind, above))
    return name == called and holder is not None and holder.cluster_name == there


def _free(kind: str, name: str, live: LiveState) -> str:
    while Address(kind, name) in live.resources:
        name += "'"
    return name


def _ours(resource: LiveResource, names: Names) -> LiveResource:
    kind, name = resource.address
    ours = names.get(kind, {}).get(name)
    if ours is None:
        return resource
    there = resource.cluster_name
    return replace(resource, address=Address(kind, ours), called=there if there != ours else "")


def named_in(fields: Sequence[Field], spec: Mapping[str, Any], names: Names) -> Mapping[str, Any]:
    """Return a spec, or a part of one with these fields, with the names that we know in place of the cluster's."""
    changed = {}
    for field in fields:
        value = spec.get(field.name)
        if value is None:
            continue
        known = names.get(field.refers_to, {})
        if not field.refers_to:
            changed[field.name] = named_in(field.referring, value, names) if isinstance(value, Mapping) else value
        elif field.shape is Shape.SET:
            changed[field.name] = sorted(known.get(name, name) for name in value)
        else:
            changed[field.name] = known.get(value, value)
    return {**spec, **changed}
