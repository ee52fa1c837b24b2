"""How the run of one target among several is asked to end: what was sent comes to its end, what only looks is left.

Targets run in threads, which nothing can interrupt. So who waits for a cluster waits for a `LeavablePool`, which gives
up; and who hangs elsewhere is given up itself, and must not send anything afterwards.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from igz_apply.errors import Interrupted
from igz_apply.execution.executor import INTERRUPT
from igz_apply.local.programs import Leash
from igz_apply.ports import Inbox

T = TypeVar("T")

NOT_SENT = "Nothing was changed."


class TargetStop:
    """Asked by a signal handler, in the main thread; what it asks is a target, in another."""

    def __init__(self, wake: Callable[[], object]) -> None:
        """`wake` is called once it was asked, for whoever waits for the target; it must be safe in a handler."""
        self._wake = wake
        self._lock = threading.RLock()
        self._is_asked = False
        self._apply: Inbox | None = None  # of what is being applied; None: nothing was sent yet
        self._has_applied = False
        self._waiting: set[Future[Any]] = set()
        self._leashes: list[Leash] = []

    def ask(self) -> None:
        """Let it end: an apply starts nothing new, and what only looks is left."""
        with self._lock:
            self._is_asked = True
            if self._apply is not None:
                self._apply.put(INTERRUPT)
            else:
                self._pull()
                for each in () if self._has_applied else tuple(self._waiting):
                    _fail(each)
        self._wake()

    def leave(self) -> None:
        """End all programs that run for it: the process ends now."""
        with self._lock:
            self._pull()

    def leash(self) -> Leash:
        """Return what holds programs that run for it, until it is asked."""
        made = Leash()
        with self._lock:
            self._leashes.append(made)
            if self._is_asked and not self._has_applied:
                made.pull()
        return made

    def _pull(self) -> None:
        for each in self._leashes:
            each.pull()

    @property
    def may_be_left(self) -> bool:
        """Whether it was asked, and nothing was sent nor will be."""
        with self._lock:
            return self._is_asked and self._apply is None and not self._has_applied

    @contextmanager
    def applying(self, inbox: Inbox) -> Iterator[None]:
        """Be around what is sent. Raises Interrupted where it was asked already."""
        with self._lock:
            if self._is_asked:
                raise Interrupted(NOT_SENT)
            self._apply, self._has_applied = inbox, True
        try:
            yield
        finally:
            with self._lock:
                self._apply = None

    def await_for(self, made: Future[T]) -> Future[T]:
        """Return what ends as `made` does, or, before anything was sent, when it is asked. Raises Interrupted."""
        with self._lock:
            if self._has_applied:
                return made  # nobody gives it up
            if self._is_asked:
                made.cancel()
                raise Interrupted(NOT_SENT)
            seen: Future[T] = Future()
            self._waiting.add(seen)
        made.add_done_callback(lambda _: self._hand_on(made, seen))
        return seen

    def _hand_on(self, made: Future[T], seen: Future[T]) -> None:
        with self._lock:
            self._waiting.discard(seen)
        with suppress(InvalidStateError):  # it was given up meanwhile
            if made.cancelled():
                seen.cancel()
            elif (error := made.exception()) is not None:
                seen.set_exception(error)
            else:
                seen.set_result(made.result())


class LeavablePool(ThreadPoolExecutor):
    """A pool whose work is waited for no longer than a target runs."""

    def __init__(self, workers: int, stop: TargetStop) -> None:
        super().__init__(workers, thread_name_prefix="work")
        self._stop = stop

    def submit(self, work: Callable[..., T], /, *arguments: Any, **named: Any) -> Future[T]:
        """Let a worker do it. Raises Interrupted where nothing is waited for any more."""
        return self._stop.await_for(super().submit(work, *arguments, **named))


def _fail(seen: Future[Any]) -> None:
    with suppress(InvalidStateError):
        seen.set_exception(Interrupted(NOT_SENT))
