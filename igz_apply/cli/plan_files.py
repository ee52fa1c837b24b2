"""Saved plans as the command line is handed them: read offline, of whatever platform each says that it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from igz_apply.cli.platforms import AUTO, NAMES, Choice, platform_named
from igz_apply.cli.session import Session
from igz_apply.model.changes import Plan
from igz_apply.reports.saved_plans import plan_in, read_document
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan with all that its file says."""

    plan: Plan
    data: Mapping[str, Any]


def read_plan_file(session: Session, path: str) -> PlanFile:
    """Read a plan, and settle by it which platform the run is about.

    Raises InvalidInput where it is none, or of another format, and StalePlan where it was edited.
    """
    place = Path(path)
    data = read_document(place)
    name = data.get("platform") if isinstance(data, dict) else None
    if name in NAMES and name != AUTO:
        session.choice = Choice(platform_named(name), f"{path} is about it")
    return PlanFile(plan_in(place, data, session.platform.kinds).plan, data)
