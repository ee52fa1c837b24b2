"""The drift of both sides of a move as plain data: what `drift --across --format json` writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from igz_apply.planning.across import Across


def across_document(found: Sequence[Across], old: str, new: str) -> dict[str, Any]:
    """Return each change that others made as JSON's own types; `old` and `new` name the sides."""
    return {"format_version": 1, "old": old, "new": new, "changes": [_data(each) for each in found]}


def _data(change: Across) -> dict[str, Any]:
    return {
        "address": str(change.address),
        "old_address": str(change.old_address) if change.old_address is not None else None,
        "changed_on": change.side.value,
        "path": change.path or None,
        "applied": change.was,
        "old": change.old,
        "new": change.new,
        "note": change.note,
        "stays_behind": change.stays,
    }
