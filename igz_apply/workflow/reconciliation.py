"""An apply as one transaction, from the lock to the report.

No terminal, no signal and no config is in it: whoever runs it hands in who approves, and what shows it. The command
line, a Python program and a loop that reconciles again and again run this same function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from enum import Enum
from typing import Protocol

from igz_apply.errors import Interrupted, InvalidInput, Locked
from igz_apply.execution.deadline import Deadline
from igz_apply.execution.options import ApplyOptions
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Change, Plan
from igz_apply.model.ignoring import is_ignored
from igz_apply.model.kind import Kinds
from igz_apply.model.outcomes import Report
from igz_apply.model.problems import errors_of
from igz_apply.model.references import secret_refs
from igz_apply.model.resources import LiveState, Owned
from igz_apply.planning.homes import is_same_cluster, placed
from igz_apply.planning.presence import with_absence_confirmed
from igz_apply.platform import Platform
from igz_apply.ports import InventoryStore, Pool, Reader, Secrets, View
from igz_apply.values import dataclass
from igz_apply.workflow.applying import Ports, applied, as_it_is
from igz_apply.workflow.proposing import Proposal, judged_again
from igz_apply.workflow.reopening import recheck
from igz_apply.workflow.sources import Source


class Approval(Enum):
    """Whether a plan may be applied."""

    NO = "no"
    YES = "yes"  # somebody was asked and took their time: what has moved meanwhile is looked for
    UNASKED = "unasked"  # yes, and nobody was asked


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
    conclude: Callable[[Report], Report] = as_it_is,
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
            report, write_end = applied(approved, live, owned, ports, options, platform, source.seal)
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
