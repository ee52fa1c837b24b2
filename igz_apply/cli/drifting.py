"""`drift`: what others changed on the cluster since the last apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from igz_apply import workflow
from igz_apply.cli.commands import HelpfulCommand
from igz_apply.cli.options import common_options, format_option, paths_argument, selection_options
from igz_apply.cli.owning import open_inventory, settle
from igz_apply.cli.proposing import Wish, load_valid, propose
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.wiring import readable_cluster
from igz_apply.core.addresses import Address
from igz_apply.core.drift import Drift
from igz_apply.core.problems import Problem
from igz_apply.errors import CHANGES, InvalidInput
from igz_apply.telling.printable import printable
from igz_apply.views.drift_text import drift_lines
from igz_apply.views.lines import line
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
    store, known = open_inventory(session, config)
    with readable_cluster(session, config) as cluster:
        live = cluster.live()
        owned = settle(session, config, store, known, live)
        proposal = propose(session, config, wish, loaded, cluster.confirmed(live, owned), owned, store)
    if store.is_new and owned is known:
        return _without_inventory(session, store.place, detailed_exitcode=detailed_exitcode, form=form)
    made = proposal.plan
    assert made is not None, "a proposal without a plan has been refused before"
    found = workflow.drift(made, owned)
    if form == "json":
        session.output.write(as_json(_document(found, made.not_visible)))
    else:
        session.output.show(drift_lines(found, made.not_visible, made.caller.username))
    return CHANGES if detailed_exitcode and any(drift.origin.is_foreign for drift in found) else 0


def _without_inventory(session: Session, place: str, *, detailed_exitcode: bool, form: str) -> int:
    """Say that there is nothing to compare. Raises InvalidInput where a machine would take that for "no drift"."""
    detail = f"Nothing was applied from {place} yet, so there is nothing to compare."
    if detailed_exitcode:
        hint = "Apply first, or correct `inventory` in the config."
        raise InvalidInput([Problem("No inventory", detail, hint)])
    if form == "json":
        session.output.write(as_json(_document((), {})))
    else:
        session.output.show([line(printable(detail))])
    return 0


def _document(found: Sequence[Drift], not_visible: Mapping[Address, str]) -> dict[str, Any]:
    return {
        "format_version": 1,
        "resources": [_data(each) for each in found],
        "not_visible": {str(address): why for address, why in not_visible.items()},
    }


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
