"""The drift of both sides of a move as plain data: what `drift --across --format json` writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from igz_apply.planning.across import Across, Side, Unseen


def across_document(found: Sequence[Across], old: str, new: str, unseen: tuple[Unseen, Unseen]) -> dict[str, Any]:
    """Return each change that others made as JSON's own types; `old` and `new` name the sides, of which `unseen` is."""
    return {
        "format_version": 1,
        "old": old,
        "new": new,
        "changes": [_data(each) for each in found],
        "unseen": {side.value: _unseen(each) for side, each in zip((Side.OLD, Side.NEW), unseen, strict=True)},
    }


def _unseen(found: Unseen) -> dict[str, Any]:
    return {
        "not_visible": {str(address): why for address, why in found.not_visible.items()},
        "partial": dict(found.partial),
        "unknown": {str(address): list(fields) for address, fields in found.unknown.items()},
    }


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
