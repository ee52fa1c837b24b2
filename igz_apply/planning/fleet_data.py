"""What a run over several targets is made of, as plain data: in its JSON lines as in its report."""

from __future__ import annotations

from typing import Any

from igz_apply.model.fleets import Wave
from igz_apply.planning.fleet_report import FleetStop


def wave_data(wave: Wave) -> dict[str, Any]:
    """Return a wave as JSON's own types."""
    return {"wave": wave.number, "is_canary": wave.is_canary, "stated": wave.stated, "targets": list(wave.targets)}


def stop_data(stop: FleetStop) -> dict[str, Any]:
    """Return where a run stopped, and why, as JSON's own types."""
    return {"cause": stop.cause.value, "wave": stop.wave, "targets": list(stop.targets), "left": list(stop.left)}
