"""Live objects on standard output, as `-o` asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from igz_apply.cli.session import Session
from igz_apply.platform import Found
from igz_apply.views.cells import pad
from igz_apply.views.lines import Span, Tone, line
from igz_apply.views.tables import as_csv, as_json, as_yaml, cell, table_lines


def show_records(session: Session, form: str, found: Found, *, is_one: bool = False) -> None:
    """Show records as a table, or whole; `is_one`: as one record instead of a list of them."""
    if form == "table":
        session.output.show(table_lines(found.columns, list(found.rows()), _width(session)))
        return
    records = list(found.records())
    data = records[0] if is_one and len(records) == 1 else records
    session.output.write(as_json(data) if form == "json" else as_yaml(data))


def show_table(
    session: Session, form: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], document: Mapping[str, Any]
) -> None:
    """Show rows as a table or as CSV, or as JSON the document that says all of it; nothing of a row is ever cut."""
    if form == "table":
        session.output.show(table_lines(columns, rows, _width(session), folds=True))
    else:
        session.output.write(as_json(document) if form == "json" else as_csv(columns, rows))


def show_values(session: Session, form: str, values: Mapping[str, Any]) -> None:
    """Show one mapping, a line for each value."""
    if form != "table":
        session.output.write(as_json(values) if form == "json" else as_yaml(values))
        return
    column = max(map(len, values))
    session.output.show(
        line(Span(pad(name, column), Tone.STRONG), f"  {cell(value)}") for name, value in values.items()
    )


def _width(session: Session) -> int | None:
    """Return the columns of the screen; None where there is no screen, so that nothing is cut from a file."""
    return session.output.terminal.width if session.output.stream.isatty() else None
