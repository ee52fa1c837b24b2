"""An apply: a plan that is made true, and the whole transaction around it, from the lock to the report.

No terminal, no signal and no config is in it: whoever runs it hands in who approves, and what shows it. The command
line, a Python program and a loop that reconciles again and again run this same function.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from enum import Enum
from functools import partial
from typing import Protocol

from igz_apply.errors import Interrupted, InvalidInput, InventoryLost, Locked
from igz_apply.execution.deadline import Deadline
from igz_apply.execution.executor import Execution
from igz_apply.execution.options import ApplyOptions, ExecutionPorts
from igz_apply.execution.tracker import ChangeTracker
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.manifests.loading import Loaded
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Change, Plan
from igz_apply.model.ignoring import is_ignored
from igz_apply.model.kind import Kinds
from igz_apply.model.outcomes import Outcome, Report, Status
from igz_apply.model.problems import errors_of
from igz_apply.model.references import secret_refs
from igz_apply.model.remembering import ANEW, Remembering, lasting
from igz_apply.model.resources import DesiredState, Entry, LiveState, Owned
from igz_apply.planning.homes import is_same_cluster, learned, placed
from igz_apply.planning.ownership import shows_hidden
from igz_apply.planning.presence import with_absence_confirmed
from igz_apply.planning.rail_facts import MOVE
from igz_apply.planning.reach import kinds_about, kinds_to_read
from igz_apply.planning.read_back import read_back
from igz_apply.planning.renames import stated_in, under_new_names
from igz_apply.planning.selection import Selection
from igz_apply.planning.sending import SecretPlace, check_secrets
from igz_apply.platform import Platform
from igz_apply.ports import Clock, Inbox, InventoryStore, Observer, Pool, Reader, RunRecords, Secrets, View, Writer
from igz_apply.values import dataclass
from igz_apply.workflow.pipeline import plan
from igz_apply.workflow.proposing import Claims, Limits, Proposal, judged_again
from igz_apply.workflow.recording import begin
from igz_apply.workflow.reopening import recheck, reopen


def _mask_nothing(texts: Iterable[str]) -> None:
    """Leave what is logged as it is."""


def _as_it_is(report: Report) -> Report:
    return report


@dataclass(frozen=True, slots=True)
class Ports:
    """The edges that an apply works on."""

    reader: Reader
    writer: Writer
    store: InventoryStore
    secrets: Secrets
    clock: Clock
    pool: Executor
    observe: Observer
    inbox: Inbox  # a message executor.INTERRUPT in it makes an apply start nothing new
    mask: Callable[[Iterable[str]], None] = _mask_nothing  # lets none of the texts be logged or told in an error
    records: RunRecords | None = None  # where each run leaves a record, as `FsspecInventory.records`; None: nowhere
    results: Remembering = ANEW  # what was worked out before of the very same plan and inventory


class Outside(Ports):
    """`Ports` by its first name, and what was handed in as the mailbox is the inbox."""

    __slots__ = ()

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        store: InventoryStore,
        secrets: Secrets,
        clock: Clock,
        pool: Executor,
        observe: Observer,
        mailbox: Inbox,
    ) -> None:
        super().__init__(reader, writer, store, secrets, clock, pool, observe, mailbox)


def apply(
    approved: Plan,
    live: LiveState,
    owned: Owned,
    outside: Ports,
    options: ApplyOptions = ApplyOptions(),
    platform: Platform = IGUAZIO3,
    seal: str = "",
) -> Report:
    """Make the plan true, and account for every change of it.

    `live` and `owned` are what the plan was made from; hold the inventory's lock from before `owned` was loaded.
    `seal` is that of a saved plan, "" for none: it counts as used before anything is sent. Raises InvalidInput when a
    secret is missing and InventoryLost when the inventory cannot be written: nothing was sent then.
    """
    return _applied(approved, live, owned, outside, options, platform, seal)[0]


def _applied(
    approved: Plan,
    live: LiveState,
    owned: Owned,
    outside: Ports,
    options: ApplyOptions,
    platform: Platform,
    seal: str,
) -> tuple[Report, Callable[[Report], Report]]:
    """Apply, and return the report with what writes another one into the record of the run, if it leaves one."""
    kinds = platform.kinds
    check_secrets(approved, outside.secrets, kinds)
    home = learned(owned.home, approved.caller.home)
    outside.store.claim(home)  # whichever save is the first: entries without a home would count on every cluster
    opening = lasting(outside.results, live, kinds).once("opening", _opening, approved, live, owned, kinds)
    tracker = ChangeTracker(approved, opening.before, dict(opening.entries))
    is_news = opening.is_news
    recording = None
    if outside.records is not None and (approved.acts or is_news):
        recording = begin(outside.records, approved, live, owned.entries, tracker.entries, kinds)
    try:
        if seal:
            # Before the first call: a run that is killed may have sent a part, and nothing of a plan is sent twice.
            outside.store.use_plan(seal)
        if is_news or opening.shows_hidden or (owned.entries and home != owned.home):
            outside.store.save(tracker.entries)
    except (InventoryLost, InvalidInput):
        if recording is not None:
            recording.discard()
        raise
    ids = {address: resource.id for address, resource in live.resources.items() if not resource.is_deleting}
    ports = ExecutionPorts(outside.writer, outside.store, outside.clock, outside.pool, outside.observe)
    execution = Execution(ports, kinds, tracker, ids, options, outside.inbox, approved.partial)
    execution.run(platform.steps_of(approved, kinds))
    outcomes = tuple(tracker.outcomes[change.address] for change in approved.writes)
    operated = tuple(tracker.operated[it.operation, it.address] for it in approved.operations)
    report = Report(
        plan=approved,
        outcomes=outcomes,
        failures=tuple(_beside(execution, tracker)),
        interrupted=execution.is_interrupted,
        deadline=_kept_by(options.deadline, (*outcomes, *operated)) if execution.is_late else None,
        timeline=execution.timeline,
        seconds=execution.seconds,
        operated=operated,
    )
    now = None
    if any(outcome.status is Status.APPLIED for outcome in outcomes):
        report, seen = read_back(report, Owned(tracker.entries), outside.reader, outside.pool, kinds)
        now = seen.live
        if tracker.seen(seen):
            report = _remember(report, tracker, outside.store)
    report = replace(report, seconds=execution.seconds)
    if recording is None:
        return report, _as_it_is
    end = partial(recording.ended, entries=tracker.entries, live=now)
    return end(report), end


@dataclass(frozen=True, slots=True)
class _Opening:
    """The inventory as an apply begins: by the names that are to be, and with what it has to remember first."""

    before: Mapping[Address, Entry]
    entries: Mapping[Address, Entry]
    is_news: bool  # whether that is another than it was
    shows_hidden: bool  # whether it has to be written over, since it shows what may be a secret


def _opening(approved: Plan, live: LiveState, owned: Owned, kinds: Kinds) -> _Opening:
    ours = under_new_names(owned, live.resources, stated_in(approved), kinds)
    entries = ChangeTracker(approved, ours.entries).entries
    is_shown = shows_hidden(owned.entries, entries, kinds)
    return _Opening(ours.entries, entries, entries != dict(owned.entries), is_shown)


def _kept_by(deadline: Deadline | None, outcomes: Iterable[Outcome]) -> float | None:
    """Return how long a deadline was, where something was not sent because of it; None where all was."""
    has_kept_any = any(outcome.status in (Status.CANCELLED, Status.INTERRUPTED) for outcome in outcomes)
    return deadline.seconds if deadline is not None and has_kept_any else None


def _beside(execution: Execution, tracker: ChangeTracker) -> Iterator[str]:
    """Yield what went wrong beside the changes."""
    if execution.store_failure is not None:
        yield str(execution.store_failure)
    yield from (f"{address} exists and cannot be used: {why}" for address, why in tracker.unusable.items())


def _remember(report: Report, tracker: ChangeTracker, store: InventoryStore) -> Report:
    try:
        store.save(tracker.entries)
    except (InventoryLost, InvalidInput) as error:
        return replace(report, failures=(*report.failures, str(error)))
    return report


class Approval(Enum):
    """Whether a plan may be applied."""

    NO = "no"
    YES = "yes"  # somebody was asked and took their time: what has moved meanwhile is looked for
    UNASKED = "unasked"  # yes, and nobody was asked


def _every_kind(owned: Owned) -> frozenset[str] | None:  # noqa: ARG001 - one that looks at it may stand here
    return None


def kinds_of(
    loaded: Loaded, owned: Owned, kinds: Kinds, *, limits: Limits = Limits(), selection: Selection = Selection()
) -> frozenset[str] | None:
    """Return which kinds it takes to plan from manifests; None: all."""
    globs = (*selection.only, *selection.exclude, *limits.protect)
    return kinds_to_read(kinds, kinds_about(loaded.desired, owned, globs, kinds))


def kinds_of_saved(saved: Plan, owned: Owned, kinds: Kinds) -> frozenset[str] | None:
    """Return which kinds it takes to apply a saved plan: all, unless it was made without some; None: all."""
    if not saved.unread:
        return None
    return kinds_to_read(kinds, kinds_about(DesiredState(stated_in(saved)), owned, (), kinds))


@dataclass(frozen=True, slots=True)
class Source:
    """What a plan is made of, once both sides are known."""

    propose: Callable[[LiveState, Owned], Proposal]
    declared: Collection[Address] = ()  # what it declares: looked for by itself where lists may hide it
    seal: str = ""  # of a saved plan; "": it is none
    has_moved: bool = False  # whether the inventory is said to be of a cluster that has another address now
    to_read: Callable[[Owned], frozenset[str] | None] = _every_kind  # which kinds it takes, by what is owned; None: all


def from_manifests(
    loaded: Loaded,
    *,
    secrets: Secrets,
    limits: Limits = Limits(),
    claims: Claims = Claims(),
    prune: bool = False,
    selection: Selection = Selection(),
    rotate: Sequence[SecretPlace] = (),
    platform: Platform = IGUAZIO3,
) -> Source:
    """Return manifests as the source of a plan; the options are those of `plan`."""

    def propose(live: LiveState, owned: Owned) -> Proposal:
        return plan(
            loaded,
            live,
            owned,
            secrets=secrets,
            limits=limits,
            claims=claims,
            prune=prune,
            selection=selection,
            rotate=rotate,
            platform=platform,
        )

    def to_read(owned: Owned) -> frozenset[str] | None:
        return kinds_of(loaded, owned, platform.kinds, limits=limits, selection=selection)

    return Source(propose, loaded.desired.resources, has_moved=_has_moved(limits), to_read=to_read)


def from_saved_plan(
    saved: Plan, seal: str, *, limits: Limits = Limits(), claims: Claims = Claims(), platform: Platform = IGUAZIO3
) -> Source:
    """Return a saved plan as the source: it is applied to what it was made for, and once."""

    def propose(live: LiveState, owned: Owned) -> Proposal:
        return reopen(saved, seal, live, owned, limits=limits, claims=claims, platform=platform)

    def to_read(owned: Owned) -> frozenset[str] | None:
        return kinds_of_saved(saved, owned, platform.kinds)

    return Source(propose, saved.declared, seal, _has_moved(limits), to_read)


class Lease(Protocol):
    """The inventory of a run, which nobody else changes while it is held."""

    def hold(self, patience: float) -> AbstractContextManager[Owned]:
        """Hold its lock, and hand out what it says. Raises Locked when it is not free within `patience` seconds."""

    def settle(self, owned: Owned, live: LiveState) -> Owned:
        """Return what of it is owned on this cluster."""

    def changing(self, approved: Plan) -> AbstractContextManager[None]:
        """Be around all that changes anything, the inventory too. What this raises stops the run before that."""


@dataclass(frozen=True, slots=True)
class StoreLease:
    """A lease of one store."""

    store: InventoryStore

    @contextmanager
    def hold(self, patience: float) -> Iterator[Owned]:
        """Hold its lock, and hand out what it says."""
        with self.store.locked(patience):
            yield self.store.load()

    def settle(self, owned: Owned, live: LiveState) -> Owned:
        """Return it, known to be of another cluster where it is."""
        return placed(owned, live)

    def changing(self, approved: Plan) -> AbstractContextManager[None]:  # noqa: ARG002 - the protocol's signature
        """Do nothing more."""
        return nullcontext()


def reconcile(
    source: Source,
    ports: Ports,
    view: View,
    approve: Callable[[Plan], Approval],
    *,
    lease: Lease | None = None,
    options: ApplyOptions = ApplyOptions(),
    patience: float = 0.0,
    platform: Platform = IGUAZIO3,
    conclude: Callable[[Report], Report] = _as_it_is,
) -> Report:
    """Make the cluster as the source says, from the inventory's lock to the report.

    In order: hold the lock and load the inventory; read of the cluster what the source takes, and look by itself for
    what lists leave out; make the plan, or reopen the saved one, and show it; refuse what a rail refuses; ask
    `approve`, of a plan that sends nothing too, and where that took somebody's time look again; then claim the
    inventory, count a saved plan as used, apply, read back what was touched, and show the report.

    `conclude` is handed the report before it is shown, to add what else went wrong, which goes into the record too; the
    lock is still held then.
    `patience` is how many seconds to wait for the lock. Hand in `view.event` as the `observe` of the ports, so that the
    view shows how it goes. Raises Locked, InvalidInput, PlanRefused (StalePlan for a saved plan that was used or no
    longer fits, and for what has moved while somebody was asked), Interrupted when it is not approved, DeadlineReached,
    PlaneError and InventoryLost: nothing was sent then, and the lock is given back. What goes wrong after the first
    call is told by the report, never raised, unless igz-apply itself fails.

        loaded = igz_apply.load(["manifests"])
        source = igz_apply.from_manifests(loaded, secrets=secrets, prune=True)
        report = igz_apply.reconcile(source, ports, view, lambda plan: igz_apply.Approval.UNASKED)
        sys.exit(report.exit_code)
    """
    lease, kinds, deadline = lease or StoreLease(ports.store), platform.kinds, options.deadline
    reader = ports.reader if deadline is None else deadline.over(ports.reader)
    with _held(lease, patience, deadline) as known:
        wanted = source.to_read(known)
        found = reader.live(ports.pool, wanted)
        owned = lease.settle(known, found)
        found = confirm_absence(found, owned, source.declared, reader, ports.pool, kinds, source.has_moved)
        proposal = source.propose(found, owned)
        _show(proposal, view)
        approved, live = proposal.approved(), proposal.live or found
        answer = approve(approved)
        if answer is Approval.NO:
            raise Interrupted("Nothing was changed.")
        if answer is Approval.YES:
            # Somebody may have taken a while to answer.
            _check(deadline, "somebody was asked")
            now = reader.live(ports.pool, wanted)
            now = confirm_absence(now, owned, approved.declared, reader, ports.pool, kinds, source.has_moved)
            approved, live = recheck(approved, now, owned, platform)
            approved = judged_again(proposal, approved, live, platform)
        _check(deadline, "the plan was made")
        ports.mask(secrets_named(approved, ports.secrets))
        with lease.changing(approved):
            report, write_end = _applied(approved, live, owned, ports, options, platform, source.seal)
        concluded = conclude(report)
        report = concluded if concluded == report else write_end(concluded)
        if approved.acts or report.adopted or report.exit_code:
            view.report(report)
        return report


@contextmanager
def _held(lease: Lease, patience: float, deadline: Deadline | None) -> Iterator[Owned]:
    """Hold a lease, for which is waited no longer than a deadline allows."""
    _check(deadline, "the manifests were read")
    with ExitStack() as held:
        try:
            known = held.enter_context(lease.hold(patience if deadline is None else min(patience, deadline.left)))
        except Locked as error:
            if deadline is not None and deadline.is_reached:
                raise deadline.reached("another run held the inventory", error.problems[0].detail) from error
            raise
        yield known


def _check(deadline: Deadline | None, meanwhile: str) -> None:
    if deadline is not None:
        deadline.check(meanwhile)


def confirm_absence(
    live: LiveState,
    owned: Owned,
    declared: Iterable[Address],
    reader: Reader,
    pool: Pool,
    kinds: Kinds,
    has_moved: bool = False,
) -> LiveState:
    """Look by itself for all that is owned, or `declared` and perhaps hidden, and was not listed.

    Raises PlaneError when a list leaves out. What is owned on another cluster is looked for nowhere, unless this one
    `has_moved` to another address: such an inventory is refused.
    """
    if not has_moved and not is_same_cluster(owned.home, live.caller.home):
        return live
    return with_absence_confirmed(live, owned, reader, kinds, pool, declared)


def _show(proposal: Proposal, view: View) -> None:
    """Show a plan, also one that is refused. Raises InvalidInput for errors instead, whether there is a plan or not."""
    if faults := errors_of(proposal.problems):
        raise InvalidInput(faults)
    if proposal.plan is not None:
        if proposal.problems:
            view.problems(proposal.problems)
        view.plan(proposal.plan)


def secrets_named(approved: Plan, secrets: Secrets) -> Iterator[str]:
    """Yield the secrets that manifests name, also those that are not sent: a job may tell of an earlier apply.

    What has to be asked for is not, where nothing is compared or sent: of what goes, and of what is ignored.
    """
    refs = [
        ref
        for each in approved.changes
        if each.desired is not None
        for path, ref in secret_refs(each.desired.spec)
        if not ref.is_looked_up or _is_used(each, path)
    ]
    secrets.look(refs)
    for ref in refs:
        if secrets.is_available(ref):
            yield secrets.value(ref)


def _is_used(change: Change, path: str) -> bool:
    assert change.desired is not None, f"{change.address} states no secret"
    if not change.desired.is_present:
        return False
    is_sent = change.live is None or any(item.dotted == path for item in change.diff)
    return is_sent or not is_ignored(path, change.desired.lifecycle.ignore_changes)


def _has_moved(limits: Limits) -> bool:
    return MOVE in limits.waivers
