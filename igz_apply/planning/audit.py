"""Questions about access: who may do what, for one person, group, project or policy, or for everybody."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from igz_apply.model.addresses import Address
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import did_you_mean
from igz_apply.planning.access_impact import Access, Held
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that somebody may do; None: nothing at all, which an audit has to say too."""

    who: Address
    held: Held | None
    is_disabled: bool  # then it is held and of no use


def findings(access: Access, asked: Sequence[Address] = (), policy: str = "") -> tuple[Finding, ...]:
    """Return what is held by whom: users, then groups, which hold for their members.

    Without any address it is about everybody. A user is told with all ways, a group with what its members have through
    it, a project with all who have a role on it. `policy` leaves all others out.
    """
    told = [held for address in asked for held in _of(access, address)] if asked else list(_of_everybody(access))
    found = dict.fromkeys(_finding(access, *each) for each in told)
    return tuple(each for each in found if not policy or (each.held is not None and _is_policy(each.held, policy)))


def unknown(access: Access, asked: Sequence[Address], policy: str, policies: Collection[str]) -> Iterator[Problem]:
    """Find what is asked for and is not there; `policies` are those that are known without anybody holding them."""
    membership = access.membership
    there = {
        *(Address(membership.user_kind, name) for name in access.users),
        *(Address(membership.group_kind, name) for name in access.groups),
        *access.projects,
    }
    for address in asked:
        if address not in there:
            hint = did_you_mean(str(address), map(str, there)) or "Access is about users, groups and projects."
            yield Problem("Unknown address", f"Nothing is seen of {address} whose access could be told.", hint)
    held = {policy for each in (access.users, access.groups) for names in each.values() for policy in names}
    if policy and policy not in held and policy not in policies:
        hint = did_you_mean(policy, (*held, *policies)) or "Policies are those of `igz-apply explain User`."
        yield Problem("Unknown policy", f"Nobody holds the policy {policy}, and no such policy is known.", hint)


Told = tuple[Address, Held | None]


def _of(access: Access, address: Address) -> Iterator[Told]:
    if address.kind == access.membership.user_kind:
        yield from _or_nothing(address, access.of_user(address.name))
    elif address.kind == access.membership.group_kind:
        yield from _or_nothing(address, access.of_group(address.name))
        yield from _through(access, address.name)
    else:
        yield from ((held.who, held) for held in access.of_everybody() if held.on == address)


def _of_everybody(access: Access) -> Iterator[Told]:
    """Yield what everybody holds; of groups only what they give, since one that gives nothing lets nobody do more."""
    for user in sorted(access.users):
        yield from _or_nothing(Address(access.membership.user_kind, user), access.of_user(user))
    for group in sorted(access.groups):
        yield from ((held.who, held) for held in access.of_group(group))


def _or_nothing(who: Address, found: Sequence[Held]) -> Iterator[Told]:
    yield from ((who, held) for held in found)
    if not found:
        yield who, None


def _through(access: Access, group: str) -> Iterator[Told]:
    for user in sorted(access.users):
        if group in access.groups_of.get(user, ()):
            found = [held for held in access.of_user(user) if f"group {group}" in held.ways]
            yield from _or_nothing(Address(access.membership.user_kind, user), found)


def _finding(access: Access, who: Address, held: Held | None) -> Finding:
    return Finding(who, held, who.kind == access.membership.user_kind and who.name in access.disabled)


def _is_policy(held: Held, policy: str) -> bool:
    return held.on is None and held.what == policy
