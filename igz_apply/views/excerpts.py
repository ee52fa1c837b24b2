"""Two long texts in little room: cut so that the part in which they differ can be seen."""

from __future__ import annotations

from igz_apply.views.cells import cells, cut, cut_start

_CONTEXT = 12  # columns of what is the same, kept before the part that differs


def excerpts(before: str, after: str, width: int) -> tuple[str, str]:
    """Return both texts in at most `width` columns each, from shortly before the first difference on."""
    if cells(before) <= width and cells(after) <= width:
        return before, after
    skipped = max(0, _alike(before, after) - _CONTEXT)
    return _from(before, skipped, width), _from(after, skipped, width)


def _from(text: str, skipped: int, width: int) -> str:
    """Cut the start first, and the end only where there still is too much."""
    if cells(text) <= width:
        return text
    tail_fits = cells(text[skipped:]) < width
    return cut_start(text, width) if tail_fits else cut(f"…{text[skipped:]}" if skipped else text, width)


def _alike(before: str, after: str) -> int:
    """Return how many characters both begin with."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((index for index, (old, new) in pairs if old != new), min(len(before), len(after)))
