"""Pieces of a text that are replaced, and what lines they touch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from igz_apply.manifests.editing.tree import CannotEdit
from igz_apply.patterns import pattern

_REST_OF_LINE = pattern(r"[ \t]*(?:#[^\r\n]*)?(?=\r?\n|\r|\Z)")
_COMMENT = pattern(r"[ \t]*#[^\r\n]*")


class Splice(NamedTuple):
    """What stands between two offsets becomes `text`."""

    start: int
    end: int
    text: str


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """Return the text with all pieces replaced; of two at one place the first comes first.

    Raises CannotEdit where two overlap.
    """
    pieces: list[str] = []
    at = 0
    for splice in sorted(splices, key=lambda it: (it.start, it.end)):
        if splice.start < at:
            raise CannotEdit(splice.start, "two things that change are written into one another")
        pieces += [text[at : splice.start], splice.text]
        at = splice.end
    return "".join([*pieces, text[at:]])


def line_start(text: str, at: int) -> int:
    """Return where the line begins that `at` stands in."""
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at - 1 if text[at - 1 : at + 1] == "\r\n" else at)) + 1


def line_end(text: str, at: int) -> int:
    """Return where the line ends, before what ends it, that `at` stands in."""
    found = [end for sign in "\r\n" if (end := text.find(sign, at)) >= 0]
    return min(found, default=len(text))


def next_line(text: str, at: int) -> int:
    """Return where the next line begins; the end of the text where there is none."""
    end = line_end(text, at)
    return end + 2 if text.startswith("\r\n", end) else min(end + 1, len(text))


def ends_its_line(text: str, at: int) -> bool:
    """Say whether nothing but a comment follows in the line."""
    return _REST_OF_LINE.match(text, at) is not None


def begins_its_line(text: str, at: int) -> bool:
    """Say whether nothing but blanks comes before it in the line."""
    return not text[line_start(text, at) : at].strip(" \t")


def is_comment(text: str, start: int) -> bool:
    """Say whether the line that begins at `start` is a comment."""
    return _COMMENT.match(text, start) is not None


def column(text: str, at: int) -> int:
    """Return the column, from 0."""
    return at - line_start(text, at)


def comments_above(text: str, start: int, floor: int) -> int:
    """Return where the comments begin that stand directly above the line at `start`, and not above `floor`."""
    while start > floor:
        above = line_start(text, start - 1)
        if above < floor or not is_comment(text, above):
            break
        start = above
    return start


def lines_between(text: str, start: int, end: int) -> Iterator[int]:
    """Yield where each line begins, of those from `start` to before `end`."""
    while start < end:
        yield start
        start = next_line(text, start)


def ends_of_line(text: str) -> str:
    """Return how the lines of a text end, by its first."""
    first = line_end(text, 0)
    return "\r\n" if text.startswith("\r\n", first) else text[first : first + 1] or "\n"
