"""`show`: a saved plan in every form of output, without a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.plan_files import PlanFile, read_plan_file
from igz_apply.cli.proposal import check_reports, has_plan, write_reports
from igz_apply.cli.session import Session
from igz_apply.cli.shared_options import common_options, format_option
from igz_apply.errors import CHANGES
from igz_apply.local.clock import SystemClock, moment
from igz_apply.planning.approval import is_expired
from igz_apply.planning.plan_document import canonical
from igz_apply.reports.atomic_files import write_atomically
from igz_apply.views.cells import wrap
from igz_apply.views.lines import Line, Span, Tone, line
from igz_apply.wording.counting import counted
from igz_apply.wording.printable import printable


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply show prod.plan",
        "igz-apply show prod.plan --report plan.html --report plan.md",
        "igz-apply show prod.plan --format json | jq -r .digest",
        "igz-apply show prod.plan --detailed-exitcode       # 2: there are changes",
    ),
)
@click.argument("file", metavar="FILE", type=click.Path())
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write a report too; its suffix picks the form: md, html, json, xml, svg, dot, mmd. Repeatable.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@format_option("text", "json")
@common_options
@click.pass_obj
def show(session: Session, /, file: str, reports: tuple[str, ...], detailed_exitcode: bool, form: str) -> int:
    """Show a plan that was saved, as `plan` shows it, with who made it, of what, and until when it may be applied.

    FILE is what `plan --out` wrote, or a report with the suffix json. No cluster and no config is asked for. A file
    that was edited is refused as `apply --plan` refuses it.
    """
    check_reports(reports, {"FILE": file})
    _require_no_folder(Path(file))
    saved = read_plan_file(session, file)
    if form == "json":
        session.output.write(canonical(saved.data).decode("ascii"))
    else:
        session.shown().plan(saved.plan)
        session.output.show(_about(saved, session.output.terminal.width))
    for path in reports:
        if has_plan([path]):
            write_atomically(Path(path), canonical(saved.data))
        else:
            write_reports([path], saved.plan)
    return CHANGES if detailed_exitcode and saved.plan.acts else 0


def _require_no_folder(path: Path) -> None:
    """Raise UsageError for a folder, with the plans of several targets that lie there."""
    if not path.is_dir():
        return
    plans = sorted(str(each) for each in path.glob("*.json"))
    which = f"name one of them, such as {plans[0]}" if plans else "name a file"
    whole = "`plan --targets GLOB --out FOLDER --report plans.html` tells all that it saves"
    raise click.UsageError(f"{path} is a folder, and one plan is shown: {which}. {whole}.")


def _about(saved: PlanFile, width: int) -> Iterator[Line]:
    """Yield what there is to know of the file, beside the plan."""
    for text, tone in _told(saved):
        yield from (line(Span(part, tone)) for part in wrap(printable(text), width))


def _told(saved: PlanFile) -> Iterator[tuple[str, Tone]]:
    plan, data = saved.plan, saved.data
    checkout = plan.checkout
    of = ""
    if checkout is not None:
        dirty = ", and of changes that were not committed" if checkout.is_dirty else ""
        of = f", of commit {checkout.commit}{dirty}"
    yield f"Made by igz-apply {data['tool_version']}{of}.", Tone.QUIET
    now = moment(SystemClock().utc())
    if is_expired(plan, now):
        yield f"It expired at {plan.expires}: it cannot be applied any more.", Tone.WARNING
    elif plan.expires:
        yield f"It may be applied until {plan.expires}.", Tone.QUIET
    if problems := data.get("problems"):
        yield f"A report tells {counted(len(problems), 'problem')} of it: `--format json` shows them.", Tone.WARNING
    report: Any = data.get("report")
    if isinstance(report, dict):
        yield f"It is the report of an apply, which ended with exit code {report.get('exit_code')}.", Tone.QUIET
