"""`get`: live objects, over a connection that cannot write."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.kind_names import is_named
from igz_apply.cli.list_options import list_options
from igz_apply.cli.output_forms import show_records
from igz_apply.cli.platform_choice import destination
from igz_apply.cli.platforms import default_platform, every_platform
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import common_options, output_option
from igz_apply.cli.wiring import browsing
from igz_apply.errors import InvalidInput
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import did_you_mean
from igz_apply.platform import Browser, Narrowing, Platform


def _about(platform: Platform) -> str:
    about = platform.browser.about
    return f"On {platform.title}: {about[:1].lower()}{about[1:]}"


_ABOUT = "\n\n".join(map(_about, every_platform()))


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    names = ctx.ensure_object(Session).platform.browser.kinds
    return [CompletionItem(name) for name in names if name.lower().startswith(incomplete.lower())]


@click.command(
    cls=HelpfulCommand,
    help=f"Read live objects of a kind, or the one that NAME names; secrets are masked.\n\n{_ABOUT}",
    examples=default_platform().browser.examples,
)
@click.argument("kind", metavar="KIND", shell_complete=_complete)
@click.argument("name", metavar="[NAME]", required=False)
@list_options
@output_option
@common_options
@click.pass_obj
def get(session: Session, /, kind: str, name: str | None, output: str, **narrowing: Any) -> None:
    """Show what was found, as one record where one was asked for."""
    narrow = Narrowing(**narrowing)
    _check_for_any(kind, narrow)
    connection = destination(session, config_of(session))
    known = _kind_named(session.platform.browser, kind, narrow)
    with browsing(session, connection) as cluster:
        found = cluster.named(known, name, narrow) if name else cluster.listed(known, narrow)
        show_records(session, output, found, is_one=bool(name))


def _check_for_any(name: str, narrow: Narrowing) -> None:
    """Raise what is wrong on every platform, before a cluster is looked for."""
    faults = [_fault_of(platform.browser, name, narrow) for platform in every_platform()]
    if any(fault is None for fault in faults):
        return
    lists = {platform.title: platform.browser.kinds for platform in every_platform()}
    if all(isinstance(fault, InvalidInput) for fault in faults):
        there = "; ".join(f"on {title}: {', '.join(kinds)}" for title, kinds in lists.items())
        hint = did_you_mean(name, {kind for kinds in lists.values() for kind in kinds}) or f"There are, {there}."
        raise InvalidInput([Problem("Unknown kind", f"{name} is not a kind that can be read.", hint)])
    raise next(fault for fault in faults if fault is not None and not isinstance(fault, InvalidInput))


def _fault_of(browser: Browser, name: str, narrow: Narrowing) -> Exception | None:
    try:
        _kind_named(browser, name, narrow)
    except (InvalidInput, click.UsageError) as fault:
        return fault
    return None


def _kind_named(browser: Browser, name: str, narrow: Narrowing) -> str:
    """Return what is meant by `User`, `user` or `users`.

    Raises InvalidInput for a name that nothing has, UsageError for a list that cannot be narrowed down.
    """
    for kind in browser.kinds:
        if is_named(name, [kind]):
            if kind in browser.whole and not narrow.is_none:
                raise click.UsageError(f"{browser.whole[kind]}: --filter, --sort, --include and --page do not apply.")
            return kind
    hint = did_you_mean(name, browser.kinds) or f"There are {', '.join(browser.kinds)}."
    raise InvalidInput([Problem("Unknown kind", f"{name} is not a kind that can be read.", hint)])
