"""The inventory of a run, held from before it is read until what was sent is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from igz_apply.cli.inventories import settle, shared_before, take_over
from igz_apply.cli.session import Session
from igz_apply.inventory import FsspecInventory
from igz_apply.manifests.config import Config
from igz_apply.model.changes import Plan
from igz_apply.model.resources import LiveState, Owned


class TargetLease:
    """The inventory of the run's target, or, once, the one that all targets shared, which the target takes over."""

    def __init__(
        self,
        session: Session,
        config: Config,
        store: FsspecInventory,
        sending: Callable[[Plan], AbstractContextManager[None]],
    ) -> None:
        """`sending` is around all that an approved plan sends; what it raises stops the run before that."""
        self._session = session
        self._config = config
        self._store = store
        self._sending = sending
        self._before: FsspecInventory | None = None  # the one that was shared; None: none, or it is of others

    @contextmanager
    def hold(self, patience: float) -> Iterator[Owned]:
        """Hold its lock, and that of the one that was shared."""
        with self._store.locked(patience), ExitStack() as also:
            owned = self._store.load()
            self._before = shared_before(self._session, self._config, self._store)
            if self._before is not None:
                also.enter_context(self._before.locked(patience))
            yield owned

    def settle(self, owned: Owned, live: LiveState) -> Owned:
        """Return what is owned on this cluster, and say where that is not what the target's own inventory holds."""
        found = settle(self._session, self._config, self._store, owned, live)
        if found is owned:
            self._before = None
        return found

    @contextmanager
    def changing(self, approved: Plan) -> Iterator[None]:
        """Take over what was shared. What asks the run to stop lets the apply come to a known end."""
        with self._sending(approved):
            if self._before is not None:
                take_over(self._store, self._before)
            yield
