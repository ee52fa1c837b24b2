"""What the rules of every API work with: the state, the options, the faults, the moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from igz_apply.emulator.engine.faults import Faults
from igz_apply.emulator.engine.record_store import Store
from igz_apply.emulator.engine.switches import EngineOptions

W = TypeVar("W", bound="World")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """An emulated system at one moment; an API adds what its own rules need."""

    store: Store
    options: EngineOptions
    faults: Faults
    now: float  # seconds since the epoch
    ctx: str  # the id of the request that is being answered
    shift: int = 0  # a fault: by how many records the pages after the first are displaced

    def at(self: W, moment: float) -> W:
        """Return the same world at another moment."""
        return replace(self, now=moment)
