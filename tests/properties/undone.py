"""A world and what an apply has made of it, cut off at some call or not; and the way back, by its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from igz_apply import workflow
from igz_apply.controlplane import Failure, Response
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.kind import Kinds, Shape
from igz_apply.model.resources import Entry, LiveState, Owned
from igz_apply.planning.entry_data import entry_data
from igz_apply.planning.plan_document import canonical, from_data, parse, to_data
from igz_apply.planning.record_data import record_of
from igz_apply.planning.selection import Selection
from igz_apply.workflow import Limits, Proposal
from tests.emulated import EmulatedPlane
from tests.fakes import FakeSecrets, MemoryInventory, MemoryRecords

GENEROUS = Limits(delete=dict.fromkeys(KINDS.names, 99))


class Killed(BaseException):
    """Stands for the end of the process."""


@dataclass
class Doom:
    """Ends the process at one of its writes, before or after that has its effect."""

    at: int  # which write, from 0
    is_after: bool
    writes: int = 0
    is_dead: bool = False

    def __call__(self, send: Callable[[], Response | Failure]) -> Response | Failure:
        if self.is_dead:
            raise Killed
        self.is_dead = self.writes == self.at
        self.writes += 1
        if not self.is_dead:
            return send()
        if self.is_after:
            send()
        raise Killed


@dataclass
class Mortal(MemoryInventory):
    """An inventory that a dead process writes no more."""

    doom: Doom | None = None
    start: Mapping[Address, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        MemoryInventory.__init__(self, self.start)

    def save(self, entries: Mapping[Address, Entry]) -> None:
        if self.doom is not None and self.doom.is_dead:
            raise Killed
        super().save(entries)


def undo_plan(
    records: MemoryRecords, plane: EmulatedPlane, inventory: MemoryInventory, *except_: str, run: str = ""
) -> Proposal:
    """Return the plan that undoes the newest run."""
    run = run or list(records.contents)[-1]
    record = record_of(records.contents[run], "records", run, KINDS)
    proposal = workflow.undo(
        record,
        plane.live(),
        inventory.load(),
        secrets=FakeSecrets(),
        limits=GENEROUS,
        selection=Selection(exclude=except_),
    )
    assert proposal.plan is not None
    return replace(proposal, plan=workflow.following(proposal.plan, inventory.load()))


def saved(plan: Plan, kinds: Kinds = KINDS) -> tuple[Plan, str]:
    """Return a plan as its file gives it back, and its seal."""
    data = parse(canonical(to_data(plan, tool_version="1")))
    return from_data(data, kinds), data["seal"]


def state_of(live: LiveState, kinds: Kinds = KINDS) -> dict[str, Any]:
    """Return a state by meaning, without ids."""
    found: dict[str, Any] = {}
    for address, it in live.resources.items():
        if it.is_deleting:
            continue
        kind, spec = kinds[address.kind], {}
        for name, value in it.spec.items():
            value = _without_owner(value, str(it.spec.get("owner"))) if name == "members" else value
            item = kind.field_named(name)
            kept = _plain(value, is_set=item is not None and item.shape is Shape.SET)
            if kept is not None and name not in it.unknown and kept != (item.default if item is not None else None):
                spec[name] = kept
        if (it.spec.get("scale_to_zero") or {}).get("mode") == "enabled" and spec.get(
            "desired_state"
        ) == "scaledToZero":
            del spec["desired_state"]  # the platform moves it by itself
        found[str(address)] = spec
    edges = {(user, group) for user, groups in live.groups_of.items() for group in groups}
    return {**found, "edges": sorted(edges)}


def _without_owner(roles: Any, owner: str) -> Any:
    """Return roles without the owner, who acts as an Admin whether or not a list says so."""
    return {
        role: {side: [name for name in names if (side, name) != ("users", owner)] for side, names in sides.items()}
        for role, sides in roles.items()
    }


def _plain(value: Any, *, is_set: bool = False) -> Any:
    if isinstance(value, Mapping):
        found = {key: _plain(below, is_set=isinstance(below, list)) for key, below in value.items()}
        return {
            key: below for key, below in found.items() if (key, below) != ("threshold", 0) and below is not None
        } or None
    if isinstance(value, list | tuple):
        items = [_plain(each) for each in value]
        return (sorted(items, key=str) if is_set else items) or None
    return None if value in ("", [], {}) else value


def entries_of(owned: Owned, live: LiveState) -> dict[str, Any]:
    """Return what an inventory says, without ids, and only whether they are those of what lives."""
    found = {}
    for address, entry in owned.entries.items():
        there = live.resources.get(address)
        values = {key: sorted(it, key=str) if isinstance(it, list) else it for key, it in entry.values.items()}
        data = {**entry_data(replace(entry, values=values)), "id": there is not None and there.id == entry.id}
        found[str(address)] = {key: value for key, value in data.items() if key not in ("born", "filled")}
    return found
