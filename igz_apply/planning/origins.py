"""What a move begins with: all that lives, or all that manifests declare, in one form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from igz_apply.model.kind import Kind, Kinds, Membership
from igz_apply.model.migration import OldObject, Origin
from igz_apply.model.resources import DesiredState, Edge, LiveState, Resource

_UNREAD = "its kind was not looked at"


def origin_of_live(live: LiveState, kinds: Kinds, where: str) -> Origin:
    """Return what lives, without what is on its way out; `where` names it for a reader.

    A field of which the cluster does not tell what it holds is left out, as are secrets, which cannot be read back.
    """
    objects = {
        address: OldObject(address, _told(kinds[address.kind], resource.spec, resource.unknown), resource.is_system)
        for address, resource in sorted(live.resources.items())
        if not resource.is_deleting
    }
    edges = frozenset(Edge(user, group) for user, groups in live.groups_of.items() for group in groups)
    doubtful = sorted(live.hidden.items(), reverse=True)  # of several of a kind the first is told
    hidden = {address.kind: f"{address} may be there, and is not shown: {why}" for address, why in doubtful}
    partial = {**hidden, **dict.fromkeys(live.unread, _UNREAD), **live.partial}
    return Origin(where, objects, edges, {kind: partial[kind] for kind in kinds.names if kind in partial})


def origin_of_desired(desired: DesiredState, kinds: Kinds, where: str) -> Origin:
    """Return what manifests declare, with the places where they do; of a secret it says where that lies."""
    objects = {
        address: OldObject(
            address,
            resource.spec,
            address.name in kinds[address.kind].system_names,
            resource.lifecycle,
            resource.source,
        )
        for address, resource in sorted(desired.resources.items())
    }
    present = [each for each in desired.resources.values() if each.is_present]
    return Origin(where, objects, frozenset(_edges(present, kinds.membership)))


def _told(kind: Kind, spec: Mapping[str, Any], unknown: frozenset[str]) -> Mapping[str, Any]:
    secret = {field.name for field in kind.fields if field.write_only}
    return {name: value for name, value in spec.items() if name not in unknown and name not in secret}


def _edges(resources: Iterable[Resource], membership: Membership) -> Iterator[Edge]:
    """Yield the memberships that either side states, that a primary group implies, and that everybody has."""
    for resource in resources:
        kind, name = resource.address
        if kind == membership.group_kind:
            yield from (Edge(user, name) for user in resource.spec.get(membership.group_field) or ())
        elif kind == membership.user_kind:
            primary = resource.spec.get(membership.primary_field)
            groups = {*(resource.spec.get(membership.user_field) or ()), *membership.implied}
            yield from (Edge(name, group) for group in sorted(groups | ({primary} if primary else set())))
