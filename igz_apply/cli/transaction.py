"""One run of `apply` or `destroy`: lock, plan, question, changes, report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from igz_apply import workflow
from igz_apply.cli.confirmation import confirm
from igz_apply.cli.inventories import claims_of, open_inventory, settle, shared_before, take_over
from igz_apply.cli.manifest_paths import check_standard_input
from igz_apply.cli.proposal import (
    Narrowing,
    PlanFlags,
    add_warnings,
    check_globs,
    check_reports,
    keep_declared,
    limits_of,
    load_valid,
    propose,
    write_reports,
)
from igz_apply.cli.rehearsal import make_stand_ins
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of, connection_of, first
from igz_apply.cli.signals import interruptible
from igz_apply.cli.wiring import Cluster, pools, reachable, secrets_of
from igz_apply.controlplane import Client
from igz_apply.errors import COULD_NOT, PARTLY_APPLIED, IgzApplyError, PlanRefused
from igz_apply.execution.executor import INTERRUPT
from igz_apply.execution.options import ApplyOptions
from igz_apply.iguazio3.clients import client_to_write
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.reading import ClusterReader
from igz_apply.iguazio3.writing import ClusterWriter
from igz_apply.inventory import FsspecInventory
from igz_apply.local.clock import SystemClock
from igz_apply.manifests.config import Config
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.model.outcomes import Report
from igz_apply.model.references import secret_refs
from igz_apply.model.resources import LiveState, Owned
from igz_apply.planning.sending import invented_secrets
from igz_apply.ports import Secrets
from igz_apply.reports.saved_plans import read_plan
from igz_apply.wording.printable import printable
from igz_apply.workflow import Outside, Proposal

WRITES = tuple(action.value for action in Action if action.writes)


@dataclass(frozen=True, slots=True)
class ApplyFlags:
    """What the command line says of applying; times in seconds."""

    auto_approve: bool
    fail_fast: bool
    job_timeout: float | None  # None: as the config says, or by kind
    lock_timeout: float | None  # None: as the config says
    stand_ins: bool = False  # whether a rehearsal makes what is named and not declared


@dataclass(frozen=True, slots=True)
class Run:
    """What one run works with, the inventory's lock held."""

    session: Session
    config: Config
    flags: PlanFlags
    apply_flags: ApplyFlags
    client: Client
    cluster: Cluster
    store: FsspecInventory
    owned: Owned
    live: LiveState
    before: FsspecInventory | None  # the inventory that was shared and that this target takes over; None: none

    def confirm(self, approved: Plan, live: LiveState) -> tuple[Plan, LiveState]:
        """Ask, unless the command line has answered or there is nothing to ask. Raises Interrupted.

        Somebody may have taken a while to answer: the cluster is looked at again. Raises StalePlan when it has moved.
        """
        if not approved.writes or self.apply_flags.auto_approve:
            return approved, live
        caller = approved.caller
        counts = approved.counts
        verbs = ", ".join(f"{action} {counts[action]:,}" for action in WRITES if counts[action])
        where = f"{printable(caller.endpoint)} as {printable(caller.username)}"
        confirm(self.session, f"{verbs.capitalize()} on {where}?")
        now = self.cluster.confirmed(self.cluster.live(), self.owned, approved.declared, has_moved=self.flags.has_moved)
        return workflow.recheck(approved, live, now, self.owned)

    def apply(self, approved: Plan, live: LiveState, digest: str) -> Report:
        """Make the plan true. Ctrl-C, SIGTERM and SIGHUP ask it to come to a known end."""
        clock = SystemClock()
        inbox = clock.inbox()
        secrets = secrets_of(self.session, self.config, self.cluster.connection)
        for text in invented_secrets(approved, secrets):
            if text not in approved.warnings:  # the plan was made, and saved, where they were at hand
                self.session.warn(text)
        self.client.mask(_declared(approved, secrets))
        outside = Outside(
            reader=self.cluster.reader,
            writer=ClusterWriter(self.client, KINDS, secrets),
            store=self.store,
            secrets=secrets,
            clock=clock,
            pool=self.cluster.pool,
            observe=self.session.shown().event,
            inbox=inbox,
        )
        options = ApplyOptions(
            parallelism=first(self.flags.parallelism, self.config.parallelism),
            job_timeout=self.config.job_timeout
            if self.apply_flags.job_timeout is None
            else self.apply_flags.job_timeout,
            fail_fast=self.apply_flags.fail_fast,
        )

        def ask_to_stop() -> None:
            inbox.put(INTERRUPT)
            self.session.warn("interrupted: nothing new starts, what runs comes to its end; once more leaves at once")

        with interruptible(ask_to_stop):
            if self.before is not None:
                take_over(self.store, self.before)
            return workflow.apply(approved, live, self.owned, outside, options, digest=digest)


def _declared(approved: Plan, secrets: Secrets) -> Iterator[str]:
    """Yield the secrets that manifests name, also those that are not sent: a job may tell of an earlier apply."""
    for change in approved.changes:
        if change.desired is not None:
            for _, ref in secret_refs(change.desired.spec):
                if secrets.is_available(ref):
                    yield secrets.value(ref)


def run(session: Session, flags: PlanFlags, apply_flags: ApplyFlags, narrow: Narrowing = keep_declared) -> int:
    """Plan and apply what `narrow` makes of the manifests, and return the exit code. Raises what stops it before."""
    config = config_of(session)
    check_standard_input(session, config, flags.paths, asks=not apply_flags.auto_approve)
    loaded = load_valid(session, config, flags)
    if apply_flags.stand_ins:
        make_stand_ins(session, connection_of(session, config), loaded)
    with _running(session, config, flags, apply_flags, loaded.desired.resources) as this:
        where = this.cluster.connection
        return _finish(
            this, propose(session, config, flags, loaded, this.live, this.owned, this.store, narrow, connection=where)
        )


def run_saved(session: Session, flags: PlanFlags, apply_flags: ApplyFlags, path: Path) -> int:
    """Apply a saved plan to what it was made for, once. Raises StalePlan when it no longer fits."""
    config = config_of(session)
    saved = read_plan(path, session.platform.kinds)
    declared = [change.address for change in saved.plan.changes]
    with _running(session, config, flags, apply_flags, saved.plan.declared) as this:
        check_globs(session, config, flags, declared, this.live, this.owned, is_whole=False)
        proposal = workflow.reopen(
            saved.plan,
            saved.digest,
            this.live,
            this.owned,
            limits=limits_of(session, config, flags),
            claims=claims_of(session, config, this.store, declared, this.live, this.owned),
        )
        return _finish(this, proposal, saved.digest)


def _finish(this: Run, proposal: Proposal, used: str = "") -> int:
    """Show the plan, ask, apply and report; `used` is the digest of a saved plan, "" when it is none."""
    assert proposal.plan is not None, "a proposal without a plan has been refused before"
    session, plan = this.session, add_warnings(proposal.plan, this.cluster.connection)
    session.shown().plan(plan)
    if proposal.refusals:
        write_reports(this.flags.reports, plan, problems=proposal.refusals)
        raise PlanRefused(proposal.refusals)
    if session.lost_output is not None:
        return COULD_NOT  # what nobody has seen is not applied
    plan, live = this.confirm(plan, proposal.live or this.live)
    report = this.apply(plan, live, used)
    if any(outcome.status.may_have_changed for outcome in report.outcomes):
        session.exit_if_lost = PARTLY_APPLIED
    if plan.writes or report.adopted or report.exit_code:
        session.shown().report(report)
    try:
        write_reports(this.flags.reports, plan, report)
    except IgzApplyError as error:  # the apply is over, and its own outcome counts for more
        session.shown().error(str(error), error.hint)
        return report.exit_code or error.exit_code
    return report.exit_code


@contextmanager
def _running(
    session: Session, config: Config, flags: PlanFlags, apply_flags: ApplyFlags, declared: Iterable[Address]
) -> Iterator[Run]:
    """Connect, lock the inventory, and read both sides."""
    session.exit_if_lost = COULD_NOT
    check_reports(flags.reports)
    many = first(flags.parallelism, config.parallelism)
    store, _ = open_inventory(session, config)  # before it is locked: what is wrong with it need not wait for anybody
    connection = connection_of(session, config)
    patience = first(apply_flags.lock_timeout, config.lock_timeout, 0.0)
    with (
        reachable(session.platform, connection) as there,
        client_to_write(there, parallelism=many) as client,
        pools(many, KINDS) as (work, pages),
        store.locked(patience),
        ExitStack() as also,
    ):
        cluster = Cluster(connection, ClusterReader(client.read_only(), KINDS, pages), work, KINDS)
        known = store.load()
        before = shared_before(session, config, store)
        if before is not None:
            also.enter_context(before.locked(patience))
        live = cluster.live()
        owned = settle(session, config, store, known, live)
        live = cluster.confirmed(live, owned, declared, has_moved=flags.has_moved)
        yield Run(
            session, config, flags, apply_flags, client, cluster, store, owned, live, None if owned is known else before
        )
