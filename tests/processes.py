"""Processes that a test has started, or that others have started for it."""

from __future__ import annotations

import time
from pathlib import Path


def is_gone(pid: int | str) -> bool:
    """Wait until a process is gone, or waits only for somebody to collect it; say whether that came, in 5 seconds."""
    stat = Path(f"/proc/{str(pid).strip()}/stat")
    for _ in range(500):
        try:
            if stat.read_text().rpartition(")")[2].split()[0] in "ZX":
                return True
        except OSError:  # it may go between two looks, or while it is looked at
            return True
        time.sleep(0.01)
    return False
