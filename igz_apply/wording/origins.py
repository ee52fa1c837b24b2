"""Whose change each difference is, said only where a change holds differences of several."""

from __future__ import annotations

from igz_apply.model.changes import Change, FieldDiff, Origin

_WORDS = {Origin.GIT: "git", Origin.CLUSTER: "cluster", Origin.BOTH: "both", Origin.UNKNOWN: ""}


def origin_mark(change: Change, item: FieldDiff) -> str:
    """Return the word for one difference of a change; "" where the change's reason says it of all of them."""
    return _WORDS[item.origin] if len({each.origin for each in change.diff}) > 1 else ""
