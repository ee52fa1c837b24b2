"""`jobs`: the control plane's background jobs."""

from __future__ import annotations

from typing import Any

import click

from igz_apply.cli.command_help import HelpfulCommand, HelpfulGroup
from igz_apply.cli.job_waiting import await_job
from igz_apply.cli.list_options import list_options
from igz_apply.cli.output_forms import show_records
from igz_apply.cli.platform_choice import destination
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import common_options, output_option, wait_option
from igz_apply.cli.wiring import browsing
from igz_apply.errors import InvalidInput
from igz_apply.model.problems import Problem
from igz_apply.platform import Connection, Narrowing


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
    with browsing(session, _connection(session)) as cluster:
        found = cluster.listed(session.platform.browser.jobs, Narrowing(**narrowing))
    show_records(session, output, found)


def _connection(session: Session) -> Connection:
    """Return how to connect. Raises InvalidInput where the platform has no jobs."""
    connection = destination(session, config_of(session))
    browser = session.platform.browser
    if not browser.jobs:
        raise InvalidInput(
            [Problem("Not on this platform", browser.why_no_jobs, "`igz-apply get` reads other objects.")]
        )
    return connection


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
    with browsing(session, _connection(session)) as cluster:
        job = cluster.job(job_id)
    show_records(session, output, job.found, is_one=True)


@jobs.command("wait", cls=HelpfulCommand, examples=("igz-apply jobs wait 1a2b3c --job-timeout 10m",))
@click.argument("job_id", metavar="ID", callback=_id)
@click.option("--no-wait", is_flag=True, help="Look once: it fails if the job has failed, and not if it still runs.")
@wait_option
@output_option
@common_options
@click.pass_obj
def wait_for_job(session: Session, /, job_id: str, no_wait: bool, job_timeout: float | None, output: str) -> None:
    """Wait until a background job has ended. It fails when the job does, with the platform's own reason."""
    with browsing(session, _connection(session)) as cluster:
        job = cluster.job(job_id)
        if job.is_over or not no_wait:
            job = await_job(session, cluster, job_id, job.kind or "the job", job_timeout)
    show_records(session, output, job.found, is_one=True)
