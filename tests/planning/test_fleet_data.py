"""The parts of a run over several targets as JSON has them."""

from __future__ import annotations

from igz_apply.model.fleets import StopCause, Wave
from igz_apply.planning.fleet_data import stop_data, wave_data
from igz_apply.planning.fleet_report import FleetStop


def test_a_wave_and_a_stop_are_plain_data() -> None:
    assert wave_data(Wave(2, ("a", "b"), is_canary=True, stated=7)) == {
        "wave": 2,
        "is_canary": True,
        "stated": 7,
        "targets": ["a", "b"],
    }
    assert stop_data(FleetStop(StopCause.CHANGED, 2, ("a",), ("b",))) == {
        "cause": "changed",
        "wave": 2,
        "targets": ["a"],
        "left": ["b"],
    }
