"""Doubts about values that live state settles: what the cluster has itself, it knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from igz_apply.model.problems import Problem
from igz_apply.model.resources import DesiredState, LiveState, Path

_DOUBT = "Unknown value"


def still_doubtful(advice: Iterable[Problem], desired: DesiredState, live: LiveState) -> tuple[Problem, ...]:
    """Return the warnings of validation without those about a value that something on the cluster has in that field.

    Policies and kinds of services are the same for the whole tenant, and nothing lists them: what is in use is known.
    """
    problems = tuple(advice)
    doubted = {problem: _doubted(problem, desired) for problem in problems if problem.summary == _DOUBT}
    wanted = {found for found in doubted.values() if found is not None}
    if not wanted:
        return problems
    in_use = {
        (_field(path), value)
        for resource in live.resources.values()
        for path, value in _values(resource.spec, ())
        if (_field(path), value) in wanted
    }
    return tuple(problem for problem in problems if doubted.get(problem) not in in_use)


def _doubted(problem: Problem, desired: DesiredState) -> tuple[Path, Any] | None:
    """Return the field and the value that a problem is about, None where no manifest has it any more."""
    resource = desired.resources.get(problem.address) if problem.address is not None else None
    for path, value in _values(resource.spec, ()) if resource is not None else ():
        if resource is not None and resource.positions.value(("spec", *path)) == problem.source:
            return _field(path), value
    return None


def _values(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield every text in a spec, with its place."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _values(below, (*path, key))
    elif isinstance(value, list | tuple):
        for index, below in enumerate(value):
            yield from _values(below, (*path, index))
    elif isinstance(value, str):
        yield path, value


def _field(path: Path) -> Path:
    return tuple(part for part in path if isinstance(part, str))
