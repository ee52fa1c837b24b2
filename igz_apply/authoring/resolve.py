"""References by name: declared, live, or nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterator
from functools import cache

from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.references import Reference, all_that_name, names_only, references
from igz_apply.model.resources import DesiredState, LiveState, Resource
from igz_apply.model.suggest import did_you_mean


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
    asking = [
        resource
        for address, resource in desired.resources.items()
        if resource.is_present and address not in settled and is_wanted(address)
    ]
    if not asking:
        return
    absent = {address for address, resource in desired.resources.items() if not resource.is_present}
    declared = {address for address in desired.resources if address not in absent and is_wanted(address)}
    known = declared | (_alive(live, going) if live is not None else _always_there(kinds) - absent)
    names: defaultdict[str, set[str]] = defaultdict(set)
    for address in known:
        names[address.kind].add(address.name)

    @cache  # what is missing is often named by thousands
    def meant(target: Address) -> str:
        return did_you_mean(str(target), (str(target._replace(name=name)) for name in names[target.kind]))

    for resource in asking:
        kind = kinds[resource.address.kind]
        if not names_only(kind.referring, resource.spec, names):
            for reference in references(kind, resource.spec):
                if reference.target not in known:
                    yield _problem(resource, reference, meant, desired, live, going)


def _alive(live: LiveState, going: Collection[Address]) -> set[Address]:
    return {address for address, it in live.resources.items() if not it.is_deleting} - set(going)


def _always_there(kinds: Kinds) -> set[Address]:
    """The platform's own, which are there whoever declares them."""
    return {kind.address(name) for kind in kinds for name in kind.system_names}


def _problem(
    resource: Resource,
    reference: Reference,
    meant: Callable[[Address], str],
    desired: DesiredState,
    live: LiveState | None,
    going: Collection[Address],
) -> Problem:
    target = reference.target
    names = f"{resource.address} names {target}"
    declared = desired.resources.get(target)
    named_absent = declared is not None and not declared.is_present
    if target in going or named_absent:
        detail = f"{names}, which {'a manifest declares absent' if named_absent else 'this plan deletes'}."
        hint = f"Take the name out here, or keep {target}. {all_that_name(target)}"
    elif declared is not None:
        detail = f"{names}, which this run leaves out and which does not live yet."
        hint = f"Select {target} too, or leave out {resource.address} as well."
    elif live is not None and target in live.resources:
        detail = f"{names}, which the cluster is deleting."
        hint = "Wait until it is gone, then run again; a name can be used again only after that."
    else:
        detail = f"{names}, which is {'neither declared nor live' if live is not None else 'not declared'}."
        hint = meant(target)
        if live is None:
            hint = f"{hint} If it lives on the cluster this is right: plan looks there.".strip()
    return Problem(
        summary="Unknown reference",
        detail=detail,
        hint=hint or f"Declare it in a manifest (kind: {target.kind}), or correct the name.",
        severity="error" if live is not None or named_absent else "warning",
        source=resource.positions.value(("spec", *reference.path)),
        address=resource.address,
    )
