"""A run over many targets against what their waves could have taken, and its memory against one target's.

The path through the waves is measured twice: with each wave's longest run alone on this machine, as a process of its
own, and with the longest of each wave as it was within the run. The first tells what it costs to run several targets in
one process at the same time; the second, what goes from wave to wave costs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import data
from benchmarks.bars import Bars
from benchmarks.commands import igz
from benchmarks.fleet_servers import Apart, Cluster, served_apart
from benchmarks.measure import Command, Run, measured

if TYPE_CHECKING:
    from benchmarks.run import Bench

TARGETS = 50
RESOURCES = 200  # of each
LATENCY_MS = 20.0
JOB_SECONDS = 1.0
WAVE = 5
WAVES = 1 + math.ceil((TARGETS - 1) / WAVE)  # the first is the canary
LONGEST = 1.2  # times the path through the waves
MOST_MEMORY = 1.5  # times what one target takes
ALONE, TOGETHER = "alone.yaml", "together.yaml"


@dataclass(frozen=True)
class Sites:
    """The folder with both configs, and the clusters: those of the one run, and those with runs of their own."""

    folder: Path
    servers: Apart
    together: Sequence[str]
    alone: Sequence[str]

    def run(self, name: str, *arguments: str, config: str, targets: Sequence[str]) -> Command:
        """Return a run of igz-apply with what opens these targets."""
        command = igz(name, *arguments, "--config", config, server=None, folder=self.folder)
        opened = {
            f"{variable}__{target.upper()}": value
            for target in targets
            for variable, value in self.servers.connections[target].items()
            if variable != "IGZ_ENDPOINT"
        }
        return Command(command.name, command.arguments, opened, command.folder)


def bench_fleet(bench: Bench) -> None:
    """Run over 50 targets of 200 resources, at 20 ms, against the longest path through its waves."""
    manifests = data.documents(data.size_of(RESOURCES))
    data.write_multi(manifests, bench.folder / "multi", files=5)
    with _sites(bench.folder) as sites:
        _compare(bench.bars, sites, "apply, all new", "apply", "-y")
        _compare(bench.bars, sites, "plan, unchanged", "plan")
        data.write_multi(data.changed(manifests, 1.0), bench.folder / "multi", files=5)
        _compare(bench.bars, sites, "apply, all changed", "apply", "-y")


@contextmanager
def _sites(folder: Path) -> Iterator[Sites]:
    together = [f"t{number:02}" for number in range(1, TARGETS + 1)]
    alone = [f"a{number:02}" for number in range(1, WAVES + 1)]
    cluster = Cluster({"latency_ms": LATENCY_MS, "job_seconds": JOB_SECONDS, "all_users_seconds": 0.0})
    with served_apart(dict.fromkeys([*together, *alone], cluster)) as servers:
        for config, names in ((TOGETHER, together), (ALONE, alone)):
            (folder / config).write_text(json.dumps(_config(servers, names)), encoding="utf-8")
        yield Sites(folder, servers, together, alone)


def _config(servers: Apart, names: Sequence[str]) -> Mapping[str, Any]:
    targets = {
        name: {"endpoint": servers.connections[name]["IGZ_ENDPOINT"], "inventory": f"state/{name}.json"}
        for name in names
    }
    return {"version": 1, "manifests": ["multi"], "fleet": {"canary": 1, "wave": WAVE}, "targets": targets}


def _compare(bars: Bars, sites: Sites, title: str, *arguments: str) -> None:
    """Run it once alone for each wave, then over all targets, and judge the second by the first."""
    alone = [
        measured(sites.run("alone", *arguments, "--target", name, config=ALONE, targets=[name])) for name in sites.alone
    ]
    report, before = sites.folder / "fleet.json", sites.servers.cpu()
    run = sites.run(
        "fleet", *arguments, "--all-targets", "--report", report.name, config=TOGETHER, targets=sites.together
    )
    found = measured(run)
    path = sum(each.wall for each in alone)
    within = path_within(json.loads(report.read_text(encoding="utf-8")))
    memory = found.memory / max(each.memory for each in alone)
    print(
        f"  {title}: {found.wall:.1f} s, cpu {found.cpu:.1f} s here and {sites.servers.cpu() - before:.1f} s of the"
        f" clusters; alone {path / WAVES:.2f} s, cpu {_mean_cpu(alone):.2f} s each"
    )
    ratio = found.wall / path
    print(
        f"    wall / {WAVES} waves of one run alone {ratio:.2f} (bar {LONGEST})"
        f" {bars.judge(f'fleet, {title}', ratio, LONGEST)}   wall / the longest of each wave {found.wall / within:.2f}"
    )
    print(
        f"    peak memory {found.memory:.0f} MiB / one target's {memory:.2f} (bar {MOST_MEMORY})"
        f" {bars.judge(f'memory of fleet, {title}', memory, MOST_MEMORY)}"
    )


def _mean_cpu(runs: Sequence[Run]) -> float:
    return sum(each.cpu for each in runs) / len(runs)


def path_within(report: Mapping[str, Any]) -> float:
    """Return how many seconds the waves would have taken had each ended with its longest target, by the JSON report."""
    took = {each["target"]: each["ended"] - each["started"] for each in report["targets"]}
    return float(sum(max(took[name] for name in wave["targets"]) for wave in report["waves"]))
