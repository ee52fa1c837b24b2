"""`emulator`: a local control plane over HTTP, with a switch for everything that it does on purpose."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import Field, fields
from typing import Any, TypeVar

import click

from igz_apply.cli.command_help import HelpfulCommand, SectionedOption
from igz_apply.cli.session import Session
from igz_apply.cli.shared_options import common_options
from igz_apply.emulator import Emulator, EmulatorError, FaultsError, LoadError, Options, run_server
from igz_apply.errors import IgzApplyError, InvalidInput
from igz_apply.model.problems import Problem

F = TypeVar("F", bound=Callable[..., Any])
_FILES = ("faults", "log")


class Switch(SectionedOption):
    """One thing that the emulator does, or does not do, on purpose."""

    section = "Switches"


def _switches(command: F) -> F:
    """Add an option for each field of the emulator's Options, whose metadata hold the help."""
    for switch in reversed(fields(Options)):
        command = _switch(switch)(command)
    return command


def _switch(switch: Field[Any]) -> Callable[[F], F]:
    name = switch.name.replace("_", "-")
    text = f"{switch.metadata['help'][0].upper()}{switch.metadata['help'][1:]}."
    if isinstance(switch.default, bool):
        return click.option(f"--{name}/--no-{name}", cls=Switch, default=switch.default, show_default=True, help=text)
    if switch.name in _FILES:
        return click.option(f"--{name}", cls=Switch, type=click.Path(dir_okay=False), metavar="FILE", help=text)
    form = type(switch.default) if switch.default is not None else float
    return click.option(
        f"--{name}", cls=Switch, type=form, default=switch.default, show_default=switch.default is not None, help=text
    )


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply emulator --db emulator.db",
        'eval "$(igz-apply emulator --db emulator.db | head -4)" &    # see docs/emulator.md',
        "igz-apply emulator --job-seconds 5 --faults faults.yaml --log requests.jsonl",
    ),
)
@click.option("--listen", default="127.0.0.1:8060", show_default=True, metavar="HOST:PORT", help="Where to listen.")
@click.option("--db", default=":memory:", metavar="FILE", help="Where its state lies.  [default: nowhere, in memory]")
@click.option("--load", metavar="FILE", type=click.Path(dir_okay=False), help="A YAML or JSON file to fill it from.")
@_switches
@common_options
@click.pass_obj
def emulator(session: Session, /, listen: str, db: str, load: str | None, **switches: Any) -> None:
    """Serve a local control plane over HTTP, for tests, CI and a first look.

    Once it listens it prints how a shell connects to it. It runs until Ctrl-C or SIGTERM. Its password and access key
    are known to everybody: never let others reach it.
    """
    host, port = _address(listen)
    try:
        world = Emulator(db, Options(**switches))
        try:
            if load is not None:
                world.load(load)
            gc.enable()  # it runs for long
            run_server(world, host, port, announce=lambda text: _announce(session, text))
        finally:
            world.close()
    except (FaultsError, LoadError) as error:
        raise InvalidInput([Problem("Emulator", str(error), "See docs/emulator.md for the form.")]) from error
    except EmulatorError as error:
        raise IgzApplyError(str(error)) from error


def _announce(session: Session, text: str) -> None:
    """Tell how to connect. Raises OSError if it cannot be told: nobody would know of what runs then."""
    session.output.write(f"{text}\n")
    if session.output.failure is not None:
        raise session.output.failure


def _address(listen: str) -> tuple[str, int]:
    host, colon, port = listen.rpartition(":")
    if not (colon and port.isdigit() and int(port) < 65536):
        raise click.BadParameter(f"{listen!r} is not HOST:PORT, for example 127.0.0.1:8060.", param_hint="--listen")
    return host.strip("[]") or "127.0.0.1", int(port)
