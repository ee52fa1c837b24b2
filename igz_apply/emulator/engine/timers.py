"""What was to happen by now, happens: each thing at its own moment, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from igz_apply.emulator.engine.world import W

Detail = Mapping[str, Any]
Action = Callable[[W, Detail], None]


def settle(world: W, actions: Mapping[str, Action[W]]) -> None:
    """Run the action of each timer that is due, in a world at the moment at which it fell due."""
    timer = world.store.pop_due_timer(world.now)
    while timer is not None:
        actions[timer.action](world.at(timer.due), timer.detail)
        timer = world.store.pop_due_timer(world.now)
