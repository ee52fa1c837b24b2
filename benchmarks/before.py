"""`make bench-before`: this tree against an earlier commit, in turn in one go; prints ratios.

python -m benchmarks.before --before .venv-before/bin/python --after .venv-after/bin/python [--rounds 5] [--only plan]

Each of the two runs what is installed for it, client and emulator, from a folder of its own with the same files. A
figure is the median of the later one divided by the median of the earlier one. Ends with 1 when a target was missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import data
from benchmarks.bars import Bars
from benchmarks.commands import adopt, igz
from benchmarks.measure import Command, Run, measured, peak_memory
from benchmarks.server import Server, running

STARTS = 21  # rounds of what takes a tenth of a second
CREATES = 1000


@dataclass(frozen=True)
class Tree:
    """One of the two that are measured: what it is called, and the interpreter that it is installed for."""

    name: str
    python: str


@dataclass(frozen=True)
class Bench:
    """One go: the earlier and the later tree, and how often each process runs."""

    trees: tuple[Tree, Tree]
    folder: Path
    rounds: int
    size: int
    bars: Bars

    def home(self, tree: Tree) -> Path:
        """Return the folder that a tree runs in; its manifests and its inventory lie there."""
        home = self.folder / tree.name
        home.mkdir(exist_ok=True)
        return home

    def compare(self, title: str, found: Sequence[Sequence[float]], target: float, unit: str = "s CPU") -> None:
        """Print the two medians and their ratio, and judge it."""
        before, after = map(statistics.median, found)
        ratio = after / before
        spread = sorted(later / earlier for earlier, later in zip(*found, strict=True))
        print(
            f"  {title:<34} {before:8.3f} -> {after:8.3f} {unit:<6} ratio {ratio:.2f}"
            f" ({spread[0]:.2f}-{spread[-1]:.2f})  target {target:.2f} {self.bars.judge(title, ratio, target)}",
            flush=True,
        )


def in_turn(commands: Sequence[Command], rounds: int) -> tuple[list[Run], ...]:
    """Run the commands in turn, so many rounds, after one that does not count; return the runs of each."""
    found: tuple[list[Run], ...] = tuple([] for _ in commands)
    for number in range(rounds + 1):
        for command, runs in zip(commands, found, strict=True):
            run = measured(command)
            if number:
                runs.append(run)
    return found


def cpu(found: Sequence[Sequence[Run]]) -> list[list[float]]:
    """Return the processor seconds of runs."""
    return [[run.cpu for run in runs] for runs in found]


def bench_start(bench: Bench) -> None:
    """Start: help, and validating one small file."""
    _write(bench, "small", data.documents(data.size_of(61))[:1], single=True)
    helps = [_igz(bench, tree, "--help") for tree in bench.trees]
    after = bench.trees[1]
    click = Command("click", [after.python, "-c", "import click"], {}, bench.home(after))
    before, later, alone = in_turn([*helps, click], STARTS)
    bench.compare("--help", cpu((before, later)), 0.80)
    bench.compare("--help against import click alone", cpu((alone, later)), 1.10)
    validates = [_igz(bench, tree, "validate", "small") for tree in bench.trees]
    bench.compare("validate one file", cpu(in_turn(validates, STARTS)), 0.70)


def bench_validate(bench: Bench) -> None:
    """Validate, 100 files and one file a resource."""
    for layout, target in (("multi", 0.45), ("single", 0.55)):
        _write(bench, layout, data.documents(data.size_of(bench.size)), single=layout == "single")
        found = in_turn([_igz(bench, tree, "validate", layout) for tree in bench.trees], bench.rounds)
        bench.compare(f"validate, {layout}", cpu(found), target)


def bench_plan(bench: Bench) -> None:
    """Plan, each client against its own emulator: nothing differs, 1 % differs, all differs."""
    manifests = data.documents(data.size_of(bench.size))
    _write(bench, "multi", manifests)
    _write(bench, "some", data.changed(manifests, 0.01))
    _write(bench, "all", data.changed(manifests, 1.0))
    with ExitStack() as stack:
        servers = {}
        for tree in bench.trees:
            database = bench.home(tree) / "emulator.db"
            servers[tree.name] = stack.enter_context(running(database, manifests, python=tree.python))
            adopt(bench.home(tree), servers[tree.name], tree.python)
        for layout, title, target in (
            ("multi", "plan, nothing differs", 0.50),
            ("some", "plan, 1 % differs", 0.50),
            ("all", "plan, all differs", 0.60),
        ):
            commands = [_igz(bench, tree, "plan", layout, server=servers[tree.name]) for tree in bench.trees]
            found, emulators = _with_emulators(commands, [servers[tree.name] for tree in bench.trees], bench.rounds)
            bench.compare(title, cpu(found), target)
            if layout == "multi":
                bench.compare(f"{title}, wall", [[run.wall for run in runs] for runs in found], 0.55, "s wall")
                bench.compare(f"{title}, emulator", emulators, 0.45)
                _compare_memory(bench, title, commands)


def bench_apply(bench: Bench) -> None:
    """Apply of 1,000 creates at 20 ms latency, each against its own empty emulator."""
    manifests = data.documents(data.Size(users=0, groups=CREATES, projects=0, services=0))
    found: tuple[list[float], ...] = tuple([] for _ in bench.trees)
    for number in range(bench.rounds + 1):
        for tree, runs in zip(bench.trees, found, strict=True):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                data.write_multi(manifests, folder / "groups", files=10)
                with running(folder / "emulator.db", [], latency_ms=20.0, python=tree.python) as server:
                    apply = ("apply", "-y", "--parallelism", "16", "groups")
                    run = measured(igz(tree.name, *apply, server=server, folder=folder, python=tree.python))
            if number:
                runs.append(run.cpu)
    bench.compare(f"apply of {CREATES:,} creates", found, 0.60)


def _with_emulators(
    commands: Sequence[Command], servers: Sequence[Server], rounds: int
) -> tuple[tuple[list[Run], ...], tuple[list[float], ...]]:
    """Run as `in_turn` does, and return also what each server took meanwhile, in processor seconds."""
    found: tuple[list[Run], ...] = tuple([] for _ in commands)
    emulators: tuple[list[float], ...] = tuple([] for _ in commands)
    for number in range(rounds + 1):
        for command, server, runs, taken in zip(commands, servers, found, emulators, strict=True):
            begun = server.cpu()
            run = measured(command)
            if number:
                runs.append(run)
                taken.append(server.cpu() - begun)
    return found, emulators


def _compare_memory(bench: Bench, title: str, commands: Sequence[Command]) -> None:
    found = [[peak_memory(command) or 0.0 for _ in range(3)] for command in commands]
    bench.compare(f"{title}, peak memory", found, 0.70, "MiB")


def _igz(bench: Bench, tree: Tree, *arguments: str, server: Server | None = None) -> Command:
    return igz(tree.name, *arguments, server=server, folder=bench.home(tree), python=tree.python)


def _write(bench: Bench, layout: str, manifests: Sequence[dict[str, object]], *, single: bool = False) -> None:
    for tree in bench.trees:
        if single:
            data.write_single(manifests, bench.home(tree) / layout)
        else:
            data.write_multi(manifests, bench.home(tree) / layout)


BENCHES: dict[str, Callable[[Bench], None]] = {
    "start": bench_start,
    "validate": bench_validate,
    "plan": bench_plan,
    "apply": bench_apply,
}


def main() -> int:
    """Measure what is asked for. Returns 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", required=True, metavar="PYTHON", help="the interpreter of the earlier one")
    parser.add_argument("--after", default=sys.executable, metavar="PYTHON", help="that of the later one")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=12200)
    parser.add_argument("--only", default=",".join(BENCHES))
    options = parser.parse_args()
    # Not resolved: an environment's interpreter is a link, and what it points to knows nothing of the environment.
    trees = (Tree("before", str(Path(options.before).absolute())), Tree("after", str(Path(options.after).absolute())))
    bars = Bars()
    for name in options.only.split(","):
        print(f"{name}: {(BENCHES[name].__doc__ or '').splitlines()[0]}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            BENCHES[name](Bench(trees, Path(folder), options.rounds, options.size, bars))
    print(bars.summary())
    return 1 if bars.missed else 0


if __name__ == "__main__":
    sys.exit(main())
