"""The inventory of a run, held from before it is read until what was sent is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from igz_apply import workflow
from igz_apply.cli.hooks import credentials_in
from igz_apply.cli.inventories import settle, shared_before, take_over
from igz_apply.errors import StalePlan
from igz_apply.inventory import FsspecInventory
from igz_apply.local.clock import SystemClock, moment
from igz_apply.model.changes import Plan
from igz_apply.model.resources import LiveState, Owned
from igz_apply.planning.approval import expired
from igz_apply.planning.sending import invented_secrets

if TYPE_CHECKING:
    from igz_apply.cli.transaction import Run


class TargetLease:
    """The inventory of the run's target, or, once, the one that all targets shared, which the target takes over."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._before: FsspecInventory | None = None  # the one that was shared; None: none, or it is of others

    @contextmanager
    def hold(self, patience: float) -> Iterator[Owned]:
        """Hold its lock, and that of the one that was shared."""
        run = self._run
        with run.store.locked(patience), ExitStack() as also:
            owned = run.store.load()
            self._before = shared_before(run.session, run.config, run.store)
            if self._before is not None:
                also.enter_context(self._before.locked(patience))
            yield owned

    def settle(self, owned: Owned, live: LiveState) -> Owned:
        """Return what is owned on this cluster, and say where that is not what the target's own inventory holds."""
        found = settle(self._run.session, self._run.config, self._run.store, owned, live)
        if found is owned:
            self._before = None
        return found

    @contextmanager
    def changing(self, approved: Plan) -> Iterator[None]:
        """Take over what was shared. What asks the run to stop lets the apply come to a known end."""
        run = self._run
        check_time(approved)  # the question may have stood for long
        for text in invented_secrets(approved, run.secrets):
            if text not in approved.warnings:  # the plan was made, and saved, where they were at hand
                run.session.warn(text)
        run.hooks.learn(lambda: (*credentials_in(run.connection), *workflow.secrets_named(approved, run.secrets)))
        run.hooks.before_apply(approved)
        with run.asking.stoppable(run):
            if self._before is not None:
                take_over(run.store, self._before)
            yield


def check_time(plan: Plan) -> None:
    """Raise StalePlan for a plan that was to be applied before now."""
    if over := tuple(expired(plan, moment(SystemClock().utc()))):
        raise StalePlan(over)
