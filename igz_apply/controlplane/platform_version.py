"""What depends on the platform's version (wire reference, section 19)."""

from __future__ import annotations

from igz_apply.controlplane.errors import Unsupported
from igz_apply.controlplane.protocols import Reads


def is_at_least(version: str | None, oldest: str) -> bool | None:
    """Compare two versions of the form 3.5.5; None if the first is not known."""
    return None if version is None else _numbers(version) >= _numbers(oldest)


def require_version(client: Reads, oldest: str, feature: str) -> None:
    """Raise Unsupported if the platform is known to be older; one of unknown version is given a try."""
    if is_at_least(client.version, oldest) is False:
        raise Unsupported(f"The {feature} needs version {oldest}; this system is {client.version}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))
