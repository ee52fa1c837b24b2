"""What the config says of runs over several targets: all that there are, in which waves, and how far failures go."""

from __future__ import annotations

from dataclasses import replace

from igz_apply.manifests.config import Config, config_document
from igz_apply.model.addresses import Source
from igz_apply.model.fleets import FleetPace, FleetTarget
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class StatedFleet:
    """The targets of a config, in its order, and how a run goes from one to the next."""

    targets: tuple[FleetTarget, ...] = ()
    pace: FleetPace = FleetPace()
    place: Source | None = None  # where the config lists them; None: it lists none


def fleet_of(config: Config) -> StatedFleet:
    """Return what the config says; without one, there are no targets. Raises InvalidInput for what is wrong with it."""
    document = config_document(config)
    if document is None:
        return StatedFleet()
    stated = document.data.get("fleet", {})
    targets = document.data.get("targets", {})
    return StatedFleet(
        tuple(FleetTarget(name, target.get("wave", 0)) for name, target in targets.items()),
        replace(FleetPace(), **stated),
        document.positions.key(("targets",)) if targets else None,
    )
