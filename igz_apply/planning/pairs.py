"""Pairs told in as few names as may be: those who have all the same stand together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

Names = tuple[str, ...]


def in_few_names(pairs: Iterable[tuple[str, str]]) -> list[tuple[Names, Names]]:
    """Return the pairs as groups: each of the first names with each of the second ones, no pair twice."""
    listed = list(pairs)
    by_first = [(firsts, seconds) for seconds, firsts in _alike(listed).items()]
    by_second = [(firsts, seconds) for firsts, seconds in _alike([(b, a) for a, b in listed]).items()]
    return min(by_first, by_second, key=_names_in)


def _alike(pairs: Iterable[tuple[str, str]]) -> Mapping[Names, Names]:
    """Return sets of second parts -> the first parts that have exactly these."""
    seconds: defaultdict[str, set[str]] = defaultdict(set)
    for first, second in pairs:
        seconds[first].add(second)
    firsts: defaultdict[Names, list[str]] = defaultdict(list)
    for first, held in sorted(seconds.items()):
        firsts[tuple(sorted(held))].append(first)
    return {held: tuple(names) for held, names in firsts.items()}


def _names_in(groups: Iterable[tuple[Names, Names]]) -> int:
    return sum(len(firsts) + len(seconds) for firsts, seconds in groups)
