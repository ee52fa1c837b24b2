"""`drift`: what others changed on the cluster since the last apply."""

from __future__ import annotations

from typing import Any

import click

from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.fleet_options import fleet_flags, looking_options
from igz_apply.cli.plan_reading import drifted
from igz_apply.cli.proposal import PlanFlags
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import (
    common_options,
    deadline_option,
    format_option,
    live_option,
    paths_argument,
    selecting,
)
from igz_apply.cli.wiring import say_source
from igz_apply.errors import CHANGES
from igz_apply.planning.drift_data import drift_document
from igz_apply.views.drift_text import drift_lines
from igz_apply.views.lines import line
from igz_apply.views.tables import as_json
from igz_apply.views.unmanaged_text import unmanaged_lines
from igz_apply.wording.printable import printable


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply drift --target prod",
        "igz-apply drift --detailed-exitcode    # 2: there is drift; for a cron job",
        "igz-apply drift --across old,new --mapping mapping.yaml    # of both sides of a move",
        "igz-apply drift --unmanaged            # 2: there is something that is not in git",
        "igz-apply drift --all-targets --report drift.html    # of several, the page for all of them",
    ),
)
@paths_argument
@selecting("Only these, with all that they depend on.")
@deadline_option
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Of several targets, write a report too; its suffix picks the form: md, html, json, xml, svg. Repeatable.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there is drift.")
@click.option("--unmanaged", is_flag=True, help="Name all that is not in git, and exit with 2 when there is anything.")
@click.option(
    "--across", "sides", metavar="OLD,NEW", help="Tell the drift of both sides of a move together. Needs --mapping."
)
@click.option(
    "--mapping",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="What things of OLD are called on NEW: the mapping of migrate.",
)
@format_option("text", "json")
@live_option
@looking_options
@common_options
@click.pass_obj
def drift(
    session: Session,
    /,
    detailed_exitcode: bool,
    unmanaged: bool,
    sides: str | None,
    mapping: str | None,
    form: str,
    **options: Any,
) -> int:
    """Show what was changed on the cluster since the last apply, apart from what changed in git.

    Compares three states: what was last applied, what lives, and what the manifests say. It names what is not in git
    too, above all who has access by no manifest. It changes nothing; apply puts back what the manifests say.
    """
    fleet = fleet_flags(options)
    if sides is not None or mapping is not None:
        if sides is None or fleet is not None or unmanaged:
            raise click.UsageError("--across OLD,NEW and --mapping go together, and with no other choice of targets.")
        _require_no_reports(options)
        from igz_apply.cli.drift_across import drift_across  # here, as most runs have one side

        return drift_across(session, sides, mapping, form, options, is_detailed=detailed_exitcode)
    if fleet is not None:
        from igz_apply.cli.fleet_commands import drift_fleet  # here, as most runs are of one target

        return drift_fleet(session, fleet, form, options, is_detailed=detailed_exitcode, is_unmanaged=unmanaged)
    _require_no_reports(options)
    config = config_of(session)
    flags = PlanFlags(**options, prune=False, keeps_off=True, is_policed=False)
    compared = drifted(session, config, flags)
    say_source(session)
    made, found = compared.plan, compared.resources
    width = session.output.terminal.width
    if compared.is_first:
        if detailed_exitcode:
            compared.require_inventory()
        lines = [
            *unmanaged_lines(made.unmanaged, width, made.partial, is_whole=unmanaged),
            line(printable(compared.nothing_applied)),
        ]
    else:
        caller = made.caller.username
        seen_by_half = (made.partial, made.unknown)
        lines = list(
            drift_lines(found, made.not_visible, caller, made.unmanaged, *seen_by_half, width=width, is_whole=unmanaged)
        )
    if form == "json":
        session.output.write(as_json(drift_document(found, made)))
    else:
        session.output.show(lines)
    has_drifted = detailed_exitcode and any(drift.origin.is_foreign for drift in found)
    if unmanaged and not has_drifted:
        return compared.code_of_unmanaged()
    return CHANGES if has_drifted else 0


def _require_no_reports(options: dict[str, Any]) -> None:
    """Take the reports out of the options. Raises UsageError where there are any: they are of several targets."""
    if options.pop("reports"):
        raise click.UsageError(
            "drift --report tells of targets that --targets or --all-targets chooses, be it a single one; "
            "--format json tells of this run."
        )
