"""What manifests say of the order of resources that do not name each other: `lifecycle.depends_on`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.references import Reference, orders_after, put_before
from igz_apply.model.resources import DesiredState, Resource
from igz_apply.model.suggest import did_you_mean


def unclear_orders(desired: DesiredState, kinds: Kinds) -> Iterator[Problem]:
    """Find orders that nothing can be brought about in: after a kind that there is not, or after itself.

    What is declared nowhere, or absent, is an unknown reference as any other.
    """
    told: set[frozenset[Address]] = set()
    for resource in desired.resources.values():
        for reference in put_before(resource):
            if reference.target.kind not in kinds:
                yield _of_no_kind(resource, reference, desired, kinds)
                continue
            circle = _circle(resource.address, reference.target, desired, kinds) if resource.is_present else []
            if circle and frozenset(circle) not in told:
                told.add(frozenset(circle))
                yield _circular(resource, reference, circle)


def _circle(start: Address, after: Address, desired: DesiredState, kinds: Kinds) -> list[Address]:
    """Return the addresses, each waiting for the next, that lead from `start` by `after` to itself; none: nothing."""
    came_from: dict[Address, Address] = {after: start}
    waiting = [after]
    while waiting:
        address = waiting.pop()
        if address == start:
            return _back(came_from, start)
        resource = desired.resources.get(address)
        if resource is None or not resource.is_present:
            continue
        named = [Address(*it) for it in orders_after(kinds[address.kind], address.name, resource.spec)]
        for target in sorted({*named, *resource.lifecycle.depends_on} - came_from.keys(), reverse=True):
            came_from[target] = address
            waiting.append(target)
    return []


def _back(came_from: Mapping[Address, Address], start: Address) -> list[Address]:
    found = [start]
    while (before := came_from[found[0]]) != start:
        found.insert(0, before)
    return [start, *found]


def _circular(resource: Resource, reference: Reference, circle: list[Address]) -> Problem:
    if len(circle) == 2:
        detail = f"{resource.address} is to come after itself."
    else:
        detail = f"Each of these is to wait for the next: {' -> '.join(map(str, circle))}."
    return Problem(
        "Unclear order",
        detail,
        f"Take {reference.target} out of `depends_on` here.",
        source=resource.positions.value(reference.place),
        address=resource.address,
    )


def _of_no_kind(resource: Resource, reference: Reference, desired: DesiredState, kinds: Kinds) -> Problem:
    target = reference.target
    meant = did_you_mean(str(target), map(str, desired.resources)) or did_you_mean(target.kind, kinds.names)
    return Problem(
        "Unknown kind",
        f"{resource.address} depends on {target}, and there is no kind {target.kind!r}.",
        f"{meant} Kinds are {', '.join(kinds.names)}.".strip(),
        source=resource.positions.value(reference.place),
        address=resource.address,
    )
