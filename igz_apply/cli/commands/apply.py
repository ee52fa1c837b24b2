"""`apply` and `destroy`: the commands that change a cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from igz_apply.cli.apply_views import apply_view
from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.confirmation import require_a_way_to_ask
from igz_apply.cli.fleet_options import fleet_flags, fleet_options, require_no_folder
from igz_apply.cli.proposal import PlanFlags, check_reports, declare_absent
from igz_apply.cli.session import Session
from igz_apply.cli.shared_options import (
    common_options,
    digest,
    duration,
    format_option,
    lock_option,
    paths_argument,
    planning_options,
    prune_option,
    rotate_option,
    selecting,
    selection_options,
    yes_option,
)
from igz_apply.cli.transaction import ApplyFlags, run, run_saved

F = TypeVar("F", bound=Callable[..., Any])


def _applying_options(command: F) -> F:
    """Add what `apply` and `destroy` have in common, beyond planning."""
    for option in (
        click.option("--fail-fast", is_flag=True, help="Start nothing new after the first failure."),
        click.option(
            "--job-timeout",
            type=duration,
            metavar="TIME",
            help="The longest that a background job may take.  [default: by kind]",
        ),
        click.option(
            "--expect",
            type=digest,
            metavar="DIGEST",
            help="Apply only the plan of this digest, sha256:..., which its reports and its question tell.",
        ),
        click.option(
            "--events",
            metavar="FILE",
            type=click.Path(dir_okay=False),
            help="Write what happens to this file too, as --format json prints it.",
        ),
        lock_option,
        yes_option,
    ):
        command = option(command)
    return planning_options(command)


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply apply --target prod",
        "igz-apply apply -y --report apply.html         # in CI",
        "igz-apply apply --plan prod.plan -y            # exactly what was reviewed",
        "igz-apply apply -y --expect sha256:4f0c...     # made afresh, and only if it is what was approved",
        "igz-apply apply --allow delete:User=12         # waive a limit, for this exact count",
        "igz-apply apply -y --targets 'prod-*' --max-failures 2    # several, in waves",
        "igz-apply apply -y --events events.jsonl       # JSON lines beside what people read",
    ),
)
@paths_argument
@selection_options
@click.option(
    "--plan",
    "saved",
    metavar="FILE",
    type=click.Path(),
    help="Apply a saved plan; to several targets those of a folder, TARGET.json.",
)
@_applying_options
@prune_option
@rotate_option
@click.option(
    "--stand-ins", is_flag=True, help="On the embedded emulator, make what manifests name and do not declare."
)
@format_option("text", "json")
@fleet_options
@common_options
@click.pass_obj
def apply(session: Session, /, saved: str | None, form: str, stand_ins: bool, **options: Any) -> int:
    """Make the cluster as the manifests say.

    The plan is shown first, and a question asked. Changes run as soon as what they depend on is done, their background
    jobs awaited. What fails strands only what needs it; the same command again finishes the rest. Ctrl-C starts nothing
    new and waits for what is in flight; a second one leaves at once.
    """
    fleet, events, files = fleet_flags(options), options.pop("events"), _files(options, saved)
    if fleet is None:
        session.view = apply_view(session, form, events, files)
    flags, apply_flags = _split(options)
    apply_flags = replace(apply_flags, stand_ins=stand_ins)
    if saved is not None:
        _require_nothing_beside(flags, stand_ins=stand_ins)
    if fleet is not None:
        from igz_apply.cli.fleet_commands import apply_fleet  # here, as most runs are of one target

        return apply_fleet(session, fleet, form, flags, apply_flags, plans=saved, events=events)
    if saved is None:
        return run(session, flags, apply_flags)
    require_no_folder(saved, "--plan")
    check_reports(flags.reports, {"--plan": saved})
    return run_saved(session, flags, apply_flags, Path(saved))


def _require_nothing_beside(flags: PlanFlags, *, stand_ins: bool) -> None:
    """Raise UsageError for what a saved plan settles."""
    if stand_ins:
        raise click.UsageError("--stand-ins makes what manifests name: a saved plan has none.")
    if flags.paths or flags.selection.is_partial or flags.prune is not None or flags.rotate:
        raise click.UsageError(
            "--plan FILE holds all changes: leave out paths, --only, --except, --prune and --rotate."
        )


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply destroy --target dev",
        "igz-apply destroy manifests/sandbox --only Project -y",
    ),
)
@paths_argument
@selecting("Exactly these; what they depend on stays.")
@_applying_options
@format_option("text", "json")
@common_options
@click.pass_obj
def destroy(session: Session, /, form: str, **options: Any) -> int:
    """Delete what the manifests declare, in reverse order.

    With --only, exactly what it names is deleted. What no manifest declares is not touched. What lifecycle.on_removal
    says is to be disabled or forgotten is not deleted. Every rail holds: what is protected, built in or too many is
    refused.
    """
    session.view = apply_view(session, form, options.pop("events"), _files(options))
    flags, apply_flags = _split(options)
    return run(session, replace(flags, prune=False), replace(apply_flags, command="destroy"), declare_absent)


def _files(options: dict[str, Any], *more: str | None) -> list[str]:
    """Return the files that the run reads and writes as a whole."""
    return [each for each in (*options["reports"], *more) if each is not None]


def _split(options: dict[str, Any]) -> tuple[PlanFlags, ApplyFlags]:
    """Sort the options into those of planning and those of applying. Raises UsageError where nobody could answer."""
    names = ("auto_approve", "expect", "fail_fast", "job_timeout", "lock_timeout")
    apply_flags = ApplyFlags(**{name: options.pop(name) for name in names})
    require_a_way_to_ask(apply_flags.auto_approve)
    return PlanFlags(**options), apply_flags
