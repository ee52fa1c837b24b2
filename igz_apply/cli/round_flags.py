"""What the command line says of rounds."""

from __future__ import annotations

from collections.abc import Sequence

from igz_apply.cli.following import RepositoryFlags
from igz_apply.cli.kind_names import is_named
from igz_apply.cli.platforms import every_platform
from igz_apply.cli.proposal import PlanFlags
from igz_apply.cli.transaction import ApplyFlags
from igz_apply.errors import InvalidInput
from igz_apply.inventory.lock import LEASE_SECONDS
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import did_you_mean
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class RoundFlags:
    """What the command line says of rounds; times in seconds."""

    planning: PlanFlags
    applying: ApplyFlags
    is_once: bool = False
    interval: float | None = None  # None: as the config says
    heal: tuple[str, ...] = ()  # kinds, or `*`
    listen: str = ""
    repository: RepositoryFlags = RepositoryFlags()
    lease: float = LEASE_SECONDS


def healed_kinds(names: Sequence[str]) -> tuple[str, ...]:
    """Return the kinds that are named, as a config would. Raises InvalidInput for what is none of any platform."""
    kinds = {kind.name for platform in every_platform() for kind in platform.kinds}
    return tuple(_kind(name, sorted(kinds)) for name in names)


def _kind(name: str, known: Sequence[str]) -> str:
    if name == "*":
        return name
    found = next((kind for kind in known if is_named(name, [kind])), None)
    if found is None:
        hint = did_you_mean(name, known) or f"There are {', '.join(known)}, and * for all."
        raise InvalidInput([Problem("Unknown kind", f"--heal {name} names no kind.", hint)])
    return found
