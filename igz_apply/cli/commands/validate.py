"""`validate`: all that can be found wrong without a cluster."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.manifest_paths import load_manifests
from igz_apply.cli.session import Session, source_lines
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import common_options, format_option, paths_argument, strict_option
from igz_apply.errors import InvalidInput
from igz_apply.model.problems import Problem, errors_of
from igz_apply.views.lines import Span, Tone, line
from igz_apply.views.problem_formats import FORMATS
from igz_apply.views.problem_text import problem_lines
from igz_apply.wording.counting import counted


def _version(text: str) -> str:
    if text and not re.match(r"\d+\.\d+", text):
        raise click.BadParameter(f"{text!r} is not a version: write 3.5.5, for example.")
    return text


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply validate",
        "igz-apply validate manifests --server-version 3.5.3",
        "kubectl kustomize overlays/prod | igz-apply validate -",
        "igz-apply validate --format github    # annotations in a pull request",
    ),
)
@paths_argument
@format_option("text", *FORMATS)
@click.option(
    "--server-version",
    default="",
    type=_version,
    metavar="VERSION",
    help="Refuse fields that this version does not know.",
)
@strict_option
@common_options
@click.pass_obj
def validate(session: Session, /, paths: tuple[str, ...], form: str, server_version: str) -> int:
    """Check manifests offline: YAML, schema, duplicates, references and policies.

    Every problem is told, with its file, line and column. A reference that resolves nowhere is a warning here, since
    the cluster may know it.
    """
    config = config_of(session)
    loaded = load_manifests(session, config, paths, server_version)
    problems = config.severities.settled(loaded.problems)
    if form == "text":
        _show(session, problems, loaded.count)
    else:
        session.output.write(FORMATS[form](problems, loaded.count))
    return InvalidInput.exit_code if errors_of(problems) else 0


def _show(session: Session, problems: Sequence[Problem], count: int) -> None:
    output = session.output
    output.show(problem_lines(problems, output.terminal.width, source_lines))
    if not errors_of(problems):
        said = "valid" if not problems else "valid, with the warnings above"
        output.show([line(Span(f"{counted(count, 'resource')}: {said}.", Tone.GOOD))])
