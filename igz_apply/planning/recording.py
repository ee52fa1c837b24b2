"""What the record of a run has to hold: how everything was that it changes, and what it has left of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.outcomes import Report
from igz_apply.model.records import Before, Held, Left
from igz_apply.model.references import references
from igz_apply.model.resources import Entry, GroupsOf, LiveResource, LiveState
from igz_apply.model.roles import carriers_of
from igz_apply.planning.memberships import users_of

Entries = Mapping[Address, Entry]


def befores(plan: Plan, live: LiveState, kinds: Kinds) -> Iterator[Before]:
    """Yield the changes that are to be sent, each with what goes with it that no diff shows."""
    going = {change.address for change in plan.writes if change.action is Action.DELETE}
    if not going:
        yield from (Before(change, lost=_overwritten(change)) for change in plan.writes)
        return
    users, held = users_of(live.groups_of), _held(going, live, kinds)
    for change in plan.writes:
        if change.address in going:
            linked = _linked(change.address, live.groups_of, users, kinds)
            lost = tuple(gone_with(change.live, kinds[change.address.kind])) if change.live is not None else ()
            yield Before(change, linked, held.get(change.address, ()), lost)
        else:
            yield Before(change, lost=_overwritten(change))


def _overwritten(change: Change) -> tuple[str, ...]:
    """Return the secrets that are written over."""
    if change.action is not Action.UPDATE:
        return ()
    return tuple(f"the secret before it: {item.dotted}" for item in change.diff if item.sensitive)


def gone_with(live: LiveResource, kind: Kind) -> Iterator[str]:
    """Yield what is gone for good where something is deleted: what no call gives back, and what nobody could read."""
    yield from kind.lost_by_replacing or (("its id",) if kind.has_ids else ())
    if live.unknown:
        yield f"what the cluster did not tell: {', '.join(sorted(live.unknown))}"
    if live.contents:
        yield f"what is in it: {live.contents}"


def _linked(
    address: Address, groups_of: GroupsOf, users: Mapping[str, frozenset[str]], kinds: Kinds
) -> tuple[str, ...]:
    """Return a user's groups, or a group's users: nobody's of anything else."""
    membership = kinds.membership
    if address.kind == membership.user_kind:
        return tuple(sorted(groups_of.get(address.name, frozenset()) - membership.implied))
    return tuple(sorted(users.get(address.name, ()))) if address.kind == membership.group_kind else ()


def _held(going: set[Address], live: LiveState, kinds: Kinds) -> Mapping[Address, tuple[Held, ...]]:
    """Return the roles that what is deleted has, in what stays: they go with it."""
    found: dict[Address, list[Held]] = {}
    carriers = carriers_of(kinds)
    for by in live.resources.values():
        if by.address.kind not in carriers or by.address in going or by.is_deleting:
            continue
        name = carriers[by.address.kind].name
        for reference in references(kinds[by.address.kind], {name: by.spec.get(name)}):
            if reference.target in going:
                path = tuple(str(key) for key in reference.path[:-1])
                found.setdefault(reference.target, []).append(Held(by.address, path))
    return {address: tuple(held) for address, held in found.items()}


def changed_entries(before: Entries, after: Entries, plan: Plan) -> dict[Address, Entry | None]:
    """Return the entries before of all that a run changes in the inventory, or may change once it has been sent."""
    writes = {change.address for change in plan.writes}
    found = [address for address, entry in after.items() if address in writes or before.get(address) != entry]
    gone = [address for address in before if address not in after]
    also = [address for address in writes if address not in after]
    return {address: before.get(address) for address in (*found, *gone, *also)}


def left_by(report: Report, entries: Entries, live: LiveState | None, kinds: Kinds) -> dict[Address, Left]:
    """Return what was left of what was made; `live` is what was read back, None where that was not done."""
    found: dict[Address, Left] = {}
    users = users_of(live.groups_of) if live is not None else {}
    for outcome in report.outcomes:
        entry, address = entries.get(outcome.address), outcome.address
        if outcome.action is not Action.CREATE or not outcome.status.may_have_changed:
            continue
        there = live.resources.get(address) if live is not None else None
        identity = entry.id if entry is not None else ""
        if there is None or live is None:
            found[address] = Left(identity, entry.born if entry is not None else "")
        else:
            linked = _linked(address, live.groups_of, users, kinds)
            found[address] = Left(identity or there.id, there.born, there.spec, linked)
    return found


def noted_by(changed: Mapping[Address, Entry | None], entries: Entries, plan: Plan) -> dict[Address, Entry | None]:
    """Return what a run made of the entries that no change of it is about."""
    writes = {change.address for change in plan.writes}
    return {address: entries.get(address) for address in changed if address not in writes}
