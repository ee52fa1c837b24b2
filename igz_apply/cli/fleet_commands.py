"""What `plan`, `apply` and `drift` do with `--targets` or `--all-targets`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click import UsageError

from igz_apply.cli.fleet_options import FleetFlags
from igz_apply.cli.fleet_run import FleetRun
from igz_apply.cli.fleet_setup import fleet_at
from igz_apply.cli.fleet_views import check_fleet_reports, fleet_view
from igz_apply.cli.proposal import PlanFlags
from igz_apply.cli.session import Session
from igz_apply.cli.transaction import ApplyFlags


def plan_fleet(
    session: Session,
    fleet: FleetFlags,
    form: str,
    flags: PlanFlags,
    *,
    is_detailed: bool,
    expires: float | None,
    out: str | None,
) -> int:
    """Plan several targets, and return the exit code. Raises InvalidInput and UsageError before anything is called."""
    if expires is not None and out is None:
        raise UsageError("--expires is about saved plans: give --out FOLDER too.")
    view = fleet_view(session, form)
    check_fleet_reports(flags.reports)
    run = FleetRun(session, fleet_at(session, fleet, flags.paths), view, flags)
    folder = None if out is None else Path(out)
    return run.plan(is_detailed=is_detailed, is_saved=folder is not None, expires=expires, out=folder)


def apply_fleet(
    session: Session,
    fleet: FleetFlags,
    form: str,
    flags: PlanFlags,
    apply_flags: ApplyFlags,
    *,
    plans: str | None,
    events: str | None,
) -> int:
    """Change several targets, and return the exit code. Raises InvalidInput and UsageError."""
    view = fleet_view(session, form, is_apply=True, events=events, others=flags.reports)
    check_fleet_reports(flags.reports)
    run = FleetRun(session, fleet_at(session, fleet, flags.paths), view, flags)
    return run.apply(apply_flags, None if plans is None else Path(plans))


def drift_fleet(
    session: Session,
    fleet: FleetFlags,
    form: str,
    options: Mapping[str, Any],
    *,
    is_detailed: bool,
    is_unmanaged: bool,
) -> int:
    """Look for drift on several targets, and return the exit code. Raises InvalidInput and UsageError."""
    flags = PlanFlags(**options, prune=False, keeps_off=True, is_policed=False)
    view = fleet_view(session, form)
    check_fleet_reports(flags.reports)
    run = FleetRun(session, fleet_at(session, fleet, flags.paths), view, flags)
    return run.drift(is_detailed=is_detailed, is_unmanaged=is_unmanaged)
