"""Values as a reader sees them: on one line, quoted only where they could be taken for something else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from igz_apply.model.hidden import Hidden
from igz_apply.patterns import pattern
from igz_apply.wording.printable import printable

UNSET = "(unset)"
_SPEAKS_FOR_ITSELF = pattern(r"[^\s\"'\[{(](?:.*[^\s\"'])?")
_SEPARATES = pattern(r"[\[\]{},:]")
_LOOKS_LIKE_DATA = pattern(r"[-+.]?\d[\d_.eE+-]*|true|false|null|yes|no|on|off|~", re.IGNORECASE)


def literal(value: Any) -> str:
    """Return the value on one line, free of control characters; None is a value that is not there."""
    if value is None:
        return UNSET
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Hidden):
        return str(value)
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{item_literal(key)}: {item_literal(item)}" for key, item in sorted(value.items())) + "}"
        )
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(item_literal(item) for item in value) + "]"
    return printable(json.dumps(value, default=str))


def item_literal(value: Any) -> str:
    """Return the value as it stands among others: text that could be read as several is quoted too."""
    return _quoted(printable(value)) if isinstance(value, str) and _SEPARATES.search(value) else literal(value)


def _text(text: str) -> str:
    shown = printable(text)
    is_plain = _SPEAKS_FOR_ITSELF.fullmatch(shown) and not _LOOKS_LIKE_DATA.fullmatch(shown) and "→" not in shown
    return shown if is_plain else _quoted(shown)


def _quoted(shown: str) -> str:
    return '"' + shown.replace('"', '\\"') + '"'
