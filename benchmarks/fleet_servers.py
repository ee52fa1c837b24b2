"""Many emulated control planes in one process: they share what an interpreter costs, and nothing else.

`python -m benchmarks.fleet_servers` reads one JSON object from standard input, {name: {"options": {}, "load": PATH}},
prints another, {name: {variable: value}}, once all of them listen, and serves until its standard input ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measure import cpu_of
from igz_apply.emulator import Emulator, Options, Server, serving
from igz_apply.emulator.engine.server import share_one_heap


@dataclass(frozen=True)
class Cluster:
    """One control plane that is to be: the switches of its emulator, and what it is filled with."""

    options: Mapping[str, Any] = field(default_factory=dict)
    load: str | Mapping[str, Any] | None = None  # a path, or the content


@contextmanager
def served(clusters: Mapping[str, Cluster]) -> Iterator[Mapping[str, Server]]:
    """Serve them from this process while the block runs, each on a port and threads of its own."""
    with ExitStack() as stack:
        servers = {}
        for name, cluster in clusters.items():
            emulator = Emulator(options=Options(**cluster.options))
            stack.callback(emulator.close)
            if cluster.load is not None:
                emulator.load(cluster.load)
            servers[name] = stack.enter_context(serving(emulator))
        yield servers


@dataclass(frozen=True)
class Apart:
    """Control planes in processes of their own."""

    connections: Mapping[str, Mapping[str, str]]  # by name: the variables that lead a client there
    processes: Sequence[int]

    def cpu(self) -> float:
        """How many seconds of processor time all of them have taken so far. Raises OSError outside Linux."""
        return sum(map(cpu_of, self.processes))


@contextmanager
def served_apart(clusters: Mapping[str, Cluster], *, processes: int = 2) -> Iterator[Apart]:
    """Serve them from so many other processes while the block runs, neighbours in different ones."""
    with ExitStack() as stack:
        started = []
        for number in range(processes):
            mine = dict(list(clusters.items())[number::processes])
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.fleet_servers"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[1],
            )
            stack.enter_context(process)
            assert process.stdin is not None
            stack.callback(process.stdin.close)
            told = {name: {"options": dict(each.options), "load": each.load} for name, each in mine.items()}
            print(json.dumps(told), file=process.stdin, flush=True)
            started.append(process)
        found: dict[str, Mapping[str, str]] = {}
        for process in started:
            assert process.stdout is not None
            found.update(json.loads(process.stdout.readline()))
        yield Apart({name: found[name] for name in clusters}, [process.pid for process in started])


def main() -> None:
    """Serve what standard input names, until it ends."""
    share_one_heap()
    told = json.loads(sys.stdin.readline())
    with served({name: Cluster(each["options"], each["load"]) for name, each in told.items()}) as servers:
        print(json.dumps({name: dict(server.connection) for name, server in servers.items()}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
