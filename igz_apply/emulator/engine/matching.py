"""The text operators of filters, as functions that SQLite calls."""

from __future__ import annotations

import functools
import re

MAX_PATTERN = 128
MAX_REPEATS = 3
MAX_SEARCHED = 256

_GROUP_REPEAT = re.compile(r"\)[*+{?]")
_REPEAT = re.compile(r"[*+{]")


def contains_text(value: object, text: str) -> bool:
    """Tell whether a text holds another, whatever the case; False for what is not text."""
    return isinstance(value, str) and text.casefold() in value.casefold()


def matches_pattern(value: object, pattern: str) -> bool:
    """Tell whether a pattern matches somewhere in a text, whatever the case; False for what is not text."""
    return isinstance(value, str) and compile_pattern(pattern).search(value[:MAX_SEARCHED]) is not None


@functools.lru_cache(maxsize=64)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the compiled pattern. Raises ValueError when it is wrong, or could take for ever.

    Repeated groups and many repeats are what makes a search explode; no client is known to send them.
    """
    if len(pattern) > MAX_PATTERN or _GROUP_REPEAT.search(pattern):
        raise ValueError("the pattern is too complex")
    if len(_REPEAT.findall(pattern)) > MAX_REPEATS or re.search(r"\{\d{4,}", pattern):
        raise ValueError("the pattern repeats too often")
    try:
        return re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"the pattern is wrong: {error}") from error
