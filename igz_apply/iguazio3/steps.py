"""A plan, cut into the calls of Iguazio 3: one write each, with what it needs and what it must not run beside."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from enum import Enum

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, EdgeChange, Plan
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.step import Step
from igz_apply.planning.diff import has_own_fields


class Verb(str, Enum):
    """Which write a step makes."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    MEMBERSHIPS = "memberships"  # the groups of a user that no manifest declares
    ROLES = "roles"  # member lists of a project's roles, in one transaction
    AWAIT = "await"  # nothing: what exists already has to become usable
    DOCUMENT = "document"  # all changes of a shared document, in one update
    RESTART = "restart"  # of entries of a shared document, in one update that changes nothing else


def steps_of(plan: Plan, kinds: Kinds) -> tuple[Step, ...]:
    """Cut a plan into steps: each waits for those of the changes that its own change depends on, and for no others."""
    needed = {address for change in plan.writes for address in change.depends_on}
    cut = {change.address: _cut(change, kinds) for change in plan.changes if _has_steps(change, needed)}
    documents = _documents(plan, kinds)
    keys = {address: [(step.key, step.verb) for step in steps] for address, steps in cut.items()}
    for step in documents:
        keys.update((address, [(step.key, step.verb)]) for address in step.addresses)
    steps = [step for found in cut.values() for step in found] + documents
    changes = tuple(_with_needs(step, keys) for step in steps)
    return (*changes, *_restarts(plan, keys, kinds)) if plan.operations else changes


def _has_steps(change: Change, needed: Container[Address]) -> bool:
    """Whether anything is to be done, or waited for.

    What was ours before and stays as it is may be unusable for a reason of its own: it is waited for only by what
    needs it. What is taken over may be what a run that was cut off has made: it is waited for in any case.
    """
    return change.action.writes or (
        change.awaits and (change.action is not Action.NO_CHANGE or change.address in needed)
    )


def key_of(verb: Verb, address: Address, of: str = "") -> str:
    """Return the key of a step: `create User/ada`, or `memberships User/bob for Group/ops`."""
    return f"{verb.value} {address} for {of}" if of else f"{verb.value} {address}"


def _cut(change: Change, kinds: Kinds) -> list[Step]:
    """Return the steps of a change of a collection, one after the other; a shared document's are made elsewhere."""
    kind = kinds[change.address.kind]
    if kind.together:
        return []
    is_holder = kind.name == kinds.membership.user_kind
    found: list[Step] = []
    if change.action is Action.DELETE:
        return [_step(Verb.DELETE, change)]
    if change.awaits:
        found.append(_step(Verb.AWAIT, change))
    if change.action is Action.CREATE:
        found.append(_step(Verb.CREATE, change, edges=change.edges if is_holder else ()))
    elif has_own_fields(change.diff, kind) or (is_holder and change.edges):
        found.append(_step(Verb.UPDATE, change, edges=change.edges if is_holder else ()))
    if any(_is_role(item.path[0], kind) for item in change.diff):
        found.append(_step(Verb.ROLES, change))
    if not is_holder:
        found += _membership_steps(change, kinds)
    return _chained(found)


def _step(verb: Verb, change: Change, edges: tuple[EdgeChange, ...] = ()) -> Step:
    address = change.address
    return Step(
        key_of(verb, address),
        verb.value,
        address,
        (change,),
        lock=str(address),
        edges=edges,
        needs_call=verb is not Verb.AWAIT,
        may_be_seen=verb in (Verb.CREATE, Verb.DELETE),
        is_delete=verb is Verb.DELETE,
    )


def _membership_steps(change: Change, kinds: Kinds) -> list[Step]:
    """One step for each user that no manifest declares; its lock keeps two groups from writing it at once."""
    membership = kinds.membership
    if not change.edges:
        return []
    by_user: dict[str, list[EdgeChange]] = {}
    for item in change.edges:
        by_user.setdefault(item.edge.user, []).append(item)
    steps = []
    for name, edges in sorted(by_user.items()):
        user = Address(membership.user_kind, name)
        key = key_of(Verb.MEMBERSHIPS, user, str(change.address))
        steps.append(Step(key, Verb.MEMBERSHIPS.value, user, (change,), lock=str(user), edges=tuple(edges)))
    return steps


def _is_role(name: str, kind: Kind) -> bool:
    return any(field.roles and field.name == name for field in kind.fields)


def _chained(steps: list[Step]) -> list[Step]:
    """Each waits for those of its change that make the resource usable; memberships of others run side by side."""
    found: list[Step] = []
    for step in steps:
        found.append(_needing(step, {it.key for it in found if it.verb != Verb.MEMBERSHIPS}))
    return found


def _needing(step: Step, keys: AbstractSet[str]) -> Step:
    """Return the step as one that needs these; most need none, and are not made anew for it."""
    return step if keys == step.needs else replace(step, needs=frozenset(keys))


def _documents(plan: Plan, kinds: Kinds) -> list[Step]:
    """One step for all changes of a shared document that need not wait for one another, and one more for each that do.

    What is written in one go happens at once: an order between two entries takes two writes, one after the other.
    """
    rounds = _rounds(plan, kinds)
    by_path: dict[tuple[str, int], list[Change]] = {}
    for change in plan.writes:
        if path := kinds[change.address.kind].together:
            by_path.setdefault((path, rounds.get(change.address, 0)), []).append(change)
    return [
        Step(
            f"{Verb.DOCUMENT.value} {path}" + (f", write {number + 1}" if number else ""),
            Verb.DOCUMENT.value,
            changes[0].address,
            tuple(changes),
            lock=path,
            tells_failures=True,
        )
        for (path, number), changes in sorted(by_path.items())
    ]


def _rounds(plan: Plan, kinds: Kinds) -> Mapping[Address, int]:
    """Return how many writes of documents have to come before a write, of those for which there are any.

    A plan's order is one of needs. What lies between two entries counts too: a project that comes after a service, and
    before another.
    """
    together = {kind.name for kind in kinds if kind.together}
    found: dict[Address, int] = {}
    if not any(it.kind in together for change in plan.writes for it in change.depends_on):
        return found
    entries = {it.address for it in plan.writes if it.address.kind in together}
    for change in plan.writes:
        before = [found.get(it, 0) + (it in entries) for it in change.depends_on]
        if number := max(before, default=0):
            found[change.address] = number
    return found


def _restarts(plan: Plan, keys: Mapping[Address, Sequence[tuple[str, str]]], kinds: Kinds) -> Iterator[Step]:
    """Yield one step for all restarts of a document's entries: each update is a job, and there is one at a time.

    It needs all steps of what brings them about. Each restart depends on its own: one of which that fails is left out.
    """
    changes = {change.address: change for change in plan.changes}
    by_path: dict[str, list[Change]] = {}
    for item in plan.operations:
        operated = replace(changes[item.address], diff=(), edges=(), depends_on=item.depends_on)
        by_path.setdefault(kinds[item.address.kind].together, []).append(operated)
    for path, found in sorted(by_path.items()):
        needs = {key for change in found for it in change.depends_on for key, _ in keys.get(it, ())}
        yield Step(
            f"{Verb.RESTART.value} {path}",
            Verb.RESTART.value,
            found[0].address,
            tuple(found),
            lock=path,
            needs=frozenset(needs),
            may_be_seen=True,
            operation=Verb.RESTART.value,
            tells_failures=True,
        )


def _with_needs(step: Step, keys: Mapping[Address, Sequence[tuple[str, str]]]) -> Step:
    """A delete needs all steps of what must let go, and so does what a manifest puts after others.

    Anything else needs those that make the resource itself.
    """
    needs = set(step.needs)
    for change in step.changes:
        for address in change.depends_on:
            for key, verb in keys.get(address, ()):
                if verb not in (Verb.ROLES, Verb.MEMBERSHIPS) or change.needs_all_of(address):
                    needs.add(key)
    return _needing(step, needs - {step.key})
