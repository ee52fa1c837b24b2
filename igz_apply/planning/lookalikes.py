"""Names that are to come to live beside what a reader, or a server that folds them, takes for the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from igz_apply.authoring.lookalikes import difference, folded
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
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
