"""What each change of a plan waits for; derived from the names in specs, never from a list of levels."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
from igz_apply.model.kind import Kinds
from igz_apply.model.references import orders_after
from igz_apply.model.resources import GroupsOf, LiveResource, Owned
from igz_apply.planning.renames import left_behind
from igz_apply.planning.topology import ordered

if TYPE_CHECKING:
    from typing import TypeGuard


Needs = Mapping[Address, frozenset[Address]]


def needs_of(chosen: Mapping[Address, Change], kinds: Kinds, groups_of: GroupsOf) -> Needs:
    """Return what each change waits for: what its desired spec names; for a delete, all that still names it.

    What a lifecycle puts before a resource is waited for as what it names. It goes after that resource.
    """
    needs: dict[Address, set[Address]] = {}
    called: Mapping[Any, Change] = chosen  # by plain pairs, which are equal to addresses and made more quickly
    are_deleted = any(change.action is Action.DELETE for change in chosen.values())
    for address, change in chosen.items():
        if not change.action.writes:
            continue
        if change.action.makes:
            wanted = {it.address for name in _named_by(kinds, change) if _is_to_come(it := called.get(name))}
            needs.setdefault(address, set()).update(wanted)
        if change.live is not None and are_deleted:
            for name in _live_names(kinds, change.live, groups_of):
                target = called.get(name)
                if target is not None and target.address != address and target.action is Action.DELETE:
                    needs.setdefault(target.address, set()).add(address)
        for other in change.desired.lifecycle.depends_on if change.desired is not None else ():
            target = chosen.get(other)
            if target is None or other == address:
                continue
            if change.action.makes and _is_to_come(target):
                needs.setdefault(address, set()).add(other)
            elif change.action is target.action is Action.DELETE:
                needs.setdefault(other, set()).add(address)
    for behind, moving in left_behind(chosen, kinds):
        needs.setdefault(behind, set()).add(moving)
    return {**dict.fromkeys(chosen, _NOTHING), **{address: frozenset(named) for address, named in needs.items()}}


_NOTHING: frozenset[Address] = frozenset()


def as_remembered(chosen: Mapping[Address, Change], needs: Needs, owned: Owned) -> Needs:
    """Return what each change waits for, with what the inventory remembers of the order in which things go.

    Ask for it last. Manifests of different times may have said the opposite, or this plan hands on what another has,
    and no manifest is left to correct: an order that closes a circle is let go.
    """
    orders = list(_remembered(chosen, owned))
    if not orders:
        return needs
    found = {address: set(named) for address, named in needs.items()}
    for address, other in orders:
        found[other].add(address)
    if ordered(found)[1]:
        found = {address: set(named) for address, named in needs.items()}
        for address, other in orders:
            if not _leads(found, address, other):
                found[other].add(address)
    return {address: frozenset(named) for address, named in found.items()}


def _remembered(chosen: Mapping[Address, Change], owned: Owned) -> Iterator[tuple[Address, Address]]:
    """Yield what is deleted and no manifest declares any more, each with what went before it when one did."""
    entries = owned.entries
    pruned = (
        it for it, change in chosen.items() if change.desired is None and it in entries and entries[it].depends_on
    )
    for address in sorted(pruned):
        for other in entries[address].depends_on:
            if other in chosen and chosen[other].action is Action.DELETE:
                yield address, other


def _leads(needs: Mapping[Address, Collection[Address]], start: Address, end: Address) -> bool:
    """Say whether something waits for another, be it by way of others."""
    waiting, seen = [start], {start}
    while waiting:
        address = waiting.pop()
        if address == end:
            return True
        news = set(needs.get(address, ())) - seen
        seen |= news
        waiting.extend(news)
    return False


def _is_to_come(change: Change | None) -> TypeGuard[Change]:
    return change is not None and (change.action.makes or change.awaits)


def _named_by(kinds: Kinds, change: Change) -> Sequence[tuple[str, str]]:
    """What the desired spec names, and the groups of memberships that only the other side states."""
    kind, membership = kinds[change.address.kind], kinds.membership
    found = orders_after(kind, change.address.name, change.desired.spec if change.desired is not None else {})
    if change.edges and kind.name == membership.user_kind:
        found += [(membership.group_kind, item.edge.group) for item in change.edges if item.adds]
    return found


def _live_names(kinds: Kinds, live: LiveResource, groups_of: GroupsOf) -> Sequence[tuple[str, str]]:
    membership = kinds.membership
    found = orders_after(kinds[live.address.kind], live.cluster_name, live.spec)
    if live.address.kind == membership.user_kind:
        found += [(membership.group_kind, group) for group in groups_of.get(live.address.name, ())]
    return found
