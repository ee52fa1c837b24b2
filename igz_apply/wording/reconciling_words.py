"""What rounds are for, in a sentence."""

from __future__ import annotations

from igz_apply.model.reconciling import Mode, Reconciling
from igz_apply.wording.durations import duration


def rounds_words(reconciling: Reconciling) -> str:
    """Return how often rounds come, and what they heal."""
    return f"a round every {duration(reconciling.interval)}; {_healed(reconciling)}"


def _healed(reconciling: Reconciling) -> str:
    named = {mode: [kind for kind, it in reconciling.modes.items() if it is mode and kind != "*"] for mode in Mode}
    if reconciling.modes.get("*") is Mode.HEAL:
        but = f" but {_listed(named[Mode.TELL])}" if named[Mode.TELL] else ""
        return f"all that differs is healed{but}"
    if named[Mode.HEAL]:
        return f"what differs of {_listed(named[Mode.HEAL])} is healed, all else is told of"
    return "what differs is told of, and nothing is healed, as no mode says so"


def _listed(kinds: list[str]) -> str:
    *first, last = sorted(kinds)
    return f"{', '.join(first)} and {last}" if first else last
