"""What is known between rounds is a cache and never the truth: a round without it gives the same plan."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from igz_apply.cli.memory import Memory
from tests.remembered_world import World, world3, world4

ROUNDS = 12
Worlds = Callable[[Path, int], AbstractContextManager[World]]
PLATFORMS = pytest.mark.parametrize("serve", [world3, world4], ids=["iguazio3", "iguazio4"])


def hold(serve: Worlds, folder: Path, seed: int) -> None:
    """Let a world move, and look at each round with what was remembered and without it."""
    with serve(folder, seed) as world:
        memory, happened = Memory(), ["a start"]
        world.round(None, heals=True)
        for number in range(ROUNDS):
            expected, found = world.round(None), world.round(memory)
            assert found == expected, (seed, number, happened[-4:])
            if world.chance.random() < 0.3:
                world.round(memory, heals=True)
                happened.append("a round that heals")
            happened += [world.edit() for _ in range(world.chance.choice([0, 1, 1, 2]))]


@PLATFORMS
@pytest.mark.parametrize("seed", range(1))
def test_a_round_that_remembers_plans_as_one_that_does_not(serve: Worlds, seed: int, tmp_path: Path) -> None:
    hold(serve, tmp_path, seed)


@pytest.mark.full
@PLATFORMS
@pytest.mark.parametrize("seed", range(1, 40))
def test_many_rounds_that_remember_plan_as_those_that_do_not(serve: Worlds, seed: int, tmp_path: Path) -> None:
    hold(serve, tmp_path, seed)
