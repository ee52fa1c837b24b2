"""Plain data to YAML text for people: stable, minimal in quotes, and read back as the same data by any YAML version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from igz_apply.model.resources import Path
from igz_apply.patterns import pattern

_WIDTH = 100  # a list of scalars stays on one line up to here
_WIDEST_NOTED = 60  # what is longer does not move the notes of the others away
_PLAIN = pattern(r"[A-Za-z_/](?:[A-Za-z0-9_./@()+ -]*[A-Za-z0-9_./@()+-])?|[0-9]+(?:ms|m|s|h|Ki|Mi|Gi|Ti)")
# Words that are no text to some version of YAML.
_WORDS = frozenset(
    ["null", "true", "false", "yes", "no", "on", "off", "y", "n"],
)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class _Row(NamedTuple):
    """A line, and the path of the value that ends it; None where what ends it is a key whose value comes below."""

    text: str
    path: Path | None


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
        rows = list(_block(document, 0, ()))
        lines.extend((row.text for row in rows) if notes is None else _noted(rows, partial(notes, index)))
    return "\n".join(lines) + "\n" if lines else ""


def _noted(rows: Sequence[_Row], note: Callable[[Path], str]) -> Iterator[str]:
    """Yield lines with what there is to say of their values, below each other but after very long ones."""
    column = max((len(row.text) for row in rows if row.path is not None and len(row.text) <= _WIDEST_NOTED), default=0)
    for text, path in rows:
        said = note(path) if path is not None else ""
        yield f"{text:<{column}}  # {said}" if said else text


def scalar(value: Any) -> str:
    """Return a scalar as it stands in YAML: plain where every version of YAML reads the same, else in double quotes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        text = repr(value)
        return text if "." in text else text.replace("e", ".0e")  # YAML 1.1 takes 1e-07 for text
    text = str(value)
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else quoted(text)


def _block(value: Any, indent: int, path: Path) -> Iterator[_Row]:
    """Yield the lines of a value that begins on a line of its own."""
    pad = " " * indent
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _entry(f"{pad}{scalar(key)}:", item, indent + 2, (*path, key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _item(item, indent, (*path, index))
    else:
        yield _Row(pad + _inline(value), path)


def _entry(head: str, value: Any, indent: int, path: Path) -> Iterator[_Row]:
    """Yield the lines of `head` with a value after it, on the same line where it fits."""
    if _is_block(value, len(head) + 1):
        yield _Row(head, None)
        yield from _block(value, indent, path)
    else:
        yield _Row(f"{head} {_inline(value)}", path)


def _item(value: Any, indent: int, path: Path) -> Iterator[_Row]:
    pad = " " * indent
    if not _is_block(value, indent + 2):
        yield _Row(f"{pad}- {_inline(value)}", path)
        return
    lines = _block(value, indent + 2, path)
    first = next(lines)
    yield first._replace(text=f"{pad}- {first.text.lstrip(' ')}")
    yield from lines


def _is_block(value: Any, column: int) -> bool:
    """Say whether a value needs lines of its own: mappings do, and lists unless they are short ones of scalars."""
    if not value or not isinstance(value, (Mapping, list)):
        return False
    if isinstance(value, Mapping) or any(isinstance(item, (Mapping, list)) for item in value):
        return True
    return column + len(_inline(value)) > _WIDTH


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list):
        return "[" + ", ".join(scalar(item) for item in value) + "]"
    return scalar(value)


def quoted(text: str) -> str:
    """Return text in double quotes, whatever is in it."""
    return '"' + "".join(_ESCAPES.get(char) or (char if char.isprintable() else _escape(char)) for char in text) + '"'


def _escape(char: str) -> str:
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:  # half a character: no text can hold it
        code = 0xFFFD
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
