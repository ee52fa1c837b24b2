"""What the inventory has to remember of a change, before it is sent and after."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Handover, Plan
from igz_apply.model.comparison import means, with_value, without_path
from igz_apply.model.hidden import Hidden, has_free_parts, hidden_in
from igz_apply.model.ignoring import apart
from igz_apply.model.kind import DELETION_STRATEGY, MARK_PATH, Kind, Kinds
from igz_apply.model.resources import Entry, LiveResource, Resource, SecretRef

Entries = dict[Address, Entry]


def is_owned(entry: Entry | None, live: LiveResource | None, kind: Kind) -> bool:
    """Say whether an entry stands for the resource that lives, or lived, under its address.

    A pending entry is not yet ownership. One of another id stands for a resource that has gone: somebody else made
    what lives under the name now, and that is not ours. Where the platform gives no ids, what is remembered has to tell
    that it is the very one; and so where an id is made of the name.
    """
    if entry is None or entry.is_pending:
        return False
    if live is None:
        return True
    if not kind.has_ids:
        return _is_tied(entry, live, kind)
    if entry.id != live.id:
        return False
    # From 3.5.4 on the id of a project is made of its name (wire reference, section 10.4).
    return not live.born or (entry.born == live.born if entry.born else _is_tied(entry, live, kind))


def is_another_for_sure(entry: Entry, live: LiveResource | None, kind: Kind) -> bool:
    """Say whether what lives under the name is certainly not what an entry stands for, rather than perhaps not."""
    if live is None or not kind.has_ids:
        return False
    return entry.id != live.id or bool(entry.born and live.born and entry.born != live.born)


def _is_tied(entry: Entry, live: LiveResource, kind: Kind) -> bool:
    """Say whether a resource without an id is the one that was applied, and not another of its name.

    Our own mark tells, and that it is missing; where none was left, what seldom changes has to be as it was applied.
    Where not all of that was stated, everything has to be.
    """
    if entry.mark:
        return entry.mark == live.mark
    if any(not _is_as_applied(name, entry, live.spec, kind) for name in kind.ties):
        return False
    if all(entry.values.get(name) is not None for name in kind.ties):
        return True
    return _is_all_as_applied(entry, live, kind)


def may_be_pruned(entry: Entry | None, live: LiveResource, kind: Kind) -> bool:
    """Say whether what lives is ours beyond doubt: a wrong update can be taken back, a wrong delete cannot.

    Where neither an id nor our mark tells, all that was applied has to be as it was.
    """
    if entry is None or not is_owned(entry, live, kind):
        return False
    return kind.has_ids or bool(entry.mark) or _is_all_as_applied(entry, live, kind)


def _is_all_as_applied(entry: Entry, live: LiveResource, kind: Kind) -> bool:
    # Whoever switches on again what was switched off has not made another of it.
    loose = kind.switches if entry.is_removed else ()
    stated = [name for name, value in entry.values.items() if value is not None and name not in loose]
    return bool(stated) and all(_is_as_applied(name, entry, live.spec, kind) for name in stated)


def _is_as_applied(name: str, entry: Entry, live: Mapping[str, Any], kind: Kind) -> bool:
    """Say whether a field means what was applied; what was not stated, or never lives, cannot tell."""
    field, value = kind.field_named(name), entry.values.get(name)
    lives = apart(live.get(name), name, entry.ignored)
    return field is None or field.steers or value is None or means(field, value, lives, entry.values, live)


def opened(entries: Mapping[Address, Entry], plan: Plan) -> Entries:
    """Return the inventory as it has to be before the first call of an apply.

    Creates are noted as pending, so that a run that is cut off can take over what it made; what is already as declared
    is owned; what is gone and wanted no more, or to be forgotten, is dropped.
    """
    ended = plan.dropped.keys() | plan.forgotten
    found = {address: entry for address, entry in entries.items() if address not in ended}
    for change in plan.changes:
        entry = found.get(change.address)
        if change.action is Action.CREATE:
            found[change.address] = _pending(entry)
        elif change.action in (Action.ADOPT, Action.NO_CHANGE):
            found[change.address] = applied(change, entry, "")
    return found


def learnt(plan: Plan, entries: Mapping[Address, Entry], kinds: Kinds) -> frozenset[Address]:
    """Return what is as declared, and of which an apply makes the inventory remember something else than it does.

    A manifest may have begun to protect a resource, or to state what it has anyway. What is hidden stays out of it: to
    compare it costs more than it tells.
    """
    return frozenset(
        change.address
        for change in plan.changes
        if change.action is Action.NO_CHANGE and not _is_remembered(change, entries.get(change.address), kinds)
    )


def _is_remembered(change: Change, entry: Entry | None, kinds: Kinds) -> bool:
    """Say whether an entry says already what a change that does nothing would have it say."""
    desired = change.desired
    if entry is None or desired is None:
        return True  # nothing is as declared that is not owned: a plan that says so is refused elsewhere
    if desired.is_leaver:
        return entry.is_removed and _is_within(desired, entry)
    lifecycle, spec = desired.lifecycle, desired.spec
    if (
        lifecycle.prevent_destroy != entry.prevent_destroy
        or lifecycle.on_removal != entry.on_removal
        or lifecycle.ignore_changes != entry.ignored
        or lifecycle.depends_on != entry.depends_on
        or (spec.get(DELETION_STRATEGY) or "") != entry.deletion_strategy
        or entry.is_removed
        or entry.is_pending
    ):
        return False
    if not has_free_parts(kinds[change.address.kind]) and spec == entry.values:
        return True
    return _is_alike(_remembered(desired, change.handover), entry.values)


def _is_within(desired: Resource, entry: Entry) -> bool:
    stated = {name: entry.values.get(name, _SECRET) for name in desired.spec}
    return desired.lifecycle.on_removal == entry.on_removal and _is_alike(desired.spec, stated)


def _is_alike(one: Any, other: Any) -> bool:
    """Compare what is remembered, leaving out what is hidden on either side."""
    if isinstance(one, Hidden) or isinstance(other, Hidden):
        return True
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_is_alike(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_is_alike, one, other))
    return bool(one == other)


def put_back(entries: Entries, plan: Plan, writes: Collection[Address]) -> Entries:
    """Return the inventory as a plan that undoes a run wants it, but for what it `writes`: that is known once done."""
    if plan.undo is None:
        return entries
    here = {address: entry for address, entry in plan.undo.restored.items() if address not in writes}
    kept = {address: entry for address, entry in entries.items() if address not in here}
    again = {
        address: _with_secrets(entry, entries.get(address)) for address, entry in here.items() if entry is not None
    }
    return {**kept, **again}


def undone(change: Change, made: Entry | None, before: Entry | None) -> Entry | None:
    """Return the entry from before a run, once a change has undone what that did; `made` is what it would leave.

    What was made anew has another id.
    """
    if before is None or made is None:
        return before
    entry = replace(before, mark=made.mark, secrets=made.secrets)
    return replace(entry, id=made.id, born=made.born) if change.action is Action.CREATE else entry


def _with_secrets(entry: Entry, now: Entry | None) -> Entry:
    """Return an entry with the hashes of what was sent last: a plan and a record hold none."""
    return replace(entry, secrets=now.secrets if now is not None else {})


def applied(change: Change, entry: Entry | None, identity: str, secrets: Mapping[str, str] | None = None) -> Entry:
    """Return the entry of a resource that is as declared; `secrets` are the hashes of those that were sent."""
    desired = change.desired
    assert desired is not None, f"{change.address} is not declared"
    if desired.is_leaver and entry is not None:
        return _switched_off(change, desired, entry)
    is_same = change.action in (Action.UPDATE, Action.NO_CHANGE) and not change.takes_over
    return Entry(
        id=identity or (change.live.id if change.live is not None else ""),
        values=_remembered(desired, change.handover),
        secrets={**(entry.secrets if entry is not None and is_same else {}), **(secrets or {})},
        mark=_mark_left(change),
        born=change.live.born if change.live is not None and change.action is not Action.CREATE else "",
        prevent_destroy=desired.lifecycle.prevent_destroy,
        deletion_strategy=str(desired.spec.get(DELETION_STRATEGY) or ""),
        filled=_still_filled(change, entry),
        ignored=desired.lifecycle.ignore_changes,
        on_removal=desired.lifecycle.on_removal,
        depends_on=desired.lifecycle.depends_on,
        due=entry.due if entry is not None and change.action is not Action.CREATE else (),
    )


def _switched_off(change: Change, desired: Resource, entry: Entry) -> Entry:
    """Return the entry of what was switched off: all that tells it from another of its name is not stated then."""
    return replace(
        entry,
        values={**entry.values, **desired.spec},
        mark=_mark_left(change),
        filled=_still_filled(change, entry),
        on_removal=desired.lifecycle.on_removal,
        is_removed=True,
        due=(),
    )


def shows_hidden(known: Mapping[Address, Entry], now: Mapping[Address, Entry], kinds: Kinds) -> bool:
    """Say whether what an older release remembered has in clear what may be a secret, and is hidden now."""
    return any(
        len(list(hidden_in(entry.values))) < len(list(hidden_in(now[address].values)))
        for address, entry in known.items()
        if address in now and has_free_parts(kinds[address.kind])
    )


def _mark_left(change: Change) -> str:
    """Return the mark that a resource bears once a change of it is done."""
    written = (str(item.after) for item in change.diff if item.path == MARK_PATH)
    return next(written, change.live.mark if change.live is not None else "")


def _still_filled(change: Change, entry: Entry | None) -> Mapping[str, str]:
    """Return what the platform had filled in and the change leaves alone; of what it writes, reading back will tell."""
    if entry is None or change.action is Action.CREATE:
        return {}
    written = {item.dotted for item in change.diff}
    return {path: known for path, known in entry.filled.items() if path not in written}


def _pending(entry: Entry | None) -> Entry:
    """Keep what was known of a resource that has vanished, its protection above all."""
    if entry is None:
        return Entry(id="", is_pending=True)
    return Entry(
        id="",
        is_pending=True,
        values=entry.values,
        ignored=entry.ignored,
        prevent_destroy=entry.prevent_destroy,
        deletion_strategy=entry.deletion_strategy,
        on_removal=entry.on_removal,
        depends_on=entry.depends_on,
    )


def _remembered(desired: Resource, handover: Handover | None) -> Mapping[str, Any]:
    """Return what a manifest states: not what was only handed on, which nobody has declared."""
    ignored, spec = desired.lifecycle.ignore_changes, desired.spec
    for path in handover.carried if handover is not None else ():
        spec = without_path(spec, path)
    for path, value in handover.stated if handover is not None else ():
        spec = with_value(spec, path, value)
    return {
        name: value
        for name, value in ((n, _without_secrets(apart(v, n, ignored))) for n, v in spec.items())
        if value is not _SECRET and name not in ignored
    }


_SECRET = object()


def _without_secrets(value: Any) -> Any:
    """Leave references to secrets out, at any depth."""
    if isinstance(value, SecretRef):
        return _SECRET
    if isinstance(value, Mapping):
        cleaned = {key: _without_secrets(below) for key, below in value.items()}
        return {key: below for key, below in cleaned.items() if below is not _SECRET}
    return value
