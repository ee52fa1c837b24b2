"""Absence is no proof: what the inventory holds and a list lacks is asked for by itself.

Nothing is taken for gone that was only not listed. That costs one call for each resource that is missing, and none
where nothing is. What is declared and not owned is looked for too, where the caller sees its kind by half: it may be
there already, and hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from igz_apply.errors import PlaneError
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kinds
from igz_apply.model.resources import LiveResource, LiveState, Owned
from igz_apply.planning.identity import lacking
from igz_apply.ports import Pool, Presence, Reader, Sighting

_NAMED = 5  # how many untold resources an error names
_SOMEWHERE = (Presence.THERE, Presence.LEAVING, Presence.HIDDEN)
_UNLISTED = "no list shows it to this account, and asked for by itself it is there"


def with_absence_confirmed(
    live: LiveState, owned: Owned, reader: Reader, kinds: Kinds, pool: Pool, declared: Iterable[Address] = ()
) -> LiveState:
    """Return live state in which all that the inventory holds is there, known to be gone, or named as hidden.

    So is what is `declared` of kinds that the caller sees by half, except that a 404 tells nothing there: what is known
    to be there is named as hidden, and the rest stays unknown. Raises PlaneError when a list lacks what is there and
    owned: it cannot be trusted, nor can what was read beside it.
    """
    live = _with_declared(live, owned, reader, kinds, pool, declared)
    missing = lacking(live, owned, kinds)
    if not missing:
        return live
    seen: dict[Address, Sighting] = {}
    for kind in kinds:
        ids = {address.name: owned.entries[address].id for address in missing if address.kind == kind.name}
        if ids:
            found = reader.sightings(kind, ids, live, pool)
            seen.update((kind.address(name), sighting) for name, sighting in found.items())
    if untold := sorted(address for address, sighting in seen.items() if sighting.presence is Presence.THERE):
        raise _untrusted(untold, seen, reader, kinds)
    if _lacks_its_own_caller(live, seen, kinds):
        raise _lacking_caller(live, reader, kinds)
    leaving = {
        address: LiveResource(address, sighting.id, {}, is_deleting=True)
        for address, sighting in seen.items()
        if sighting.presence is Presence.LEAVING and sighting.name == address.name
    }
    return replace(
        live,
        resources={**leaving, **live.resources},
        hidden={
            **live.hidden,
            **{it: why for it, sighting in sorted(seen.items()) if (why := _why_hidden(it, sighting, live))},
        },
    )


def _with_declared(
    live: LiveState, owned: Owned, reader: Reader, kinds: Kinds, pool: Pool, declared: Iterable[Address]
) -> LiveState:
    """Return live state that names as hidden what is declared, is not owned, and is there or refused to the caller."""
    unseen = sorted(
        address
        for address in declared
        if address.kind in live.partial and address not in live.resources and address not in owned.entries
        if not kinds[address.kind].together
    )
    sightings: dict[Address, Sighting] = {}
    for kind in kinds:
        if names := {address.name: "" for address in unseen if address.kind == kind.name}:
            found = reader.sightings(kind, names, live, pool)
            sightings.update((kind.address(name), sighting) for name, sighting in found.items())
    hidden = {it: sighting.why or _UNLISTED for it, sighting in sightings.items() if sighting.presence in _SOMEWHERE}
    return replace(live, hidden={**live.hidden, **hidden}) if hidden else live


def _lacks_its_own_caller(live: LiveState, seen: Mapping[Address, Sighting], kinds: Kinds) -> bool:
    """Say whether users are said to be gone by a cluster that denies the very one who asks."""
    users = kinds.membership.user_kind
    are_gone = any(it.presence is Presence.GONE and address.kind == users for address, it in seen.items())
    return are_gone and bool(live.caller.username) and Address(users, live.caller.username) not in live.resources


def _why_hidden(address: Address, sighting: Sighting, live: LiveState) -> str:
    if sighting.presence is Presence.HIDDEN:
        return sighting.why
    return live.partial.get(address.kind, "") if sighting.presence is Presence.GONE else ""


def _untrusted(untold: Sequence[Address], seen: Mapping[Address, Sighting], reader: Reader, kinds: Kinds) -> PlaneError:
    paths = ", ".join(sorted({reader.listed_at(kinds[address.kind]) for address in untold}))
    named = ", ".join(_named(address, seen[address]) for address in untold[:_NAMED])
    more = f" and {len(untold) - _NAMED:,} more" if len(untold) > _NAMED else ""
    return PlaneError(
        f"GET {paths} did not list {len(untold):,} that the inventory holds and that, asked for by itself, is there: "
        f"{named}{more}. A list that leaves something out cannot be trusted; nothing was changed, nothing forgotten",
        hint="Run the command again: another run may have made it just now. If the list stays short, tell whoever runs "
        "the cluster.",
        method="GET",
        path=paths,
    )


def _lacking_caller(live: LiveState, reader: Reader, kinds: Kinds) -> PlaneError:
    path = reader.listed_at(kinds[kinds.membership.user_kind])
    return PlaneError(
        f"GET {path} did not list {live.caller.username}, as whom this runs, and users that the inventory holds are "
        "said to be gone. Such a list cannot be trusted; nothing was changed, nothing forgotten",
        hint="Run the command again. If the list stays so, tell whoever runs the cluster; what is gone for sure can be "
        "dropped by igz-apply forget.",
        method="GET",
        path=path,
    )


def _named(address: Address, sighting: Sighting) -> str:
    return f"{address} (called {sighting.name} now)" if sighting.name not in ("", address.name) else str(address)
