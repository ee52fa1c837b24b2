"""`forget`: the inventory drops what it holds. Nothing live is touched."""

from __future__ import annotations

import click

from igz_apply import workflow
from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.completion import complete_addresses
from igz_apply.cli.inventories import shared_before
from igz_apply.cli.run_facts import facts_of
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of, first
from igz_apply.cli.shared_options import common_options, lock_option
from igz_apply.cli.wiring import inventory_of
from igz_apply.errors import InvalidInput
from igz_apply.inventory import FsspecInventory
from igz_apply.manifests.config import Config
from igz_apply.model.addresses import Address
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Owned
from igz_apply.model.suggest import did_you_mean
from igz_apply.wording.counting import counted
from igz_apply.wording.printable import printable


@click.command(
    cls=HelpfulCommand,
    examples=("igz-apply forget User/ada Project/churn    # from now on, prune leaves them alone",),
)
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...", shell_complete=complete_addresses)
@lock_option
@common_options
@click.pass_obj
def forget(session: Session, /, addresses: tuple[str, ...], lock_timeout: float | None) -> int:
    """Drop addresses from the inventory; what lives under them stays as it is.

    igz-apply then no longer owns them: prune leaves them alone, and drift does not speak of them. `undo` takes that
    back, as what an apply did.
    """
    config = config_of(session)
    store = inventory_of(session, config)
    with store.locked(first(lock_timeout, config.lock_timeout, 0.0)):
        owned = store.load()
        _refuse_before_it_is_taken_over(session, config, store)
        dropped = _known(addresses, owned, store.place)
        records = store.records(lambda: facts_of(session.environ, config.target, "forget"))
        report = workflow.forget(store, records, owned, dropped, session.platform)
    names = ", ".join(printable(str(address)) for address in sorted(dropped))
    session.output.say(f"Forgotten: {names}. {counted(len(owned.entries) - len(dropped), 'entry', 'entries')} left.\n")
    for failure in report.failures:
        session.shown().error(failure)
    return report.exit_code


def _refuse_before_it_is_taken_over(session: Session, config: Config, store: FsspecInventory) -> None:
    """Raise InvalidInput when the target may still take over the inventory that all targets shared."""
    before = shared_before(session, config, store)
    if before is not None:
        detail = f"There is no {store.place} yet, and {before.place} belongs to no target."
        hint = "Apply with the target first, which takes it over if it is of its cluster; or forget without a target."
        raise InvalidInput([Problem("Not in the inventory", detail, hint)])


def _known(texts: tuple[str, ...], owned: Owned, place: str) -> frozenset[Address]:
    """Return the addresses. Raises InvalidInput with every one that is none, or that the inventory does not hold."""
    problems = [problem for text in texts if (problem := _problem(text, owned, place)) is not None]
    if problems:
        raise InvalidInput(problems)
    return frozenset(map(Address.parse, texts))


def _problem(text: str, owned: Owned, place: str) -> Problem | None:
    try:
        address = Address.parse(text)
    except ValueError as error:
        return Problem("Not an address", f"{error}.", did_you_mean(text, map(str, owned.entries)))
    if address in owned.entries:
        return None
    hint = did_you_mean(text, map(str, owned.entries))
    return Problem("Not in the inventory", f"{place} has no entry for {address}.", hint, address=address)
