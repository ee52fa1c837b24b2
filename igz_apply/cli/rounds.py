"""Rounds of reconciling, wired: where the manifests are, one round of them, who leads, and who is told."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from igz_apply.cli.following import following_of, steadily
from igz_apply.cli.hooks import HookRunner
from igz_apply.cli.leadership import LeaderLease
from igz_apply.cli.memory import Memory
from igz_apply.cli.notifying import Notifying, place_of, try_notifications
from igz_apply.cli.pins import inventory_place, listen_of
from igz_apply.cli.proposal import PlanFlags, keep_declared
from igz_apply.cli.round_flags import RoundFlags
from igz_apply.cli.round_session import RoundSession, RoundView, Shown
from igz_apply.cli.session import GlobalFlags, Session
from igz_apply.cli.settings import connection_of, first
from igz_apply.cli.signals import interruptible, waking
from igz_apply.cli.stopping import Stopping
from igz_apply.cli.takings import Takings
from igz_apply.cli.tracing import leave, tell_loss
from igz_apply.cli.transaction import ApplyFlags, Making, Run, of_manifests, transact
from igz_apply.cli.watching import delivered_by, watching
from igz_apply.errors import RepositoryLost
from igz_apply.inventory import default_place
from igz_apply.inventory.places import storage_at
from igz_apply.local.clock import SystemClock, moment
from igz_apply.local.files import Files
from igz_apply.manifests.config import Config
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Report
from igz_apply.model.problems import Problem
from igz_apply.model.reconciling import Mode, Reconciling
from igz_apply.model.resources import LiveState, Owned
from igz_apply.model.rounds import HeldBack
from igz_apply.model.urls import without_credentials
from igz_apply.planning.backing_off import delay
from igz_apply.planning.pausing import idle_names
from igz_apply.planning.spending import Spent
from igz_apply.ports import Leadership, RoundWatcher
from igz_apply.values import dataclass
from igz_apply.wording.reconciling_words import rounds_words
from igz_apply.workflow import Approval, Proposal
from igz_apply.workflow.healing import Healer, Healing
from igz_apply.workflow.rounds import (
    STOP,
    WAKE,
    Alone,
    Followed,
    Pace,
    RoundPorts,
    RoundResult,
    Rounds,
    Watchers,
    ending_of,
    exit_code_of,
    result_of,
)

if TYPE_CHECKING:
    from igz_apply.http.watching import CallWatcher

PATIENCE = 5.0
"""Seconds that a round waits for an inventory that another holds."""


class Reconciler:
    """What every round is made of: flags, environment, config, and what is kept between them."""

    def __init__(self, session: Session, flags: RoundFlags, shown: Shown) -> None:
        """Read the config. Raises InvalidInput for what is wrong with it, or with the command line."""
        self._flags = flags
        self._shown = shown
        self._clock = SystemClock()
        self._inbox = self._clock.inbox()
        self._stopping = Stopping(self._inbox, STOP)
        self._global_flags = session.global_flags
        self._environ = session.environ
        self._trace = session.trace
        self._call_watchers: Sequence[CallWatcher] = tuple(session.watchers)
        self._leave = partial(leave, session)
        self._stdin = session.stdin.readline() if session.global_flags.password_stdin else b""
        self._memory = Memory()
        self._config: Config | None = None  # as it was read last; None: not yet
        self._reconciling = Reconciling()
        self._healer = Healer(self._reconciling)
        self._is_frozen = False  # whether a freeze has begun since what is applied was planned
        self._takings = Takings(shown.note)
        self._lease = LeaderLease(self._place_to_lead, self._clock, self._stopping.end_apply, lease_seconds=flags.lease)
        self._notifying = Notifying(self._environ, self._place, flags.repository.repo)
        self._following = following_of(session, flags.repository, shown.note)
        session.place_of = self._following.place_of
        self._watchers: Sequence[RoundWatcher] = (shown, self._healer, self._notifying.notifier)
        self._look_at_first()
        if session.trace is not None:
            from igz_apply.tracing.ports import RoundSpans  # here, as few runs are traced

            spans = RoundSpans(session.trace, partial(tell_loss, session), is_once=flags.is_once)
            self._watchers = (spans, *self._watchers)

    def run(self) -> int:
        """Run one round, or rounds until a signal ends them; return the exit code."""
        try:
            waked = waking(lambda: self._inbox.put(WAKE))
            with self._watching() as leadership, interruptible(self._stopping.ask, self._leave), waked:
                rounds = Rounds(self._ports(leadership))
                if self._flags.is_once:
                    return exit_code_of(rounds.once())
                rounds.run()
                return 0
        finally:
            self._following.close()

    @contextmanager
    def _watching(self) -> Iterator[Leadership]:
        """Show figures of rounds, calls and leadership while the block runs, if anybody is to see them."""
        leadership: Leadership = Alone() if self._flags.is_once else self._lease
        listen = listen_of(self._environ, self._known(), self._flags.listen)
        with watching(self._session(), self._known, lambda: self._reconciling, listen, self._shown.note) as watch:
            if watch is not None:
                self._watchers, self._call_watchers = (*self._watchers, watch), (*self._call_watchers, watch.calls)
                watch.delivered = partial(delivered_by, self._notifying.notifier)
                watch.is_deposed = lambda: self._lease.is_lost
                leadership = watch.leading(leadership)
            yield leadership

    def try_notify(self) -> int:
        """Send trial messages instead of running rounds; return the exit code. Raises InvalidInput."""
        try:
            config = self._configured(self._session(), self._follow())
        finally:
            self._following.close()
        return try_notifications(config, self._environ, self._shown.note)

    def _known(self) -> Config:
        """Return the config as far as it is known: where a repository has it, hardly before the first round."""
        target = self._global_flags.target or self._environ.get("IGZ_TARGET", "")
        return self._config or self._following.outside or Config(target=target)

    def _ports(self, leadership: Leadership) -> RoundPorts:
        return RoundPorts(
            clock=self._clock,
            inbox=self._inbox,
            watchers=self._watchers,
            follow=self._follow,
            one_round=self._one_round,
            pace=self._pace,
            leadership=leadership,
            iso=moment,
        )

    def _look_at_first(self) -> None:
        """Look at what would be wrong with every round. Raises InvalidInput."""
        session, config = self._session(), self._following.outside
        if config is not None:
            self._settle(config)
        elif self._following.is_remote:
            return  # what is wrong with a commit may be right with the next one
        else:
            config = self._configured(session, self._follow())
        connection_of(session, config)
        storage_at(self._place(), Files())

    def _session(self) -> RoundSession:
        flags = GlobalFlags(**vars(self._global_flags))
        session = RoundSession(flags, self._environ, self._stdin, self._shown)
        session.memory = self._memory
        session.trace = self._trace
        session.lease_seconds = self._flags.lease
        session.watchers.extend(self._call_watchers)
        return session

    def _configured(self, session: Session, followed: Followed) -> Config:
        """Read the config anew. Raises InvalidInput."""
        return self._settle(self._following.config(session, followed))

    def _settle(self, config: Config) -> Config:
        stated = config.reconciling or Reconciling()
        healed = dict.fromkeys(self._flags.heal, Mode.HEAL)
        modes = healed if "*" in healed else {**stated.modes, **healed}
        interval = stated.interval if self._flags.interval is None else self._flags.interval
        self._reconciling = replace(stated, modes=modes, interval=interval)
        self._config = config
        self._notifying.learn(config)  # first of all: they are told what is wrong with the rest
        self._healer.follow(self._reconciling)
        return config

    def _place(self) -> str:
        """Return where the inventory lies, "" while no config was read."""
        if self._config is None:
            return ""
        return inventory_place(self._environ, self._config) or default_place(self._config.target)

    def _place_to_lead(self) -> str:
        """Return where the inventory lies, of which a repository that was not read yet may have to tell."""
        if self._config is None:
            with suppress(Exception, KeyboardInterrupt):  # the round that comes finds the same, and tells it
                self._configured(self._session(), self._follow())
        return self._place()

    def _pace(self) -> Pace:
        backoff = self._reconciling.backoff
        return Pace(
            self._reconciling.interval, lambda failures: delay(failures, backoff, random.random()), self._lease.pause
        )

    def _follow(self) -> Followed:
        """Return where the manifests are."""
        with self._stopping.looking():
            return self._following.follow()

    def _one_round(self, followed: Followed) -> RoundResult:
        """Plan, hold back what is not to be made, make the rest, and return what came of it. Raises nothing."""
        made = _Made(self)
        with self._stopping.looking(), self._memory.round():
            try:
                report = self._transacted(followed, made)
            except (Exception, KeyboardInterrupt) as error:  # of whatever kind: it is told, and the loop goes on
                return replace(self._told(result_of(error)), plan=made.plan, held=made.held)
        assert made.plan is not None, "what was applied was planned"
        ending = ending_of(made.plan, report.plan, made.held, report)
        return RoundResult(ending, made.plan, made.held, report if report.ends else None, made.stops)

    def _told(self, result: RoundResult) -> RoundResult:
        """Return what a round came to, with paths as they are told."""
        telling = self._following.telling
        if telling is None:
            return result
        problems = tuple(map(telling.problem, result.problems))
        return replace(result, problems=problems, error=telling.text(result.error))

    def _transacted(self, followed: Followed, made: _Made) -> Report:
        read = steadily(self._following, lambda: self._read(followed))

        def make(run: Run, live: LiveState, owned: Owned) -> Proposal:
            return made.keep(read.making.make(run, live, owned), lambda: self._spent(run, read))

        making = replace(read.making, make=make)
        with read.hooks.telling_of_failure():
            return transact(read.session, read.config, read.flags, read.applying, read.hooks, making, asking=made)

    def _read(self, followed: Followed) -> _Read:
        """Read config and manifests of a round."""
        session = self._session()
        session.view = RoundView(self._shown, Watchers(self._watchers), self._mind_freezes)
        config = self._configured(session, followed)
        if not self._flags.is_once:
            self._shown.note(self._purpose(config))
        planning, applying = self._flags.planning, self._flags.applying
        flags = replace(planning, paths=self._following.paths(followed, planning.paths))
        session.checkout = self._following.checkout(followed, flags.paths or config.manifests)
        patience = first(applying.lock_timeout, config.lock_timeout, PATIENCE)
        applying = replace(applying, lock_timeout=patience)
        hooks = HookRunner(session, config, applying.command)
        hooks.learn(self._notifying.secrets)
        with hooks.telling_of_failure():
            hooks.before_plan()
            making = of_manifests(session, config, flags, applying, keep_declared)
        return _Read(session, config, flags, applying, hooks, making)

    def _purpose(self, config: Config) -> str:
        """Say what the rounds are about: once, and again when that changes."""
        cluster = without_credentials(self._global_flags.endpoint) or place_of(config, self._environ).cluster
        return f"{' at '.join(filter(None, (config.target, cluster)))}: {rounds_words(self._reconciling)}."

    def hold(self, proposal: Proposal, spent: Callable[[], Spent]) -> Healing:
        """Return what of a proposal is made; `spent` tells what rounds have taken away."""
        self._is_frozen = False
        for key, name in idle_names(self._reconciling, proposal.plan) if proposal.plan is not None else ():
            self._shown.note(f"`{key}` names {name}, which is neither declared nor owned: see how it is spelt.")
        return self._healer.hold(proposal, self._clock.utc(), spent)

    def _spent(self, run: Run, read: _Read) -> Spent:
        """Return what rounds have taken away, for one that would take more: of manifests that are all there.

        A folder that is written in place, by `git pull` or a copy, is half there for a while. Raises RepositoryLost.
        """
        if not self._following.is_remote:
            again = of_manifests(read.session, read.config, read.flags, read.applying, keep_declared)
            if again.declared != read.making.declared:
                raise RepositoryLost(
                    "The manifests changed while the plan was made, and it would take something away.",
                    hint="The next round looks again. Let what keeps the folder put a new version beside it, and swap "
                    "a link.",
                )
        return self._takings.lately(run.store.records(), run.session.platform.kinds, self._clock.utc())

    def _mind_freezes(self) -> None:
        """Let an apply start nothing new once a freeze has begun: what is left is looked at by the next round."""
        if not self._is_frozen and (why := self._healer.frozen_since(self._clock.utc())):
            self._is_frozen = True
            self._shown.note(f"nothing new is sent: {why}")
            self._stopping.end_apply()

    def applying(self, run: Run) -> AbstractContextManager[None]:
        """Be around what a round sends."""
        return self._stopping.applying(run.inbox, lambda: self._lease.is_lost)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of one round's manifests, and what makes a plan of them."""

    session: RoundSession
    config: Config
    flags: PlanFlags
    applying: ApplyFlags
    hooks: HookRunner
    making: Making


class _Made:
    """What one round has made so far; asks nobody whether it is applied."""

    def __init__(self, reconciler: Reconciler) -> None:
        self.plan: Plan | None = None  # the whole of it
        self.held: Mapping[Address, HeldBack] = {}
        self.stops: tuple[Problem, ...] = ()  # the refusals by which something is held back
        self._reconciler = reconciler

    def keep(self, proposal: Proposal, spent: Callable[[], Spent]) -> Proposal:
        """Keep the whole plan, and return what of it is to be made; `spent` tells what rounds have taken away."""
        self.plan = proposal.plan
        healing = self._reconciler.hold(proposal, spent)
        self.held, self.stops = healing.held, healing.stops
        return healing.proposal

    def approve(self, run: Run, plan: Plan) -> Approval:  # noqa: ARG002 - the protocol's signature
        """Ask nobody."""
        return Approval.UNASKED

    @contextmanager
    def stoppable(self, run: Run) -> Iterator[None]:
        """Let a signal stop it, and the loss of the lease."""
        with self._reconciler.applying(run):
            yield
