"""Lines made of spans: what is said is laid out first, and coloured last, so that colour never decides a layout."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple


class Tone(Enum):
    """What a span is, as the parameters of the escape sequence that colours it."""

    PLAIN = ""
    STRONG = "1"
    QUIET = "2"
    CREATE = "32"
    UPDATE = "33"
    DELETE = "31"
    GOOD = "32"
    WARNING = "1;33"
    DANGER = "1;31"
    HINT = "36"


class Span(NamedTuple):
    """A piece of a line in one tone."""

    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Span, ...]
BLANK: Line = ()


def line(*parts: str | Span) -> Line:
    """Return a line of the parts; a bare string is plain."""
    return tuple([Span(part) if isinstance(part, str) else part for part in parts])  # a list is the quicker


def render(lines: Iterable[Line], *, colour: bool) -> str:
    """Return the lines as text, each ended by a newline and free of trailing spaces."""
    return "".join(_render(spans, colour) + "\n" for spans in lines)


def _render(spans: Line, colour: bool) -> str:
    if not colour:
        return "".join([span.text for span in spans]).rstrip()
    return "".join([_coloured(span) for span in spans])


def _coloured(span: Span) -> str:
    return f"\x1b[{span.tone.value}m{span.text}\x1b[0m" if span.tone.value and span.text else span.text
