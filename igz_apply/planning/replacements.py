"""What takes the place of what no call can rename: made anew, given all that the old one held, and then that goes.

`lifecycle.renamed_from` says so. What the manifests state they state of the new one; what they leave open and names the
old one, or the old one has, is handed on by the plan, shown as any other difference, and owned by nobody after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field as attribute
from dataclasses import replace
from typing import Any

from igz_apply.authoring.renamings import Renaming, replacements, unclear
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Handover
from igz_apply.model.comparison import Path, is_below, value_at
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.references import Reference, all_references, orders_after
from igz_apply.model.resources import DesiredState, Entry, LiveResource, LiveState, Owned, Resource
from igz_apply.model.roles import carriers_of
from igz_apply.model.suggest import some
from igz_apply.planning.going_over import GoingOver
from igz_apply.planning.leaving import wishes
from igz_apply.planning.ownership import is_owned, may_be_pruned
from igz_apply.values import dataclass

Needs = Mapping[Address, frozenset[Address]]


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a plan puts in the place of something else, and what goes over with it."""

    olds: Mapping[Address, Address] = attribute(default_factory=dict)  # what comes -> whose place it takes
    filled: Mapping[Address, Resource] = attribute(default_factory=dict)  # what is declared, with what goes over to it
    carried: Mapping[Address, tuple[Path, ...]] = attribute(default_factory=dict)  # the paths that do
    warnings: Mapping[Address, tuple[str, ...]] = attribute(default_factory=dict)  # what to know of what goes
    problems: tuple[Problem, ...] = ()
    stated: Mapping[Address, tuple[tuple[Path, Any], ...]] = attribute(default_factory=dict)  # beside what does

    def __bool__(self) -> bool:
        """Say whether anything is replaced, or was meant to be."""
        return bool(self.olds or self.problems)

    @property
    def news(self) -> Mapping[Address, Address]:
        """What goes -> what takes its place."""
        return {old: new for new, old in self.olds.items()}


NO_REPLACEMENT = Replaced()


def replaced(
    desired: DesiredState,
    stating: Iterable[Resource],
    live: LiveState,
    owned: Owned,
    kinds: Kinds,
    is_wanted: Callable[[Address], bool],
    *,
    prunes: bool,
    keeps_off: bool,
) -> Replaced:
    """Return what of the manifests that state an old name takes the place of what lives under that.

    With `prunes` and `keeps_off` as planning has them: who leaves by this plan is handed nothing.
    """
    pairs, problems = {}, []
    renamed = replacements(desired.resources, stating, kinds)
    for renaming in renamed:
        if not is_wanted(renaming.address):
            continue
        problem = _obstacle(renaming, live, owned, kinds, is_wanted)
        if problem is not None:
            problems.append(problem)
        elif renaming.old in live.resources:
            pairs[renaming.address] = renaming.old
    if not pairs:
        return replace(NO_REPLACEMENT, problems=tuple(problems))

    loose = [address for address in owned.entries if address not in desired.resources]
    absent = [address for address, it in desired.resources.items() if not it.is_present]
    ends = dict.fromkeys((*absent, *(loose if prunes else ())), "delete")
    ends |= wishes(desired, loose, absent, owned, prunes=prunes, holds=keeps_off)

    def leaves(address: Address) -> bool:
        how, there = ends.get(address, "forget"), live.resources.get(address)
        if how == "forget" or there is None or not is_wanted(address):
            return False
        if how == "delete" and address in desired.resources:
            return True
        return may_be_pruned(owned.entries.get(address), there, kinds[address.kind])

    going_over = GoingOver(desired, live, owned, kinds, pairs, is_wanted, leaves)
    filled = dict(going_over.found())
    for renaming in renamed:
        problems += (_names_who_leaves(renaming, *each) for each in going_over.leaving.get(renaming.address, ()))
    return Replaced(
        pairs,
        {it: resource for it, (resource, _) in filled.items()},
        {it: paths for it, (_, paths) in filled.items()},
        {old: tuple(_to_know(old, new, owned.entries[old], going_over)) for new, old in pairs.items()},
        tuple(problems),
        {it: tuple(_stated(desired.resources[it], paths)) for it, (_, paths) in filled.items()},
    )


def _stated(resource: Resource, paths: Iterable[Path]) -> Iterator[tuple[Path, Any]]:
    """Yield what a manifest that only adds states where something goes over too."""
    for path in paths:
        is_there, value = value_at(resource.spec, path)
        if is_there:
            yield path, value


def _to_know(old: Address, new: Address, entry: Entry, going_over: GoingOver) -> Iterator[str]:
    """Yield what a reader has to know of what is deleted, beside what every replacement loses."""
    if entry.on_removal != "delete":
        yield f"was not to be deleted (lifecycle.on_removal: {entry.on_removal}), and is, as {new} takes its place"
    if kept := going_over.kept_back.get(new):
        yield f"not handed on to {new}, as it may be secret or cannot be seen: {', '.join(kept)}"
    if alone := going_over.never_shared.get(new):
        yield (
            f"not handed on to {new}, as the platform gives it to one alone: {', '.join(alone)}. State another one for "
            f"{new}, or do it in two applies: first delete {old}, then add {new}"
        )


def _obstacle(
    renaming: Renaming, live: LiveState, owned: Owned, kinds: Kinds, is_wanted: Callable[[Address], bool]
) -> Problem | None:
    """Return why one cannot take the place of the other, None where it can, or has."""
    address, old = renaming.address, renaming.old
    there, here = live.resources.get(old), live.resources.get(address)
    if old in live.hidden:
        return _not_seen(renaming, live.hidden[old])
    if there is None:
        return _nothing_there(renaming) if here is None and address not in live.hidden else None
    if not is_wanted(old):
        return unclear(
            renaming,
            f"{address} is to take the place of {old}, which this run leaves out.",
            f"Let the run be about {old} too, or leave out {address} as well.",
        )
    if here is not None and not here.is_deleting and not _may_be_ours(owned.entries.get(address), here, kinds):
        return unclear(
            renaming,
            f"{address} was called {old.name}, as it says, and both live; {address} is not owned by this inventory.",
            f"If {address} is to take the place of {old}, take the line `renamed_from` out, apply, so that it is "
            f"owned, and put the line back. If it is something else, state another name.",
        )
    if not may_be_pruned(owned.entries.get(old), there, kinds[old.kind]):
        return _not_ours(renaming, is_done=here is not None)
    return None


def _may_be_ours(entry: Entry | None, here: LiveResource, kinds: Kinds) -> bool:
    """Say whether what lives under the new name is ours, or may be what a run that was cut off has made."""
    return entry is not None and (entry.is_pending or is_owned(entry, here, kinds[here.address.kind]))


def _not_seen(renaming: Renaming, why: str) -> Problem:
    found = unclear(
        renaming,
        f"{renaming.address} is to take the place of {renaming.old}, which the cluster does not show: {why}.",
        "Run as somebody who may see it.",
    )
    return replace(found, summary="Not visible")


def _nothing_there(renaming: Renaming) -> Problem:
    address, old = renaming.address, renaming.old
    found = unclear(
        renaming,
        f"Nothing on the cluster is called {old.name} or {address.name}: {address} is created.",
        "If it is there under another name, state that one. If it is to be new, take the line `renamed_from` out.",
    )
    return replace(found, summary="Nothing to rename", severity="warning")


def _not_ours(renaming: Renaming, *, is_done: bool) -> Problem:
    address, old = renaming.address, renaming.old
    found = unclear(
        renaming,
        f"{address} is to take the place of {old}, which would be deleted, and is not known to be owned by this "
        "inventory.",
        f"If {address} has taken its place already, take the line `renamed_from` out: {old} is somebody else's."
        if is_done
        else f"Declare it as {old} and apply, so that it is owned, and rename it then. Or take the line `renamed_from` "
        f"out, and let whoever owns {old} delete it.",
    )
    return replace(found, summary="Not ours to replace")


def _names_who_leaves(renaming: Renaming, path: str, target: Address) -> Problem:
    return unclear(
        renaming,
        f"{path} of {renaming.old} is {target}, whom this plan deletes or disables; {renaming.address} states no "
        "other.",
        f"State {path} in this manifest, or keep {target}.",
    )


def held_back(chosen: Mapping[Address, Change], needs: Needs, it: Replaced, kinds: Kinds) -> Needs:
    """Return what each change waits for: what is replaced goes after all that puts the new one in its place."""
    found = dict(needs)
    for new, old in it.olds.items():
        before = {each.address for each in chosen.values() if each.action.makes and _names(each, new, kinds)}
        own = chosen.get(new)
        if own is not None and (own.action.writes or own.awaits):
            before.add(new)
        found[old] |= before
    return found


def _names(change: Change, new: Address, kinds: Kinds) -> bool:
    spec = change.desired.spec if change.desired is not None else {}
    return new in orders_after(kinds[change.address.kind], change.address.name, spec)


def told(changes: Iterable[Change], it: Replaced, live: LiveState, kinds: Kinds) -> tuple[Change, ...]:
    """Return the changes, with what belongs together named on both sides, and with what is lost by it."""
    known = {change.address: change for change in changes}
    lost = _lost_roles(known, it, live, kinds)
    return tuple(_told(change, it, lost.get(change.address, ()), kinds) for change in known.values())


def _told(change: Change, it: Replaced, lost: Sequence[str], kinds: Kinds) -> Change:
    address = change.address
    if new := it.news.get(address):
        gone = "; ".join(kinds[address.kind].lost_by_replacing)
        said = [f"goes for good, as {new} takes its place; lost with it: {gone}"]
        said += it.warnings[address]
        said += [f"{role}, which {new} does not get: no manifest says so" for role in sorted(lost)]
        return change.but(handover=Handover(replaced_by=new), warnings=(*change.warnings, *said))
    old, carried = it.olds.get(address), it.carried.get(address, ())
    if old is None and not carried:
        return change
    reason = [change.reason, *([f"replaces {old}"] if old is not None else [])]
    if carried:
        reason.append(f"handed on, and not in the manifest: {some(['.'.join(path) for path in carried])}")
    handover = Handover(old, carried=carried, stated=it.stated.get(address, ()))
    return change.but(handover=handover, reason="; ".join(reason))


def _lost_roles(
    chosen: Mapping[Address, Change], it: Replaced, live: LiveState, kinds: Kinds
) -> Mapping[Address, Sequence[str]]:
    """Return the roles of what is replaced that go with it, as nothing gives them to the new one."""
    lost: dict[Address, list[str]] = {}
    for by, reference, role in _roles_of(it, live, kinds):
        if not _is_handed_on(chosen.get(by.address), by, reference, it.news[reference.target]):
            lost.setdefault(reference.target, []).append(f"is {role} of {by.address}")
    return lost


def _roles_of(it: Replaced, live: LiveState, kinds: Kinds) -> Iterator[tuple[LiveResource, Reference, str]]:
    """Yield where something that is replaced holds which role."""
    olds = {old for old in it.olds.values() if not live.resources[old].is_deleting}
    carriers = carriers_of(kinds)
    for by in live.resources.values() if olds else ():
        if by.address.kind not in carriers or by.is_deleting or by.address in olds:
            continue
        field = carriers[by.address.kind]
        called = {role.name: role.called for role in field.fields}
        for reference in all_references(kinds[by.address.kind], by.cluster_name, by.spec):
            if reference.target in olds and reference.path[0] == field.name:
                yield by, reference, called[str(reference.path[1])]


def _is_handed_on(change: Change | None, by: LiveResource, reference: Reference, new: Address) -> bool:
    if change is not None and change.action is Action.DELETE:
        return True
    path = tuple(str(key) for key in reference.path[:-1])  # the list, without the place in it
    if new.name in value_at(by.spec, path)[1]:
        return True
    dotted = ".".join(map(str, reference.path))
    return change is not None and any(is_below(dotted, item.dotted) for item in change.diff)


def left_out(
    chosen: Mapping[Address, Change], desired: DesiredState, it: Replaced, live: LiveState, kinds: Kinds
) -> Iterator[Problem]:
    """Yield what is declared, names what is replaced, and is not part of the run: it would lose that for a while."""
    for by, reference, role in _roles_of(it, live, kinds):
        stated = desired.resources.get(by.address)
        if stated is not None and by.address not in chosen:
            new = it.news[reference.target]
            yield Problem(
                summary="Left out of a rename",
                detail=f"{new} takes the place of {reference.target}, and {by.address}, which has that as {role}, "
                "is not part of this run.",
                hint=f"Select {by.address} too, or rename it in a run about everything.",
                source=stated.source,
                address=new,
            )
