"""Desired state, live state and ownership in; the plan out: actions, reasons, dependencies, order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field as attribute
from dataclasses import replace
from itertools import pairwise

from igz_apply.authoring.renamings import stating_names
from igz_apply.authoring.resolve import unknown_lookups, unresolved, untold_lookups
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, FieldDiff, Plan
from igz_apply.model.ignoring import as_told, untold_fields
from igz_apply.model.kind import Kinds
from igz_apply.model.operations import OperationRule
from igz_apply.model.problems import Problem, errors_of, in_order
from igz_apply.model.references import Reference, put_before
from igz_apply.model.resources import DesiredState, GroupsOf, LiveState, Owned, Resource
from igz_apply.planning.actions import World, choose, world_of
from igz_apply.planning.conflicts import conflicts
from igz_apply.planning.dependencies import as_remembered, needs_of
from igz_apply.planning.diff import beside_fields, differences
from igz_apply.planning.drift import classed
from igz_apply.planning.holders import handed_on
from igz_apply.planning.identity import is_brought_along
from igz_apply.planning.leaving import NOBODY, leavers_told, still_named, without_roles
from igz_apply.planning.lookalikes import alike_on_the_cluster, look_alikes
from igz_apply.planning.memberships import edge_diff, standing, users_of
from igz_apply.planning.operations import has_left_over, with_operations
from igz_apply.planning.ownership import is_another_for_sure
from igz_apply.planning.renames import brought_along_unasked, out_of_the_way, rename_problems
from igz_apply.planning.replacements import NO_REPLACEMENT, held_back, left_out, replaced, told
from igz_apply.planning.selection import Selection, selector
from igz_apply.planning.topology import ordered
from igz_apply.planning.unmanaged import unmanaged
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What a caller may say about planning."""

    prune: bool = False
    selection: Selection = Selection()
    # paths of secrets that are to be sent though their resource exists -> why
    stale_secrets: Mapping[Address, Mapping[str, str]] = attribute(default_factory=dict)
    owner: str = ""  # whose mark is put on what is written; "": nobody's
    keeps_off: bool = False  # whether what a prune has switched off is held to that, though this plan does not prune
    operations: tuple[OperationRule, ...] = ()  # what is to be done beside, once something is written


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, or the problems that there is none for."""

    plan: Plan | None
    problems: tuple[Problem, ...] = ()


def make_plan(desired: DesiredState, live: LiveState, owned: Owned, kinds: Kinds, options: PlanOptions) -> Planned:
    """Return the plan that makes `live` as `desired`; the same inputs give the same plan, whatever their order."""
    _refuse_unread(desired, live, owned)
    is_wanted, stating = selector(options.selection, desired, kinds), stating_names(desired.resources)
    prunes = options.prune and not options.selection.is_partial
    replacing = NO_REPLACEMENT
    if stating:
        keeps_off = options.keeps_off
        replacing = replaced(desired, stating, live, owned, kinds, is_wanted, prunes=prunes, keeps_off=keeps_off)
    if replacing.filled:
        desired = replace(desired, resources={**desired.resources, **replacing.filled})
    unknown = _untold(desired, live)
    desired = _as_told(desired, live, unknown)
    world = world_of(
        desired,
        live,
        owned,
        kinds,
        is_wanted=is_wanted,
        prunes=prunes,
        stale_secrets=options.stale_secrets,
        owner=options.owner,
        keeps_off=options.keeps_off,
        replaced=replacing.news,
    )
    desired = DesiredState(world.desired)
    chosen = {change.address: change for change in choose(world)}
    # A delete of what is the platform's own is refused as such, whoever names it.
    going = world.going - {address for address in world.going if live.resources[address].is_system}
    problems = [
        *unresolved(desired, kinds, live, going, world.is_wanted, _settled(chosen, live)),
        *unknown_lookups(desired, kinds, live, world.is_wanted),
        *conflicts(chosen, desired, live, kinds, going),
        *still_named(
            world.leaving.disabled, filter(lambda it: world.is_wanted(it.address), desired.resources.values()), kinds
        ),
    ]
    needs = needs_of(chosen, kinds, world.groups_of)
    if replacing:
        needs = held_back(chosen, needs, replacing, kinds)
        problems += (*replacing.problems, *left_out(chosen, desired, replacing, live, kinds))
    needs, in_use = handed_on(chosen, needs, live, kinds)
    problems.extend(in_use)
    needs, met = out_of_the_way(chosen, needs, live, kinds)
    problems.extend(met)
    needs = as_remembered(chosen, needs, owned)
    if stating:
        problems.extend(rename_problems(desired.resources, live, kinds, chosen))
    problems.extend(alike_on_the_cluster(chosen, live))
    order, cycle = ordered(needs)
    if cycle:
        problems.append(_cycle_problem(cycle, desired.resources))
    if errors_of(problems):
        return Planned(None, in_order(problems))
    shown: Iterable[Change] = map(chosen.__getitem__, order)
    if any(kind.inside for kind in kinds):
        shown = (_with_paths_told(change, world) for change in shown)
    changes = classed([_with_needs(it, found) if (found := needs[it.address]) else it for it in shown], owned, kinds)
    if world.stripped:
        changes = tuple(_with_leavers_told(it) if it.address in world.stripped else it for it in changes)
    if replacing:
        changes = told(changes, replacing, live, kinds)
    if world.going and (alike := look_alikes(changes, kinds)):
        changes = tuple(_with_warning(it, alike[it.address]) if it.address in alike else it for it in changes)
    warnings = tuple(untold_lookups(desired, kinds, live, world.is_wanted))
    wanted = {address: fields for address, fields in unknown.items() if world.is_wanted(address)}
    made = replace(_plan(changes, world, live, warnings), unknown=wanted)
    if world.leaving is not NOBODY:
        made = replace(made, warnings=(*made.warnings, *leavers_told(made, world.leaving, live, kinds)))
    if options.operations or has_left_over(owned):
        made = with_operations(made, options.operations, live, owned, kinds)
    return Planned(made, in_order(problems))


def _refuse_unread(desired: DesiredState, live: LiveState, owned: Owned) -> None:
    """Raise LookupError where live state was not read of what is declared or owned: it would be taken for gone."""
    for address in (*desired.resources, *owned.entries) if live.unread else ():
        if address.kind in live.unread:
            raise LookupError(f"{address.kind} was not read, and {address} is declared or owned")


def _untold(desired: DesiredState, live: LiveState) -> Mapping[Address, tuple[str, ...]]:
    """Return what is declared and the cluster does not tell, by address."""
    found = {}
    for address, lives in live.resources.items():
        if lives.unknown and address in desired.resources:
            found[address] = untold_fields(desired.resources[address], lives)
    return {address: fields for address, fields in sorted(found.items()) if fields}


def _as_told(desired: DesiredState, live: LiveState, unknown: Collection[Address]) -> DesiredState:
    if not unknown:
        return desired
    told = {address: as_told(desired.resources[address], live.resources[address]) for address in unknown}
    return replace(desired, resources={**desired.resources, **told})


def _settled(chosen: Mapping[Address, Change], live: LiveState) -> Collection[Address]:
    """Return what is as declared, and so names what lives; nothing, as soon as anything there is going away."""
    if Action.DELETE in {change.action for change in chosen.values()}:
        return ()
    if True in {resource.is_deleting for resource in live.resources.values()}:
        return ()
    return {address for address, change in chosen.items() if not change.action.writes}


def remaining(
    changes: Iterable[Change], live: LiveState, kinds: Kinds, leavers: Collection[Address] = ()
) -> Mapping[Address, tuple[FieldDiff, ...]]:
    """Return what `live` has not kept of changes that were applied, by address; what it kept is left out.

    Planning compares by the same functions. A delete that left its resource behind has no fields to show. `leavers` are
    those who were switched off, and have no role any more in what was written.
    """
    memberships = standing(live, kinds.membership)
    changes = [_without(leavers, change, live, kinds) for change in changes] if leavers else changes
    left = ((change.address, _left(change, live, memberships, kinds)) for change in changes)
    return {address: diff for address, diff in left if diff is not None}


def _without(leavers: Collection[Address], change: Change, live: LiveState, kinds: Kinds) -> Change:
    """Return a change that wants nobody of the leavers in the lists that it writes."""
    if change.desired is None:
        return change
    less = without_roles(leavers, (change.desired,), live.resources, kinds)
    return replace(change, desired=less.get(change.address, change.desired))


def _left(change: Change, live: LiveState, memberships: GroupsOf, kinds: Kinds) -> tuple[FieldDiff, ...] | None:
    """Return what was not kept of a change; None when all of it was."""
    resource = live.resources.get(change.address)
    there = resource if resource is not None and not resource.is_deleting else None
    if change.action is Action.DELETE or change.desired is None:
        is_left = there is not None and change.live is not None and there.id == change.live.id
        return () if is_left else None
    kind = kinds[change.address.kind]
    own = differences(kind, as_told(change.desired, there), there.spec if there is not None else None)
    diff = (*own, *beside_fields(there, kind, "", is_written=False), *_edges_left(change, memberships, kinds))
    return diff if diff or there is None else None


def _edges_left(change: Change, memberships: GroupsOf, kinds: Kinds) -> tuple[FieldDiff, ...]:
    """Show the memberships that a change held and that are not as it left them."""
    nobody: frozenset[str] = frozenset()
    undone = [it for it in change.edges if it.adds != (it.edge.group in memberships.get(it.edge.user, nobody))]
    if not undone:
        return ()
    is_user = change.address.kind == kinds.membership.user_kind
    others = memberships if is_user else users_of(memberships)
    return (edge_diff(kinds.membership, change.address, undone, others.get(change.address.name, nobody)),)


def _cycle_problem(cycle: list[Address], desired: Mapping[Address, Resource]) -> Problem:
    """Return the problem at the line that puts one of the circle before another, where one does."""
    first, hint = desired.get(cycle[0]), "Take one of the references out, apply, and put it back in a second apply."
    source = first.source if first is not None else None
    orders = [found for link in pairwise(cycle) for found in _ordering(link, desired)]
    if orders:
        resource, before = orders[0]
        source = resource.positions.value(before.place)
        hint = f"Take {before.target} out of `depends_on` of {resource.address}."
    return Problem(
        summary="Circular dependency",
        detail=f"Each of these waits for the next: {' -> '.join(map(str, cycle))}.",
        hint=hint,
        source=source,
        address=cycle[0],
    )


def _ordering(
    link: tuple[Address, Address], desired: Mapping[Address, Resource]
) -> Iterator[tuple[Resource, Reference]]:
    """Yield what a manifest of either says by which one of them waits for the other."""
    for resource, other in ((desired[one], other) for one, other in (link, link[::-1]) if one in desired):
        yield from ((resource, before) for before in put_before(resource) if before.target == other)


def _with_needs(change: Change, needs: Collection[Address]) -> Change:
    return change.but(depends_on=tuple(sorted(needs)))


def _with_leavers_told(change: Change) -> Change:
    return change.but(reason=f"{change.reason}; who is to be disabled leaves it") if change.action.writes else change


def _with_warning(change: Change, said: str) -> Change:
    return change.but(warnings=(*change.warnings, said))


def _with_paths_told(change: Change, world: World) -> Change:
    """Return a change that warns of what it gives another path beside what anybody declares."""
    count = brought_along_unasked(change, world.desired, world.live, world.kinds)
    if not count:
        return change
    many = f"{count:,} {change.address.kind.lower()}{'s get' if count > 1 else ' gets'}"
    said = f"{many} another path, inside it and declared by no manifest"
    return replace(change, warnings=(*change.warnings, said))


def _plan(changes: tuple[Change, ...], world: World, live: LiveState, warnings: tuple[str, ...]) -> Plan:
    # Nearly all that is owned is declared present, and needs no further look.
    loose = [*world.loose, *(address for address in world.absent if address in world.owned.entries)]
    wanted = [address for address in loose if world.is_wanted(address) and address.kind in world.kinds]
    ends = sorted((address, why) for address in wanted if (why := _why_ended(address, world)))
    remembered = tuple(address for address, _ in ends if _is_protected(address, world))
    undeclared = sorted(address for address in wanted if address not in world.desired and address not in world.hidden)
    doubtful = tuple(address for address in undeclared if _is_doubtful(address, world))
    foreign = _foreign(world, doubtful)
    return Plan(
        changes=changes,
        warnings=(*_renamed_and_kept(undeclared, world), *warnings),
        caller=live.caller,
        kept=tuple(address for address in undeclared if _is_kept(address, world)),
        foreign=dict(sorted(Counter(address.kind for address in foreign).items())),
        dropped={address: why for address, why in ends if address not in remembered},
        not_visible={it: why for it, why in sorted(live.hidden.items()) if _is_about(it, world)},
        partial=dict(sorted(live.partial.items())),
        forgotten=world.leaving.forgotten,
        unread=tuple(sorted(live.unread)),
        tombstones=remembered,
        doubtful=doubtful,
        unmanaged=unmanaged(world, foreign, live.caller.username),
    )


def _is_about(address: Address, world: World) -> bool:
    return world.is_wanted(address) and (address in world.owned.entries or address in world.desired)


def _renamed_and_kept(undeclared: Iterable[Address], world: World) -> Iterator[str]:
    """Say what has another name on the cluster, where no change of it does."""
    for address in undeclared:
        live = world.live.get(address)
        if live is None or is_brought_along(live, world.live, world.kinds[address.kind].inside):
            continue
        if live.called and address not in world.going:
            yield f"{address} was renamed on the cluster, where it is called {live.called} now"


def _is_kept(address: Address, world: World) -> bool:
    """True for what is owned, lives and is declared no more, where nothing prunes."""
    live = world.live.get(address)
    if live is None or live.is_deleting or address in world.going or address in world.leaving.forgotten:
        return False
    return world.may_prune(address)


def _is_protected(address: Address, world: World) -> bool:
    """Say whether an entry outlives what it stands for; not where a manifest of its new name says what holds now."""
    return world.owned.entries[address].prevent_destroy and address not in world.called_otherwise


def _is_doubtful(address: Address, world: World) -> bool:
    """True for what lives under a name that we own, where nothing tells whether it is what we applied."""
    live, entry = world.live.get(address), world.owned.entries[address]
    is_ours = entry.is_pending or world.may_prune(address)
    is_another = is_another_for_sure(entry, live, world.kinds[address.kind])
    return live is not None and not live.is_deleting and not is_ours and not is_another


def _foreign(world: World, doubtful: Collection[Address]) -> Collection[Address]:
    """Return what lives and is neither declared nor, perhaps, ours."""
    undeclared = [address for address in world.live if address not in world.desired]
    told = [address for address in undeclared if not world.kinds[address.kind].holders_of]  # its holders tell the same
    return [address for address in told if address not in doubtful and not world.owns(address)]


def _why_ended(address: Address, world: World) -> str:
    """Return why an inventory entry stands for nothing any more that lives or is wanted, "" where it does.

    A pending entry stays as long as anything lives under its name: it may be what that create has made.
    """
    declared = world.desired.get(address)
    if address in world.hidden or (declared is not None and declared.is_present):
        return ""
    if called := world.called_otherwise.get(address):
        followed = world.desired.get(Address(address.kind, called))
        return f"called {called} now, as declared" if followed is not None and followed.is_present else ""
    if address not in world.live:
        return "gone from the cluster"
    entry = world.owned.entries[address]
    is_replaced = not entry.is_pending and is_another_for_sure(entry, world.live[address], world.kinds[address.kind])
    return "gone, and another was made of its name" if is_replaced and declared is None else ""
