"""What is left alone for a while because the config says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from igz_apply.model.reconciling import Pause
from igz_apply.model.rounds import Cause, HeldBack
from igz_apply.planning.holding import Resting

FOR_EVER = float("inf")


def pausing(pauses: Iterable[Pause], ends: Mapping[str, float], now: float) -> tuple[Resting, ...]:
    """Return what is paused now; of several pauses the one that lasts longest comes first.

    `ends` holds the moment of each `until`, in seconds since the epoch.
    """
    lasting = [(ends[each.until] if each.until else FOR_EVER, each) for each in pauses]
    active = sorted((it for it in lasting if now < it[0]), key=lambda each: -each[0])
    return tuple(Resting((each.pattern,), HeldBack(Cause.PAUSED, _told(each))) for _, each in active)


def _told(pause: Pause) -> str:
    return f"paused{_until(pause.until)}: {pause.reason}"


def _until(until: str) -> str:
    """Return an end as people write it, in the zone that the config states it in."""
    day, _, clock = until.partition("T")
    if not clock:
        return f" until the end of {day} in UTC" if day else ""
    minutes, offset = clock[:5], clock[8:] if clock[5:6] == ":" else clock[5:]
    return f" until {day} {minutes} {'+0000' if offset == 'Z' else offset.replace(':', '')}"
