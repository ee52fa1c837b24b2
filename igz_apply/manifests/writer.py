"""Plain data to YAML text for people: stable, minimal in quotes, and read back as the same data by any YAML version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from igz_apply.manifests.yaml_lines import Row, Style, block_rows
from igz_apply.model.resources import Path

_WIDEST_NOTED = 60  # what is longer does not move the notes of the others away
_STYLE = Style()


def to_yaml(
    documents: Sequence[Mapping[str, Any]],
    comments: Mapping[int, Sequence[str]] | None = None,
    notes: Callable[[int, Path], str] | None = None,
) -> str:
    """Return the documents as YAML, keys in the order given, each document begun by `---`.

    `comments` holds lines to put above a document, by its index; they come without `#`. `notes` says of a document's
    index and a path in it what to put after that value. The same data gives the same text, and the reader of manifests
    reads the same data from it.
    """
    lines: list[str] = []
    for index, document in enumerate(documents):
        lines.append("---")
        lines.extend(f"# {comment}".rstrip() for comment in (comments or {}).get(index, ()))
        rows = list(block_rows(document, 0, _STYLE))
        lines.extend((row.text for row in rows) if notes is None else _noted(rows, partial(notes, index)))
    return "\n".join(lines) + "\n" if lines else ""


def _noted(rows: Sequence[Row], note: Callable[[Path], str]) -> Iterator[str]:
    """Yield lines with what there is to say of their values, below each other but after very long ones."""
    column = max((len(row.text) for row in rows if row.path is not None and len(row.text) <= _WIDEST_NOTED), default=0)
    for text, path in rows:
        said = note(path) if path is not None else ""
        yield f"{text:<{column}}  # {said}" if said else text
