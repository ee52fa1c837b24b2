"""Whole processes, measured: wall time, CPU time and peak memory of each run, with the processes that they start."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One run of a process. Times are seconds, memory is MiB."""

    wall: float
    cpu: float
    memory: float  # of the largest process; peak_memory counts all of them


@dataclass(frozen=True)
class Command:
    """A process to measure; `before` is called before each run, unmeasured."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    accepted: tuple[int, ...] = (0,)
    before: Callable[[], None] | None = None


def alternately(commands: Sequence[Command], rounds: int) -> dict[str, list[Run]]:
    """Run all commands in turn, so many rounds, after one round that does not count."""
    found: dict[str, list[Run]] = {command.name: [] for command in commands}
    for number in range(rounds + 1):
        for command in commands:
            run = measured(command)
            if number:
                found[command.name].append(run)
    return found


def measured(command: Command) -> Run:
    """Run a command once. Exits the benchmark when it does not end as accepted."""
    if command.before is not None:
        command.before()
    begun = time.perf_counter()
    process = subprocess.Popen(
        command.arguments,
        env={**os.environ, **command.environment},
        cwd=command.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in command.accepted:
        sys.exit(f"{command.name} ended with {process.returncode}:\n{output.decode(errors='replace')[-2000:]}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(runs: Sequence[Run], of: Callable[[Run], float]) -> float:
    """Return the median of one figure."""
    return statistics.median(map(of, runs))


def peak_memory(command: Command) -> float | None:
    """Run a command once more and return the most MiB that it and all that it starts held at the same time.

    Shared pages count once. It is looked at every few milliseconds, which costs time: not for a run that is timed.
    None where the system does not tell, which only Linux does.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    process = subprocess.Popen(
        command.arguments,
        env={**os.environ, **command.environment},
        cwd=command.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(_kibibytes, _processes_of(process.pid))))
        time.sleep(0.005)
    if process.returncode not in command.accepted:
        sys.exit(f"{command.name} ended with {process.returncode}")
    return peak / 1024


def rounds_of(command: Command, count: int) -> list[Run]:
    """Run what reconciles, and return so many rounds of it: what each took, and what the process held after it.

    Its standard output has a JSON line for each. Exits the benchmark when it ends by itself.
    """
    process = subprocess.Popen(
        command.arguments,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **command.environment},
        cwd=command.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    found: list[Run] = []
    before, begun = 0.0, time.perf_counter()
    for line in process.stdout:
        if json.loads(line)["type"] != "round":
            continue
        cpu, now = cpu_of(process.pid), time.perf_counter()
        found.append(Run(now - begun, cpu - before, _kibibytes(Path(f"/proc/{process.pid}")) / 1024))
        before, begun = cpu, now
        if len(found) == count:
            break
    process.terminate()
    process.stdout.close()
    if process.wait() or len(found) < count:
        sys.exit(f"{command.name} ended with {process.returncode} after {len(found)} rounds")
    return found


def cpu_of(process: int) -> float:
    """Return how many seconds of processor time a process has taken. Raises OSError where only Linux tells that."""
    stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")  # of the user and of the system


def _processes_of(session: int) -> Iterator[Path]:
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.getsid(int(each.name)) == session:
                yield each


def _kibibytes(process: Path) -> int:
    """Return what a process holds, its share of shared pages; 0 for one that has just ended."""
    with suppress(OSError):
        for line in (process / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
