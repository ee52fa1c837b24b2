"""`unlock`: the inventory is freed of a lock that nobody holds any more. Nothing live is touched."""

from __future__ import annotations

import click

from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.confirmation import confirm, require_a_way_to_ask
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import common_options, yes_option
from igz_apply.cli.wiring import inventory_of


@click.command(cls=HelpfulCommand, examples=("igz-apply unlock", "igz-apply unlock -y --target prod"))
@yes_option
@common_options
@click.pass_obj
def unlock(session: Session, /, auto_approve: bool) -> None:
    """Remove the inventory's lock, left by a run that died.

    A lock ends by itself a minute after its holder did; remove one only if no other run is going on.
    """
    require_a_way_to_ask(auto_approve)
    store = inventory_of(session, config_of(session))
    if not auto_approve:
        confirm(session, f"Remove the lock of {store.place}, whoever holds it?")
    held = store.unlock()
    if held is None:
        session.output.say(f"{store.place} was not locked.\n")
    else:
        session.output.say(f"Removed the lock that {held.holder} held since {held.since}.\n")
