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
    """Migrate all that lives, with manifests and a report, against a plan with nothing to change."""
    manifests = data.documents(data.size_of(bench.size))
    data.write_multi(manifests, bench.folder / "multi")
    with running(bench.folder / "emulator.db", manifests) as server:
        (bench.folder / "igz-apply.yaml").write_text(
            f"version: 1\ntargets: {{old: {{endpoint: '{server.environment['IGZ_ENDPOINT']}'}}}}\n", encoding="utf-8"
        )
        (bench.folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
        adopt(bench.folder, server)
        plan = igz("plan", "plan", "multi", server=server, folder=bench.folder)
        migrate = igz("migrate", "migrate", "old", "iguazio4", "--mapping", "mapping.yaml", "--out-dir", "new",
                      "--report", "move.html", server=server, folder=bench.folder)  # fmt: skip
        found = alternately([plan, migrate], bench.rounds)
        peaks = [peak_memory(each) for each in (plan, migrate)]
    wall = [median(found[name], _wall) for name in ("plan", "migrate")]
    ratio = wall[1] / wall[0]
    verdict = bench.bars.judge("migrate", ratio, LONGEST)
    print(f"  migrate   wall {wall[0]:.2f} -> {wall[1]:.2f} s   ratio {ratio:.2f} (bar {LONGEST}) {verdict}")
    before, after = peaks
    if before is None or after is None:
        print("    peak memory: not told by this system")
        return
    ratio = after / before
    verdict = bench.bars.judge("memory of migrate", ratio, MOST_MEMORY)
    print(f"    peak memory {before:.0f} -> {after:.0f} MiB   ratio {ratio:.2f} (bar {MOST_MEMORY}) {verdict}")


def _wall(run: Run) -> float:
    return run.wall
