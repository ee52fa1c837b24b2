"""What is paused or frozen, by all names that it has, and what would disturb that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from igz_apply.model.addresses import Address, Globs, globs_of
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.references import references
from igz_apply.model.resources import LiveState
from igz_apply.model.rounds import Cause, HeldBack
from igz_apply.planning.memberships import users_of
from igz_apply.planning.rail_facts import RailFacts
from igz_apply.planning.renames import is_renamed
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Resting:
    """Addresses that are left alone now, and why."""

    patterns: tuple[str, ...]  # globs; (): everything
    held: HeldBack


class Sleepers:
    """What is paused or frozen, by all names that it has."""

    def __init__(
        self, resting: Iterable[Resting], changes: Mapping[Address, Change], whole: Plan, facts: RailFacts
    ) -> None:
        known = frozenset((*facts.live.resources, *facts.owned.entries, *(it.address for it in whole.changes)))
        self._resting = [(_globs(each, known), each.held) for each in resting]
        self._changes, self._live, self._kinds = changes, facts.live, facts.kinds
        self._going = {it.address for it in whole.writes if it.action is Action.DELETE}
        self._users_of = users_of(facts.live.groups_of) if self._going else {}
        self._named = self._names_that_go()

    def of(self, address: Address) -> HeldBack | None:
        """Return why something is left alone now, None where it is not."""
        names = self._names(address)
        return next((held for globs, held in self._resting if globs is None or any(map(globs.select, names))), None)

    def _names(self, address: Address) -> tuple[Address, ...]:
        there, change = self._live.resources.get(address), self._changes.get(address)
        found = [address]
        if there is not None and there.called:
            found.append(Address(address.kind, there.called))
        if change is not None and change.desired is not None and change.desired.lifecycle.renamed_from:
            found.append(Address(address.kind, change.desired.lifecycle.renamed_from))
        return tuple(found)

    def disturbed_by(self, change: Change) -> HeldBack | None:
        """Return why a change waits that would take something from what is left alone: a member, a role, its place."""
        if change.address in self._going:
            others = [*self._linked(change.address), *self._named.get(change.address, ())]
        elif is_renamed(change):
            others = []
        else:
            return None
        for other in (*others, *_inside(change, self._live, self._kinds[change.address.kind].inside)):
            held = self.of(other)
            if held is not None:
                return HeldBack(Cause.WAITS, f"{other} would change with it, which is {held.why}")
        return None

    def _linked(self, address: Address) -> Iterator[Address]:
        membership = self._kinds.membership
        if address.kind == membership.user_kind:
            groups = self._live.groups_of.get(address.name, frozenset()) - membership.implied
            yield from (Address(membership.group_kind, name) for name in sorted(groups))
        elif address.kind == membership.group_kind:
            yield from (Address(membership.user_kind, name) for name in sorted(self._users_of.get(address.name, ())))

    def _names_that_go(self) -> Mapping[Address, list[Address]]:
        """Return what names something that goes, by what goes."""
        found: defaultdict[Address, list[Address]] = defaultdict(list)
        for there in self._live.resources.values() if self._going else ():
            kind = self._kinds[there.address.kind]
            for reference in references(kind, there.spec) if kind.referring else ():
                if reference.target in self._going:
                    found[reference.target].append(there.address)
        return found


def _inside(change: Change, live: LiveState, separator: str) -> Iterator[Address]:
    """Yield what lies in something, and goes or moves with it."""
    name = change.address.name
    for address in live.resources if separator else ():
        if address.kind == change.address.kind and address.name.startswith(f"{name}{separator}"):
            yield address


def _globs(resting: Resting, known: frozenset[Address]) -> Globs | None:
    return globs_of(resting.patterns, known, spares=True) if resting.patterns else None
