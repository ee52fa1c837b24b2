"""`drift`: what others changed on the cluster since the last apply."""

from __future__ import annotations

from typing import Any

import click

from igz_apply import workflow
from igz_apply.cli.commands import HelpfulCommand
from igz_apply.cli.options import common_options, format_option, paths_argument, selection_options
from igz_apply.cli.proposing import CHANGES, Wish, load_valid, propose
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.wiring import inventory_of, readable_cluster
from igz_apply.core.drift import Drift
from igz_apply.views.drift_text import drift_lines
from igz_apply.views.tables import as_json


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply drift --target prod",
        "igz-apply drift --detailed-exitcode    # 2: there is drift; for a cron job",
    ),
)
@paths_argument
@selection_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there is drift.")
@format_option("text", "json")
@common_options
@click.pass_obj
def drift(session: Session, /, detailed_exitcode: bool, form: str, **options: Any) -> int:
    """Show what was changed on the cluster since the last apply, apart from what changed in git.

    Compares three states: what was last applied, what lives, and what the manifests say. It changes nothing; apply
    puts back what the manifests say.
    """
    config = config_of(session)
    wish = Wish(**options, prune=False)
    loaded = load_valid(session, config, wish)
    owned = inventory_of(session, config).load()
    with readable_cluster(session, config) as cluster:
        proposal = propose(session, config, wish, loaded, cluster.confirmed(cluster.live(), owned), owned)
    made = proposal.plan
    assert made is not None, "a proposal without a plan has been refused before"
    found = workflow.drift(made, owned)
    if form == "json":
        not_visible = {str(address): why for address, why in made.not_visible.items()}
        data = {"format_version": 1, "resources": [_data(each) for each in found], "not_visible": not_visible}
        session.output.write(as_json(data))
    else:
        session.output.show(drift_lines(found, made.not_visible, made.caller.username))
    return CHANGES if detailed_exitcode and any(drift.origin.is_foreign for drift in found) else 0


def _data(drift: Drift) -> dict[str, Any]:
    return {
        "address": str(drift.address),
        "action": drift.action.value,
        "origin": drift.origin.value,
        "note": drift.note,
        "fields": [
            {
                "path": field.diff.path,
                "origin": field.origin.value,
                "applied": field.applied,
                "live": field.diff.before,
                "desired": field.diff.after,
                "sensitive": field.diff.sensitive,
            }
            for field in drift.fields
        ],
    }
