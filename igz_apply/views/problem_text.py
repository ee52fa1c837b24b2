"""Problems as lines, like a good compiler: place, severity and summary, the line itself, why, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from igz_apply.model.addresses import Source
from igz_apply.model.problems import Problem, errors_of
from igz_apply.model.secrecy import holds_login, may_be_secret
from igz_apply.patterns import pattern
from igz_apply.views.cells import cells, cut, cut_start, wrap
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.wording.counting import counted
from igz_apply.wording.printable import printable

SourceLines = Callable[[str], Sequence[str]]
"""A file's path -> its lines; empty when it cannot be read again."""

_SECRET_PART = pattern(r"pass|secret|token|credential|key|:[^\s:]+@", re.IGNORECASE)  # wider: typing errors too
_NAME = pattern(r"[\w-]+")
_TONES = {"error": Tone.DANGER, "warning": Tone.WARNING}


def no_lines(_: str) -> Sequence[str]:
    """Stand in for the sources where they cannot, or should not, be quoted."""
    return ()


def problem_lines(problems: Sequence[Problem], width: int, lines_of: SourceLines = no_lines) -> Iterator[Line]:
    """Yield every problem and then how many there are; nothing at all when there is none."""
    for problem in problems:
        yield from _problem(problem, width, lines_of)
        yield BLANK
    if problems:
        yield count_line(problems)


def count_line(problems: Sequence[Problem]) -> Line:
    """Return `2 errors, 1 warning.`"""
    errors = len(errors_of(problems))
    warnings = len(problems) - errors
    parts = [counted(errors, "error")] * bool(errors) + [counted(warnings, "warning")] * bool(warnings)
    return line(Span(f"{', '.join(parts)}.", _TONES["error" if errors else "warning"]))


def _problem(problem: Problem, width: int, lines_of: SourceLines) -> Iterator[Line]:
    place = printable(str(problem.source or problem.address or ""))
    yield line(
        Span(f"{place}: " if place else "", Tone.STRONG),
        Span(f"{problem.severity}: ", _TONES[problem.severity]),
        Span(printable(problem.summary), Tone.STRONG),
        Span(f" [{problem.code}]" if problem.code else "", Tone.QUIET),
    )
    if problem.source is not None and not problem.is_secret:
        yield from _excerpt(problem.source, width, lines_of)
    for text in wrap(printable(problem.detail), width - 2):
        yield line(f"  {text}")
    for index, text in enumerate(wrap(printable(problem.hint), width - 8)):
        yield line("  ", Span(("      " if index else "Next: ") + text, Tone.HINT))


def _may_hold_secret(text: str) -> bool:
    return bool(_SECRET_PART.search(text)) or holds_login(text) or any(map(may_be_secret, _NAME.findall(text)))


def _excerpt(source: Source, width: int, lines_of: SourceLines) -> Iterator[Line]:
    """Yield the line in question with a caret below the column, unless a secret may stand there by mistake."""
    lines = lines_of(source.path)
    if not 0 < source.line <= len(lines):
        return
    nearby = lines[max(0, source.line - 3) : source.line]
    if any(map(_may_hold_secret, nearby)):
        return
    gutter = f"{source.line:>6} | "
    text, before = printable(lines[source.line - 1].rstrip()), printable(lines[source.line - 1][: source.column - 1])
    room = width - len(gutter)
    if cells(before) >= room - 8:  # far to the right: show what leads up to it, as far as there is room
        before = cut_start(before, room // 2)
        text = before + printable(lines[source.line - 1][source.column - 1 :].rstrip())
    yield line(Span(gutter, Tone.QUIET), cut(text, room))
    yield line(Span(f"{'':>6} | ", Tone.QUIET), Span(" " * cells(before) + "^", _TONES["error"]))
