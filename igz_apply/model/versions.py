"""Cluster versions, compared."""

from __future__ import annotations


def release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version to compare it by: `3.5.5-b25` is (3, 5, 5)."""
    numbers: list[int] = []
    for part in version.split("-")[0].split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


def may_be_older(version: str, than: str) -> bool:
    """Say whether a cluster of this version is older than a release; one that did not say its version may be."""
    return not version or release(version) < release(than)
