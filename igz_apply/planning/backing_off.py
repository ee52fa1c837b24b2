"""How long is waited after rounds that failed."""

from __future__ import annotations

from igz_apply.model.reconciling import Backoff

_MOST_DOUBLINGS = 64  # of a second: longer than anybody waits


def delay(failures: int, backoff: Backoff, jitter: float) -> float:
    """Return the seconds until the next round after so many failures in a row, none of them after none.

    Doubled each time and capped, and then drawn between half of that and the whole by `jitter`, from 0 to 1: replicas
    and clusters that fail together do not come back together.
    """
    if failures < 1:
        return 0.0
    whole = min(backoff.most, backoff.first * 2.0 ** min(failures - 1, _MOST_DOUBLINGS))
    return whole / 2 + jitter * whole / 2
