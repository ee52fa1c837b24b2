"""Whether a saved plan still fits: the same target, not used before, and nothing moved that it would touch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Origin, Plan
from igz_apply.model.hidden import MASK, Hidden, has_free_parts, hidden_in
from igz_apply.model.ignoring import apart
from igz_apply.model.kind import DELETION_STRATEGY, MARK_KEY, NAME_KEY, Kind, Kinds
from igz_apply.model.plain_values import hashed, hashed_lists
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Entry, LiveResource, LiveState, OnRemoval, Owned
from igz_apply.planning.entry_data import entry_hash
from igz_apply.planning.homes import described, is_same_cluster
from igz_apply.planning.limits import cascades
from igz_apply.planning.ownership import is_another_for_sure, is_owned, learnt, may_be_pruned

Fingerprint = Mapping[str, str]
"""Field -> short hash of its live value; empty for a resource that does not exist. The id counts as a field."""

IDENTITY = "id"
UNTOLD = "?"  # in place of a hash: the cluster does not tell what the field holds
MEMBERSHIPS = "memberships"
HINT = "Make a new plan, have it reviewed, and apply that."


def fingerprints(plan: Plan, live: LiveState, kinds: Kinds) -> Mapping[Address, Fingerprint]:
    """Return the fingerprint of the live state that each change was computed from which writes or takes over.

    A field that the platform moves by itself counts only where the change is about it, and what is ignored never. Of
    memberships, a user's own list counts, and of a group those that the change holds. The order of plain lists does not
    count, since lists from the API come in any order.
    """
    found: dict[Address, Fingerprint] = {}
    ways = {kind.name: _ways_of(kind) for kind in kinds}
    for change in _taken(plan):
        resource = live.resources.get(change.address)
        if resource is None or resource.is_deleting:
            found[change.address] = {}
            continue
        names = {*(edge.edge.user for edge in change.edges), change.address.name}
        members = hashed_lists({user: live.groups_of.get(user, ()) for user in names})
        found[change.address] = {**_fields(ways[change.address.kind], change, resource), MEMBERSHIPS: members}
    return found


def _taken(plan: Plan) -> Iterator[Change]:
    """Yield what a plan changes, takes over or operates on; of what else stays, the inventory knows what it was."""
    operated = {item.address for item in plan.operations}
    return (it for it in plan.changes if it.action is not Action.NO_CHANGE or it.address in operated)


class _Ways(NamedTuple):
    """How the fields of a kind are looked at."""

    restless: frozenset[str]  # those that the platform moves by itself
    part: Callable[[Any], str]


def _ways_of(kind: Kind) -> _Ways:
    restless = frozenset(field.name for field in kind.fields if field.equal is not None)
    return _Ways(restless, _part if has_free_parts(kind) else hashed)  # what our tables describe hides nothing


def _fields(ways: _Ways, change: Change, live: LiveResource) -> Fingerprint:
    restless = ways.restless.difference(item.path[0] for item in change.diff)
    part = ways.part
    is_kept = change.desired is not None and change.desired.is_present
    ignored = change.desired.lifecycle.ignore_changes if is_kept and change.desired is not None else ()
    parts = {
        name: part(apart(value, name, ignored) if ignored else value)
        for name, value in live.spec.items()
        if name not in restless and name not in ignored and name not in live.unknown
    }
    beside = {path: hashed(value) for path, value in ((NAME_KEY, live.called), (MARK_KEY, live.mark)) if value}
    beside.update(dict.fromkeys(sorted(live.unknown), UNTOLD))
    return {**parts, **beside, IDENTITY: hashed(f"{live.id} {live.born}" if live.born else live.id)}


_SECRET = "~"


def _part(value: Any) -> str:
    """Return the hash of a value; where something in it is hidden, that of the rest, and behind a sign that of all.

    A snapshot does not know what is hidden: then nothing is behind the sign, and the rest alone is compared.
    """
    hidden = [each for _, each in hidden_in(value)]
    if not hidden:
        return hashed(value)
    whole = "" if any(each.is_untold for each in hidden) else hashed(value)
    return f"{hashed(_without_hidden(value))}{_SECRET}{whole}"


def told_part(part: str) -> str:
    """Return of a fingerprint's part what anybody can tell who may not know what is hidden."""
    return part.partition(_SECRET)[0]


def _without_hidden(value: Any) -> Any:
    if isinstance(value, Hidden):
        return MASK
    if isinstance(value, Mapping):
        return {key: _without_hidden(below) for key, below in value.items()}
    return [_without_hidden(below) for below in value] if isinstance(value, list | tuple) else value


def _is_same(one: str | None, other: str | None) -> bool:
    """Compare parts; where one of them does not know what is hidden, as far as both do."""
    if one is None or other is None or not (one.endswith(_SECRET) or other.endswith(_SECRET)):
        return one == other
    return _SECRET in one and _SECRET in other and told_part(one) == told_part(other)


def _differing(one: Fingerprint, other: Fingerprint) -> list[str]:
    """Return the fields that differ in what the cluster told both times: of the rest nobody knows."""
    names = one.keys() | other.keys()
    return sorted(
        it for it in names if UNTOLD not in (one.get(it), other.get(it)) and not _is_same(one.get(it), other.get(it))
    )


def stale(saved: Plan, live: LiveState, owned: Owned, kinds: Kinds, *, was_used: bool) -> Iterator[Problem]:
    """Yield why a saved plan must not be applied any more: it was used, or is for another target, or what moved."""
    if was_used:
        yield Problem("Used plan", "This plan has been applied before; a plan is applied once.", HINT)
        return
    other = list(_other_target(saved, live))
    if other:
        yield from other
        return
    yield from moved(saved, live, owned, kinds)
    yield from _disowned(saved, owned, live, kinds)
    yield from _ended_otherwise(saved, owned)
    yield from _remembered_otherwise(saved, owned, kinds)


def moved(plan: Plan, live: LiveState, owned: Owned, kinds: Kinds) -> Iterator[Problem]:
    """Yield what has moved that a plan would touch, take over, leave as ours or forget."""
    now = fingerprints(plan, live, kinds)
    for change in _taken(plan):
        if why := live.hidden.get(change.address):
            yield _moved(change.address, f"{change.address} is not visible now: {why}.")
            continue
        before, after = plan.fingerprints.get(change.address), now[change.address]
        if before is None or _differing(before, after):
            yield _moved(change.address, _how(change.address, before, after))
    for change in plan.changes:
        if change.action is Action.NO_CHANGE and (how := _no_longer(change.address, live, owned, kinds)):
            yield _moved(change.address, how)
    for address in plan.dropped:
        entry, there = owned.entries.get(address), live.resources.get(address)
        is_gone = entry is None or there is None or is_another_for_sure(entry, there, kinds[address.kind])
        if not is_gone or address in live.hidden:
            yield _moved(address, f"{address} was gone when the plan was made, and is not known to be gone now.")

    yield from _operated_since(plan, owned)
    for address in sorted(plan.forgotten):
        entry, there = owned.entries.get(address), live.resources.get(address)
        is_ours = there is not None and may_be_pruned(entry, there, kinds[address.kind])
        if entry is None or entry.on_removal != "forget" or not is_ours or address in live.hidden:
            yield _moved(address, f"{address} was to be forgotten when the plan was made, and is not as it was then.")

    for address, known in plan.undo.seen.items() if plan.undo is not None else ():
        if entry_hash(owned.entries.get(address)) != known:
            yield _moved(address, f"The inventory holds something else of {address} than when the plan was made.")


def _operated_since(plan: Plan, owned: Owned) -> Iterator[Problem]:
    """Yield what was to be done because an earlier run had left it over, and what another run has done since."""
    for item in plan.operations:
        entry = owned.entries.get(item.address)
        if not item.triggers and (entry is None or item.operation not in entry.due):
            detail = f"The {item.operation} of {item.address} was left over when the plan was made, and is not now."
            yield _moved(item.address, detail)


def _moved(address: Address, how: str) -> Problem:
    return Problem("Moved since the plan", how, HINT, address=address)


def _no_longer(address: Address, live: LiveState, owned: Owned, kinds: Kinds) -> str:
    """Say why what was ours, and as declared, is not any more; "" where it is."""
    entry, there = owned.entries.get(address), live.resources.get(address)
    if why := live.hidden.get(address):
        return f"{address} is not visible now: {why}."
    if there is None or there.is_deleting:
        return f"{address} existed when the plan was made, and is gone."
    if entry is not None and not is_owned(entry, there, kinds[address.kind]):
        return f"{address} is not known to be what it was when the plan was made: deleted there and made anew?"
    return ""


def _disowned(saved: Plan, owned: Owned, live: LiveState, kinds: Kinds) -> Iterator[Problem]:
    """What the plan took for ours, and the inventory does not hold any more: forgotten, or another inventory."""
    for change in saved.changes:
        entry, there = owned.entries.get(change.address), live.resources.get(change.address)
        was_ours = change.action.makes and change.origin not in (None, Origin.UNKNOWN, Origin.GIT)
        was_ours = was_ours or (change.action is Action.UPDATE and change.origin is Origin.GIT)
        was_ours = was_ours or change.action is Action.NO_CHANGE
        is_ours = _is_ours(change, entry, there, kinds[change.address.kind])
        if not is_ours and (_ends_what_is_ours(change) or (was_ours and entry is None)):
            detail = f"{change.address} was owned when the plan was made, and is not owned by this inventory any more."
            yield Problem("No longer owned", detail, HINT, address=change.address)


def _is_ours(change: Change, entry: Entry | None, there: LiveResource | None, kind: Kind) -> bool:
    """Say whether it is ours still, and as surely as planning asked."""
    if there is not None and _ends_what_is_ours(change):
        return may_be_pruned(entry, there, kind)
    return is_owned(entry, there, kind)


def _ends_what_is_ours(change: Change) -> bool:
    """Say whether a change ends what is ours and no manifest says is to go: declared no more, replaced, disabled."""
    return change.switches_off or (change.action is Action.DELETE and change.desired is None)


def _remembered_otherwise(saved: Plan, owned: Owned, kinds: Kinds) -> Iterator[Problem]:
    """What a plan leaves as it is, and of which the inventory would learn what it was not to learn then.

    Others may have begun to protect it, say: an older plan must not take that back.
    """
    for address in sorted(learnt(saved, owned.entries, kinds) - saved.learns):
        how = "The inventory remembers something else of it than when the plan was made, which would take that back."
        yield _moved(address, f"{address} stays as it is. {how}")


def _ended_otherwise(saved: Plan, owned: Owned) -> Iterator[Problem]:
    """What no manifest declared, and is to end otherwise now by what the inventory remembers: declared in between."""
    for change in saved.changes:
        entry = owned.entries.get(change.address)
        if entry is None or not change.is_pruned:
            continue
        planned: OnRemoval = "delete" if change.action is Action.DELETE else "disable"
        if entry.on_removal != planned:
            was, now = _ENDED[planned], _ENDED[entry.on_removal]
            how = f"was to be {was} when the plan was made, and is to be {now} now, as lifecycle.on_removal says."
            yield _moved(change.address, f"{change.address} {how}")
        elif cascades(change) and entry.deletion_strategy != change.deletion_strategy:
            how = "was to be deleted with all that is in it when the plan was made, and is not now, as"
            yield _moved(change.address, f"{change.address} {how} {DELETION_STRATEGY} says.")


_ENDED: Mapping[OnRemoval, str] = {"delete": "deleted", "disable": "disabled", "forget": "forgotten"}


def of_another_platform(saved: Plan, here: str) -> Problem:
    """Return that a plan is about the kinds of another platform than the one that runs."""
    return Problem("Other target", f"The plan was made for the platform {saved.platform}, and this is {here}.", HINT)


def _other_target(saved: Plan, live: LiveState) -> Iterator[Problem]:
    made_for, here = saved.caller.home, live.caller.home
    if not is_same_cluster(made_for, here):
        detail = f"The plan was made for {described(made_for)}, and this is {described(here)}."
        yield Problem("Other target", detail, HINT)


def _how(address: Address, before: Fingerprint | None, after: Fingerprint) -> str:
    if before is None:
        return f"The plan has no fingerprint of {address}."
    if not before:
        return f"{address} did not exist when the plan was made, and does now."
    if not after:
        return f"{address} existed when the plan was made, and is gone."
    if before.get(IDENTITY) != after.get(IDENTITY):
        return f"{address} was deleted and made anew since the plan."
    return f"{address} has changed on the cluster since the plan: {', '.join(_differing(before, after))}."
