"""What goes out of a document, with its line and with the comments that are about it alone."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from typing import Any

from igz_apply.manifests.editing.splices import (
    begins_its_line,
    column,
    comments_above,
    ends_its_line,
    is_comment,
    line_end,
    line_start,
    lines_between,
    next_line,
)
from igz_apply.manifests.editing.tree import Entry, Node, skip
from igz_apply.patterns import pattern

_WORD = pattern(r"[\w.@-]+")


class Cuts:
    """Takes entries out, and finds the ends that what stays and what is added has."""

    def __init__(self, text: str, floor: int, put: Callable[[int, int, str], None]) -> None:
        """Take where to put the edits; nothing above the floor is touched."""
        self._text = text
        self._floor = floor
        self._put = put

    def comma(self, entry: Entry) -> int | None:
        """Return where the comma stands behind an entry in brackets, None where there is none."""
        at = skip(self._text, entry.end)
        return at if self._text[at : at + 1] == "," else None

    def has_own_line(self, entry: Entry) -> bool:
        """Say whether an entry in brackets stands in a line of its own, with its comma."""
        comma = self.comma(entry)
        behind = entry.end if comma is None else comma + 1
        is_near = comma is None or line_end(self._text, entry.end) >= comma
        return begins_its_line(self._text, entry.start) and is_near and ends_its_line(self._text, behind)

    def remove(self, node: Node, gone: Sequence[Entry], growing: Sequence[Entry]) -> None:
        """Remove entries, of which some stay, each run of neighbours at once; behind those `growing` come new ones."""
        chosen, followed = {id(entry) for entry in gone}, {id(entry) for entry in growing}
        runs: list[list[int]] = []
        for index, entry in enumerate(node.entries):
            if id(entry) in chosen:
                if runs and runs[-1][-1] == index - 1:
                    runs[-1].append(index)
                else:
                    runs.append([index])
        for run in runs:
            if node.is_block:
                self._remove_lines(node, run[0], run[-1])
            else:
                self._remove_between(node, run[0], run[-1], followed)

    def _remove_lines(self, node: Node, first: int, last: int) -> None:
        """Remove neighbours of a block, with the comments that are about them alone."""
        entries, text = node.entries, self._text
        indent = column(self._text, node.entries[0].start)
        end = self.tail(entries[last], indent)
        following = entries[last + 1].start if last + 1 < len(entries) else None
        if not begins_its_line(text, entries[first].start):  # behind a dash
            assert following is not None, "a block of which all goes is replaced"
            is_near = not text[end:following].strip()
            self._put(entries[first].start, following if is_near else end, "")
            return
        start = self._start_with_comments(node, first, last, end)
        if start:  # with the line end before them: what is added behind them goes where they ended
            self._put(line_end(text, line_start(text, start - 1)), end, "")
        else:
            self._put(start, next_line(text, end), "")

    def _start_with_comments(self, node: Node, first: int, last: int, end: int) -> int:
        """Return where the lines of entries begin that go; a comment above that is about others too stays.

        It is about what stands below it up to the next comment or blank line; from a line on that names what goes, it
        is about that.
        """
        text, entries, indent = self._text, node.entries, column(self._text, node.entries[0].start)
        start = line_start(text, entries[first].start)
        floor = next_line(text, self.tail(entries[first - 1], indent)) if first else self._floor
        above = comments_above(text, start, max(floor, self._floor))
        if above == start:
            return start
        below = next_line(text, end)
        goes_on = last + 1 < len(entries) and line_start(text, entries[last + 1].start) == below
        if not goes_on:
            return above
        names = {word.casefold() for entry in entries[first : last + 1] for word in _words(entry)}
        return next((at for at in lines_between(text, above, start) if names & _told(text, at)), start)

    def _remove_between(self, node: Node, first: int, last: int, followed: Container[int]) -> None:
        """Remove neighbours between brackets: with their lines where they have lines of their own."""
        entries, text = node.entries, self._text
        run = entries[first : last + 1]
        comma = self.comma(run[-1])
        has_lines = begins_its_line(text, run[0].start) and self._ends_line(run[-1])
        before = entries[first - 1] if first else None
        if has_lines:
            start = self._start_with_comments(node, first, last, line_end(text, comma or run[-1].end))
            self._put(start, next_line(text, comma or run[-1].end), "")
            if comma is None and before is not None and id(before) not in followed:
                useless = self.comma(before)
                self._put(useless or before.end, (useless or before.end - 1) + 1, "")
            return
        is_last = last + 1 == len(entries)
        is_alone = before is not None and line_start(text, run[0].start) == line_start(text, before.end)
        if before is not None and (is_last or (is_alone and self._ends_line(run[-1]))):
            self._put(before.end, run[-1].end, "")
        elif comma is not None and self._ends_line(run[-1]):
            self._put(run[0].start, line_end(text, comma), "")
        else:
            self._put(run[0].start, entries[last + 1].start, "")

    def _ends_line(self, entry: Entry) -> bool:
        comma = self.comma(entry)
        if comma is None:
            return ends_its_line(self._text, entry.end)
        return line_end(self._text, entry.end) >= comma and ends_its_line(self._text, comma + 1)

    def tail(self, entry: Entry, indent: int) -> int:
        """Return where the last line of an entry ends, with comments below it that are indented as what is in it."""
        text = self._text
        end = line_end(text, entry.end)
        while (start := next_line(text, end)) < len(text) and is_comment(text, start):
            if skip_blanks(text, start) - start <= indent:
                break
            end = line_end(text, start)
        return end


def skip_blanks(text: str, at: int) -> int:
    """Return where something else than a blank stands."""
    while text[at : at + 1] in (" ", "\t"):
        at += 1
    return at


def _told(text: str, at: int) -> set[str]:
    """Return the words of a line that begins at an offset."""
    return {word.casefold() for word in _WORD.findall(text[at : line_end(text, at)])}


def _words(entry: Entry) -> Iterator[str]:
    """Yield what an entry names: its key, and the texts in it."""
    waiting: list[Any] = [entry.key, entry.value.data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield from _WORD.findall(value)
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
