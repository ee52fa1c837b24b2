"""Who can do what by their policies: what the caller may see and write, and who could still work after a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.kind import Kinds, Membership
from igz_apply.model.resources import LiveState
from igz_apply.planning.projection import Projection, as_it_is, as_planned


def touches_people(plan: Plan, kinds: Kinds) -> bool:
    """Say whether a plan writes anything that policies hang on; most plans do not, and need no further look."""
    on = {*kinds.membership.kinds, *(kind.name for kind in kinds if kind.holders_of)}
    return any(change.address.kind in on for change in plan.writes)


def account_of(caller: str, live: LiveState, kinds: Kinds) -> Address:
    """Return the address of the caller's own account, which has another name there where it was renamed."""
    address = Address(kinds.membership.user_kind, caller)
    there = live.resources.get(address)
    if there is not None and there.cluster_name == caller:
        return address
    called = (it.address for it in live.resources.values() if it.called == caller and it.address.kind == address.kind)
    return next(called, address)


def rights_of(caller: str, live: LiveState, kinds: Kinds, plan: Plan | None = None) -> frozenset[str] | None:
    """Return the policies that the caller has, own and inherited, now or after the plan; None: that is not known.

    It is not either where the cluster does not tell what the account or one of its groups holds: it may be more.
    """
    rights, is_all = _rights(caller, live, kinds, plan)
    return rights if is_all else None


def _rights(caller: str, live: LiveState, kinds: Kinds, plan: Plan | None) -> tuple[frozenset[str], bool]:
    """Return the policies that the caller is known to have, and whether these are all."""
    membership, account = kinds.membership, account_of(caller, live, kinds)
    projection = _projection(live, kinds, membership, plan)
    user = projection.specs.get(account)
    if user is None:
        return frozenset(), False
    groups = [Address(membership.group_kind, group) for group in projection.groups_of.get(account.name, ())]
    inherited = (kinds.powers.held_by(projection.specs.get(group, {})) for group in groups)
    lives = (live.resources.get(address) for address in (account, *groups))
    is_told = all(it is None or kinds.powers.held_in not in it.unknown for it in lives)
    return kinds.powers.held_by(user).union(*inherited), is_told


def can_apply(caller: str, live: LiveState, kinds: Kinds, plan: Plan | None = None) -> frozenset[str]:
    """Return which of the policies that an apply takes the caller is known to have, now or after the plan."""
    rights, _ = _rights(caller, live, kinds, plan)
    return rights & kinds.powers.applies


def partly_shown(live: LiveState, kinds: Kinds) -> Mapping[str, str]:
    """Return the kinds of which the caller may not see all, with the reason (wire reference, section 10.5).

    Absence from such a list says nothing. Whose policies are not known may not see all either.
    """
    caller = live.caller.username
    rights = rights_of(caller, live, kinds)
    return {
        kind.name: f"{caller} {'may have' if rights is None else 'has'} none of the policies that show every "
        f"{kind.name}: {', '.join(sorted(kind.seen_by))}"
        for kind in kinds
        if kind.seen_by and not kind.seen_by & (rights or frozenset())
    }


def administrators(live: LiveState, kinds: Kinds, plan: Plan | None = None) -> frozenset[str]:
    """Return the users who can administer users and groups and are not switched off, now or after the plan.

    An account of which nobody can tell whether it is on is no account to rely on, nor is one in a group inside another
    that administers: whether it counts as a member of both is not known.
    """
    membership = kinds.membership
    projection = _projection(live, kinds, membership, plan)
    able = {
        address for address, spec in projection.specs.items() if kinds.powers.administers & kinds.powers.held_by(spec)
    }
    groups = {name for kind, name in able if kind == membership.group_kind}
    through = {user for user, held in projection.groups_of.items() if held & groups}
    off = membership.off
    doubtful = {it.address for it in live.resources.values() if off is not None and off[0] in it.unknown}
    return frozenset(
        name
        for (kind, name), spec in projection.specs.items()
        if kind == membership.user_kind
        and Address(kind, name) not in doubtful
        and (name in through or Address(kind, name) in able)
        and not (off is not None and spec.get(off[0]) == off[1])
    )


def unguarded(plan: Plan, live: LiveState, kinds: Kinds) -> Iterator[str]:
    """Say of a plan that touches people where nobody is known who administers, so that no rail can keep the last one.

    Where policies are looked up, their names may be others than those that are known to administer.
    """
    powers, people = kinds.powers, kinds.membership.user_kind
    sort = next((it.looked_up for it in kinds[people].looking_up if it.name == powers.held_in), "") if people else ""
    if not sort or not touches_people(plan, kinds) or administrators(live, kinds):
        return
    names = live.looked_up.get(sort)
    none = names is not None and not powers.administers & names
    known = " or ".join(sorted(powers.administers))
    yield (
        f"{'the cluster has no policy ' if none else 'nobody is known to hold '}{known}, "
        "so nobody checks whether an administrator is left"
    )


def _projection(live: LiveState, kinds: Kinds, membership: Membership, plan: Plan | None) -> Projection:
    return as_it_is(live, membership) if plan is None else as_planned(live, plan, kinds, membership)
