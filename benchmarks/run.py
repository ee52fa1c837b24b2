"""`make bench`: igz-apply against the floor and against its own lower bounds, in one go; prints ratios.

python -m benchmarks.run [--rounds 5] [--size 12200] [--only plan,validate,changes,growth,apply,start]
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.measure import Command, Run, alternately, median
from benchmarks.server import Server, running

HERE = Path(__file__).parent
SCHEMAS = HERE.parent / "schemas"
LAYOUTS = ("multi", "single")
GROWTH = (1000, 4000, 12200, 50000)


@dataclass(frozen=True)
class Bench:
    """One go: where its files lie, and how often each process runs."""

    folder: Path
    rounds: int
    size: int


def igz(name: str, *arguments: str, server: Server | None, folder: Path, accepted: tuple[int, ...] = (0,)) -> Command:
    """Return a run of igz-apply."""
    return Command(
        name,
        [sys.executable, "-m", "igz_apply", *arguments],
        server.environment if server is not None else {},
        folder,
        accepted,
    )


def floor(name: str, job: str, layout: str, *, server: Server | None, folder: Path) -> Command:
    """Return a run of the floor program."""
    arguments = [sys.executable, str(HERE / "floor.py"), job, layout, str(SCHEMAS)]
    return Command(name, arguments, server.environment if server is not None else {}, folder)


def bench_validate(bench: Bench) -> None:
    """Validate, both layouts, against read + parse + validate."""
    _write(bench, data.documents(data.size_of(bench.size)))
    for layout in LAYOUTS:
        found = alternately(
            [
                floor("floor", "validate", layout, server=None, folder=bench.folder),
                igz("igz-apply", "validate", layout, server=None, folder=bench.folder),
            ],
            bench.rounds,
        )
        _compare(f"validate, {layout}", found, bar=1.3)


def bench_plan(bench: Bench) -> None:
    """Plan with nothing to change, both layouts, against the floor; requests counted."""
    manifests = data.documents(data.size_of(bench.size))
    _write(bench, manifests)
    with _cluster(bench, manifests) as server:
        _adopt(bench, server)
        for layout in LAYOUTS:
            plan = igz("igz-apply", "plan", layout, server=server, folder=bench.folder)
            found = alternately(
                [floor("floor", "plan", layout, server=server, folder=bench.folder), plan], bench.rounds
            )
            _compare(f"plan, unchanged, {layout}", found, bar=1.5)
            before = server.requests()
            alternately([plan], 0)
            print(f"    requests: {server.requests() - before}  (pages: {_pages(bench.size)}, kinds: 4)")


def bench_changes(bench: Bench) -> None:
    """Plan where 1 % and where everything differs, against the unchanged plan."""
    manifests = data.documents(data.size_of(bench.size))
    _write(bench, manifests)
    for name, share in (("some", 0.01), ("all", 1.0)):
        data.write_multi(data.changed(manifests, share), bench.folder / name)
    with _cluster(bench, manifests) as server:
        _adopt(bench, server)
        commands = [
            igz("unchanged", "plan", "multi", server=server, folder=bench.folder),
            igz("1 % differs", "plan", "some", server=server, folder=bench.folder),
            igz("all differs", "plan", "all", server=server, folder=bench.folder),
        ]
        found = alternately(commands, bench.rounds)
        _compare("plan, 1 % differs", {"floor": found["unchanged"], "igz-apply": found["1 % differs"]}, bar=1.1)
        _compare("plan, everything differs", {"floor": found["unchanged"], "igz-apply": found["all differs"]}, bar=2.5)


def bench_growth(bench: Bench) -> None:
    """Plan at growing sizes: the exponent of a power law through the times, start-up taken off."""
    points = []
    for size in GROWTH:
        with tempfile.TemporaryDirectory() as name:
            part = Bench(Path(name), max(2, bench.rounds // 2), size)
            manifests = data.documents(data.size_of(size))
            data.write_multi(manifests, part.folder / "multi")
            with _cluster(part, manifests) as server:
                _adopt(part, server)
                plan = igz("plan", "plan", "multi", server=server, folder=part.folder)
                seconds = median(alternately([plan], part.rounds)["plan"], lambda run: run.wall)
        points.append((size, seconds))
        print(f"  {size:>6} resources: {seconds:6.2f} s")
    print(f"  exponent between neighbours: {', '.join(f'{each:.2f}' for each in _exponents(points))}  (bar 1.1)")


def bench_start(bench: Bench) -> None:
    """The cost of starting: help, and validating one small file."""
    small = bench.folder / "small"
    data.write_single(data.documents(data.size_of(61))[:1], small)
    commands = [
        Command("bare interpreter", [sys.executable, "-c", "pass"], {}, bench.folder),
        igz("--help", "--help", server=None, folder=bench.folder),
        igz("validate one file", "validate", "small", server=None, folder=bench.folder),
    ]
    for name, runs in alternately(commands, max(bench.rounds, 7)).items():
        print(f"  {name:<20} {median(runs, lambda run: run.cpu) * 1000:6.0f} ms of CPU")


def bench_apply(_: Bench) -> None:
    """Apply: the makespan against the longer of critical path and work divided by slots."""
    for title, manifests, latency, job in (
        ("1,000 creates without jobs, 20 ms", _flat(1000), 20.0, 0.0),
        ("groups, users, projects and roles, jobs of 2 s, 20 ms", _graph(160), 20.0, 2.0),
    ):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            data.write_multi(manifests, folder / "multi", files=10)
            with running(folder / "emulator.db", [], latency_ms=latency, job_seconds=job) as server:
                apply = igz(
                    "apply", "apply", "-y", "--parallelism", "16", "--report", "report.json", "multi",
                    server=server, folder=folder,
                )  # fmt: skip
                alternately([apply], 0)
            report = json.loads((folder / "report.json").read_text())
            _bound(title, report["report"], slots=16)


def _bound(title: str, report: dict[str, Any], slots: int) -> None:
    """Print the makespan against the longer of critical path and work divided by slots, as the timeline shows them."""
    bars = report["timeline"]
    calls = [bar for bar in bars if not bar["job"]]
    work = sum(bar["ended"] - bar["started"] for bar in calls) / slots
    took = {step: sum(_length(bar) for bar in bars if bar["step"] == step) for step in {bar["step"] for bar in bars}}
    makespan = max(bar["ended"] for bar in bars)
    longest = max(took.values())
    print(f"  {title}: makespan {makespan:.2f} s; work / {slots} slots {work:.2f} s, longest step {longest:.2f} s")


def _length(bar: dict[str, Any]) -> float:
    return float(bar["ended"] - bar["started"])


def _flat(count: int) -> list[dict[str, object]]:
    return data.documents(data.Size(users=0, groups=count, projects=0, services=0))


def _graph(count: int) -> list[dict[str, object]]:
    return data.documents(data.Size(users=count, groups=count // 4, projects=count // 4, services=0))


def _write(bench: Bench, manifests: list[dict[str, object]]) -> None:
    data.write_multi(manifests, bench.folder / "multi")
    data.write_single(manifests, bench.folder / "single")


@contextmanager
def _cluster(bench: Bench, manifests: list[dict[str, object]]) -> Iterator[Server]:
    """Serve what the manifests say."""
    with running(bench.folder / "emulator.db", manifests) as server:
        yield server


def _adopt(bench: Bench, server: Server) -> None:
    """Let the inventory own everything, as it does in daily use."""
    alternately([igz("adopt", "apply", "-y", "multi", server=server, folder=bench.folder)], 0)


def _pages(size: int) -> int:
    parts = data.size_of(size)
    return sum(math.ceil(count / 200) for count in (parts.users, parts.groups, parts.projects))


def _exponents(points: list[tuple[int, float]]) -> Iterator[float]:
    for (small, before), (large, after) in pairwise(points):
        yield math.log(after / before) / math.log(large / small)


def _compare(title: str, found: dict[str, list[Run]], bar: float) -> None:
    one, other = found["floor"], found["igz-apply"]
    wall = [median(runs, lambda run: run.wall) for runs in (one, other)]
    cpu = [median(runs, lambda run: run.cpu) for runs in (one, other)]
    memory = median(other, lambda run: run.memory)
    ratio = wall[1] / wall[0]
    verdict = "ok" if ratio <= bar else "OVER"
    print(
        f"  {title:<28} wall {wall[0]:5.2f} -> {wall[1]:5.2f} s   ratio {ratio:4.2f} (bar {bar}) {verdict:<4}"
        f"  cpu ratio {cpu[1] / cpu[0]:4.2f}   peak {memory:4.0f} MiB"
    )


BENCHES: dict[str, Callable[[Bench], None]] = {
    "start": bench_start,
    "validate": bench_validate,
    "plan": bench_plan,
    "changes": bench_changes,
    "growth": bench_growth,
    "apply": bench_apply,
}


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=12200)
    parser.add_argument("--only", default=",".join(BENCHES))
    options = parser.parse_args()
    for name in options.only.split(","):
        print(f"{name}: {(BENCHES[name].__doc__ or '').splitlines()[0]}")
        with tempfile.TemporaryDirectory() as folder:
            BENCHES[name](Bench(Path(folder), options.rounds, options.size))


if __name__ == "__main__":
    main()
