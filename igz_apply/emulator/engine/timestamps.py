"""Points in time, in the one form in which they are stored, so that they compare as text."""

from __future__ import annotations

import re
from datetime import datetime, timezone

_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?\Z", re.ASCII | re.IGNORECASE
)


def timestamp(seconds: float) -> str:
    """Return seconds since the epoch as `2023-11-13T14:50:02.992000+00:00`."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="microseconds")


def canonical_timestamp(text: str) -> str | None:
    """Return a timestamp in the form of `timestamp`, so that the two compare as text; None if it is none.

    Accepts `Z`, an offset or nothing (UTC), and up to nine digits of a second.
    """
    match = _TIMESTAMP.match(text)
    if match is None:
        return None
    day, clock, fraction, offset = match.groups()
    offset = "+00:00" if offset in (None, "Z", "z") else offset
    offset = offset if ":" in offset else f"{offset[:3]}:{offset[3:]}"
    digits = ((fraction or "") + "000000")[:6]
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}.{digits}{offset}").astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
    return moment.isoformat(timespec="microseconds")
