"""`undo`: a plan of how everything was before a run, to be applied like any other. It holds nothing that writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from igz_apply import workflow
from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.inventories import claims_of, open_inventory, settle
from igz_apply.cli.proposal import PlanFlags, add_warnings, check_reports, hand_out, limits_of, settled
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import common_options, format_option, planning_options, selecting
from igz_apply.cli.wiring import readable_cluster, secrets_of
from igz_apply.planning.record_data import record_of
from igz_apply.reports.saved_plans import plan_bytes
from igz_apply.views.json_plan import DocumentView
from igz_apply.workflow import Proposal


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply undo last                               # shows the way back, and takes none",
        "igz-apply undo 20261130-145342-3f2a --out undo.json && igz-apply apply --plan undo.json",
        "igz-apply undo last --except 'Project/*' --out undo.json",
    ),
)
@click.argument("run", metavar="RUN")
@selecting("Exactly these; what they depend on stays as it is.")
@click.option("--out", metavar="FILE", type=click.Path(dir_okay=False), help="Save the plan, for apply --plan FILE.")
@planning_options
@format_option("text", "json")
@common_options
@click.pass_obj
def undo(session: Session, /, run: str, out: str | None, form: str, **options: Any) -> int:
    """Plan how to give back what was before a run; apply --plan FILE takes that way.

    RUN is what history lists, the beginning of it, or last. What somebody has changed since is refused by name, unless
    --except leaves it out. What no call gives back, such as passwords, the plan says. Every rail holds.
    """
    if form == "json":
        session.view = DocumentView(session.output, session.errors, plan_bytes)
    flags = PlanFlags(**options)
    check_reports(flags.reports, {"--out": out})
    proposal = _proposal(session, flags, run)
    hand_out(session, proposal, flags.reports, out)
    return 0


def _proposal(session: Session, flags: PlanFlags, run: str) -> Proposal:
    """Return the proposal, with fingerprints of what it was made from."""
    config = config_of(session)
    store, known = open_inventory(session, config)
    records = store.records()
    place, content = records.read(named := records.named(run))
    with readable_cluster(session, config, flags.parallelism, flags.deadline) as cluster:
        record = record_of(content, place, named, session.platform.kinds)
        live = cluster.live()
        owned = settle(session, config, store, known, live)
        asked = workflow.about(record)
        live = cluster.confirmed(live, owned, asked, has_moved=flags.has_moved)
    proposal = workflow.undo(
        record,
        live,
        owned,
        secrets=secrets_of(session, config, cluster.connection),
        limits=limits_of(session, config, flags),
        claims=claims_of(session, config, store, asked, live, owned),
        selection=flags.selection,
        platform=session.platform,
    )
    assert proposal.plan is not None, "a proposal without a plan has been refused before"
    assert proposal.live is not None, "it was made from what lives"
    made = workflow.following(add_warnings(proposal.plan, cluster.connection), owned)
    return settled(session, config, replace(proposal, plan=made))
