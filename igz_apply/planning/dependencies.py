"""What each change of a plan waits for; derived from the names in specs, never from a list of levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
from igz_apply.model.kind import Kinds
from igz_apply.model.references import all_references
from igz_apply.model.resources import LiveResource
from igz_apply.planning.renames import left_behind


def needs_of(
    chosen: Mapping[Address, Change], kinds: Kinds, groups_of: Mapping[str, frozenset[str]]
) -> Mapping[Address, frozenset[Address]]:
    """Return what each change waits for: what its desired spec names; for a delete, all that still names it."""
    needs: dict[Address, set[Address]] = {}
    for address, change in chosen.items():
        if not change.action.writes:
            continue
        if change.action.makes:
            wanted = {target for target in _named_by(kinds, change) if _is_to_come(chosen.get(target))}
            needs.setdefault(address, set()).update(wanted)
        if change.live is not None:
            for target in _live_names(kinds, change.live, groups_of):
                if target in chosen and target != address and chosen[target].action is Action.DELETE:
                    needs.setdefault(target, set()).add(address)
    for target, address in left_behind(chosen, kinds):
        needs.setdefault(target, set()).add(address)
    return {address: frozenset(needs.get(address, ())) for address in chosen}


def _is_to_come(change: Change | None) -> bool:
    return change is not None and (change.action.makes or change.awaits)


def _named_by(kinds: Kinds, change: Change) -> Iterator[Address]:
    """What the desired spec names, and the groups of memberships that only the other side states."""
    kind, membership = kinds[change.address.kind], kinds.membership
    spec = change.desired.spec if change.desired is not None else {}
    yield from (it.target for it in all_references(kind, change.address.name, spec) if it.orders)
    if kind.name == membership.user_kind:
        yield from (Address(membership.group_kind, item.edge.group) for item in change.edges if item.adds)


def _live_names(kinds: Kinds, live: LiveResource, groups_of: Mapping[str, frozenset[str]]) -> Iterator[Address]:
    kind = kinds[live.address.kind]
    yield from (it.target for it in all_references(kind, live.cluster_name, live.spec) if it.orders)
    membership = kinds.membership
    if live.address.kind == membership.user_kind:
        for group in groups_of.get(live.address.name, ()):
            yield Address(membership.group_kind, group)
