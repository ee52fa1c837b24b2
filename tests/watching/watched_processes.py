"""Programs that a test starts, and waits for."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 45.0  # in which what is waited for has to come
RECONCILE = [sys.executable, "-m", "igz_apply", "reconcile", "--target=prod", "--listen=127.0.0.1:0"]
LISTENING = r"Listening on http://(\S+): "


@contextmanager
def started(argv: list[str], folder: Path, log: Path, said: str, **environment: str) -> Iterator[str]:
    """Run a program while the block runs; yield what stands in parentheses in `said`, once it has written that."""
    with log.open("w") as out:
        process = subprocess.Popen(
            argv, cwd=folder, env={**os.environ, **environment}, stdout=out, stderr=subprocess.STDOUT, text=True
        )
    try:
        yield until(lambda: re.search(said, log.read_text()), log)[1]
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
    assert code == 0, log.read_text()


def until(look: Callable[[], Any], log: Path | None = None) -> Any:
    """Look again and again until something is to be seen."""
    end = time.monotonic() + SECONDS
    while not (seen := look()):
        assert time.monotonic() < end, log.read_text() if log is not None else "it did not come"
        time.sleep(0.1)
    return seen
