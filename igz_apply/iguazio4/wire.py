"""How fields travel on Iguazio 4: what `Field.wire` holds, which nobody else opens.

An answer has parts (`metadata`, `spec`, `status`), a request is flat (wire reference, sections 3.2 and 3.3).
"""

from __future__ import annotations

from igz_apply.model.kind import Field
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Wire:
    """Where a field stands in an answer, and what requests call it."""

    part: str  # of an answer
    key: str  # in that part, and in a request


def wire_of(item: Field) -> Wire | None:
    """Return how a field travels by itself; None for one that a call of its own writes."""
    assert item.wire is None or isinstance(item.wire, Wire), f"{item.name} is no field of Iguazio 4"
    return item.wire
