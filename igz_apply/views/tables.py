"""Live objects as a table, YAML or JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from igz_apply.views.cells import broken, cells, cut, pad
from igz_apply.views.lines import Line, Span, Tone, line
from igz_apply.views.values import literal
from igz_apply.wording.printable import printable

_GAP = "  "
_NARROWEST = 8
_COPIED = ("id", "run")
_FORMULAS = ("=", "+", "-", "@")


def table_lines(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], width: int | None, *, folds: bool = False
) -> Iterator[Line]:
    """Yield a head and the rows in columns; where `width` does not hold them, the widest columns are cut.

    `folds`: nothing is cut then, a cell takes as many lines as it needs, and words are broken only where they have to
    be. An `id` and a `run` are never cut, for they are there to be copied. `width` None: each row is one line. A value
    of None, or an empty text, is an empty cell.
    """
    shown = [[cell(value) for value in row] for row in rows]
    heads = [column.upper() for column in columns]
    widths = [max(cells(text) for text in column) for column in zip(heads, *shown, strict=True)]
    if width is not None:
        kept = [each if name in _COPIED else 0 for name, each in zip(columns, widths, strict=True)]
        if folds:
            words = [_longest_word(column) for column in zip(heads, *shown, strict=True)]
            widths = _fitted(widths, width, [max(pair) for pair in zip(kept, words, strict=True)])
        widths = _fitted(widths, width, [each or _NARROWEST for each in kept])
    yield line(Span(_row(heads, widths), Tone.STRONG))
    for row in shown:
        for part in _folded(row, widths) if folds else (row,):
            yield line(_row(part, widths))


def as_json(data: Any) -> str:
    """Return the data as JSON for people and programs alike."""
    return json.dumps(data, indent=2, ensure_ascii=False, default=str) + "\n"


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a head and the rows as CSV, harmless in a spreadsheet: no cell is taken for a formula there."""
    import csv  # only this form needs it

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_defused(cell(value)) for value in row] for row in rows)
    return text.getvalue()


def _defused(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would calculate; it shows the rest as text."""
    return f"'{text}" if text.lstrip()[:1] in _FORMULAS and text.strip() else text


def as_yaml(data: Any) -> str:
    """Return the data as YAML, keys in their own order."""
    import yaml  # 40 ms, and only this form needs it

    return yaml.safe_dump(json.loads(as_json(data)), sort_keys=False, allow_unicode=True)


def cell(value: Any) -> str:
    """Return a value as one cell: lists of plain values without brackets, nothing for None."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, (list, tuple)) and not any(isinstance(item, (Mapping, list)) for item in value):
        return ", ".join(literal(item) for item in value)
    return literal(value)


def _row(texts: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(pad(cut(text, width), width) for text, width in zip(texts, widths, strict=True)).rstrip()


def _folded(row: Sequence[str], widths: Sequence[int]) -> Iterator[Sequence[str]]:
    """Yield the lines of a row whose cells are broken to the width of their columns."""
    parts = [broken(text, width) for text, width in zip(row, widths, strict=True)]
    return zip_longest(*parts, fillvalue="")


def _longest_word(column: Iterable[str]) -> int:
    return max(cells(word) for text in column for word in text.split() or [""])


def _fitted(widths: Sequence[int], room: int, least: Sequence[int]) -> list[int]:
    """Take columns from the widest until all fit, or each is down to its least."""
    fitted = list(widths)
    spare = room - len(_GAP) * (len(fitted) - 1)
    while sum(fitted) > spare and (giving := [index for index, each in enumerate(fitted) if each > least[index]]):
        fitted[max(giving, key=fitted.__getitem__)] -= 1
    return fitted
