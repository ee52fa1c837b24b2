"""What manifests rename: live state and inventory under the names that are to be (`lifecycle.renamed_from`).

Planning sees everything under its new name, as it does what somebody renamed on the cluster: the name itself is then
all that differs. What lies in something that is renamed gets its name with it, by no call of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from igz_apply.authoring.renamings import KEY, Renaming, depth, renamings, unclear
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.kind import NAME_PATH, Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Entry, LiveResource, LiveState, Owned, Resource
from igz_apply.planning.identity import (
    called_otherwise,
    is_brought_along,
    named_in,
    named_so,
    under_owned_names,
    with_names,
)

Resources = Mapping[Address, Resource]


def stated_in(plan: Plan) -> Resources:
    """Return what a plan shows to be declared."""
    return {change.address: change.desired for change in plan.changes if change.desired is not None}


def under_our_names(
    live: LiveState, owned: Owned, kinds: Kinds, declared: Mapping[Address, bool], resources: Resources
) -> LiveState:
    """Return what lives under the names that we own it by, or that manifests give it, wherever it is named.

    `resources` are those of what is `declared` that the run is about.
    """
    first = live = under_owned_names(live, owned, kinds, declared)
    stated = renamings(resources, kinds)
    for level in sorted({depth(it.address, kinds) for it in stated}):
        here = [it for it in stated if depth(it.address, kinds) == level]
        live = named_so(live, _names(here, first, live, owned, resources), kinds)
    return live


def _names(
    here: Iterable[Renaming], first: LiveState, live: LiveState, owned: Owned, resources: Resources
) -> dict[str, dict[str, str]]:
    """Return kind -> the name that something has -> the one that it is to have, where it is clear what is meant.

    What it lies in may have another name by now than it had at `first`: its id tells where it is.
    """
    names: dict[str, dict[str, str]] = {}
    now = {(it.kind, each.id): it for it, each in live.resources.items() if each.id}
    for renaming in here:
        kind, name = renaming.address
        if renaming.address in live.resources or any(it in resources for it in renaming.places):
            continue
        before = first.resources.get(renaming.old)
        places = (*((now.get((kind, before.id)),) if before is not None else ()), *renaming.places)
        found = next((it for it in places if it is not None and _lives(it, live)), None)
        found = found or _begun(renaming, now, owned)
        if found is not None and found not in resources:
            names.setdefault(kind, {}).setdefault(found.name, name)
    return names


def _lives(address: Address, live: LiveState) -> bool:
    there = live.resources.get(address)
    return there is not None and not there.is_deleting


def _begun(renaming: Renaming, now: Mapping[tuple[str, str], Address], owned: Owned) -> Address | None:
    """Return where the resource is that an apply, which was cut off, had begun to rename: it noted the id before."""
    entry = owned.entries.get(renaming.address)
    return now.get((renaming.address.kind, entry.id)) if entry is not None and entry.id else None


def under_new_names(owned: Owned, live: Mapping[Address, LiveResource], resources: Resources, kinds: Kinds) -> Owned:
    """Return what is owned by the names that manifests give it: `live` is under those names already.

    Ids tell. An entry of something that lies in what is renamed goes along, be it declared or not.
    """
    stated = renamings(resources, kinds)
    if not stated:
        return owned
    new = {it.address for it in stated}
    moves = {
        old: Address(old.kind, name)
        for old, name in called_otherwise(live, owned, kinds).items()
        if _is_below(Address(old.kind, name), new, kinds)
    }
    for address, resource in live.items():
        old = Address(address.kind, resource.cluster_name)
        entry = owned.entries.get(old)
        if old != address and entry is not None and entry.is_pending and _is_below(address, new, kinds):
            moves.setdefault(old, address)
    if not moves:
        return owned
    names = with_names(moves.items())
    entries = {address: _renamed_in(address, each, names, kinds) for address, each in owned.entries.items()}
    moved = {moves[old]: entries[old] for old in moves}
    kept = {address: each for address, each in entries.items() if address not in moves}
    return replace(owned, entries={**kept, **moved})


def _renamed_in(address: Address, entry: Entry, names: Mapping[str, Mapping[str, str]], kinds: Kinds) -> Entry:
    if address.kind not in kinds or not kinds[address.kind].referring:
        return entry
    return replace(entry, values=named_in(kinds[address.kind].referring, entry.values, names))


def _is_below(address: Address, tops: Iterable[Address], kinds: Kinds) -> bool:
    """Say whether a resource is one of these, or lies in one."""
    sep = kinds[address.kind].inside
    return any(
        address == top or (sep and top.kind == address.kind and address.name.startswith(f"{top.name}{sep}"))
        for top in tops
    )


def noted(entries: Mapping[Address, Entry], plan: Plan) -> dict[Address, Entry]:
    """Return the inventory with the ids of what is renamed and not ours yet, so that a run that is cut off finds it.

    Between the two calls that change a name and its place, it has neither its old path nor its new one.
    """
    found = dict(entries)
    for change in plan.changes:
        if change.takes_over and change.live is not None and is_renamed(change) and change.address not in entries:
            found[change.address] = Entry(change.live.id, is_pending=True)
    return found


def is_renamed(change: Change) -> bool:
    """Say whether a change gives a resource another name."""
    return any(item.path == NAME_PATH for item in change.diff)


def is_by_manifest(change: Change, kinds: Kinds) -> bool:
    """Say whether a manifest gives the name, rather than that one is put back which somebody has changed there."""
    desired, live = change.desired, change.live
    if desired is None or live is None or not desired.lifecycle.renamed_from:
        return False
    old, new, sep = desired.lifecycle.renamed_from, change.address.name, kinds[change.address.kind].inside
    return live.called in (old, *((_put(old, new, sep), _put(new, old, sep)) if sep else ()))


def _put(place: str, name: str, sep: str) -> str:
    """Return the last part of a name where another one lies."""
    above, last = place.rpartition(sep)[0], name.rpartition(sep)[2]
    return f"{above}{sep}{last}" if above else last


def left_behind(chosen: Mapping[Address, Change], kinds: Kinds) -> Iterator[tuple[Address, Address]]:
    """Yield what is deleted, each with what lies in it now and moves out of it before."""
    leaving = {
        (change.address.kind, change.live.cluster_name): change.address
        for change in chosen.values()
        if change.action is Action.DELETE and change.live is not None and kinds[change.address.kind].inside
    }
    for change in chosen.values() if leaving else ():
        sep = kinds[change.address.kind].inside
        if not sep or not change.action.makes or change.live is None or not change.live.called:
            continue
        above = change.live.cluster_name
        while sep in above:
            above = above.rpartition(sep)[0]
            if (change.address.kind, above) in leaving:
                yield leaving[change.address.kind, above], change.address


def rename_problems(
    resources: Resources, live: LiveState, kinds: Kinds, chosen: Mapping[Address, Change]
) -> Iterator[Problem]:
    """Yield what nobody can tell of names that are to change, at the place of the key."""
    for renaming in renamings(resources, kinds):
        address, old = renaming.address, renaming.old
        change = chosen.get(address)
        if change is None:
            continue
        there = next((it for it in renaming.places if it not in resources and _lives(it, live)), None)
        if there is not None:
            called = live.resources[there].cluster_name
            name = f"{address.kind}/{called}"
            both = f", and both {name} and {address} live" if address in live.resources else f", and {name} lives still"
            yield unclear(
                renaming,
                f"{address} was called {old.name}, as it says{both}: nobody can tell which of them is meant.",
                f"If {address} is the one, take the line `renamed_from` out. If {name} is, delete {address} on the "
                "cluster, or give it another name there, and plan again.",
            )
        elif change.action is Action.CREATE:
            found = unclear(renaming, _nothing_found(renaming, live, kinds), _NEITHER)
            yield replace(found, summary="Nothing to rename", severity="warning")


def out_of_the_way(
    chosen: Mapping[Address, Change], needs: Mapping[Address, frozenset[Address]], live: LiveState, kinds: Kinds
) -> tuple[Mapping[Address, frozenset[Address]], tuple[Problem, ...]]:
    """Return what each change waits for, so that no rename meets another of the name that it has half way.

    A name is changed before its place: in between, the new last part stands where the resource has been.
    """
    found, problems = dict(needs), []
    for change, other in _in_the_way(chosen, live, kinds):
        held = chosen.get(other.address)
        if held is not None and (held.action is Action.DELETE or is_renamed(held)):
            found[change.address] = found.get(change.address, frozenset()) | {other.address}
        else:
            problems.append(_half_taken(change, other))
    return found, tuple(problems)


def _in_the_way(
    chosen: Mapping[Address, Change], live: LiveState, kinds: Kinds
) -> Iterator[tuple[Change, LiveResource]]:
    """Yield what gets another name and another place, with what has its new last part where it is now."""
    half = {}
    for change in chosen.values():
        sep = kinds[change.address.kind].inside
        if sep and change.live is not None and is_renamed(change):
            name = _put(change.live.cluster_name, change.address.name, sep)
            if name not in (change.live.cluster_name, change.address.name):
                half[change.address.kind, name] = change
    for other in live.resources.values() if half else ():
        change_met = half.get((other.address.kind, other.cluster_name))
        if change_met is not None and other is not change_met.live:
            yield change_met, other


def _half_taken(change: Change, other: LiveResource) -> Problem:
    called = f"{change.address.kind}/{other.cluster_name}"
    return Problem(
        summary="Name taken",
        detail=f"{change.address} gets its name before its place, and would be called {other.cluster_name} in between, "
        f"as {called} is.",
        hint="Do it in two applies: first put it in its new place under its old name, then rename it there.",
        source=change.desired.positions.value(KEY) if change.desired is not None else None,
        address=change.address,
    )


_NEITHER = "If it is there under another name, state that one. If it is to be new, take the line `renamed_from` out."


def _nothing_found(renaming: Renaming, live: LiveState, kinds: Kinds) -> str:
    """Say that the old name is nowhere, and what is called as a rename that was cut off would leave it."""
    address, old = renaming.address, renaming.old
    said = f"Nothing on the cluster is called {old.name} or {address.name}: {address} is created."
    half = _halfway(renaming, kinds)
    if half is None or not _lives(half, live):
        return said
    return f"{said} {half} lives, and is called as a rename that was cut off half way would have left {old.name}."


def _halfway(renaming: Renaming, kinds: Kinds) -> Address | None:
    (kind, old), new = renaming.old, renaming.address.name
    sep = kinds[kind].inside
    half = _put(old, new, sep) if sep else old
    return None if half in (old, new) else Address(kind, half)


def brought_along_unasked(
    change: Change, resources: Resources, live: Mapping[Address, LiveResource], kinds: Kinds
) -> int:
    """Count what nobody declares and gets another path by a change, as it lies in what that renames."""
    sep = kinds[change.address.kind].inside
    if not sep or not is_renamed(change):
        return 0
    inside = (
        each
        for it, each in live.items()
        if it.kind == change.address.kind and it.name.startswith(f"{change.address.name}{sep}") and it not in resources
    )
    return sum(1 for each in inside if is_brought_along(each, live, sep))
