"""A move as lines: what has to be decided, what adds up to what, and what becomes of everything.

Problems are shown where those of every command are, with the lines that they are about; here they are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from igz_apply.model.migration import Migration
from igz_apply.model.problems import errors_of
from igz_apply.views.cells import cells, wrap, wrap_items
from igz_apply.views.folding import folded
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.views.problem_text import count_line
from igz_apply.views.tables import table_lines
from igz_apply.wording.counting import counted
from igz_apply.wording.migration_words import (
    OBJECT_HEADS,
    STANDING_HEADS,
    Part,
    Told,
    access_text,
    counts_text,
    decisions,
    details,
    equal_counts,
    object_rows,
    standing_rows,
    title_text,
    verdict_text,
)
from igz_apply.wording.printable import printable

_USUAL_WIDTH = 100  # columns, where there is no screen
_LONG = 20  # lines after which the verdict at the top is out of sight, and said again


def migration_lines(migration: Migration, width: int | None) -> Sequence[Line]:
    """Return the report, laid out for `width` columns; None: there is no screen, and no line is too long."""
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
    for text in (counts_text(migration), access_text(migration)):
        yield from (line(part) for part in wrap(text, width))
    if migration.problems:
        yield count_line(migration.problems)


def _body(migration: Migration, width: int) -> Iterator[Line]:
    for part in decisions(migration):
        yield from _part(part, width)
    yield from table_lines(OBJECT_HEADS, object_rows(migration), width, folds=True)
    yield BLANK
    yield from table_lines(STANDING_HEADS, standing_rows(migration), width, folds=True)
    yield BLANK
    for part in details(migration):
        yield from _part(part, width)
    yield from _equal(migration, width)


def _part(part: Part, width: int) -> Iterator[Line]:
    yield from (line(Span(text, Tone.WARNING if part.is_grave else Tone.STRONG)) for text in wrap(part.title, width))
    for told in part.told:
        yield from _told(told, width)
    yield BLANK


def _told(told: Told, width: int) -> Iterator[Line]:
    """Yield a sentence, and after it, or below it, the names that it is about."""
    if told.names and cells(short := f"{told.head}: {', '.join(told.names)}") <= width - 2:
        yield line("  ", short)
        return
    count = f" ({len(told.names):,})" if len(told.names) > 1 else ""
    ending = f"{count}:" if told.names else ""
    for index, text in enumerate(wrap(f"{told.head}{ending}", width - 4)):
        yield line("    " if index else "  ", text)
    yield from (line("      ", text) for text in wrap_items(told.names, width - 6))


def _equal(migration: Migration, width: int) -> Iterator[Line]:
    """Count what stays as it is; who that is stands in the other forms."""
    counts = equal_counts(migration)
    if counts:
        many = sum(count for _, count in counts)
        yield line(Span(f"Access as before: {counted(many, 'standing')}", Tone.STRONG))
        for step, count in counts:
            yield from (line("  ", text) for text in wrap(f"{printable(step)}: {count:,}", width - 2))
        yield BLANK
