"""Lengths of time: short beside other things on a line of a terminal, spelled out in the sentences of a report."""

from __future__ import annotations


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


def stated_duration(seconds: float) -> str:
    """Return a length of time as people state it, `20m`, `1h30m` or `0.5s`."""
    parts = (int(seconds) // 3600, int(seconds) % 3600 // 60)
    left = f"{round(seconds % 60, 3):g}s" if seconds % 60 or not any(parts) else ""
    return "".join(f"{many}{unit}" for many, unit in zip(parts, "hm", strict=True) if many) + left


def spelled_duration(seconds: float) -> str:
    """Return `0.4 s`, `12 s` or `3 min 20 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{int(seconds) // 60:,} min {int(seconds) % 60} s"
