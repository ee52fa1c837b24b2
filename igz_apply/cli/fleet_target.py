"""One target of a run over several: the very run of a single command, whose output is kept for the account of all."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial

from click import ClickException

from igz_apply.cli.fleet_stopping import NOT_SENT, LeavablePool, TargetStop
from igz_apply.cli.kept_session import KeptSession
from igz_apply.cli.logs import TARGET
from igz_apply.cli.session import GlobalFlags, Session
from igz_apply.cli.target_environ import suffix_of
from igz_apply.cli.transaction import OutputLost, Run
from igz_apply.errors import INVALID, IgzApplyError, Interrupted
from igz_apply.local import heap
from igz_apply.local.clock import SystemClock
from igz_apply.manifests.config import Config
from igz_apply.model.changes import Plan
from igz_apply.model.fleets import TargetStatus
from igz_apply.model.outcomes import Event
from igz_apply.planning.fleet_lean import lean
from igz_apply.planning.fleet_report import TargetResult
from igz_apply.planning.fleet_sharing import Shared
from igz_apply.ports import Inbox
from igz_apply.workflow import Approval
from igz_apply.workflow.fleet import Told
from igz_apply.workflow.fleet_ends import ended_by

PATIENCE = 3.0
"""Seconds that a target has to end by itself once it was asked, before anything is sent; then it is left."""


class TargetSession(KeptSession):
    """The session of one target."""

    def __init__(
        self,
        whole: Session,
        name: str,
        config: Config,
        environ: Mapping[str, str],
        inbox: Inbox | None = None,
        show: Callable[[str, Plan], None] | None = None,
    ) -> None:
        """`inbox` hears what happens, `show` shows what is about to be done; None: nobody does.

        `environ` is that of the whole run, `config` of any target.
        """
        flags = GlobalFlags(**{**vars(whole.global_flags), "target": name, "config": config.path})

        def tell(event: Event) -> None:
            if inbox is not None:
                inbox.put(Told(name, event))

        # A plan is shown at once, by this thread: whether it could be is looked at before anything is sent.
        super().__init__(flags, environ, tell, None if show is None else partial(show, name))
        self.targets = config.targets
        self.suffix = suffix_of(name)
        self._whole = whole

    @property
    def lost_output(self) -> OSError | None:
        """Why nobody can see any more what is done, None where they can."""
        return self._whole.lost_output


class Unwatched:
    """Nobody at a terminal: the plan was approved before, and what stops it is the run over all targets."""

    def __init__(self, stop: TargetStop) -> None:
        self._stop = stop

    def approve(self, run: Run, plan: Plan) -> Approval:  # noqa: ARG002 - the protocol's signature
        """Say yes: whoever was asked has answered for all targets."""
        return Approval.UNASKED

    @contextmanager
    def stoppable(self, run: Run) -> Iterator[None]:
        """Let the run over all targets stop it. Raises Interrupted where it has by now."""
        with self._stop.applying(run.inbox):
            yield


Work = Callable[[TargetSession, Config, Unwatched], TargetResult]
"""What is done with one target. What it raises is the target's end."""


class TargetRuns:
    """The targets that run now, each in a thread of its own."""

    def __init__(
        self,
        whole: Session,
        configs: Mapping[str, Config],
        environ: Mapping[str, str],
        inbox: Inbox,
        show: Callable[[str, Plan], None],
    ) -> None:
        """`show` is called with each plan that is about to be applied, before it is; from the target's thread."""
        self._whole = whole
        self._show = show
        self._configs = configs
        self._environ = environ
        self._inbox = inbox
        self._stops: dict[str, TargetStop] = {}
        self._is_asked = False
        self._shared = Shared()  # what equals a part of another target's end is kept once
        # A target's clients and pools refer to each other: nothing of them is to be left while the next ones run.
        heap.keep_together()
        gc.freeze()
        gc.enable()

    def ask_to_stop(self) -> None:
        """Let all that run end. It is safe in a signal handler."""
        self._is_asked = True
        for stop in tuple(self._stops.values()):
            stop.ask()

    def leave(self) -> None:
        """End the programs that run for them: the process ends now."""
        for stop in tuple(self._stops.values()):
            stop.leave()

    def run(self, work: Work, name: str) -> TargetResult:
        """Do it with one target, and return what came of it. Raises Interrupted where all were asked to end."""
        inbox = SystemClock().inbox()
        stop = TargetStop(partial(inbox.put, None))
        self._stops[name] = stop
        try:
            if self._is_asked:
                raise Interrupted(NOT_SENT)
            worker = threading.Thread(target=self._worked, args=(work, name, stop, inbox), name=name, daemon=True)
            worker.start()
            return _awaited(name, stop, inbox)
        finally:
            del self._stops[name]
            heap.give_back()

    def _worked(self, work: Work, name: str, stop: TargetStop, inbox: Inbox) -> None:
        """Do it, in the target's own thread, and leave what came of it."""
        told = TargetSession(self._whole, name, self._configs[name], self._environ, self._inbox, self._show)
        begun = told.thread_begun = partial(TARGET.set, name)
        begun()
        told.pool_of, told.leash = partial(LeavablePool, stop=stop, begun=begun), stop.leash
        try:
            result = work(told, self._configs[name], Unwatched(stop))
        except BaseException as error:
            result = _failed(name, Interrupted(NOT_SENT) if stop.may_be_left else error, told)
        result = replace(result, notes=tuple(told.notes))
        with suppress(Exception):  # what weighs more is right all the same, and somebody waits for it
            result = lean(result, self._shared)
        inbox.put(result)


def _awaited(name: str, stop: TargetStop, inbox: Inbox) -> TargetResult:
    """Wait for what a target comes to; one that was asked, and hangs although nothing was sent, is left."""
    clock, until = SystemClock(), None
    while True:
        found = inbox.get(None if until is None else max(0.0, until - clock.now()))
        if isinstance(found, TargetResult):
            return found
        if not stop.may_be_left:
            until = None  # it has begun to send, and comes to a known end
        elif until is None:
            until = clock.now() + PATIENCE
        elif clock.now() >= until:
            note = "It did not end when it was asked to, and was left; nothing was sent."
            return replace(ended_by(name, Interrupted(NOT_SENT)), notes=(note,))


def _failed(name: str, error: BaseException, told: TargetSession) -> TargetResult:
    """Return what a target came to that this error ended, with the plan that it had by then."""
    if isinstance(error, ClickException):
        return TargetResult(name, TargetStatus.INVALID, INVALID, error=error.format_message())
    if isinstance(error, OutputLost):
        error = IgzApplyError("Nobody can see what is done, so nothing was sent.", hint="See why, and run it again.")
    result = ended_by(name, error, told.kept.made)
    return replace(result, problems=(*told.problems, *result.problems))
