"""An organisation's own rules about plans, as values: config key `policies_on_plan`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from igz_apply.model.addresses import Source
from igz_apply.values import dataclass

EACH: Mapping[str, tuple[str, ...]] = {
    "change": ("changes",),
    "operation": ("operations",),
    "access.role": ("access_impact", "roles"),
    "access.policy": ("access_impact", "policies"),
    "access.account": ("access_impact", "accounts"),
}
"""What a schema can be held against one by one -> the list of the plan's JSON; of changes those that are any."""


@dataclass(frozen=True, slots=True)
class PolicyWaiver:
    """What lets a policy pass for a while."""

    until: str  # the last day on which it counts, 2026-12-31, in UTC
    reason: str
    address: str = ""  # a glob of addresses; "": whatever the policy is about
    source: Source | None = None

    def counts_on(self, today: str) -> bool:
        """Say whether it has not ended; days that are written so are in the order of their texts."""
        return today <= self.until


@dataclass(frozen=True, slots=True)
class PlanPolicy:
    """A JSON Schema that a plan's JSON, or each item of one of its lists, has to meet."""

    code: str  # the organisation's own
    schema: Mapping[str, Any]
    message: str
    hint: str = ""
    each: str = ""  # of EACH; "": the whole plan
    denies: bool = True  # else it warns
    waivers: tuple[PolicyWaiver, ...] = ()
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Policing:
    """All that is needed to hold plans against policies; no policy by default, and then it costs nothing."""

    policies: tuple[PlanPolicy, ...] = ()
    today: str = ""  # in UTC
    is_strict: bool = False  # option --strict: what would warn is an error
    is_whole: bool = True  # whether plans are of all manifests; else a waiver may be for what lies elsewhere


NO_POLICIES = Policing()
