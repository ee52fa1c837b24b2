"""How comments are laid out: fences and folds with as much in them as there is room for, told in characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from igz_apply.wording.printable import printable

MAX_LENGTH = 60_000
"""Characters of a comment; GitHub takes 65,536."""

RESERVE = 1_500
"""Characters that important sections keep free, so that the others can say what was left out."""

_MARGIN = 150  # characters that a section keeps free for its own frame


def folded(title: str, items: Sequence[str], room: int, *, language: str = "text") -> str:
    """Return the items in a fence that opens at a click on the title; "" for none."""
    frame = f"<details><summary>{escape(title)}</summary>\n\n", "\n\n</details>"
    inner = listed("", items, room - len("".join(frame)), language=language)
    return f"{frame[0]}{inner}{frame[1]}" if inner else ""


def listed(title: str, items: Sequence[str], room: int, *, language: str = "text", separator: str = "\n") -> str:
    """Return the items in a fence below the title, as many as there is room for; "" for none."""
    kept = fitting(items, room - len(title) - _MARGIN, len(separator))
    if not items:
        return ""
    fence = "`" * max(3, 1 + _longest_ticks(kept))
    left = len(items) - len(kept)
    more = f"\n\n**… and {left:,} more, for which there is no room here; see the other reports.**" if left else ""
    block = f"{fence}{language}\n{separator.join(kept)}\n{fence}" if kept else ""
    return "\n\n".join(part for part in (title, f"{block}{more}") if part)


def fitting(items: Sequence[str], room: int, separator: int) -> Sequence[str]:
    """Return the first of the items, as many as there is room for with so many characters between them."""
    used = 0
    for index, item in enumerate(items):
        used += len(item) + separator
        if used > room:
            return items[:index]
    return items


def _longest_ticks(items: Iterable[str]) -> int:
    return max((len(run) for item in items for run in re.findall("`+", item)), default=0)


def code(text: str) -> str:
    """Return text as a code span, whatever stands in it."""
    ticks = "`" * (1 + _longest_ticks([text]))
    return f"{ticks} {text} {ticks}" if "`" in text else f"{ticks}{text}{ticks}"


def word(name: str) -> str:
    """Return a name that stands among others, in quotes where it could be taken for several."""
    return f'"{printable(name)}"' if " " in name else printable(name)
