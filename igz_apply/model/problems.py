"""Faults found in input, as values: collected, sorted and shown together, never raised one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Literal

from igz_apply.model.addresses import Address, Source
from igz_apply.values import dataclass

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
    is_secret: bool = False  # whether a secret may stand at the source: the line is not quoted then
    own_code: str = ""  # of an organisation's own policy; "": it is a rule of ours
    about: tuple[Address, ...] = field(default=(), compare=False)  # of what counts several: all that it counts

    @property
    def named(self) -> tuple[Address, ...]:
        """All that it is about; nothing where it is about the whole."""
        return self.about if self.address is None else (self.address, *self.about)

    def __post_init__(self) -> None:
        """Drop a place that is in no file: what a plan makes of a record, or of the inventory, no manifest states."""
        if self.source is not None and not self.source.path:
            object.__setattr__(self, "source", None)

    @property
    def code(self) -> str:
        """The stable code of the broken rule: `IGZ-304`, which `explain` tells of, or the organisation's own."""
        if self.own_code:
            return self.own_code
        from igz_apply.model.catalogue import rule_of  # here: most runs have no problem to tell

        rule = rule_of(self.summary)
        return rule.code if rule is not None else ""


Weight = Literal["error", "warning", "ignore"]


@dataclass(frozen=True, slots=True)
class Severities:
    """What warnings count as. Errors stay errors: what follows relies on input that has none."""

    by_code: Mapping[str, Weight] = field(default_factory=dict)  # config key `severity`
    is_strict: bool = False  # option --strict: whatever is not ignored is an error

    def settled(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Return the problems as they count, those that are ignored left out."""
        return tuple(self._counted(problem) for problem in problems if self._weight(problem) != "ignore")

    def _counted(self, problem: Problem) -> Problem:
        return problem if self._weight(problem) == problem.severity else replace(problem, severity="error")

    def _weight(self, problem: Problem) -> Weight:
        if problem.severity == "error":
            return "error"
        stated = self.by_code.get(problem.code, "warning")
        return "error" if self.is_strict and stated == "warning" else stated


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
