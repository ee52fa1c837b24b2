"""The options of a run over several targets. What runs it is imported where they are given."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from igz_apply.cli.command_help import SectionedOption
from igz_apply.cli.completion import complete_targets
from igz_apply.values import dataclass

if TYPE_CHECKING:
    from igz_apply.model.fleets import FleetPace

F = TypeVar("F", bound=Callable[..., Any])
_NAMES = ("targets", "all_targets", "canary", "wave", "max_failures", "max_changed")


@dataclass(frozen=True, slots=True)
class FleetFlags:
    """What the command line says of a run over several targets; None is what it does not say."""

    targets: tuple[str, ...] = ()  # globs of names, several of them in one after commas
    all_targets: bool = False
    canary: int | None = None
    wave: int | None = None
    max_failures: int | None = None
    max_changed: int | None = None

    def over(self, stated: FleetPace) -> FleetPace:
        """Return how the run goes from target to target, where the config says `stated`."""
        from igz_apply.model.fleets import FleetPace  # here, as most runs are of one target

        def first(said: int | None, other: int) -> int:
            return other if said is None else said

        return FleetPace(
            canary=first(self.canary, stated.canary),
            wave=first(self.wave, stated.wave),
            max_failures=first(self.max_failures, stated.max_failures),
            max_changed=stated.max_changed if self.max_changed is None else self.max_changed,
        )


class FleetOption(SectionedOption):
    """An option that is about several targets."""

    section = "Several targets"


def fleet_options(command: F) -> F:
    """Add the options of a run over several targets; `fleet_flags` takes them out again."""
    for option in (
        _number("--max-changed", 1, "N", "Change at most so many targets.  [default: as the config says, else all]"),
        _number("--max-failures", 1, "N", "Begin no other target once so many failed.  [default: 1]"),
        _number("--canary", 0, "N", "So many targets are a wave of their own, before all others.  [default: 1]"),
    ):
        command = option(command)
    return looking_options(command)


def looking_options(command: F) -> F:
    """Add those of a run that looks at all of its targets, whatever becomes of any: nothing stops it on the way."""
    for option in (
        _number("--wave", 1, "N", "The most targets that run at the same time.  [default: 5]"),
        click.option("--all-targets", is_flag=True, cls=FleetOption, help="All targets of the config, in waves."),
        click.option(
            "--targets",
            multiple=True,
            cls=FleetOption,
            metavar="GLOB",
            shell_complete=complete_targets,
            help="These targets of the config, in waves: names or globs, with commas between. Repeatable.",
        ),
    ):
        command = option(command)
    return command


def _number(name: str, least: int, metavar: str, text: str) -> Callable[[F], F]:
    return click.option(name, type=click.IntRange(least), cls=FleetOption, metavar=metavar, help=text)


def fleet_flags(options: dict[str, Any]) -> FleetFlags | None:
    """Take what is about several targets out of a command's options; None for a run of one. Raises UsageError."""
    given = FleetFlags(**{name: options.pop(name) for name in _NAMES if name in options})
    if given.targets and given.all_targets:
        raise click.UsageError("--targets and --all-targets exclude each other.")
    if given.targets or given.all_targets:
        return given
    idle = next((name for name in _NAMES[2:] if getattr(given, name) is not None), None)
    if idle is not None:
        raise click.UsageError(f"--{idle.replace('_', '-')} is about several targets: give --targets or --all-targets.")
    return None


def require_no_folder(path: str, option: str) -> None:
    """Raise UsageError where a run of one target is handed the folder of several.

    The option itself cannot refuse it: with several targets a folder is what it takes.
    """
    if os.path.isdir(path):  # noqa: PTH112 - pathlib is not imported yet
        raise click.UsageError(
            f"{option} {path} is a folder, as several targets have one: name a file, or say --targets."
        )
