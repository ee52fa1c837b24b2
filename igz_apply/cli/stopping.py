"""How a process that runs rounds is asked to end: what was sent comes to its end, what only looks is left at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from igz_apply.execution.executor import INTERRUPT
from igz_apply.ports import Inbox


class Stopping:
    """Asked by a signal, in the main thread; what it asks is what is going on there."""

    def __init__(self, inbox: Inbox, stop: object) -> None:
        """`stop` is what is left in the `inbox` of the loop."""
        self._inbox = inbox
        self._stop = stop
        self._apply: Inbox | None = None  # of what is being applied; None: nothing is
        self._is_looking = False  # whether what goes on may be left: nothing was sent
        self._is_asked = False

    def ask(self) -> None:
        """Let the loop end. Raises KeyboardInterrupt where a round only looks."""
        self._is_asked = True
        self._inbox.put(self._stop)
        if self._apply is not None:
            self._apply.put(INTERRUPT)
        elif self._is_looking:
            self._is_looking = False
            raise KeyboardInterrupt

    def end_apply(self) -> None:
        """Let what is being applied start nothing new, from any thread; the loop goes on."""
        apply = self._apply
        if apply is not None:
            apply.put(INTERRUPT)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Be around all of a round. Raises KeyboardInterrupt where it was asked already."""
        self._is_looking = True
        try:
            if self._is_asked:
                raise KeyboardInterrupt
            yield
        finally:
            self._is_looking = False

    @contextmanager
    def applying(self, inbox: Inbox, is_lost: Callable[[], bool]) -> Iterator[None]:
        """Be around what is sent, and what becomes of it: from here on the round is not left.

        Where it `is_lost` already who may send, nothing is.
        """
        self._apply, self._is_looking = inbox, False
        if is_lost():
            inbox.put(INTERRUPT)
        try:
            yield
        finally:
            self._apply = None
