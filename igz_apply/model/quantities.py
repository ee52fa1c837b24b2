"""Kubernetes quantities and durations, compared by meaning: `1000m` is `1`, `1024Mi` is `1Gi`, `60m` is `1h`."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE]([+-]?[0-9]{1,3})|([numkMGTPE]|[KMGTPE]i)?)")
_SCALE = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d))+")
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_SECONDS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}


@lru_cache(maxsize=4096)
def quantity(text: str) -> Decimal | None:
    """Return the amount that a Kubernetes quantity means, None when the text is not one."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        return None
    number, exponent, suffix = match.groups()
    amount = Decimal(number)
    if exponent:
        return amount.scaleb(int(exponent))
    return amount * _SCALE[suffix] if suffix else amount


@lru_cache(maxsize=4096)
def duration(text: str) -> Decimal | None:
    """Return the seconds that a text such as `1h30m` means, None when it is not a duration."""
    text = text.strip()
    if not _DURATION.fullmatch(text):
        return None
    return sum((Decimal(count) * _SECONDS[unit] for count, unit in _DURATION_PART.findall(text)), Decimal(0))
