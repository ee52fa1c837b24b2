"""Options that several commands have, each written down once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from igz_apply.cli.command_help import CommonOption
from igz_apply.cli.completion import complete_addresses, complete_targets
from igz_apply.cli.platforms import NAMES, every_platform
from igz_apply.cli.session import Session
from igz_apply.errors import InvalidInput
from igz_apply.patterns import pattern

if TYPE_CHECKING:
    from igz_apply.model.addresses import Address
    from igz_apply.model.kind import Kinds

F = TypeVar("F", bound=Callable[..., Any])
_SECONDS = pattern(r"[0-9]+(\.[0-9]+)?")


def duration(text: str) -> float:
    """Return the seconds of a time span such as `90`, `90s`, `1.5m` or `1h30m`; a bare number is in seconds."""
    from igz_apply.model import quantities  # here, as --help needs none of it

    stripped = text.strip()
    seconds = quantities.duration(f"{stripped}s" if _SECONDS.fullmatch(stripped) else stripped)
    if seconds is None:
        raise click.BadParameter(f"{text!r} is not a duration: write 90, 90s, 5m or 2h.")
    return float(seconds)


def digest(text: str) -> str:
    """Return the digest of a plan, as reports tell it."""
    from igz_apply.planning.digest import DIGEST  # here, as --help needs none of it

    if re.fullmatch(DIGEST, text.strip()) is None:
        raise click.BadParameter(f"{text!r} is no digest of a plan: write sha256: and 64 hex digits, all of them.")
    return text.strip()


WAIVED = ("delete", "disable", "cascade", "update", "forget", "adopt", "replace", "restart")


def waiver(text: str, kinds: Kinds) -> tuple[tuple[str, str], int]:
    """Return what `delete:User=12` waives, and the exact count: (("delete", "User"), 12)."""
    from igz_apply.planning.rail_facts import MOVE  # here, as --help needs none of it

    found = re.fullmatch(r"(\w+):(\w+)=(\d+)", text.strip())
    if found is None:
        raise click.BadParameter(f"{text!r} is not a waiver: write verb:Kind=count, for example delete:User=12.")
    what = found[1], found[2]
    if what != MOVE and (what[0] not in WAIVED or what[1] not in kinds.names):
        known = f"{', '.join(WAIVED)}, each for {', '.join(kinds.names)}; and {':'.join(MOVE)}"
        raise click.BadParameter(f"{':'.join(what)} has no limit: there are {known}.")
    return what, int(found[3])


def _waivers(ctx: click.Context, param: click.Parameter, texts: Sequence[str]) -> tuple[Any, ...]:  # noqa: ARG001
    """Take what some platform could waive: which one the run is about is not known yet, and looked at later."""
    return tuple(_waiver_of_any(text, ctx.ensure_object(Session).platform.kinds) for text in texts)


def _waiver_of_any(text: str, kinds: Kinds) -> tuple[tuple[str, str], int]:
    try:
        return waiver(text, kinds)
    except click.BadParameter:
        for platform in every_platform():
            with suppress(click.BadParameter):
                return waiver(text, platform.kinds)
        raise


def secret_place(text: str) -> tuple[Address, str]:
    """Return the secret that `User/ada#password` names. The last # parts it: a group's name may hold one."""
    from igz_apply.model.addresses import Address  # here, as --help needs none of it

    address, sign, path = text.strip().rpartition("#")
    try:
        if sign and path:
            return Address.parse(address), path
    except ValueError:
        pass
    raise click.BadParameter(f"{text!r} names no secret: write ADDRESS#FIELD, for example User/ada#password.")


def rotate_option(command: F) -> F:
    """Add `--rotate`."""
    return click.option(
        "--rotate",
        multiple=True,
        type=secret_place,
        metavar="ADDRESS#FIELD",
        help="Send this secret again, though it has not changed, for example User/ada#password. Repeatable.",
    )(command)


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Note what the command line says; what stands after the command wins over what stands before it."""
    if ctx.get_parameter_source(str(param.name)) is not ParameterSource.COMMANDLINE:
        return
    session = ctx.ensure_object(Session)
    if param.name == "verbose":
        from igz_apply.cli.logs import log_to_errors

        value += session.global_flags.verbose
        log_to_errors(value, session.environ)
    setattr(session.global_flags, str(param.name), value)


def common_options(command: F) -> F:
    """Add the options of connection, target and verbosity, which are understood before and after the command."""
    for option in reversed(_common_options()):
        command = option(command)
    return command


def _common_options() -> Sequence[Callable[[F], F]]:
    def option(*names: str, **more: Any) -> Callable[[F], F]:
        return click.option(*names, cls=CommonOption, expose_value=False, callback=_remember, **more)

    return (
        option(
            "--target",
            metavar="NAME",
            help="A target of the config.  [env: IGZ_TARGET]",
            shell_complete=complete_targets,
        ),
        option("--config", metavar="FILE", help="The config.  [env: IGZ_CONFIG; default: igz-apply.yaml]"),
        option(
            "--platform",
            type=click.Choice(NAMES),
            help="What the cluster runs.  [env: IGZ_PLATFORM; default: auto, as credentials or the cluster tell]",
        ),
        option(
            "--endpoint",
            metavar="URL",
            help="The control plane's address, embedded[:FILE] or embedded4[:FILE].  [env: IGZ_ENDPOINT, V3IO_API]",
        ),
        option("--username", metavar="NAME", help="The user to log in as.  [env: V3IO_USERNAME]"),
        option(
            "--access-key-file",
            metavar="FILE",
            help="A file that holds an access key.  [env: V3IO_ACCESS_KEY, the key itself]",
        ),
        option(
            "--password-stdin",
            is_flag=True,
            help="Read the password from standard input.  [env: V3IO_PASSWORD, the password]",
        ),
        option(
            "--offline-token-file",
            metavar="FILE",
            help="A token file of Iguazio 4.  [env: IGZ_OFFLINE_TOKEN, the token itself; default: ~/.igz.yml]",
        ),
        option("--token-name", metavar="NAME", help="An entry of the token file.  [default: default, else the first]"),
        option("--ca-file", metavar="FILE", help="Certificate authorities to trust.  [env: IGZ_CA_FILE]"),
        option(
            "--insecure-skip-tls-verify",
            is_flag=True,
            help="Trust any certificate.  [env: IGZ_INSECURE_SKIP_TLS_VERIFY]",
        ),
        option("--timeout", type=duration, metavar="TIME", help="The longest a call may take.  [default: 60s]"),
        option("--retries", type=click.IntRange(0, 100), metavar="N", help="Repeats of a call that is safe to repeat."),
        option("-v", "--verbose", count=True, help="Log to standard error; twice for every call."),
    )


def paths_argument(command: F) -> F:
    """Add PATH..., the manifests."""
    return click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())(command)


def output_option(command: F) -> F:
    """Add `-o table|yaml|json`."""
    return forms_option("table", "yaml", "json")(command)


def forms_option(*forms: str) -> Callable[[F], F]:
    """Add `-o`, whose default is the first of `forms`."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(forms),
        default=forms[0],
        show_default=True,
        help="The form.",
    )


def format_option(*formats: str) -> Callable[[F], F]:
    """Add `--format`, whose default is the first of `formats`."""
    return click.option(
        "--format", "form", type=click.Choice(formats), default=formats[0], show_default=True, help="The form."
    )


def selecting(only: str, exclude: str = "Leave these out.") -> Callable[[F], F]:
    """Add `--only` and `--except`, of which help says this."""

    def add(command: F) -> F:
        for option, name, text in (("--except", "exclude", exclude), ("--only", "only", only)):
            command = click.option(
                option,
                name,
                multiple=True,
                metavar="GLOB",
                shell_complete=complete_addresses,
                help=f"{text} Repeatable.",
            )(command)
        return command

    return add


selection_options = selecting(
    "Only these, with all that they depend on; nothing is pruned then.", "Leave these out; nothing is pruned then."
)


def _remember_file(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Note a file, which has to have a name: a variable that is not set must not lead to the cluster."""
    if value == "":
        raise click.BadParameter("it names no file.", ctx, param)
    _remember(ctx, param, value)


def live_option(command: F) -> F:
    """Add `--live`."""
    text = "A snapshot to take for the cluster and the inventory: no endpoint, credentials or inventory are needed."
    return click.option(
        "--live",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        expose_value=False,
        callback=_remember_file,
        help=text,
    )(command)


def strict_option(command: F) -> F:
    """Add `--strict`."""
    text = "Take warnings about the input for errors; the config's `severity` does so by code."
    return click.option("--strict", is_flag=True, expose_value=False, callback=_remember, help=text)(command)


def require_match_option(command: F) -> F:
    """Add `--require-match`."""
    return click.option(
        "--require-match", is_flag=True, help="Refuse a pattern that matches nothing, instead of warning of it."
    )(command)


class ReportOption(click.Option):
    """`--report`, whose help names the forms of plug-ins too."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option, and what it does."""
        record = super().get_help_record(ctx)
        from igz_apply.local.entry_points import REPORTS_OFFERED, entry_points_of

        names = ""
        with suppress(InvalidInput):  # whoever asks for help is told another time
            names = ", ".join(name.lstrip(".") for name in entry_points_of(REPORTS_OFFERED))
        return (record[0], f"{record[1]} Others add {names}.") if record is not None and names else record


def planning_options(command: F) -> F:
    """Add what `plan`, `apply` and `destroy` have in common."""
    for option in (
        click.option(
            "--report",
            "reports",
            cls=ReportOption,
            multiple=True,
            metavar="FILE",
            type=click.Path(dir_okay=False),
            help="Write a report too; its suffix picks the form: md, html, json, xml, svg, dot, mmd. Repeatable.",
        ),
        click.option(
            "--parallelism",
            type=click.IntRange(1, 256),
            metavar="N",
            help="HTTP calls in flight at once.  [default: 10]",
        ),
        click.option(
            "--allow",
            "waivers",
            multiple=True,
            callback=_waivers,
            metavar="VERB:KIND=COUNT",
            help="Waive a limit for this exact count, for example delete:User=12. Repeatable.",
        ),
        deadline_option,
        require_match_option,
        strict_option,
    ):
        command = option(command)
    return command


def prune_option(command: F) -> F:
    """Add `--prune`."""
    return click.option(
        "--prune/--no-prune",
        default=None,
        help="Delete what the inventory owns and no manifest declares any more.  "
        "[default: as the config says; no with paths given]",
    )(command)


def lock_option(command: F) -> F:
    """Add `--lock-timeout`."""
    return click.option(
        "--lock-timeout",
        type=duration,
        metavar="TIME",
        help="How long to wait for another run that holds the inventory.  [default: not at all]",
    )(command)


def deadline_option(command: F) -> F:
    """Add `--deadline`."""
    return click.option(
        "--deadline",
        type=duration,
        metavar="TIME",
        help="Begin nothing new this long after the start; what runs comes to its end.  [default: none]",
    )(command)


def yes_option(command: F) -> F:
    """Add `-y`."""
    return click.option("-y", "--auto-approve", is_flag=True, help="Do not ask.")(command)


def wait_option(command: F) -> F:
    """Add `--job-timeout`, for one job that is waited for."""
    text = "The longest to wait.  [default: 1h]"
    return click.option("--job-timeout", type=duration, metavar="TIME", help=text)(command)
