"""An emulated control plane in a process of its own, so that its work does not count as the client's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import data, data4
from igz_apply.emulator import Emulator, Emulator4, Options


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    environment: dict[str, str]  # what a client needs to know
    log: Path

    def requests(self) -> int:
        """How many requests it has answered."""
        with self.log.open("rb") as lines:
            return sum(1 for _ in lines)


@contextmanager
def running(
    database: Path, manifests: Sequence[dict[str, Any]], *, latency_ms: float = 0.0, job_seconds: float = 0.0
) -> Iterator[Server]:
    """Serve what the manifests declare while the block runs; a user is usable as soon as its job has ended."""
    database.unlink(missing_ok=True)
    if manifests:
        emulator = Emulator(database, Options())
        emulator.load(data.loadable(manifests))
        emulator.close()
    more = ["--latency-ms", str(latency_ms), "--job-seconds", str(job_seconds), "--all-users-seconds", "0"]
    with _served(database, more, lines=4) as server:
        yield server


@contextmanager
def running4(database: Path, manifests: Sequence[dict[str, Any]]) -> Iterator[Server]:
    """Serve what the manifests for Iguazio 4 declare while the block runs."""
    database.unlink(missing_ok=True)
    emulator = Emulator4(database)
    emulator.load(data4.loadable(manifests))
    emulator.close()
    with _served(database, ["--platform", "iguazio4"], lines=2) as server:
        yield server


@contextmanager
def _served(database: Path, more: Sequence[str], lines: int) -> Iterator[Server]:
    """Run the emulator on a database; it greets with so many lines."""
    log = database.with_suffix(".log")
    arguments = ["--listen", "127.0.0.1:0", "--db", str(database), "--log", str(log), *more]
    command = [sys.executable, "-m", "igz_apply", "emulator", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert process.stdout is not None
    try:
        environment = {}
        for _ in range(lines):
            name, _, value = process.stdout.readline().removeprefix("export ").strip().partition("=")
            environment[name] = value.strip("'\"")
        yield Server(environment, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
