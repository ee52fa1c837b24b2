"""Counting in words."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return `1 error`, `2 errors`; `plural` for nouns that do not take an s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
