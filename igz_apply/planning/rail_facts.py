"""What rails look at beside the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from igz_apply.model.addresses import Address, Globs
from igz_apply.model.kind import Kinds
from igz_apply.model.resources import LiveState, Owned
from igz_apply.values import dataclass

Limit = int | str | Mapping[str, int | str]
"""A number, a percentage of what is owned, or both, and then the smaller: 12, "10%", {percent: "10%", count: 12}."""
Verb = str
"""What a limit and its waiver are about: delete, disable, cascade, update, forget, adopt, replace or restart."""
MOVE = ("move", "inventory")
"""The waiver for a cluster that has another address now; its count is of all entries."""


@dataclass(frozen=True, slots=True)
class RailFacts:
    """All that rails may look at, apart from the plan."""

    live: LiveState
    owned: Owned
    kinds: Kinds
    declared: Mapping[Address, bool] = field(default_factory=dict)  # what the manifests declare -> present, not absent
    is_pruning: bool = False
    protect: Globs = Globs()
    limits: Mapping[tuple[Verb, str], Limit] = field(default_factory=dict)  # (verb, kind) -> what needs no waiver
    waivers: Mapping[tuple[Verb, str], int] = field(default_factory=dict)  # (verb, kind) -> exact count
    spent: Mapping[Verb, frozenset[Address]] = field(default_factory=dict)  # what rounds have taken away lately
    min_admins: int = 1
    owner: str = ""  # the mark of this repository; "": it has none
    held_elsewhere: Mapping[Address, str] = field(default_factory=dict)  # what other inventories of it own -> which
