"""Values as YAML, or JSON: in one line where they fit, else in lines of their own, in a chosen style."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from igz_apply.model.resources import Path
from igz_apply.patterns import pattern
from igz_apply.values import dataclass

WIDTH = 100  # what is put into one line ends here, unless it stood in one before
_PLAIN = pattern(r"[A-Za-z_/](?:[A-Za-z0-9_./@()+ -]*[A-Za-z0-9_./@()+-])?|[0-9]+(?:ms|m|s|h|Ki|Mi|Gi|Ti)")
# Words that are no text to some version of YAML.
_WORDS = frozenset(
    ["null", "true", "false", "yes", "no", "on", "off", "y", "n"],
)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


@dataclass(frozen=True, slots=True)
class Style:
    """How values are written."""

    quote: str = ""  # of text: ' or ", "" as little as may be
    is_json: bool = False
    newline: str = "\n"  # of JSON that is written in lines
    step: int = 2  # columns by which what is below something is indented
    column: int = -1  # of JSON in lines: where the line begins that the value stands in; -1: it is in one line


class Row(NamedTuple):
    """A line, and the path of the value that ends it; None where what ends it is a key whose value comes below."""

    text: str
    path: Path | None


def scalar(value: Any) -> str:
    """Return a scalar as it stands in YAML: plain where every version of YAML reads the same, else in double quotes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        text = repr(value)
        return text if "." in text else text.replace("e", ".0e")  # YAML 1.1 takes 1e-07 for text
    return _written(str(value))


@lru_cache(maxsize=4096)  # keys, kinds, groups: the same few come again and again
def _written(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else _quoted(text)


def _quoted(text: str) -> str:
    """Return text in double quotes, whatever is in it."""
    return '"' + "".join(_ESCAPES.get(char) or (char if char.isprintable() else _escape(char)) for char in text) + '"'


def _escape(char: str) -> str:
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:  # half a character: no text can hold it
        code = 0xFFFD
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


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
    return _quoted(value) if isinstance(value, str) and style.quote else scalar(value)


def pair(key: str, value: Any, style: Style) -> str:
    """Return a key and its value in one line."""
    return f"{_key(key, style)}: {inline(value, style)}"


def _key(key: str, style: Style) -> str:
    return json.dumps(key, ensure_ascii=False) if style.is_json else scalar(key)


def block_rows(value: Any, indent: int, style: Style, path: Path = ()) -> Iterator[Row]:
    """Yield the lines of a value that begins on a line of its own."""
    if not value or not isinstance(value, (Mapping, list)):
        yield Row(" " * indent + inline(value, style), path)
    elif isinstance(value, Mapping):
        for key, below in value.items():
            yield from entry_rows(key, below, indent, style, (*path, key))
    else:
        for index, item in enumerate(value):
            yield from item_rows(item, indent, style, (*path, index))


def entry_rows(key: str, value: Any, indent: int, style: Style, path: Path = ()) -> Iterator[Row]:
    """Yield the lines of a key and its value that begin in the column `indent`."""
    head = f"{' ' * indent}{_key(key, style)}:"
    text = _in_one_line(value, len(head) + 1, style)
    if text is not None:
        yield Row(f"{head} {text}", path)
    else:
        yield Row(head, None)
        yield from block_rows(value, indent + style.step, style, path)


def item_rows(value: Any, indent: int, style: Style, path: Path = ()) -> Iterator[Row]:
    """Yield the lines of an item of a list whose dash stands in the column `indent`."""
    pad = " " * indent
    text = _in_one_line(value, indent + 2, style)
    if text is not None:
        yield Row(f"{pad}- {text}", path)
        return
    rows = block_rows(value, indent + 2, style, path)
    first = next(rows)
    yield first._replace(text=f"{pad}- {first.text.lstrip(' ')}")
    yield from rows


def fits(value: Any, column: int, style: Style) -> bool:
    """Say whether a value is written in one line: scalars, what is empty, and short lists of scalars are."""
    return _in_one_line(value, column, style) is not None


def _in_one_line(value: Any, column: int, style: Style) -> str | None:
    """Return what is written of a value in one line that it begins in the column `column`, None where it takes more."""
    if not isinstance(value, (Mapping, list)) or not value:
        return inline(value, style)
    if isinstance(value, Mapping) or any(isinstance(item, (Mapping, list)) for item in value):
        return None
    text = inline(value, style)
    return text if column + len(text) <= WIDTH else None
