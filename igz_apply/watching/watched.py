"""What is to be watched."""

from __future__ import annotations

from collections.abc import Callable

from igz_apply.values import dataclass
from igz_apply.watching.pulse import QUIET


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched, as far as it is known beforehand."""

    target: str
    interval: Callable[[], float]  # seconds, as the config says by now
    kinds: tuple[str, ...] = ()
    quiet: Callable[[], float] = lambda: QUIET  # how long a round may show no sign of life, in seconds


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of the notifications of one receiver, since the process began."""

    receiver: str  # its number in the config: its address is a secret
    shape: str
    sent: int
    failed: int  # given up
    dropped: int  # never tried, as too many waited
