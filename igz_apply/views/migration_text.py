"""What a move comes to, as lines of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from igz_apply.model.migration import Fate, Migration
from igz_apply.views.lines import Line, line


def migration_lines(migration: Migration, width: int | None) -> Sequence[Line]:  # noqa: ARG001
    """Return how many objects come along in what way."""
    counts = Counter(each.fate for each in migration.objects)
    return [line(f"{fate.value}: {counts[fate]:,}") for fate in Fate]
