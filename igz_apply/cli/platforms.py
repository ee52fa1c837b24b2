"""The platforms that there are. Nothing else of the command line names one; each is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from igz_apply.platform import Platform


@cache
def _iguazio3() -> Platform:
    from igz_apply.iguazio3.platform import IGUAZIO3

    return _with_plugins(IGUAZIO3)


@cache
def _iguazio4() -> Platform:
    from igz_apply.iguazio4.platform import IGUAZIO4

    return _with_plugins(IGUAZIO4)


def _with_plugins(platform: Platform) -> Platform:
    """Return a platform with the kinds that installed packages add. Raises InvalidInput for one that is broken."""
    from igz_apply.local.entry_points import KINDS_OFFERED, is_offered

    if not is_offered(KINDS_OFFERED):
        return platform
    from igz_apply.plugins.platform import extended

    return extended(platform)


_BY_NAME: Mapping[str, Callable[[], Platform]] = {"iguazio3": _iguazio3, "iguazio4": _iguazio4}
AUTO = "auto"
NAMES = (*_BY_NAME, AUTO)
"""What may be said of the platform."""


class Choice:
    """The platform of a run, and what has chosen it, `because`: a sentence without its full stop."""

    __slots__ = ("because", "platform")

    def __init__(self, platform: Platform, because: str) -> None:
        self.platform = platform
        self.because = because


def default_platform() -> Platform:
    """Return the platform whose words help speaks in, and that runs which nothing else speaks for are about."""
    return next(every_platform())


def every_platform() -> Iterator[Platform]:
    """Yield the platforms, the default one first."""
    return (platform() for platform in _BY_NAME.values())


def platform_named(name: str) -> Platform:
    """Return the platform of that name. Raises KeyError."""
    return _BY_NAME[name]()


def platform_of(api_version: object) -> Platform | None:
    """Return the platform whose manifests say so, None when there is none."""
    return next((each for each in every_platform() if each.kinds.api_version == api_version), None)
