"""The command `reconcile` in a process of its own, whose loop asks before each next round instead of waiting for it.

It is the command as it is but for that: a line `asks` on standard output, and it goes on once a line has come.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from igz_apply.cli import rounds
from igz_apply.cli.main import run
from igz_apply.ports import Inbox
from igz_apply.workflow.rounds import STOP


class AskingInbox:
    """The inbox of the loop: where it would wait, it asks."""

    def __init__(self, inner: Inbox) -> None:
        self._inner = inner

    def put(self, message: Any) -> None:
        self._inner.put(message)

    def get(self, seconds: float | None) -> Any:
        if not seconds:
            return self._inner.get(0.0)
        print(json.dumps({"type": "asks", "seconds": seconds, "rss": rss()}), flush=True)
        return self._inner.get(0.0) if sys.stdin.readline().strip() == "go" else STOP


class AskingReconciler(rounds.Reconciler):
    """The product's own, with that inbox in its loop."""

    def run(self) -> int:
        self._inbox = AskingInbox(self._inbox)  # type: ignore[assignment]
        return super().run()


def rss() -> int:
    """Return the bytes that the process holds in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


if __name__ == "__main__":
    rounds.Reconciler = AskingReconciler  # type: ignore[misc]
    sys.exit(run(sys.argv[1:]))
