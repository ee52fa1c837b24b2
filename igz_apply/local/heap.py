"""The heap of a process that runs for long, where the C library lets us say something about it.

Each round has threads of its own, which end with it. To every few of them the C library of most Linux systems (glibc)
gives a part of the heap of its own, and keeps what is freed in each: so a process that needs no more than before grows.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

_PARTS = -8  # M_ARENA_MAX of malloc.h
_MOST_PARTS = 2


def keep_together() -> None:
    """Let threads share parts of the heap, of which there are few. Elsewhere it does nothing."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_PARTS, _MOST_PARTS)


def give_back() -> None:
    """Give back to the system what is free. Elsewhere it does nothing."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
