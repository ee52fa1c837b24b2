"""What is wrong with where the config lets inventories lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document
from igz_apply.model.target_places import misspelt_target


def misspelt_targets(document: Document) -> Iterator[Problem]:
    """Find what was meant for `{target}` and would be a name of its own: one inventory for all targets."""
    for path in (("defaults",), *(("targets", name) for name in document.data.get("targets", ()))):
        part: Mapping[str, Any] = document.data
        for key in path:
            part = part.get(key, {})
        found = misspelt_target(part.get("inventory", ""))
        if found is not None:
            detail = f"`inventory` says {found}, which stands for nothing."
            place = document.positions.value((*path, "inventory"))
            yield Problem("Unknown part of a place", detail, "Write {target} for the target's name.", source=place)
