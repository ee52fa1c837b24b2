"""Programs of one's own that run around a plan and an apply, as a config names them."""

from __future__ import annotations

from collections.abc import Mapping

from igz_apply.values import dataclass

EVENTS = ("before_plan", "before_apply", "after_apply", "on_failure")
BEFORE_PLAN, BEFORE_APPLY, AFTER_APPLY, ON_FAILURE = EVENTS
HOOK_SECONDS = 60.0  # that a hook may take, unless it says otherwise


@dataclass(frozen=True, slots=True)
class Hook:
    """One program: its argv, which no shell reads, and how many seconds it may take."""

    command: tuple[str, ...]
    timeout: float = HOOK_SECONDS

    def __str__(self) -> str:
        return self.command[0]


Hooks = Mapping[str, tuple[Hook, ...]]
"""Event -> what runs then, one after the other; an event without any is left out."""
