"""Whose change a difference is: git's, somebody's on the cluster, or both; from what was last applied."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import Action, Change, EdgeChange, FieldDiff, Origin, Plan
from igz_apply.model.comparison import field_at, means, same, value_at
from igz_apply.model.hidden import Hidden
from igz_apply.model.ignoring import apart
from igz_apply.model.kind import MARK_PATH, NAME_PATH, Field, Kind, Kinds, Membership, Shape
from igz_apply.model.resources import Edge, Owned
from igz_apply.planning.diff import is_holding
from igz_apply.planning.ownership import is_owned
from igz_apply.planning.places import NOWHERE, place_of
from igz_apply.planning.renames import is_by_manifest, is_renamed
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class FieldDrift:
    """One difference of a field, with the three states of it."""

    diff: FieldDiff
    applied: Any = None  # the value of the last apply
    source: Source | None = None  # where git states it; None: nowhere, or nobody has asked yet

    @property
    def origin(self) -> Origin:
        """Whose change it is."""
        return self.diff.origin


@dataclass(frozen=True, slots=True)
class Drift:
    """What is different in one resource, and whose change that is."""

    address: Address
    action: Action  # what a plan would do about it
    fields: tuple[FieldDrift, ...]
    origin: Origin  # of its presence or absence, and the strongest of its fields'
    note: str = ""  # what has to be said of the resource as a whole
    source: Source | None = None  # where its manifest begins; None as of a field


@dataclass(frozen=True, slots=True)
class _Applied:
    """The memberships that the last apply left, as far as both sides had stated them."""

    edges: frozenset[Edge]
    users: frozenset[str]  # who stated groups then
    groups: frozenset[str]  # which stated a roster then


_NOBODY = _Applied(frozenset(), frozenset(), frozenset())
_REASONS = {
    Origin.CLUSTER: "changed on the cluster",
    Origin.GIT: "changed in git",
    Origin.BOTH: "changed in git and on the cluster",
}


def classed(changes: Sequence[Change], owned: Owned, kinds: Kinds) -> tuple[Change, ...]:
    """Return the changes with the origin of every difference; what differs in nothing stays as it is."""
    drifts = {drift.address: drift for drift in _drifts(changes, owned, kinds)}
    if not drifts:
        return tuple(changes)
    return tuple(
        _classed(change, drifts[change.address], owned, kinds) if change.address in drifts else change
        for change in changes
    )


def drift_of(plan: Plan, owned: Owned, kinds: Kinds) -> tuple[Drift, ...]:
    """Return every difference that the plan found, classed; resources as declared are left out.

    A plan shows member lists with whoever counts as a member there; here that is nobody's change, and left out.
    """
    changes = {change.address: change for change in plan.changes}
    told = (_told(drift, changes[drift.address], owned, kinds) for drift in _drifts(plan.changes, owned, kinds))
    return tuple(_placed(drift, changes, kinds.membership) for drift in told if drift is not None)


def _placed(drift: Drift, changes: Mapping[Address, Change], membership: Membership) -> Drift:
    """Return a drift that says where git states it. Each place may cost a parse: drift is rare."""
    change = changes[drift.address]
    if change.desired is None or change.desired.source == NOWHERE:
        return drift
    fields = (replace(each, source=place_of(change, each.diff.path, changes, membership)) for each in drift.fields)
    return replace(drift, fields=tuple(fields), source=None if change.is_pruned else change.desired.source)


def _told(drift: Drift, change: Change, owned: Owned, kinds: Kinds) -> Drift | None:
    """Return a drift without what is ignored, and without owners among members; None where those were all of it."""
    stated = (_without_ignored(each, change) for each in drift.fields)
    fields = tuple(it for it in (_uncounted(each, change, owned, kinds) for each in stated) if it is not None)
    if len(fields) == len(drift.fields):
        return replace(drift, fields=fields)
    if not fields and not drift.note:
        return None
    origins = [*(field.origin for field in fields), *([Origin.CLUSTER] if drift.note else [])]
    return replace(drift, fields=fields, origin=_strongest(origins))


def _without_ignored(drift: FieldDrift, change: Change) -> FieldDrift:
    """Return the drift of a map without the keys that are nobody's business, on either side."""
    ignored = change.desired.lifecycle.ignore_changes if change.desired is not None else ()
    before, after = (apart(each, drift.diff.dotted, ignored) for each in (drift.diff.before, drift.diff.after))
    return replace(drift, diff=replace(drift.diff, before=before, after=after))


def _uncounted(drift: FieldDrift, change: Change, owned: Owned, kinds: Kinds) -> FieldDrift | None:
    """Return the drift of a member list without who counts as a member unlisted; None where nothing else differs."""
    field = kinds[change.address.kind].field_named(drift.diff.path[0])
    if field is None or not field.roles:
        return drift
    _, role, side = drift.diff.path
    entry = owned.entries.get(change.address)
    specs = [state.spec for state in (change.live, change.desired) if state is not None]
    specs += [entry.values] if entry is not None else []
    counted = frozenset[str]().union(*(_counted(field, role, side, spec) for spec in specs))

    def others(names: Any) -> list[str]:
        return [name for name in names or () if name not in counted]

    diff, applied = drift.diff, drift.applied
    before, after = others(diff.before), others(diff.after)
    if before == after:
        return None
    diff = replace(diff, before=before or None, after=after or None)
    return replace(drift, diff=diff, applied=others(applied) if applied is not None else None)


def _drifts(changes: Sequence[Change], owned: Owned, kinds: Kinds) -> Iterator[Drift]:
    loud = [change for change in changes if change.action is not Action.NO_CHANGE]
    told = [change for change in loud if change.action.writes or _is_another(change, owned, kinds)]
    # Only where memberships change does anybody ask what was applied of them.
    memberships = _applied_memberships(owned, kinds.membership) if any(it.edges for it in told) else _NOBODY
    return (_drift(change, owned, kinds, memberships) for change in told)


def _classed(change: Change, drift: Drift, owned: Owned, kinds: Kinds) -> Change:
    told = tuple(field.diff for field in drift.fields) or tuple(diff.of_origin(drift.origin) for diff in change.diff)
    is_told = change.action is Action.UPDATE and _is_ours(change, owned, kinds)
    reason = _why(drift) if is_told and change.diff else change.reason
    if change.switches_off:
        reason = f"{change.reason}; {_REASONS[Origin.CLUSTER]}" if drift.origin.is_foreign else change.reason
    return change.but(diff=told, origin=drift.origin, reason=reason)


def _why(drift: Drift) -> str:
    """Say whose change it is that an update undoes or makes."""
    others = [field.origin for field in drift.fields if field.diff.path != NAME_PATH]
    if len(others) == len(drift.fields):
        return _REASONS[drift.origin]
    if any(field.diff.path == NAME_PATH and field.origin is Origin.GIT for field in drift.fields):
        return "renamed in git" + (f"; {_REASONS[_strongest(others)]}" if others else "")
    return "renamed on the cluster" + (f"; {_REASONS[_strongest(others)]}" if others else "")


def _drift(change: Change, owned: Owned, kinds: Kinds, memberships: _Applied) -> Drift:
    address, action = change.address, change.action
    entry = owned.entries.get(address)
    if entry is None or entry.is_pending:
        origin = Origin.GIT if action is Action.CREATE else Origin.UNKNOWN
        return Drift(address, action, tuple(_drifted(diff, origin) for diff in change.diff), origin)
    if action is Action.CREATE:
        return Drift(address, action, (), Origin.CLUSTER)
    if action is Action.DELETE:
        return Drift(address, action, (), Origin.GIT)
    note = change.reason.partition(";")[0] if _is_another(change, owned, kinds) else ""
    if change.live is not None and is_renamed(change) and not is_by_manifest(change, kinds):
        note = f"renamed on the cluster: called {change.live.called} now"
    if not change.diff:
        return Drift(address, action, (), Origin.CLUSTER, note)  # as declared, and broken there or another one
    fields = tuple(_field_drifts(change, kinds, owned, memberships))
    origins = [*(field.origin for field in fields), *([Origin.CLUSTER] if note else [])]
    return Drift(address, action, fields, _strongest(origins), note)


def _is_ours(change: Change, owned: Owned, kinds: Kinds) -> bool:
    return is_owned(owned.entries.get(change.address), change.live, kinds[change.address.kind])


def _is_another(change: Change, owned: Owned, kinds: Kinds) -> bool:
    """Say whether what is updated or adopted is not, or not surely, the resource that was applied."""
    entry = owned.entries.get(change.address)
    return entry is not None and not entry.is_pending and not _is_ours(change, owned, kinds)


def _drifted(diff: FieldDiff, origin: Origin, applied: Any = None) -> FieldDrift:
    return FieldDrift(diff.of_origin(origin), applied)


def _field_drifts(change: Change, kinds: Kinds, owned: Owned, memberships: _Applied) -> Iterator[FieldDrift]:
    kind, applied = kinds[change.address.kind], owned.entries[change.address].values
    for diff in change.diff:
        field = kind.field_named(diff.path[0])
        if diff.path == NAME_PATH:
            by_manifest = is_by_manifest(change, kinds)
            applied_name = diff.before if by_manifest else change.address.name
            yield _drifted(diff, Origin.GIT if by_manifest else Origin.CLUSTER, applied_name)
        elif diff.path == MARK_PATH:
            yield _drifted(diff, Origin.GIT)
        elif field is not None and field.membership:
            origin = _strongest(_edge_origin(item, memberships) for item in change.edges)
            yield _drifted(
                diff, origin, _others(change.address, kinds.membership, memberships) or applied.get(field.name)
            )
        elif field is not None and field.roles:
            drift = _role_drift(change, field, diff, applied)
            yield _given_since(drift, field, owned) or drift
        elif field is not None and _only_adds(change, kind, field):
            yield _addition_drift(diff, applied)
        else:
            yield _field_drift(kind, diff, applied, change.desired.lifecycle.ignore_changes if change.desired else ())


def _others(address: Address, membership: Membership, applied: _Applied) -> list[str]:
    """Return who was on the other side of a resource's memberships, whichever side had stated them."""
    is_user = address.kind == membership.user_kind
    pairs = applied.edges if is_user else {(group, user) for user, group in applied.edges}
    return sorted(other for one, other in pairs if one == address.name)


def _field_drift(kind: Kind, diff: FieldDiff, applied: Mapping[str, Any], ignored: Collection[str]) -> FieldDrift:
    """Compare both sides of a difference with the value of the last apply, whatever is ignored below it."""
    if diff.sensitive and not isinstance(diff.before, Hidden) and not isinstance(diff.after, Hidden):
        return _drifted(diff, Origin.GIT)  # a hash that no longer matches is a secret that changed on our side
    was_declared, value = value_at(applied, diff.path)
    if not was_declared:
        return _drifted(diff, Origin.GIT)
    value, before, after = (apart(each, diff.dotted, ignored) for each in (value, diff.before, diff.after))
    live_moved = _differs(kind, diff.path, value, before, applied)
    git_moved = _differs(kind, diff.path, value, after, applied)
    return _drifted(diff, _origin(live_moved=live_moved, git_moved=git_moved), value)


def _only_adds(change: Change, kind: Kind, field: Field) -> bool:
    is_additive = change.desired is not None and change.desired.lifecycle.membership == "additive"
    return is_additive and is_holding(kind, field)


def _addition_drift(diff: FieldDiff, applied: Mapping[str, Any]) -> FieldDrift:
    """What is added again was taken away on the cluster, all else is new in git; what others added is theirs."""
    was_declared, value = value_at(applied, diff.path)
    if not was_declared:
        return _drifted(diff, Origin.GIT)
    added = frozenset(diff.after or ()) - frozenset(diff.before or ())
    again = added & frozenset(value or ())
    return _drifted(diff, _origin(live_moved=bool(again), git_moved=added != again), value)


def _differs(kind: Kind, path: tuple[str, ...], one: Any, other: Any, spec: Mapping[str, Any]) -> bool:
    field = field_at(kind, path)
    if type(one) is str and type(other) is str:  # the usual case, at once
        if one == other:
            return False
        if field is not None and field.shape is Shape.SCALAR and field.equal is None:
            return True
    return not (same(None, one, other) if field is None else means(field, one, other, spec, spec))


# Role members: a role that was stated was exact in all its sides, and an owner counts as a member unlisted.


def _role_drift(change: Change, field: Field, diff: FieldDiff, applied: Mapping[str, Any]) -> FieldDrift:
    _, role, side = diff.path
    was_declared, then = _role_at(applied, field.name, role)
    live, desired = (state.spec if state is not None else {} for state in (change.live, change.desired))
    is_declared, _ = _role_at(desired, field.name, role)
    if not is_declared:  # a member leaves it because another role gains that member: not a change of its own
        return _drifted(diff, _gains(change, field, diff, applied))
    if not was_declared:
        return _drifted(diff, Origin.GIT)
    owner, live_owner, desired_owner = (_counted(field, role, side, spec) for spec in (applied, live, desired))
    counted = owner | live_owner | desired_owner
    value = frozenset((then or {}).get(side) or ())
    before, after = frozenset(diff.before or ()), frozenset(diff.after or ())
    live_moved, git_moved = before - counted != value - counted, after - counted != value - counted
    if not live_moved and not git_moved:  # all that differs is who counts as a member unlisted
        live_moved, git_moved = bool(owner) and live_owner != owner, bool(desired_owner) and desired_owner != owner
    return _drifted(diff, _origin(live_moved=live_moved, git_moved=git_moved), sorted(value))


def _given_since(drift: FieldDrift, field: Field, owned: Owned) -> FieldDrift | None:
    """Return the drift of a role that the cluster gave to somebody since a prune had switched them off, else None."""
    _, role, side = drift.diff.path
    lost = frozenset(drift.diff.before or ()) - frozenset(drift.diff.after or ())
    kinds = [
        inner.refers_to for each in field.fields if each.name == role for inner in each.fields if inner.name == side
    ]
    entries = (owned.entries.get(Address(kind, name)) for kind in kinds for name in lost)
    if drift.applied is not None or not any(entry is not None and entry.is_removed for entry in entries):
        return None
    return replace(drift, diff=drift.diff.of_origin(Origin.CLUSTER))


def _gains(change: Change, field: Field, diff: FieldDiff, applied: Mapping[str, Any]) -> Origin:
    """Return the origin of the changes by which stated roles gain what an unstated one loses."""
    lost = frozenset(diff.before or ()) - frozenset(diff.after or ())
    gains = (
        other
        for other in change.diff
        if other.path[0] == field.name
        and other.path != diff.path
        and lost & (frozenset(other.after or ()) - frozenset(other.before or ()))
    )
    return _strongest(_role_drift(change, field, other, applied).origin for other in gains)


def _role_at(spec: Mapping[str, Any], name: str, role: str) -> tuple[bool, Any]:
    """Return whether a spec states a role, and its sides; null states that every role is empty."""
    if name not in spec:
        return False, None
    stated = spec[name]
    return (True, None) if stated is None else (role in stated, stated.get(role))


def _counted(field: Field, role: str, side: str, spec: Mapping[str, Any]) -> frozenset[str]:
    """Return who counts as a member of a role's side without being listed: the owner that a spec states, or nobody."""
    sides = (inner for each in field.fields if each.name == role for inner in each.fields if inner.name == side)
    return frozenset(spec[inner.counts] for inner in sides if spec.get(inner.counts))


# Memberships: what either side had stated when it was last applied.


def _applied_memberships(owned: Owned, membership: Membership) -> _Applied:
    edges: set[Edge] = set()
    users: set[str] = set()
    groups: set[str] = set()
    for (kind, name), entry in owned.entries.items():
        if entry.is_pending:
            continue
        if kind == membership.user_kind:
            edges.update(Edge(name, group) for group in entry.values.get(membership.user_field) or ())
            if entry.values.get(membership.primary_field):
                edges.add(Edge(name, entry.values[membership.primary_field]))
            users |= {name} if membership.user_field in entry.values else set()
        elif kind == membership.group_kind:
            edges.update(Edge(user, name) for user in entry.values.get(membership.group_field) or ())
            groups |= {name} if membership.group_field in entry.values else set()
    return _Applied(frozenset(edges), frozenset(users), frozenset(groups))


def _edge_origin(change: EdgeChange, applied: _Applied) -> Origin:
    """A membership that the last apply left, or that nobody had wanted then, tells by itself who changed it."""
    edge = change.edge
    if change.adds:
        return Origin.CLUSTER if edge in applied.edges else Origin.GIT
    if edge in applied.edges:
        return Origin.GIT
    return Origin.CLUSTER if edge.user in applied.users or edge.group in applied.groups else Origin.GIT


def _origin(*, live_moved: bool, git_moved: bool) -> Origin:
    if live_moved:
        return Origin.BOTH if git_moved else Origin.CLUSTER
    return Origin.GIT


def _strongest(found: Iterable[Origin]) -> Origin:
    origins = frozenset(found)
    if Origin.BOTH in origins or origins >= {Origin.CLUSTER, Origin.GIT}:
        return Origin.BOTH
    return Origin.CLUSTER if Origin.CLUSTER in origins else Origin.GIT
