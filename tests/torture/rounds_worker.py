"""A process that runs rounds without a pause, and writes how much memory it holds after each.

python -m tests.torture.rounds_worker ROUNDS CONFIG
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

from igz_apply.cli.memory import Memory
from tests.remembered_world import World


def resident() -> int:
    """Return how many KiB of this process are in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def main() -> None:
    rounds, config = int(sys.argv[1]), Path(sys.argv[2])
    world = World(config.parent, random.Random(0), None, dict(os.environ), "iguazio.com/v1")
    world.round(None, heals=True)
    memory = Memory()
    for _ in range(rounds):
        ended = world.round(memory, heals=True)["ended"]
        print(resident(), ended, flush=True)


if __name__ == "__main__":
    main()
