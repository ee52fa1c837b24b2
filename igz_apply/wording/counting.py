"""Counting in words."""

from __future__ import annotations

from collections.abc import Mapping


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return `1 error`, `2 errors`; `plural` for nouns that do not take an s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def by_kind(numbers: Mapping[str, int]) -> str:
    """Return `2 Group, 5 User`: the kinds that count more than none, by name."""
    return ", ".join(f"{number:,} {kind}" for kind, number in sorted(numbers.items()) if number)


def duration(seconds: float) -> str:
    """Return `0.4s`, `12s`, `3m05s` or `1h02m`."""
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
