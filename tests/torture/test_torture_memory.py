"""A process that reconciles for months holds no more than after its first rounds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import data
from benchmarks.server import running

WARM = 20  # rounds
pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells what a process holds")


def grown(folder: Path, rounds: int, size: int) -> float:
    """Run so many idle rounds of so many resources, and return by which share the process grew after the first."""
    manifests = data.documents(data.size_of(size))
    data.write_multi(manifests, folder / "manifests", files=10)
    (folder / "igz-apply.yaml").write_text("version: 1\nmanifests: [manifests]\n")
    with running(folder / "emulator.db", manifests) as server:
        worker = subprocess.run(
            [sys.executable, "-m", "tests.torture.rounds_worker", str(rounds), str(folder / "igz-apply.yaml")],
            env={
                **os.environ,
                **server.environment,
                "IGZ_INVENTORY": str(folder / "inventory.json"),
                "PYTHONPATH": str(Path(__file__).parents[2]),
            },
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    lines = [line.split() for line in worker.stdout.splitlines()]
    assert [ended for _, ended in lines] == ["0"] * rounds, worker.stderr
    held = [int(kibibytes) for kibibytes, _ in lines]
    print(f"{held[0]} KiB after the first round, {held[WARM]} after {WARM}, {max(held)} at most, {held[-1]} at last")
    return max(held[WARM:]) / held[WARM] - 1


def test_sixty_rounds_take_no_more_memory_than_twenty(tmp_path: Path) -> None:
    assert grown(tmp_path, 60, 300) < 0.02


@pytest.mark.full
@pytest.mark.timeout(900)
def test_five_hundred_rounds_take_no_more_memory_than_twenty(tmp_path: Path) -> None:
    assert grown(tmp_path, 500, 600) < 0.02
