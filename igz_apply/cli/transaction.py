"""One run of `apply` or `destroy`: what flags, config and session say, as the workflow's transaction takes it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from igz_apply import workflow
from igz_apply.cli.hooks import HookRunner, credentials_in
from igz_apply.cli.inventories import claims_of, open_inventory, shared_before
from igz_apply.cli.manifest_paths import check_standard_input
from igz_apply.cli.platform_choice import destination
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
    settled,
    write_reports,
)
from igz_apply.cli.run_facts import facts_begun
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of, connection_of, deadline_of, first, results_of
from igz_apply.cli.target_lease import TargetLease
from igz_apply.cli.wiring import NamedReader, pools, reachable, secrets_of
from igz_apply.errors import COULD_NOT, PARTLY_APPLIED, IgzApplyError, PlanRefused, StalePlan
from igz_apply.execution.executor import INTERRUPT
from igz_apply.execution.fencing import FencedCalls, FencedWriter
from igz_apply.execution.options import ApplyOptions
from igz_apply.inventory import FsspecInventory
from igz_apply.local.clock import SystemClock, moment
from igz_apply.manifests.config import Config
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.model.outcomes import Event, Report
from igz_apply.model.problems import Problem
from igz_apply.model.resources import LiveState, Owned
from igz_apply.planning.approval import expired, unexpected
from igz_apply.planning.sending import invented_secrets
from igz_apply.platform import Connection, Link
from igz_apply.ports import Inbox, Observer, Secrets
from igz_apply.reports.saved_plans import SavedPlan, read_plan
from igz_apply.values import dataclass
from igz_apply.wording.printable import printable
from igz_apply.workflow import Approval, Ports, Proposal, Source

WRITES = tuple(action.value for action in Action if action.writes)


@dataclass(frozen=True, slots=True)
class ApplyFlags:
    """What the command line says of applying; times in seconds."""

    auto_approve: bool
    fail_fast: bool
    job_timeout: float | None  # None: as the config says, or by kind
    lock_timeout: float | None  # None: as the config says
    expect: str | None = None  # the digest of what was approved; None: whatever the plan is
    stand_ins: bool = False  # whether a rehearsal makes what is named and not declared
    command: str = "apply"  # as its record names it


class OutputLost(Exception):
    """Nobody can have seen the plan; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run, told of by its session."""

    session: Session
    config: Config
    flags: PlanFlags
    apply_flags: ApplyFlags
    connection: Connection
    store: FsspecInventory
    secrets: Secrets
    inbox: Inbox
    asking: Asking
    hooks: HookRunner

    def approve(self, plan: Plan) -> Approval:
        """Ask, unless it was answered before or there is nothing to ask. Raises Interrupted, OutputLost."""
        if self.session.lost_output is not None:
            raise OutputLost  # what nobody has seen is not applied
        if not plan.acts or self.apply_flags.auto_approve:
            return Approval.UNASKED
        return self.asking.approve(self, plan)

    def ask_to_stop(self) -> None:
        """Let nothing new start."""
        self.inbox.put(INTERRUPT)
        self.session.warn("interrupted: nothing new starts, what runs comes to its end; once more leaves at once")

    @contextmanager
    def sending(self, approved: Plan) -> Iterator[None]:
        """Be around all that an approved plan sends, so that it can be stopped. Raises what stops it before that."""
        check_time(approved)  # the question may have stood for long
        for text in invented_secrets(approved, self.secrets):
            if text not in approved.warnings:  # the plan was made, and saved, where they were at hand
                self.session.warn(text)
        self.hooks.learn(lambda: (*credentials_in(self.connection), *workflow.secrets_named(approved, self.secrets)))
        self.hooks.before_apply(approved)
        with self.asking.stoppable(self):
            yield

    # As the view

    def problems(self, problems: Sequence[Problem]) -> None:
        """Show faults in input."""
        self.session.shown().problems(problems)

    def plan(self, plan: Plan) -> None:
        """Show a plan, whole."""
        self.session.shown().plan(plan)

    def event(self, event: Event) -> None:
        """Show that the apply moved."""
        self.session.shown().event(event)

    def report(self, report: Report) -> None:
        """Show how it ended."""
        if any(outcome.status.may_have_changed for outcome in report.ends):
            self.session.exit_if_lost = PARTLY_APPLIED
        self.session.shown().report(report)


@dataclass(frozen=True, slots=True)
class Making:
    """What a run makes its plan of, and how."""

    declared: Collection[Address]
    make: Callable[[Run, LiveState, Owned], Proposal]
    to_read: Callable[[Owned], frozenset[str] | None]
    seal: str = ""  # of a saved plan; "": it is none


class Asking(Protocol):
    """Whoever is asked whether a plan is applied, and may stop it."""

    def approve(self, run: Run, plan: Plan) -> Approval:
        """Answer for a plan that changes something. Raises Interrupted."""

    def stoppable(self, run: Run) -> AbstractContextManager[None]:
        """While the block runs, let what stops a run call its `ask_to_stop`: the apply comes to a known end then."""


class Terminal:
    """Somebody at the terminal."""

    def approve(self, run: Run, plan: Plan) -> Approval:
        """Ask for a `yes`. Raises Interrupted."""
        from igz_apply.cli.confirmation import confirm  # both here, as a program that applies has no terminal

        caller = plan.caller
        counts = plan.counts
        counts.update(plan.operation_counts)
        verbs = ", ".join(f"{verb} {counts[verb]:,}" for verb in (*WRITES, *plan.operation_counts) if counts[verb])
        where = f"{printable(caller.endpoint)} as {printable(caller.username)}"
        confirm(run.session, f"{verbs.capitalize()} on {where}?\nPlan {plan.digest}")
        return Approval.YES

    def stoppable(self, run: Run) -> AbstractContextManager[None]:
        """Hear Ctrl-C, SIGTERM and SIGHUP."""
        from igz_apply.cli.signals import interruptible
        from igz_apply.cli.tracing import leave

        return interruptible(run.ask_to_stop, partial(leave, run.session))


AT_THE_TERMINAL = Terminal()


def run(session: Session, flags: PlanFlags, apply_flags: ApplyFlags, narrow: Narrowing = keep_declared) -> int:
    """Plan and apply what `narrow` makes of the manifests, and return the exit code. Raises what stops it before."""
    return _told(session, flags, partial(applied_manifests, session, config_of(session), flags, apply_flags, narrow))


def applied_manifests(
    session: Session,
    config: Config,
    flags: PlanFlags,
    apply_flags: ApplyFlags,
    narrow: Narrowing = keep_declared,
    asking: Asking = AT_THE_TERMINAL,
) -> Report:
    """Plan and apply what `narrow` makes of the manifests. Raises what stops it before anything is sent."""
    hooks = HookRunner(session, config, "apply" if narrow is keep_declared else "destroy")
    with hooks.telling_of_failure():
        hooks.before_plan()
        making = of_manifests(session, config, flags, apply_flags, narrow)
        return transact(session, config, flags, apply_flags, hooks, making, None, asking)


def of_manifests(
    session: Session, config: Config, flags: PlanFlags, apply_flags: ApplyFlags, narrow: Narrowing
) -> Making:
    """Read the manifests, and return how a plan is made of them. Raises InvalidInput."""
    check_standard_input(session, config, flags.paths, asks=not apply_flags.auto_approve)
    loaded = load_valid(session, config, flags)
    if apply_flags.stand_ins:
        from igz_apply.cli.rehearsal import make_stand_ins

        make_stand_ins(session, config, connection_of(session, config), loaded)

    def make(this: Run, live: LiveState, owned: Owned) -> Proposal:
        where = this.connection
        return propose(session, config, flags, loaded, live, owned, this.store, narrow, connection=where)

    def to_read(owned: Owned) -> frozenset[str] | None:
        kinds, limits = session.platform.kinds, limits_of(session, config, flags)
        return workflow.kinds_of(loaded, owned, kinds, limits=limits, selection=flags.selection)

    return Making(loaded.desired.resources, make, to_read)


def run_saved(session: Session, flags: PlanFlags, apply_flags: ApplyFlags, path: Path) -> int:
    """Apply a saved plan to what it was made for, once. Raises StalePlan when it no longer fits."""
    return _told(session, flags, partial(applied_saved, session, config_of(session), flags, apply_flags, path))


def applied_saved(
    session: Session,
    config: Config,
    flags: PlanFlags,
    apply_flags: ApplyFlags,
    path: Path,
    asking: Asking = AT_THE_TERMINAL,
) -> Report:
    """Apply a saved plan to what it was made for, once. Raises what stops it before anything is sent."""
    hooks = HookRunner(session, config, "apply")
    with hooks.telling_of_failure():
        connection = destination(session, config)  # what a plan says goes by the platform's kinds
        making = of_saved(session, config, flags, read_plan(path, session.platform.kinds))
        return transact(session, config, flags, apply_flags, hooks, making, connection, asking)


def of_saved(session: Session, config: Config, flags: PlanFlags, saved: SavedPlan) -> Making:
    """Return how a saved plan is made again: as it is, on what lives now. Raises StalePlan after its time."""
    check_time(saved.plan)
    declared = [change.address for change in saved.plan.changes]

    def make(this: Run, live: LiveState, owned: Owned) -> Proposal:
        check_time(saved.plan)  # another run may have held the inventory for long
        check_globs(session, config, flags, declared, live, owned, is_whole=False)
        reopened = workflow.reopen(
            saved.plan,
            saved.seal,
            live,
            owned,
            limits=limits_of(session, config, flags),
            claims=claims_of(session, config, this.store, declared, live, owned),
            platform=session.platform,
        )
        return settled(session, config, reopened)

    def to_read(owned: Owned) -> frozenset[str] | None:
        return workflow.kinds_of_saved(saved.plan, owned, session.platform.kinds)

    return Making(saved.plan.declared, make, to_read, saved.seal)


def check_time(plan: Plan) -> None:
    """Raise StalePlan for a plan that was to be applied before now."""
    if over := tuple(expired(plan, moment(SystemClock().utc()))):
        raise StalePlan(over)


def _told(session: Session, flags: PlanFlags, apply: Callable[[], Report]) -> int:
    """Run the transaction, and write the reports."""
    try:
        report = apply()
    except OutputLost:
        return COULD_NOT
    return _report(session, flags, report)


def transact(
    session: Session,
    config: Config,
    flags: PlanFlags,
    apply_flags: ApplyFlags,
    hooks: HookRunner,
    making: Making,
    connection: Connection | None = None,
    asking: Asking = AT_THE_TERMINAL,
) -> Report:
    """Connect, run the transaction, and return its report. Raises what stops it before anything is sent.

    Without a `connection`, it is asked for once the inventory has been looked at.
    """
    session.exit_if_lost = COULD_NOT
    check_reports(flags.reports)
    many = first(flags.parallelism, config.parallelism)
    store, _ = open_inventory(session, config)  # before it is locked: what is wrong with it need not wait for anybody
    connection = connection or destination(session, config)
    connection = replace(connection, watchers=(FencedCalls(store.may_be_written), *connection.watchers))
    clock = SystemClock()
    secrets = secrets_of(session, config, connection, flags.parallelism, flags.deadline)
    this = Run(session, config, flags, apply_flags, connection, store, secrets, clock.inbox(), asking, hooks)
    made: list[Proposal] = []

    def propose_once(live: LiveState, owned: Owned) -> Proposal:
        made.append(_proposal(this, making, live, owned))
        return made[-1]

    def reads(owned: Owned) -> frozenset[str] | None:
        """Return which kinds are read: all where what another inventory holds may be taken over."""
        return None if shared_before(session, config, store) is not None else making.to_read(owned)

    kinds = session.platform.kinds
    with (
        reachable(session.platform, connection) as where,
        pools(session, many, kinds) as (work, pages),
        session.platform.read_write(where, kinds, many, pages) as link,
    ):
        ports = _ports(this, link, clock, work)
        try:
            return workflow.reconcile(
                Source(propose_once, making.declared, making.seal, flags.has_moved, reads),
                ports,
                this,
                this.approve,
                lease=TargetLease(session, config, store, this.sending),
                options=_options(this, many),
                patience=first(apply_flags.lock_timeout, config.lock_timeout, 0.0),
                platform=session.platform,
                conclude=hooks.concluded,
            )
        except PlanRefused:
            if made and made[0].plan is not None and made[0].refusals:
                write_reports(flags.reports, made[0].plan, problems=made[0].refusals)
            raise


def _proposal(this: Run, making: Making, live: LiveState, owned: Owned) -> Proposal:
    """Make the plan, and hold it against what was approved before; its problems are shown already."""
    proposal, expect = making.make(this, live, owned), this.apply_flags.expect
    assert proposal.plan is not None, "a proposal without a plan has been refused before"
    refusals = proposal.refusals
    if expect is not None:
        is_one_of_many = bool(this.session.suffix)
        moved = unexpected(proposal.plan, expect, is_saved=bool(making.seal), is_one_of_many=is_one_of_many)
        refusals = (*refusals, *moved)
    plan = add_warnings(proposal.plan, this.connection)
    return replace(proposal, plan=plan, problems=(), refusals=refusals)


def _ports(this: Run, link: Link, clock: SystemClock, work: ThreadPoolExecutor) -> Ports:
    """Return the edges that an apply works on: those of the platform, fenced, and traced where that is asked for."""
    session = this.session
    observe: Observer = this.event
    reader, writer = link.reader, link.writer(this.secrets)
    if session.trace is not None:
        from igz_apply.tracing.ports import traced  # here, as few runs are traced

        reader, writer, observe = traced(session.trace, reader, writer, observe)
    facts = facts_begun(session, this.config, this.apply_flags.command, this.flags, work)
    return Ports(
        reader=NamedReader(reader, this.connection),
        writer=FencedWriter(writer, this.store.is_surely_locked),
        store=this.store,
        secrets=this.secrets,
        clock=clock,
        pool=work,
        observe=observe,
        inbox=this.inbox,
        mask=link.mask,
        records=this.store.records(facts),
        results=results_of(session),
    )


def _options(this: Run, parallelism: int) -> ApplyOptions:
    config, said = this.config, this.apply_flags
    return ApplyOptions(
        parallelism=parallelism,
        job_timeout=config.job_timeout if said.job_timeout is None else said.job_timeout,
        fail_fast=said.fail_fast,
        deadline=deadline_of(this.session, config, this.flags.deadline),
    )


def _report(session: Session, flags: PlanFlags, report: Report) -> int:
    """Write the reports, and return the exit code."""
    try:
        write_reports(flags.reports, report.plan, report)
    except IgzApplyError as error:  # the apply is over, and its own outcome counts for more
        session.shown().error(str(error), error.hint)
        return report.exit_code or error.exit_code
    return report.exit_code
