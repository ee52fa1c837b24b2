"""The table of commands, and the click classes that show it without importing a single one of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click
from click import formatting

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Entry:
    """One command: what the list of commands says of it, and where it lies."""

    __slots__ = ("help", "module", "name")

    def __init__(self, name: str, help: str, module: str = "") -> None:
        self.name = name
        self.help = help
        self.module = module or name  # below igz_apply.cli.commands


MAIN = "Main commands"
OBJECTS = "Commands for live objects"
MORE = "More commands"

SECTIONS: dict[str, tuple[Entry, ...]] = {
    MAIN: (
        Entry("init", "Write a new config repository"),
        Entry("validate", "Check the manifests without a cluster"),
        Entry("plan", "Show what apply would do, and change nothing"),
        Entry("apply", "Make the cluster as the manifests say"),
        Entry("show", "Show a saved plan, without a cluster"),
        Entry("diff", "Compare two saved plans"),
        Entry("render", "Print the manifests as they count, all layers put together"),
        Entry("targets", "Show the targets of the config, and the waves they go in"),
        Entry("drift", "Show what others changed since the last apply"),
        Entry("accept", "Write what the cluster has into the manifests that state it"),
        Entry("offboard", "Take somebody who leaves out of the manifests"),
        Entry("snapshot", "Write what a plan needs to a file, for who may not reach the cluster"),
        Entry("compare", "Show what differs between two clusters, or since a snapshot"),
        Entry("migrate", "Carry what an Iguazio 3 has over to manifests of Iguazio 4"),
        Entry("export", "Write live state as manifests, to adopt a cluster"),
        Entry("destroy", "Delete what the manifests declare", "apply"),
        Entry("history", "Show the runs that have changed something, and what each did"),
        Entry("undo", "Plan how to give back what was before a run"),
        Entry("reconcile", "Tell of what differs, or heal it, again and again"),
    ),
    OBJECTS: (
        Entry("get", "Read live objects"),
        Entry("access", "Show who may do what, now or after a plan"),
        Entry("refs", "Show everything that names a resource"),
        Entry("service", "Restart, enable, disable, wake or remove an app service"),
        Entry("jobs", "Read background jobs, or wait for one"),
        Entry("whoami", "Check the connection, and show who you are there"),
    ),
    MORE: (
        Entry("explain", "Show the documentation of a kind or a field"),
        Entry("schema", "Print a JSON Schema, for editors"),
        Entry("forget", "Drop addresses from the inventory, touching nothing live"),
        Entry("unlock", "Remove the inventory's lock, left by a run that died"),
        Entry("emulator", "Serve a local control plane over HTTP"),
    ),
}
# Every variable that is obeyed, with what it says; credentials have no option, since command lines are public.
ENVIRONMENT = (
    ("V3IO_ACCESS_KEY", "An access key; or else:"),
    ("V3IO_USERNAME, V3IO_PASSWORD", "The user to log in as, and the password."),
    ("IGZ_OFFLINE_TOKEN", "Of an Iguazio 4: an offline token; or else:"),
    ("IGZ_SERVICE_ACCOUNT_TOKEN_FILE", "The token file of a service account."),
    ("IGZ_PLATFORM", "What the cluster runs: iguazio3, iguazio4 or auto."),
    ("IGZ_ENDPOINT, V3IO_API", "The control plane's address; the first wins."),
    ("IGZ_TARGET, IGZ_CONFIG", "A target of the config, and the config."),
    ("NAME__PROD_EU", "What NAME is for the target prod-eu alone: any variable, secrets too."),
    ("IGZ_SHARED", "Which credentials are of all targets of a run over several."),
    ("IGZ_INVENTORY", "Where the inventory lies, a path or a URL."),
    ("IGZ_CA_FILE", "Certificate authorities to trust."),
    ("IGZ_INSECURE_SKIP_TLS_VERIFY", "Whether any certificate is trusted: true or false."),
    ("IGZ_PROTECT", "What is never deleted, beside the config's protect."),
    ("IGZ_HOOKS", "What runs around a plan and an apply, in place of the config's hooks."),
    ("IGZ_NOTIFY", "Whom reconcile tells, in place of the config's notify."),
    ("IGZ_POLICIES_ON_PLAN", "A file whose policies on plans take the place of the config's."),
    ("IGZ_PINNED, IGZ_INVENTORY_SCHEMES", "What no config may say; docs/ci.md tells of it."),
    ("IGZ_SECRET_COMMANDS, IGZ_SECRET_STORES", "What secrets may come from, beside what the config allows."),
    ("HTTPS_PROXY, NO_PROXY", "The proxy on the way, and where there is none."),
    ("NO_COLOR, FORCE_COLOR, COLUMNS", "Colour off, colour on, the width of lines."),
)
ENTRIES = {entry.name: entry for entries in SECTIONS.values() for entry in entries}


class HelpfulFormatter(click.HelpFormatter):
    """Writes help as click does, but wraps no text that fits: to look for that at every word takes longest of all."""

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write terms, each with a text beside it, or below where the term is too long."""
        rows = list(rows)
        longest = min(max(len(term) for term, _ in rows), col_max)
        width = max(self.width - longest - col_spacing - 2, 10)
        indent, below = " " * self.current_indent, "\n" + " " * (self.current_indent + longest + col_spacing)
        for term, text in rows:
            fits = len(text) <= width and "\n" not in text
            lines = [text] if fits else formatting.wrap_text(text, width, preserve_paragraphs=True).splitlines()
            gap = " " * (longest + col_spacing - len(term)) if len(term) <= longest else below
            self.write(f"{indent}{term}{gap}{below.join(lines)}\n")


class HelpfulContext(click.Context):
    """The context of a command, which knows how wide its help is without what click would import to find that out."""

    formatter_class = HelpfulFormatter

    def make_formatter(self) -> click.HelpFormatter:
        """Return what help is written with, as wide as click itself would have it."""
        width = self.terminal_width or formatting.FORCED_WIDTH
        if width is None:
            width = max(min(_columns(), self.max_content_width or 80) - 2, 50)
        return self.formatter_class(width=width, max_width=self.max_content_width)


def _columns() -> int:
    """Return the width of the terminal as `shutil` tells it, whose import takes longer than writing the help."""
    asked = os.environ.get("COLUMNS", "")
    try:
        if (columns := int(asked)) > 0:
            return columns
    except ValueError:
        pass
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):  # it is closed, or no terminal
        return 80


class HelpfulCommand(click.Command):
    """A command whose help ends with examples, and whose options that every command has stand apart."""

    context_class = HelpfulContext

    def __init__(self, *arguments: Any, examples: Sequence[str] = (), **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.examples = tuple(examples)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, in a trace where the environment may ask for one."""
        if any(name.startswith("OTEL_") for name in ctx.obj.environ):
            from igz_apply.cli.tracing import begin  # here, as few runs have one

            begin(ctx.obj, self.name or "")
        return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, then those that every command has."""
        for title, records in _sections(self, ctx):
            with formatter.section(title):
                formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the examples, never wrapped, since they are there to be copied."""
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


class HelpfulGroup(HelpfulCommand, click.Group):
    """A family of commands, with examples."""

    command_class = HelpfulCommand

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sub-commands, then the options."""
        self.format_commands(ctx, formatter)
        super().format_options(ctx, formatter)


class LazyGroup(HelpfulGroup):
    """The root: it knows all commands from the table, and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of the table."""
        return list(ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command; None when there is none of that name."""
        entry = ENTRIES.get(cmd_name)
        if entry is None:
            return None
        module = import_module(f"igz_apply.cli.commands.{entry.module}")
        command: click.Command = getattr(module, entry.name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name; a wrong name is told with the nearest right one."""
        if args and args[0] not in ENTRIES and not args[0].startswith("-"):
            from difflib import get_close_matches

            nearest = get_close_matches(args[0], ENTRIES, n=1)
            hint = f" Did you mean {nearest[0]}?" if nearest else ""
            ctx.fail(f"There is no command {args[0]}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands by section, from the table alone."""
        for title, entries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(entry.name, entry.help) for entry in entries], col_max=12)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the environment variables, then the examples."""
        with formatter.section("Environment variables"):
            formatter.write_dl(ENVIRONMENT, col_max=34)
        super().format_epilog(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete command names from the table, and options as any command does."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(e.name, help=e.help) for e in ENTRIES.values() if e.name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)


class SectionedOption(click.Option):
    """An option that help shows in a section of its own."""

    section = ""


class CommonOption(SectionedOption):
    """An option that every command has."""

    section = "Connection, target and verbosity"


def _sections(command: click.Command, ctx: click.Context) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the titles and options of help; what is the same everywhere comes last."""
    sections: dict[str, list[tuple[str, str]]] = {"Options": []}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
        if record is not None:
            title = parameter.section if isinstance(parameter, SectionedOption) else "Options"
            sections.setdefault(title, []).append(record)
    common = sections.pop(CommonOption.section, [])
    yield from sections.items()
    if common:
        yield CommonOption.section, common
