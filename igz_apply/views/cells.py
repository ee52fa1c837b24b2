"""Text as a terminal sees it: how many columns it takes, and where to cut it."""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import combining, east_asian_width

ELLIPSIS = "…"


def cells(text: str) -> int:
    """Return how many columns the text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(map(_CELLS.__getitem__, text))


def cut(text: str, width: int) -> str:
    """Return the text in at most `width` columns, with an ellipsis where its end is missing."""
    return text if cells(text) <= width else _fit(text, width - 1) + ELLIPSIS


def cut_start(text: str, width: int) -> str:
    """Return the text in at most `width` columns, with an ellipsis where its beginning is missing."""
    if cells(text) <= width:
        return text
    return ELLIPSIS + _fit(text[::-1], width - 1)[::-1]


def pad(text: str, width: int) -> str:
    """Return the text followed by spaces up to `width` columns; longer text as it is."""
    return text + " " * (width - cells(text))


def wrap(text: str, width: int) -> list[str]:
    """Break the text at spaces into lines of at most `width` columns; a longer word stands alone, uncut."""
    return _flow(text.split(), " ", width)


def broken(text: str, width: int) -> list[str]:
    """Break the text as `wrap` does, and a word that is longer where it has to be: no line is wider than `width`."""
    if cells(text) <= width:
        return [text]
    lines = []
    for rest in wrap(text, width):
        while cells(rest) > width:
            first = _fit(rest, width) or rest[0]
            lines.append(first)
            rest = rest[len(first) :]
        lines.append(rest)
    return lines


def wrap_items(items: Iterable[str], width: int) -> list[str]:
    """Lay items out with commas between them, in lines of at most `width` columns; no item is cut or broken."""
    listed = list(items)
    return _flow([f"{item}," for item in listed[:-1]] + listed[-1:], " ", width)


def wrap_path(text: str, width: int) -> list[str]:
    """Break a path after slashes into lines of at most `width` columns; a longer part stands alone, uncut."""
    parts = text.split("/")
    return _flow([*(f"{part}/" for part in parts[:-1]), parts[-1]], "", width)


def _flow(words: Iterable[str], gap: str, width: int) -> list[str]:
    lines: list[str] = []
    taken = 0  # by the last of them
    for word in words:
        more = len(gap) + cells(word)
        if lines and taken + more <= width:
            lines[-1] += gap + word
            taken += more
        else:
            lines.append(word)
            taken = more - len(gap)
    return lines


def _fit(text: str, width: int) -> str:
    taken = 0
    for index, char in enumerate(text):
        taken += _CELLS[char]
        if taken > width:
            return text[:index]
    return text


class _Cells(dict[str, int]):
    """How many columns a character takes, looked up once for each that occurs."""

    def __missing__(self, char: str) -> int:
        width = 0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1
        self[char] = width
        return width


_CELLS = _Cells()
