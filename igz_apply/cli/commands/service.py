"""`service`: operations on one app service. What a manifest declares is better changed there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from igz_apply.cli.command_help import HelpfulCommand, HelpfulGroup
from igz_apply.cli.confirmation import confirm, require_a_way_to_ask
from igz_apply.cli.job_waiting import await_job
from igz_apply.cli.options import common_options, duration, yes_option
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of, connection_of
from igz_apply.cli.wiring import read_write
from igz_apply.controlplane import Client
from igz_apply.controlplane.background_jobs import Job
from igz_apply.controlplane.operations import AppServices
from igz_apply.errors import COULD_NOT, PARTLY_APPLIED, PlaneError
from igz_apply.iguazio3.client_errors import translated
from igz_apply.planning.homes import address_of
from igz_apply.wording.printable import printable


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that can be done to one service."""

    name: str
    help: str
    start: Callable[..., Job | None]  # the client's; None when there was nothing to do
    done: str  # what has happened to the service then
    asks: bool = False  # whether it takes something away that cannot be had back


OPERATIONS = (
    Operation("restart", "Restart a service. What is unsaved in it is lost.", AppServices.restart, "restarted"),
    Operation("enable", "Have a service run.", AppServices.enable, "enabled"),
    Operation("disable", "Have a service not run, and keep its settings.", AppServices.disable, "disabled"),
    Operation("scale-from-zero", "Wake a service that was scaled to zero.", AppServices.scale_from_zero, "awake"),
    Operation("remove", "Remove a service, after a question.", AppServices.remove, "removed", asks=True),
)


@click.group(
    cls=HelpfulGroup,
    examples=("igz-apply service restart jupyter-ada", "igz-apply service disable grafana --no-wait"),
)
@common_options
def service() -> None:
    """Restart, enable, disable, wake or remove an app service.

    These act at once and are not remembered: the next apply makes a service as its manifest says again.
    """


def _command(operation: Operation) -> click.Command:
    @click.argument("name", metavar="NAME")
    @click.option("--no-wait", is_flag=True, help="Do not wait for the background job; print its id.")
    @click.option("--job-timeout", type=duration, metavar="TIME", help="The longest to wait.  [default: 1h]")
    @common_options
    @click.pass_obj
    def run(session: Session, /, name: str, no_wait: bool, job_timeout: float | None, **more: Any) -> None:
        _operate(session, operation, name, no_wait, job_timeout, is_approved=more.get("auto_approve", True))

    examples = (f"igz-apply service {operation.name} jupyter-ada",)
    callback = yes_option(run) if operation.asks else run
    return click.command(operation.name, cls=HelpfulCommand, help=operation.help, examples=examples)(callback)


for _each in OPERATIONS:
    service.add_command(_command(_each))


def _operate(
    session: Session, operation: Operation, name: str, no_wait: bool, timeout: float | None, *, is_approved: bool
) -> None:
    require_a_way_to_ask(is_approved)
    connection = connection_of(session, config_of(session))
    if not is_approved:
        where = printable(address_of(connection.endpoint))
        confirm(session, f"{operation.name.capitalize()} AppService/{printable(name)} on {where}?")
    with read_write(connection) as client:
        with translated():
            job = operation.start(client, name, wait_for_completion=False)
        session.exit_if_lost = COULD_NOT if job is None else PARTLY_APPLIED
        if job is None:
            session.output.say(f"AppService/{printable(name)} is {operation.done} already.\n")
        elif no_wait:
            session.output.write(f"{job.id}\n")
        else:
            _await(session, client, name, str(job.id), timeout)
            session.output.say(f"AppService/{printable(name)} is {operation.done}.\n")


def _await(session: Session, client: Client, name: str, job_id: str, timeout: float | None) -> None:
    try:
        await_job(session, client, job_id, f"AppService/{name}", timeout)
    except PlaneError as error:
        reason = _reason(client, name)
        if not reason:
            raise
        raise PlaneError(f"{error} [{name}: {reason}]", hint=error.hint) from error


def _reason(client: Client, name: str) -> str:
    """Return why the service failed, which the manifest says and the job does not; "" when it does not say."""
    with translated():
        found = AppServices.get(client, name)
    status = found.status if found is not None else None
    if status is None:
        return ""
    return (status.error_info.description if status.error_info else None) or status.last_error or ""
