"""What the config says of runs over several targets: all that there are, in which waves, and how far failures go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from igz_apply.manifests.config import Config, config_document, config_in
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


def configs_of(config: Config, targets: Iterable[str]) -> dict[str, Config]:
    """Return the config for each of the targets, by name; `config` is that for any, or for none.

    The file is read once, however many they are: so all of them are of one text, also where somebody edits it
    meanwhile. Raises InvalidInput.
    """
    document = config_document(config)
    if document is None:
        return {}
    manifests_in = Path(config.manifests_in) if config.manifests_in else None
    return {name: config_in(document, config.path, name, manifests_in, config.telling) for name in targets}
