"""`plan`: the ordered difference between the manifests and the cluster. It holds nothing that writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.fleet_options import fleet_flags, fleet_options, require_no_folder
from igz_apply.cli.plan_reading import proposal_of
from igz_apply.cli.proposal import PlanFlags, check_reports, hand_out, has_plan
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import (
    common_options,
    duration,
    format_option,
    live_option,
    paths_argument,
    planning_options,
    prune_option,
    rotate_option,
    selection_options,
)
from igz_apply.errors import CHANGES
from igz_apply.reports.atomic_files import spare_inventory
from igz_apply.reports.saved_plans import plan_bytes
from igz_apply.views.json_plan import DocumentView


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply plan --target prod",
        "igz-apply plan --out prod.plan --report plan.md    # to review, and to apply exactly that",
        "igz-apply plan --out prod.plan --expires 24h       # not to be applied later than that",
        "igz-apply plan --detailed-exitcode                 # 2: there are changes",
        "igz-apply plan --only 'Project/churn'",
        "kubectl kustomize overlays/prod | igz-apply plan -",
        "igz-apply plan --targets 'prod-*' --report fleet.html     # of several, in waves",
        "igz-apply plan --live live.json                    # from a snapshot: no cluster, no credentials",
    ),
)
@paths_argument
@selection_options
@planning_options
@prune_option
@rotate_option
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(),
    help="Save the plan, for apply --plan FILE; of several targets to a folder, as TARGET.json.",
)
@click.option(
    "--expires",
    type=duration,
    metavar="TIME",
    help="How long the saved plan may be applied, such as 24h.  [default: as the config says, else for ever]",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@live_option
@format_option("text", "json")
@fleet_options
@common_options
@click.pass_obj
def plan(
    session: Session, /, out: str | None, expires: float | None, detailed_exitcode: bool, form: str, **options: Any
) -> int:
    """Show what apply would do, in the order in which it could be done; change nothing.

    A plan that a rail refuses is shown in full all the same, with the reasons and, where there is one, the waiver;
    the exit code is then 4.
    """
    fleet = fleet_flags(options)
    if expires == 0:
        raise click.UsageError("--expires 0 would be over before anybody can apply the plan: say how long it may be.")
    if fleet is not None:
        from igz_apply.cli.fleet_commands import plan_fleet  # here, as most runs are of one target

        return plan_fleet(
            session, fleet, form, PlanFlags(**options), is_detailed=detailed_exitcode, expires=expires, out=out
        )
    if form == "json":
        session.view = DocumentView(session.output, session.errors, plan_bytes)
    flags = PlanFlags(**options)
    check_reports(flags.reports, {"--out": out})
    if out is not None:
        require_no_folder(out, "--out")
        spare_inventory(Path(out))
    is_saved = out is not None or form == "json" or has_plan(flags.reports)
    if expires is not None and not is_saved:
        raise click.UsageError("--expires is about a saved plan: give --out FILE too.")
    proposal = proposal_of(session, config_of(session), flags, is_saved=is_saved, expires=expires)
    made = hand_out(session, proposal, flags.reports, out)
    return CHANGES if detailed_exitcode and made.acts else 0
