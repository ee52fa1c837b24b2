"""What policies permit: patterns of resources, each with actions (wire reference, section 8.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Permissions = Mapping[str, Mapping[str, Any]]  # resource pattern -> {"actions": [...]}


@dataclass(frozen=True, slots=True)
class Rights:
    """The permissions of all policies that somebody holds."""

    held: tuple[Permissions, ...]
    projects: frozenset[str]  # in which a role is held

    def allow(self, action: str, resource: str) -> bool:
        """Tell whether one of the policies permits this."""
        return any(_permits(permissions, action, resource) for permissions in self.held)


def _permits(permissions: Permissions, action: str, resource: str) -> bool:
    return any(
        _covers(pattern, resource) and _names(granted.get("actions", ()), action)
        for pattern, granted in permissions.items()
    )


def _covers(pattern: str, resource: str) -> bool:
    """Tell whether a pattern covers a resource: `/**` covers what is below, and the place itself."""
    if not pattern.endswith("/**"):
        return pattern == resource
    place = pattern[:-3]
    return resource == place or resource.startswith(f"{place}/")


def _names(actions: Iterable[str], action: str) -> bool:
    return any(_compiled(each).fullmatch(action) is not None for each in actions)


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def read(*resources: str) -> dict[str, dict[str, list[str]]]:
    """Return the permissions to read each of these and what is below."""
    return {each: {"actions": ["read", "list"]} for each in resources}


def grant(actions: Iterable[str], *resources: str) -> dict[str, dict[str, list[str]]]:
    """Return the permissions to do these on each of these."""
    return {each: {"actions": list(actions)} for each in resources}
