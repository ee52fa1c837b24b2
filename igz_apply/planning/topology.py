"""Topological order of anything that has keys."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from heapq import heapify, heappop, heappush
from typing import Any, TypeVar

Key = TypeVar("Key", bound=Hashable)


def ordered(needs: Mapping[Key, Collection[Key]]) -> tuple[list[Key], list[Key]]:
    """Return the keys so that each follows what it needs, and a cycle when there is one.

    Ties go by key. With a cycle the first list is short of all that depends on it, and the second holds the cycle
    with its first key repeated at the end; otherwise the second is empty. Needs that are no keys are ignored.
    """
    if not any(needs.values()):
        return sorted(needs), []  # type: ignore[type-var]
    missing = dict.fromkeys(needs, 0)  # how many of its needs have not been found yet
    dependants: dict[Key, list[Key]] = {}
    for key, wanted in needs.items():
        for need in set(wanted):
            if need in missing and need != key:
                missing[key] += 1
                dependants.setdefault(need, []).append(key)
    ready: list[Any] = [key for key, count in missing.items() if not count]
    heapify(ready)
    found: list[Key] = []
    while ready:
        key = heappop(ready)
        found.append(key)
        for dependant in dependants.get(key, ()):
            missing[dependant] -= 1
            if not missing[dependant]:
                heappush(ready, dependant)
    stuck = {key for key, count in missing.items() if count}
    return found, _cycle({key: [need for need in needs[key] if need in stuck and need != key] for key in stuck})


def _cycle(stuck: Mapping[Key, Collection[Key]]) -> list[Key]:
    """Walk needs from the least stuck key until one repeats."""
    if not stuck:
        return []
    walked = [min(stuck)]  # type: ignore[type-var]
    while True:
        following = min(need for need in stuck[walked[-1]] if need in stuck)  # type: ignore[type-var]
        if following in walked:
            return [*walked[walked.index(following) :], following]
        walked.append(following)
