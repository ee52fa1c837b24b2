"""The options that narrow a list of live objects down. What they mean is the platform's, and so are the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from igz_apply.cli.platforms import default_platform

_WORDS = default_platform().browser.options


def _filters(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> Mapping[str, str]:  # noqa: ARG001
    wrong = [value for value in values if not value.partition("=")[0] or "=" not in value]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} is not a filter: write {param.metavar}.")
    return {value.partition("=")[0]: value.partition("=")[2] for value in values}


def _names(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:  # noqa: ARG001
    return tuple(name for value in values for name in value.split(",") if name)


def _repeatable(option: str, part: str, callback: Any) -> Any:
    metavar, text = _WORDS[part]
    return click.option(option, part, multiple=True, callback=callback, metavar=metavar, help=text)


def list_options(command: Any) -> Any:
    """Add what narrows a list down: the parts of a `Narrowing`."""
    for option in (
        click.option("--page-size", type=click.IntRange(1), default=50, show_default=True, help="Records of a page."),
        click.option("--page", type=click.IntRange(0), metavar="N", help="One page, from 0 on.  [default: all]"),
        _repeatable("--include", "include", _names),
        _repeatable("--sort", "sort_by", _names),
        _repeatable("--filter", "filters", _filters),
    ):
        command = option(command)
    return command
