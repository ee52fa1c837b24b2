"""Live objects as a table, YAML or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from igz_apply.views.cells import cells, cut, pad, printable
from igz_apply.views.lines import Line, Span, Tone, line
from igz_apply.views.values import literal

_GAP = "  "
_NARROWEST = 8


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[Any]], width: int) -> Iterator[Line]:
    """Yield a head and the rows in columns; where `width` does not hold them, the widest columns are cut.

    A value of None, or an empty text, is an empty cell.
    """
    shown = [[_cell(value) for value in row] for row in rows]
    heads = [column.upper() for column in columns]
    widths = _fitted([max(cells(text) for text in column) for column in zip(heads, *shown, strict=True)], width)
    yield line(Span(_row(heads, widths), Tone.STRONG))
    for row in shown:
        yield line(_row(row, widths))


def as_json(data: Any) -> str:
    """Return the data as JSON for people and programs alike."""
    return json.dumps(data, indent=2, ensure_ascii=False, default=str) + "\n"


def as_yaml(data: Any) -> str:
    """Return the data as YAML, keys in their own order."""
    import yaml  # 40 ms, and only this form needs it

    return yaml.safe_dump(json.loads(as_json(data)), sort_keys=False, allow_unicode=True)


def _cell(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, (list, tuple)) and not any(isinstance(item, (Mapping, list)) for item in value):
        return ", ".join(literal(item) for item in value)
    return literal(value)


def _row(texts: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(pad(cut(text, width), width) for text, width in zip(texts, widths, strict=True)).rstrip()


def _fitted(widths: list[int], room: int) -> list[int]:
    """Take columns from the widest until all fit, or none can give any more."""
    spare = room - len(_GAP) * (len(widths) - 1)
    while sum(widths) > spare and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths
