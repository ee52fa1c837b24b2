"""A plan, cut into the calls of Iguazio 4: each part of a resource has a call of its own (wire reference, 6 to 10)."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum

from igz_apply.iguazio4.decode import SELECTOR
from igz_apply.iguazio4.wire import wire_of
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, EdgeChange, Plan
from igz_apply.model.kind import MARK_PATH, NAME_PATH, Field, Kind, Kinds
from igz_apply.model.step import Step


class Verb(str, Enum):
    """Which write a step makes."""

    CREATE = "create"
    RENAME = "rename"  # the last part of a name
    MOVE = "move"  # what a name says of the place in a tree
    UPDATE = "update"  # what travels in one call
    SWITCH = "switch"  # on or off: an account, or a project that is archived
    MEMBERSHIPS = "memberships"  # the groups of a user
    POLICIES = "policies"  # those that a user or a group holds
    HOLDERS = "holders"  # of a policy
    ROLE = "role"  # the members of one role
    SELECTOR = "selector"  # what MLRun alone keeps of a project
    OWNER = "owner"  # last: it may take away the right to do the rest (section 22, rule 7)
    DELETE = "delete"
    AWAIT = "await"  # nothing: what exists already has to become usable


_BESIDE = frozenset({Verb.MEMBERSHIPS, Verb.POLICIES, Verb.HOLDERS, Verb.ROLE, Verb.OWNER, Verb.SELECTOR})
"""What others need not wait for, who only name the resource."""
_ALL_POLICIES = "policies"
OWNER = "owner"


def steps_of(plan: Plan, kinds: Kinds) -> tuple[Step, ...]:
    """Cut a plan into steps: each waits for those of the changes that its own change depends on, and for no others."""
    needed = {address for change in plan.writes for address in change.depends_on}
    # Whose policies are written from both sides must not be read by one while the other writes.
    is_bound = any(kinds[change.address.kind].holders_of for change in plan.writes)
    cut = {
        change.address: _chained(list(_cut(change, kinds, is_bound=is_bound)))
        for change in plan.changes
        if _has_steps(change, needed)
    }
    keys = {address: [(step.key, step.verb) for step in steps] for address, steps in cut.items()}
    return tuple(_with_needs(step, keys) for steps in cut.values() for step in steps)


def _has_steps(change: Change, needed: Container[Address]) -> bool:
    """Whether anything is to be done, or waited for; see the same of Iguazio 3."""
    return change.action.writes or (
        change.awaits and (change.action is not Action.NO_CHANGE or change.address in needed)
    )


def _cut(change: Change, kinds: Kinds, *, is_bound: bool) -> Iterator[Step]:
    """Yield the steps of a change, in the order in which they are made."""
    kind = kinds[change.address.kind]
    if kind.holders_of:
        yield _step(Verb.HOLDERS, change, lock=_ALL_POLICIES)
        return
    if change.action is Action.DELETE:
        yield _step(Verb.DELETE, change)
        return
    is_user = kind.name == kinds.membership.user_kind
    if change.awaits:
        yield _step(Verb.AWAIT, change)
    if change.action is Action.CREATE:
        gives = is_bound and _differs(change, kinds.powers.held_in)
        edges = change.edges if is_user else ()
        yield _step(Verb.CREATE, change, edges=edges, lock=_ALL_POLICIES if gives else "")
    else:
        yield from _updates(change, kind, is_user=is_user)
        if _differs(change, kinds.powers.held_in):
            yield _step(Verb.POLICIES, change, lock=_ALL_POLICIES if is_bound else "")
    yield from _of_project(change, kind)
    if not is_user:
        yield from _membership_steps(change, kinds)


def _updates(change: Change, kind: Kind, *, is_user: bool) -> Iterator[Step]:
    yield from (_step(verb, change) for verb in _renames(change))
    if any(is_updated(item.path, kind) for item in change.diff):
        yield _step(Verb.UPDATE, change)
    if any(item.dotted in kind.switches for item in change.diff):
        yield _step(Verb.SWITCH, change)
    if is_user and change.edges:
        yield _step(Verb.MEMBERSHIPS, change, edges=change.edges)


def _renames(change: Change) -> Iterator[Verb]:
    for item in change.diff:
        if item.path == NAME_PATH:
            (above, _, name), (there, _, called) = change.address.name.rpartition("/"), str(item.before).rpartition("/")
            if name != called:
                yield Verb.RENAME
            if above != there:
                yield Verb.MOVE


def _of_project(change: Change, kind: Kind) -> Iterator[Step]:
    """Yield what is written after the project itself; what a create has carried is not written again."""
    is_new = change.action is Action.CREATE
    if is_new and any(item.dotted in kind.switches and item.after == "archived" for item in change.diff):
        yield _step(Verb.SWITCH, change)
    for item in kind.fields:
        if item.roles:
            shown = dict.fromkeys(each.path[1] for each in change.diff if each.path[0] == item.name)
            for role in shown:
                yield replace(_step(Verb.ROLE, change), key=f"{Verb.ROLE.value} {role} of {change.address}")
    if _differs(change, SELECTOR):
        yield _step(Verb.SELECTOR, change)
    if not is_new and kind.field_named(OWNER) is not None and _differs(change, OWNER):
        yield _step(Verb.OWNER, change)


def role_of(step: Step) -> str:
    """Return the role whose members a step writes."""
    return step.key.split(" ", 2)[1]


def is_updated(path: tuple[str, ...], kind: Kind) -> bool:
    """Say whether what differs there travels in the call that updates the resource itself."""
    if path == MARK_PATH:
        return True
    item = kind.field_named(path[0])
    return item is not None and _travels(item, kind)


def _travels(item: Field, kind: Kind) -> bool:
    return wire_of(item) is not None and item.name not in kind.switches and item.name != OWNER and not item.create_only


def _differs(change: Change, name: str) -> bool:
    return any(item.path[0] == name for item in change.diff)


def _step(verb: Verb, change: Change, edges: tuple[EdgeChange, ...] = (), lock: str = "") -> Step:
    address = change.address
    return Step(
        f"{verb.value} {address}",
        verb.value,
        address,
        (change,),
        lock=lock or str(address),
        edges=edges,
        needs_call=verb is not Verb.AWAIT,
        may_be_seen=verb in (Verb.CREATE, Verb.DELETE),
        is_delete=verb is Verb.DELETE,
    )


def _membership_steps(change: Change, kinds: Kinds) -> Iterator[Step]:
    """One step for each user that no manifest declares; its lock keeps two groups from writing it at once."""
    by_user: dict[str, list[EdgeChange]] = {}
    for item in change.edges:
        by_user.setdefault(item.edge.user, []).append(item)
    for name, edges in sorted(by_user.items()):
        user = Address(kinds.membership.user_kind, name)
        key = f"{Verb.MEMBERSHIPS.value} {user} for {change.address}"
        yield Step(key, Verb.MEMBERSHIPS.value, user, (change,), lock=str(user), edges=tuple(edges))


def _chained(steps: Sequence[Step]) -> list[Step]:
    """Each waits for those before it, but memberships of others run side by side, once their group is there."""
    found: list[Step] = []
    for step in steps:
        needs = frozenset(it.key for it in found if it.target in (step.target, step.changes[0].address))
        found.append(replace(step, needs=needs))
    return found


def _with_needs(step: Step, keys: Mapping[Address, Collection[tuple[str, str]]]) -> Step:
    """A delete needs all steps of what must let go, and so does what a manifest puts after others.

    Anything else needs those that make the resource itself.
    """
    needs = set(step.needs)
    for change in step.changes:
        for address in change.depends_on:
            for key, verb in keys.get(address, ()):
                if change.needs_all_of(address) or verb not in _BESIDE:
                    needs.add(key)
    return replace(step, needs=frozenset(needs - {step.key}))
