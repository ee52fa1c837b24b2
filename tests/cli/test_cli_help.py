from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from igz_apply.cli.command_help import ENTRIES, CommonOption, HelpfulFormatter, SectionedOption
from igz_apply.cli.main import root
from igz_apply.version import __version__
from tests.cli.cli_world import Cli

DOCS = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
HEAVY = {"requests", "jsonschema", "jsonschema_rs", "deepdiff", "rich", "yaml", "fsspec", "waitress", "sqlite3"}
CLIENTS = {"igz_apply.controlplane", "igz_apply.emulator", "requests"}


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command, sub-commands by their full names."""
    context = click.Context(root)
    for name in ENTRIES:
        command = root.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", inner) for sub, inner in command.commands.items())


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(cli: Cli, name: str) -> None:
    ran = cli(*name.split(), "--help")
    assert ran.code == 0
    assert ran.err == ""
    assert f"igz-apply {name}" in ran.out.split("Examples:")[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    assert f"### `igz-apply {name}" in DOCS
    section = DOCS.split(f"### `igz-apply {name}")[1].split("\n### ")[0]
    own = [
        parameter
        for parameter in COMMANDS[name].params
        if isinstance(parameter, click.Option) and not isinstance(parameter, SectionedOption)
    ]
    missing = [option.opts[-1] for option in own if f"`{option.opts[-1]}" not in section]
    assert missing == []


def test_every_common_option_is_documented() -> None:
    options = [parameter for parameter in root.params if isinstance(parameter, CommonOption)]
    assert [option.opts[-1] for option in options if f"`{option.opts[-1]}" not in DOCS] == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    assert imported(arguments) & {*HEAVY, *CLIENTS, "igz_apply.platform", "igz_apply.iguazio3"} == set()


@pytest.mark.parametrize("arguments", [["get", "--help"], ["service", "--help"], ["explain", "User"], ["schema"]])
def test_what_asks_no_cluster_imports_no_client(arguments: list[str]) -> None:
    assert imported(arguments) & CLIENTS == set()


def imported(arguments: list[str]) -> set[str]:
    """Return the modules that a run of the command line leaves imported."""
    program = (
        "import sys; from igz_apply.cli.main import run; "
        f"code = run({arguments}); print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_help_costs_little_time() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "igz_apply", "--help"], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # 70 ms where it was written; the bound tells an eager import, not a slow machine.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_version_is_told(cli: Cli) -> None:
    assert cli("--version").out == f"igz-apply {__version__}\n"


def test_without_a_command_the_help_is_an_error_so_that_ci_never_succeeds_with_nothing(cli: Cli) -> None:
    ran = cli()
    assert (ran.code, ran.out) == (3, "")
    assert "Main commands" in ran.err


def test_the_table_of_commands_tells_no_command_that_is_not_there() -> None:
    assert {entry.name for entry in ENTRIES.values()} == {
        command.name for name, command in COMMANDS.items() if " " not in name
    }


def test_common_options_are_understood_before_and_after_the_command(cli: Cli) -> None:
    before = cli("--endpoint", "embedded:a.db", "whoami")
    after = cli("whoami", "--endpoint", "embedded:a.db")
    assert (before.code, before.out) == (after.code, after.out)
    assert "embedded:a.db" in after.out


def _every_command(command: click.Command, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    yield command, context
    if not isinstance(command, click.Group):
        return
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        yield from _every_command(below, click.Context(below, parent=context, info_name=name))


@pytest.mark.parametrize("width", [40, 50, 78, 98])
def test_help_is_laid_out_as_click_does_it(width: int) -> None:
    for command, context in _every_command(root, click.Context(root, info_name="igz-apply")):
        ours, theirs = HelpfulFormatter(width=width), click.HelpFormatter(width=width)
        command.format_help(context, ours)
        command.format_help(context, theirs)
        assert ours.getvalue() == theirs.getvalue()
