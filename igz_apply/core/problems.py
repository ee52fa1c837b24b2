"""Faults found in input, as values: collected, sorted and shown together, never raised one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from igz_apply.core.addresses import Address, Source

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: a constant summary, a detail in full sentences, and a hint that says what to do next."""

    summary: str
    detail: str
    hint: str = ""
    severity: Severity = "error"
    source: Source | None = None  # None: it has no place in a file
    address: Address | None = None  # None: it belongs to no single resource


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems without repetitions, by place, errors and warnings mixed as a reader meets them."""
    return tuple(sorted(dict.fromkeys(problems), key=_rank))


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return those that stop us."""
    return tuple(problem for problem in problems if problem.severity == "error")


def _rank(problem: Problem) -> tuple[str, int, int, str, str, str]:
    source = problem.source or Source("", 0, 0)
    return (
        source.path,
        source.line,
        source.column,
        str(problem.address or ""),
        problem.summary,
        problem.detail,
    )
