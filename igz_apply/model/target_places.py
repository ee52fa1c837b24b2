"""`{target}` in the place of an inventory: one line of the config, or one variable, for those of all targets."""

from __future__ import annotations

from igz_apply.model.suggest import nearest
from igz_apply.patterns import pattern

TARGET = "{target}"

_BRACED = pattern(r"\$?\{+([^{}]*)\}+")


def with_target(place: str, target: str) -> str:
    """Return a place with the target's name where it says {target}; without a target, "", as it is."""
    return place.replace(TARGET, target) if target else place


def misspelt_target(place: str) -> str | None:
    """Return what was hardly meant for the name of a file: {Target}, {targets}, ${target}; None where nothing is so."""
    for found in _BRACED.finditer(place):
        if found[0] != TARGET and nearest(found[1].strip(), ["target"]):
            return found[0]
    return None
