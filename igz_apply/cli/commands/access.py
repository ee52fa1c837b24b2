"""`access`: who may do what, now, or after a plan or manifests have been applied. It holds nothing that writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from igz_apply import workflow
from igz_apply.cli.address_names import addresses_named
from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.completion import complete_addresses, complete_policies
from igz_apply.cli.inventories import claims_of, known_inventory, settle
from igz_apply.cli.output_forms import show_table
from igz_apply.cli.proposal import PlanFlags, limits_of, load_valid, propose
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import common_options, forms_option, live_option
from igz_apply.cli.wiring import Cluster, readable_cluster, say_source
from igz_apply.errors import InvalidInput
from igz_apply.manifests.config import Config
from igz_apply.model.resources import LiveState
from igz_apply.model.roles import carriers_of
from igz_apply.planning.access_impact import Access, access_after, access_now
from igz_apply.planning.audit import Finding, findings, unknown
from igz_apply.reports.saved_plans import read_plan
from igz_apply.workflow import Proposal

_COLUMNS = ("who", "may", "on", "through", "account")
_TENANT = "tenant"


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply access User/ada",
        "igz-apply access Group/data-science Project/churn",
        'igz-apply access --policy "Security Admin"',
        "igz-apply access -o csv > access.csv      # everybody: the audit",
        "igz-apply access Project/churn --plan prod.plan",
    ),
)
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...", shell_complete=complete_addresses)
@click.option("--policy", default="", metavar="NAME", shell_complete=complete_policies, help="Only who holds this one.")
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Access as it will be once this saved plan has been applied.",
)
@click.option(
    "--path",
    "paths",
    multiple=True,
    type=click.Path(),
    metavar="PATH",
    help="Access as it will be once these manifests have been applied. Repeatable.",
)
@forms_option("table", "csv", "json")
@live_option
@common_options
@click.pass_obj
def access(
    session: Session,
    /,
    addresses: tuple[str, ...],
    policy: str,
    plan_file: str | None,
    paths: tuple[str, ...],
    output: str,
) -> None:
    """Show who may do what, and by which way: users, groups and projects, or everybody without an ADDRESS.

    A role on a project is the highest of a user's own, of those of the user's groups, and of ownership; policies are
    those of the tenant. A disabled account is told as such: what it holds is of no use to it.
    """
    if plan_file is not None and paths:
        raise click.UsageError("--plan and --path exclude each other: access is shown after one or the other.")
    config = config_of(session)
    with readable_cluster(session, config) as cluster:
        asked = addresses_named(addresses, session.platform.kinds)
        live = cluster.live()
        found = (
            access_now(live, session.platform.kinds)
            if plan_file is None and not paths
            else _after(session, config, cluster, live, plan_file, paths)
        )
    say_source(session)
    not_seen = {kind: why for kind, why in live.partial.items() if kind in carriers_of(session.platform.kinds)}
    for kind, why in not_seen.items():
        session.warn(f"not every {kind} is seen, and roles on those that are not are left out: {why}")
    names = session.platform.kinds.powers.known.union(*live.looked_up.values())
    if problems := tuple(unknown(found, asked, policy, names)):
        raise InvalidInput(problems)
    told = findings(found, asked, policy)
    state = "plan" if plan_file is not None else "manifests" if paths else "live"
    document = _document(live, state, told, not_seen)
    show_table(session, output, _COLUMNS, [_row(each) for each in told], document)


def _after(
    session: Session, config: Config, cluster: Cluster, live: LiveState, plan_file: str | None, paths: tuple[str, ...]
) -> Access:
    """Return the access that a plan leaves. Raises what `plan` and `apply --plan` raise: of no plan nothing is told."""
    store, known = known_inventory(session, config)
    owned = settle(session, config, store, known, live)
    flags = PlanFlags(paths=paths)
    if plan_file is None:
        loaded = load_valid(session, config, flags)
        live = cluster.confirmed(live, owned, loaded.desired.resources)
        proposal = propose(session, config, flags, loaded, live, owned, store, connection=cluster.connection)
    else:
        saved = read_plan(Path(plan_file), session.platform.kinds)
        declared = [change.address for change in saved.plan.changes]
        live = cluster.confirmed(live, owned, saved.plan.declared)
        proposal = workflow.reopen(
            saved.plan,
            saved.seal,
            live,
            owned,
            limits=limits_of(session, config, flags),
            claims=claims_of(session, config, store, declared, live, owned),
            platform=session.platform,
        )
    return _left_by(session, proposal)


def _left_by(session: Session, proposal: Proposal) -> Access:
    assert proposal.plan is not None, "a proposal without a plan has been refused before"
    assert proposal.live is not None, "a plan was made from something"
    for problem in proposal.refusals:
        session.warn(f"apply would refuse this plan: {problem.summary}. {problem.detail}")
    return access_after(proposal.live, proposal.plan, session.platform.kinds)


def _row(found: Finding) -> Sequence[Any]:
    held = found.held
    account = "disabled" if found.is_disabled else ""
    if held is None:
        return (str(found.who), "nothing", "", "", account)
    return (str(found.who), held.what, _TENANT if held.on is None else str(held.on), ", ".join(held.ways), account)


def _document(live: LiveState, state: str, told: Sequence[Finding], not_seen: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        "format_version": 1,
        "endpoint": live.caller.endpoint,
        "state": state,
        "access": [_record(each) for each in told],
        "not_seen": [{"what": kind, "why": why} for kind, why in not_seen.items()],
    }


def _record(found: Finding) -> Mapping[str, Any]:
    held = found.held
    is_role = held is not None and held.on is not None
    return {
        "who": str(found.who),
        "disabled": found.is_disabled,
        "role": held.what if held is not None and is_role else None,
        "project": str(held.on) if held is not None and is_role else None,
        "policy": held.what if held is not None and not is_role else None,
        "through": list(held.ways) if held is not None else [],
    }
