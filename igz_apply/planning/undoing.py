"""From the record of a run to what a plan that undoes it is made of: resources as they were before.

Nothing is undone blindly. Each value is compared three ways, by meaning: as the run left it, as it was before, as it is
now. What is as the run left it is put back, what is as before needs nothing, and anything else has moved since.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from igz_apply.authoring.desired import desired_state
from igz_apply.authoring.exporting import ExportedResource, exported
from igz_apply.authoring.renamings import brought_along
from igz_apply.authoring.vetting import Judge, vetted
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, EdgeChange, FieldDiff
from igz_apply.model.comparison import field_at, means, same, value_at, with_value
from igz_apply.model.hidden import Hidden, hidden_in
from igz_apply.model.kind import DELETION_STRATEGY, MARK_PATH, METADATA, NAME_PATH, Field, Kind, Kinds, Shape
from igz_apply.model.outcomes import Status
from igz_apply.model.plain_values import plain, tagged
from igz_apply.model.problems import Problem
from igz_apply.model.records import Before, Left, RunRecord
from igz_apply.model.references import references
from igz_apply.model.resources import Document, Edge, Entry, Lifecycle, LiveResource, LiveState, Owned, Resource
from igz_apply.model.roles import carriers_of, without_counted
from igz_apply.model.server_defaults import is_known
from igz_apply.planning.entry_data import entry_data
from igz_apply.planning.identity import named_in
from igz_apply.planning.memberships import users_of
from igz_apply.planning.ownership import applied, is_owned
from igz_apply.planning.places import NOWHERE, SavedPositions
from igz_apply.planning.recording import gone_with
from igz_apply.values import dataclass

MOVED = "Moved since the run"
HINT = "Leave it out with --except, or put it back by hand; or undo what came later first."

Names = dict[str, dict[str, str]]  # kind -> the name after the run -> the one before it
Role = tuple[Address, tuple[str, ...]]  # by whom it is listed, and the path of the list below the spec


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
    return _Undoing(record, live, owned, kinds, is_wanted, judge).found()


@dataclass(slots=True)
class _Given:
    """What others give to something: roles, memberships, policies."""

    roles: dict[Address, list[Role]] = field(default_factory=dict)  # of what lives
    roles_by_run: dict[Address, set[Role]] = field(default_factory=dict)
    links_by_run: dict[Address, set[str]] = field(default_factory=dict)  # as `_linked`
    held_by_run: dict[tuple[Address, str], set[str]] = field(default_factory=dict)  # by the sort of what is held


@dataclass(slots=True)
class _Undoing:
    record: RunRecord
    live: LiveState
    owned: Owned
    kinds: Kinds
    is_wanted: Callable[[Address], bool]
    judge: Judge
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
    _given: _Given = field(default_factory=_Given)
    _moved: set[Address] = field(default_factory=set)
    _users: Mapping[str, Collection[str]] = field(default_factory=dict)  # of each group that has any

    def found(self) -> Undoing:
        """Look at every change, then put together what they need of each other."""
        self.remade, self._users = dict(self._remade()), users_of(self.live.groups_of)
        if any(it.change.action is Action.CREATE for it in self.record.changes):
            self._given = _given(self.record, self.live, self.kinds)
        for before in self.record.changes:
            address = before.change.address
            if not (self.is_wanted(address) and self.record.may_have_changed(address)):
                continue
            if why := self.live.hidden.get(address):
                self._move(address, f"{address} is not visible now: {why}.")
            elif before.change.action is Action.CREATE:
                self._unmake(before)
            elif before.change.action is Action.DELETE:
                self._make_anew(before)
            else:
                self._put_back(before)
        self._hand_out_roles()
        self._restore_entries()
        resources = self._resources()
        return Undoing(
            resources,
            {**{address: self.owned.entries.get(address) for address in resources}, **self.restored},
            tuple(self.moved),
            {address: tuple(dict.fromkeys(said)) for address, said in self.lost.items()},
            tuple(self.settled),
        )

    # What the run made

    def _unmake(self, before: Before) -> None:
        change = before.change
        address, kind = change.address, self.kinds[change.address.kind]
        there, left, entry = (
            self._there(address),
            self.record.left.get(address, Left()),
            self.owned.entries.get(address),
        )
        if there is None:
            self._settle(change)
            return
        if (left.id and kind.has_ids and there.id != left.id) or (left.born and there.born and there.born != left.born):
            self._move(address, f"{address} was deleted since, and made anew by somebody: it is not what the run made.")
            return
        if not left.id and not (entry is not None and (entry.is_pending or entry.id == there.id)):
            self._move(
                address, f"{address} is not known to be what the run made: its answer was lost, or the run died."
            )
            return
        fields = [*self._changed_in(before, there, left, kind), *self._roles_given(address)]
        if fields:
            self._move(address, f"{address}, which the run made, was changed since: {'; '.join(fields)}.")
            return
        if entry is None or (kind.has_ids and left.id and not entry.is_pending and entry.id != left.id):
            self._disowned(address)
            return
        if not left.id:
            self._lose(address, "its making was sent by the run, and its end was not seen; it is as it was sent")
        self.absent[address] = None
        self._restore(change)

    def _changed_in(self, before: Before, there: LiveResource, left: Left, kind: Kind) -> Iterator[str]:
        """Yield what of something that was made is not as it was left, but for what the platform moves by itself."""
        desired = before.change.desired
        spec = left.spec if left.spec is not None else (desired.spec if desired is not None else {})
        for name in sorted(spec.keys() | (there.spec.keys() if left.spec is not None else set())):
            item = kind.field_named(name)
            if (
                _is_passed_over(item)
                or name in there.unknown
                or (left.spec is None and item is not None and item.roles)
            ):
                continue
            one, other = spec.get(name), there.spec.get(name)
            if item is not None and item.equal is not None:
                is_alike = means(item, one, other, spec, there.spec) or means(item, other, one, there.spec, spec)
            else:
                is_alike = _is_alike(item, one, other, is_whole=left.spec is not None)
            if not is_alike:
                yield _told(name, one, other)
        linked = self._linked(before.change.address)
        if left.spec is None:
            yield from self._never_sent(before.change, there, kind)
            others = linked - self._given.links_by_run.get(before.change.address, set())
            if others:
                yield f"memberships are also {', '.join(sorted(others))}, of which the run knew nothing"
        elif set(left.linked) != linked:
            yield _told("memberships", sorted(left.linked), sorted(linked))

    def _never_sent(self, change: Change, there: LiveResource, kind: Kind) -> Iterator[str]:
        """Yield what something has that the run was not to send, and that the platform gives nothing by itself."""
        stated = change.desired.spec if change.desired is not None else {}
        state = replace(self.live, resources={change.address: there}, groups_of={})
        for made in exported(state, self.kinds, [str(change.address)], [change.address]):
            for name, value in _spec_of(made, self.kinds).items():
                item = kind.field_named(name)
                if item is None or _is_passed_over(item) or self._is_given_by_platform(item, value, kind):
                    continue
                sent = stated.get(name)
                if item.looked_up:  # what it holds may be stated from the other side
                    held = {*(sent or ()), *self._given.held_by_run.get((change.address, item.looked_up), ())}
                    value, sent = sorted({*value} | held), sorted(held)
                if item.roles:
                    yield from self._members_never_sent(item, stated, there)
                elif not same(item, value, sent):
                    yield _told(name, sent, value)

    def _is_given_by_platform(self, item: Field, value: Any, kind: Kind) -> bool:
        """Say whether the platform may have put a value there by itself."""
        if item.equal is not None or (item.holds and value == self.record.caller.username):
            return True
        is_part = not value or isinstance(value, Mapping)
        return bool(kind.together) and is_part and not item.name.startswith(METADATA)

    def _members_never_sent(self, top: Field, stated: Mapping[str, Any], there: LiveResource) -> Iterator[str]:
        known = _counted(top, (), (stated, there.spec)) | {self.record.caller.username}
        for role in top.fields:
            for side in role.fields:
                now, sent = (
                    set(((spec.get(top.name) or {}).get(role.name) or {}).get(side.name) or ())
                    for spec in (there.spec, stated)
                )
                if others := now - sent - known:
                    yield f"{role.name} also lists {', '.join(sorted(others))}, of whom the run knew nothing"

    def _linked(self, address: Address) -> set[str]:
        membership = self.kinds.membership
        if address.kind == membership.user_kind:
            return set(self.live.groups_of.get(address.name, ())) - membership.implied
        if address.kind == membership.group_kind:
            return set(self._users.get(address.name, ()))
        return set()

    def _roles_given(self, address: Address) -> Iterator[str]:
        """Yield the roles that something has, and the run gave it none of: to delete it would take them too."""
        for by, path in self._given.roles.get(address, ()):
            if (by, path) not in self._given.roles_by_run.get(address, ()):
                yield f"somebody gave it the role {path[1]} in {by}"

    def _disowned(self, address: Address) -> None:
        self._move(
            address, f"{address} is not owned any more: it was forgotten since, or the inventory of then was lost."
        )

    # What the run deleted

    def _remade(self) -> Iterator[tuple[Address, ExportedResource]]:
        """Yield manifests of what was deleted, without what no manifest may state."""
        gone = {
            it.change.address: it.change.live
            for it in self.record.changes
            if it.change.action is Action.DELETE and it.change.live is not None and self.is_wanted(it.change.address)
        }
        if not gone:
            return
        state = replace(self.live, resources=gone, groups_of={})
        names = [str(address) for address in gone]
        found = exported(state, self.kinds, names, gone, is_full=True)
        checked = vetted(found, self.judge)
        for each in checked.resources:
            yield each.address, each
        for address, why in checked.refused.items():
            self._lose(address, f"cannot be made anew: {why}")

    def _make_anew(self, before: Before) -> None:
        change = before.change
        address, was, kind = change.address, change.live, self.kinds[change.address.kind]
        there = self._there(address)
        if there is not None and was is not None:
            is_the_one = there.id == was.id if kind.has_ids else self._end(address) is not Status.APPLIED
            is_the_one = is_the_one and (not (there.born and was.born) or there.born == was.born)
            if is_the_one and (kind.has_ids or _is_alike(None, was.spec, there.spec, is_whole=True)):
                self._settle(change)
            else:
                self._move(address, f"{address} was made anew since the run deleted it.")
            return
        made = self.remade.get(address)
        if made is None:
            return
        self.specs[address] = self._only_what_lives(address, kind, _spec_of(made, self.kinds))
        self._tell_what_goes(address, kind, made, was)
        self._link_anew(before)
        self._restore(change)

    def _tell_what_goes(self, address: Address, kind: Kind, made: ExportedResource, was: LiveResource | None) -> None:
        if was is not None and (gone := tuple(gone_with(was, kind))):
            self._lose(address, f"made anew, without {'; '.join(gone)}")
        if made.left_out:
            self._lose(address, f"secrets that nobody can read back: {', '.join(made.left_out)}")
        if made.hidden:
            self._lose(
                address, f"may be secret, and was never written down: {', '.join(path for path, _ in made.hidden)}"
            )
        for path, why in made.refused:
            self._lose(address, f"{path} is left as the platform makes it: {why}")

    def _link_anew(self, before: Before) -> None:
        address, membership = before.change.address, self.kinds.membership
        if address.kind not in membership.kinds:
            return
        is_user = address.kind == membership.user_kind
        other = membership.group_kind if is_user else membership.user_kind
        missing = [name for name in before.linked if not self._will_live(Address(other, name))]
        for name in before.linked:
            if name not in missing:
                self.edges[Edge(address.name, name) if is_user else Edge(name, address.name)] = True
        self.holders.add(address)
        if missing:
            self._lose(address, f"its memberships with what is gone: {', '.join(missing)}")

    def _only_what_lives(self, address: Address, kind: Kind, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Return a spec without members that are gone, which nothing could be given."""

        def kept(fields: Sequence[Field], value: Mapping[str, Any]) -> dict[str, Any]:
            found = dict(value)
            for item in fields:
                below = value.get(item.name)
                if item.referring and isinstance(below, Mapping):
                    found[item.name] = kept(item.referring, below)
                elif item.refers_to and item.shape is Shape.SET and below:
                    gone = [name for name in below if not self._will_live(Address(item.refers_to, name))]
                    if gone:
                        self._lose(address, f"{item.name} that are gone: {', '.join(gone)}")
                        found[item.name] = [name for name in below if name not in gone]
            return found

        return kept(kind.referring, spec)

    def _will_live(self, address: Address) -> bool:
        return self._there(address) is not None or address in self.remade

    # What the run changed

    def _put_back(self, before: Before) -> None:
        change = before.change
        address, kind, was = change.address, self.kinds[change.address.kind], change.live
        there = self._there(address) or self._under_old_name(change)
        if there is None:
            self._move(address, f"{address} was deleted since.")
            return
        if was is not None and _is_another(was, there, kind):
            self._move(address, f"{address} was deleted since, and made anew by somebody.")
            return
        old = next((str(item.before) for item in change.diff if item.path == NAME_PATH), "")
        if not there.is_ready and self._end(address) is not Status.APPLIED:
            self._move(address, f"{address} is not settled yet: what the run sent may still be under way.")
            return
        if there.called and not (old and there.called in (old, *_half_way(old, address.name, kind.inside))):
            self._move(address, f"{address} was given another name since: {there.called}.")
            return
        spec, moved, name = dict[str, Any](), list[str](), ""
        self._put_back_who_counted(change, there, kind, spec)
        for item in change.diff:
            if item.path == NAME_PATH:
                name = old if there.address == address else ""
            elif item.path == MARK_PATH:
                self._lose(address, "the mark of this repository stays in it")
            elif not _is_membership(item, change, kind):
                self._put_back_field(_as_it_stood(item, change), before, there, kind, spec, moved)
        if moved:
            self._move(address, f"{address} was changed since: {'; '.join(moved)}.")
            return
        if (spec or name or any(map(self._stands, change.edges))) and self._was_given_up(address, there, old):
            self._disowned(address)
            return
        self._put_back_edges(change)
        if name:
            self.names.setdefault(address.kind, {})[address.name] = name
        if name and there.called == name:
            self.unrenamed.add(address)
            name = ""
        if spec or name or address in self.holders:
            self.specs[address] = spec
            self._restore(change)
        else:
            self._settle(change)

    def _was_given_up(self, address: Address, there: LiveResource, old: str) -> bool:
        """Say whether something was owned before the run, or after it, and is not now."""
        before = (self.record.entries.get(it) for it in (address, Address(address.kind, old)))
        now = (self.owned.entries.get(it) for it in (address, there.address))
        return (self._end(address) is Status.APPLIED or any(before)) and not any(now)

    def _put_back_field(
        self, item: FieldDiff, before: Before, there: LiveResource, kind: Kind, spec: dict[str, Any], moved: list[str]
    ) -> None:
        address, path = before.change.address, item.path
        if path[0] in there.unknown:
            self._lose(address, f"{item.dotted}: the cluster does not tell what it holds")
            return
        at = field_at(kind, path)
        if (at is not None and at.write_only) or (item.sensitive and not isinstance(item.before, Hidden)):
            self._lose(address, f"{item.dotted}: a secret was sent, and the one before it is not known")
            return
        now = value_at(there.spec, path)[1]
        was, after = self._sides(item, before)
        gone = self._gone(at, item)
        is_alike = _comparison(kind, path, there, before.change, gone)
        if isinstance(was, list | tuple):
            was = _all_stated(was, after, at.fields if at is not None else ())
        if is_alike(was, now):
            return
        entry = self.owned.entries.get(address)
        is_filled = after is None and entry is not None and is_known(FieldDiff(path, now, None), entry.filled)
        if not (is_alike(after, now) or is_filled):
            moved.append(_told(item.dotted, after, now))
            return
        given, is_lost = _given_back(was, now)
        if is_lost:
            self._lose(address, f"{item.dotted}: may be secret, and was never written down")
            if given is None:
                return
        if given in (None, "") and kind.together:
            self._lose(address, f"{item.dotted}: nothing was there before; the platform may keep something")
            if at is not None and at.holds and len(path) == 1:
                return  # what nobody owned gets no owner taken away
        top, given = kind.field_named(path[0]), None if given == "" else given
        if top is not None and top.roles:
            self._state_roles(top, path, given, there, spec)
        else:
            whole = _whole_above(kind, path)
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
                    if side.refers_to == self.kinds.membership.user_kind:
                        listed = (listed - names) | (before & names)
                    self._state_roles(top, (top.name, role.name, side.name), sorted(listed), there, spec)

    def _gone(self, at: Field | None, item: FieldDiff) -> set[str]:
        """Return whom a list of names has lost, or could not get, as they do not live: which changes no list."""
        if at is None or not at.refers_to or at.shape is not Shape.SET:
            return set()
        names = {*(item.before or ()), *(item.after or ())}
        return {name for name in names if self._there(Address(at.refers_to, name)) is None}

    def _sides(self, item: FieldDiff, before: Before) -> tuple[Any, Any]:
        """Return a value before and after. What is hidden in a plan stands, by its digest, in the states."""
        was, after = before.change.live, before.change.desired
        if not item.sensitive:
            return item.before, item.after
        return (
            value_at(was.spec, item.path)[1] if was is not None else None,
            value_at(after.spec, item.path)[1] if after is not None else None,
        )

    def _state_roles(
        self, top: Field, path: Sequence[str], given: Any, there: LiveResource, spec: dict[str, Any]
    ) -> None:
        """State all roles as they are, with one list as it was: a stated role is exact in all its sides."""
        if top.name not in spec:
            held = there.spec.get(top.name) or {}
            spec[top.name] = {
                role.name: {side.name: list((held.get(role.name) or {}).get(side.name) or ()) for side in role.fields}
                for role in top.fields
            }
        spec[top.name][path[1]][path[2]] = list(given or ())

    def _put_back_edges(self, change: Change) -> None:
        for held in filter(self._stands, change.edges):
            if not held.adds and not self._sides_will_live(held.edge):
                self._lose(
                    change.address, f"the membership of {held.edge.user} in {held.edge.group}, one of which is gone"
                )
                continue
            self.edges[held.edge] = not held.adds
            self.holders.add(change.address)

    def _stands(self, held: EdgeChange) -> bool:
        """Say whether a membership is as the run left it."""
        return (held.edge.group in self.live.groups_of.get(held.edge.user, ())) == held.adds

    def _sides_will_live(self, edge: Edge) -> bool:
        user, group = self.kinds.membership.kinds
        return self._will_live(Address(user, edge.user)) and self._will_live(Address(group, edge.group))

    def _under_old_name(self, change: Change) -> LiveResource | None:
        """Return what was to be renamed, where it is called as before."""
        was = next((str(item.before) for item in change.diff if item.path == NAME_PATH), "")
        there = self._there(Address(change.address.kind, was)) if was else None
        if there is None or change.live is None or there.id != change.live.id:
            return None
        return there

    # What belongs to several

    def _hand_out_roles(self) -> None:
        """Give what is made anew the roles that it had in what has stayed."""
        for before in self.record.changes:
            address = before.change.address
            if before.change.action is not Action.DELETE or address not in self.specs:
                continue
            for held in before.held:
                there = self._there(held.by)
                top = self.kinds[held.by.kind].field_named(held.path[0])
                is_free = self.is_wanted(held.by) and self._is_free(held.by)
                if there is None or top is None or held.by in self.absent or not is_free:
                    self._lose(address, f"its role {held.path[1]} in {held.by}")
                    continue
                spec = self.specs.setdefault(held.by, {})
                if top.name not in spec:
                    now = (there.spec.get(top.name) or {}).get(held.path[1]) or {}
                    self._state_roles(top, held.path, now.get(held.path[2]), there, spec)
                members = spec[top.name][held.path[1]][held.path[2]]
                if address.name not in members:
                    members.append(address.name)

    def _is_free(self, address: Address) -> bool:
        """Say whether something has not moved: what has is left alone."""
        return address not in self._moved

    def _resources(self) -> dict[Address, Resource]:
        membership, found = self.kinds.membership, dict[Address, Resource]()
        for address in self.absent:
            kind = self.kinds[address.kind]
            strategy = kind.field_named(DELETION_STRATEGY)
            spec = {} if strategy is None else {DELETION_STRATEGY: strategy.default}
            found[address] = _resource(address, spec, Lifecycle(state="absent"))
        for holder in self.holders:
            self.specs.setdefault(holder, {})
        links: dict[Address, list[tuple[str, bool]]] = {}
        for edge, stands in self.edges.items():
            user, group = Address(membership.user_kind, edge.user), Address(membership.group_kind, edge.group)
            links.setdefault(user, []).append((group.name, stands))
            links.setdefault(group, []).append((user.name, stands))
        for address, spec in self.specs.items():
            kind = self.kinds[address.kind]
            stated = dict(spec)
            for item in kind.fields:
                if item.roles and isinstance(stated.get(item.name), Mapping):
                    there = self._there(address)
                    around = {**(there.spec if there is not None else {}), **stated}
                    stated[item.name] = without_counted(item, around)
            if address in self.holders:
                name = membership.user_field if address.kind == membership.user_kind else membership.group_field
                stated[name] = sorted(self._links_wanted(address, links.get(address, ())))
            stated = self._kept_off(address, kind, stated)
            old = self._name_before(address)
            is_renamed = address.name in self.names.get(address.kind, {}) and address not in self.unrenamed
            lifecycle = Lifecycle(renamed_from=address.name) if is_renamed else Lifecycle()
            named = dict(named_in(kind.referring, stated, self.names)) if self.names else stated
            found[old] = _resource(old, named, lifecycle)
        return found

    def _name_before(self, address: Address) -> Address:
        names = self.names.get(address.kind, {})
        if not names:
            return address
        name = names.get(address.name) or brought_along(address.name, names, self.kinds[address.kind].inside)
        return Address(address.kind, name)

    def _links_wanted(self, address: Address, links: Iterable[tuple[str, bool]]) -> set[str]:
        """Return whom a list of memberships names, with those of `links` that are to stand and without the others."""
        found = self._linked(address) if self._there(address) is not None else set()
        for name, stands in links:
            (found.add if stands else found.discard)(name)
        membership = self.kinds.membership
        other = membership.group_kind if address.kind == membership.user_kind else membership.user_kind
        return {name for name in found if Address(other, name) not in self.absent}

    def _kept_off(self, address: Address, kind: Kind, spec: dict[str, Any]) -> dict[str, Any]:
        """State that what is switched off stays so: without a word of it, planning takes it for one that comes back."""
        entry, there = self.owned.entries.get(address), self._there(address)
        if entry is None or not entry.is_removed or kind.disabled_by is None or there is None:
            return spec
        name = kind.disabled_by[0]
        return spec if name in spec else {**spec, name: there.spec.get(name)}

    # The inventory

    def _restore(self, change: Change) -> None:
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

    def _settle(self, change: Change) -> None:
        self.settled.append(change.address)
        self._restore(change)

    def _restore_entries(self) -> None:
        """Restore what the run changed in the inventory alone: what it took over, forgot, or wrote down anew."""
        writes = {it.change.address for it in self.record.changes}
        back = {
            Address(kind, old): Address(kind, new) for kind, names in self.names.items() for new, old in names.items()
        }
        for address, before in self.record.entries.items():
            if address in writes or not self.is_wanted(back.get(address, address)):
                continue
            now, noted = self.owned.entries.get(address), self.record.noted.get(address)
            if address in back or self._was_brought_along(address):
                self.restored[address] = before
            elif before is None:
                if now is not None:
                    self._disown(address, now, noted)
            elif now is None:
                self._own_again(address, before)
            elif entry_data(before) != entry_data(now) and self._is_as_noted(now, noted):
                self.restored[address] = before

    def _was_brought_along(self, address: Address) -> bool:
        """Say whether an entry is of something that gets its old name back with what it lies in, or had the new one."""
        names, sep = (
            self.names.get(address.kind, {}),
            self.kinds[address.kind].inside if address.kind in self.kinds else "",
        )
        around = {**names, **{old: new for new, old in names.items()}}
        return bool(sep and around) and brought_along(address.name, around, sep) != address.name

    def _is_as_noted(self, now: Entry, noted: Entry | None) -> bool:
        return noted is not None and tagged(entry_data(noted)) == tagged(entry_data(now))

    def _disown(self, address: Address, now: Entry, noted: Entry | None) -> None:
        if noted is not None and noted.id != now.id:
            self._move(address, f"{address} is another one now than the run took over.")
        else:
            self.restored[address] = None

    def _own_again(self, address: Address, before: Entry) -> None:
        """What was forgotten is ours again where the very one lives; what was dropped as gone has gone for good."""
        there = self._there(address)
        is_kind = there is not None and address.kind in self.kinds
        if is_kind and is_owned(replace(before, is_pending=False), there, self.kinds[address.kind]):
            self.restored[address] = before
        else:
            self.settled.append(address)

    # Words

    def _there(self, address: Address) -> LiveResource | None:
        there = self.live.resources.get(address)
        return None if there is None or there.is_deleting else there

    def _end(self, address: Address) -> Status | None:
        end = self.record.outcomes.get(address)
        return end.status if end is not None else None

    def _move(self, address: Address, how: str) -> None:
        self.moved.append(Problem(MOVED, how, HINT, address=address))
        self._moved.add(address)

    def _lose(self, address: Address, what: str) -> None:
        self.lost.setdefault(address, []).append(what)


def _given(record: RunRecord, live: LiveState, kinds: Kinds) -> _Given:
    """Look once at all that gives something to something else: what lives, and what the run has stated."""
    found, membership = _Given(), kinds.membership
    for by in filter(lambda it: not it.is_deleting, live.resources.values()):
        for target, path in _roles_in(by.address, by.spec, kinds):
            found.roles.setdefault(target, []).append((by.address, path))
    for before in record.changes:
        by_run, desired = before.change.address, before.change.desired
        for held in filter(lambda it: it.adds, before.change.edges):
            user, group = Address(membership.user_kind, held.edge.user), Address(membership.group_kind, held.edge.group)
            found.links_by_run.setdefault(user, set()).add(group.name)
            found.links_by_run.setdefault(group, set()).add(user.name)
        if desired is None:
            continue
        for target, path in _roles_in(by_run, desired.spec, kinds):
            found.roles_by_run.setdefault(target, set()).add((by_run, path))
        if sort := kinds[by_run.kind].holders_of:
            for reference in references(kinds[by_run.kind], desired.spec):
                found.held_by_run.setdefault((reference.target, sort), set()).add(by_run.name)
    return found


def _roles_in(by: Address, spec: Mapping[str, Any], kinds: Kinds) -> Iterator[tuple[Address, tuple[str, ...]]]:
    top = carriers_of(kinds).get(by.kind)
    if top is not None:
        for reference in references(kinds[by.kind], {top.name: spec.get(top.name)}):
            yield reference.target, tuple(str(key) for key in reference.path[:-1])


def _resource(address: Address, spec: Mapping[str, Any], lifecycle: Lifecycle) -> Resource:
    return Resource(address, spec, SavedPositions(NOWHERE), NOWHERE, lifecycle)


def _spec_of(made: ExportedResource, kinds: Kinds) -> Mapping[str, Any]:
    document = Document(NOWHERE, made.document, SavedPositions(NOWHERE))
    return desired_state([document], kinds).resources[made.address].spec


def _is_passed_over(item: Field | None) -> bool:
    """Say whether a field tells nothing of what was made: it is not read back, or told by memberships."""
    return item is not None and (item.write_only or item.create_only or item.steers or item.membership)


def _is_membership(item: FieldDiff, change: Change, kind: Kind) -> bool:
    at = kind.field_named(item.path[0])
    return at is not None and at.membership and bool(change.edges)


def _half_way(old: str, new: str, sep: str) -> tuple[str, ...]:
    """Return what something is called that has its new name, and lies where it did: a place is written after a name."""
    if not sep:
        return ()
    above, last = old.rpartition(sep)[0], new.rpartition(sep)[2]
    return (f"{above}{sep}{last}" if above else last,)


def _as_it_stood(item: FieldDiff, change: Change) -> FieldDiff:
    """Return a difference at the place of the value that stood there before, where that was no mapping."""
    value: Any = change.live.spec if change.live is not None else {}
    for end, key in enumerate(item.path):
        if not isinstance(value, Mapping):
            if value is None:
                break
            after = value_at(change.desired.spec, item.path[:end])[1] if change.desired is not None else None
            return FieldDiff(item.path[:end], value, after, item.sensitive)
        value = value.get(key)
    return item


def _is_another(was: LiveResource, there: LiveResource, kind: Kind) -> bool:
    if kind.has_ids and was.id != there.id:
        return True
    return bool(was.born and there.born and was.born != there.born)


def _is_alike(item: Field | None, one: Any, other: Any, *, is_whole: bool) -> bool:
    """Say whether two values mean the same; whole ones, read from both sides."""
    return same(item, one, other) and (not is_whole or same(item, other, one))


def _comparison(
    kind: Kind, path: Sequence[str], there: LiveResource, change: Change, gone: Collection[str]
) -> Callable[[Any, Any], bool]:
    """Return how two values at a path are compared, the second of which is the one that lives."""
    top, at = kind.field_named(path[0]), field_at(kind, tuple(path))
    if top is not None and top.equal is not None and len(path) == 1:
        return lambda one, other: means(top, one, other, {**there.spec, path[0]: one}, there.spec)
    counted = set(gone)
    if top is not None and top.roles:
        states = (there.spec, *(it.spec for it in (change.live, change.desired) if it is not None))
        counted |= _counted(top, path, states)
    elif not counted:
        return lambda one, other: same(at, one, other)
    return lambda one, other: set(one or ()) - counted == set(other or ()) - counted


def _counted(top: Field, path: Sequence[str], specs: Collection[Mapping[str, Any]]) -> set[str]:
    """Return who counts as a member of a role, or of any, without being listed, or may be listed for it."""
    roles = [it for it in top.fields if tuple(path[1:2]) in ((), (it.name,))]
    names = {side.counts for role in roles for side in role.fields if side.counts}
    return {str(spec[name]) for spec in specs for name in names if spec.get(name)}


def _whole_above(kind: Kind, path: Sequence[str]) -> tuple[str, ...]:
    """Return the path of what is only valid with all of its keys and holds this one, () for nothing."""
    for end in range(1, len(path)):
        at = field_at(kind, tuple(path[:end]))
        if at is not None and at.whole:
            return tuple(path[:end])
    return ()


def _all_stated(was: Any, after: Any, fields: Sequence[Field] = ()) -> Any:
    """Return a list whose items state what the run added to them, as what it is by itself: null, or a default.

    What an item does not state is not compared. `fields` describe the items.
    """
    if isinstance(was, Mapping) and isinstance(after, Mapping):
        default = {item.name: item.default for item in fields}
        return {key: default.get(key) for key in after} | {
            key: _all_stated(value, after.get(key)) for key, value in was.items()
        }
    if isinstance(was, list | tuple) and isinstance(after, list | tuple) and len(was) == len(after):
        return [_all_stated(one, other, fields) for one, other in zip(was, after, strict=True)]
    return was


def _given_back(was: Any, now: Any) -> tuple[Any, bool]:
    """Return a value as it can be given back, and whether something of it cannot: what is hidden, unless it lives.

    Of a map the other keys are given back; None where nothing can be.
    """
    if not any(hidden_in(was)):
        return was, False
    if isinstance(was, Hidden):
        return (now, False) if isinstance(now, Hidden) and now == was else (None, True)
    if isinstance(was, Mapping):
        lives = now if isinstance(now, Mapping) else {}
        each = {key: _given_back(value, lives.get(key)) for key, value in was.items()}
        return {key: value for key, (value, is_lost) in each.items() if value is not None or not is_lost}, any(
            is_lost for _, is_lost in each.values()
        )
    return (now, False) if was == now else (None, True)


def _told(name: str, left: Any, now: Any) -> str:
    return f"{name} was {_short(left)} after the run, and is {_short(now)}"


def _short(value: Any) -> str:
    if value is None or (not isinstance(value, bool | int | float) and not value):
        return "not set"
    if any(hidden_in(value)):
        return "something that may be secret"
    text = str(plain(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_LONGEST = 60
