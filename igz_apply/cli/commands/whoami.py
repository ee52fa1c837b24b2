"""`whoami`: the connection works, and who one is there."""

from __future__ import annotations

import click

from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.output_forms import show_values
from igz_apply.cli.platform_choice import destination
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of, embedded_file
from igz_apply.cli.shared_options import common_options, output_option
from igz_apply.cli.wiring import browsing


@click.command(cls=HelpfulCommand, examples=("igz-apply whoami --target prod", "igz-apply whoami -o json"))
@output_option
@common_options
@click.pass_obj
def whoami(session: Session, /, output: str) -> None:
    """Check that the connection works, and show who you are there and what you may do.

    Who you are is all that the platform has to tell; what else it keeps to itself is named, with the reason.
    """
    connection = destination(session, config_of(session))
    with browsing(session, connection) as cluster:
        found = cluster.whoami()
    for text in found.not_told:
        session.warn(f"{text}.")
    own_name = {"endpoint": connection.endpoint} if embedded_file(connection) else {}
    show_values(session, output, {**found.values, **own_name})
