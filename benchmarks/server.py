"""An emulated control plane in a process of its own, so that its work does not count as the client's."""

from __future__ import annotations

import json
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
from benchmarks.measure import cpu_of


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    environment: dict[str, str]  # what a client needs to know
    log: Path
    process: int

    def cpu(self) -> float:
        """How many seconds of processor time it has taken so far. Raises OSError where only Linux tells that."""
        return cpu_of(self.process)

    def requests(self) -> int:
        """How many requests it has answered."""
        with self.log.open("rb") as lines:
            return sum(1 for _ in lines)


@contextmanager
def running(
    database: Path,
    manifests: Sequence[dict[str, Any]],
    *,
    latency_ms: float = 0.0,
    job_seconds: float = 0.0,
    python: str = sys.executable,
) -> Iterator[Server]:
    """Serve what the manifests declare while the block runs; a user is usable as soon as its job has ended.

    `python` runs the emulator that is installed for it.
    """
    more = ["--latency-ms", str(latency_ms), "--job-seconds", str(job_seconds), "--all-users-seconds", "0"]
    with _served(python, database, data.loadable(manifests), more, lines=4) as server:
        yield server


@contextmanager
def running4(database: Path, manifests: Sequence[dict[str, Any]]) -> Iterator[Server]:
    """Serve what the manifests for Iguazio 4 declare while the block runs."""
    more = ["--platform", "iguazio4"]
    with _served(sys.executable, database, data4.loadable(manifests), more, lines=2) as server:
        yield server


@contextmanager
def _served(python: str, database: Path, content: dict[str, Any], more: Sequence[str], lines: int) -> Iterator[Server]:
    """Run an emulator that is filled with the content; it greets with so many lines."""
    database.unlink(missing_ok=True)
    log, filling = database.with_suffix(".log"), database.with_suffix(".json")
    filling.write_text(json.dumps(content), encoding="utf-8")
    arguments = ["--listen", "127.0.0.1:0", "--db", str(database), "--log", str(log), "--load", str(filling), *more]
    command = [python, "-m", "igz_apply", "emulator", *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=database.parent, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert process.stdout is not None
    try:
        environment = {}
        for _ in range(lines):
            name, _, value = process.stdout.readline().removeprefix("export ").strip().partition("=")
            environment[name] = value.strip("'\"")
        yield Server(environment, log, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
