"""From the record of a run to what a plan that undoes it is made of: resources as they were before.

Nothing is undone blindly. Each value is compared three ways, by meaning: as the run left it, as it was before, as it is
now. What is as the run left it is put back, what is as before needs nothing, and anything else has moved since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from typing import Any

from igz_apply.authoring.renamings import brought_along
from igz_apply.authoring.vetting import Judge
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action
from igz_apply.model.kind import DELETION_STRATEGY, Kind, Kinds
from igz_apply.model.plain_values import tagged
from igz_apply.model.problems import Problem
from igz_apply.model.records import RunRecord
from igz_apply.model.resources import Entry, Lifecycle, LiveState, Owned, Resource
from igz_apply.model.roles import without_counted
from igz_apply.planning.entry_data import entry_data
from igz_apply.planning.identity import named_in
from igz_apply.planning.memberships import users_of
from igz_apply.planning.ownership import is_owned
from igz_apply.planning.places import NOWHERE, SavedPositions
from igz_apply.planning.undoing_changed import PuttingBack
from igz_apply.planning.undoing_deleted import Remaking
from igz_apply.planning.undoing_made import Unmaking
from igz_apply.planning.undoing_state import WayBack
from igz_apply.planning.undoing_values import state_roles
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Undoing:
    """What a plan that undoes a run is made of."""

    resources: Mapping[Address, Resource]
    restored: Mapping[Address, Entry | None]  # what the inventory is to hold then; None: no entry
    moved: tuple[Problem, ...] = ()  # what somebody has changed since
    lost: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)  # what cannot be given back
    settled: tuple[Address, ...] = ()  # what is as before already


def undoing(
    record: RunRecord,
    live: LiveState,
    owned: Owned,
    kinds: Kinds,
    is_wanted: Callable[[Address], bool],
    judge: Judge,
) -> Undoing:
    """Return how everything was that a run has changed, as far as `is_wanted`; `live` is under the names we own it by.

    `judge` says what no manifest may state: what is made anew is made of what is left.
    """
    return _Undoing(WayBack(record, live, owned, kinds, is_wanted, users=users_of(live.groups_of)), judge).found()


class _Undoing:
    def __init__(self, back: WayBack, judge: Judge) -> None:
        self._back = back
        self._judge = judge

    def found(self) -> Undoing:
        """Look at every change, then put together what they need of each other."""
        remaking = Remaking(self._back, self._judge)
        unmaking, putting_back = Unmaking(self._back), PuttingBack(self._back)
        self._back.remade = dict(remaking.remade())
        for before in self._back.record.changes:
            address = before.change.address
            if not (self._back.is_wanted(address) and self._back.record.may_have_changed(address)):
                continue
            if why := self._back.live.hidden.get(address):
                self._back.move(address, f"{address} is not visible now: {why}.")
            elif before.change.action is Action.CREATE:
                unmaking.unmake(before)
            elif before.change.action is Action.DELETE:
                remaking.make_anew(before)
            else:
                putting_back.put_back(before)
        self._hand_out_roles()
        self._restore_entries()
        resources = self._resources()
        return Undoing(
            resources,
            {**{address: self._back.owned.entries.get(address) for address in resources}, **self._back.restored},
            tuple(self._back.moved),
            {address: tuple(dict.fromkeys(said)) for address, said in self._back.lost.items()},
            tuple(self._back.settled),
        )

    def _hand_out_roles(self) -> None:
        """Give what is made anew the roles that it had in what has stayed."""
        for before in self._back.record.changes:
            address = before.change.address
            if before.change.action is not Action.DELETE or address not in self._back.specs:
                continue
            for held in before.held:
                there = self._back.there(held.by)
                top = self._back.kinds[held.by.kind].field_named(held.path[0])
                is_free = self._back.is_wanted(held.by) and self._back.is_free(held.by)
                if there is None or top is None or held.by in self._back.absent or not is_free:
                    self._back.lose(address, f"its role {held.path[1]} in {held.by}")
                    continue
                spec = self._back.specs.setdefault(held.by, {})
                if top.name not in spec:
                    now = (there.spec.get(top.name) or {}).get(held.path[1]) or {}
                    state_roles(top, held.path, now.get(held.path[2]), there, spec)
                members = spec[top.name][held.path[1]][held.path[2]]
                if address.name not in members:
                    members.append(address.name)

    def _resources(self) -> dict[Address, Resource]:
        membership, found = self._back.kinds.membership, dict[Address, Resource]()
        for address in self._back.absent:
            kind = self._back.kinds[address.kind]
            strategy = kind.field_named(DELETION_STRATEGY)
            spec = {} if strategy is None else {DELETION_STRATEGY: strategy.default}
            found[address] = _resource(address, spec, Lifecycle(state="absent"))
        for holder in self._back.holders:
            self._back.specs.setdefault(holder, {})
        links: dict[Address, list[tuple[str, bool]]] = {}
        for edge, stands in self._back.edges.items():
            user, group = Address(membership.user_kind, edge.user), Address(membership.group_kind, edge.group)
            links.setdefault(user, []).append((group.name, stands))
            links.setdefault(group, []).append((user.name, stands))
        for address, spec in self._back.specs.items():
            kind = self._back.kinds[address.kind]
            stated = dict(spec)
            for item in kind.fields:
                if item.roles and isinstance(stated.get(item.name), Mapping):
                    there = self._back.there(address)
                    around = {**(there.spec if there is not None else {}), **stated}
                    stated[item.name] = without_counted(item, around)
            if address in self._back.holders:
                name = membership.user_field if address.kind == membership.user_kind else membership.group_field
                stated[name] = sorted(self._links_wanted(address, links.get(address, ())))
            stated = self._kept_off(address, kind, stated)
            old = self._name_before(address)
            is_renamed = address.name in self._back.names.get(address.kind, {}) and address not in self._back.unrenamed
            lifecycle = Lifecycle(renamed_from=address.name) if is_renamed else Lifecycle()
            named = dict(named_in(kind.referring, stated, self._back.names)) if self._back.names else stated
            found[old] = _resource(old, named, lifecycle)
        return found

    def _name_before(self, address: Address) -> Address:
        names = self._back.names.get(address.kind, {})
        if not names:
            return address
        name = names.get(address.name) or brought_along(address.name, names, self._back.kinds[address.kind].inside)
        return Address(address.kind, name)

    def _links_wanted(self, address: Address, links: Iterable[tuple[str, bool]]) -> set[str]:
        """Return whom a list of memberships names, with those of `links` that are to stand and without the others."""
        found = self._back.linked(address) if self._back.there(address) is not None else set()
        for name, stands in links:
            (found.add if stands else found.discard)(name)
        membership = self._back.kinds.membership
        other = membership.group_kind if address.kind == membership.user_kind else membership.user_kind
        return {name for name in found if Address(other, name) not in self._back.absent}

    def _kept_off(self, address: Address, kind: Kind, spec: dict[str, Any]) -> dict[str, Any]:
        """State that what is switched off stays so: without a word of it, planning takes it for one that comes back."""
        entry, there = self._back.owned.entries.get(address), self._back.there(address)
        if entry is None or not entry.is_removed or kind.disabled_by is None or there is None:
            return spec
        name = kind.disabled_by[0]
        return spec if name in spec else {**spec, name: there.spec.get(name)}

    # The inventory

    def _restore_entries(self) -> None:
        """Restore what the run changed in the inventory alone: what it took over, forgot, or wrote down anew."""
        writes = {it.change.address for it in self._back.record.changes}
        back = {
            Address(kind, old): Address(kind, new)
            for kind, names in self._back.names.items()
            for new, old in names.items()
        }
        for address, before in self._back.record.entries.items():
            if address in writes or not self._back.is_wanted(back.get(address, address)):
                continue
            now, noted = self._back.owned.entries.get(address), self._back.record.noted.get(address)
            if address in back or self._was_brought_along(address):
                self._back.restored[address] = before
            elif before is None:
                if now is not None:
                    self._disown(address, now, noted)
            elif now is None:
                self._own_again(address, before)
            elif entry_data(before) != entry_data(now) and _is_as_noted(now, noted):
                self._back.restored[address] = before

    def _was_brought_along(self, address: Address) -> bool:
        """Say whether an entry is of something that gets its old name back with what it lies in, or had the new one."""
        names, sep = (
            self._back.names.get(address.kind, {}),
            self._back.kinds[address.kind].inside if address.kind in self._back.kinds else "",
        )
        around = {**names, **{old: new for new, old in names.items()}}
        return bool(sep and around) and brought_along(address.name, around, sep) != address.name

    def _disown(self, address: Address, now: Entry, noted: Entry | None) -> None:
        if noted is not None and noted.id != now.id:
            self._back.move(address, f"{address} is another one now than the run took over.")
        else:
            self._back.restored[address] = None

    def _own_again(self, address: Address, before: Entry) -> None:
        """What was forgotten is ours again where the very one lives; what was dropped as gone has gone for good."""
        there = self._back.there(address)
        is_kind = there is not None and address.kind in self._back.kinds
        if is_kind and is_owned(replace(before, is_pending=False), there, self._back.kinds[address.kind]):
            self._back.restored[address] = before
        else:
            self._back.settled.append(address)


def _is_as_noted(now: Entry, noted: Entry | None) -> bool:
    return noted is not None and tagged(entry_data(noted)) == tagged(entry_data(now))


def _resource(address: Address, spec: Mapping[str, Any], lifecycle: Lifecycle) -> Resource:
    return Resource(address, spec, SavedPositions(NOWHERE), NOWHERE, lifecycle)
