"""`service`: operations on one app service. What a manifest declares is better changed there."""

from __future__ import annotations

from typing import Any

import click

from igz_apply.cli.command_help import HelpfulCommand, HelpfulGroup
from igz_apply.cli.confirmation import confirm, require_a_way_to_ask
from igz_apply.cli.job_waiting import await_job
from igz_apply.cli.platform_choice import destination
from igz_apply.cli.platforms import default_platform
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import common_options, wait_option, yes_option
from igz_apply.cli.wiring import operating
from igz_apply.errors import COULD_NOT, PARTLY_APPLIED, InvalidInput, PlaneError
from igz_apply.model.addresses import Address
from igz_apply.model.problems import Problem
from igz_apply.planning.homes import address_of
from igz_apply.platform import Operating, Operation, Platform
from igz_apply.wording.printable import printable


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
    @wait_option
    @common_options
    @click.pass_obj
    def run(session: Session, /, name: str, no_wait: bool, job_timeout: float | None, **more: Any) -> None:
        _operate(session, operation, name, no_wait, job_timeout, is_approved=more.get("auto_approve", True))

    examples = (f"igz-apply service {operation.name} jupyter-ada",)
    callback = yes_option(run) if operation.asks else run
    return click.command(operation.name, cls=HelpfulCommand, help=operation.help, examples=examples)(callback)


for _each in default_platform().browser.operations:
    service.add_command(_command(_each))


def _operate(
    session: Session, operation: Operation, name: str, no_wait: bool, timeout: float | None, *, is_approved: bool
) -> None:
    require_a_way_to_ask(is_approved)
    connection = destination(session, config_of(session))
    _check_operation(session.platform, operation)
    address = Address(session.platform.browser.operated, name)
    shown = printable(str(address))
    if not is_approved:
        confirm(session, f"{operation.name.capitalize()} {shown} on {printable(address_of(connection.endpoint))}?")
    with operating(session, connection) as cluster:
        job = cluster.start(operation.name, name)
        session.exit_if_lost = COULD_NOT if job is None else PARTLY_APPLIED
        if job is None:
            session.output.say(f"{shown} is {operation.done} already.\n")
        elif no_wait:
            session.output.write(f"{job}\n")
        else:
            _await(session, cluster, address, job, timeout)
            session.output.say(f"{shown} is {operation.done}.\n")


def _check_operation(platform: Platform, operation: Operation) -> None:
    """Raise InvalidInput where the platform knows no such operation: the commands are those of the default one."""
    browser = platform.browser
    names = [each.name for each in browser.operations]
    if operation.name not in names:
        detail = f"There is no operation {operation.name} on an {platform.title}."
        hint = f"There are {', '.join(names)}." if names else browser.why_no_operations
        raise InvalidInput([Problem("Not on this platform", detail, hint)])


def _await(session: Session, cluster: Operating, address: Address, job: str, timeout: float | None) -> None:
    try:
        await_job(session, cluster, job, str(address), timeout)
    except PlaneError as error:
        reason = cluster.why_failed(address.name)
        if not reason:
            raise
        raise PlaneError(f"{error} [{address.name}: {reason}]", hint=error.hint) from error
