"""`emulator`: a local control plane over HTTP, with a switch for everything that it does on purpose."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, fields
from difflib import get_close_matches
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from igz_apply import emulator as emulators
from igz_apply.cli.command_help import HelpfulCommand, SectionedOption
from igz_apply.cli.platform_choice import stated
from igz_apply.cli.platforms import NAMES, default_platform
from igz_apply.cli.session import Session
from igz_apply.cli.shared_options import common_options
from igz_apply.emulator import EmulatorError, FaultsError, LoadError, Options, Options4, describe
from igz_apply.errors import IgzApplyError, InvalidInput
from igz_apply.model.problems import Problem
from igz_apply.values import dataclass

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
        "igz-apply emulator --platform iguazio4 --switch leader=mlrun --switch token_seconds=30",
        "igz-apply emulator --platform iguazio4 --list-switches",
    ),
)
@click.option("--listen", default="127.0.0.1:8060", show_default=True, metavar="HOST:PORT", help="Where to listen.")
@click.option("--db", default=":memory:", metavar="FILE", help="Where its state lies.  [default: nowhere, in memory]")
@click.option("--load", metavar="FILE", type=click.Path(dir_okay=False), help="A YAML or JSON file to fill it from.")
@click.option(
    "--switch",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a switch of the platform; repeatable. See --list-switches.",
)
@click.option("--list-switches", is_flag=True, help="Explain the switches of the platform, and stop.")
@_switches
@common_options
@click.pass_context
def emulator(
    context: click.Context,
    /,
    listen: str,
    db: str,
    load: str | None,
    settings: tuple[str, ...],
    list_switches: bool,
    **given: Any,
) -> None:
    """Serve a local control plane over HTTP, for tests, CI and a first look.

    Once it listens it prints how a shell connects to it. It runs until Ctrl-C or SIGTERM. Its password, access key and
    token are known to everybody: never let others reach it.
    """
    session: Session = context.obj
    chosen = stated(session, None)
    platform = default_platform() if chosen is None else chosen.platform
    served = dict(zip(NAMES, SERVED, strict=False))[platform.name]  # there is no emulator of "auto"
    if list_switches:
        for each in describe(served.options):
            session.output.write(_explained(each))
        return
    host, port = _address(listen)
    try:
        world = served.emulator(db, served.options(**_values(context, served, given, settings)))
        try:
            if load is not None:
                world.load(load)
            gc.enable()  # it runs for long
            emulators.run_server(world, host, port, announce=lambda text: _announce(session, text))
        finally:
            world.close()
    except (FaultsError, LoadError) as error:
        raise InvalidInput([Problem("Emulator", str(error), f"See {served.page} for the form.")]) from error
    except EmulatorError as error:
        raise IgzApplyError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Served:
    """One platform that can be emulated."""

    emulator: Callable[[str, Any], emulators.Emulator | emulators.Emulator4]
    options: type[Options] | type[Options4]
    page: str


SERVED = (
    Served(lambda db, options: emulators.Emulator(db, options), Options, "docs/emulator.md"),
    Served(lambda db, options: emulators.Emulator4(db, options), Options4, "docs/emulator-4.md"),
)
"""In the order of the platforms' names."""


def _values(
    context: click.Context, served: Served, given: Mapping[str, Any], settings: Iterable[str]
) -> dict[str, Any]:
    """Return the values of the options: what the platform's own options say, then its switches.

    Raises UsageError for an option that only another platform has.
    """
    known = {each.name: each for each in describe(served.options)}
    stated = [name for name in given if context.get_parameter_source(name) is not ParameterSource.DEFAULT]
    for name in stated:
        if served.options is not Options and name not in _SHARED:
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(
                f"{option} is an option of iguazio3 alone: the switches of iguazio4 are set by --switch NAME=VALUE."
            )
    return {**{name: given[name] for name in stated}, **dict(_set(known, each) for each in settings)}


_SHARED = ("faults", "log", "latency_ms")


def _set(known: Mapping[str, emulators.Description], setting: str) -> tuple[str, Any]:
    """Return the name and the value of one `--switch`."""
    name, sign, text = setting.partition("=")
    name = name.replace("-", "_")
    if not sign or name not in known:
        near = get_close_matches(name, known, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise click.UsageError(f"--switch {setting!r} is not NAME=VALUE with a name of --list-switches.{hint}")
    try:
        return name, known[name].parse(text)
    except EmulatorError as error:
        raise click.UsageError(f"{error}.") from error


def _explained(switch: emulators.Description) -> str:
    """Return what a person is told of a switch, on two lines."""
    values = "|".join(switch.values) or {float: "NUMBER", int: "NUMBER"}.get(switch.form, "TEXT")
    evidence = f" [{switch.evidence}]" if switch.evidence else ""
    return f"{switch.name}={values}  default: {_shown_default(switch)}{evidence}\n    {switch.help}\n"


def _shown_default(switch: emulators.Description) -> str:
    if isinstance(switch.default, bool):
        return "on" if switch.default else "off"
    return "none" if switch.default in (None, "") else str(switch.default)


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
