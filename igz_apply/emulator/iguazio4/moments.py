"""Moments as Iguazio 4 writes them (wire reference, section 3.4)."""

from __future__ import annotations

from datetime import datetime, timezone


def moment(seconds: float) -> str:
    """Return seconds since the epoch as `2026-03-02T08:15:30.120Z`."""
    text = datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def canonical_moment(text: str) -> str | None:
    """Return a moment in the form of `moment`, so that the two compare as text; None if it is none."""
    try:
        return moment(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())
    except (ValueError, OverflowError):
        return None
