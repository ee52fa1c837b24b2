"""Where manifests come from, as their version control tells it."""

from __future__ import annotations

from igz_apply.values import dataclass

SHORT = 10
"""How many characters of a commit people are told."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """What is known of the place that manifests were read from; the same on every machine that checked it out."""

    commit: str  # of the whole repository
    tree: str  # of the manifests' own folders alone: the same after commits that touched others
    is_dirty: bool  # whether something in these folders is not as it was committed
