"""`reconcile`: the transaction of `apply` again and again, with the same rails, and nobody to ask."""

from __future__ import annotations

import click

from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.proposal import PlanFlags
from igz_apply.cli.session import Session
from igz_apply.cli.shared_options import (
    common_options,
    deadline_option,
    duration,
    format_option,
    paths_argument,
    prune_option,
    strict_option,
)


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply reconcile --target prod --once            # one round, told: what differs, and why it is left alone",
        "igz-apply reconcile --target prod --interval 10m    # rounds without end, until SIGTERM",
        "igz-apply reconcile --heal Group --heal User        # these kinds are made as declared, others only told of",
        "igz-apply reconcile --heal '*' --format json        # everything is, and each round is a JSON line",
        "igz-apply reconcile --repo ssh://git@git.example.com/cluster.git --ref main --require-signed keys/",
    ),
)
@paths_argument
@click.option(
    "--interval",
    type=duration,
    metavar="TIME",
    help="From the start of a round to that of the next.  [default: as the config says, else 10m]",
)
@click.option("--once", is_flag=True, help="One round, then end; the exit code tells how it went.")
@click.option(
    "--heal",
    multiple=True,
    metavar="KIND",
    help="Make what differs of this kind as declared, '*' for all; others are told of. Repeatable.  "
    "[default: as the config says, else none]",
)
@click.option(
    "--repo", metavar="URL", default="", help="Read config and manifests from this git repository.  [env: IGZ_REPO]"
)
@click.option("--ref", metavar="NAME", default="", help="A branch or a tag of it.  [env: IGZ_REF; default: main]")
@click.option(
    "--path",
    metavar="DIR",
    default="",
    help="The folder in it where they are.  [env: IGZ_REPO_PATH; default: its top]",
)
@click.option(
    "--require-signed",
    metavar="DIR",
    default="",
    help="Take only commits that are signed by one of the public keys in this folder.  [env: IGZ_REQUIRE_SIGNED]",
)
@click.option("--listen", metavar="HOST:PORT", default="", help="Serve /healthz, /readyz and /metrics here.")
@click.option(
    "--lease",
    type=duration,
    metavar="TIME",
    default="60s",
    show_default=True,
    help="How long a replica that died keeps the others waiting.",
)
@click.option(
    "--try-notify",
    is_flag=True,
    help="Send a trial message to all that the config's reconcile.notify names, and run no round.",
)
@click.option("--parallelism", type=click.IntRange(1, 256), metavar="N", help="HTTP calls in flight.  [default: 10]")
@click.option("--job-timeout", type=duration, metavar="TIME", help="The longest that a background job may take.")
@prune_option
@deadline_option
@strict_option
@format_option("text", "json")
@common_options
@click.pass_obj
def reconcile(
    session: Session,
    /,
    paths: tuple[str, ...],
    interval: float | None,
    once: bool,
    heal: tuple[str, ...],
    repo: str,
    ref: str,
    path: str,
    require_signed: str,
    listen: str,
    lease: float,
    try_notify: bool,
    parallelism: int | None,
    job_timeout: float | None,
    prune: bool | None,
    deadline: float | None,
    form: str,
) -> int:
    """Compare cluster and manifests again and again; tell of what differs, and heal what may be healed.

    A round is the transaction of apply: same plan, same rails, same records, and nobody is asked. What needs a waiver
    is never done. Nothing is healed unless --heal or the config's reconcile.modes says so. Of several replicas one
    leads, by a lease beside the inventory, and the others wait for it. No fault within a round ends the command: it
    is told, and the next round comes later. SIGTERM and Ctrl-C let what was sent come to its end; a second one leaves
    at once. SIGUSR1 begins the next round now.

    With --once: 0 in sync or healed, 2 something that differs is left alone, 3 invalid, 4 refused or locked,
    1 could not, 5 partly healed. Else 0 once a signal has ended it.
    """
    from igz_apply.cli.following import RepositoryFlags
    from igz_apply.cli.round_flags import RoundFlags, healed_kinds  # here, as --help needs none of it
    from igz_apply.cli.round_session import shown_as
    from igz_apply.cli.rounds import Reconciler
    from igz_apply.cli.transaction import ApplyFlags

    _check_times(interval, lease)
    if "-" in paths:
        raise click.UsageError("Standard input can be read once only: name files or folders.")
    session.view = shown = shown_as(session, form)
    flags = RoundFlags(
        planning=PlanFlags(paths=paths, prune=prune, parallelism=parallelism, deadline=deadline),
        applying=ApplyFlags(
            auto_approve=True, fail_fast=False, job_timeout=job_timeout, lock_timeout=None, command="reconcile"
        ),
        is_once=once,
        interval=interval,
        heal=healed_kinds(heal),
        listen=listen,
        repository=RepositoryFlags(repo, ref, path, require_signed),
        lease=lease,
    )
    reconciler = Reconciler(session, flags, shown)
    return reconciler.try_notify() if try_notify else reconciler.run()


def _check_times(interval: float | None, lease: float) -> None:
    from igz_apply.manifests.config_reconcile import LEAST, MOST

    for name, seconds in (("--interval", interval), ("--lease", lease)):
        if seconds is not None and not LEAST <= seconds <= MOST:
            raise click.BadParameter("it has to be a second at least, and a year at most.", param_hint=name)
