"""What a run changed: each value that is as it was left is put back."""

from __future__ import annotations

from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Change, EdgeChange, FieldDiff
from igz_apply.model.comparison import field_at, value_at, with_value
from igz_apply.model.hidden import Hidden
from igz_apply.model.kind import MARK_PATH, NAME_PATH, Field, Kind, Shape
from igz_apply.model.outcomes import Status
from igz_apply.model.records import Before
from igz_apply.model.resources import Edge, LiveResource
from igz_apply.model.server_defaults import is_known
from igz_apply.planning.undoing_state import WayBack
from igz_apply.planning.undoing_values import (
    all_stated,
    as_it_stood,
    comparison,
    given_back,
    is_another,
    state_roles,
    told,
    whole_above,
)


class PuttingBack:
    """Looks at what was changed."""

    def __init__(self, back: WayBack) -> None:
        self._back = back

    def put_back(self, before: Before) -> None:
        """Find how to put back what a change has changed."""
        change = before.change
        address, kind, was = change.address, self._back.kinds[change.address.kind], change.live
        there = self._back.there(address) or self._under_old_name(change)
        if there is None:
            self._back.move(address, f"{address} was deleted since.")
            return
        if was is not None and is_another(was, there, kind):
            self._back.move(address, f"{address} was deleted since, and made anew by somebody.")
            return
        old = next((str(item.before) for item in change.diff if item.path == NAME_PATH), "")
        if not there.is_ready and self._back.end(address) is not Status.APPLIED:
            self._back.move(address, f"{address} is not settled yet: what the run sent may still be under way.")
            return
        if there.called and not (old and there.called in (old, *_half_way(old, address.name, kind.inside))):
            self._back.move(address, f"{address} was given another name since: {there.called}.")
            return
        spec, moved, name = dict[str, Any](), list[str](), ""
        self._put_back_who_counted(change, there, kind, spec)
        for item in change.diff:
            if item.path == NAME_PATH:
                name = old if there.address == address else ""
            elif item.path == MARK_PATH:
                self._back.lose(address, "the mark of this repository stays in it")
            elif not _is_membership(item, change, kind):
                self._put_back_field(as_it_stood(item, change), before, there, kind, spec, moved)
        if moved:
            self._back.move(address, f"{address} was changed since: {'; '.join(moved)}.")
            return
        if (spec or name or any(map(self._stands, change.edges))) and self._was_given_up(address, there, old):
            self._back.disowned(address)
            return
        self._put_back_edges(change)
        if name:
            self._back.names.setdefault(address.kind, {})[address.name] = name
        if name and there.called == name:
            self._back.unrenamed.add(address)
            name = ""
        if spec or name or address in self._back.holders:
            self._back.specs[address] = spec
            self._back.restore(change)
        else:
            self._back.settle(change)

    def _was_given_up(self, address: Address, there: LiveResource, old: str) -> bool:
        """Say whether something was owned before the run, or after it, and is not now."""
        before = (self._back.record.entries.get(it) for it in (address, Address(address.kind, old)))
        now = (self._back.owned.entries.get(it) for it in (address, there.address))
        return (self._back.end(address) is Status.APPLIED or any(before)) and not any(now)

    def _put_back_field(
        self, item: FieldDiff, before: Before, there: LiveResource, kind: Kind, spec: dict[str, Any], moved: list[str]
    ) -> None:
        address, path = before.change.address, item.path
        if path[0] in there.unknown:
            self._back.lose(address, f"{item.dotted}: the cluster does not tell what it holds")
            return
        at = field_at(kind, path)
        if (at is not None and at.write_only) or (item.sensitive and not isinstance(item.before, Hidden)):
            self._back.lose(address, f"{item.dotted}: a secret was sent, and the one before it is not known")
            return
        now = value_at(there.spec, path)[1]
        was, after = _sides(item, before)
        gone = self._gone(at, item)
        is_alike = comparison(kind, path, there, before.change, gone)
        if isinstance(was, list | tuple):
            was = all_stated(was, after, at.fields if at is not None else ())
        if is_alike(was, now):
            return
        entry = self._back.owned.entries.get(address)
        is_filled = after is None and entry is not None and is_known(FieldDiff(path, now, None), entry.filled)
        if not (is_alike(after, now) or is_filled):
            moved.append(told(item.dotted, after, now))
            return
        given, is_lost = given_back(was, now)
        if is_lost:
            self._back.lose(address, f"{item.dotted}: may be secret, and was never written down")
            if given is None:
                return
        if given in (None, "") and kind.together:
            self._back.lose(address, f"{item.dotted}: nothing was there before; the platform may keep something")
            if at is not None and at.holds and len(path) == 1:
                return  # what nobody owned gets no owner taken away
        top, given = kind.field_named(path[0]), None if given == "" else given
        if top is not None and top.roles:
            state_roles(top, path, given, there, spec)
        else:
            whole = whole_above(kind, path)
            if whole and not value_at(spec, whole)[0]:
                spec.update(with_value(spec, whole, value_at(there.spec, whole)[1] or {}))
            spec.update(with_value(spec, path, given))

    def _put_back_who_counted(self, change: Change, there: LiveResource, kind: Kind, spec: dict[str, Any]) -> None:
        """Give whom a change has made an owner, or no owner any more, the roles of before."""
        was = change.live.spec if change.live is not None else {}
        for top in kind.fields:
            counting = {side.counts for role in top.fields for side in role.fields if side.counts} if top.roles else ()
            named = [diff for diff in change.diff if diff.path[0] in counting]
            names = {str(it) for diff in named for it in (diff.before, diff.after) if it}
            if not names or all(there.spec.get(diff.path[0]) == diff.before for diff in named):
                continue
            held, now = was.get(top.name) or {}, there.spec.get(top.name) or {}
            for role in top.fields:
                for side in role.fields:
                    listed, before = (set((it.get(role.name) or {}).get(side.name) or ()) for it in (now, held))
                    if side.refers_to == self._back.kinds.membership.user_kind:
                        listed = (listed - names) | (before & names)
                    state_roles(top, (top.name, role.name, side.name), sorted(listed), there, spec)

    def _gone(self, at: Field | None, item: FieldDiff) -> set[str]:
        """Return whom a list of names has lost, or could not get, as they do not live: which changes no list."""
        if at is None or not at.refers_to or at.shape is not Shape.SET:
            return set()
        names = {*(item.before or ()), *(item.after or ())}
        return {name for name in names if self._back.there(Address(at.refers_to, name)) is None}

    def _put_back_edges(self, change: Change) -> None:
        for held in filter(self._stands, change.edges):
            if not held.adds and not self._sides_will_live(held.edge):
                self._back.lose(
                    change.address, f"the membership of {held.edge.user} in {held.edge.group}, one of which is gone"
                )
                continue
            self._back.edges[held.edge] = not held.adds
            self._back.holders.add(change.address)

    def _stands(self, held: EdgeChange) -> bool:
        """Say whether a membership is as the run left it."""
        return (held.edge.group in self._back.live.groups_of.get(held.edge.user, ())) == held.adds

    def _sides_will_live(self, edge: Edge) -> bool:
        user, group = self._back.kinds.membership.kinds
        return self._back.will_live(Address(user, edge.user)) and self._back.will_live(Address(group, edge.group))

    def _under_old_name(self, change: Change) -> LiveResource | None:
        """Return what was to be renamed, where it is called as before."""
        was = next((str(item.before) for item in change.diff if item.path == NAME_PATH), "")
        there = self._back.there(Address(change.address.kind, was)) if was else None
        if there is None or change.live is None or there.id != change.live.id:
            return None
        return there


def _sides(item: FieldDiff, before: Before) -> tuple[Any, Any]:
    """Return a value before and after. What is hidden in a plan stands, by its digest, in the states."""
    was, after = before.change.live, before.change.desired
    if not item.sensitive:
        return item.before, item.after
    return (
        value_at(was.spec, item.path)[1] if was is not None else None,
        value_at(after.spec, item.path)[1] if after is not None else None,
    )


def _is_membership(item: FieldDiff, change: Change, kind: Kind) -> bool:
    at = kind.field_named(item.path[0])
    return at is not None and at.membership and bool(change.edges)


def _half_way(old: str, new: str, sep: str) -> tuple[str, ...]:
    """Return what something is called that has its new name, and lies where it did: a place is written after a name."""
    if not sep:
        return ()
    above, last = old.rpartition(sep)[0], new.rpartition(sep)[2]
    return (f"{above}{sep}{last}" if above else last,)
