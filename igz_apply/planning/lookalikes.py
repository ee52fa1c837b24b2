"""What a reader may take for the same: names beside each other, and one that goes beside one that comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from igz_apply.authoring.contradictions import meaning_of
from igz_apply.authoring.lookalikes import difference, folded
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.resources import LiveState


def alike_on_the_cluster(chosen: Mapping[Address, Change], live: LiveState) -> Iterator[Problem]:
    """Warn of what is to be created beside something that lives under such a name, and is not declared itself."""
    creates = [change for change in chosen.values() if change.action is Action.CREATE and change.desired is not None]
    kinds = {change.address.kind for change in creates}
    living: dict[tuple[str, str], Address] = {}
    for address in live.resources if creates else ():
        change = chosen.get(address)
        if address.kind in kinds and (change is None or (change.desired is None and not change.action.writes)):
            living[address.kind, folded(address.name)] = address
    for change in creates:
        other = living.get((change.address.kind, folded(change.address.name)))
        if other is not None and other != change.address and change.desired is not None:
            yield Problem(
                summary="Look-alike names",
                detail=f"{change.address} is to be created, and {other}, which lives already, differs from it only in "
                f"{difference(change.address.name, other.name)}.",
                hint=f"Declare {other} instead, if that is meant: a server may take the two for one.",
                severity="warning",
                source=change.desired.source,
                address=change.address,
            )


def look_alikes(changes: Iterable[Change], kinds: Kinds) -> Mapping[Address, str]:
    """Return creates that look like what the same plan deletes, each with a warning that says so.

    Not where several could be meant.
    """
    found: dict[Address, str] = {}
    changes = [change for change in changes if change.action in (Action.CREATE, Action.DELETE)]
    comes = [it for it in changes if it.action is Action.CREATE and it.replaces is None]
    goes = [it for it in changes if it.action is Action.DELETE and it.replaced_by is None]
    for kind in kinds if comes and goes else ():
        for names in kind.known_by:
            old = _by_values(goes, kind, names)
            for values, new in _by_values(comes, kind, names).items():
                meant = old.get(values, ())
                if len(new) == len(meant) == 1:
                    found.setdefault(new[0], _looks_like(meant[0], names, kind))
    return found


def _looks_like(old: Address, names: Sequence[str], kind: Kind) -> str:
    keeps = "it keeps what it has" if kind.renames else "it is given what that has before it goes"
    return (
        f"looks like a rename of {old}, which this plan deletes: the same {' and '.join(names)}. If it is one, add "
        f"lifecycle.renamed_from: {old.name}, and {keeps}"
    )


def _by_values(changes: Iterable[Change], kind: Kind, names: Sequence[str]) -> Mapping[Any, Sequence[Address]]:
    """Return what of a kind has which values of these fields; what lacks one of them is like nothing."""
    fields = [field for field in kind.fields if field.name in names]
    found: dict[Any, list[Address]] = {}
    for change in changes:
        state = change.live if change.action is Action.DELETE else change.desired
        if change.address.kind == kind.name and state is not None:
            values = tuple([state.spec.get(field.name) for field in fields])
            if None not in values and "" not in values:
                meanings = tuple(map(meaning_of, fields, values))
                found.setdefault(meanings, []).append(change.address)
    return found
