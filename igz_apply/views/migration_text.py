"""A move as lines: what has to be decided, what adds up to what, and what becomes of everything.

Problems are shown where those of every command are, with the lines that they are about; here they are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from igz_apply.model.migration import Migration
from igz_apply.model.problems import errors_of
from igz_apply.planning.migration_account import problems_beside
from igz_apply.views.cells import ELLIPSIS, cells, cut, wrap, wrap_items
from igz_apply.views.folding import folded
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.views.problem_text import count_line
from igz_apply.views.tables import table_lines
from igz_apply.wording.counting import counted
from igz_apply.wording.migration_parts import Part, Told, decisions, details, stated
from igz_apply.wording.migration_words import (
    OBJECT_HEADS,
    STANDING_HEADS,
    access_text,
    counts_text,
    equal_counts,
    object_rows,
    standing_rows,
    stated_text,
    title_text,
    verdict_text,
)
from igz_apply.wording.printable import printable

_USUAL_WIDTH = 100  # columns, where there is no screen
_LONG = 20  # lines after which the verdict at the top is out of sight, and said again
_NAMES = 2  # lines of names that a sentence has, until all of them come below
_WORDS = 3  # lines of the sentence itself
_FIRST, _LATER = 4, 20  # sentences of a part that has to be decided, and of one of the details


def migration_lines(migration: Migration, width: int | None) -> Sequence[Line]:
    """Return the report, laid out for `width` columns; None: there is no screen, and no line is too long.

    What is long is begun where it belongs, and told whole at the end.
    """
    columns = width or _USUAL_WIDTH
    verdict = list(_verdict(migration, columns))
    body = list(_body(migration, columns))
    again = verdict if len(body) > _LONG else []
    whole = [*verdict, BLANK, *body, *again]
    return whole if width is None else list(folded(whole, width))


def _verdict(migration: Migration, width: int) -> Iterator[Line]:
    yield from (line(Span(text, Tone.STRONG)) for text in wrap(title_text(migration), width))
    tone = Tone.DANGER if errors_of(migration.problems) else Tone.WARNING if decisions(migration) else Tone.GOOD
    yield from (line(Span(text, tone)) for text in wrap(verdict_text(migration), width))
    for text in (stated_text(migration), counts_text(migration), access_text(migration)):
        yield from (line(part) for part in wrap(text, width) if part)
    if beside := problems_beside(migration):
        yield count_line(beside)


def _body(migration: Migration, width: int) -> Iterator[Line]:
    layout = _Layout(width)
    for part in (*decisions(migration), *stated(migration)):
        yield from layout.begun(part, _FIRST)
    yield from table_lines(OBJECT_HEADS, object_rows(migration), width, folds=True)
    yield BLANK
    yield from table_lines(STANDING_HEADS, standing_rows(migration), width, folds=True)
    yield BLANK
    for part in details(migration):
        yield from layout.begun(part, _LATER)
    yield from _equal(migration, width)
    yield from layout.rest()


class _Layout:
    """Lays parts out: each as far as it is short, and whole at the end what is not."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._cut: list[tuple[Part, Sequence[Told]]] = []  # a part, and those of its sentences

    def begun(self, part: Part, many: int) -> Iterator[Line]:
        """Yield a part, of at most so many sentences, with as many names as there is room for."""
        yield from self._title(part)
        many += len(part.told) == many + 1  # to say that there is one more takes as much room as the one
        begun: list[Told] = []
        for told in part.told[:many]:
            short = list(_told(told, self._width, is_short=True))
            yield from short
            begun += [told] if short != list(_told(told, self._width)) else []
        left = part.told[many:]
        if left:
            yield line(f"  and {sum(each.count for each in left):,} more, below")
        yield from self._next(part.hint)
        yield BLANK
        if begun or left:
            self._cut.append((part, (*begun, *left)))

    def rest(self) -> Iterator[Line]:
        """Yield what was only begun, whole."""
        for part, sentences in self._cut:
            some, every = (sum(each.count for each in these) for these in (sentences, part.told))
            of_them = f" ({some:,} of them)" if some < every else ""
            texts = wrap(f"In full: {part.title}{of_them}", self._width)
            yield from (line(Span(text, Tone.STRONG)) for text in texts)
            for told in sentences:
                yield from _told(told, self._width)
            yield BLANK

    def _title(self, part: Part) -> Iterator[Line]:
        tone = Tone.WARNING if part.is_grave else Tone.STRONG
        yield from (line(Span(text, tone)) for text in wrap(part.title, self._width))

    def _next(self, hint: str) -> Iterator[Line]:
        texts = wrap(f"Next: {hint}", self._width - 4) if hint else []
        yield from (line("    " if index else "  ", Span(text, Tone.QUIET)) for index, text in enumerate(texts))


def _told(told: Told, width: int, *, is_short: bool = False) -> Iterator[Line]:
    """Yield a sentence, and after it, or below it, the names that it is about; or as much of both as a glance takes."""
    if told.names and cells(short := f"{told.head}: {', '.join(told.names)}") <= width - 2:
        yield line("  ", short)
        return
    count = f" ({len(told.names):,})" if len(told.names) > 1 else ""
    ending = f"{count}:" if told.names else ""
    texts = wrap(f"{told.head}{ending}", width - 4)
    if is_short and len(texts) > _WORDS:
        note = f" {_WHOLE}{ending}"
        last = cut(f"{texts[_WORDS - 1]} {ELLIPSIS}", width - 4 - cells(note))
        texts = [*texts[: _WORDS - 1], f"{last}{note}"]
    for index, text in enumerate(texts):
        yield line("    " if index else "  ", text)
    names = _first(told.names, width - 6) if is_short else wrap_items(told.names, width - 6)
    yield from (line("      ", text) for text in names)


_WHOLE = "(whole below)"


def _first(names: Sequence[str], width: int) -> list[str]:
    """Return the lines of as many names as there is room for, and of how many come below."""
    lines = wrap_items(names, width)
    if len(lines) <= _NAMES:
        return lines
    kept = list(names[: _NAMES * width])
    while len(kept) > 1 and len(_and_more(kept, names, width)) > _NAMES:
        kept.pop()
    return _and_more(kept, names, width)


def _and_more(kept: Sequence[str], names: Sequence[str], width: int) -> list[str]:
    return wrap_items([*kept, f"and {len(names) - len(kept):,} more, below"], width)


def _equal(migration: Migration, width: int) -> Iterator[Line]:
    """Count what stays as it is; who that is stands in the other forms."""
    counts = equal_counts(migration)
    if counts:
        many = sum(count for _, count in counts)
        yield line(Span(f"Access as before: {counted(many, 'standing')}", Tone.STRONG))
        for step, count in counts:
            yield from (line("  ", text) for text in wrap(f"{printable(step)}: {count:,}", width - 2))
        yield BLANK
