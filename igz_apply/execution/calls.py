"""The calls in flight: so many at once, and each tells of its end by a message, which the thread of the state reads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any

from igz_apply.ports import Inbox


class Calls:
    """Work that workers do, one call each. Whoever submits reads the inbox too: a message there is to be called."""

    def __init__(self, pool: Executor, inbox: Inbox, most: int) -> None:
        self._pool = pool
        self._inbox = inbox
        self._most = most
        self._out = 0

    @property
    def has_room(self) -> bool:
        """Whether one more may go out."""
        return self._out < self._most

    @property
    def is_idle(self) -> bool:
        """Whether none is out."""
        return not self._out

    def submit(self, work: Callable[[], Any], then: Callable[[Future[Any]], None]) -> None:
        """Let a worker do it, and hand on its end once the message of it is read."""
        self._out += 1
        self._pool.submit(work).add_done_callback(lambda done: self._inbox.put(partial(self._back, then, done)))

    def _back(self, then: Callable[[Future[Any]], None], done: Future[Any]) -> None:
        self._out -= 1
        then(done)
