"""Ctrl-C and SIGTERM while an apply runs: the first asks it to come to a known end, the second leaves at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from igz_apply.errors import Interrupted

INTERRUPTED = Interrupted.exit_code
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible(ask_to_stop: Callable[[], object]) -> Iterator[None]:
    """Call `ask_to_stop` at the first signal that comes while the block runs; leave the process at the second.

    For the main thread. Calls in flight hold threads that nothing can stop, so leaving at once means without them.
    """
    signals_seen = 0

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal signals_seen
        signals_seen += 1
        if signals_seen > 1:
            sys.stderr.flush()
            os._exit(INTERRUPTED)
        ask_to_stop()

    with _handling(handle):
        yield


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Let SIGTERM unwind the program as Ctrl-C does, so that locks are given back.

    Signals are the main thread's: in any other, nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
