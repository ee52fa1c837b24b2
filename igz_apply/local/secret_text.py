"""What can be a secret, wherever it comes from."""

from __future__ import annotations


def is_text(value: str) -> bool:
    """Say whether a secret can be sent: a variable may hold bytes that are no text, and JSON half a character."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
