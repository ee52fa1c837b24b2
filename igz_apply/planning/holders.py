"""Values that one resource alone can hold: who has them now, and in which order a plan hands them on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from igz_apply.authoring.contradictions import meaning_of
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
from igz_apply.model.kind import Field, Kind, Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.resources import LiveResource, LiveState
from igz_apply.values import dataclass

Needs = Mapping[Address, frozenset[Address]]


@dataclass(frozen=True, slots=True)
class _Claim:
    """A change that writes a value which something else has."""

    change: Change
    field: Field
    value: Any
    holder: LiveResource


def handed_on(
    chosen: Mapping[Address, Change], needs: Needs, live: LiveState, kinds: Kinds
) -> tuple[Needs, tuple[Problem, ...]]:
    """Return what each change waits for, so that nothing gets a value before its holder has let go of it.

    Where nobody lets go, or only after the change that wants the value, there is a problem instead. A number that
    the platform is to give comes after the largest that is stated: it gives the next one.
    """
    order = _Order(needs, kinds)
    problems: list[Problem] = []
    for claim in _claims(chosen, live, kinds):
        taker, holder = claim.change.address, claim.holder.address
        if not claim.field.unique:
            problems.extend(_doubts(claim, chosen.get(holder)))
        elif not _lets_go(chosen.get(holder), claim.field):
            problems.append(_kept(claim))
        elif not order.put(taker, after=holder):
            problems.append(_circular(claim))
    for given, stated in _given_numbers(chosen, live, kinds):
        order.put(given, after=stated)
    return order.needs, tuple(problems)


class _Order:
    """What waits for what; the entries of a shared document are written together, and wait for one another's needs."""

    def __init__(self, needs: Needs, kinds: Kinds) -> None:
        self.needs = dict(needs)
        self._kinds = kinds
        self._entries: dict[str, set[Address]] = {}
        together = {kind.name: kind.together for kind in kinds if kind.together}
        for address in needs:
            if address.kind in together:
                self._entries.setdefault(together[address.kind], set()).add(address)

    def put(self, address: Address, *, after: Address) -> bool:
        """Let one change wait for another; False, and nothing done, where that other one waits for it."""
        if self._leads(after, address):
            return False
        self.needs[address] = self.needs.get(address, frozenset()) | {after}
        return True

    def _leads(self, start: Address, end: Address) -> bool:
        waiting, seen = [start], {start}
        documents: set[str] = set()
        while waiting:
            address = waiting.pop()
            if address == end:
                return True
            news = self.needs.get(address, frozenset()) - seen
            document = self._document(address)
            if document and document not in documents:
                documents.add(document)
                news |= self._entries.get(document, set()) - seen
            seen |= news
            waiting.extend(news)
        return False

    def _document(self, address: Address) -> str:
        return self._kinds[address.kind].together


def _claims(chosen: Mapping[Address, Change], live: LiveState, kinds: Kinds) -> Iterator[_Claim]:
    made = [change for change in chosen.values() if change.action.makes]
    wanted = [found for change in made for found in _written(change, kinds)]
    names = {(change.address.kind, field.name): field for change, field, _ in wanted}
    held: dict[tuple[str, str, Any], LiveResource] = {}
    for resource in live.resources.values() if wanted else ():
        for (kind, name), field in names.items():
            if kind == resource.address.kind and resource.spec.get(name) is not None:
                held[kind, name, meaning_of(field, resource.spec[name])] = resource
    for change, field, value in wanted:
        holder = held.get((change.address.kind, field.name, meaning_of(field, value)))
        if holder is not None and holder.address != change.address:
            yield _Claim(change, field, value, holder)


def _written(change: Change, kinds: Kinds) -> Iterator[tuple[Change, Field, Any]]:
    """Yield what a write gives and others ought not to have; what is immutable is refused where it would change."""
    for item in change.diff:
        field = _kept_apart(kinds[change.address.kind]).get(item.dotted)
        if field is None or item.after is None:
            continue
        if change.action is Action.CREATE or not field.immutable:
            yield change, field, item.after


@lru_cache(maxsize=64)  # one for each kind
def _kept_apart(kind: Kind) -> Mapping[str, Field]:
    """Return the fields whose values others ought not to have, by name."""
    return {field.name: field for field in kind.fields if field.unique or field.distinct}


def _lets_go(change: Change | None, field: Field) -> bool:
    if change is None:
        return False
    if change.action is Action.DELETE:
        return True
    return change.action.makes and any(item.path[0] == field.name for item in change.diff)


def _given_numbers(
    chosen: Mapping[Address, Change], live: LiveState, kinds: Kinds
) -> Iterator[tuple[Address, Address]]:
    """Yield what gets a number from the platform, each with the create that states the largest new one."""
    creates = [change for change in chosen.values() if change.action is Action.CREATE and change.desired is not None]
    for kind in kinds:
        for field in kind.fields:
            if not field.unique:
                continue
            ours = [change for change in creates if change.address.kind == kind.name]
            stated = {it.address: _number(it.desired.spec, field) for it in ours if it.desired is not None}
            largest = max((number, address) for address, number in stated.items()) if stated else (-1, None)
            staying = (it for it in live.resources.values() if it.address.kind == kind.name and not _goes(it, chosen))
            taken = (_number(it.spec, field) for it in staying)
            if largest[1] is not None and largest[0] > max(taken, default=-1):
                yield from ((address, largest[1]) for address, number in stated.items() if number < 0)


def _goes(resource: LiveResource, chosen: Mapping[Address, Change]) -> bool:
    change = chosen.get(resource.address)
    return resource.is_deleting or (change is not None and change.action is Action.DELETE)


def _number(spec: Mapping[str, Any], field: Field) -> int:
    """Return the number that a spec states, less than any where it states none."""
    value = spec.get(field.name)
    return value if isinstance(value, int) else -1


def _kept(claim: _Claim) -> Problem:
    taker, holder, field = claim.change.address, claim.holder, claim.field
    leaves = ", which is being deleted" if holder.is_deleting else ""
    is_given = ", or leave it out: the platform gives one by itself" if field.filled else ""
    hint = f"State another {field.name}{is_given}. "
    if holder.is_deleting:
        hint += f"Or wait until {holder.address} is gone, and run again."
    else:
        hint += f"Or let the same plan delete {holder.address}: declared absent, or with --prune where it is owned."
    return _problem(
        claim,
        f"{taker} is to have the {field.name} {claim.value}, which is that of {holder.address} on the cluster{leaves}.",
        hint,
    )


def _doubts(claim: _Claim, held: Change | None) -> Iterator[Problem]:
    """Warn of a value that ought to differ; of two manifests that state it, that has been told from them alone."""
    name = claim.field.name
    is_declared = held is not None and held.desired is not None and held.desired.spec.get(name) is not None
    if not is_declared and not _lets_go(held, claim.field):
        found = _problem(
            claim,
            f"{claim.change.address} is to have the {name} {claim.value}, and {claim.holder.address} on the cluster "
            "has it too.",
            f"Correct it, unless the two are to share one {name}: the platform is not known to refuse that.",
        )
        yield replace(found, severity="warning")


def _circular(claim: _Claim) -> Problem:
    taker, holder, name = claim.change.address, claim.holder.address, claim.field.name
    return _problem(
        claim,
        f"{taker} is to have the {name} {claim.value} of {holder}, which lets go of it only after {taker} has taken "
        "its place.",
        (f"Leave {name} out, so that the platform gives a new one. " if claim.field.filled else "")
        + f"To keep it, do it in two applies: first take {holder} out of all that names it and delete it, without "
        f"{taker}; then add {taker}.",
    )


def _problem(claim: _Claim, detail: str, hint: str) -> Problem:
    desired = claim.change.desired
    return Problem(
        summary="Value in use",
        detail=detail,
        hint=hint,
        source=desired.positions.value(("spec", claim.field.name)) if desired is not None else None,
        address=claim.change.address,
    )
