"""Desired state, live state and ownership in; the plan out: actions, reasons, dependencies, order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute

from igz_apply.core.addresses import Address
from igz_apply.core.changes import Action, Change, EdgeChange, FieldDiff, Plan
from igz_apply.core.conflicts import conflicts
from igz_apply.core.diff import differences
from igz_apply.core.graph import ordered
from igz_apply.core.kind import DELETION_STRATEGY, Kind, Kinds
from igz_apply.core.memberships import edge_changes, statements
from igz_apply.core.problems import Problem, errors_of, in_order
from igz_apply.core.references import references
from igz_apply.core.resolve import unresolved
from igz_apply.core.resources import DesiredState, Edge, LiveResource, LiveState, Owned, Resource
from igz_apply.core.selection import Selection, selector


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What a caller may say about planning."""

    prune: bool = False
    selection: Selection = Selection()
    stale_secrets: Mapping[Address, frozenset[str]] = attribute(
        default_factory=dict
    )  # paths the hash no longer matches


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, or the problems that there is none for."""

    plan: Plan | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _World:
    """All that choosing an action looks at."""

    desired: Mapping[Address, Resource]
    live: Mapping[Address, LiveResource]
    owned: Owned
    kinds: Kinds
    options: PlanOptions
    going: frozenset[Address]
    edges: Mapping[Address, tuple[EdgeChange, ...]]
    groups_of: Mapping[str, frozenset[str]]
    users_of: Mapping[str, frozenset[str]]


def make_plan(desired: DesiredState, live: LiveState, owned: Owned, kinds: Kinds, options: PlanOptions) -> Planned:
    """Return the plan that makes `live` as `desired`; the same inputs give the same plan, whatever their order."""
    is_wanted = selector(options.selection, desired, kinds)
    world = _world(desired, live, owned, kinds, options, is_wanted)
    chosen = {change.address: change for change in _changes(world) if is_wanted(change.address)}
    problems = [
        *(problem for problem in unresolved(desired, kinds, live, world.going) if _concerns(problem, is_wanted)),
        *conflicts(chosen, desired, live, kinds, world.going),
    ]
    needs = _needs(chosen, world)
    order, cycle = ordered(needs)
    if cycle:
        problems.append(_cycle_problem(cycle, desired.resources))
    if errors_of(problems):
        return Planned(None, in_order(problems))
    changes = tuple(_with_needs(chosen[address], needs[address]) for address in order)
    return Planned(_plan(changes, world, live, is_wanted), in_order(problems))


def remaining(desired: DesiredState, live: LiveState, kinds: Kinds) -> Mapping[Address, Change]:
    """Return what would still have to change: the check of an apply, by the functions that planned it."""
    world = _world(desired, live, Owned(), kinds, PlanOptions(), lambda _: True)
    return {change.address: change for change in _changes(world) if change.action.writes}


def _world(
    desired: DesiredState,
    live: LiveState,
    owned: Owned,
    kinds: Kinds,
    options: PlanOptions,
    is_wanted: Callable[[Address], bool],
) -> _World:
    going = frozenset(_going(desired, live, owned, options, is_wanted))
    return _World(
        desired=desired.resources,
        live=live.resources,
        owned=owned,
        kinds=kinds,
        options=options,
        going=going,
        edges=_edges(desired, live, kinds, going),
        groups_of=_grouped(live.edges, key=lambda edge: edge.user, value=lambda edge: edge.group),
        users_of=_grouped(live.edges, key=lambda edge: edge.group, value=lambda edge: edge.user),
    )


def _concerns(problem: Problem, is_wanted: Callable[[Address], bool]) -> bool:
    return problem.address is None or is_wanted(problem.address)


def _going(
    desired: DesiredState,
    live: LiveState,
    owned: Owned,
    options: PlanOptions,
    is_wanted: Callable[[Address], bool],
) -> Iterator[Address]:
    """Yield what this plan deletes: declared absent, or owned and declared no more."""
    for address, resource in live.resources.items():
        if resource.is_deleting or not is_wanted(address):
            continue
        declared = desired.resources.get(address)
        if declared is not None:
            if not declared.is_present:
                yield address
        elif options.prune and not options.selection.is_partial and owned.owns(address):
            yield address


def _edges(
    desired: DesiredState, live: LiveState, kinds: Kinds, going: frozenset[Address]
) -> Mapping[Address, tuple[EdgeChange, ...]]:
    if kinds.membership is None:
        return {}
    present = [resource for resource in desired.resources.values() if resource.is_present]
    said = statements(present, kinds.membership, live.resources)
    declared = frozenset(resource.address for resource in present)
    return edge_changes(said, live.edges, kinds.membership, declared, going)


def _grouped(
    edges: Iterable[Edge], *, key: Callable[[Edge], str], value: Callable[[Edge], str]
) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for edge in edges:
        found.setdefault(key(edge), set()).add(value(edge))
    return {name: frozenset(names) for name, names in found.items()}


def _changes(world: _World) -> Iterator[Change]:
    for address, resource in world.desired.items():
        live = world.live.get(address)
        if resource.is_present:
            yield _present(world, resource, live)
        elif address in world.going:
            yield _delete(world, address, "declared absent (lifecycle.state)", resource)
    for address in world.going:
        if address not in world.desired:
            yield _delete(world, address, "no longer declared, and owned by this inventory", None)


def _present(world: _World, resource: Resource, live: LiveResource | None) -> Change:
    """Choose the action for a resource that is declared present: the one place where that is done."""
    address = resource.address
    kind = world.kinds[address.kind]
    exists = live is not None and not live.is_deleting
    stale = world.options.stale_secrets.get(address, frozenset())
    edges = world.edges.get(address, ())
    diff = differences(kind, resource, live.spec if live is not None and exists else None, stale)
    diff = (*diff, *_edge_diffs(world, address, edges))
    owns = world.owned.owns(address)
    if not exists:
        action, reason = Action.CREATE, _why_create(owns, live)
    elif diff:
        action, reason = Action.UPDATE, "differs from the manifest" if owns else "differs, and is owned from now on"
    elif owns:
        action, reason = Action.NO_CHANGE, "as declared"
    else:
        action, reason = Action.ADOPT, "already as declared, and owned from now on"
    return Change(
        address=address,
        action=action,
        reason=reason,
        diff=diff,
        edges=edges,
        job=action.value in kind.job_on,
        warnings=_warnings(kind, action),
        desired=resource,
        live=live,
    )


def _why_create(owns: bool, live: LiveResource | None) -> str:
    if live is not None:
        return "not on the cluster once its deletion there has ended"
    return "it was applied before and has vanished" if owns else "not on the cluster"


def _delete(world: _World, address: Address, reason: str, desired: Resource | None) -> Change:
    kind = world.kinds[address.kind]
    return Change(
        address=address,
        action=Action.DELETE,
        reason=reason,
        job=Action.DELETE.value in kind.job_on,
        warnings=_warnings(kind, Action.DELETE),
        desired=desired,
        live=world.live[address],
        deletion_strategy=_strategy(world, kind, address, desired),
    )


def _strategy(world: _World, kind: Kind, address: Address, desired: Resource | None) -> str:
    """The strategy that the manifest or else the inventory asks for; "" where the kind has none."""
    field = kind.field_named(DELETION_STRATEGY)
    if field is None:
        return ""
    if desired is not None and desired.spec.get(DELETION_STRATEGY):
        return str(desired.spec[DELETION_STRATEGY])
    entry = world.owned.entries.get(address)
    return (entry.deletion_strategy if entry is not None else "") or str(field.default)


def _warnings(kind: Kind, action: Action) -> tuple[str, ...]:
    warning = kind.warnings.get(action.value)
    return (warning,) if warning else ()


def _edge_diffs(world: _World, holder: Address, edges: tuple[EdgeChange, ...]) -> Iterator[FieldDiff]:
    """Show the memberships that a change holds as the list on its side, before and after."""
    membership = world.kinds.membership
    if not edges or membership is None:
        return
    is_user = holder.kind == membership.user_kind
    before = (world.groups_of if is_user else world.users_of).get(holder.name, frozenset())
    names = {change.edge.group if is_user else change.edge.user: change.adds for change in edges}
    after = (before | {name for name, adds in names.items() if adds}) - {n for n, adds in names.items() if not adds}
    path = membership.user_field if is_user else membership.group_field
    yield FieldDiff(path, sorted(before) or None, sorted(after) or None)


def _needs(chosen: Mapping[Address, Change], world: _World) -> Mapping[Address, frozenset[Address]]:
    """Return what each change waits for: what its desired spec names; for a delete, all that still names it."""
    needs: dict[Address, set[Address]] = {address: set() for address in chosen}
    for address, change in chosen.items():
        if change.desired is not None and change.desired.is_present and change.action.writes:
            for target in _named_by(world.kinds, change):
                if target in chosen and (chosen[target].action.makes or chosen[target].awaits):
                    needs[address].add(target)
        if change.live is not None and change.action.writes:
            for target in _live_names(world.kinds, change.live, world.groups_of):
                if target in chosen and target != address and chosen[target].action is Action.DELETE:
                    needs[target].add(address)
    return {address: frozenset(found) for address, found in needs.items()}


def _named_by(kinds: Kinds, change: Change) -> Iterator[Address]:
    """What the desired spec names, and the groups of memberships that only the other side states."""
    kind, membership = kinds[change.address.kind], kinds.membership
    spec = change.desired.spec if change.desired is not None else {}
    yield from (it.target for it in references(kind, spec) if it.orders)
    if membership is not None and kind.name == membership.user_kind:
        yield from (Address(membership.group_kind, item.edge.group) for item in change.edges if item.adds)


def _live_names(kinds: Kinds, live: LiveResource, groups_of: Mapping[str, frozenset[str]]) -> Iterator[Address]:
    yield from (it.target for it in references(kinds[live.address.kind], live.spec) if it.orders)
    membership = kinds.membership
    if membership is not None and live.address.kind == membership.user_kind:
        for group in groups_of.get(live.address.name, ()):
            yield Address(membership.group_kind, group)


def _with_needs(change: Change, needs: Collection[Address]) -> Change:
    if not needs:
        return change
    return replace(change, depends_on=tuple(sorted(needs)))


def _plan(changes: tuple[Change, ...], world: _World, live: LiveState, is_wanted: Callable[[Address], bool]) -> Plan:
    entries = world.owned.entries
    known = world.desired.keys() | entries.keys()
    undeclared = [address for address in sorted(entries) if address not in world.desired and is_wanted(address)]
    return Plan(
        changes=changes,
        caller=live.caller,
        kept=tuple(a for a in undeclared if a in world.live and a not in world.going and world.owned.owns(a)),
        foreign=dict(sorted(Counter(address.kind for address in world.live if address not in known).items())),
        dropped=tuple(address for address in sorted(entries) if _is_gone(address, world) and is_wanted(address)),
    )


def _is_gone(address: Address, world: _World) -> bool:
    """True for an inventory entry whose resource neither lives nor is wanted."""
    declared = world.desired.get(address)
    return address not in world.live and (declared is None or not declared.is_present)


def _cycle_problem(cycle: list[Address], desired: Mapping[Address, Resource]) -> Problem:
    first = desired.get(cycle[0])
    return Problem(
        summary="Circular dependency",
        detail=f"Each of these waits for the next: {' -> '.join(map(str, cycle))}.",
        hint="Take one of the references out, apply, and put it back in a second apply.",
        source=first.source if first is not None else None,
        address=cycle[0],
    )
