"""Kubernetes quantities and durations, compared by meaning: `1000m` is `1`, `1024Mi` is `1Gi`, `60m` is `1h`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from igz_apply.patterns import pattern

if TYPE_CHECKING:
    from decimal import Decimal

# Decimal is imported when there is something to compare: that takes a while, and many runs compare none.

_QUANTITY = pattern(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE]([+-]?[0-9]{1,3})|([numkMGTPE]|[KMGTPE]i)?)")
_SCALE: Mapping[str, str | int] = {
    "n": "1e-9",
    "u": "1e-6",
    "m": "1e-3",
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "E": 10**18,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "Pi": 2**50,
    "Ei": 2**60,
}
_DURATION = pattern(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d))+")
_DURATION_PART = pattern(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_SECONDS: Mapping[str, str | int] = {
    "ms": "0.001",
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 86400,
}


@lru_cache(maxsize=4096)
def quantity(text: str) -> Decimal | None:
    """Return the amount that a Kubernetes quantity means, None when the text is not one."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        return None
    from decimal import Decimal

    number, exponent, suffix = match.groups()
    amount = Decimal(number)
    if exponent:
        return amount.scaleb(int(exponent))
    return amount * Decimal(_SCALE[suffix]) if suffix else amount


@lru_cache(maxsize=4096)
def duration(text: str) -> Decimal | None:
    """Return the seconds that a text such as `1h30m` means, None when it is not a duration."""
    text = text.strip()
    if not _DURATION.fullmatch(text):
        return None
    from decimal import Decimal

    return sum((Decimal(count) * Decimal(_SECONDS[unit]) for count, unit in _DURATION_PART.findall(text)), Decimal(0))
