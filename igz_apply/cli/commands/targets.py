"""`targets`: the targets of the config and the waves they go in. It reads the config, and inventories on request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.completion import complete_targets
from igz_apply.cli.fleet_options import FleetFlags
from igz_apply.cli.fleet_refusals import options_of_one
from igz_apply.cli.output_forms import show_table
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import common_options, format_option
from igz_apply.cli.target_list import lines_of, same_inventory, waves_named, with_status
from igz_apply.errors import COULD_NOT
from igz_apply.manifests.config_fleet import fleet_of
from igz_apply.model.fleets import Wave
from igz_apply.views.targets_text import COLUMNS, STATUS_COLUMNS, TargetLine, row, target_data
from igz_apply.wording.printable import printable


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply targets                       # all, in the waves of apply --all-targets",
        "igz-apply targets 'prod-*' --wave 10",
        "igz-apply targets --status              # what each inventory remembers: the last run, what is owned",
        "igz-apply targets --format json         # for a matrix of CI",
    ),
)
@click.argument("globs", nargs=-1, metavar="[GLOB]...", shell_complete=complete_targets)
@click.option("--canary", type=click.IntRange(0), metavar="N", help="As of apply.  [default: 1]")
@click.option("--wave", type=click.IntRange(1), metavar="N", help="As of apply.  [default: 5]")
@click.option("--status", is_flag=True, help="Read the inventory of each target, and no cluster.")
@format_option("text", "json", "names")
@common_options
@click.pass_obj
def targets(
    session: Session, /, globs: tuple[str, ...], canary: int | None, wave: int | None, status: bool, form: str
) -> int:
    """Show the targets of the config, and the waves that a run over them goes in.

    GLOB is a target's name or a pattern such as prod-*; several may stand in one, with commas between. Names are
    printed in the order of the waves.
    """
    if session.global_flags.target:
        raise click.UsageError("targets takes no --target: name them as arguments, as in igz-apply targets prod.")
    if wrong := options_of_one(session.global_flags, ()):
        raise click.UsageError(wrong)
    session.choose_no_target()
    config = config_of(session)
    fleet = fleet_of(config)
    waves = waves_named(fleet.targets, globs, FleetFlags(canary=canary, wave=wave).over(fleet.pace), fleet.place)
    if not waves:
        session.say(f"{config.path or 'igz-apply.yaml'} has no targets.")
    if form == "names":
        session.output.write("".join(f"{printable(name)}\n" for wave in waves for name in wave.targets))
        return 0
    lines = tuple(lines_of(session, config, waves))
    for shared, names in same_inventory(lines):
        session.warn(f"{' and '.join(names)} have the same inventory, {shared}; each needs its own.")
    if status:
        lines = with_status(session, config, lines)
    unread = [each for each in lines if each.status is not None and each.status.error]
    for each in unread:
        assert each.status is not None
        session.warn(f"{each.name}: {each.status.error}")
    columns = STATUS_COLUMNS if status else COLUMNS
    if lines or form == "json":
        table = "table" if form == "text" else form
        show_table(session, table, columns, list(map(row, lines)), _document(lines, waves))
    return COULD_NOT if unread else 0


def _document(lines: Sequence[TargetLine], waves: Sequence[Wave]) -> Mapping[str, Any]:
    return {
        "format_version": 1,
        "targets": list(map(target_data, lines)),
        "waves": [{"wave": each.number, "is_canary": each.is_canary, "targets": list(each.targets)} for each in waves],
    }
