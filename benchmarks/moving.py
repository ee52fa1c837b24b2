"""Carrying a whole Iguazio 3 over to manifests of Iguazio 4, against a plan of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import data
from benchmarks.commands import adopt, igz
from benchmarks.measure import Run, alternately, median, peak_memory
from benchmarks.server import running

if TYPE_CHECKING:
    from benchmarks.run import Bench

LONGEST = 2.0  # times a plan
MOST_MEMORY = 1.3  # times what a plan takes
MAPPING = """\
version: 1
separator: "."
policies: {Developer: oris-developer, Data: [oris-viewer]}
roles: {editor: builder}
"""


def bench_migrate(bench: Bench) -> None:
    """Migrate all that lives, told alone, with manifests, and with a page too, against a plan without changes."""
    manifests = data.documents(data.size_of(bench.size))
    data.write_multi(manifests, bench.folder / "multi")
    with running(bench.folder / "emulator.db", manifests) as server:
        (bench.folder / "igz-apply.yaml").write_text(
            f"version: 1\ntargets: {{old: {{endpoint: '{server.environment['IGZ_ENDPOINT']}'}}}}\n", encoding="utf-8"
        )
        (bench.folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
        adopt(bench.folder, server)
        plan = igz("plan", "plan", "multi", server=server, folder=bench.folder)
        said = ("migrate", "old", "iguazio4", "--mapping", "mapping.yaml")
        commands = [
            plan,
            igz("told", *said, server=server, folder=bench.folder),
            igz("written", *said, "--out-dir", "new", server=server, folder=bench.folder),
            igz("reported", *said, "--out-dir", "new", "--report", "move.html", server=server, folder=bench.folder),
        ]
        found = alternately(commands, bench.rounds)
        peaks = [peak_memory(each) for each in (plan, commands[2])]
    wall = {name: median(runs, _wall) for name, runs in found.items()}
    for name in ("told", "written", "reported"):
        ratio = wall[name] / wall["plan"]
        verdict = f" (bar {LONGEST}) {bench.bars.judge('migrate', ratio, LONGEST)}" if name == "written" else ""
        print(f"  migrate, {name:<9} wall {wall['plan']:.2f} -> {wall[name]:.2f} s   ratio {ratio:.2f}{verdict}")
    before, after = peaks
    if before is None or after is None:
        print("    peak memory: not told by this system")
        return
    ratio = after / before
    verdict = bench.bars.judge("memory of migrate", ratio, MOST_MEMORY)
    print(f"    peak memory {before:.0f} -> {after:.0f} MiB   ratio {ratio:.2f} (bar {MOST_MEMORY}) {verdict}")


def _wall(run: Run) -> float:
    return run.wall
