"""Problems of layered manifests, once a cause: what is wrong in a layer is so in every resource that it reaches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from igz_apply.authoring.layering.origins import LayeredPositions, Stratum
from igz_apply.model.addresses import Address, Source
from igz_apply.model.problems import Problem, in_order
from igz_apply.model.resources import Positions


class Placed(Protocol):
    """A Document or a Resource."""

    @property
    def source(self) -> Source:
        """Where it begins."""

    @property
    def positions(self) -> Positions:
        """Where its values stand."""


class _Reached(NamedTuple):
    """A problem that comes from a layer, and the resource that it was found in."""

    problem: Problem
    address: Address
    made_from: Stratum | None  # the template of a profile; None: the resource has a manifest


def told(problems: Iterable[Problem], placed: Callable[[Address], Placed | None]) -> tuple[Problem, ...]:
    """Return the problems as they are told, in order of place; `placed` finds what an address stands for.

    Those with one cause in a layer are one problem, which names one resource and says how many there are. What one
    member of a profile brings about stands where the member does.
    """
    kept: list[Problem] = []
    causes: dict[tuple[object, ...], list[_Reached]] = {}
    for problem in problems:
        reached = _reached(problem, placed)
        if reached is None:
            kept.append(problem)
        else:
            causes.setdefault(_cause(reached), []).append(reached)
    return in_order((*kept, *map(_as_told, causes.values())))


def _reached(problem: Problem, placed: Callable[[Address], Placed | None]) -> _Reached | None:
    """Return the problem with the resource that it reached from elsewhere; None where its own manifest has it."""
    if problem.address is None or problem.source is None:
        return None
    found = placed(problem.address)
    if found is None or not isinstance(found.positions, LayeredPositions):
        return None
    own = found.positions.own
    made_from = own if own.layer == "profile" else None
    if made_from is None and problem.source.path == found.source.path:
        return None
    return _Reached(problem, problem.address, made_from)


def _cause(reached: _Reached) -> tuple[object, ...]:
    """Return what two problems have in common that are one: all that they say, but for whom they are about."""
    problem, address, made_from = reached
    said = problem.detail.replace(str(address), "")
    if made_from is not None:
        said = _names(reached).sub("", said)
    return problem.source, problem.summary, problem.severity, said


def _as_told(together: Sequence[_Reached]) -> Problem:
    first = together[0]
    made_from, problem = first.made_from, first.problem
    if made_from is None or len(together) > 1 or not _is_of_the_member(first, made_from):
        return _for_all(together)
    made = f"The Profile makes {first.address} for {made_from.name}, as {problem.source} says."
    place = made_from.positions.key(made_from.member)
    return replace(problem, detail=f"{problem.detail} {made}", source=place)


def _is_of_the_member(reached: _Reached, made_from: Stratum) -> bool:
    """Say whether it is the name of a listed member that a problem is about, in what a profile makes of it."""
    positions, prefix = made_from.positions, made_from.prefix
    if not made_from.member:
        return False
    if reached.problem.source == positions.value((*prefix, "metadata", "name")):
        return True
    said = reached.problem.detail.replace(str(reached.address), "")
    return _is_in_template(reached.problem.source, positions) and bool(_names(reached).search(said))


def _is_in_template(source: Source | None, positions: Positions) -> bool:
    """Say whether a place is in what a profile makes, and not in what it says of its members."""
    begin, members = positions.key(("resources",)), positions.key(("members",))
    return source is not None and source.path == begin.path and source >= begin and not begin < members <= source


def _names(reached: _Reached) -> re.Pattern[str]:
    """Return what finds the names of a resource and of its member as words."""
    names = {reached.address.name, reached.made_from.name if reached.made_from is not None else reached.address.name}
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})(?!\w)")


def _for_all(together: Sequence[_Reached]) -> Problem:
    """Return one problem for all resources that it reached."""
    problem, address, _ = together[0]
    more = len({each.address for each in together}) - 1
    reached = [str(address)] * (str(address) not in problem.detail) + [f"{more} more"] * (more > 0)
    return replace(problem, detail=f"{problem.detail} So it is for {' and '.join(reached)}.") if reached else problem
