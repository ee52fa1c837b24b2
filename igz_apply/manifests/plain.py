"""The plain reader: manifests as most of them are written, read line by line, many times faster than libyaml does.

It gives up on whatever is not plain YAML beyond doubt, be it right or wrong, and libyaml decides what that means. What
it takes means the same to libyaml: tests hold the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from igz_apply.manifests.plain_layout import Layout, build, layout_of
from igz_apply.manifests.plain_lines import IGNORED, TEXT, Head, Line, Lines, NotPlain
from igz_apply.manifests.scalars import WORDS

MOST_CHARACTERS = 1024 * 1024 - 8  # of a document; more are for others to judge
_MOST_SHAPES = 1024
_MOST_LINES = 200  # of a document whose shape is remembered
_OFTEN = 8  # documents of one shape that are worth a pattern
_MOST_LIKELY = 6  # patterns that are tried
_WORDS = frozenset(WORDS)

Row = tuple[int, int, int, int, Any]
"""One document as it was read: line and column of its data, where it begins and ends in the file's text, its data."""

_Said = tuple[Any, int, int, int]
"""A document's data, None if it is empty; where it ends; its line on which the data begins; how many lines it has."""


class PlainReader:
    """Reads the documents of many files; what they have in common is worked out once."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._shapes: dict[Sequence[Head], _Shape] = {}
        self._likely: list[_Pattern] = []  # the last one that was found comes first

    @property
    def is_suspect(self) -> bool:
        """True when a document that was plain may hold a reference to a value, or be a Profile."""
        return self._lines.is_suspect

    def read(self, text: str, start: int, line: int, rows: list[Row]) -> tuple[int, int] | None:
        """Read on from a document that begins at `start`, in `line`, and add the documents that are plain to `rows`.

        Return the offset and line at which one begins that is not, None when there is none. Line ends are LF.
        """
        size = len(text)
        self._lines.forget()
        while True:
            body, at = start, line
            if text.startswith("---\n", start):
                body, at = start + 4, line + 1
            said = self._by_pattern(text, body) or self._by_lines(text, start, body)
            if said is None or said[1] - start > MOST_CHARACTERS:
                return start, line
            data, end, first, count = said
            if data is not None:
                begin = start if body > start or not first else _line_start(text, start, first)
                rows.append((at + first, 1, begin, end, data))
            if end >= size:
                return None
            start, line = end, at + count

    def _by_pattern(self, text: str, body: int) -> _Said | None:
        """Return what a document says that one of the patterns finds, None where none does."""
        for pattern in self._likely:
            found = pattern.match(text, body)
            if found is not None:
                if pattern is not self._likely[0]:
                    self._likely.remove(pattern)
                    self._likely.insert(0, pattern)
                return pattern.said(found, self._lines)
        return None

    def _by_lines(self, text: str, start: int, body: int) -> _Said | None:
        """Return what a document says, line by line; None where it is not plain."""
        found = text.find("\n---", body - 1 if body > start else start)
        end = found + 1 if found >= 0 else len(text)
        if end - body > MOST_CHARACTERS or text[end + 3 : end + 4] not in ("", " ", "\n"):
            return None
        content = text[body:end].removesuffix("\n")
        lines = content.split("\n") if end > body else []
        try:
            said = [self._lines[line] for line in lines]
            data, first = self._built(said) if said else (None, 0)
        except NotPlain:
            return None
        return data, end, first, len(lines)

    def _built(self, said: Sequence[Line]) -> tuple[Any, int]:
        """Return the data that lines make, and the line in which it begins. Raises NotPlain."""
        heads, values, are_text = zip(*said, strict=True)
        shape = self._shapes.get(heads)
        if shape is None:
            shape = _Shape(heads)
            if len(heads) <= _MOST_LINES:
                if len(self._shapes) >= _MOST_SHAPES:
                    self._shapes.clear()
                self._shapes[heads] = shape
        elif (pattern := shape.met_again(are_text)) is not None:
            self._likely = [pattern, *(it for it in self._likely if it.heads is not heads)][:_MOST_LIKELY]
        if not shape.steps:
            return None, 0
        return build(shape.steps, list(values)), shape.first


class _Shape:
    """The layout of documents that have been met, and what is known of their values."""

    __slots__ = ("_are_text", "_heads", "_layout", "_met", "_news", "first", "steps")

    def __init__(self, heads: Sequence[Head]) -> None:
        """Work out the layout. Raises NotPlain."""
        self._heads = heads
        self._layout = layout_of(heads)
        self._are_text: Sequence[bool] = [True] * len(heads)
        self._met = 0
        self._news = True  # whether the last pattern would not have found all that was met since
        self.first = self._layout.first
        self.steps = self._layout.steps()

    def met_again(self, are_text: Sequence[bool]) -> _Pattern | None:
        """Take note of the values that were met; return a pattern for the likes of them where there is a new one."""
        both = [one and other for one, other in zip(self._are_text, are_text, strict=True)]
        self._news = self._news or both != self._are_text
        self._are_text = both
        self._met += 1
        if self._met % _OFTEN or not self._news or not self.steps:
            return None
        self._news = False
        return _Pattern(self._heads, self._layout, both)


class _Pattern:
    """Finds the values of a whole document of one layout at once."""

    __slots__ = ("_count", "_first", "_steps", "_whole", "heads", "match")

    def __init__(self, heads: Sequence[Head], layout: Layout, are_text: Sequence[bool]) -> None:
        """Make a pattern for documents whose lines begin with `heads`, with text wherever it `are_text`."""
        pieces: list[str] = []
        self._whole: list[tuple[int, Head]] = []  # values that are a whole line: what it says has to be looked up
        places = dict.fromkeys(range(len(heads)), 0)  # by line: the pool begins with a null for those without a value
        found = 0
        for index, (head, is_text) in enumerate(zip(heads, are_text, strict=True)):
            if head.has_value:
                found += 1
                places[index] = found
                if not is_text:
                    self._whole.append((found, head))
            pieces.append(_piece(head, is_text))
        places.update((len(heads) + index, found + 1 + index) for index in range(len(layout.made)))
        self.heads = heads
        self._count = len(heads)
        self._first = layout.first
        self._steps = layout.steps(places)
        self.match = re.compile("\n".join(pieces) + r"(?:\n(?=---\n)|\n?\Z)").match

    def said(self, found: re.Match[str], lines: Lines) -> _Said | None:
        """Return what the document says that was found; None if it is not what it looks like."""
        values = found.groups()
        if not _WORDS.isdisjoint(values):
            return None
        pool: list[Any] = [None, *map(lines.texts.setdefault, values, values)]
        for index, head in self._whole:
            try:
                line = lines[pool[index]]
            except NotPlain:
                return None
            if line.head is not head:
                return None
            pool[index] = line.value
        return build(self._steps, pool), found.end(), self._first, self._count


def _piece(head: Head, is_text: bool) -> str:
    """Return a pattern for lines that begin like this; it has a group where they have a value."""
    if head.is_ignored:
        return IGNORED
    prefix = re.escape(head.prefix)
    if not head.has_value:
        return prefix
    return f"{prefix}({TEXT})" if is_text else f"({prefix}[ -~]*)"


def _line_start(text: str, start: int, lines: int) -> int:
    """Return where the line begins that comes so many lines after the one that begins at `start`."""
    for _ in range(lines):
        start = text.index("\n", start) + 1
    return start
