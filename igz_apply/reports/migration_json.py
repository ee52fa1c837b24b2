"""What a move comes to, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from igz_apply.model.migration import Fate, Migration


def migration_document(migration: Migration) -> Mapping[str, Any]:
    """Return how many objects come along in what way."""
    fates = [each.fate for each in migration.objects]
    return {"format_version": 1, "counts": {fate.value: fates.count(fate) for fate in Fate}}


def migration_json(migration: Migration) -> bytes:
    """Return the document as a file's content."""
    return json.dumps(migration_document(migration), indent=2).encode() + b"\n"
