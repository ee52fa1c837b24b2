"""Which operations the writes of a plan bring about, which an earlier run has left over, and what becomes of both.

An operation comes after what brings it about. Until it is done the inventory remembers it: a run that is cut off in
between would leave a cluster that is as declared, and a service that does not know it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from igz_apply.model.addresses import Address, globs_of
from igz_apply.model.changes import Action, Change, FieldDiff, Plan
from igz_apply.model.comparison import is_below
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.operations import OperationRule, PlannedOperation, Trigger, TriggerRule
from igz_apply.model.resources import Entry, LiveResource, LiveState, Owned, Resource
from igz_apply.planning.ownership import is_owned

_STAYS = (Action.UPDATE, Action.ADOPT, Action.NO_CHANGE)
_Key = tuple[str, Address]  # operation, and what it is done to
_Paths = dict[Address, set[str]]  # what is written -> the paths of it that matter, none where any write does


def has_left_over(owned: Owned) -> bool:
    """Say whether any operation waits for the run that does it."""
    return any(entry.due for entry in owned.entries.values())


def with_operations(made: Plan, rules: Sequence[OperationRule], live: LiveState, owned: Owned, kinds: Kinds) -> Plan:
    """Return the plan with what the rules ask for.

    Nothing is done to what the plan creates or deletes, nor to what does not run before or after it: that starts fresh.
    """
    changes = {change.address: change for change in made.changes if kinds[change.address.kind].operations}
    known = {*(change.address for change in made.changes), *owned.entries}
    asked = dict[_Key, _Paths]()
    for rule in rules:
        _ask(rule, made.writes, [*changes, *owned.entries], known, kinds, asked)
    planned = tuple(sorted(_planned(asked, changes, owned, kinds), key=lambda it: (it.operation, it.address)))
    keys = {(it.operation, it.address) for it in planned}
    return replace(
        made,
        operations=planned,
        put_off=_gathered(
            key for key, found in asked.items() if found and _is_put_off(key, changes, live, owned, kinds)
        ),
        given_up=_gathered(key for key in _left_over(changes, owned) if key not in keys),
    )


def with_due(entries: Mapping[Address, Entry], plan: Plan) -> dict[Address, Entry]:
    """Return the inventory as it has to be before anything is sent: with all operations that are to come.

    What the plan takes over is remembered as pending: it may be written, and the run cut off, before it is ours.
    """
    found = dict(entries)
    for address, operations in plan.given_up.items():
        if address in found:
            found[address] = without_due(found[address], operations)
    for address, operations in plan.put_off.items():
        if address in found:
            found[address] = _owing(found[address], operations)
    for item in plan.operations:
        known = found.get(item.address) or Entry("", is_pending=True)
        found[item.address] = _owing(known, (item.operation,))
    return found


def without_due(entry: Entry, operations: Iterable[str]) -> Entry:
    """Return an entry that does not remember the operations any more."""
    return replace(entry, due=tuple(it for it in entry.due if it not in set(operations)))


def is_at_rest(spec: Mapping[str, Any], kind: Kind) -> bool:
    """Say whether what has such a spec does not run."""
    if kind.idle_at is None:
        return False
    field, values = kind.idle_at
    return spec.get(field) in values


def _owing(entry: Entry, operations: Iterable[str]) -> Entry:
    return replace(entry, due=tuple(sorted({*entry.due, *operations})))


def _gathered(keys: Iterable[_Key]) -> dict[Address, tuple[str, ...]]:
    found: dict[Address, list[str]] = {}
    for operation, address in sorted(keys, key=lambda key: (key[1], key[0])):
        found.setdefault(address, []).append(operation)
    return {address: tuple(operations) for address, operations in found.items()}


def _ask(
    rule: OperationRule,
    writes: Sequence[Change],
    operable: Iterable[Address],
    known: set[Address],
    kinds: Kinds,
    asked: dict[_Key, _Paths],
) -> None:
    """Note for all that a rule is about what is written that brings its operation about, be it nothing."""
    selects = globs_of([rule.resources], known).select
    shared = _touched(writes, [trigger for trigger in rule.triggers if trigger.resources], known)
    own = [trigger for trigger in rule.triggers if not trigger.resources]
    written = {change.address: change for change in writes}
    for address in dict.fromkeys(operable):
        if address.kind not in kinds or rule.operation not in kinds[address.kind].operations or not selects(address):
            continue
        found = asked.setdefault((rule.operation, address), {})
        _merge(found, shared)
        if address in written and own:
            _merge(found, _touched([written[address]], own, known))


def _touched(writes: Sequence[Change], triggers: Sequence[TriggerRule], known: set[Address]) -> _Paths:
    found: _Paths = {}
    for trigger in triggers:
        globs = globs_of([trigger.resources], known) if trigger.resources else None
        for change in writes:
            if (globs is None or globs.select(change.address)) and (paths := _paths(change, trigger.path)) is not None:
                found.setdefault(change.address, set()).update(paths)
    return found


def _paths(change: Change, path: str) -> list[str] | None:
    """Return what a change writes at, above or below a path, None for nothing; a delete ends all that there was."""
    if not path or change.action is Action.DELETE:
        return []
    return [item.dotted for item in change.diff if _moves(item, path)] or None


def _moves(item: FieldDiff, path: str) -> bool:
    """Say whether a difference is about a path. One of all that is around it tells what it has there on both sides."""
    if is_below(item.dotted, path):
        return True
    if not is_below(path, item.dotted):
        return False
    below = path[len(item.dotted) + 1 :]
    return item.sensitive or _at(item.before, below) != _at(item.after, below)


def _at(value: Any, below: str) -> Any:
    """Return what stands below a value; keys may hold dots, so that the longest that is there counts."""
    if not below or not isinstance(value, Mapping):
        return None if below else value
    keys = sorted((key for key in value if is_below(below, key)), key=len)
    return _at(value[keys[-1]], below[len(keys[-1]) + 1 :]) if keys else None


def _merge(found: _Paths, more: _Paths) -> None:
    for address, paths in more.items():
        found.setdefault(address, set()).update(paths)


def _planned(
    asked: Mapping[_Key, _Paths], changes: Mapping[Address, Change], owned: Owned, kinds: Kinds
) -> Iterator[PlannedOperation]:
    for (operation, address), found in asked.items():
        change = changes.get(address)
        is_left_over = operation in _due(change, owned, kinds)
        if change is None or not (found or is_left_over) or not _runs_on(change, kinds[address.kind]):
            continue
        triggers = tuple(Trigger(each, tuple(sorted(paths))) for each, paths in sorted(found.items()))
        before = {*found, *((address,) if change.action.writes else ())}
        warning = kinds[address.kind].warnings.get(operation)
        warnings = (warning,) if warning else ()
        yield PlannedOperation(operation, address, triggers, is_left_over, tuple(sorted(before)), warnings)


def _due(change: Change | None, owned: Owned, kinds: Kinds) -> tuple[str, ...]:
    """Return what is left over for a resource; nothing where another has its name since, which started fresh."""
    entry = owned.entries.get(change.address) if change is not None else None
    if change is None or entry is None:
        return ()
    is_ours = entry.is_pending or is_owned(entry, change.live, kinds[change.address.kind])
    return entry.due if is_ours else ()


def _runs_on(change: Change, kind: Kind) -> bool:
    """Say whether what changes, or stays, runs before and after the plan."""
    if change.action not in _STAYS or change.desired is None or change.desired.is_leaver:
        return False
    return change.live is not None and _runs(change.live, change.desired, kind)


def _runs(live: LiveResource, desired: Resource | None, kind: Kind) -> bool:
    if live.is_deleting or is_at_rest(live.spec, kind):
        return False
    return desired is None or not is_at_rest({**live.spec, **desired.spec}, kind)


def _is_put_off(key: _Key, changes: Mapping[Address, Change], live: LiveState, owned: Owned, kinds: Kinds) -> bool:
    """Say whether an operation is on what is ours and the plan is not about, and is not remembered already."""
    operation, address = key
    lives, entry = live.resources.get(address), owned.entries.get(address)
    if address in changes or lives is None or entry is None or operation in entry.due:
        return False
    kind = kinds[address.kind]
    return is_owned(entry, lives, kind) and _runs(lives, None, kind)


def _left_over(changes: Mapping[Address, Change], owned: Owned) -> Iterator[_Key]:
    """Yield what is left over for what stays as it is, or is updated; anything else ends with its entry."""
    for address, entry in owned.entries.items():
        change = changes.get(address) if entry.due else None
        if change is not None and change.action in _STAYS:
            yield from ((operation, address) for operation in entry.due)
