"""What a run made: it is taken away, unless somebody has changed it since, or gave it something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import Any

from igz_apply.authoring.desired import desired_state
from igz_apply.authoring.exporting import ExportedResource, exported
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
from igz_apply.model.comparison import means, same
from igz_apply.model.kind import METADATA, Field, Kind, Kinds
from igz_apply.model.records import Before, Left, RunRecord
from igz_apply.model.references import references
from igz_apply.model.resources import Document, LiveResource, LiveState
from igz_apply.model.roles import carriers_of
from igz_apply.planning.places import NOWHERE, SavedPositions
from igz_apply.planning.undoing_state import WayBack
from igz_apply.planning.undoing_values import are_alike, counted_members, is_passed_over, told
from igz_apply.values import dataclass

Role = tuple[Address, tuple[str, ...]]  # by whom it is listed, and the path of the list below the spec


@dataclass(slots=True)
class _Given:
    """What others give to something: roles, memberships, policies."""

    roles: dict[Address, list[Role]] = field(default_factory=dict)  # of what lives
    roles_by_run: dict[Address, set[Role]] = field(default_factory=dict)
    links_by_run: dict[Address, set[str]] = field(default_factory=dict)  # as `WayBack.linked`
    held_by_run: dict[tuple[Address, str], set[str]] = field(default_factory=dict)  # by the sort of what is held


class Unmaking:
    """Looks at what was made."""

    def __init__(self, back: WayBack) -> None:
        self._back = back
        has_made = any(it.change.action is Action.CREATE for it in back.record.changes)
        self._given = _given(back.record, back.live, back.kinds) if has_made else _Given()

    def unmake(self, before: Before) -> None:
        """Find how to take away what a change has made."""
        change = before.change
        address, kind = change.address, self._back.kinds[change.address.kind]
        there, left, entry = (
            self._back.there(address),
            self._back.record.left.get(address, Left()),
            self._back.owned.entries.get(address),
        )
        if there is None:
            self._back.settle(change)
            return
        if (left.id and kind.has_ids and there.id != left.id) or (left.born and there.born and there.born != left.born):
            self._back.move(
                address, f"{address} was deleted since, and made anew by somebody: it is not what the run made."
            )
            return
        if not left.id and not (entry is not None and (entry.is_pending or entry.id == there.id)):
            self._back.move(
                address, f"{address} is not known to be what the run made: its answer was lost, or the run died."
            )
            return
        fields = [*self._changed_in(before, there, left, kind), *self._roles_given(address)]
        if fields:
            self._back.move(address, f"{address}, which the run made, was changed since: {'; '.join(fields)}.")
            return
        if entry is None or (kind.has_ids and left.id and not entry.is_pending and entry.id != left.id):
            self._back.disowned(address)
            return
        if not left.id:
            self._back.lose(address, "its making was sent by the run, and its end was not seen; it is as it was sent")
        self._back.absent[address] = None
        self._back.restore(change)

    def _changed_in(self, before: Before, there: LiveResource, left: Left, kind: Kind) -> Iterator[str]:
        """Yield what of something that was made is not as it was left, but for what the platform moves by itself."""
        desired = before.change.desired
        spec = left.spec if left.spec is not None else (desired.spec if desired is not None else {})
        for name in sorted(spec.keys() | (there.spec.keys() if left.spec is not None else set())):
            item = kind.field_named(name)
            if is_passed_over(item) or name in there.unknown or (left.spec is None and item is not None and item.roles):
                continue
            one, other = spec.get(name), there.spec.get(name)
            if item is not None and item.equal is not None:
                is_alike = means(item, one, other, spec, there.spec) or means(item, other, one, there.spec, spec)
            else:
                is_alike = are_alike(item, one, other, is_whole=left.spec is not None)
            if not is_alike:
                yield told(name, one, other)
        linked = self._back.linked(before.change.address)
        if left.spec is None:
            yield from self._never_sent(before.change, there, kind)
            others = linked - self._given.links_by_run.get(before.change.address, set())
            if others:
                yield f"memberships are also {', '.join(sorted(others))}, of which the run knew nothing"
        elif set(left.linked) != linked:
            yield told("memberships", sorted(left.linked), sorted(linked))

    def _never_sent(self, change: Change, there: LiveResource, kind: Kind) -> Iterator[str]:
        """Yield what something has that the run was not to send, and that the platform gives nothing by itself."""
        stated = change.desired.spec if change.desired is not None else {}
        state = replace(self._back.live, resources={change.address: there}, groups_of={})
        for made in exported(state, self._back.kinds, [str(change.address)], [change.address]):
            for name, value in spec_of(made, self._back.kinds).items():
                item = kind.field_named(name)
                if item is None or is_passed_over(item) or self._is_given_by_platform(item, value, kind):
                    continue
                sent = stated.get(name)
                if item.looked_up:  # what it holds may be stated from the other side
                    held = {*(sent or ()), *self._given.held_by_run.get((change.address, item.looked_up), ())}
                    value, sent = sorted({*value} | held), sorted(held)
                if item.roles:
                    yield from self._members_never_sent(item, stated, there)
                elif not same(item, value, sent):
                    yield told(name, sent, value)

    def _is_given_by_platform(self, item: Field, value: Any, kind: Kind) -> bool:
        """Say whether the platform may have put a value there by itself."""
        if item.equal is not None or (item.holds and value == self._back.record.caller.username):
            return True
        is_part = not value or isinstance(value, Mapping)
        return bool(kind.together) and is_part and not item.name.startswith(METADATA)

    def _members_never_sent(self, top: Field, stated: Mapping[str, Any], there: LiveResource) -> Iterator[str]:
        known = counted_members(top, (), (stated, there.spec)) | {self._back.record.caller.username}
        for role in top.fields:
            for side in role.fields:
                now, sent = (
                    set(((spec.get(top.name) or {}).get(role.name) or {}).get(side.name) or ())
                    for spec in (there.spec, stated)
                )
                if others := now - sent - known:
                    yield f"{role.name} also lists {', '.join(sorted(others))}, of whom the run knew nothing"

    def _roles_given(self, address: Address) -> Iterator[str]:
        """Yield the roles that something has, and the run gave it none of: to delete it would take them too."""
        for by, path in self._given.roles.get(address, ()):
            if (by, path) not in self._given.roles_by_run.get(address, ()):
                yield f"somebody gave it the role {path[1]} in {by}"


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


def spec_of(made: ExportedResource, kinds: Kinds) -> Mapping[str, Any]:
    """Return the spec that an exported manifest states."""
    document = Document(NOWHERE, made.document, SavedPositions(NOWHERE))
    return desired_state([document], kinds).resources[made.address].spec
