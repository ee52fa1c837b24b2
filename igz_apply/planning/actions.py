"""Which action each resource needs, and why: the table of actions, and all that it looks at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import field
from types import MappingProxyType

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, EdgeChange, FieldDiff
from igz_apply.model.kind import DELETION_STRATEGY, NAME_PATH, Kind, Kinds
from igz_apply.model.resources import DesiredState, GroupsOf, LiveResource, LiveState, Owned, Resource
from igz_apply.model.server_defaults import without_filled
from igz_apply.planning.diff import NOTHING, beside_fields, differences, has_own_fields, to_look_into
from igz_apply.planning.identity import called_otherwise, is_brought_along
from igz_apply.planning.leaving import NOBODY, Leaving, come_back, leaving, wishes, without_roles
from igz_apply.planning.memberships import Statements, edge_changes, edge_diff, standing, statements, users_of
from igz_apply.planning.ownership import is_another_for_sure, is_owned, may_be_pruned
from igz_apply.values import dataclass

REPLACED = "replaced on the cluster: deleted there and made anew since the last apply"
AS_DECLARED = "as declared"
SWITCHED_OFF = "no longer declared, and disabled"
TO_BE_SWITCHED_OFF = "no longer declared, and to be disabled"
TO_BE_KEPT = "to be destroyed, and disabled instead (lifecycle.on_removal)"
DOUBTFUL = "not known to be the one that was applied, which another owner, kind or value tells apart"


@dataclass(frozen=True, slots=True)
class World:
    """All that choosing an action looks at."""

    desired: Mapping[Address, Resource]
    live: Mapping[Address, LiveResource]
    owned: Owned
    kinds: Kinds
    stale_secrets: Mapping[Address, Mapping[str, str]]  # paths of secrets that are to be sent -> why
    is_wanted: Callable[[Address], bool]  # whether the run is about an address
    going: frozenset[Address]  # what the plan deletes
    edges: Mapping[Address, tuple[EdgeChange, ...]]  # memberships that must change, by holder
    groups_of: GroupsOf
    settled: frozenset[str]  # users who are in the groups that git states, and in no other
    users_of: Mapping[str, frozenset[str]]
    hidden: Mapping[Address, str]  # what we own and are not shown
    owner: str  # whose mark is put on what is written; "": nobody's
    loose: Collection[Address]  # what we own and nothing declares
    absent: Collection[Address]  # what is declared absent
    called_otherwise: Mapping[Address, str]  # what we own by one name, and is declared by the one it has now
    replaced: Mapping[Address, Address]  # what goes -> what takes its place
    leaving: Leaving = NOBODY  # what ends otherwise than by a delete; who is switched off is among `desired`
    stripped: Mapping[Address, Resource] = field(default_factory=dict)  # projects, with lists that take roles away
    unsettled: frozenset[Address] = frozenset()  # those, and who is switched off

    def may_prune(self, address: Address) -> bool:
        """Say whether what lives there is ours beyond doubt."""
        return _may_prune(address, self.live, self.owned, self.kinds)

    def owns(self, address: Address) -> bool:
        """Say whether the inventory's entry stands for the very resource that lives, or lived, there."""
        return is_owned(self.owned.entries.get(address), self.live.get(address), self.kinds[address.kind])


def world_of(
    desired: DesiredState,
    live: LiveState,
    owned: Owned,
    kinds: Kinds,
    *,
    is_wanted: Callable[[Address], bool],
    prunes: bool,
    stale_secrets: Mapping[Address, Mapping[str, str]],
    owner: str = "",
    keeps_off: bool = False,
    replaced: Mapping[Address, Address] = MappingProxyType({}),
) -> World:
    """Put together what choosing looks at; with `prunes`, what is owned and declared no more ends.

    With `keeps_off` what a prune has switched off is held to that, though nothing prunes. What is `replaced`, by what
    takes its place, is deleted whether or not the run prunes.
    """
    loose = [address for address in owned.entries if address not in desired.resources]
    absent = [address for address, it in desired.resources.items() if it.lifecycle.state != "present"]
    left, stripped = NOBODY, dict[Address, Resource]()
    undeclared = [address for address in loose if address not in replaced] if replaced else loose
    pruned: Collection[Address] = undeclared if prunes else ()
    if wished := wishes(desired, undeclared, absent, owned, prunes=prunes, holds=keeps_off):
        left = leaving(wished, desired, live, owned, kinds, is_wanted)
        stated = [it for it in desired.resources.values() if is_wanted(it.address)]
        stripped = dict(without_roles(left.disabled, stated, live.resources, kinds))
        desired = DesiredState({**desired.resources, **left.disabled})
        loose = [address for address in loose if address not in left.disabled]
        absent = [address for address in absent if address not in left.disabled]
        pruned = [address for address in pruned if address not in left.spared]
    deleted = [it for it in absent if it not in left.spared]
    going = frozenset((*_going(deleted, pruned, live, owned, kinds, is_wanted), *replaced))
    groups_of = standing(live, kinds.membership)
    said = _said(desired, live, groups_of, kinds, is_wanted)
    edges = _edges(said, desired, groups_of, kinds, going, is_wanted)
    return World(
        desired=desired.resources,
        live=live.resources,
        owned=owned,
        kinds=kinds,
        stale_secrets=stale_secrets,
        is_wanted=is_wanted,
        going=going,
        edges=edges,
        groups_of=groups_of,
        settled=said.settled,
        users_of=users_of(groups_of) if edges else {},  # only then does anybody ask
        hidden=live.hidden,
        owner=owner,
        loose=loose,
        absent=absent,
        called_otherwise=called_otherwise(live.resources, owned, kinds),
        replaced=replaced,
        leaving=left,
        stripped=stripped,
        unsettled=frozenset((*stripped, *left.disabled)),
    )


def choose(world: World) -> Iterator[Change]:
    """Yield the change of every address that is declared, or deleted, and that the run is about."""
    is_wanted, hidden, lives = world.is_wanted, world.hidden, world.live
    kinds = {kind.name: kind for kind in world.kinds}
    no_change = Action.NO_CHANGE
    for address, resource in world.desired.items():
        if not is_wanted(address) or (hidden and address in hidden):
            continue
        if resource.lifecycle.state == "present":
            live = lives.get(address)
            if live is not None and is_settled(world, kinds[address.kind], resource, live):  # nearly all, of most plans
                yield Change(address, no_change, AS_DECLARED, desired=resource, live=live)
            else:
                yield _present(world, resource)
        elif address in world.going:
            yield _delete(world, address, "declared absent (lifecycle.state)", resource)
    for address in sorted(world.going):
        if new := world.replaced.get(address):
            yield _delete(world, address, f"{new} takes its place (lifecycle.renamed_from)", None)
        elif address not in world.desired:
            yield _delete(world, address, "no longer declared, and owned by this inventory", None)


def _going(
    absent: Iterable[Address],
    loose: Iterable[Address],
    live: LiveState,
    owned: Owned,
    kinds: Kinds,
    is_wanted: Callable[[Address], bool],
) -> Iterator[Address]:
    """Yield what this plan deletes: declared `absent`, or owned and declared no more, `loose`, where it prunes.

    What is on its way out already is among it: the delete of a run that was cut off is waited for, not sent again.
    """
    for address in absent:
        if address in live.resources and is_wanted(address) and address not in live.hidden:
            yield address
    for address in loose:
        if address in live.hidden or not is_wanted(address):
            continue
        if _may_prune(address, live.resources, owned, kinds):
            yield address


def _may_prune(address: Address, live: Mapping[Address, LiveResource], owned: Owned, kinds: Kinds) -> bool:
    return address in live and may_be_pruned(owned.entries.get(address), live[address], kinds[address.kind])


def _said(
    desired: DesiredState, live: LiveState, groups_of: GroupsOf, kinds: Kinds, is_wanted: Callable[[Address], bool]
) -> Statements:
    present = [resource for resource in desired.resources.values() if resource.lifecycle.state == "present"]
    leaving = {address for address, resource in live.resources.items() if resource.is_deleting}
    alive = live.resources.keys() - leaving if leaving else live.resources
    return statements(present, kinds.membership, alive, groups_of, is_wanted)


def _edges(
    said: Statements,
    desired: DesiredState,
    groups_of: GroupsOf,
    kinds: Kinds,
    going: frozenset[Address],
    is_wanted: Callable[[Address], bool],
) -> Mapping[Address, tuple[EdgeChange, ...]]:
    def is_declared(address: Address) -> bool:
        resource = desired.resources.get(address)
        return resource is not None and resource.is_present and is_wanted(address)

    return edge_changes(said, groups_of, kinds.membership, is_declared, going)


def is_settled(world: World, kind: Kind, resource: Resource, live: LiveResource) -> bool:
    """Say whether what lives is ours and surely as declared; where it does not, the full look may still say so."""
    entry = world.owned.entries.get(resource.address)
    return (
        not (live.is_deleting or live.is_broken or live.called or resource.lifecycle.ignore_changes)
        and not to_look_into(kind, resource.spec, live.spec)
        and not (world.edges and resource.address in world.edges)
        and not (world.unsettled and resource.address in world.unsettled)
        and entry is not None
        and not entry.is_removed
        and is_owned(entry, live, kind)
    )


def _present(world: World, resource: Resource) -> Change:
    """Choose the action for a resource that is declared present: the one place where that is done."""
    address = resource.address
    kind = world.kinds[address.kind]
    live = world.live.get(address)
    exists = live is not None and not live.is_deleting
    entry = world.owned.entries.get(address)
    owns = is_owned(entry, live, kind)
    if owns and exists and live is not None:
        resource = come_back(resource, entry, live, kind)
    diff = _differences(world, kind, resource, live if exists else None)
    if resource.is_leaver and live is not None:
        return _switch_off(world, kind, resource, live, diff)
    if exists and owns and not diff and live is not None and not live.is_broken:
        return Change(address, Action.NO_CHANGE, AS_DECLARED, desired=resource, live=live)
    if not exists:
        action, reason = Action.CREATE, _why_create(owns, live)
    elif diff:  # where it is ours, drift says whose change it is instead
        action, reason = Action.UPDATE, f"{_why_not_ours(world, address)}differs, and is owned from now on"
    elif live is not None and live.is_broken:
        action, reason = Action.UPDATE, "its last deployment failed"
    else:
        action, reason = Action.ADOPT, f"{_why_not_ours(world, address)}already as declared, and owned from now on"
    return Change(
        address=address,
        action=action,
        reason=reason,
        diff=diff,
        edges=world.edges.get(address, ()),
        job=action.value in kind.job_on,
        warnings=(*(() if _is_off(kind, live) else _warnings(kind, action)), *_system_warnings(live, action)),
        desired=resource,
        live=live,
        takes_over=action is Action.UPDATE and not owns,
    )


def _switch_off(
    world: World, kind: Kind, resource: Resource, live: LiveResource, diff: tuple[FieldDiff, ...]
) -> Change:
    """Switch off what no manifest declares any more; it is ours beyond doubt."""
    address = resource.address
    if not diff:
        return Change(address, Action.NO_CHANGE, SWITCHED_OFF, desired=resource, live=live)
    return Change(
        address=address,
        action=Action.UPDATE,
        reason=TO_BE_KEPT if resource.source.path else TO_BE_SWITCHED_OFF,
        diff=diff,
        edges=world.edges.get(address, ()),
        job=Action.UPDATE.value in kind.job_on,
        warnings=() if _is_off(kind, live) else _warnings(kind, Action.UPDATE),
        desired=resource,
        live=live,
    )


def _system_warnings(live: LiveResource | None, action: Action) -> tuple[str, ...]:
    if live is None or not live.is_system or action not in (Action.UPDATE, Action.ADOPT):
        return ()
    return ("belongs to the platform itself, which may rely on it as it is",)


def _is_off(kind: Kind, live: LiveResource | None) -> bool:
    """Say whether a resource is switched off, so that nothing of it runs that a change could disturb."""
    return (
        live is not None and kind.disabled_by is not None and live.spec.get(kind.disabled_by[0]) == kind.disabled_by[1]
    )


def _differences(world: World, kind: Kind, resource: Resource, live: LiveResource | None) -> tuple[FieldDiff, ...]:
    """Return what differs in the resource's own fields, and the memberships that it holds."""
    address, membership = resource.address, world.kinds.membership
    stale = world.stale_secrets.get(address, NOTHING) if world.stale_secrets else NOTHING
    stated = world.stripped.get(address, resource) if world.stripped else resource
    own = differences(kind, stated, live.spec if live is not None else None, stale)
    edges = world.edges.get(address) if world.edges else None
    if not (own or edges or live is None or live.called):  # of itself a mark is no reason to write
        return ()
    owner = "" if resource.is_leaver else world.owner
    beside = beside_fields(live, kind, owner, is_written=live is None or has_own_fields(own, kind))
    if live is not None and is_brought_along(live, world.live, kind.inside):
        beside = tuple(item for item in beside if item.path != NAME_PATH)
    own += beside
    if own and live is not None and world.owns(address):
        own = without_filled(own, world.owned.entries[address].filled)
    if not edges:
        return own
    others = world.groups_of if address.kind == membership.user_kind else world.users_of
    held = edge_diff(membership, address, edges, others.get(address.name, ()))
    return (*own, held)


def _why_create(owns: bool, live: LiveResource | None) -> str:
    if live is not None:
        return "not on the cluster once its deletion there has ended"
    return "it was applied before and has vanished" if owns else "not on the cluster"


def _why_not_ours(world: World, address: Address) -> str:
    """Say why what lives under an address that we own does not count as ours, "" where we own nothing of the name."""
    entry = world.owned.entries.get(address)
    if entry is None or entry.is_pending or world.owns(address):
        return ""
    is_certain = is_another_for_sure(entry, world.live.get(address), world.kinds[address.kind])
    return f"{REPLACED}; " if is_certain else f"{DOUBTFUL}; "


def _delete(world: World, address: Address, reason: str, desired: Resource | None) -> Change:
    kind, live = world.kinds[address.kind], world.live[address]
    called = (f"called {live.called} on the cluster now, and deleted by its id",) if live.called else ()
    return Change(
        address=address,
        action=Action.DELETE,
        reason=f"{reason}; its deletion is running" if live.is_deleting else reason,
        diff=tuple(_taken_from(kind, live)) if kind.holders_of else (),
        job=Action.DELETE.value in kind.job_on,
        warnings=(*_warnings(kind, Action.DELETE), *called),
        desired=desired,
        live=live,
        deletion_strategy=_strategy(world, kind, address, desired),
    )


def _taken_from(kind: Kind, live: LiveResource) -> Iterator[FieldDiff]:
    """Show whom a delete takes something from, where that is what is deleted; in the table's order, however read."""
    named = ((field.name, live.spec.get(field.name)) for field in kind.fields)
    return (FieldDiff((name,), sorted(names), None) for name, names in named if names)


def _strategy(world: World, kind: Kind, address: Address, desired: Resource | None) -> str:
    """The strategy that the manifest or else the inventory asks for; "" where the kind has none.

    The manifest of what takes its place is its own, with another name.
    """
    field = kind.field_named(DELETION_STRATEGY)
    if field is None:
        return ""
    if address in world.replaced:
        desired = world.desired[world.replaced[address]]
    stated = desired.spec.get(DELETION_STRATEGY) if desired is not None else None
    entry = world.owned.entries.get(address)
    remembered = entry.deletion_strategy if entry is not None and world.owns(address) else ""
    return str(stated or remembered or field.default)


def _warnings(kind: Kind, action: Action) -> tuple[str, ...]:
    warning = kind.warnings.get(action.value)
    return (warning,) if warning else ()
