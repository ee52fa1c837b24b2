"""What runs that change nothing make: the two sides of a plan, read side by side, a proposal of them, and drift."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Future
from dataclasses import replace

from igz_apply import workflow
from igz_apply.cli.hooks import HookRunner
from igz_apply.cli.inventories import Inventory, known_inventory, settle, shared_before
from igz_apply.cli.manifest_paths import check_standard_input, load_manifests
from igz_apply.cli.proposal import (
    Narrowing,
    PlanFlags,
    add_warnings,
    keep_declared,
    limits_of,
    load_valid,
    propose,
    require_valid,
)
from igz_apply.cli.session import Session
from igz_apply.cli.wiring import Cluster, readable_cluster
from igz_apply.errors import CHANGES, IgzApplyError, InvalidInput
from igz_apply.manifests.config import Config
from igz_apply.manifests.kind_glance import kinds_glanced
from igz_apply.manifests.loading import Loaded
from igz_apply.model.changes import Plan
from igz_apply.model.problems import Problem
from igz_apply.model.resources import LiveState, Owned
from igz_apply.planning.drift import Drift
from igz_apply.planning.reach import kinds_to_read, lacks
from igz_apply.values import dataclass
from igz_apply.workflow import Proposal

Opened = tuple[Inventory, Owned]


@dataclass(frozen=True, slots=True)
class Read:
    """What a plan is made from."""

    loaded: Loaded
    store: Inventory
    owned: Owned
    live: LiveState


def proposal_of(
    session: Session,
    config: Config,
    flags: PlanFlags,
    narrow: Narrowing = keep_declared,
    *,
    is_saved: bool,
    expires: float | None = None,
) -> Proposal:
    """Return what would be done.

    A plan that `is_saved`, or told whole, names the one that was applied before it, where its manifests come from, and
    until when it may be applied: for `expires` seconds, None for as long as the config says.
    """
    HookRunner(session, config, "plan").before_plan()
    check_standard_input(session, config, flags.paths)
    with readable_cluster(session, config, flags.parallelism, flags.deadline) as cluster:
        if session.snapshot is not None:
            from igz_apply.cli.snapshots import planned_config  # here, as most runs have none

            config = planned_config(session, config, flags.paths)
        read = read_both(session, config, flags, cluster)
    owned, where = read.owned, cluster.connection
    proposal = propose(session, config, flags, read.loaded, read.live, owned, read.store, narrow, connection=where)
    session.held += [read, proposal]
    if proposal.plan is None:
        return proposal
    made = proposal.plan
    if is_saved:
        made = _to_be_saved(config, flags, workflow.following(made, owned), expires)
    if session.snapshot is not None and proposal.live is not None:
        from igz_apply.cli.snapshots import add_snapshot  # here, as most runs have none

        made = add_snapshot(session, made, read.loaded.desired.resources, proposal.live)
    return replace(proposal, plan=add_warnings(made, where))


def _to_be_saved(config: Config, flags: PlanFlags, made: Plan, expires: float | None) -> Plan:
    from igz_apply.local.checkout import checkout_of  # both here, as most plans are only looked at
    from igz_apply.local.clock import SystemClock, later, moment

    seconds = config.plan_expires if expires is None else expires
    until = "" if seconds is None else moment(later(SystemClock().utc(), seconds))
    return replace(made, checkout=checkout_of(flags.paths or config.manifests), expires=until)


@dataclass(frozen=True, slots=True)
class Drifted:
    """What others changed since the last apply, with the plan that puts it back, which tells what is not in git."""

    plan: Plan
    resources: tuple[Drift, ...]
    place: str  # of the inventory
    live: LiveState  # that it was told of
    is_first: bool = False  # whether nothing was applied from it yet, so that there is nothing to compare

    @property
    def nothing_applied(self) -> str:
        """What is to be said where nothing was."""
        return f"Nothing was applied from {self.place} yet, so there is nothing to compare."

    def require_inventory(self) -> None:
        """Raise InvalidInput where a machine would take it for "no drift" that there is nothing to compare."""
        if self.is_first:
            hint = "Apply first, or correct `inventory` in the config."
            raise InvalidInput([Problem("No inventory", self.nothing_applied, hint)])

    def code_of_unmanaged(self) -> int:
        """Return the exit code that says whether anything is not in git.

        Raises IgzApplyError where nobody can say so: nothing was found, and not everything was seen.
        """
        from igz_apply.wording.unmanaged_words import unseen_counted  # here, as it is asked with one option alone

        made = self.plan
        if not made.unmanaged.is_empty:
            return CHANGES
        if unseen := unseen_counted(len(made.not_visible), made.partial):
            why = "; ".join(dict.fromkeys((*made.partial.values(), *made.not_visible.values())))
            raise IgzApplyError(
                f"Whether anything is not in git cannot be said: {unseen} ({why})",
                hint=f"Run it as somebody who sees all, or give {made.caller.username} a policy that shows it.",
            )
        return 0


def drifted(session: Session, config: Config, flags: PlanFlags) -> Drifted:
    """Compare what was last applied, what lives and what the manifests say. Raises InvalidInput, and PlaneError."""
    if session.global_flags.live:
        from igz_apply.cli.snapshots import planned_config  # here, as most runs have none

        config = planned_config(session, config, flags.paths)
    loaded = load_valid(session, config, flags)
    store, known = known_inventory(session, config)
    with readable_cluster(session, config, deadline=flags.deadline) as cluster:
        live = cluster.live()
        owned = settle(session, config, store, known, live)
        seen = cluster.confirmed(live, owned, loaded.desired.resources)
        proposal = propose(session, config, flags, loaded, seen, owned, store, connection=cluster.connection)
    made = proposal.plan
    assert made is not None, "a proposal without a plan has been refused before"
    if session.snapshot is not None:
        from igz_apply.cli.snapshots import warn_of_untold

        warn_of_untold(session, made)
    if store.is_new and owned is known:
        return Drifted(made, (), store.place, seen, is_first=True)
    return Drifted(made, workflow.drift(made, owned, session.platform), store.place, seen)


def read_both(session: Session, config: Config, flags: PlanFlags, cluster: Cluster) -> Read:
    """Read manifests, inventory and cluster. Raises InvalidInput with every problem of the manifests, and PlaneError.

    Which kinds to fetch is told by a glance at the manifests; what that has missed is fetched once it is known.
    """
    fetching, opening = _begun(session, config, flags, cluster)
    loaded = require_valid(session, config, flags, load_manifests(session, config, flags.paths))
    store, known = opening.result() if opening is not None else known_inventory(session, config)
    live = fetching.result()
    if live.unread and lacks(live, _wanted(session, config, flags, loaded, (store, known))):
        live = cluster.live()  # all of it: ids in what was read may be of what was not
    owned = settle(session, config, store, known, live)
    live = cluster.confirmed(live, owned, loaded.desired.resources, has_moved=flags.has_moved)
    return Read(loaded, store, owned, live)


def _begun(
    session: Session, config: Config, flags: PlanFlags, cluster: Cluster
) -> tuple[Future[LiveState], Future[Opened] | None]:
    """Begin to fetch. Where that is not everything, what is owned counts too, so that the inventory is opened first.

    That as well goes on beside the manifests; without a Future for it the inventory is still to be opened.
    """
    if session.snapshot is not None:
        return cluster.fetching(), None  # all is at hand
    paths = flags.paths or config.manifests
    glanced = kinds_glanced(paths, config.ignore, lambda found: kinds_to_read(cluster.kinds, found) is None)
    if glanced is None or kinds_to_read(cluster.kinds, glanced) is None:
        return cluster.fetching(), None
    opening: Future[Opened] = Future()
    return cluster.pool.submit(_fetched, session, config, cluster, glanced, opening), opening


def _fetched(
    session: Session, config: Config, cluster: Cluster, glanced: frozenset[str], opening: Future[Opened]
) -> LiveState:
    """Open the inventory, then fetch the kinds that it or the manifests are about."""
    try:
        opened = known_inventory(session, config)
        is_all = _may_be_taken_over(session, config, opened)
    except BaseException as error:
        opening.set_exception(error)
        return cluster.live()
    opening.set_result(opened)
    owned: Collection[str] = {address.kind for address in opened[1].entries}
    return cluster.live(None if is_all else kinds_to_read(cluster.kinds, glanced.union(owned)))


def _wanted(
    session: Session, config: Config, flags: PlanFlags, loaded: Loaded, opened: Opened
) -> frozenset[str] | None:
    if _may_be_taken_over(session, config, opened):
        return None
    kinds, limits = session.platform.kinds, limits_of(session, config, flags)
    return workflow.kinds_of(loaded, opened[1], kinds, limits=limits, selection=flags.selection)


def _may_be_taken_over(session: Session, config: Config, opened: Opened) -> bool:
    """Whether another inventory may be this target's: what it owns is told by all that lives."""
    return shared_before(session, config, opened[0]) is not None
