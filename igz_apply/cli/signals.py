"""Ctrl-C, SIGTERM and SIGHUP while an apply runs: the first asks it to come to its end, the second leaves at once."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Any

from igz_apply.errors import INTERRUPTED

# Not every system has a SIGHUP, which says that the terminal or the connection to it was closed.
_HANGUPS = tuple(getattr(signal, name) for name in ("SIGHUP",) if hasattr(signal, name))
_WAKERS = tuple(getattr(signal, name) for name in ("SIGUSR1",) if hasattr(signal, name))
_TERMINATIONS = (signal.SIGTERM, *_HANGUPS)
_TOGETHER = 0.1
"""Seconds within which signals are one: `timeout` and others send it to a process, and to the group that it is in."""

_came: list[int] = []
"""What `termination_as_interrupt` was told: what it raises is lost within a callback, as of an import's locks."""


@contextmanager
def interruptible(ask_to_stop: Callable[[], object], before_leaving: Callable[[], object]) -> Iterator[None]:
    """Call `ask_to_stop` at the first signal that comes while the block runs; leave the process at the second.

    For the main thread. Calls in flight hold threads that nothing can stop, so leaving at once means without them.
    """
    first_at: float | None = None

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal first_at
        if first_at is not None:
            if monotonic() - first_at < _TOGETHER:
                return
            with contextlib.suppress(OSError):  # the terminal may be gone
                sys.stderr.flush()
            before_leaving()
            os._exit(INTERRUPTED)
        first_at = monotonic()
        ask_to_stop()

    with _handling((signal.SIGINT, *_TERMINATIONS), handle):
        if _came:
            handle(_came[0], None)
        yield


@contextmanager
def waking(wake: Callable[[], object]) -> Iterator[None]:
    """Call `wake` at each SIGUSR1 that comes while the block runs. For the main thread."""
    with _handling(_WAKERS, lambda _number, _frame: wake()):
        yield


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the program as Ctrl-C does, so that locks are given back.

    Signals are the main thread's: in any other, nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, _frame: FrameType | None) -> None:
        _came.append(number)
        raise KeyboardInterrupt

    _came.clear()
    with _handling(_TERMINATIONS, handle):
        yield


@contextmanager
def _handling(numbers: Iterable[int], handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    """Handle these signals while the block runs. A hang-up that the caller ignores (`nohup`) stays ignored."""
    heard = [number for number in numbers if number not in _HANGUPS or signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heard}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
