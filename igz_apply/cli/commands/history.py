"""`history`: the runs that have changed something, and what each of them did. It reads the inventory's place alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from igz_apply.authoring.validation import Judgement
from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.output_forms import show_table
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import common_options, forms_option
from igz_apply.cli.wiring import inventory_of
from igz_apply.errors import InvalidInput, InventoryLost
from igz_apply.inventory.records import FsspecRecords
from igz_apply.local.package_data import load_schema
from igz_apply.planning.record_data import Heading, damaged, heading_of, parsed
from igz_apply.views.history_text import COLUMNS, row, run_lines
from igz_apply.views.tables import as_json


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply history --target prod",
        "igz-apply history last                  # all that the newest run did",
        "igz-apply history 20261130-14 -o json",
    ),
)
@click.argument("run", required=False, default="", metavar="[RUN]")
@click.option(
    "--limit", type=click.IntRange(1, 200), default=20, show_default=True, metavar="N", help="The newest N runs."
)
@forms_option("table", "json")
@common_options
@click.pass_obj
def history(session: Session, /, run: str, limit: int, output: str) -> None:
    """Show the runs that have changed something, the newest first; with RUN, all that one of them did.

    RUN is a run's name, the beginning of one, or last. Each run leaves a record beside the inventory: who, when, of
    which commit, what it changed and how that was before. 200 are kept. A run that changes nothing leaves none.
    """
    records = inventory_of(session, config_of(session)).records()
    if run:
        _one(session, records, records.named(run), output)
    else:
        _several(session, records, records.listed()[:limit], output)


def _one(session: Session, records: FsspecRecords, run: str, output: str) -> None:
    place, content = records.read(run)
    heading = heading_of(content, place, run)
    data = parsed(content, place, run)
    if not _has_form(data):
        raise damaged(place, "it has another form")
    if output == "json":
        session.output.write(as_json(_without_digests(data)))
        return
    session.output.show(run_lines(heading, data, session.output.terminal.width))


def _has_form(data: Mapping[str, Any]) -> bool:
    """Say whether a record is as its schema says: what shows it looks at every part."""
    try:
        return Judgement(load_schema("run")).accepts(data)
    except UnicodeEncodeError:  # what lives may hold half a character
        return True


def _several(session: Session, records: FsspecRecords, runs: Sequence[str], output: str) -> None:
    """Show runs; a record that cannot be read is named, and the others are shown all the same."""
    found: list[Heading] = []
    broken: list[Mapping[str, str]] = []
    for run in runs:
        heading = _heading(records, run)
        if isinstance(heading, Heading):
            found.append(heading)
        else:
            broken.append({"run": run, "why": heading})
            session.warn(heading)
    show_table(session, output, COLUMNS, [row(each) for each in found], _document(found, broken))
    if output == "table" and not runs:
        session.say("No run has left a record yet.")


def _heading(records: FsspecRecords, run: str) -> Heading | str:
    """Return what a record says at its top, or why it cannot be read."""
    try:
        place, content = records.read(run)
        return heading_of(content, place, run)
    except InvalidInput as error:
        return error.problems[0].detail
    except InventoryLost as error:
        return str(error)


def _document(found: Sequence[Heading], broken: Sequence[Mapping[str, str]]) -> Mapping[str, Any]:
    return {"format_version": 1, "runs": list(map(_listed, found)), "damaged": list(broken)}


def _listed(heading: Heading) -> Mapping[str, Any]:
    return {
        "run": heading.id,
        "began": heading.began,
        "ended": heading.ended or None,
        "exit_code": heading.exit_code,
        "command": heading.command,
        "username": heading.username,
        "process": heading.process,
        "ci": heading.ci or None,
        "endpoint": heading.endpoint,
        "commit": heading.commit or None,
        "is_dirty": heading.is_dirty,
        "undoes": heading.undoes or None,
        "planned": heading.planned,
        "counts": heading.counts,
    }


def _without_digests(value: Any) -> Any:
    """Return a record as it is shown: of what may be secret not even a hash."""
    if isinstance(value, dict):
        if value.keys() == {"$hidden"}:
            return {"$hidden": ""}
        return {key: _without_digests(below) for key, below in value.items()}
    return [_without_digests(each) for each in value] if isinstance(value, list) else value
