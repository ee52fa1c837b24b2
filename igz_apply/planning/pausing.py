"""What is left alone for a while because the config says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from igz_apply.model.addresses import PATTERN_CHARACTERS
from igz_apply.model.changes import Plan
from igz_apply.model.reconciling import Pause, Reconciling
from igz_apply.model.rounds import Cause, HeldBack
from igz_apply.planning.resting import Resting

FOR_EVER = float("inf")


def pausing(pauses: Iterable[Pause], ends: Mapping[str, float], now: float) -> tuple[Resting, ...]:
    """Return what is paused now; of several pauses the one that lasts longest comes first.

    `ends` holds the moment of each `until`, in seconds since the epoch.
    """
    lasting = [(ends[each.until] if each.until else FOR_EVER, each) for each in pauses]
    active = sorted((it for it in lasting if now < it[0]), key=lambda each: -each[0])
    return tuple(Resting((each.pattern,), HeldBack(Cause.PAUSED, _told(each))) for _, each in active)


def idle_names(reconciling: Reconciling, plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the keys of the config that name one resource that there is none of, each with that name.

    Somebody may have misspelt it, and what was meant would be healed. A pattern may well select nothing today.
    """
    named = [("paused", pause.pattern) for pause in reconciling.paused]
    named += [("freeze", pattern) for freeze in reconciling.freezes for pattern in freeze.patterns]
    exact = [it for it in named if "/" in it[1] and PATTERN_CHARACTERS.isdisjoint(it[1])]
    there = {str(change.address) for change in plan.changes} if exact else ()
    return (it for it in exact if it[1] not in there)


def _told(pause: Pause) -> str:
    return f"paused{_until(pause.until)}: {pause.reason}"


def _until(until: str) -> str:
    """Return an end as people write it, in the zone that the config states it in."""
    day, _, clock = until.partition("T")
    if not clock:
        return f" until the end of {day} in UTC" if day else ""
    minutes, offset = clock[:5], clock[8:] if clock[5:6] == ":" else clock[5:]
    return f" until {day} {minutes} {'+0000' if offset == 'Z' else offset.replace(':', '')}"
