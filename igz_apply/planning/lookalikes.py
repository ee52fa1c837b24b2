"""What a reader may take for the same: names beside each other, and one that goes beside one that comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from igz_apply.authoring.contradictions import meaning_of
from igz_apply.authoring.lookalikes import difference, folded
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
from igz_apply.model.kind import Kind, Kinds, Shape
from igz_apply.model.problems import Problem
from igz_apply.model.resources import LiveState

_Known = tuple[Address, Mapping[str, Any]]


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
    comes, goes = _by_kind(changes, Action.CREATE), _by_kind(changes, Action.DELETE)
    for kind in kinds:
        old, new = goes.get(kind.name), comes.get(kind.name)
        for names in kind.known_by if old and new else ():
            meant = _by_values(old or (), kind, names)
            for values, addresses in _by_values(new or (), kind, names).items():
                alike = meant.get(values, ())
                if len(addresses) == len(alike) == 1:
                    found.setdefault(addresses[0], _looks_like(alike[0], names, kind))
    return found


def _by_kind(changes: Iterable[Change], action: Action) -> Mapping[str, Sequence[_Known]]:
    """Return what comes, as it is to be, or what goes, as it is, where neither is in place of the other."""
    found: dict[str, list[_Known]] = {}
    for change in changes:
        if change.action is action and change.replaces is None and change.replaced_by is None:
            state = change.live if action is Action.DELETE else change.desired
            spec = state.spec if state is not None else {}
            found.setdefault(change.address.kind, []).append((change.address, spec))
    return found


def _looks_like(old: Address, names: Sequence[str], kind: Kind) -> str:
    keeps = "it keeps what it has" if kind.renames else "it is given what that has before it goes"
    return (
        f"looks like a rename of {old}, which this plan deletes: the same {' and '.join(names)}. If it is one, add "
        f"lifecycle.renamed_from: {old.name}, and {keeps}"
    )


def _by_values(known: Iterable[_Known], kind: Kind, names: Sequence[str]) -> Mapping[Any, Sequence[Address]]:
    """Return what has which values of these fields; what lacks one of them is like nothing."""
    fields = [field for name in names if (field := kind.field_named(name)) is not None]
    are_folded = any(field.shape is Shape.FOLDED for field in fields)
    found: dict[Any, list[Address]] = {}
    for address, spec in known:
        values = tuple([spec.get(name) for name in names])
        if None not in values and "" not in values:
            meaning = tuple(map(meaning_of, fields, values)) if are_folded else values
            found.setdefault(meaning, []).append(address)
    return found
