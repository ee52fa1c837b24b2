"""Values as text to put into a document: in the quotes and the style of what stands beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.manifests.writer import quoted, scalar
from igz_apply.values import dataclass

WIDTH = 100  # what is put into one line ends here, unless it stood in one before


@dataclass(frozen=True, slots=True)
class Style:
    """How new values are written."""

    quote: str = ""  # of text: ' or ", "" as little as may be
    is_json: bool = False
    newline: str = "\n"  # of JSON that is written in lines
    step: int = 2  # columns by which what is below something is indented
    column: int = (
        -1
    )  # of JSON that is written in lines: where the line begins that the value stands in; -1: in one line


def inline(value: Any, style: Style) -> str:
    """Return a value in one line; JSON as it is written beside it."""
    if style.is_json and style.column >= 0:
        lines = json.dumps(value, ensure_ascii=False, indent=style.step).split("\n")
        return f"{style.newline}{' ' * style.column}".join(lines)
    if isinstance(value, Mapping):
        pairs = (f"{_key(key, style)}: {inline(below, style)}" for key, below in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(item, style) for item in value) + "]"
    if style.is_json:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and style.quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return quoted(value) if isinstance(value, str) and style.quote else scalar(value)


def pair(key: str, value: Any, style: Style) -> str:
    """Return a key and its value in one line."""
    return f"{_key(key, style)}: {inline(value, style)}"


def _key(key: str, style: Style) -> str:
    return json.dumps(key, ensure_ascii=False) if style.is_json else scalar(key)


def entry_lines(key: str, value: Any, indent: int, style: Style) -> Iterator[str]:
    """Yield the lines of a key and its value that begin in the column `indent`."""
    head = f"{' ' * indent}{_key(key, style)}:"
    if fits(value, len(head) + 1, style):
        yield f"{head} {inline(value, style)}"
    else:
        yield head
        yield from block_lines(value, indent + style.step, style)


def item_lines(value: Any, indent: int, style: Style) -> Iterator[str]:
    """Yield the lines of an item of a list whose dash stands in the column `indent`."""
    pad = " " * indent
    if fits(value, indent + 2, style):
        yield f"{pad}- {inline(value, style)}"
        return
    lines = block_lines(value, indent + 2, style)
    yield f"{pad}- {next(lines).lstrip(' ')}"
    yield from lines


def block_lines(value: Any, indent: int, style: Style) -> Iterator[str]:
    """Yield the lines of a list or mapping that has something in it."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from entry_lines(key, below, indent, style)
    else:
        for item in value:
            yield from item_lines(item, indent, style)


def fits(value: Any, column: int, style: Style) -> bool:
    """Say whether a value is written in one line: scalars, what is empty, and short lists of scalars are."""
    if not isinstance(value, (Mapping, list)) or not value:
        return True
    if isinstance(value, Mapping) or any(isinstance(item, (Mapping, list)) for item in value):
        return False
    return column + len(inline(value, style)) <= WIDTH
