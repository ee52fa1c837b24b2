"""What rounds have taken away lately, of which nobody was asked: it counts toward the limits of the next one.

A limit of each round alone would let everything go bit by bit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.model.kind import CASCADING
from igz_apply.model.records import RunRecord
from igz_apply.planning.limits import TAKING
from igz_apply.planning.rail_facts import RailFacts, Verb

Spent = Mapping[Verb, frozenset[Address]]
"""What was taken away, by the verb whose limit counts it."""


def takes_away(plan: Plan, facts: RailFacts) -> bool:
    """Say whether a plan takes anything away that a limit counts."""
    return any(True for limited in TAKING for _ in limited.counted(plan, facts))


def spent_by(record: RunRecord) -> Spent:
    """Return what a run took away, or may have."""
    found: defaultdict[Verb, set[Address]] = defaultdict(set)
    for verb, address in _taken(record):
        found[verb].add(address)
    return {verb: frozenset(addresses) for verb, addresses in found.items()}


def together(parts: Iterator[Spent]) -> Spent:
    """Return all of it: what went twice counts once."""
    found: defaultdict[Verb, set[Address]] = defaultdict(set)
    for part in parts:
        for verb, addresses in part.items():
            found[verb] |= addresses
    return {verb: frozenset(addresses) for verb, addresses in found.items()}


def _taken(record: RunRecord) -> Iterator[tuple[Verb, Address]]:
    for change in (it.change for it in record.changes if record.may_have_changed(it.change.address)):
        if change.action is Action.DELETE:
            yield "delete", change.address
            if change.deletion_strategy == CASCADING:
                yield "cascade", change.address
        elif change.switches_off:
            yield "disable", change.address
    for address, now in record.noted.items():
        if now is None and record.entries.get(address) is not None:
            yield "forget", address
