"""References by name: declared, live, or nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterator
from functools import cache

from igz_apply.authoring.renamings import called_now
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.references import (
    Lookup,
    Reference,
    all_references,
    all_that_name,
    is_inside,
    is_put_before,
    lookups,
    names_only,
    parent_of,
    put_before,
)
from igz_apply.model.resources import DesiredState, LiveState, Resource
from igz_apply.model.suggest import did_you_mean, some


def unresolved(
    desired: DesiredState,
    kinds: Kinds,
    live: LiveState | None = None,
    going: Collection[Address] = (),
    is_wanted: Callable[[Address], bool] = lambda _: True,
    settled: Container[Address] = (),
) -> Iterator[Problem]:
    """Yield a problem for each name that resolves nowhere, at its place.

    A name resolves among what the run declares present, then among what lives and is not `going`: deleted by this
    plan. What the run leaves out names nothing, and has to live to be named. Without `live` nobody can know, so what
    is not declared, and not the platform's own, is a warning. What is `settled`, known to name only what exists, is not
    looked at.
    """
    naming = {kind.name: kind for kind in kinds if kind.referring or kind.inside}
    asking = [
        (naming[address.kind], resource)
        for address, resource in desired.resources.items()
        if address not in settled and address.kind in naming and resource.is_present and is_wanted(address)
    ]
    waiting = [it for it in desired.resources.values() if it.lifecycle.depends_on and it.is_present]
    if not (asking or waiting):
        return
    absent: set[Address] = set()
    names: defaultdict[str, set[str]] = defaultdict(set)  # what can be named, by kind
    for address, resource in desired.resources.items():
        if not resource.is_present:
            absent.add(address)
        elif is_wanted(address):
            names[address.kind].add(address.name)
    for kind_name, name in _alive(live, going) if live is not None else _always_there(kinds) - absent:
        names[kind_name].add(name)

    @cache  # what is missing is often named by thousands
    def meant(target: Address) -> str:
        if now := called_now(target, desired):
            return f"{now} was called so, as its manifest says: name that."
        return did_you_mean(str(target), (str(target._replace(name=name)) for name in names[target.kind]))

    for kind, resource in asking:
        name = resource.address.name
        parent = parent_of(kind, name) if kind.inside else None
        if parent is not None and parent.name not in names[parent.kind]:
            is_all_known = False
        else:
            is_all_known = names_only(kind.referring, resource.spec, names)
        for reference in () if is_all_known else all_references(kind, name, resource.spec):
            if reference.target.name not in names[reference.target.kind]:
                yield _problem(resource, reference, meant, desired, live, going)
    for resource in waiting:
        for reference in put_before(resource) if is_wanted(resource.address) else ():
            if reference.target.name not in names[reference.target.kind]:
                yield _problem(resource, reference, meant, desired, live, going)


def unknown_lookups(
    desired: DesiredState, kinds: Kinds, live: LiveState, is_wanted: Callable[[Address], bool] = lambda _: True
) -> Iterator[Problem]:
    """Yield a problem for each name, at its place, of what is looked up and the cluster does not have."""
    for resource, lookup in _lookups(desired, kinds, is_wanted):
        names = live.looked_up.get(lookup.sort)
        if names is not None and lookup.name not in names:
            yield Problem(
                summary="Unknown reference",
                detail=f"{resource.address} names {lookup.sort} {lookup.name!r}, which the cluster does not have.",
                hint=did_you_mean(lookup.name, names) or _what_there_is(lookup.sort, names),
                source=resource.positions.value(lookup.place),
                address=resource.address,
            )


def untold_lookups(
    desired: DesiredState, kinds: Kinds, live: LiveState, is_wanted: Callable[[Address], bool] = lambda _: True
) -> Iterator[str]:
    """Say, once a sort, which names cannot be looked up, as this caller is not told what there is."""
    untold: defaultdict[str, set[str]] = defaultdict(set)
    for _, lookup in _lookups(desired, kinds, is_wanted):
        if lookup.sort not in live.looked_up:
            untold[lookup.sort].add(lookup.name)
    for sort, names in sorted(untold.items()):
        yield (
            f"this account is not told which {sort} there are, so whether these exist is not known: "
            f"{some(sorted(names))}"
        )


def _lookups(
    desired: DesiredState, kinds: Kinds, is_wanted: Callable[[Address], bool]
) -> Iterator[tuple[Resource, Lookup]]:
    asking = {kind.name for kind in kinds if kind.looking_up or kind.holders_of}
    for address, resource in desired.resources.items() if asking else ():
        if address.kind in asking and resource.is_present and is_wanted(address):
            for lookup in lookups(kinds[address.kind], address, resource.spec):
                yield resource, lookup


def _what_there_is(sort: str, names: Collection[str]) -> str:
    return f"The cluster has {some(sorted(names))}." if names else f"The cluster has nothing of the sort {sort}."


def _alive(live: LiveState, going: Collection[Address]) -> set[Address]:
    return {address for address, it in live.resources.items() if not it.is_deleting} - set(going)


def _always_there(kinds: Kinds) -> set[Address]:
    """The platform's own, which are there whoever declares them."""
    return {kind.address(name) for kind in kinds for name in kind.system_names}


def _how(reference: Reference) -> str:
    if is_put_before(reference):
        return "depends on"
    return "is inside" if is_inside(reference) else "names"


def _problem(
    resource: Resource,
    reference: Reference,
    meant: Callable[[Address], str],
    desired: DesiredState,
    live: LiveState | None,
    going: Collection[Address],
) -> Problem:
    target = reference.target
    names = f"{resource.address} {_how(reference)} {target}"
    declared = desired.resources.get(target)
    named_absent = declared is not None and not declared.is_present
    if target in going or named_absent:
        detail = f"{names}, which {'a manifest declares absent' if named_absent else 'this plan deletes'}."
        way_out = "Declare it elsewhere" if is_inside(reference) else "Take the name out here"
        hint = f"{way_out}, or keep {target}. {all_that_name(target)}"
        if called_now(target, desired):
            hint = f"{meant(target)} {all_that_name(target)}"
    elif declared is not None:
        detail = f"{names}, which this run leaves out and which does not live yet."
        hint = f"Select {target} too, or leave out {resource.address} as well."
    elif live is not None and target in live.resources:
        detail = f"{names}, which the cluster is deleting."
        hint = "Wait until it is gone, then run again; a name can be used again only after that."
    else:
        detail = f"{names}, which is {'neither declared nor live' if live is not None else 'not declared'}."
        hint = meant(target) or (f"Declare {target} too, or correct the name." if is_inside(reference) else "")
        if live is None:
            hint = f"{hint} If it lives on the cluster this is right: plan looks there.".strip()
    return Problem(
        summary="Unknown reference",
        detail=detail,
        hint=hint or f"Declare it in a manifest (kind: {target.kind}), or correct the name.",
        severity="error" if live is not None or named_absent else "warning",
        source=resource.positions.value(reference.place),
        address=resource.address,
    )
