"""What a plan may do to how many of a kind before somebody has to say that it is meant: limits and their waivers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.kind import CASCADING
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import some
from igz_apply.planning.rail_facts import Limit, RailFacts, Verb
from igz_apply.values import dataclass

_NAMED = 3  # of what is refused
ALWAYS_PASS = 3  # so many of a kind need no waiver, whatever the percentage says
DEFAULT_LIMITS: Mapping[Verb, Limit] = {"delete": "10%", "cascade": 0}
"""What holds for every kind of which the config says nothing.

Entries are forgotten, and what nothing declares any more is disabled, within the limit of deletes.
"""


@dataclass(frozen=True, slots=True)
class Limited:
    """What one limit counts, and how its refusal is told."""

    verb: Verb
    summary: str
    detail: str  # of how many, of which kind, and which
    counted: Callable[[Plan, RailFacts], Iterable[Address]]
    key: Verb = ""  # below `limits` in the config; "": the same as verb
    always_passes: int = ALWAYS_PASS


DELETES = Limited(
    "delete",
    "Too many deletes",
    "The plan deletes {} of kind {}",
    lambda plan, _: (it.address for it in plan.writes if _begins_a_delete(it) and it.replaced_by is None),
)
DISABLES = Limited(
    "disable",
    "Too many to disable",
    "The plan disables {} of kind {}, which nothing declares any more: {}",
    lambda plan, _: (it.address for it in plan.writes if it.switches_off),
    key="delete",
)
FORGETS = Limited(
    "forget",
    "Too many entries to forget",
    "The inventory would forget {} of kind {}: {}",
    lambda plan, facts: (it for it in sorted({*plan.dropped, *plan.forgotten}) if facts.owned.holds(it)),
    key="delete",
)
RESTARTS = Limited(
    "restart",
    "Too many restarts",
    "The plan restarts {} of kind {}: {}",
    lambda plan, _: (it.address for it in plan.operations if it.operation == "restart"),
)
CASCADES = Limited(
    "cascade",
    "Too many cascading deletes",
    "The plan deletes {} of kind {} with all that is in it: {}",
    lambda plan, _: (it.address for it in plan.writes if _begins_a_delete(it) and cascades(it)),
    always_passes=0,
)
TAKING = (DELETES, CASCADES, DISABLES, FORGETS)
"""The limits of what is taken away: they count what rounds took lately as well."""
_LIMITED = (
    DELETES,
    CASCADES,
    Limited(
        "update",
        "Too many updates",
        "The plan updates {} of kind {}",
        lambda plan, _: (it.address for it in plan.writes if it.action is Action.UPDATE and not it.switches_off),
    ),
    DISABLES,
    FORGETS,
    RESTARTS,
)


def limits_hold(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """More of a kind than its limit allows needs a waiver with the exact count."""
    for limited in _LIMITED:
        by_kind: dict[str, list[Address]] = {}
        for address in limited.counted(plan, facts):
            by_kind.setdefault(address.kind, []).append(address)
        for kind, addresses in sorted(by_kind.items()):
            said = limited.detail.format(len(addresses), kind, named(addresses))
            limit = exceeded(limited, kind, len(addresses), facts)
            if limit is not None:
                detail = f"{said}; limits.{limited.key or limited.verb} allows {_said(limit)}."
                yield from unless_waived(limited.verb, kind, addresses, limited.summary, detail, facts)
            else:
                yield from _bit_by_bit(limited, kind, addresses, said, facts)


def _bit_by_bit(
    limited: Limited, kind: str, addresses: Sequence[Address], said: str, facts: RailFacts
) -> Iterator[Problem]:
    """Refuse what is within a limit by itself, and is not with what rounds took away before it, asking nobody."""
    before = {it for it in facts.spent.get(limited.verb, ()) if it.kind == kind}.difference(addresses)
    limit = exceeded(limited, kind, len(addresses) + len(before), facts) if before else None
    if limit is not None:
        yield Problem(
            summary=limited.summary,
            detail=f"{said}; rounds did so with {len(before)} within the last day, and "
            f"limits.{limited.key or limited.verb} allows {_said(limit)}.",
            hint="If that is what you want, apply it yourself: igz-apply apply. What rounds did counts for a day.",
            about=tuple(addresses),
        )


def replacements_are_asked_for(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """What another takes the place of is lost for good: each time somebody has to say how many are meant."""
    by_kind: dict[str, dict[Address, str]] = {}
    for change in plan.writes:
        if change.replaced_by is not None and _begins_a_delete(change):
            said = f"{change.address} by {change.replaced_by}"
            by_kind.setdefault(change.address.kind, {})[change.address] = said
    for kind, found in sorted(by_kind.items()):
        said = some([*found.values()], _NAMED)
        what = f"The plan replaces {len(found)} of kind {kind}: {said}."
        detail = f"{what} The old one is deleted, and what is lost with it is told beside."
        yield from unless_waived("replace", kind, [*found], "Replacement", detail, facts)


def exceeded(limited: Limited, kind: str, count: int, facts: RailFacts) -> Limit | None:
    """Return the limit of which there are more, None where the limit holds or there is none."""
    key = limited.key or limited.verb
    limit = facts.limits.get((key, kind), DEFAULT_LIMITS.get(key))
    if limit is None or count <= limited.always_passes or count <= _allowed(limit, kind, facts):
        return None
    return limit


def cascades(change: Change) -> bool:
    """Say whether a change deletes a resource with all that is in it."""
    return change.deletion_strategy == CASCADING


def unless_waived(
    verb: Verb, kind: str, about: Sequence[Address], summary: str, detail: str, facts: RailFacts
) -> Iterator[Problem]:
    """Yield the problem with its waiver, unless the exact count of what it is about was waived."""
    waived, count = facts.waivers.get((verb, kind)), len(about)
    if waived == count:
        return
    given = f" --allow {verb}:{kind}={waived} does not fit it." if waived is not None else ""
    yield Problem(
        summary=summary,
        detail=f"{detail}{given}",
        hint=f"If that is what you want, say so: --allow {verb}:{kind}={count}",
        about=tuple(about),
    )


def _begins_a_delete(change: Change) -> bool:
    """Whether a change deletes something that is not on its way out already, by a run before that was cut off."""
    return change.action is Action.DELETE and not (change.live is not None and change.live.is_deleting)


def _allowed(limit: Limit, kind: str, facts: RailFacts) -> int:
    if isinstance(limit, Mapping):
        return min(_allowed(each, kind, facts) for each in limit.values())
    if isinstance(limit, int):
        return limit
    of = sum(1 for address in facts.owned.entries if address.kind == kind and facts.owned.holds(address))
    return int(of * float(limit.removesuffix("%")) / 100)


def _said(limit: Limit) -> str:
    return f"the smaller of {' and '.join(map(str, limit.values()))}" if isinstance(limit, Mapping) else str(limit)


def named(addresses: Sequence[Address], most: int = _NAMED) -> str:
    """Return the first of many for a sentence: `User/a, User/b, User/c and 2 more`."""
    return some([*map(str, addresses)], most)
