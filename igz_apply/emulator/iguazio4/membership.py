"""Who holds which policy: members, the rights they give, and how long new ones take to spread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from igz_apply.emulator.engine.http_errors import bad_request
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio4.policy_documents import MEMBER_GROUPS, MEMBER_USERS, permissions_of
from igz_apply.emulator.iguazio4.rights import Rights
from igz_apply.emulator.iguazio4.world import IN_GROUP, PARENT, World, known_name

_SIDES = (MEMBER_USERS, MEMBER_GROUPS)


@dataclass(frozen=True, slots=True)
class Member:
    """A user or a group that a policy is given to."""

    id: str
    relation: str  # MEMBER_USERS or MEMBER_GROUPS


def find_member(world: World, name: str) -> Member | None:
    """Return the member of a username or of a group's id; the two are mixed everywhere (2.3)."""
    user = world.store.by_name("user", known_name(world.options, name))
    if user is not None:
        return Member(user.id, MEMBER_USERS)
    group = world.store.get("group", name)
    return Member(group.id, MEMBER_GROUPS) if group else None


def named_members(world: World, names: Iterable[str]) -> list[Member]:
    """Return the members of these names. Raises Refusal (400) for one that is neither a user nor a group."""
    found = {name: find_member(world, name) for name in names}
    missing = sorted(name for name, member in found.items() if member is None)
    if missing:
        raise bad_request(f"the member {missing[0][:120]!r} is neither a user nor a group")
    return [each for each in found.values() if each is not None]


def set_members(world: World, policy: Record, members: Iterable[Member], *, adds: bool = False) -> None:
    """Give a policy these members, in place of those that it has or besides them."""
    wanted = list(members)
    for relation in _SIDES:
        held = world.store.links(relation, policy.id)
        named = [each.id for each in wanted if each.relation == relation]
        _spread(world, policy, [each for each in named if each not in held])
        if adds:
            world.store.add_links(relation, ((policy.id, each) for each in named))
        else:
            world.store.set_links(relation, policy.id, dict.fromkeys(named))


def drop_member(world: World, policy: Record, member: Member) -> None:
    """Take a policy from a member."""
    world.store.remove_link(member.relation, policy.id, member.id)


def _spread(world: World, record: Record, ids: list[str]) -> None:
    """Note since when a new link counts."""
    if ids and world.options.rights_seconds:
        held = record.private.get("counts_from", {})
        current = {key: since for key, since in held.items() if since > world.now}
        record.private["counts_from"] = {**current, **dict.fromkeys(ids, world.now + world.options.rights_seconds)}
        world.store.save(record)


def set_groups(world: World, user: Record, groups: Iterable[str], *, adds: bool = False) -> None:
    """Put a user into these groups, in place of those that the user is in or besides them."""
    wanted = list(dict.fromkeys(groups))
    held = world.store.links(IN_GROUP, user.id)
    _spread(world, user, [each for each in wanted if each not in held])
    if adds:
        world.store.add_links(IN_GROUP, ((user.id, each) for each in wanted))
    else:
        world.store.set_links(IN_GROUP, user.id, wanted)


def groups_of(world: World, user: Record) -> list[str]:
    """Return the ids of the groups that count for a user by now."""
    since = user.private.get("counts_from", {})
    found = [each for each in world.store.links(IN_GROUP, user.id) if since.get(each, 0.0) <= world.now]
    if world.options.nested_groups:
        for each in found:  # which grows: the group above a group comes behind it
            found += [above for above in world.store.links(PARENT, each) if above not in found]
    return found


def policies_of(world: World, user: Record) -> list[Record]:
    """Return the policies that a user holds by now, directly or through groups."""
    held: dict[str, list[str]] = {}
    for member in (Member(user.id, MEMBER_USERS), *(Member(each, MEMBER_GROUPS) for each in groups_of(world, user))):
        for policy in world.store.sources(member.relation, member.id):
            held.setdefault(policy, []).append(member.id)
    found = world.store.get_many("policy", held)
    return [each for each in found if any(_counts(world, each, member) for member in held[each.id])]


def _counts(world: World, policy: Record, member: str) -> bool:
    since: float = policy.private.get("counts_from", {}).get(member, 0.0)
    return since <= world.now


def rights_of(world: World, user: Record) -> Rights:
    """Return what a user may do by now."""
    policies = policies_of(world, user)
    held = tuple(permissions_of(each) for each in policies)
    return Rights(held, frozenset(each.attributes["project"] for each in policies if each.attributes["project"]))
