"""What a run deleted: it is made anew of what was written down of it, which no secret is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from igz_apply.authoring.exporting import ExportedResource, exported
from igz_apply.authoring.vetting import Judge, vetted
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action
from igz_apply.model.kind import Field, Kind, Shape
from igz_apply.model.outcomes import Status
from igz_apply.model.records import Before
from igz_apply.model.resources import Edge, LiveResource
from igz_apply.planning.recording import gone_with
from igz_apply.planning.undoing_made import spec_of
from igz_apply.planning.undoing_state import WayBack
from igz_apply.planning.undoing_values import are_alike


class Remaking:
    """Looks at what was deleted."""

    def __init__(self, back: WayBack, judge: Judge) -> None:
        self._back = back
        self._judge = judge

    def remade(self) -> Iterator[tuple[Address, ExportedResource]]:
        """Yield manifests of what was deleted, without what no manifest may state."""
        gone = {
            it.change.address: it.change.live
            for it in self._back.record.changes
            if it.change.action is Action.DELETE
            and it.change.live is not None
            and self._back.is_wanted(it.change.address)
        }
        if not gone:
            return
        state = replace(self._back.live, resources=gone, groups_of={})
        names = [str(address) for address in gone]
        found = exported(state, self._back.kinds, names, gone, is_full=True)
        checked = vetted(found, self._judge)
        for each in checked.resources:
            yield each.address, each
        for address, why in checked.refused.items():
            self._back.lose(address, f"cannot be made anew: {why}")

    def make_anew(self, before: Before) -> None:
        """Find how to make anew what a change has deleted."""
        change = before.change
        address, was, kind = change.address, change.live, self._back.kinds[change.address.kind]
        there = self._back.there(address)
        if there is not None and was is not None:
            is_the_one = there.id == was.id if kind.has_ids else self._back.end(address) is not Status.APPLIED
            is_the_one = is_the_one and (not (there.born and was.born) or there.born == was.born)
            if is_the_one and (kind.has_ids or are_alike(None, was.spec, there.spec, is_whole=True)):
                self._back.settle(change)
            else:
                self._back.move(address, f"{address} was made anew since the run deleted it.")
            return
        made = self._back.remade.get(address)
        if made is None:
            return
        self._back.specs[address] = self._only_what_lives(address, kind, spec_of(made, self._back.kinds))
        self._tell_what_goes(address, kind, made, was)
        self._link_anew(before)
        self._back.restore(change)

    def _tell_what_goes(self, address: Address, kind: Kind, made: ExportedResource, was: LiveResource | None) -> None:
        if was is not None and (gone := tuple(gone_with(was, kind))):
            self._back.lose(address, f"made anew, without {'; '.join(gone)}")
        if made.left_out:
            self._back.lose(address, f"secrets that nobody can read back: {', '.join(made.left_out)}")
        if made.hidden:
            self._back.lose(
                address, f"may be secret, and was never written down: {', '.join(path for path, _ in made.hidden)}"
            )
        for path, why in made.refused:
            self._back.lose(address, f"{path} is left as the platform makes it: {why}")

    def _link_anew(self, before: Before) -> None:
        address, membership = before.change.address, self._back.kinds.membership
        if address.kind not in membership.kinds:
            return
        is_user = address.kind == membership.user_kind
        other = membership.group_kind if is_user else membership.user_kind
        missing = [name for name in before.linked if not self._back.will_live(Address(other, name))]
        for name in before.linked:
            if name not in missing:
                self._back.edges[Edge(address.name, name) if is_user else Edge(name, address.name)] = True
        self._back.holders.add(address)
        if missing:
            self._back.lose(address, f"its memberships with what is gone: {', '.join(missing)}")

    def _only_what_lives(self, address: Address, kind: Kind, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Return a spec without members that are gone, which nothing could be given."""

        def kept(fields: Sequence[Field], value: Mapping[str, Any]) -> dict[str, Any]:
            found = dict(value)
            for item in fields:
                below = value.get(item.name)
                if item.referring and isinstance(below, Mapping):
                    found[item.name] = kept(item.referring, below)
                elif item.refers_to and item.shape is Shape.SET and below:
                    gone = [name for name in below if not self._back.will_live(Address(item.refers_to, name))]
                    if gone:
                        self._back.lose(address, f"{item.name} that are gone: {', '.join(gone)}")
                        found[item.name] = [name for name in below if name not in gone]
            return found

        return kept(kind.referring, spec)
