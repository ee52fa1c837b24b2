"""`make bench`: igz-apply against the floor and against its own lower bounds, in one go; prints ratios.

python -m benchmarks.run [--rounds 5] [--size 12200] [--only plan,live,validate,...]

Every figure that has a bar is followed by a verdict; ends with 1 when a bar was not held.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import data, data4
from benchmarks.bars import Bars
from benchmarks.bounds import Bound, bound_of, exponent
from benchmarks.commands import adopt, floor, igz
from benchmarks.fleet import bench_fleet
from benchmarks.measure import Command, Run, alternately, median, peak_memory, rounds_of
from benchmarks.moving import bench_migrate
from benchmarks.server import running, running4

LAYOUTS = ("multi", "single")
SIZE = 12200
GROWTH = (1000, 4000, SIZE, 50000)  # scaled with --size
SMALLEST = 20  # resources: what planning so few costs is start-up
MOST_MEMORY = 400  # MB
SLOTS = 16
SETTLING = 8  # rounds after which a process that reconciles holds all that it remembers
MEASURED = 12  # idle rounds at least


@dataclass(frozen=True)
class Bench:
    """One go: where its files lie, and how often each process runs."""

    folder: Path
    rounds: int
    size: int
    bars: Bars


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
        _compare(bench.bars, f"validate, {layout}", found, bar=1.3)


def bench_plan(bench: Bench) -> None:
    """Plan with nothing to change, both layouts, against the floor; requests counted."""
    manifests = data.documents(data.size_of(bench.size))
    _write(bench, manifests)
    with running(bench.folder / "emulator.db", manifests) as server:
        adopt(bench.folder, server)
        for layout in LAYOUTS:
            plan = igz("igz-apply", "plan", layout, server=server, folder=bench.folder)
            found = alternately(
                [floor("floor", "plan", layout, server=server, folder=bench.folder), plan], bench.rounds
            )
            _compare(bench.bars, f"plan, unchanged, {layout}", found, bar=1.5)
            _judge_memory(bench.bars, f"memory of plan, {layout}", plan)
            before = server.requests()
            alternately([plan], 0)
            _judge_requests(bench, f"requests of plan, {layout}", server.requests() - before)


def bench_live(bench: Bench) -> None:
    """Plan of a snapshot with nothing to change, against the plan of the cluster that it was taken of."""
    manifests = data.documents(data.size_of(bench.size))
    _write(bench, manifests)
    with running(bench.folder / "emulator.db", manifests) as server:
        adopt(bench.folder, server)
        alternately([igz("snapshot", "snapshot", "live.json", "multi", server=server, folder=bench.folder)], 0)
        commands = [
            igz("floor", "plan", "multi", server=server, folder=bench.folder),
            igz("igz-apply", "plan", "--live", "live.json", "multi", server=None, folder=bench.folder),
        ]
        _compare(bench.bars, "plan --live", alternately(commands, bench.rounds), bar=0.6, cpu_bar=0.6)


def bench_reconcile(bench: Bench) -> None:
    """An idle round of a process that reconciles, against a plan by a process of its own; and whether it grows."""
    manifests = data.documents(data.size_of(bench.size))
    _write(bench, manifests)
    with running(bench.folder / "emulator.db", manifests) as server:
        adopt(bench.folder, server)
        plan = igz("plan", "plan", "multi", server=server, folder=bench.folder)
        fresh = alternately([plan], bench.rounds)["plan"]
        reconcile = igz("reconcile", "reconcile", "--interval", "1s", "--format", "json", "multi",
                        server=server, folder=bench.folder)  # fmt: skip
        rounds = rounds_of(reconcile, SETTLING + max(MEASURED, 2 * bench.rounds))
        fresh += alternately([plan], bench.rounds)["plan"]
    floor, idle = median(fresh, lambda run: run.cpu), rounds[SETTLING:]
    cpu = sum(each.cpu for each in idle) / len(idle)  # the system counts in steps of 10 ms
    ratio, growth = cpu / floor, idle[-1].memory / idle[0].memory - 1
    print(
        f"  an idle round: cpu {floor:.2f} -> {cpu:.2f} s   ratio {ratio:.2f} (bar 0.35)"
        f" {bench.bars.judge('CPU of an idle round', ratio, 0.35)}   the first {rounds[0].cpu:.2f} s"
    )
    print(
        f"    memory {idle[0].memory:.0f} -> {idle[-1].memory:.0f} MiB in {len(idle)} rounds, {100 * growth:+.1f} %"
        f" (bar 2 %) {bench.bars.judge('growth of a process that reconciles', growth, 0.02)}"
    )


def bench_iguazio4(bench: Bench) -> None:
    """Plan with nothing to change on Iguazio 4, against the plan of as many on Iguazio 3; requests counted."""
    size = data4.size_of(round(bench.size * 11500 / SIZE))
    folders = {name: bench.folder / name for name in ("three", "four")}
    made = {"three": data4.iguazio3(size), "four": data4.iguazio4(size)}
    for name, folder in folders.items():
        data.write_multi(made[name], folder / "multi")
    with (
        running(bench.folder / "three.db", made["three"]) as three,
        running4(bench.folder / "four.db", made["four"]) as four,
    ):
        servers = {"three": three, "four": four}
        plans = [igz(name, "plan", "multi", server=servers[name], folder=folders[name]) for name in servers]
        for name, server in servers.items():
            adopt(folders[name], server)
        found = alternately(plans, bench.rounds)
        cpu = {name: median(runs, lambda run: run.cpu) for name, runs in found.items()}
        ratio = cpu["four"] / cpu["three"]
        told = f"cpu {cpu['three']:.2f} -> {cpu['four']:.2f} s   ratio {ratio:.2f} (bar 1.3)"
        print(
            f"  plan on Iguazio 4, {size.total} resources: {told} {bench.bars.judge('plan on Iguazio 4', ratio, 1.3)}"
        )
        before = four.requests()
        alternately(plans[1:], 0)
        _judge_requests4(bench, size, four.requests() - before)


def _judge_requests4(bench: Bench, size: data.Size, count: int) -> None:
    """A page holds 500; a project has six policies, and what is not empty is asked of MLRun in one list."""
    many = (size.users + 1, size.groups + 1, size.projects, 6 * size.projects + 3)  # with those that are built in
    pages = sum(math.ceil(each / 500) for each in many)
    forced = 5  # the token, who we are, the system, who leads the projects, and the summaries of MLRun
    told = f"{pages} pages + {forced} that the API forces"
    verdict = bench.bars.judge("requests of plan on Iguazio 4", count, pages + forced)
    print(f"    requests {count} (bar {pages + forced}: {told}) {verdict}")


def bench_changes(bench: Bench) -> None:
    """Plan where 1 % and where everything differs, against the unchanged plan."""
    manifests = data.documents(data.size_of(bench.size))
    _write(bench, manifests)
    for name, share in (("some", 0.01), ("all", 1.0)):
        data.write_multi(data.changed(manifests, share), bench.folder / name)
    with running(bench.folder / "emulator.db", manifests) as server:
        adopt(bench.folder, server)
        commands = [
            igz("unchanged", "plan", "multi", server=server, folder=bench.folder),
            igz("1 % differs", "plan", "some", server=server, folder=bench.folder),
            igz("all differs", "plan", "all", server=server, folder=bench.folder),
        ]
        found = alternately(commands, bench.rounds)
        for name, bar in (("1 % differs", 1.1), ("all differs", 2.5)):
            _compare(bench.bars, f"plan, {name}", {"floor": found["unchanged"], "igz-apply": found[name]}, bar=bar)


def bench_layers(bench: Bench) -> None:
    """Validate and plan through defaults and a patch, against the same manifests written out."""
    manifests = data.patched(data.documents(data.size_of(bench.size)))
    layered, plain = bench.folder / "layered", bench.folder / "plain"
    data.write_layered(data.documents(data.size_of(bench.size)), layered)
    data.write_multi(manifests, plain / "multi")
    (plain / "igz-apply.yaml").write_text("version: 1\n", encoding="utf-8")
    with running(bench.folder / "emulator.db", manifests) as server:
        adopt(plain, server)
        shutil.copytree(plain / ".igz-apply", layered / ".igz-apply")
        for command in ("validate", "plan"):
            commands = [
                igz("floor", command, "multi", server=server, folder=plain),
                igz("igz-apply", command, server=server, folder=layered),
            ]
            _compare(bench.bars, f"{command}, layers", alternately(commands, bench.rounds), bar=1.25)


def bench_growth(bench: Bench) -> None:
    """Plan at growing sizes: the exponent of a power law through the times, with start-up and without it."""
    rounds = max(2, bench.rounds // 2)
    startup = _plan_seconds(SMALLEST, rounds)
    print(f"  start-up, as the plan of {SMALLEST} resources: {startup:.2f} s")
    points = []
    for each in GROWTH:
        size = round(each * bench.size / SIZE)
        seconds = _plan_seconds(size, rounds)
        points.append((size, seconds))
        print(f"  {size:>6} resources: {seconds:6.2f} s, without start-up {seconds - startup:6.2f} s")
    _judge_growth(bench.bars, points, startup)


def _judge_growth(bars: Bars, points: list[tuple[int, float]], startup: float) -> None:
    """Judge the larger of the exponents with start-up and without it: start-up makes small sizes look dear."""
    found = {"with start-up": exponent(points)}
    if all(seconds > startup for _, seconds in points):
        found["without start-up"] = exponent([(size, seconds - startup) for size, seconds in points])
    else:
        print("  a size takes no longer than start-up does: no exponent without it")
    worst = max(found.values())
    told = ", ".join(f"{value:.2f} {name}" for name, value in found.items())
    print(f"  exponent {told}; judged: {worst:.2f} (bar 1.05) {bars.judge('growth', worst, 1.05)}")


def _plan_seconds(size: int, rounds: int) -> float:
    """Return the median time of a plan of so many unchanged resources."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifests = data.documents(data.size_of(size))
        data.write_multi(manifests, folder / "multi")
        with running(folder / "emulator.db", manifests) as server:
            adopt(folder, server)
            plan = igz("plan", "plan", "multi", server=server, folder=folder)
            return median(alternately([plan], rounds)["plan"], lambda run: run.wall)


def bench_start(bench: Bench) -> None:
    """The cost of starting: help, and validating one small file."""
    small = bench.folder / "small"
    data.write_single(data.documents(data.size_of(61))[:1], small)
    commands = [
        Command("bare interpreter", [sys.executable, "-c", "pass"], {}, bench.folder),
        Command("click alone", [sys.executable, "-c", "import click"], {}, bench.folder),
        igz("--help", "--help", server=None, folder=bench.folder),
        igz("validate one file", "validate", "small", server=None, folder=bench.folder),
    ]
    bars = {"--help": 100.0, "validate one file": 250.0}
    for name, runs in alternately(commands, max(bench.rounds, 7)).items():
        cpu = median(runs, lambda run: run.cpu) * 1000
        verdict = (
            f"  (bar {bars[name]:.0f}) {bench.bars.judge(f'CPU of {name}', cpu, bars[name])}" if name in bars else ""
        )
        print(f"  {name:<20} {cpu:6.0f} ms of CPU{verdict}")


def bench_apply(bench: Bench) -> None:
    """Apply: the makespan against the longer of critical path and work divided by slots."""
    for title, manifests, job in (
        ("1,000 creates without jobs, 20 ms", _flat(1000), 0.0),
        ("groups, users, projects and roles, jobs of 2 s, 20 ms", _graph(96), 2.0),
    ):
        bounds = sorted((_applied(manifests, job) for _ in range(bench.rounds)), key=lambda each: each.ratio)
        bound = bounds[len(bounds) // 2]
        print(
            f"  {title}: makespan {bound.makespan:.2f} s, critical path {bound.path:.2f} s,"
            f" work / {SLOTS} slots {bound.work:.2f} s"
        )
        verdict = bench.bars.judge(f"apply, {title}", bound.ratio, 1.15)
        print(
            f"    makespan / the longer of the two {bound.ratio:.2f}, the median of {len(bounds)} from"
            f" {bounds[0].ratio:.2f} to {bounds[-1].ratio:.2f} (bar 1.15) {verdict}"
        )


def bench_record(bench: Bench) -> None:
    """Apply 1,000 updates with a record of the run, against the same without one."""
    manifests = _flat(1000)
    for name, share in (("multi", 0.0), ("other", 1.0)):
        data.write_multi(data.changed(manifests, share), bench.folder / name, files=10)
    found: dict[str, list[Run]] = {"floor": [], "igz-apply": []}
    with running(bench.folder / "emulator.db", manifests, latency_ms=20.0) as server:
        adopt(bench.folder, server)
        for swapped in (False, True):  # there and back again, each way by either
            there, back = ("multi", "other") if swapped else ("other", "multi")
            arguments = ("apply", "-y", "--parallelism", str(SLOTS))
            recorded = igz("igz-apply", *arguments, there, server=server, folder=bench.folder)
            without = igz("floor", *arguments, back, server=server, folder=bench.folder, module="benchmarks.unrecorded")
            for name, runs in alternately([recorded, without], bench.rounds).items():
                found[name] += runs
            if not swapped:
                alternately([igz("turn", *arguments, there, server=server, folder=bench.folder)], 0)
    _compare(bench.bars, "apply of 1,000, recorded", found, bar=1.02)


def _applied(manifests: list[dict[str, object]], job: float) -> Bound:
    """Apply the manifests to an empty cluster whose jobs take so many seconds; return how long that took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data.write_multi(manifests, folder / "multi", files=10)
        with running(folder / "emulator.db", [], latency_ms=20.0, job_seconds=job) as server:
            apply = igz(
                "apply", "apply", "-y", "--parallelism", str(SLOTS), "--report", "report.json", "multi",
                server=server, folder=folder,
            )  # fmt: skip
            alternately([apply], 0)
        report = json.loads((folder / "report.json").read_text())
    return bound_of(report, slots=SLOTS, job_seconds=job or None)


def _flat(count: int) -> list[dict[str, object]]:
    return data.documents(data.Size(users=0, groups=count, projects=0, services=0))


def _graph(count: int) -> list[dict[str, object]]:
    return data.documents(data.Size(users=count, groups=count // 4, projects=count // 4, services=0))


def _write(bench: Bench, manifests: list[dict[str, object]]) -> None:
    data.write_multi(manifests, bench.folder / "multi")
    data.write_single(manifests, bench.folder / "single")


def _pages(size: int) -> int:
    parts = data.size_of(size)
    return sum(math.ceil(count / 200) for count in (parts.users, parts.groups, parts.projects))


def _judge_requests(bench: Bench, title: str, count: int) -> None:
    pages, kinds = _pages(bench.size), 4
    most = pages + kinds + 5
    print(
        f"    requests {count} (bar {most}: {pages} pages + {kinds} kinds + 5) {bench.bars.judge(title, count, most)}"
    )


def _judge_memory(bars: Bars, title: str, command: Command) -> None:
    found = peak_memory(command)
    if found is None:
        print("    peak memory: not told by this system")
        return
    peak = found * 1024**2 / 1000**2
    print(f"    peak memory {peak:.0f} MB, all processes (bar {MOST_MEMORY}) {bars.judge(title, peak, MOST_MEMORY)}")


def _compare(bars: Bars, title: str, found: dict[str, list[Run]], bar: float, cpu_bar: float | None = None) -> None:
    one, other = found["floor"], found["igz-apply"]
    wall = [median(runs, lambda run: run.wall) for runs in (one, other)]
    cpu = [median(runs, lambda run: run.cpu) for runs in (one, other)]
    memory = median(other, lambda run: run.memory)
    ratio = wall[1] / wall[0]
    print(
        f"  {title:<28} wall {wall[0]:5.2f} -> {wall[1]:5.2f} s   ratio {ratio:4.2f} (bar {bar})"
        f" {bars.judge(title, ratio, bar):<4}  cpu ratio {cpu[1] / cpu[0]:4.2f}{_judged(bars, title, cpu, cpu_bar)}"
        f"   largest process {memory:4.0f} MiB"
    )


def _judged(bars: Bars, title: str, cpu: list[float], bar: float | None) -> str:
    return "" if bar is None else f" (bar {bar}) {bars.judge(f'CPU of {title}', cpu[1] / cpu[0], bar)}"


BENCHES: dict[str, Callable[[Bench], None]] = {
    "start": bench_start,
    "validate": bench_validate,
    "plan": bench_plan,
    "live": bench_live,
    "reconcile": bench_reconcile,
    "iguazio4": bench_iguazio4,
    "changes": bench_changes,
    "layers": bench_layers,
    "growth": bench_growth,
    "apply": bench_apply,
    "record": bench_record,
    "fleet": bench_fleet,
    "migrate": bench_migrate,
}


def main() -> int:
    """Run what is asked for. Returns 1 when a bar was not held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--only", default=",".join(BENCHES))
    options = parser.parse_args()
    bars = Bars()
    for name in options.only.split(","):
        print(f"{name}: {(BENCHES[name].__doc__ or '').splitlines()[0]}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            BENCHES[name](Bench(Path(folder), options.rounds, options.size, bars))
    print(bars.summary())
    return 1 if bars.missed else 0


if __name__ == "__main__":
    sys.exit(main())
