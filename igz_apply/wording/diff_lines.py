"""Values made safe to read, and differences as signed lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from igz_apply.model.changes import FieldDiff
from igz_apply.model.plain_values import plain
from igz_apply.values import dataclass
from igz_apply.wording.printable import printable

_UNSET = "(unset)"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a difference."""

    sign: str  # "+" comes, "-" goes, "~" changes and is not shown
    text: str


def value_text(value: Any, limit: int) -> str:
    """Return the value on one line; of more than `limit` characters the end is left out and counted."""
    if value is None:
        return _UNSET
    told = plain(value)
    is_clear = isinstance(told, str) and told.strip() == told != ""
    text = printable(told if is_clear else json.dumps(told, ensure_ascii=False, sort_keys=True, default=str))
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def diff_lines(item: FieldDiff, limit: int) -> Iterator[DiffLine]:
    """Yield the difference of one field as lines; of lists, the members that come and go."""
    path = printable(item.dotted)
    if item.sensitive:
        words = [value_text(value, limit) for value in (item.before, item.after) if value is not None]
        yield DiffLine("~", f"{path}: {' → '.join(words) or 'secret'}")
    elif _is_plain_list(item.before) and _is_plain_list(item.after):
        yield from _members("-", path, item.before, item.after, limit)
        yield from _members("+", path, item.after, item.before, limit)
    else:
        if item.before is not None:
            yield DiffLine("-", f"{path}: {value_text(item.before, limit)}")
        if item.after is not None:
            yield DiffLine("+", f"{path}: {value_text(item.after, limit)}")


def _is_plain_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and not any(isinstance(item, (Mapping, list, tuple)) for item in value)


def _members(sign: str, path: str, here: Iterable[Any], there: Iterable[Any], limit: int) -> Iterator[DiffLine]:
    others = list(there)
    for member in here:
        if member not in others:
            yield DiffLine(sign, f"{path}: {value_text(member, limit)}")
