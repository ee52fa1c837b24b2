"""The last resort of every layout: a line that is too wide goes on below, so that a terminal breaks none by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from igz_apply.views.cells import cells
from igz_apply.views.lines import Line, Span, Tone

_FURTHER = 2  # columns by which what goes on below stands further in


def folded(lines: Iterable[Line], width: int) -> Iterator[Line]:
    """Yield the lines, none wider than `width` columns; at a space where there is one, else anywhere."""
    for spans in lines:
        text = "".join(span.text for span in spans)
        yield from _folded(spans, text, width) if cells(text.rstrip()) > width else (spans,)


def _folded(spans: Line, text: str, width: int) -> Iterator[Line]:
    signs = [(char, span.tone) for span in spans for char in span.text]
    indent = min(len(text) - len(text.lstrip(" ")) + _FURTHER, width // 2)
    begin, lead = 0, 0  # `lead`: the columns of spaces before what goes on
    while begin < len(signs):
        end = _break(text, begin, width - lead)
        yield (*((Span(" " * lead),) if lead else ()), *_joined(signs[begin:end]))
        while end < len(text) and text[end] == " ":
            end += 1
        begin, lead = end, indent


def _break(text: str, begin: int, room: int) -> int:
    """Return where a line ends that begins there: at the last space that fits, after whatever stands before it."""
    end = begin
    while end < len(text) and cells(text[begin : end + 1]) <= room:
        end += 1
    end = max(end, begin + 1)
    if end == len(text) or text[end] == " ":
        return end
    space = text.rfind(" ", begin, end)
    return space if text[begin:space].strip() and space > begin else end


def _joined(signs: list[tuple[str, Tone]]) -> Iterator[Span]:
    """Yield the characters as spans again."""
    begin = 0
    for index in range(1, len(signs) + 1):
        if index == len(signs) or signs[index][1] is not signs[begin][1]:
            yield Span("".join(char for char, _ in signs[begin:index]), signs[begin][1])
            begin = index
