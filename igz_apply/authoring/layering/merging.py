"""Layers merged into one manifest, as JSON merge patches are, but that a manifest's `null` over nothing stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from igz_apply.model.resources import Path


def merged(below: Any, above: Any) -> Any:
    """Return one layer over another: mappings merge, anything else replaces.

    A `null` takes away what lies beneath it. Where nothing does it is kept: in a manifest it clears the field.
    """
    if not isinstance(above, dict) or not isinstance(below, dict):
        return above
    together = {**below, **above}
    for key in above if len(above) < len(below) else below:
        if key in above and key in below:
            value = above[key]
            if value is None:
                del together[key]
            elif isinstance(value, dict):
                together[key] = merged(below[key], value)
    return together


def without_nulls(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what defaults say without the nulls that took nothing away, and mappings that hold nothing else."""
    found = {}
    for key, value in data.items():
        kept = without_nulls(value) if isinstance(value, dict) else value
        if value is not None and (kept or not isinstance(value, dict) or not value):
            found[key] = kept
    return found


def patched(data: Any, patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest with a patch over it: a JSON merge patch to the letter (RFC 7396).

    A `null` over nothing says nothing here, so that what was patched can be patched again, as it is where what was
    rendered is read with the same config.
    """
    together = dict(data) if isinstance(data, dict) else {}
    for key, value in patch.items():
        if value is None:
            together.pop(key, None)
        else:
            together[key] = patched(together.get(key), value) if isinstance(value, dict) else value
    return together


class Gone:
    """What a replaced value is where it has a problem of its own: it is left out, so that nothing else is said."""


GONE = Gone()


def replaced(data: Any, swap: Callable[[Any, Path], Any], path: Path = ()) -> Any:
    """Return the data with every value as `swap` has it, which is given each with its path, the outer ones first.

    What `swap` returns as it was given is gone into, and kept as it is where nothing in it changes.
    """
    swapped = swap(data, path)
    if swapped is not data:
        return swapped
    if isinstance(data, dict):
        found = {key: replaced(value, swap, (*path, key)) for key, value in data.items()}
        if all(found[key] is value for key, value in data.items()):
            return data
        return {key: value for key, value in found.items() if value is not GONE}
    if isinstance(data, list):
        items = [replaced(value, swap, (*path, index)) for index, value in enumerate(data)]
        if all(item is value for item, value in zip(items, data, strict=True)):
            return data
        return [item for item in items if item is not GONE]
    return data
