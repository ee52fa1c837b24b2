"""`jobs`: the control plane's background jobs."""

from __future__ import annotations

from typing import Any

import click

from igz_apply.cli.command_help import HelpfulCommand, HelpfulGroup
from igz_apply.cli.commands.get import list_of, list_options
from igz_apply.cli.job_waiting import await_job
from igz_apply.cli.options import common_options, duration, output_option
from igz_apply.cli.output_forms import show_records
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of, connection_of
from igz_apply.cli.wiring import read_only
from igz_apply.controlplane.background_jobs import Job
from igz_apply.iguazio3.browsing import JOBS, record, row
from igz_apply.iguazio3.client_errors import translated


@click.group(cls=HelpfulGroup, examples=("igz-apply jobs list --sort -created_at --page 0", "igz-apply jobs wait ID"))
@common_options
def jobs() -> None:
    """Read background jobs, or wait for one."""


@jobs.command(
    "list",
    cls=HelpfulCommand,
    examples=("igz-apply jobs list --filter state=in_progress", "igz-apply jobs list --sort -created_at --page 0"),
)
@list_options
@output_option
@common_options
@click.pass_obj
def list_jobs(session: Session, /, output: str, **narrowing: Any) -> None:
    """List background jobs."""
    with read_only(connection_of(session, config_of(session))) as client, translated():
        found = list_of(client, JOBS, **narrowing)
    show_records(session, output, JOBS.columns, [row(job, JOBS.columns) for job in found], map(record, found))


def _id(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Refuse the empty text that an unset variable of a shell leaves."""
    if not value.strip():
        raise click.BadParameter("a job's id is not empty.", ctx, param)
    return value


@jobs.command("get", cls=HelpfulCommand, examples=("igz-apply jobs get 1a2b3c -o yaml",))
@click.argument("job_id", metavar="ID", callback=_id)
@output_option
@common_options
@click.pass_obj
def get_job(session: Session, /, job_id: str, output: str) -> None:
    """Show one background job."""
    with read_only(connection_of(session, config_of(session))) as client, translated():
        found = Job.get(client, job_id)
    _show(session, output, found)


@jobs.command("wait", cls=HelpfulCommand, examples=("igz-apply jobs wait 1a2b3c --job-timeout 10m",))
@click.argument("job_id", metavar="ID", callback=_id)
@click.option("--no-wait", is_flag=True, help="Look once: it fails if the job has failed, and not if it still runs.")
@click.option("--job-timeout", type=duration, metavar="TIME", help="The longest to wait.  [default: 1h]")
@output_option
@common_options
@click.pass_obj
def wait_for_job(session: Session, /, job_id: str, no_wait: bool, job_timeout: float | None, output: str) -> None:
    """Wait until a background job has ended. It fails when the job does, with the platform's own reason."""
    with read_only(connection_of(session, config_of(session))) as client:
        with translated():
            found = Job.get(client, job_id)
        if found.is_finished or not no_wait:
            found = await_job(session, client, job_id, f"{found.kind or 'the job'}", job_timeout)
    _show(session, output, found)


def _show(session: Session, output: str, job: Job) -> None:
    columns = (*JOBS.columns, "result")
    show_records(session, output, columns, [row(job, columns)], [record(job)], is_one=True)
