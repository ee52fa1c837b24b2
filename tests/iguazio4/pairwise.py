"""Rows of values in which any two values of any two parameters meet at least once."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

Pair = tuple[tuple[str, int], tuple[str, int]]


def rows(values: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return rows that cover all pairs; the first holds the first value of each parameter. Always the same ones."""
    names = sorted(values)
    missing = {
        ((one, i), (other, j))
        for one, other in itertools.combinations(names, 2)
        for i in range(len(values[one]))
        for j in range(len(values[other]))
    }
    found = [dict.fromkeys(names, 0)]
    missing -= _pairs(found[0])
    while missing:
        row = dict(min(missing))
        for name in names:
            if name not in row:
                row[name] = max(range(len(values[name])), key=lambda i: (_gain(row, name, i, missing), -i))
        missing -= _pairs(row)
        found.append(row)
    return [{name: values[name][index] for name, index in row.items()} for row in found]


def _pairs(row: Mapping[str, int]) -> set[Pair]:
    return set(itertools.combinations(sorted(row.items()), 2))


def _gain(row: Mapping[str, int], name: str, index: int, missing: set[Pair]) -> int:
    found = (tuple(sorted(((name, index), other))) for other in row.items())
    return sum(pair in missing for pair in found)
