"""What is known and found of a way back, which the parts of `undoing` share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import field, replace
from typing import Any

from igz_apply.authoring.exporting import ExportedResource
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
from igz_apply.model.kind import Kinds
from igz_apply.model.outcomes import Status
from igz_apply.model.plain_values import tagged
from igz_apply.model.problems import Problem
from igz_apply.model.records import RunRecord
from igz_apply.model.resources import Edge, Entry, LiveResource, LiveState, Owned
from igz_apply.planning.ownership import applied
from igz_apply.values import dataclass

MOVED = "Moved since the run"
HINT = "Leave it out with --except, or put it back by hand; or undo what came later first."

Names = dict[str, dict[str, str]]  # kind -> the name after the run -> the one before it


@dataclass(slots=True)
class WayBack:
    """What is known of a run, and what has been found so far of how to undo it."""

    record: RunRecord
    live: LiveState
    owned: Owned
    kinds: Kinds
    is_wanted: Callable[[Address], bool]
    specs: dict[Address, dict[str, Any]] = field(default_factory=dict)
    absent: dict[Address, None] = field(default_factory=dict)
    remade: dict[Address, ExportedResource] = field(default_factory=dict)
    edges: dict[Edge, bool] = field(default_factory=dict)  # whether it is to stand
    holders: set[Address] = field(default_factory=set)  # of whose side the list is stated
    names: Names = field(default_factory=dict)
    unrenamed: set[Address] = field(default_factory=set)  # what has the name of before, and we own by the other
    restored: dict[Address, Entry | None] = field(default_factory=dict)
    moved: list[Problem] = field(default_factory=list)
    lost: dict[Address, list[str]] = field(default_factory=dict)
    settled: list[Address] = field(default_factory=list)
    users: Mapping[str, Collection[str]] = field(default_factory=dict)  # of each group that has any
    _left_alone: set[Address] = field(default_factory=set)  # what has moved

    def there(self, address: Address) -> LiveResource | None:
        """Return what lives there, None for what is going."""
        there = self.live.resources.get(address)
        return None if there is None or there.is_deleting else there

    def will_live(self, address: Address) -> bool:
        """Say whether something lives, or is to be made anew."""
        return self.there(address) is not None or address in self.remade

    def end(self, address: Address) -> Status | None:
        """Return how its change ended, None where nobody knows."""
        end = self.record.outcomes.get(address)
        return end.status if end is not None else None

    def linked(self, address: Address) -> set[str]:
        """Return the other sides of the memberships that something has."""
        membership = self.kinds.membership
        if address.kind == membership.user_kind:
            return set(self.live.groups_of.get(address.name, ())) - membership.implied
        if address.kind == membership.group_kind:
            return set(self.users.get(address.name, ()))
        return set()

    def move(self, address: Address, how: str) -> None:
        """Leave something alone, as somebody has changed it since."""
        self.moved.append(Problem(MOVED, how, HINT, address=address))
        self._left_alone.add(address)

    def disowned(self, address: Address) -> None:
        """Leave something alone, as we do not own it any more."""
        self.move(
            address, f"{address} is not owned any more: it was forgotten since, or the inventory of then was lost."
        )

    def is_free(self, address: Address) -> bool:
        """Say whether something has not moved: what has is left alone."""
        return address not in self._left_alone

    def lose(self, address: Address, what: str) -> None:
        """Say what of something cannot be given back."""
        self.lost.setdefault(address, []).append(what)

    def settle(self, change: Change) -> None:
        """Note that something is as before already."""
        self.settled.append(change.address)
        self.restore(change)

    def restore(self, change: Change) -> None:
        """Let the inventory hold what it did before, but for what a later run has made of it."""
        address = change.address
        if address not in self.record.entries:
            return
        before, now, was = self.record.entries[address], self.owned.entries.get(address), change.live
        if change.action is Action.UPDATE and now is None and before is not None:
            return  # forgotten since
        is_anew = change.action is Action.DELETE and address in self.specs
        if is_anew and before is not None and was is not None and before.id != was.id:
            before = None  # it stood for another, which had gone, and must not stand for this one
        self.restored[address] = before
        if before is None or now is None or change.action is not Action.UPDATE or change.desired is None:
            return
        expected = applied(change, before, now.id)
        if tagged(now.values) in (tagged(expected.values), tagged(before.values)):
            return
        fields = {item.path[0] for item in change.diff}
        values = {name: value for name, value in now.values.items() if name not in fields}
        values |= {name: value for name, value in before.values.items() if name in fields}
        self.restored[address] = replace(now, values=values)
